//! Determines which page of an API contains the items from an index on. The size of numbered pages decides where they begin, so that the items must be requested in pages of a size that the upstream is known to return.

use crate::output::cursor::ListPosition;
use crate::request::page::PageRequest;

/// Page to request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    /// Number of items before the page.
    pub(super) start: u64,
    /// Requested number of items.
    pub(super) size: u32,
    /// Whether the page is known to begin at `start`.
    pub(super) is_sure: bool,
    /// Number of the page, counted from 0; `None` if the page is requested by offset.
    number: Option<u64>,
}

/// Pages of a list.
#[derive(Debug, Clone, Copy)]
pub(super) enum Windows {
    /// Pages that begin at any offset.
    Anywhere,
    /// Pages with numbers.
    Numbered {
        /// Largest page size to request.
        max: u32,
        /// Largest page size that the upstream has returned when this size was requested.
        proven: u32,
    },
}

/// Conclusion from a response about the requested page.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// Page that begins where expected. The value is the offset of the next page; `None` if this offset depends only on the length of the page.
    Page(Option<u64>),
    /// Page with an unknown beginning, which cannot be used.
    Nothing,
}

impl Window {
    /// Returns the page as a request needs it.
    pub(super) fn request(self) -> PageRequest<'static> {
        match self.number {
            Some(number) => PageRequest::Number(number),
            None => PageRequest::Offset(self.start),
        }
    }
}

impl Windows {
    /// Creates the numbered pages of a list that is read from a position on.
    pub(super) fn numbered(max: u32, start: &ListPosition) -> Self {
        let proven = match start {
            ListPosition::Numbered { size, .. } => (*size).min(max),
            ListPosition::Offset(_) | ListPosition::Native { .. } => 0,
        };
        Self::Numbered { max, proven }
    }

    /// Returns the largest page size that the upstream is known to return; 0 if the page size is irrelevant.
    pub(super) fn proven(self) -> u32 {
        match self {
            Self::Anywhere => 0,
            Self::Numbered { proven, .. } => proven,
        }
    }

    /// Returns the page to request for `wanted` items from `at` on, or for the first of them.
    pub(super) fn at(self, at: u64, wanted: u32) -> Window {
        let Self::Numbered { max, proven } = self else {
            return Window {
                start: at,
                size: wanted,
                is_sure: true,
                number: None,
            };
        };
        // Upstreams silently reduce pages that are too large, and then number the pages by the reduced size. The first page begins at 0 in any case.
        let longest = if wanted > proven { max } else { proven };
        let whole = |size: &u32| {
            let size = u64::from(*size);
            let last = at + u64::from(wanted).max(1) - 1;
            at / size == last / size
        };
        let size = (wanted.max(1)..=longest).find(whole);
        let size = size.unwrap_or_else(|| longest.max(1));
        let number = at / u64::from(size);
        Window {
            start: number * u64::from(size),
            size,
            is_sure: number == 0 || size <= proven,
            number: Some(number),
        }
    }

    /// Records how many items a page contained, and how many the list has in total.
    pub(super) fn learn(&mut self, window: Window, received: usize, total: Option<u64>) -> Finding {
        let Self::Numbered { max, proven } = self else {
            return Finding::Page(None);
        };
        let received = u32::try_from(received).unwrap_or(window.size);
        let end = window.start + u64::from(window.size);
        if window.size <= *proven || received >= window.size {
            *proven = window.size.max(*proven);
            return Finding::Page(Some(end));
        }
        // The page is the last one, or was reduced.
        if window.start > 0 {
            *max = (*proven).max(1);
            return Finding::Nothing;
        }
        let all = total.is_some_and(|total| total <= u64::from(received));
        if all || received < (*proven).max(1) {
            return Finding::Page(Some(end));
        }
        (*max, *proven) = (received, received);
        Finding::Page(Some(u64::from(received)))
    }
}
