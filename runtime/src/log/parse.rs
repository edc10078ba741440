//! Converts log responses to lines of text. A response is plain text, JSON objects with `event`, `timestamp` and `level`, or text inside JSON, which may be a Python list of pairs.

use std::borrow::Cow;

use serde_json::Value;

use crate::arguments::{LEVELS, Lines};
use crate::json::{Scanner, compact, unescape};

/// Number of words at the beginning of a line that are searched for its level.
const LOOKED_AT: usize = 8;

/// Line between an error and the error that it caused.
const CAUSE: &str = "The above exception was the direct cause of the following exception:";

/// Line between an error and one that occurred while it was handled.
const CONTEXT: &str = "During handling of the above exception, another exception occurred:";

/// Beginning of a marker that makes a browser fold the following lines.
const GROUP: &str = "::group::";

/// Beginning of the marker after the folded lines.
const END_OF_GROUP: &str = "::endgroup::";

/// Beginning of a note in which the upstream states where it searched for the log.
const NOTE: &str = "***";

/// Lines of a log.
#[derive(Debug, Default)]
pub(super) struct Log {
    text: String,
    /// For each line, the end of its text and its level. A line without a level has that of the line before it.
    lines: Vec<(usize, usize)>,
    /// Notes in which the upstream states where it searched for the log.
    notes: Vec<String>,
    /// Whether the next events belong to a group, because of a marker before them.
    in_group: bool,
}

/// Properties of a part of a log besides its lines.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Part {
    /// Token that requests the next part.
    pub(super) token: Option<String>,
    /// Whether the part is empty.
    pub(super) is_empty: bool,
}

impl Log {
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Returns the text of a line.
    pub(super) fn line(&self, at: usize) -> &str {
        let start = at.checked_sub(1).and_then(|before| self.lines.get(before));
        let start = start.map_or(0, |(end, _)| *end);
        let end = self.lines.get(at).map_or(start, |(end, _)| *end);
        self.text.get(start..end).unwrap_or_default()
    }

    /// Returns whether a line matches the criteria.
    pub(super) fn has(&self, at: usize, wanted: &Lines) -> bool {
        let level = self.lines.get(at).map_or(0, |(_, level)| *level);
        let text = self.line(at);
        level >= wanted.level
            && (wanted.contains.is_empty() || text.to_lowercase().contains(&wanted.contains))
    }

    pub(super) fn notes(&self) -> impl Iterator<Item = &str> {
        self.notes.iter().map(String::as_str)
    }

    /// Adds lines. A line without a level gets that of the line before it.
    fn add(&mut self, text: &str, level: Option<usize>) {
        let text = text.strip_suffix('\n').unwrap_or(text);
        for line in text.split('\n') {
            let line = clean(line.trim_end_matches('\r'));
            if self.lines.is_empty() && line.starts_with(NOTE) {
                self.notes.push(line.into_owned());
                continue;
            }
            if is_marker(&line) {
                continue;
            }
            let own = level.or_else(|| level_in(&line));
            let before = self.lines.last().map(|(_, level)| *level);
            let level = own.or(before).unwrap_or(1);
            self.text.push_str(&line);
            self.lines.push((self.text.len(), level));
        }
    }
}

impl Part {
    /// Parses a response and adds its lines. `next` is the member with the token of the next part.
    pub(super) fn read(answer: &str, next: &str, log: &mut Log) -> Self {
        let is_object = answer.trim_start().starts_with('{');
        match is_object.then(|| Self::object(answer, next, log)).flatten() {
            Some(part) => part,
            None => {
                add_text(answer, log);
                Self {
                    token: None,
                    is_empty: answer.trim().is_empty(),
                }
            }
        }
    }

    /// Parses `{"content": [..] or "..", next: ".."}`; returns `None` for anything else.
    fn object(answer: &str, next: &str, log: &mut Log) -> Option<Self> {
        let mut part = Self {
            token: None,
            is_empty: true,
        };
        let mut scanner = Scanner::new(answer);
        let mut first = true;
        let mut found = false;
        scanner.begin_object().ok()?;
        while let Some(key) = scanner.key(&mut first).ok()? {
            let value = scanner.raw().ok()?;
            match unescape(key).as_ref() {
                "content" => {
                    found = true;
                    part.is_empty = !content(value, log);
                }
                name if name == next => {
                    part.token = value.starts_with('"').then(|| unescape(value).into_owned());
                }
                _ => {}
            }
        }
        found.then_some(part)
    }
}

/// Adds the content of a JSON response; returns `false` if the content is empty.
fn content(value: &str, log: &mut Log) -> bool {
    if value.starts_with('"') {
        let text = unescape(value);
        let texts = match text.starts_with("[(") {
            true => python_texts(&text),
            false => vec![text.into_owned()],
        };
        let some = texts.iter().any(|text| !text.trim().is_empty());
        for text in texts {
            add_text(&text, log);
        }
        return some;
    }
    let mut scanner = Scanner::new(value);
    let (mut first, mut some) = (true, false);
    if scanner.begin_array().is_err() {
        return false;
    }
    while let Ok(true) = scanner.item(&mut first) {
        let Ok(item) = scanner.raw() else {
            break;
        };
        some = true;
        match compact(item)
            .ok()
            .and_then(|item| serde_json::from_str(&item).ok())
        {
            Some(Value::String(text)) => log.add(&text, None),
            Some(value) => add_event(&value, log),
            None => {}
        }
    }
    some
}

