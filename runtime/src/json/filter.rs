//! Checks whether an item has a value in a field.

use serde_json::Value;

use super::number::same_number;
use super::scan::{Error, MAX_DEPTH, Scanner};
use super::text::unescape;

/// Returns whether a field of an item has the value `wanted`. Dots in the path lead through objects and through the items of arrays: `roles.name`.
///
/// A text that differs from `wanted` only in case, or in spaces around `wanted`, is stored in `near` if `near` is empty.
pub(crate) fn matches(
    item: &str,
    path: &str,
    wanted: &Value,
    near: &mut Option<String>,
) -> Result<bool, Error> {
    search(&mut Scanner::new(item), Some(path), wanted, near, 0)
}

/// Searches the next value to its end or to the first match.
fn search(
    scanner: &mut Scanner<'_>,
    path: Option<&str>,
    wanted: &Value,
    near: &mut Option<String>,
    depth: u32,
) -> Result<bool, Error> {
    if depth > MAX_DEPTH {
        return Err(scanner.error("nested too deeply"));
    }
    match (scanner.peek(), path) {
        (b'[', _) if path.is_some() || !wanted.is_array() => {
            scanner.begin_array()?;
            let mut first = true;
            while scanner.item(&mut first)? {
                if search(scanner, path, wanted, near, depth + 1)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        (b'{', Some(path)) => {
            let (name, rest) = match path.split_once('.') {
                Some((name, rest)) => (name, Some(rest)),
                None => (path, None),
            };
            scanner.begin_object()?;
            let mut first = true;
            while let Some(key) = scanner.key(&mut first)? {
                if unescape(key) != name {
                    scanner.skip()?;
                } else if search(scanner, rest, wanted, near, depth + 1)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        (_, Some(_)) => scanner.skip().map(|()| false),
        (_, None) => {
            let raw = scanner.raw()?;
            let found = equals(raw, wanted);
            if !found && near.is_none() {
                *near = similar(raw, wanted);
            }
            Ok(found)
        }
    }
}

fn similar(raw: &str, wanted: &Value) -> Option<String> {
    let wanted = wanted.as_str()?.trim();
    let text = raw.strip_prefix('"')?.strip_suffix('"')?;
    // This comparison is cheap, because nearly all texts have another length or another first letter.
    let is_similar = !wanted.is_empty() && text.eq_ignore_ascii_case(wanted);
    is_similar.then(|| text.to_owned())
}

/// Returns whether a JSON text has the same value as `wanted`. Strings are compared after their escapes are resolved, numbers by value.
pub(crate) fn equals(raw: &str, wanted: &Value) -> bool {
    match wanted {
        // Words that become `null` in the result are `null` for a filter too.
        Value::Null => matches!(raw, "null" | "NaN" | "Infinity" | "-Infinity"),
        Value::Bool(wanted) => raw == if *wanted { "true" } else { "false" },
        Value::Number(wanted) => {
            raw.starts_with(|first: char| first == '-' || first.is_ascii_digit())
                && raw != "-Infinity"
                && same_number(raw, &wanted.to_string())
        }
        Value::String(wanted) => raw.starts_with('"') && unescape(raw) == wanted.as_str(),
        Value::Array(_) | Value::Object(_) => {
            serde_json::from_str::<Value>(raw).is_ok_and(|value| value == *wanted)
        }
    }
}
