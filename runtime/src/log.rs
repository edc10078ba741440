//! Lines of a log, and the interface of the parsers that produce them. Each product supplies the parser for the log format of its upstream.

use std::borrow::Cow;

pub use mcp_schema::arguments::LEVELS;

/// Number of words at the beginning of a line that are searched for its level.
const SEARCHED_WORDS: usize = 16;

/// Level of a line that has none, if no line precedes it.
const DEFAULT_LEVEL: usize = 1;

/// Creates the parser of a log, which keeps its state between the parts of the log.
pub type LogFormat = fn() -> Box<dyn LogParser + Send>;

/// A parser of log responses.
pub trait LogParser {
    /// Parses a response and adds its lines. `next` is the member with the token of the next part.
    fn parse(&mut self, response: &str, next: &str, lines: &mut LogLines) -> LogPart;
}

/// Properties of a part of a log besides its lines.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct LogPart {
    /// Token that requests the next part.
    pub token: Option<String>,
    /// Whether the part is empty.
    pub is_empty: bool,
}

/// Lines of a log.
#[derive(Debug, Default)]
pub struct LogLines {
    text: String,
    /// For each line, the end of its text and its level.
    lines: Vec<(usize, usize)>,
    /// Notes in which the upstream states where it searched for the log. They are shown if the log has no lines.
    pub notes: Vec<String>,
}

impl LogLines {
    /// Returns whether there are no lines.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Returns the number of lines.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Returns the text of a line.
    #[must_use]
    pub fn line(&self, index: usize) -> &str {
        let before = index.checked_sub(1).and_then(|it| self.lines.get(it));
        let start = before.map_or(0, |(end, _)| *end);
        let end = self.lines.get(index).map_or(start, |(end, _)| *end);
        self.text.get(start..end).unwrap_or_default()
    }

    /// Returns the level of a line, as an index in [`LEVELS`].
    #[must_use]
    pub fn level(&self, index: usize) -> usize {
        self.lines.get(index).map_or(0, |(_, level)| *level)
    }

    /// Adds a line. If the level is neither given nor contained in the line, the line has the level of the line before it.
    pub fn push(&mut self, line: &str, level: Option<usize>) {
        let before = self.lines.last().map(|(_, level)| *level);
        let level = level.or_else(|| level_in(line)).or(before);
        self.text.push_str(line);
        let end = self.text.len();
        self.lines.push((end, level.unwrap_or(DEFAULT_LEVEL)));
    }
}

/// Parser of plain text, for products whose upstreams have no other log format.
#[derive(Debug, Default)]
pub struct PlainText;

impl PlainText {
    /// The format, for the description of a product.
    pub const FORMAT: LogFormat = || Box::new(Self);
}

impl LogParser for PlainText {
    fn parse(&mut self, response: &str, _: &str, lines: &mut LogLines) -> LogPart {
        for line in response.lines() {
            lines.push(&without_colours(line), None);
        }
        LogPart {
            token: None,
            is_empty: response.trim().is_empty(),
        }
    }
}

/// Finds the level that a line of text contains.
fn level_in(line: &str) -> Option<usize> {
    // Only upper-case words count, because few lines begin with an upper-case word that is not a level.
    let words = line.split([' ', ',', ']', '[', ':', '|']);
    let mut words = words
        .take(SEARCHED_WORDS)
        .filter(|word| word.len() >= 4 && word.chars().all(|c| c.is_ascii_uppercase()));
    words.find_map(level_of)
}

/// Returns the level with this name, in any case, as an index in [`LEVELS`].
#[must_use]
pub fn level_of(name: &str) -> Option<usize> {
    let name = name.to_ascii_lowercase();
    let name = match name.as_str() {
        "warn" => "warning",
        "fatal" => "critical",
        "exception" => "error",
        name => name,
    };
    LEVELS.iter().position(|level| *level == name)
}

/// Removes terminal colour codes from a line.
#[must_use]
pub fn without_colours(line: &str) -> Cow<'_, str> {
    if !line.contains('\u{1b}') {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        out.push_str(before);
        let ends = |char: char| ('@'..='~').contains(&char);
        rest = match after.strip_prefix('[') {
            Some(code) => code.split_once(ends).map_or("", |(_, rest)| rest),
            None => after,
        };
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_becomes_lines_with_levels() {
        let (mut parser, mut lines) = (PlainText::FORMAT(), LogLines::default());
        let text = "first\r\n[1] WARN \u{1b}[31mlow\u{1b}[0m\nmore\n[2] {x.py:1} FATAL end";
        let part = parser.parse(text, "", &mut lines);
        assert_eq!(part, LogPart::default());
        let found: Vec<_> = (0..lines.len())
            .map(|index| (lines.line(index), LEVELS[lines.level(index)]))
            .collect();
        let expected = [
            ("first", "info"),
            ("[1] WARN low", "warning"),
            ("more", "warning"),
            ("[2] {x.py:1} FATAL end", "critical"),
        ];
        assert_eq!(found, expected);
        let empty = parser.parse(" \n", "", &mut LogLines::default());
        assert!(empty.is_empty);
    }
}
