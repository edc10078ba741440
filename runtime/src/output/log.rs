//! Selects the lines of a log that a page of the result shows: the last lines first, filtered by level and text.
//!
//! A cursor counts lines from the first one, so that it remains valid while the log grows.

use std::ops::Range;

use crate::args::LineFilter;
use crate::json::push_string;
use crate::log::LogLines;

/// Number of bytes reserved for notes about a shortened page.
const NOTE: usize = 300;

/// Maximum number of characters of a line that are shown. The return value of a task is often one line, which would fill whole pages.
const MAX_LINE: usize = 4_000;

/// Part of a log that a call requests.
#[derive(Debug)]
pub(crate) struct LogPage<'a> {
    pub(crate) filter: &'a LineFilter,
    /// Line before which the page ends; with `from_start`, line with which the page begins.
    pub(crate) start: Option<usize>,
    pub(crate) limit: usize,
    pub(crate) max_bytes: usize,
    /// Whether the log was read to its end.
    pub(crate) is_complete: bool,
}

impl LogPage<'_> {
    /// Renders the result; `cursor` returns the cursor for a line.
    pub(crate) fn render(&self, log: &LogLines, cursor: impl Fn(usize) -> String) -> String {
        let forward = self.filter.from_start;
        let range: Range<usize> = match (self.start, forward) {
            (None, _) => 0..log.len(),
            (Some(start), true) => start.min(log.len())..log.len(),
            (Some(start), false) => 0..start.min(log.len()),
        };
        // The first of these lines is always shown.
        let mut found: Vec<usize> = range.filter(|index| self.has(log, *index)).collect();
        if !forward {
            found.reverse();
        }
        let room = self.max_bytes.saturating_sub(NOTE);
        let (mut shown, mut used) = (Vec::new(), 0);
        for index in found.iter().take(self.limit) {
            let mut line = shortened(log.line(*index), MAX_LINE);
            if used + line.len() + 1 > room {
                if !shown.is_empty() {
                    break;
                }
                // An escaped character takes at most 6 bytes.
                line = shortened(log.line(*index), room / 6);
            }
            used += line.len() + 1;
            shown.push(line);
        }
        let next = found.get(shown.len()).map(|next| match forward {
            true => cursor(*next),
            // The cursor counts from the start of the log: the lines up to and including this one remain.
            false => cursor(next + 1),
        });
        let (count, wanted) = (shown.len(), found.len().min(self.limit));
        if !forward {
            shown.reverse();
        }
        if log.is_empty() && self.start.is_none() {
            let notes = log.notes.iter();
            shown = notes.map(|note| shortened(note, usize::MAX)).collect();
        }
        let mut out = format!(
            "{{\"lines\":[{}],\"total_lines\":{},\"next_cursor\":",
            shown.join(","),
            log.len()
        );
        match next {
            Some(next) => push_string(&mut out, &next),
            None => out.push_str("null"),
        }
        let mut notes = Vec::new();
        if count < wanted {
            notes.push(format!(
                "{count} of {wanted} lines, because a result has at most {} bytes: pass next_cursor to read the others",
                self.max_bytes
            ));
        }
        if !self.is_complete {
            let note = "the log is longer than one call can read: its newest lines are missing";
            notes.push(note.to_owned());
        }
        if !notes.is_empty() {
            out.push_str(",\"truncated\":");
            push_string(&mut out, &notes.join("; "));
        }
        out.push('}');
        out
    }

    /// Returns whether a line matches the criteria.
    fn has(&self, log: &LogLines, index: usize) -> bool {
        let text = &self.filter.contains;
        log.level(index) >= self.filter.level
            && (text.is_empty() || log.line(index).to_lowercase().contains(text))
    }
}

/// Returns a line as JSON, shortened to a maximum number of characters.
fn shortened(line: &str, max: usize) -> String {
    let mut out = String::new();
    match line.char_indices().nth(max) {
        None => push_string(&mut out, line),
        Some((end, _)) => {
            let (kept, cut) = line.split_at(end);
            let more = cut.chars().count();
            push_string(&mut out, &format!("{kept}… ({more} more characters)"));
        }
    }
    out
}

#[cfg(test)]
mod tests;
