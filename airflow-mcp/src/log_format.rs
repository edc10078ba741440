//! Log format of Airflow. A response is plain text, JSON objects with `event`, `timestamp` and `level`, or text inside JSON, which may be a Python list of pairs.

use runtime::json::{Scanner, compact, unescape};
use runtime::log::{LogFormat, LogLines, LogParser, LogPart, level_of, without_colours};
use serde_json::Value;

/// Creates a parser of Airflow's logs.
pub(crate) const AIRFLOW_LOG: LogFormat = || Box::<AirflowLog>::default();

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

/// Parser of Airflow's logs.
#[derive(Default)]
struct AirflowLog {
    /// Whether the next events belong to a group, because of a marker before them.
    in_group: bool,
}

impl LogParser for AirflowLog {
    fn parse(&mut self, response: &str, next: &str, lines: &mut LogLines) -> LogPart {
        let is_object = response.trim_start().starts_with('{');
        let part = is_object
            .then(|| self.object(response, next, lines))
            .flatten();
        part.unwrap_or_else(|| {
            add_text(response, lines);
            LogPart {
                token: None,
                is_empty: response.trim().is_empty(),
            }
        })
    }
}

impl AirflowLog {
    /// Parses `{"content": [..] or "..", next: ".."}`; returns `None` for anything else.
    fn object(&mut self, response: &str, next: &str, lines: &mut LogLines) -> Option<LogPart> {
        let mut part = LogPart {
            token: None,
            is_empty: true,
        };
        let mut scanner = Scanner::new(response);
        let mut first = true;
        let mut found = false;
        scanner.begin_object().ok()?;
        while let Some(key) = scanner.key(&mut first).ok()? {
            let value = scanner.raw().ok()?;
            match unescape(key).as_ref() {
                "content" => {
                    found = true;
                    part.is_empty = !self.content(value, lines);
                }
                name if name == next => {
                    part.token = value.starts_with('"').then(|| unescape(value).into_owned());
                }
                _ => {}
            }
        }
        found.then_some(part)
    }

    /// Adds the content of a JSON response; returns `false` if the content is empty.
    fn content(&mut self, value: &str, lines: &mut LogLines) -> bool {
        if value.starts_with('"') {
            let text = unescape(value);
            let texts = match text.starts_with("[(") {
                true => python_texts(&text),
                false => vec![text.into_owned()],
            };
            let some = texts.iter().any(|text| !text.trim().is_empty());
            for text in texts {
                add_text(&text, lines);
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
                Some(Value::String(text)) => add_lines(lines, &text, None),
                Some(value) => self.add_event(&value, lines),
                None => {}
            }
        }
        some
    }

    /// Adds `timestamp LEVEL event`, followed by the exceptions of the event.
    fn add_event(&mut self, event: &Value, lines: &mut LogLines) {
        let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
        let (message, level) = (text("event"), text("level"));
        if is_marker(message) {
            self.in_group = message.starts_with(GROUP);
            let sources = event.get("sources").and_then(Value::as_array);
            let sources = sources.into_iter().flatten().filter_map(Value::as_str);
            lines
                .notes
                .extend(sources.map(|source| format!("{NOTE} {source}")));
            return;
        }
        let mut line = text("timestamp").to_owned();
        // Lines of a task have a timestamp. Events without one, in a group before these lines, are notes about where the upstream searched for the log.
        if lines.is_empty() && self.in_group && line.is_empty() && level.is_empty() {
            lines.notes.push(format!("{NOTE} {message}"));
            return;
        }
        for word in [level.to_uppercase().as_str(), message] {
            if !line.is_empty() && !word.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        let level = level_of(level);
        add_lines(lines, &line, level);
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
        let before = lines.len().checked_sub(1).map(|last| lines.level(last));
        for detail in details {
            add_lines(lines, &detail, before);
        }
    }
}

/// Adds lines of text, without fold markers. Notes before the first line are collected separately.
fn add_lines(lines: &mut LogLines, text: &str, level: Option<usize>) {
    let text = text.strip_suffix('\n').unwrap_or(text);
    for line in text.split('\n') {
        let line = without_colours(line.trim_end_matches('\r'));
        if lines.is_empty() && line.starts_with(NOTE) {
            lines.notes.push(line.into_owned());
        } else if !is_marker(&line) {
            lines.push(&line, level);
        }
    }
}

/// Adds a text, without the host name that some upstreams write in the first line.
fn add_text(text: &str, lines: &mut LogLines) {
    let begins =
        |rest: &str| rest.starts_with(|char: char| " *[:".contains(char) || char.is_ascii_digit());
    let text = match text.split_once('\n') {
        Some((host, rest)) if is_host(host) && (rest.is_empty() || begins(rest)) => rest,
        _ => text,
    };
    let text = text.trim_end_matches(['\n', '\r']);
    if !text.is_empty() {
        add_lines(lines, text, None);
    }
}

/// Returns whether a line is a host name or empty.
fn is_host(line: &str) -> bool {
    let known = |char: char| char.is_ascii_alphanumeric() || "-._:".contains(char);
    line.chars().all(known)
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
    let message = line.rsplit_once(" - ").map_or(line, |(_, message)| message);
    [line, message]
        .iter()
        .any(|text| text.starts_with(GROUP) || text.starts_with(END_OF_GROUP))
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

#[cfg(test)]
mod tests;
