//! Which members of an item are returned.

use super::scan::{Error, Scanner};
use super::text::unescape;

/// The members of an item that are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fields<'a> {
    /// Names; `None` for all members.
    names: Option<Vec<&'a str>>,
}

impl<'a> Fields<'a> {
    /// All members, whatever they are.
    pub(crate) fn all() -> Self {
        Self { names: None }
    }

    /// The members with these names.
    pub(crate) fn named(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            names: Some(names.into_iter().collect()),
        }
    }

    /// Whether a member is wanted, by its key as it stands in the text.
    fn wants(&self, key: &str) -> bool {
        // Keys are hardly ever escaped, and then this allocates nothing.
        let key = unescape(key);
        let mut names = self.names.iter().flatten();
        self.names.is_none() || names.any(|name| *name == key)
    }
}

/// Reads an item and appends it, compact, with the wanted members in its own order. An item that is no object is appended whole.
pub(crate) fn project(
    item: &mut Scanner<'_>,
    fields: &Fields<'_>,
    out: &mut String,
) -> Result<(), Error> {
    if fields.names.is_none() || item.peek() != b'{' {
        return item.copy(out);
    }
    item.begin_object()?;
    out.push('{');
    let empty = out.len();
    let mut first = true;
    while let Some(key) = item.key(&mut first)? {
        if fields.wants(key) {
            if out.len() > empty {
                out.push(',');
            }
            out.push_str(key);
            out.push(':');
            item.copy(out)?;
        } else {
            item.skip()?;
        }
    }
    out.push('}');
    Ok(())
}
