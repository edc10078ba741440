//! Parses a response of a list operation: finds its items, the total and the next cursor.

use std::ops::Range;

use crate::json::{Error, Scanner, unescape};

/// Member with the total number of items.
const TOTAL: &str = "total_entries";

/// Member with the number up to which an upstream counts. A total that has reached this number is not reliable.
const TOTAL_LIMIT: &str = "total_entries_limit";

/// Member that the runtime adds to the result.
const NEXT_CURSOR: &str = "next_cursor";

/// Member with the cursor of the previous page, which a result does not need.
const PREVIOUS_CURSOR: &str = "previous_cursor";

/// Next page according to a response, if the upstream itself returns cursors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NextPage {
    /// Not stated: the upstream does not return cursors.
    Unknown,
    /// No next page.
    End,
    /// Cursor of the next page.
    Token(String),
}

impl NextPage {
    /// Interprets the JSON text of a cursor.
    fn parse(text: &str) -> Self {
        match text {
            "null" | "false" | "\"\"" => Self::End,
            text if text.starts_with('"') => Self::Token(unescape(text).into_owned()),
            number if number.starts_with(|c: char| c.is_ascii_digit()) => {
                Self::Token(number.to_owned())
            }
            // No other JSON types are known for cursors.
            _ => Self::End,
        }
    }
}

/// Locations of values in a response besides its items: each is the name of a member, or a JSON pointer to a value inside a member. Empty if the API does not define one.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PageMembers<'a> {
    /// The upstream's cursor of the next page.
    pub(crate) next: &'a str,
    /// Total number of items.
    pub(crate) total: &'a str,
}

/// Reason why a response is not a page of a list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PageError {
    /// Text that is not JSON.
    #[error("the response is not valid JSON: {0}")]
    Json(#[from] Error),
    /// Response without an array of items.
    #[error("the response has no array `{0}`")]
    NoItems(String),
}

/// Response of a list operation, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UpstreamPage {
    text: String,
    items: Vec<Range<usize>>,
    /// Total number of items; `None` if the upstream does not report it.
    pub(crate) total: Option<u64>,
    /// Total as repeated in the result.
    pub(crate) total_text: Option<String>,
    /// Other members as compact JSON text, each with a comma before it.
    pub(crate) others: String,
    /// The upstream's cursor of the next page.
    pub(crate) next: NextPage,
}

impl UpstreamPage {
    /// Parses a response: an object with the items in a member, or only the array of items.
    pub(crate) fn parse(
        text: String,
        items: &str,
        members: PageMembers<'_>,
    ) -> Result<Self, PageError> {
        let mut page = Self {
            items: Vec::new(),
            total: None,
            total_text: None,
            others: String::new(),
            next: NextPage::Unknown,
            text: String::new(),
        };
        let mut scanner = Scanner::new(&text);
        match scanner.peek() {
            b'[' => page.items = ranges(&mut scanner)?,
            b'{' => page.read_members(&mut scanner, items, members)?,
            _ => {
                scanner.skip()?;
                scanner.end()?;
                return Err(PageError::NoItems(items.to_owned()));
            }
        }
        scanner.end()?;
        Ok(Self { text, ..page })
    }

    /// Returns the number of items.
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// Returns the text of each item.
    pub(crate) fn items(&self) -> impl Iterator<Item = &str> {
        let text = |range: &Range<usize>| self.text.get(range.clone()).unwrap_or_default();
        self.items.iter().map(text)
    }

    fn read_members(
        &mut self,
        scanner: &mut Scanner<'_>,
        items: &str,
        members: PageMembers<'_>,
    ) -> Result<(), PageError> {
        let total = match members.total {
            "" => TOTAL,
            total => total,
        };
        let mut limit = None;
        let mut found = false;
        let mut first = true;
        scanner.begin_object()?;
        while let Some(key) = scanner.key(&mut first)? {
            let name = unescape(key);
            let (in_total, in_next) = (inside(total, &name), inside(members.next, &name));
            if name == items {
                match scanner.peek() {
                    b'[' => self.items = ranges(scanner)?,
                    // Some upstreams return `null` for an empty list.
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
                    self.next = text_at(member, path)?.map_or(NextPage::End, NextPage::parse);
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

/// Returns the rest of a path that begins with this member; `None` if the path begins with another member.
fn inside<'p>(path: &'p str, member: &str) -> Option<&'p str> {
    let Some(pointer) = path.strip_prefix('/') else {
        return (!path.is_empty() && path == member).then_some("");
    };
    let (first, rest) = pointer.split_at(pointer.find('/').unwrap_or(pointer.len()));
    (plain(first) == member).then_some(rest)
}

/// Returns the text of the value at a JSON pointer; `None` if the value does not exist.
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

/// Decodes a segment of a JSON pointer (RFC 6901).
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
