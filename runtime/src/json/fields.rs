//! Selects which members of an item are returned.

use super::scan::{Error, Scanner};
use super::text::unescape;

/// Selected members of an item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fields<'a> {
    /// Names of the selected members, each with the selection inside it; `None` selects all members.
    members: Option<Vec<(&'a str, Self)>>,
}

impl<'a> Fields<'a> {
    /// Selects all members.
    pub(crate) fn all() -> Self {
        Self::default()
    }

    /// Selects the members with these names. A dot leads into an object, or into the objects of an array.
    pub(crate) fn named(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut fields = Self {
            members: Some(Vec::new()),
        };
        for name in names {
            fields.add(name);
        }
        fields
    }

    fn add(&mut self, path: &'a str) {
        // If a member is selected as a whole, its parts are already included.
        let Some(members) = &mut self.members else {
            return;
        };
        let (name, rest) = match path.split_once('.') {
            Some((name, rest)) => (name, Some(rest)),
            None => (path, None),
        };
        let at = members.iter().position(|(known, _)| *known == name);
        let at = at.unwrap_or_else(|| {
            let part = Self::named([]);
            members.push((name, part));
            members.len() - 1
        });
        match (rest, &mut members[at].1) {
            (Some(rest), part) => part.add(rest),
            (None, part) => *part = Self::all(),
        }
    }

    /// Returns the selection inside a member, by its key as written in the JSON text; `None` if the member is not selected.
    fn member(&self, key: &str) -> Option<&Self> {
        // Keys are rarely escaped, and an unescaped key is not copied.
        let key = unescape(key);
        let mut members = self.members.iter().flatten();
        members.find(|(name, _)| *name == key).map(|(_, part)| part)
    }
}

/// Reads an item and appends it as compact JSON with the selected members, in their original order. A value other than an object is appended whole, except for the objects of an array.
pub(crate) fn project(
    item: &mut Scanner<'_>,
    fields: &Fields<'_>,
    out: &mut String,
) -> Result<(), Error> {
    // The recursion is not deeper than the number of dots in a name.
    match item.peek() {
        _ if fields.members.is_none() => item.copy(out),
        b'[' => {
            item.begin_array()?;
            out.push('[');
            let mut first = true;
            let empty = out.len();
            while item.item(&mut first)? {
                if out.len() > empty {
                    out.push(',');
                }
                match item.peek() {
                    b'{' => project(item, fields, out)?,
                    _ => item.copy(out)?,
                }
            }
            out.push(']');
            Ok(())
        }
        b'{' => project_object(item, fields, out),
        _ => item.copy(out),
    }
}

fn project_object(
    item: &mut Scanner<'_>,
    fields: &Fields<'_>,
    out: &mut String,
) -> Result<(), Error> {
    item.begin_object()?;
    out.push('{');
    let empty = out.len();
    let mut first = true;
    while let Some(key) = item.key(&mut first)? {
        let Some(part) = fields.member(key) else {
            item.skip()?;
            continue;
        };
        if out.len() > empty {
            out.push(',');
        }
        out.push_str(key);
        out.push(':');
        project(item, part, out)?;
    }
    out.push('}');
    Ok(())
}
