//! Transforms JSON text without building a tree: responses are checked, compacted, reduced to the selected fields and searched in place.
//!
//! Values pass through unchanged because they are not decoded: integers of any size, `1e300`, unknown members and the spelling of escapes are preserved. Two constructs that strict parsers reject are repaired: the bare words `NaN`, `Infinity` and `-Infinity` become `null`, and the escape of half a surrogate pair becomes `\ufffd`.

mod fields;
mod filter;
pub(crate) mod number;
mod scan;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use fields::{Fields, project};
pub(crate) use filter::{equals, matches};
pub use scan::{Error, Scanner};
pub(crate) use text::push_string;
pub use text::unescape;

/// Checks a JSON text and removes its insignificant white space.
///
/// # Errors
/// Returns an error if the text is not JSON.
pub fn compact(text: &str) -> Result<String, Error> {
    let mut out = String::with_capacity(text.len());
    let mut scanner = Scanner::new(text);
    scanner.copy(&mut out)?;
    scanner.end()?;
    Ok(out)
}
