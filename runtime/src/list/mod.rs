//! Reads lists: sends as many requests as a page of the result needs, applies filters that the API does not have, and determines where the list continues.
//!
//! If an upstream returns cursors or links, pages are read one after another with them; otherwise pages are requested by offset or page number. Offsets count the items of the API, before filters. A page that is shorter than requested does not mean the end of the list, because upstreams reduce page sizes silently. A list ends at the total that the upstream reports, or with an empty page.

pub(crate) mod link;
#[cfg(test)]
mod native_tests;
#[cfg(test)]
mod numbered_tests;
mod page;
mod render;
#[cfg(test)]
mod tests;
mod window;

use std::collections::VecDeque;
use std::future::Future;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesOrdered;
use serde_json::Value;

use crate::call::Progress;
use crate::cursor::Position;
use crate::json::{self, Fields, Scanner};
use crate::tool::{Filter, Pager, Way};
pub(crate) use page::{Next, Page, PageError, Said};
use window::{Learned, Window, Windows};

/// Maximum number of pages that one call fetches concurrently.
pub(crate) const SIDE_BY_SIDE: usize = 4;

/// Request of a call for a list: what to read, and within which limits.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    /// Member of the response with the items.
    pub(crate) items: &'a str,
    /// Pagination of the API; `None` if the upstream returns the whole list at once.
    pub(crate) pager: Option<Pager>,
    /// Position at which reading begins.
    pub(crate) start: Position,
    /// Maximum number of items to return.
    pub(crate) limit: usize,
    /// Filters with their wanted values; an item must match all filters.
    pub(crate) filters: Vec<(&'a Filter, &'a Value)>,
    /// Members of an item to return.
    pub(crate) fields: Fields<'a>,
    /// Maximum size of a result in bytes; reading stops when it is exceeded.
    pub(crate) max_bytes: usize,
    /// Maximum number of pages fetched concurrently.
    pub(crate) side_by_side: usize,
    /// Limits for the requests of one call.
    pub(crate) budget: Budget,
}

/// Limits for the requests of one call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// Maximum number of requests.
    pub(crate) pages: usize,
    /// Time after which no further request begins. The first request always begins.
    pub(crate) time: Duration,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            pages: 200,
            time: Duration::from_secs(40),
        }
    }
}

/// Items that a call has found.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// JSON texts of the items, one after another without commas.
    json: String,
    /// For each item, the end of its text and its index in the list.
    ends: Vec<(usize, u64)>,
    /// Total as the upstream last wrote it.
    total_text: Option<String>,
    /// Total as a number, if it is reliable.
    total: Option<u64>,
    /// Other members of the first response.
    others: Option<String>,
    /// Cursors of the upstream, each with the index of the first item of its page; empty if the upstream does not return cursors.
    tokens: Vec<(u64, String)>,
    /// Largest page size that the upstream is known to return, if its pages have numbers.
    page_size: u32,
    /// Index after the last item read, counted from the beginning of the list, or of the first page if the upstream returns cursors.
    position: u64,
    /// Index at which the list continues; `None` at the end of the list.
    next: Option<u64>,
    /// Whether the budget was spent before the page of the result was full.
    spent: bool,
    /// For each filter, a text that is similar to the wanted one, while no item has matched.
    near: Vec<Option<String>>,
}

/// Failure of a request while reading a list.
#[derive(Debug)]
pub(crate) struct Broken<E> {
    /// Error of the request.
    pub(crate) error: E,
    /// Position at which a filtered search can continue without missing an item: after the items that were searched without a match.
    pub(crate) resume: Option<Position>,
}

/// Page that a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageAt<'a> {
    /// The whole list.
    Start,
    /// Page that begins after this many items.
    Offset(u64),
    /// Page with this number, counted from 0.
    Number(u64),
    /// Page that a cursor or a link of the upstream selects; empty for the first page.
    Token(&'a str),
}

