//! Reads the pages of a list until the page of the result is full.

use std::collections::VecDeque;
use std::future::Future;
use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesOrdered;

use super::items::FoundItems;
use super::page::{NextPage, UpstreamPage};
use super::query::ListQuery;
use super::window::{Finding, Window, Windows};
use crate::json;
use crate::output::Progress;
use crate::output::cursor::ListPosition;
use crate::request::page::PageRequest;
use crate::tool::{Pagination, PaginationStyle};

/// Error of a request while reading a list.
#[derive(Debug)]
pub(crate) struct ListError<E> {
    /// Error of the request.
    pub(crate) error: E,
    /// Position at which a filtered search can continue.
    pub(crate) resume: Option<ListPosition>,
}

/// Reads a list. `fetch` gets a number of items and the page that contains them.
pub(crate) async fn read<F, Fut, E>(
    query: &ListQuery<'_>,
    fetch: F,
    progress: Progress<'_>,
) -> Result<FoundItems, ListError<E>>
where
    F: Fn(u32, PageRequest<'_>) -> Fut,
    Fut: Future<Output = Result<UpstreamPage, E>>,
    E: From<json::Error>,
{
    let mut reader = Reader {
        query,
        fetch,
        progress,
        items: FoundItems::new(query),
        begun: Instant::now(),
        requests: 0,
    };
    let result = match query.pagination {
        None => reader.read_whole().await,
        Some(pagination) => match pagination.style {
            PaginationStyle::Offset { .. } | PaginationStyle::Number { .. } => {
                reader.read_pages(pagination).await
            }
            PaginationStyle::Cursor { .. } | PaginationStyle::Link { .. } => {
                reader.read_tokens(pagination).await
            }
        },
    };
    match result {
        Ok(()) => Ok(reader.items),
        Err(error) => Err(ListError {
            error,
            resume: reader.items.searched(query),
        }),
    }
}

/// State of reading a list.
struct Reader<'a, F> {
    query: &'a ListQuery<'a>,
    fetch: F,
    progress: Progress<'a>,
    items: FoundItems,
    begun: Instant,
    /// Number of requests sent.
    requests: usize,
}

