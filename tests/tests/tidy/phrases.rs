//! Finds phrases that a reader has to decode, in comments, documentation, messages, help texts and pages. Each has a plain equivalent.

use super::allowed::Finding;
use super::repository::{Repository, SourceFile};

/// Phrases in lower case, with what to write instead.
const PHRASES: [(&[&str], &str); 19] = [
    (
        &["is no", "are no"],
        "`is not a …`, `must be …`, `unknown …`, `has no …`",
    ),
    (&["no more"], "`no longer`"),
    (&["anew"], "`again` or `re-…`"),
    (&["of no use"], "`unused`"),
    (&["makes no sense", "make no sense"], "`is invalid`"),
    (
        &[
            "stands as",
            "stands at",
            "stands here",
            "stands in",
            "stands there",
            "stands where",
            "stand as",
            "stand at",
            "stand here",
            "stand in",
            "stand there",
            "stand where",
        ],
        "`is in`, `is defined in`",
    ),
    (&["go on", "goes on", "going on", "went on"], "`continue`"),
    (&["is not there", "are not there"], "`does not exist`"),
    (&["whoever"], "the person or program"),
    (&["in the place of"], "`instead of`, `replace`"),
    (
        &["is still to be", "are still to be"],
        "what the reader must do",
    ),
    (
        &["be had", "be told"],
        "what is available, what can be computed",
    ),
    (&["from the next request on"], "`with the next request`"),
    (&["shown this once"], "`shown only once`"),
    (&["it is so already"], "what has no effect, and why"),
    (&["found out from"], "`detected from`"),
    (
        &["kept out by", "gone round"],
        "`restrict access`; `recursive`, `visited`",
    ),
    (&["never given"], "`unused`, `shadowed`"),
    (
        &["has not.", "what happened last"],
        "`does not have …`; a noun, such as `recent activity`",
    ),
];

/// Text before or after a phrase with which it is usual English.
const ALLOWED: [(&str, &str, &str); 7] = [
    ("there ", "is no", ""),
    ("there ", "are no", ""),
    ("", "is no", " longer"),
    ("", "are no", " longer"),
    ("", "is no", " more than"),
    ("", "no more", " than"),
    ("", "no more", " and no less"),
];

/// Returns the phrases in all files.
pub(crate) fn find(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &repository.files {
        // The phrases in this file.
        if file.path == "tests/tests/tidy/phrases.rs" {
            continue;
        }
        let prose = Prose::new(file);
        for (phrases, plain) in PHRASES {
            for phrase in phrases {
                for (start, _) in prose.text.match_indices(phrase) {
                    if prose.is_allowed(start, phrase) {
                        continue;
                    }
                    let (path, line) = (&file.path, prose.line(start));
                    findings.push(Finding {
                        key: format!("{path}: {phrase}"),
                        message: format!("{path}:{line}: instead of `{phrase}`, write {plain}"),
                    });
                }
            }
        }
    }
    findings
}

/// Returns doc comments that begin with a word that refers to something else.
pub(crate) fn find_unclear_beginnings(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repository.with_extension("rs") {
        let mut is_first = true;
        for (index, line) in file.text.lines().enumerate() {
            let comment = line.trim_start();
            let text = comment
                .strip_prefix("///")
                .or_else(|| comment.strip_prefix("//!"));
            let word = text.unwrap_or_default().trim().split(' ').next();
            let word = word.unwrap_or_default().trim_end_matches([',', '.', ':']);
            if is_first && ["It", "Its", "That", "What"].contains(&word) {
                let path = &file.path;
                findings.push(Finding {
                    key: path.clone(),
                    message: format!(
                        "{path}:{}: begin the comment with a noun phrase or a verb, not with `{word}`",
                        index + 1
                    ),
                });
            }
            is_first = text.is_none();
        }
    }
    findings
}

/// Text of a file in lower case with joined lines, so that a line break does not hide a phrase.
struct Prose {
    text: String,
    /// Position of each line in the text.
    lines: Vec<usize>,
}

impl Prose {
    fn new(file: &SourceFile) -> Self {
        let (mut text, mut lines) = (String::new(), Vec::new());
        for line in file.text.lines() {
            lines.push(text.len());
            let markers: &[char] = &['/', '!', '#', ' ', '\t'];
            text.push_str(line.trim_start_matches(markers).trim_end_matches('\\'));
            text.push(' ');
        }
        text.make_ascii_lowercase();
        Self { text, lines }
    }

    /// Returns whether the phrase at this position is part of a word or of a usual construction.
    fn is_allowed(&self, start: usize, phrase: &str) -> bool {
        let (before, after) = (&self.text[..start], &self.text[start + phrase.len()..]);
        let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let is_usual = |(begin, usual, end): &(&str, &str, &str)| {
            *usual == phrase && before.ends_with(begin) && after.starts_with(end)
        };
        is_part(before.chars().next_back())
            || is_part(after.chars().next())
            || ALLOWED.iter().any(is_usual)
    }

    /// Returns the number of the line at a position of the text.
    fn line(&self, position: usize) -> usize {
        self.lines.partition_point(|start| *start <= position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(text: &str) -> Repository {
        let file = SourceFile {
            path: "a.rs".to_owned(),
            text: text.to_owned(),
        };
        Repository { files: vec![file] }
    }

    #[test]
    fn phrases_are_found_across_lines() {
        let rows = [
            ("// There is no such tool, and no more than one.\n", ""),
            (
                "fn f() {}\n/// Where it\n/// stands\n/// in a file.\n",
                "a.rs:3: stands in",
            ),
            ("\"`x` is no\\\n    tool\"", "a.rs:1: is no"),
            ("// It is no longer there.", ""),
            ("let canew = 1;", ""),
        ];
        for (text, expected) in rows {
            let found: Vec<String> = find(&repository(text))
                .into_iter()
                .map(|it| {
                    let line = it.message.split(' ').next().unwrap().to_owned();
                    format!("{line} {}", it.key.split(": ").nth(1).unwrap())
                })
                .collect();
            assert_eq!(found.join("; "), expected, "{text}");
        }
    }

    #[test]
    fn comments_begin_with_a_noun_phrase_or_a_verb() {
        let text =
            "/// Its name.\na: u8,\n/// The name.\n/// It is short.\nb: u8,\n    /// What, why.";
        let found = find_unclear_beginnings(&repository(text));
        let lines: Vec<&str> = found.iter().map(|it| &it.message[..7]).collect();
        assert_eq!(lines, ["a.rs:1:", "a.rs:6:"]);
    }
}
