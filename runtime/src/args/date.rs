//! Checks and compares dates and times in the notation of RFC 3339.

use std::sync::LazyLock;

use jiff::Timestamp;
use regex_lite::Regex;

const DATE: &str = r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])";
const TIME: &str =
    r"[Tt ]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)";

// The patterns are valid, which the tests check.
static IS_DATE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&format!("{DATE}$")).ok());
static IS_DATE_TIME: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!("{DATE}{TIME}$")).ok());

/// Describes the strings of a checked format.
pub(crate) fn format_name(format: &str) -> &'static str {
    match format {
        "date-time" => "a date and time with zone such as 2026-01-31T12:00:00Z",
        "date" => "a date such as 2026-01-31",
        _ => "a string",
    }
}

/// Returns whether a text satisfies a checked format; `true` for other formats.
pub(crate) fn has_format(text: &str, format: &str) -> bool {
    let pattern = match format {
        "date-time" => &IS_DATE_TIME,
        "date" => &IS_DATE,
        _ => return true,
    };
    pattern.as_ref().is_some_and(|it| it.is_match(text))
}

/// Returns the instant of a date-time with a zone; `None` for any other text.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok().filter(|_| has_format(text, "date-time"))
}
