//! Cursors of lists. A cursor is opaque and valid only for the list that returned it. A page begins after the last item of the previous page, so items that are added or removed in the meantime do not shift it.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::error::ServiceError;
use crate::model::ResultPage;
use crate::store::rows::{ListPosition, ListRow};

/// List to which a cursor belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct List<'a> {
    /// Name of the list.
    pub(crate) what: &'static str,
    /// Id of the parent whose items are listed; empty for all items.
    pub(crate) parent: &'a str,
}

impl List<'_> {
    /// Creates a list of all items.
    pub(crate) const fn all(what: &'static str) -> Self {
        Self { what, parent: "" }
    }

    /// Returns the position at which a page begins.
    pub(crate) fn before(self, cursor: Option<&str>) -> Result<ListPosition, ServiceError> {
        let Some(cursor) = cursor.filter(|cursor| !cursor.is_empty()) else {
            return Ok(ListPosition::first());
        };
        self.read(cursor).ok_or_else(|| {
            ServiceError::invalid(
                "cursor",
                "is not a cursor of this list; pass `next_cursor` back unchanged, or omit it for the first page",
            )
        })
    }

    fn read(self, cursor: &str) -> Option<ListPosition> {
        let text = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let text = String::from_utf8(text).ok()?;
        let mut parts = text.split('\n');
        let (what, parent) = (parts.next()?, parts.next()?);
        let (created_at, id) = (parts.next()?.parse().ok()?, parts.next()?);
        let good = what == self.what
            && parent == self.parent
            && parts.next().is_none()
            && !id.contains(char::is_control);
        let id = id.to_owned();
        good.then_some(ListPosition { created_at, id })
    }

    fn write(self, before: &ListPosition) -> String {
        let Self { what, parent } = self;
        let ListPosition { created_at, id } = before;
        BASE64_URL_SAFE_NO_PAD.encode(format!("{what}\n{parent}\n{created_at}\n{id}"))
    }

    /// Creates a page from rows that were read with the limit of [`rows`]. If there is one row more than the page holds, another page follows.
    pub(crate) fn page<R: ListRow, T, E>(
        self,
        mut rows: Vec<R>,
        limit: usize,
        view: impl FnMut(R) -> Result<T, E>,
    ) -> Result<ResultPage<T>, E> {
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows
            .last()
            .filter(|_| more)
            .map(|last| self.write(&last.position()));
        Ok(ResultPage {
            result: rows.into_iter().map(view).collect::<Result<_, _>>()?,
            next_cursor,
        })
    }
}

/// Returns the number of rows to read for a page. One additional row shows whether another page follows.
pub(crate) fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1)
}
