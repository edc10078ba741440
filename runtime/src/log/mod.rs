//! Reads logs: one page at a time, the last lines first, filtered by level and text.
//!
//! Upstreams return a log whole, however long, or in parts that a token continues; and as text or as JSON. All formats are converted to lines of text. A cursor counts lines from the first one, so that it remains valid while the log grows.

mod parse;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::time::Instant;

use crate::arguments::Lines;
use crate::call::{Call, Progress, invalid, text};
use crate::cursor::Position;
use crate::error::CallError;
use crate::json::push_string;
use crate::list::Budget;
use crate::request::Request;
use parse::{Log, Part};

/// Maximum number of bytes of a log that are kept in memory.
const MAX_BYTES: usize = 64 << 20;

/// Number of bytes reserved for notes about a shortened page.
const NOTE: usize = 300;

/// Maximum number of characters of a line that are shown. The return value of a task is often one line, which would fill whole pages.
const MAX_LINE: usize = 4_000;

impl Call<'_> {
    /// Reads a page of a log. `token` is the query parameter that requests the next part, `next` is the member of the response with its value.
    pub(crate) async fn log(
        &self,
        token: &str,
        next: &str,
        progress: Progress<'_>,
    ) -> Result<(u16, String), CallError> {
        let scope = self.scope();
        let start = match self.start(&scope)? {
            None => None,
            Some(Position::Offset(lines)) => Some(usize::try_from(lines).unwrap_or(usize::MAX)),
            // Cursors of logs never contain these positions.
            Some(Position::Native { .. } | Position::Numbered { .. }) => Some(0),
        };
        let first = Request::new(self.arguments).map_err(|problem| invalid(&[problem]))?;
        let mut request = first.clone();
        let (mut log, mut bytes, mut parts) = (Log::default(), 0, 0);
        let mut last = None;
        let (begun, budget) = (Instant::now(), Budget::default());
        let mut whole = true;
        loop {
            let text = text(self.send(&request).await?)?;
            bytes += text.len();
            parts += 1;
            let part = Part::read(&text, next, &mut log);
            progress(log.len() as u64, None);
            // An upstream signals the end of a log in several ways: no token, the same token, or no new content.
            let Some(again) = part.token.filter(|_| !token.is_empty() && !part.is_empty) else {
                break;
            };
            if last.as_ref() == Some(&again) {
                break;
            }
            if bytes > MAX_BYTES || parts >= budget.pages || begun.elapsed() >= budget.time {
                whole = false;
                break;
            }
            request = first.with_query(token, &again);
            last = Some(again);
        }
        let limit = usize::try_from(self.arguments.limit()).unwrap_or(usize::MAX);
        let page = Page {
            wanted: self.arguments.lines(),
            start,
            limit,
            max_bytes: self.account.max_result_bytes(),
            whole,
        };
        let cursor = |line: usize| scope.write(&Position::Offset(line as u64));
        Ok((200, page.render(&log, cursor)))
    }
}

/// Part of a log that a call requests.
#[derive(Debug)]
struct Page<'a> {
    wanted: &'a Lines,
    /// Line before which the page ends; with `from_start`, line with which the page begins.
    start: Option<usize>,
    limit: usize,
    max_bytes: usize,
    /// Whether the log was read to its end.
    whole: bool,
}

impl Page<'_> {
    fn render(&self, log: &Log, cursor: impl Fn(usize) -> String) -> String {
        let forward = self.wanted.from_start;
        let range: Range<usize> = match (self.start, forward) {
            (None, _) => 0..log.len(),
            (Some(start), true) => start.min(log.len())..log.len(),
            (Some(start), false) => 0..start.min(log.len()),
        };
        let found = range.filter(|at| log.has(*at, self.wanted));
        // The first of these lines is always shown.
        let mut found: Vec<usize> = found.collect();
        if !forward {
            found.reverse();
        }
        let room = self.max_bytes.saturating_sub(NOTE);
        let (mut shown, mut used) = (Vec::new(), 0);
        for at in found.iter().take(self.limit) {
            let mut line = cut(log.line(*at), MAX_LINE);
            if used + line.len() + 1 > room {
                if !shown.is_empty() {
                    break;
                }
                // An escaped character takes at most 6 bytes.
                line = cut(log.line(*at), room / 6);
            }
            used += line.len() + 1;
            shown.push(line);
        }
        let next = found.get(shown.len()).map(|next| match forward {
            true => cursor(*next),
            // The cursor counts from the start of the log: the lines up to and including this one remain.
            false => cursor(next + 1),
        });
        let count = shown.len();
        let bytes = count < found.len().min(self.limit);
        if !forward {
            shown.reverse();
        }
        if log.len() == 0 && self.start.is_none() {
            shown = log
                .notes()
                .map(|note| {
                    let mut text = String::new();
                    push_string(&mut text, note);
                    text
                })
                .collect();
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
        if bytes {
            notes.push(format!(
                "{count} of {} lines, since a result has at most {} bytes: pass next_cursor for the others",
                found.len().min(self.limit),
                self.max_bytes
            ));
        }
        if !self.whole {
            notes.push(
                "the log is longer than what one call reads: its newest lines are missing"
                    .to_owned(),
            );
        }
        if !notes.is_empty() {
            out.push_str(",\"truncated\":");
            push_string(&mut out, &notes.join("; "));
        }
        out.push('}');
        out
    }
}

/// Returns a line as JSON, shortened to a maximum number of characters.
fn cut(line: &str, most: usize) -> String {
    let mut out = String::new();
    match line.char_indices().nth(most) {
        None => push_string(&mut out, line),
        Some((end, _)) => {
            let more = line.get(end..).unwrap_or_default().chars().count();
            let kept = line.get(..end).unwrap_or_default();
            push_string(&mut out, &format!("{kept}… ({more} more characters)"));
        }
    }
    out
}