impl<F, Fut, E> Reader<'_, F>
where
    F: Fn(u32, PageRequest<'_>) -> Fut,
    Fut: Future<Output = Result<UpstreamPage, E>>,
    E: From<json::Error>,
{
    async fn read_whole(&mut self) -> Result<(), E> {
        let mut page = (self.fetch)(0, PageRequest::Whole).await?;
        let total = page.len() as u64;
        page.total = Some(total);
        page.total_text.get_or_insert_with(|| total.to_string());
        self.items.take(self.query, &page, 0)?;
        let start = self.query.skipped();
        let read = self.items.position.saturating_sub(start);
        (self.progress)(read, Some(total.saturating_sub(start)));
        Ok(())
    }

    /// Reads pages one after another, because each page has the cursor of the next one.
    async fn read_tokens(&mut self, pagination: Pagination) -> Result<(), E> {
        let max = pagination.max.max(1);
        let by_offset = matches!(pagination.style, PaginationStyle::Cursor { offset, .. } if !offset.is_empty());
        let (mut token, skip) = match &self.query.start {
            ListPosition::Native { token, skip } => (token.clone(), *skip),
            // An offset of 0 is the beginning of the list, with and without cursors.
            ListPosition::Offset(1..) if by_offset => return self.read_pages(pagination).await,
            ListPosition::Offset(skip) | ListPosition::Numbered { at: skip, .. } => {
                (String::new(), *skip)
            }
        };
        let mut start = 0;
        let mut unwanted = u32::try_from(skip).unwrap_or(max);
        loop {
            let missing = u32::try_from(self.query.limit - self.items.len()).unwrap_or(max);
            let wanted = match self.query.filters.is_empty() {
                true => missing.saturating_add(unwanted).min(max),
                false => max,
            };
            let mut page = (self.fetch)(wanted, PageRequest::Token(&token)).await?;
            self.requests += 1;
            if page.next == NextPage::Unknown && token.is_empty() && by_offset {
                // The upstream has ignored the empty cursor, so the response is the page at offset 0.
                let is_open = self.take(&page, 0)?;
                return match is_open && page.len() > 0 && self.items.has_more() {
                    true => self.read_pages(pagination).await,
                    false => Ok(()),
                };
            }
            if self.items.tokens.is_empty() {
                self.items.tokens.push((0, token.clone()));
            }
            let end = start + page.len() as u64;
            // An upstream with cursors may count only up to a limit, or not at all. Only its cursors show the end of the list.
            page.total = match &page.next {
                NextPage::Token(next) => {
                    self.items.tokens.push((end, next.clone()));
                    None
                }
                NextPage::End | NextPage::Unknown => Some(end),
            };
            let is_open = self.take(&page, start)?;
            let NextPage::Token(next) = page.next else {
                return Ok(());
            };
            // A cursor to an empty page or to the same page would be followed forever.
            if !is_open || end == start || next == token {
                return Ok(());
            }
            if self.is_spent() {
                self.items.stop();
                return Ok(());
            }
            (token, start, unwanted) = (next, end, 0);
        }
    }

    async fn read_pages(&mut self, pagination: Pagination) -> Result<(), E> {
        let max = pagination.max.max(1);
        let mut windows = match pagination.style {
            PaginationStyle::Number { .. } => Windows::numbered(max, &self.query.start),
            _ => Windows::Anywhere,
        };
        (self.begun, self.requests) = (Instant::now(), 0);
        // The requests in flight in order, their pages, and the offset of the next request.
        let mut queue = FuturesOrdered::new();
        let mut in_flight: VecDeque<Window> = VecDeque::new();
        let mut ahead = self.items.position;
        // Largest page that the upstream has returned. Requests are this far apart, because the upstream may reduce larger pages.
        let mut stride = 0;
        loop {
            // While the total is unknown, a second page may not exist.
            let width = match self.items.total {
                Some(_) => self.query.max_concurrent.max(1),
                None => 1,
            };
            while queue.len() < width
                && self.items.total.is_none_or(|total| ahead < total)
                && in_flight.iter().all(|window| window.is_sure)
            {
                let outstanding = usize::try_from(ahead - self.items.position);
                let missing = (self.query.limit - self.items.len())
                    .saturating_sub(outstanding.unwrap_or(usize::MAX));
                let wanted = match self.query.filters.is_empty() {
                    true => u32::try_from(missing).unwrap_or(max).min(max),
                    false => max,
                };
                if wanted == 0 || self.requests > 0 && self.is_spent() {
                    break;
                }
                let window = windows.at(ahead, wanted);
                if !window.is_sure && !queue.is_empty() {
                    break;
                }
                self.requests += 1;
                queue.push_back((self.fetch)(window.size, window.request()));
                in_flight.push_back(window);
                let size = u64::from(window.size);
                ahead = match stride {
                    0 => window.start + size,
                    stride => window.start + stride.min(size),
                };
            }
            let Some((page, window)) = queue.next().await.zip(in_flight.pop_front()) else {
                self.items.stop();
                return Ok(());
            };
            let page = page?;
            let next_start = match windows.learn(window, page.len(), page.total) {
                Finding::Page(next_start) => next_start,
                Finding::Nothing => {
                    ahead = self.items.position;
                    continue;
                }
            };
            self.items.page_size = windows.proven();
            if next_start.is_none() {
                stride = stride.max(page.len() as u64);
            }
            // A page after an offset cannot contain as many items as the whole list, so this upstream ignores offsets.
            let ignores_offset = page.total == Some(page.len() as u64);
            let is_open = self.take(&page, if ignores_offset { 0 } else { window.start })?;
            // Items that are missing from a numbered page are not at the beginning of the next page.
            if is_open && page.len() > 0 {
                let position = self.items.position.max(next_start.unwrap_or_default());
                self.items.position = position;
            }
            // An empty page is the end of the list, whatever the total is.
            if !is_open || page.len() == 0 || !self.items.has_more() {
                return Ok(());
            }
            ahead = ahead.max(self.items.position);
            match in_flight.front() {
                // The page was shorter than expected. The missing items come before the requests in flight, so they are requested first.
                Some(next) if self.items.position < next.start => {
                    if self.is_spent() {
                        self.items.stop();
                        return Ok(());
                    }
                    let gap = u32::try_from(next.start - self.items.position).unwrap_or(max);
                    let window = windows.at(self.items.position, gap.min(max));
                    self.requests += 1;
                    queue.push_front((self.fetch)(window.size, window.request()));
                    in_flight.push_front(window);
                }
                Some(_) => {}
                None => ahead = self.items.position,
            }
        }
    }

    fn is_spent(&self) -> bool {
        self.query.budget.is_spent(self.requests, self.begun)
    }

    /// Takes the items of a page that begins at `offset` and reports the progress. Returns `false` if no further items are wanted.
    fn take(&mut self, page: &UpstreamPage, offset: u64) -> Result<bool, E> {
        let is_open = self.items.take(self.query, page, offset)?;
        let start = self.query.skipped();
        let read = self.items.position.saturating_sub(start);
        let left = self.items.total.map(|total| total.saturating_sub(start));
        let left = match self.query.filters.is_empty() {
            true => left.map(|left| left.min(self.query.limit as u64)),
            false => left,
        };
        (self.progress)(read, left.map(|left| left.max(read)));
        Ok(is_open)
    }
}
