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

impl Next {
    /// What a value says, as JSON text.
    fn of(text: &str) -> Self {
        match text {
            "null" | "false" | "\"\"" => Self::End,
            text if text.starts_with('"') => Self::Token(unescape(text).into_owned()),
            number if number.starts_with(|c: char| c.is_ascii_digit()) => {
                Self::Token(number.to_owned())
            }
            // Of no other kind are any known.
            _ => Self::End,
        }
    }
}

/// Where an answer says more than its items: a member, or the JSON pointer of one in a member. Empty for nothing of its own.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Said<'a> {
    /// The server's own cursor for the next page.
    pub(crate) next: &'a str,
    /// The number of all entries.
    pub(crate) total: &'a str,
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
    /// Reads an answer: an object with the items in a member, or just their array.
    pub(crate) fn parse(text: String, items: &str, said: Said<'_>) -> Result<Self, PageError> {
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
            b'{' => page.read_members(&mut scanner, items, said)?,
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
        said: Said<'_>,
    ) -> Result<(), PageError> {
        let total = match said.total {
            "" => TOTAL,
            total => total,
        };
        let mut limit = None;
        let mut found = false;
        let mut first = true;
        scanner.begin_object()?;
        while let Some(key) = scanner.key(&mut first)? {
            let name = unescape(key);
            let (in_total, in_next) = (inside(total, &name), inside(said.next, &name));
            if name == items {
                match scanner.peek() {
                    b'[' => self.items = ranges(scanner)?,
                    // Some servers write `null` for an empty list.
                    b'n' => scanner.skip()?,
                    _ => return Err(PageError::NoItems(items.to_owned())),
                }
                found = true;
            } else if in_total.is_some() || in_next.is_some() {
                let member = scanner.raw()?;
                if let Some(path) = in_total {
                    let text = text_at(member, path)?;
                    self.total = text.and_then(|total| total.parse().ok());
                    self.total_text = text.map(str::to_owned);
                }
                if let Some(path) = in_next {
                    self.next = text_at(member, path)?.map_or(Next::End, Next::of);
                }
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

/// The rest of a path whose beginning is this member; `None` if it leads elsewhere.
fn inside<'p>(path: &'p str, member: &str) -> Option<&'p str> {
    let Some(pointer) = path.strip_prefix('/') else {
        return (!path.is_empty() && path == member).then_some("");
    };
    let (first, rest) = pointer.split_at(pointer.find('/').unwrap_or(pointer.len()));
    (plain(first) == member).then_some(rest)
}

/// The text of the value at a JSON pointer; `None` if there is none.
fn text_at<'t>(text: &'t str, pointer: &str) -> Result<Option<&'t str>, Error> {
    let mut text = text;
    for name in pointer.split('/').skip(1) {
        let mut scanner = Scanner::new(text);
        if scanner.peek() != b'{' {
            return Ok(None);
        }
        let mut found = None;
        let mut first = true;
        scanner.begin_object()?;
        while let Some(key) = scanner.key(&mut first)? {
            let value = scanner.raw()?;
            if unescape(key) == plain(name) {
                found = Some(value);
            }
        }
        match found {
            Some(value) => text = value,
            None => return Ok(None),
        }
    }
    Ok(Some(text))
}

/// A segment of a JSON pointer as the name that it means (RFC 6901).
fn plain(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
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
