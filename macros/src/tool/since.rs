//! Checks the releases that introduced an operation or a part of it, because older servers do not support them.

use syn::LitStr;

use crate::errors::Errors;

/// Returns the first release that has the operation; empty if all releases have it.
pub(super) fn check_since(since: Option<&LitStr>, errors: &mut Errors) -> String {
    match since {
        Some(since) if numbers(since, "release", errors).is_some() => since.value(),
        _ => String::new(),
    }
}

/// Returns the first release that has a part of the operation. Reports an error unless the release is newer than that of the operation, because otherwise `since` has no effect.
pub(super) fn check_newer(
    since: &LitStr,
    of_tool: Option<&LitStr>,
    what: &str,
    errors: &mut Errors,
) -> String {
    let Some(own) = numbers(since, "release", errors) else {
        return String::new();
    };
    let of_tool = of_tool.and_then(|since| read(&since.value()));
    if of_tool.is_some_and(|of_tool| own <= of_tool) {
        errors.push(
            since.span(),
            format_args!("{what} is not newer than its tool"),
            "remove `since` here",
        );
    }
    since.value()
}

/// Reads a release or version. `kind` is the word for it in the error.
pub(super) fn numbers(since: &LitStr, kind: &str, errors: &mut Errors) -> Option<Vec<u32>> {
    let numbers = read(&since.value());
    if numbers.is_none() {
        errors.push(
            since.span(),
            format_args!("invalid {kind} `{}`", since.value()),
            "write numbers with dots: `since = \"3.2\"`",
        );
    }
    numbers
}

fn read(text: &str) -> Option<Vec<u32>> {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let number = |part: &str| digits(part).then(|| part.parse().ok())?;
    text.split('.').map(number).collect()
}