/// Reads a list according to a plan. `fetch` gets a number of items and the page that contains them.
pub(crate) async fn read<F, Fut, E>(
    plan: &Plan<'_>,
    fetch: F,
    progress: Progress<'_>,
) -> Result<Rows, Broken<E>>
where
    F: Fn(u32, PageAt<'_>) -> Fut,
    Fut: Future<Output = Result<Page, E>>,
    E: From<json::Error>,
{
    let mut rows = Rows {
        position: plan.skipped(),
        near: vec![None; plan.filters.len()],
        ..Rows::default()
    };
    let result = match plan.pager {
        None => read_whole(plan, fetch(0, PageAt::Start), &mut rows, progress).await,
        Some(pager) => match pager.way {
            Way::Offset { .. } | Way::Number { .. } => {
                read_pages(plan, fetch, pager, &mut rows, progress).await
            }
            Way::Cursor { .. } | Way::Link { .. } => {
                read_tokens(plan, fetch, pager, &mut rows, progress).await
            }
        },
    };
    match result {
        Ok(()) => Ok(rows),
        Err(error) => {
            let searched = rows
                .ends
                .first()
                .map_or(rows.position, |(_, offset)| *offset);
            let resume = !plan.filters.is_empty() && searched > plan.skipped();
            Err(Broken {
                error,
                resume: resume.then(|| rows.place(searched)),
            })
        }
    }
}

async fn read_whole<E: From<json::Error>>(
    plan: &Plan<'_>,
    page: impl Future<Output = Result<Page, E>>,
    rows: &mut Rows,
    progress: Progress<'_>,
) -> Result<(), E> {
    let mut page = page.await?;
    let total = page.len() as u64;
    page.total = Some(total);
    page.total_text.get_or_insert_with(|| total.to_string());
    rows.take(plan, &page, 0)?;
    let start = plan.skipped();
    progress(
        rows.position.saturating_sub(start),
        Some(total.saturating_sub(start)),
    );
    Ok(())
}

/// Reads pages one after another, because each page has the cursor of the next one.
async fn read_tokens<F, Fut, E>(
    plan: &Plan<'_>,
    fetch: F,
    pager: Pager,
    rows: &mut Rows,
    progress: Progress<'_>,
) -> Result<(), E>
where
    F: Fn(u32, PageAt<'_>) -> Fut,
    Fut: Future<Output = Result<Page, E>>,
    E: From<json::Error>,
{
    let max = pager.max.max(1);
    let by_offset = matches!(pager.way, Way::Cursor { offset, .. } if !offset.is_empty());
    let (mut token, skip) = match &plan.start {
        Position::Native { token, skip } => (token.clone(), *skip),
        // An offset of 0 is the beginning of the list, with and without cursors.
        Position::Offset(1..) if by_offset => {
            return read_pages(plan, fetch, pager, rows, progress).await;
        }
        Position::Offset(skip) | Position::Numbered { at: skip, .. } => (String::new(), *skip),
    };
    let begun = Instant::now();
    let mut requests = 0;
    let mut start = 0;
    let mut unwanted = u32::try_from(skip).unwrap_or(max);
    loop {
        let missing = u32::try_from(plan.limit - rows.len()).unwrap_or(max);
        let wanted = match plan.filters.is_empty() {
            true => missing.saturating_add(unwanted).min(max),
            false => max,
        };
        let mut page = fetch(wanted, PageAt::Token(&token)).await?;
        requests += 1;
        if page.next == Next::Unsaid && token.is_empty() && by_offset {
            // The upstream has ignored the empty cursor, so the response is the page at offset 0.
            let more = rows.take(plan, &page, 0)?;
            report(plan, rows, progress);
            return match more && page.len() > 0 && rows.goes_on() {
                true => read_pages(plan, fetch, pager, rows, progress).await,
                false => Ok(()),
            };
        }
        if rows.tokens.is_empty() {
            rows.tokens.push((0, token.clone()));
        }
        let end = start + page.len() as u64;
        // An upstream with cursors may count only up to a limit, or not at all. Only its cursors show the end of the list.
        page.total = match &page.next {
            Next::Token(next) => {
                rows.tokens.push((end, next.clone()));
                None
            }
            Next::End | Next::Unsaid => Some(end),
        };
        let more = rows.take(plan, &page, start)?;
        report(plan, rows, progress);
        let Next::Token(next) = page.next else {
            return Ok(());
        };
        // A cursor to an empty page or to the same page would be followed forever.
        if !more || end == start || next == token {
            return Ok(());
        }
        if requests >= plan.budget.pages || begun.elapsed() >= plan.budget.time {
            rows.stop();
            return Ok(());
        }
        (token, start, unwanted) = (next, end, 0);
    }
}

async fn read_pages<F, Fut, E>(
    plan: &Plan<'_>,
    fetch: F,
    pager: Pager,
    rows: &mut Rows,
    progress: Progress<'_>,
) -> Result<(), E>
where
    F: Fn(u32, PageAt<'_>) -> Fut,
    Fut: Future<Output = Result<Page, E>>,
    E: From<json::Error>,
{
    let max = pager.max.max(1);
    let mut windows = match pager.way {
        Way::Number { .. } => Windows::numbered(max, &plan.start),
        _ => Windows::Anywhere,
    };
    let begun = Instant::now();
    let mut requests = 0;
    let spent = |requests| requests >= plan.budget.pages || begun.elapsed() >= plan.budget.time;
    // The requests in flight in order, their pages, and the offset of the next request.
    let mut queue = FuturesOrdered::new();
    let mut under_way: VecDeque<Window> = VecDeque::new();
    let mut ahead = rows.position;
    // Largest page that the upstream has returned. Requests are this far apart, because the upstream may reduce larger pages.
    let mut stride = 0;
    loop {
        // While the total is unknown, a second page may not exist.
        let width = match rows.total {
            Some(_) => plan.side_by_side.max(1),
            None => 1,
        };
        while queue.len() < width
            && rows.total.is_none_or(|total| ahead < total)
            && under_way.iter().all(|window| window.sure)
        {
            let outstanding = usize::try_from(ahead - rows.position).unwrap_or(usize::MAX);
            let missing = (plan.limit - rows.len()).saturating_sub(outstanding);
            let wanted = match plan.filters.is_empty() {
                true => u32::try_from(missing).unwrap_or(max).min(max),
                false => max,
            };
            if wanted == 0 {
                break;
            }
            if requests > 0 && spent(requests) {
                break;
            }
            let window = windows.at(ahead, wanted);
            if !window.sure && !queue.is_empty() {
                break;
            }
            requests += 1;
            queue.push_back(fetch(window.size, window.from()));
            under_way.push_back(window);
            let size = u64::from(window.size);
            ahead = match stride {
                0 => window.start + size,
                stride => window.start + stride.min(size),
            };
        }
        let Some((page, window)) = queue.next().await.zip(under_way.pop_front()) else {
            rows.stop();
            return Ok(());
        };
        let page = page?;
        let behind = match windows.learn(window, page.len(), page.total) {
            Learned::Page(behind) => behind,
            Learned::Nothing => {
                ahead = rows.position;
                continue;
            }
        };
        rows.page_size = windows.proven();
        let offset = window.start;
        if behind.is_none() {
            stride = stride.max(page.len() as u64);
        }
        // A page after an offset cannot contain as many items as the whole list, so this upstream ignores offsets.
        let pages = page.total != Some(page.len() as u64);
        let more = rows.take(plan, &page, if pages { offset } else { 0 })?;
        report(plan, rows, progress);
        // Items that are missing from a numbered page are not at the beginning of the next page.
        if more && page.len() > 0 {
            rows.position = rows.position.max(behind.unwrap_or_default());
        }
        // An empty page is the end of the list, whatever the total is.
        if !more || page.len() == 0 || !rows.goes_on() {
            return Ok(());
        }
        ahead = ahead.max(rows.position);
        match under_way.front() {
            // The page was shorter than expected. The missing items come before the requests in flight, so they are requested first.
            Some(next) if rows.position < next.start => {
                if spent(requests) {
                    rows.stop();
                    return Ok(());
                }
                let gap = u32::try_from(next.start - rows.position).unwrap_or(max);
                let window = windows.at(rows.position, gap.min(max));
                requests += 1;
                queue.push_front(fetch(window.size, window.from()));
                under_way.push_front(window);
            }
            Some(_) => {}
            None => ahead = rows.position,
        }
    }
}

fn report(plan: &Plan<'_>, rows: &Rows, progress: Progress<'_>) {
    let start = plan.skipped();
    let read = rows.position.saturating_sub(start);
    let left = rows.total.map(|total| total.saturating_sub(start));
    let of = match plan.filters.is_empty() {
        true => left.map(|left| left.min(plan.limit as u64)),
        false => left,
    };
    progress(read, of.map(|of| of.max(read)));
}

impl Plan<'_> {
    /// Returns the number of counted items before the first one that is read.
    fn skipped(&self) -> u64 {
        match self.start {
            Position::Offset(skipped)
            | Position::Native { skip: skipped, .. }
            | Position::Numbered { at: skipped, .. } => skipped,
        }
    }
}

impl Rows {
    /// Returns the position of an item as stored in a cursor.
    fn place(&self, at: u64) -> Position {
        let page = self.tokens.iter().rfind(|(start, _)| *start <= at);
        match page {
            Some((start, token)) => Position::Native {
                token: token.clone(),
                skip: at - start,
            },
            None if self.page_size > 0 => Position::Numbered {
                at,
                size: self.page_size,
            },
            None => Position::Offset(at),
        }
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    fn goes_on(&self) -> bool {
        self.total.is_none_or(|total| self.position < total)
    }

    /// Stops reading, although the page of the result is not full and the list has not ended.
    fn stop(&mut self) {
        self.next = Some(self.position);
        self.spent = true;
    }

    /// Takes the matching items from a page that begins at `offset`, without those already read. Returns `false` and sets `next` if no further items are wanted.
    fn take(&mut self, plan: &Plan<'_>, page: &Page, offset: u64) -> Result<bool, json::Error> {
        self.others.get_or_insert_with(|| page.others.clone());
        self.total = page.total;
        self.total_text.clone_from(&page.total_text);
        let read = usize::try_from(self.position.saturating_sub(offset)).unwrap_or(usize::MAX);
        for item in page.items().skip(read) {
            let at = self.position;
            self.position += 1;
            let mut all = true;
            let mut unique = false;
            for ((filter, wanted), near) in plan.filters.iter().zip(&mut self.near) {
                let found = json::matches(item, filter.path, wanted, near)?;
                all &= found;
                unique |= found && filter.unique;
            }
            if all {
                json::project(&mut Scanner::new(item), &plan.fields, &mut self.json)?;
                self.ends.push((self.json.len(), at));
            }
            if unique {
                self.next = None;
                return Ok(false);
            }
            if self.len() >= plan.limit || self.json.len() > plan.max_bytes {
                self.next = self.goes_on().then_some(self.position);
                return Ok(false);
            }
        }
        Ok(true)
    }
}
