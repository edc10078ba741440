//! Splits descriptions into paragraphs, as Markdown does, and joins their lines.

/// Line of a description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// Text that can be wrapped between any two words.
    Words(String),
    /// Line of a fenced code block.
    Code(String),
}

impl Line {
    fn into_text(self) -> String {
        match self {
            Self::Words(text) | Self::Code(text) => text,
        }
    }
}

/// Returns a description as a client receives it: without line breaks inside paragraphs.
#[must_use]
pub fn description(text: &str) -> String {
    let joined = paragraphs(text).into_iter().map(|lines| {
        let lines: Vec<String> = lines.into_iter().map(Line::into_text).collect();
        lines.join("\n")
    });
    joined.collect::<Vec<_>>().join("\n\n")
}

/// Splits a description into paragraphs. A line break inside a paragraph has no meaning, unless the next line begins a list item or a similar element.
#[must_use]
pub fn paragraphs(text: &str) -> Vec<Vec<Line>> {
    let mut found: Vec<Vec<Line>> = Vec::new();
    let mut has_ended = true;
    let mut in_code = false;
    for line in text.lines() {
        let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
        if words.is_empty() && !in_code {
            has_ended = true;
            continue;
        }
        if has_ended {
            found.push(Vec::new());
            has_ended = false;
        }
        let is_fence = words.starts_with("```");
        let Some(paragraph) = found.last_mut() else {
            continue;
        };
        match paragraph.last_mut() {
            _ if is_fence || in_code => paragraph.push(Line::Code(line.trim_end().to_owned())),
            Some(Line::Words(last)) if !begins_element(&words) => {
                last.push(' ');
                last.push_str(&words);
            }
            _ => paragraph.push(Line::Words(words)),
        }
        in_code ^= is_fence;
    }
    found
}

/// Returns whether a line has a meaning in Markdown that it would lose if it were joined to the preceding line.
fn begins_element(line: &str) -> bool {
    let number = line.trim_start_matches(|char: char| char.is_ascii_digit());
    ["- ", "* ", "+ ", "#", "|", ">"]
        .iter()
        .any(|mark| line.starts_with(mark))
        || (number.len() < line.len() && (number.starts_with(". ") || number.starts_with(") ")))
}

#[cfg(test)]
mod tests {
    use super::description;

    #[test]
    fn lines_of_a_paragraph_are_joined() {
        let rows = [
            ("", ""),
            (" \n ", ""),
            ("One.", "One."),
            ("One\nline. ", "One line."),
            ("One.\n\n\nTwo.\n", "One.\n\nTwo."),
            ("\nOne.\n", "One."),
            ("One of:\n- a\n  b\n- c", "One of:\n- a b\n- c"),
            ("As\n1. a\n2) b", "As\n1. a\n2) b"),
            (
                "Like\n```\na:\n\n  b\n```\nthis.",
                "Like\n```\na:\n\n  b\n```\nthis.",
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(description(text), expected, "{text:?}");
        }
    }
}