/// Adds a text, without the host name that some upstreams write in the first line.
fn add_text(text: &str, log: &mut Log) {
    let begins =
        |rest: &str| rest.starts_with(|char: char| " *[:".contains(char) || char.is_ascii_digit());
    let text = match text.split_once('\n') {
        Some((host, rest)) if is_host(host) && (rest.is_empty() || begins(rest)) => rest,
        _ => text,
    };
    let text = text.trim_end_matches(['\n', '\r']);
    if !text.is_empty() {
        log.add(text, None);
    }
}

/// Returns whether a line is a host name or empty.
fn is_host(line: &str) -> bool {
    let known = |char: char| char.is_ascii_alphanumeric() || "-._:".contains(char);
    line.chars().all(known)
}

/// Adds `timestamp LEVEL event`, followed by the exceptions of the event.
fn add_event(event: &Value, log: &mut Log) {
    let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
    let (said, level) = (text("event"), text("level"));
    if is_marker(said) {
        log.in_group = said.starts_with(GROUP);
        let sources = event.get("sources").and_then(Value::as_array);
        let sources = sources.into_iter().flatten().filter_map(Value::as_str);
        log.notes
            .extend(sources.map(|source| format!("{NOTE} {source}")));
        return;
    }
    let mut line = text("timestamp").to_owned();
    // Lines of a task have a timestamp. Events without one, in a group before these lines, are notes about where the upstream searched for the log.
    if log.lines.is_empty() && log.in_group && line.is_empty() && level.is_empty() {
        log.notes.push(format!("{NOTE} {said}"));
        return;
    }
    for word in [level.to_uppercase().as_str(), said] {
        if !line.is_empty() && !word.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let level = level_of(level);
    log.add(&line, level);
    let mut details = Vec::new();
    match event.get("error_detail") {
        Some(Value::Array(errors)) => {
            // The order is that of Python: the exception that ended the task is the last one.
            for (index, error) in errors.iter().enumerate().rev() {
                add_error(error, &mut details);
                let is_cause = error.get("is_cause") == Some(&Value::Bool(true));
                let link = match (index, is_cause) {
                    (0, _) => continue,
                    (_, true) => CAUSE,
                    (_, false) => CONTEXT,
                };
                details.extend(["", link, ""].map(str::to_owned));
            }
        }
        Some(Value::String(text)) => details.push(text.clone()),
        _ => {}
    }
    details.extend(
        event
            .get("exception")
            .and_then(Value::as_str)
            .map(str::to_owned),
    );
    let before = log.lines.last().map(|(_, level)| *level);
    for detail in details {
        log.add(&detail, before);
    }
}

/// Adds an error in the format of Python: the frames, then the type and the value of the exception.
fn add_error(error: &Value, lines: &mut Vec<String>) {
    let text = |of: &Value, name: &str| match of.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    let frames = error.get("frames").and_then(Value::as_array);
    if frames.is_some_and(|frames| !frames.is_empty()) {
        lines.push("Traceback (most recent call last):".to_owned());
    }
    for frame in frames.into_iter().flatten() {
        let [file, line, name] = ["filename", "lineno", "name"].map(|name| text(frame, name));
        lines.push(format!("  File \"{file}\", line {line}, in {name}"));
    }
    let [kind, value] = ["exc_type", "exc_value"].map(|name| text(error, name));
    match value.is_empty() {
        true => lines.push(kind),
        false => lines.push(format!("{kind}: {value}")),
    }
}

/// Returns whether a line is a marker that makes a browser fold lines.
fn is_marker(line: &str) -> bool {
    let said = line.rsplit_once(" - ").map_or(line, |(_, said)| said);
    [line, said]
        .iter()
        .any(|text| text.starts_with(GROUP) || text.starts_with(END_OF_GROUP))
}

/// Finds the level that a line of text contains.
fn level_in(line: &str) -> Option<usize> {
    // Only upper-case words count, because few lines begin with an upper-case word that is not a level.
    let words = line
        .split([' ', ',', ']', '[', ':', '|'])
        .take(LOOKED_AT * 2);
    let mut words =
        words.filter(|word| word.len() >= 4 && word.chars().all(|c| c.is_ascii_uppercase()));
    words.find_map(level_of)
}

fn level_of(word: &str) -> Option<usize> {
    let word = word.to_ascii_lowercase();
    let word = match word.as_str() {
        "warn" => "warning",
        "fatal" => "critical",
        "exception" => "error",
        word => word,
    };
    LEVELS.iter().position(|level| *level == word)
}

/// Removes terminal colour codes from a line.
fn clean(line: &str) -> Cow<'_, str> {
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

/// Returns the second text of each pair of a Python list: `[('host', 'first\\nsecond')]`.
fn python_texts(list: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut chars = list.chars();
    while let Some(quote) = chars.find(|char| matches!(char, '\'' | '"')) {
        let mut text = String::new();
        while let Some(char) = chars.next().filter(|char| *char != quote) {
            match char {
                '\\' => text.extend(escaped(&mut chars)),
                char => text.push(char),
            }
        }
        texts.push(text);
    }
    texts.into_iter().skip(1).step_by(2).collect()
}

/// Decodes the escape after a backslash in a Python string.
fn escaped(chars: &mut std::str::Chars<'_>) -> Option<char> {
    let digits = match chars.next()? {
        'n' => return Some('\n'),
        't' => return Some('\t'),
        'r' => return Some('\r'),
        'x' => 2,
        'u' => 4,
        'U' => 8,
        char => return Some(char),
    };
    let code: String = chars.by_ref().take(digits).collect();
    u32::from_str_radix(&code, 16).ok().and_then(char::from_u32)
}
