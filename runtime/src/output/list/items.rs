//! The items that a call has found in a list.

use super::page::UpstreamPage;
use super::query::ListQuery;
use crate::json::{self, Scanner};
use crate::output::cursor::ListPosition;

/// Items that a call has found.
#[derive(Debug, Default)]
pub(crate) struct FoundItems {
    /// JSON texts of the items, one after another without commas.
    pub(super) json: String,
    /// For each item, the end of its text and its index in the list.
    pub(super) ends: Vec<(usize, u64)>,
    /// Total as the upstream last wrote it.
    pub(super) total_text: Option<String>,
    /// Total as a number, if it is reliable.
    pub(super) total: Option<u64>,
    /// Other members of the first response.
    pub(super) others: Option<String>,
    /// Cursors of the upstream, each with the index of the first item of its page; empty if the upstream does not return cursors.
    pub(super) tokens: Vec<(u64, String)>,
    /// Largest page size that the upstream is known to return, if its pages have numbers.
    pub(super) page_size: u32,
    /// Index after the last item read, counted from the beginning of the list, or of the first page if the upstream returns cursors.
    pub(super) position: u64,
    /// Index at which the list continues; `None` at the end of the list.
    pub(super) next: Option<u64>,
    /// Whether the budget was spent before the page of the result was full.
    pub(super) is_stopped: bool,
    /// For each filter, a text that is similar to the wanted one, while no item has matched.
    pub(super) similar: Vec<Option<String>>,
}

impl FoundItems {
    pub(super) fn new(query: &ListQuery<'_>) -> Self {
        Self {
            position: query.skipped(),
            similar: vec![None; query.filters.len()],
            ..Self::default()
        }
    }

    /// Returns the position of an item as stored in a cursor.
    pub(super) fn position_of(&self, index: u64) -> ListPosition {
        let page = self.tokens.iter().rfind(|(start, _)| *start <= index);
        match page {
            Some((start, token)) => ListPosition::Native {
                token: token.clone(),
                skip: index - start,
            },
            None if self.page_size > 0 => ListPosition::Numbered {
                at: index,
                size: self.page_size,
            },
            None => ListPosition::Offset(index),
        }
    }

    /// Returns the position at which a filtered search can continue without missing an item: after the items that were searched without a match.
    pub(super) fn searched(&self, query: &ListQuery<'_>) -> Option<ListPosition> {
        let searched = self.ends.first().map_or(self.position, |(_, index)| *index);
        let is_search = !query.filters.is_empty() && searched > query.skipped();
        is_search.then(|| self.position_of(searched))
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn has_more(&self) -> bool {
        self.total.is_none_or(|total| self.position < total)
    }

    /// Stops reading, although the page of the result is not full and the list has not ended.
    pub(super) fn stop(&mut self) {
        self.next = Some(self.position);
        self.is_stopped = true;
    }

    /// Takes the matching items from a page that begins at `offset`, without those already read. Returns `false` and sets `next` if no further items are wanted.
    pub(super) fn take(
        &mut self,
        query: &ListQuery<'_>,
        page: &UpstreamPage,
        offset: u64,
    ) -> Result<bool, json::Error> {
        self.others.get_or_insert_with(|| page.others.clone());
        self.total = page.total;
        self.total_text.clone_from(&page.total_text);
        let read = usize::try_from(self.position.saturating_sub(offset)).unwrap_or(usize::MAX);
        for item in page.items().skip(read) {
            let index = self.position;
            self.position += 1;
            let mut all = true;
            let mut unique = false;
            for ((filter, wanted), similar) in query.filters.iter().zip(&mut self.similar) {
                let found = json::matches(item, filter.path, wanted, similar)?;
                all &= found;
                unique |= found && filter.unique;
            }
            if all {
                json::project(&mut Scanner::new(item), &query.fields, &mut self.json)?;
                self.ends.push((self.json.len(), index));
            }
            if unique {
                self.next = None;
                return Ok(false);
            }
            if self.len() >= query.limit || self.json.len() > query.max_bytes {
                self.next = self.has_more().then_some(self.position);
                return Ok(false);
            }
        }
        Ok(true)
    }
}
