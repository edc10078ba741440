//! Reads logs. Upstreams return a log whole, however long, or in parts that a token continues.

use std::time::Instant;

use super::context::Call;
use crate::log::LogLines;
use crate::output::Progress;
use crate::output::cursor::ListPosition;
use crate::output::list::query::Budget;
use crate::output::log::LogPage;
use crate::upstream::error::CallError;

/// Maximum number of bytes of a log that are kept in memory.
const MAX_BYTES: usize = 64 << 20;

impl Call<'_> {
    /// Reads a page of a log. `token` is the query parameter that requests the next part, `next` is the member of the response with its value.
    pub(super) async fn log(
        &self,
        token: &str,
        next: &str,
        progress: Progress<'_>,
    ) -> Result<(u16, String), CallError> {
        let scope = self.scope();
        let start = match self.start(&scope)? {
            None => None,
            Some(ListPosition::Offset(lines)) => Some(usize::try_from(lines).unwrap_or(usize::MAX)),
            // Cursors of logs never contain these positions.
            Some(ListPosition::Native { .. } | ListPosition::Numbered { .. }) => Some(0),
        };
        let first = self.plain_request()?;
        let mut request = first.clone();
        let mut parser = self.account.log_format()();
        let (mut log, mut bytes, mut parts) = (LogLines::default(), 0, 0);
        let mut last = None;
        let (begun, budget) = (Instant::now(), Budget::default());
        let is_complete = loop {
            let text = self.send(&request).await?.into_text()?;
            bytes += text.len();
            parts += 1;
            let part = parser.parse(&text, next, &mut log);
            progress(log.len() as u64, None);
            // An upstream signals the end of a log in several ways: no token, the same token, or no new content.
            let Some(again) = part.token.filter(|_| !token.is_empty() && !part.is_empty) else {
                break true;
            };
            if last.as_ref() == Some(&again) {
                break true;
            }
            if bytes > MAX_BYTES || budget.is_spent(parts, begun) {
                break false;
            }
            request = first.with_query(&[(token.to_owned(), again.clone())]);
            last = Some(again);
        };
        let options = self.arguments.result_options();
        let page = LogPage {
            filter: &options.lines,
            start,
            limit: usize::try_from(options.limit).unwrap_or(usize::MAX),
            max_bytes: self.account.max_result_bytes(),
            is_complete,
        };
        let cursor = |line: usize| scope.write(&ListPosition::Offset(line as u64));
        Ok((200, page.render(&log, cursor)))
    }
}
