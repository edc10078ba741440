//! One answer of a list operation: where its items are and what else it says.

use std::ops::Range;

use crate::json::{Error, Scanner, unescape};

/// Member with the number of all entries.
const TOTAL: &str = "total_entries";

/// Member with the number up to which a server counts: a total that has reached it is none.
const TOTAL_LIMIT: &str = "total_entries_limit";

/// Member that the result gets from us.
const NEXT_CURSOR: &str = "next_cursor";

/// Member with the way back, which a result has no use for.
const PREVIOUS_CURSOR: &str = "previous_cursor";

/// What an answer says about the page behind it, if the server itself hands out cursors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing: the server knows no cursors.
    Unsaid,
    /// There is none.
    End,
    /// The cursor that gives it.
    Token(String),
}

/// Why an answer is no page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PageError {
    /// It is no JSON.
    #[error("the answer is no JSON: {0}")]
    Json(#[from] Error),
    /// It has no array of items.
    #[error("the answer has no array `{0}`")]
    NoItems(String),
}

/// One answer of a list operation, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    text: String,
    items: Vec<Range<usize>>,
    /// The number of all entries; `None` if the server does not say.
    pub(crate) total: Option<u64>,
    /// The total as the result repeats it.
    pub(crate) total_text: Option<String>,
    /// The other members as compact JSON text, each with a comma before it.
    pub(crate) others: String,
    /// The server's own cursor.
    pub(crate) next: Next,
}

impl Page {
    /// Reads an answer: an object with the items in a member, or just their array. `next` is the member with the server's own cursor; empty if it has none.
    pub(crate) fn parse(text: String, items: &str, next: &str) -> Result<Self, PageError> {
        let mut page = Self {
            items: Vec::new(),
            total: None,
            total_text: None,
            others: String::new(),
            next: Next::Unsaid,
            text: String::new(),
        };
        let mut scanner = Scanner::new(&text);
        match scanner.peek() {
            b'[' => page.items = ranges(&mut scanner)?,
            b'{' => page.read_members(&mut scanner, items, next)?,
            _ => {
                scanner.skip()?;
                scanner.end()?;
                return Err(PageError::NoItems(items.to_owned()));
            }
        }
        scanner.end()?;
        Ok(Self { text, ..page })
    }

    /// How many items it has.
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// The text of each item.
    pub(crate) fn items(&self) -> impl Iterator<Item = &str> {
        let text = |range: &Range<usize>| self.text.get(range.clone()).unwrap_or_default();
        self.items.iter().map(text)
    }

    fn read_members(
        &mut self,
        scanner: &mut Scanner<'_>,
        items: &str,
        next: &str,
    ) -> Result<(), PageError> {
        let mut limit = None;
        let mut found = false;
        let mut first = true;
        scanner.begin_object()?;
        while let Some(key) = scanner.key(&mut first)? {
            let name = unescape(key);
            if name == items {
                match scanner.peek() {
                    b'[' => self.items = ranges(scanner)?,
                    // Some servers write `null` for an empty list.
                    b'n' => scanner.skip()?,
                    _ => return Err(PageError::NoItems(items.to_owned())),
                }
                found = true;
            } else if name == TOTAL {
                let total = scanner.raw()?;
                self.total = total.parse().ok();
                self.total_text = Some(total.to_owned());
            } else if !next.is_empty() && name == next {
                self.next = match scanner.raw()? {
                    // Of no other kind are any known.
                    token if token.starts_with('"') => Next::Token(unescape(token).into_owned()),
                    _ => Next::End,
                };
            } else if name == NEXT_CURSOR || name == PREVIOUS_CURSOR {
                scanner.skip()?;
            } else {
                if name == TOTAL_LIMIT {
                    limit = scanner.clone().raw()?.parse().ok();
                }
                self.others.push(',');
                Scanner::new(key).copy(&mut self.others)?;
                self.others.push(':');
                scanner.copy(&mut self.others)?;
            }
        }
        self.total = self
            .total
            .filter(|total| limit.is_none_or(|limit| *total < limit));
        if found {
            Ok(())
        } else {
            Err(PageError::NoItems(items.to_owned()))
        }
    }
}

fn ranges(scanner: &mut Scanner<'_>) -> Result<Vec<Range<usize>>, Error> {
    let mut ranges = Vec::new();
    let mut first = true;
    scanner.begin_array()?;
    while scanner.item(&mut first)? {
        let start = scanner.offset();
        scanner.skip()?;
        ranges.push(start..scanner.offset());
    }
    Ok(ranges)
}
