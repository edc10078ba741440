//! Properties that hold for any input, checked by the fuzz targets in `fuzz/`. The tests check them for the inputs in `fuzz/corpus`.

#![allow(
    clippy::expect_used,
    reason = "a violated property is reported by a panic"
)]

use std::time::{Duration, UNIX_EPOCH};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::json::{Scanner, compact, push_string, unescape};
use crate::output::cursor::Scope;
use crate::output::size;
use crate::upstream::rate_limit::RateLimit;

/// Compares the JSON scanner with `serde_json`, and checks that shortened results are JSON.
pub fn json_scanner(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else {
        return;
    };
    let strict: Result<Value, _> = serde_json::from_str(text);
    match compact(text) {
        Ok(compacted) => {
            assert_eq!(
                compact(&compacted).as_ref(),
                Ok(&compacted),
                "compacting twice"
            );
            let repaired: Value = serde_json::from_str(&compacted).expect("compacted JSON");
            if let Ok(strict) = strict {
                assert_eq!(strict, repaired, "the value has changed");
            }
            if compacted.starts_with('{') {
                let max = compacted.len() / 2;
                let short = size::fit(compacted.clone(), max, "Request less.");
                let short = short.expect("a shortened result");
                serde_json::from_str::<Value>(&short).expect("shortened JSON");
            }
        }
        Err(error) => {
            assert!(error.offset <= text.len(), "an error behind the end");
            let is_deep = error.reason == "nested too deeply";
            assert!(
                strict.is_err() || is_deep,
                "valid JSON was rejected: {error}"
            );
        }
    }
    let mut scanner = Scanner::new(text);
    if scanner.peek() == b'"'
        && let Ok(raw) = scanner.raw()
    {
        let plain = unescape(raw);
        let mut again = String::new();
        push_string(&mut again, &plain);
        assert_eq!(unescape(&again), plain, "escaping changes the text");
    }
}

/// Reads cursors: any text, and the input as the position of a cursor with a valid checksum.
pub fn cursors(data: &[u8]) {
    let scope = Scope::new("list_things", "https://a.example", "{}");
    if let Ok(text) = core::str::from_utf8(data)
        && let Ok(position) = scope.read(text)
    {
        assert_eq!(scope.write(&position), text, "two cursors of one position");
    }
    if let Ok(position) = scope.read(&scope.sealed(data)) {
        let again = scope.read(&scope.write(&position));
        assert_eq!(again, Ok(position), "a position that cannot be continued");
    }
}

/// Reads rate limits from headers, one `name: value` per line. The first byte selects the status.
pub fn rate_limits(data: &[u8]) {
    let (status, lines) = match data.split_first() {
        Some((0, lines)) => (429, lines),
        Some((1, lines)) => (503, lines),
        _ => (200, data),
    };
    let mut headers = HeaderMap::new();
    for line in lines.split(|byte| *byte == b'\n') {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let name = parts
            .next()
            .and_then(|name| HeaderName::from_bytes(name).ok());
        let value = parts
            .next()
            .and_then(|value| HeaderValue::from_bytes(value).ok());
        if let Some((name, value)) = name.zip(value) {
            headers.append(name, value);
        }
    }
    let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let found = RateLimit::of_response(status, &headers, now);
    assert_eq!(found.is_empty(), found == RateLimit::default());
    headers.remove(reqwest::header::RETRY_AFTER);
    let without = RateLimit::of_response(status, &headers, now);
    assert_eq!(
        (found.limit, found.remaining),
        (without.limit, without.remaining)
    );
    assert!(
        without.reset <= found.reset,
        "`Retry-After` shortens the wait"
    );
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    /// Checks the property for each file of a corpus.
    fn replay(target: &str, check: fn(&[u8])) {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
        let files = std::fs::read_dir(corpus.join(target)).unwrap();
        let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        assert!(!files.is_empty());
        for file in files {
            check(&std::fs::read(file).unwrap());
        }
    }

    #[test]
    fn the_corpora_have_the_properties() {
        replay("json_scanner", super::json_scanner);
        replay("cursors", super::cursors);
        replay("rate_limits", super::rate_limits);
    }
}
