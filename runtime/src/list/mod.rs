//! Lists: as many requests as a page of the result needs, filters that the API does not have, and where to go on.
//!
//! A server that hands out cursors or links is read page by page with them, and one that does not know them by offset or by number of page. Offsets count entries of the API, before filters. A page that is shorter than asked for means nothing: servers clamp silently. A list ends where the server's own total says, or with an empty page.

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

/// Most pages of one call that are fetched side by side.
pub(crate) const SIDE_BY_SIDE: usize = 4;

/// What a call wants of a list.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    /// Member of the answer with the items.
    pub(crate) items: &'a str,
    /// How the API pages; `None` if it gives everything at once.
    pub(crate) pager: Option<Pager>,
    /// Where it begins.
    pub(crate) start: Position,
    /// Most rows to return.
    pub(crate) limit: usize,
    /// Filters with the wanted values; all must agree.
    pub(crate) filters: Vec<(&'a Filter, &'a Value)>,
    /// Members of an item to return.
    pub(crate) fields: Fields<'a>,
    /// Most bytes of a result; reading stops once there are more.
    pub(crate) max_bytes: usize,
    /// Most pages fetched side by side.
    pub(crate) side_by_side: usize,
    /// What one call may spend.
    pub(crate) budget: Budget,
}

/// What one call may spend on reading.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// Most requests.
    pub(crate) pages: usize,
    /// No request begins after this time; the first one always does.
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

/// The rows that a call has found.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// Their JSON texts in a row, without commas.
    json: String,
    /// For each row the end of its text and its place among the entries.
    ends: Vec<(usize, u64)>,
    /// The total as the server last wrote it.
    total_text: Option<String>,
    /// The total as a number, if it can be relied upon.
    total: Option<u64>,
    /// The other members of the first answer.
    others: Option<String>,
    /// The server's cursors, each with the place of its page's first entry; empty if it goes by offset.
    tokens: Vec<(u64, String)>,
    /// Longest page that the server surely gives, if its pages have numbers.
    page_size: u32,
    /// Entries read up to here: from the beginning of the list, or of the first page if the server hands out cursors.
    position: u64,
    /// Where the list goes on; `None` at its end.
    next: Option<u64>,
    /// The budget was spent before the page was full.
    spent: bool,
    /// For each filter a text that is nearly the wanted one, as long as nothing is found.
    near: Vec<Option<String>>,
}

/// A request failed on the way.
#[derive(Debug)]
pub(crate) struct Broken<E> {
    /// Why.
    pub(crate) error: E,
    /// Where a filtered search can go on without losing anything: behind the entries that were searched in vain.
    pub(crate) resume: Option<Position>,
}

/// The page that a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageAt<'a> {
    /// All there is.
    Start,
    /// Behind this many entries.
    Offset(u64),
    /// The one with this number, counted from 0.
    Number(u64),
    /// What a cursor or a link of the server gives; empty for the first.
    Token(&'a str),
}

/// Reads a list as planned. `fetch` gets a number of items and where they begin.
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

/// One page behind the other, since each has the cursor of the next.
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
        // An offset of 0 is the beginning of either kind of list.
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
            // The answer is the page at offset 0.
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
        // Such a server may count up to a limit, or not at all; its cursors are what tells the end.
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
        // A cursor that leads to nothing or to itself would do so for ever.
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
    // The requests under way in order, the pages they are for, and the offset of the next one.
    let mut queue = FuturesOrdered::new();
    let mut under_way: VecDeque<Window> = VecDeque::new();
    let mut ahead = rows.position;
    // The most that the server has given at once: requests are that far apart, since more than this it may clamp.
    let mut stride = 0;
    loop {
        // Until the total is known nobody can tell whether there is a second page.
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
        // Behind an offset there cannot be as many as there are in all: such a server knows no pages.
        let pages = page.total != Some(page.len() as u64);
        let more = rows.take(plan, &page, if pages { offset } else { 0 })?;
        report(plan, rows, progress);
        // What a page lacks is not at the beginning of the next one.
        if more && page.len() > 0 {
            rows.position = rows.position.max(behind.unwrap_or_default());
        }
        // An empty page is the end whatever the total says.
        if !more || page.len() == 0 || !rows.goes_on() {
            return Ok(());
        }
        ahead = ahead.max(rows.position);
        match under_way.front() {
            // The page was shorter than expected: what is missing comes before what is under way.
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
    /// How many of the entries that are counted come before the first that is read.
    fn skipped(&self) -> u64 {
        match self.start {
            Position::Offset(skipped)
            | Position::Native { skip: skipped, .. }
            | Position::Numbered { at: skipped, .. } => skipped,
        }
    }
}

impl Rows {
    /// The place of an entry, as a cursor holds it.
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

    /// Ends here although neither the page of the result is full nor the list at its end.
    fn stop(&mut self) {
        self.next = Some(self.position);
        self.spent = true;
    }

    /// Takes the rows out of a page that begins at an offset, as far as it is not read yet; `false` if no more are wanted, and then `next` is set.
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
