//! Which members of an item are returned.

use super::scan::{Error, Scanner};
use super::text::unescape;

/// The members of an item that are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fields<'a> {
    /// Names; `None` for all members.
    names: Option<Vec<&'a str>>,
    /// Which of the names were met in an item.
    met: Vec<bool>,
}

impl<'a> Fields<'a> {
    /// All members, whatever they are.
    pub(crate) fn all() -> Self {
        Self {
            names: None,
            met: Vec::new(),
        }
    }

    /// The members with these names; all if one of them is `*`.
    pub(crate) fn named(names: impl IntoIterator<Item = &'a str>) -> Self {
        let names: Vec<_> = names.into_iter().collect();
        if names.contains(&"*") {
            return Self::all();
        }
        Self {
            met: vec![false; names.len()],
            names: Some(names),
        }
    }

    /// The names that no item had so far.
    pub(crate) fn missing(&self) -> impl Iterator<Item = &'a str> {
        let names = self.names.iter().flatten().copied();
        names
            .zip(&self.met)
            .filter(|(_, met)| !**met)
            .map(|(name, _)| name)
    }

    fn wants(&mut self, key: &str) -> bool {
        let Some(names) = &self.names else {
            return true;
        };
        // Keys are hardly ever escaped, and then this allocates nothing.
        let key = unescape(key);
        match names.iter().position(|name| *name == key) {
            Some(index) => {
                self.met[index] = true;
                true
            }
            None => false,
        }
    }
}

/// Reads an item and appends it, compact, with the wanted members in its own order. An item that is no object is appended whole.
pub(crate) fn project(
    item: &mut Scanner<'_>,
    fields: &mut Fields<'_>,
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
