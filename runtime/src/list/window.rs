//! Which page of an API gives the entries from a place on. Where pages go by number, their length decides where they begin, so that any window has to be found in pages that the server surely gives as long as they are asked for.

use super::PageAt;
use crate::cursor::Position;

/// A page that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    /// Entries before it.
    pub(super) start: u64,
    /// How many it is asked to have.
    pub(super) size: u32,
    /// Whether it is known to begin there.
    pub(super) sure: bool,
    /// Its number, from 0; `None` if it is asked for by offset.
    number: Option<u64>,
}

/// The pages of a list.
#[derive(Debug, Clone, Copy)]
pub(super) enum Windows {
    /// They begin anywhere.
    Anywhere,
    /// They have numbers.
    Numbered {
        /// Longest page to ask for.
        max: u32,
        /// Longest page that the server has given when asked for one of this length.
        proven: u32,
    },
}

/// What an answer says about the page that it was to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Learned {
    /// It begins where it was to begin, and what comes behind it begins there; `None` if only its length says that.
    Page(Option<u64>),
    /// Nobody knows where it begins: it is of no use.
    Nothing,
}

impl Window {
    /// The page as a request asks for it.
    pub(super) fn from(self) -> PageAt<'static> {
        match self.number {
            Some(number) => PageAt::Number(number),
            None => PageAt::Offset(self.start),
        }
    }
}

impl Windows {
    /// The pages of a list with numbers that is read from a position on.
    pub(super) fn numbered(max: u32, start: &Position) -> Self {
        let proven = match start {
            Position::Numbered { size, .. } => (*size).min(max),
            Position::Offset(_) | Position::Native { .. } => 0,
        };
        Self::Numbered { max, proven }
    }

    /// Longest page that the server surely gives; 0 if that makes no difference.
    pub(super) fn proven(self) -> u32 {
        match self {
            Self::Anywhere => 0,
            Self::Numbered { proven, .. } => proven,
        }
    }

    /// The page to ask for to get `wanted` entries from `at` on, or the first of them.
    pub(super) fn at(self, at: u64, wanted: u32) -> Window {
        let Self::Numbered { max, proven } = self else {
            return Window {
                start: at,
                size: wanted,
                sure: true,
                number: None,
            };
        };
        // Servers cut pages that are too long without a word, and then count in others than were asked for. The first page begins where it does all the same.
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
            sure: number == 0 || size <= proven,
            number: Some(number),
        }
    }

    /// Takes notice of how many entries came for a page, and of how many there are in all.
    pub(super) fn learn(&mut self, window: Window, came: usize, total: Option<u64>) -> Learned {
        let Self::Numbered { max, proven } = self else {
            return Learned::Page(None);
        };
        let came = u32::try_from(came).unwrap_or(window.size);
        let end = window.start + u64::from(window.size);
        if window.size <= *proven || came >= window.size {
            *proven = window.size.max(*proven);
            return Learned::Page(Some(end));
        }
        // It is the last one, or was cut.
        if window.start > 0 {
            *max = (*proven).max(1);
            return Learned::Nothing;
        }
        let all = total.is_some_and(|total| total <= u64::from(came));
        if all || came < (*proven).max(1) {
            return Learned::Page(Some(end));
        }
        (*max, *proven) = (came, came);
        Learned::Page(Some(u64::from(came)))
    }
}
