//! JSON text to JSON text without a tree: what a server answers is checked, made compact, cut down to the wanted fields and searched where it stands.
//!
//! Answers pass through unchanged because nobody decodes them: integers of any size, `1e300`, unknown members and the spelling of escapes survive. Two things are repaired, since no strict reader takes them: the bare words `NaN`, `Infinity` and `-Infinity` become `null`, and the escape of half a surrogate pair becomes `\ufffd`.

mod fields;
mod filter;
mod scan;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use fields::{Fields, project};
pub(crate) use filter::{equals, matches};
pub(crate) use scan::{Error, Scanner};
pub(crate) use text::{push_string, same_number, unescape};

/// Checks a JSON text and leaves out its insignificant white space.
pub(crate) fn compact(text: &str) -> Result<String, Error> {
    let mut out = String::with_capacity(text.len());
    let mut scanner = Scanner::new(text);
    scanner.copy(&mut out)?;
    scanner.end()?;
    Ok(out)
}
