//! Reads the rate limit from the headers of a response, independent of the header names: the requests allowed, the requests remaining, and the seconds until the window ends.
//!
//! The caller enforces the limit: this module does not wait, retry or estimate. Unknown values are absent, never 0.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use crate::quoted::split_quoted;

/// Known values of a rate limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests allowed in the window.
    pub limit: Option<u64>,
    /// Requests remaining in the window.
    pub remaining: Option<u64>,
    /// Seconds from now until the window ends.
    pub reset: Option<u64>,
}

/// Smallest value that is a Unix timestamp (September 2001) instead of seconds from now (31 years).
const FIRST_EPOCH: f64 = 1e9;
/// Smallest Unix timestamp that is in milliseconds.
const FIRST_EPOCH_MILLIS: f64 = 1e12;

impl RateLimit {
    /// Reads the headers of a response that arrived at `now`.
    ///
    /// The header families are tried in order and never mixed, because two families may describe two different limits. `Retry-After` is used only with status 429 or 503, because some servers send it with every response.
    pub fn of_response(status: u16, headers: &HeaderMap, now: SystemTime) -> Self {
        let now = date(headers).unwrap_or(now);
        let mut found = structured(headers)
            .or_else(|| plain(headers, "ratelimit", now))
            .or_else(|| plain(headers, "x-ratelimit", now))
            .or_else(|| plain(headers, "x-rate-limit", now))
            .unwrap_or_default();
        if matches!(status, 429 | 503)
            && let Some(value) = headers.get(RETRY_AFTER)
            && let Some(seconds) = value.to_str().ok().and_then(|text| seconds(text, now))
        {
            found.reset = Some(found.reset.unwrap_or(0).max(seconds));
        }
        found
    }

    /// Returns whether no value is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Returns the time of the response according to the server's clock.
pub(crate) fn date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()
}

/// Reads `RateLimit` with `RateLimit-Policy`. Of several limits, selects the one with the fewest requests remaining, and of these the one with the longest time to reset.
fn structured(headers: &HeaderMap) -> Option<RateLimit> {
    let items = items(headers, "ratelimit");
    if items.is_empty() {
        return None;
    }
    // An older draft has a dictionary instead of a list: `limit=10, remaining=1, reset=7`.
    if let Some(old) = dictionary(&items) {
        return Some(old);
    }
    let tightest = items
        .iter()
        .filter_map(|item| Some((item.number("r")?, item)))
        .min_by_key(|(left, item)| (*left, core::cmp::Reverse(item.number("t"))));
    let (remaining, item) = tightest?;
    let policies = self::items(headers, "ratelimit-policy");
    let limit = policies
        .iter()
        .find(|policy| policy.name == item.name)
        .and_then(|policy| policy.number("q"));
    Some(RateLimit {
        limit,
        remaining: Some(remaining),
        reset: item.number("t"),
    })
}

fn dictionary(items: &[Item]) -> Option<RateLimit> {
    let member = |key: &str| items.iter().find_map(|item| item.member(key));
    let found = RateLimit {
        limit: member("limit"),
        remaining: member("remaining"),
        reset: member("reset"),
    };
    (!found.is_empty()).then_some(found)
}

/// Reads `{prefix}-limit`, `-remaining` and `-reset`. The reset is in seconds from now or a timestamp.
fn plain(headers: &HeaderMap, prefix: &str, now: SystemTime) -> Option<RateLimit> {
    let text = |suffix: &str| headers.get(format!("{prefix}-{suffix}"))?.to_str().ok();
    let found = RateLimit {
        limit: text("limit").and_then(leading_integer),
        remaining: text("remaining").and_then(leading_integer),
        reset: text("reset").and_then(|text| seconds(text, now)),
    };
    (!found.is_empty()).then_some(found)
}

/// Returns the seconds from `now` for a number of seconds, a Unix timestamp (in seconds or milliseconds) or an HTTP date; rounded up, 0 for times in the past.
fn seconds(text: &str, now: SystemTime) -> Option<u64> {
    let text = text.trim();
    if let Ok(at) = httpdate::parse_http_date(text) {
        return Some(seconds_until(at, now));
    }
    let number = text.split([',', ';']).next()?.trim().parse::<f64>().ok()?;
    if !number.is_finite() || number < 0.0 {
        return None;
    }
    if number < FIRST_EPOCH {
        return Some(number.ceil() as u64);
    }
    let epoch = match number < FIRST_EPOCH_MILLIS {
        true => number,
        false => number / 1000.0,
    };
    let at = Duration::try_from_secs_f64(epoch).ok()?;
    Some(seconds_until(UNIX_EPOCH.checked_add(at)?, now))
}

fn seconds_until(at: SystemTime, now: SystemTime) -> u64 {
    let left = at.duration_since(now).unwrap_or_default();
    left.as_secs() + u64::from(left.subsec_nanos() > 0)
}

/// Reads the integer at the beginning: `100` of `100`, `100, 100;w=60` and `100;w=60`.
fn leading_integer(text: &str) -> Option<u64> {
    text.split([',', ';']).next()?.trim().parse().ok()
}

/// An item of a structured header: `"burst";q=100;w=60`.
#[derive(Debug)]
struct Item {
    name: String,
    parameters: Vec<(String, String)>,
}

impl Item {
    fn number(&self, key: &str) -> Option<u64> {
        let (_, value) = self.parameters.iter().find(|(name, _)| name == key)?;
        value.parse().ok()
    }

    /// Returns the value of an item that is a dictionary member: `limit=10`.
    fn member(&self, key: &str) -> Option<u64> {
        let (name, value) = self.name.split_once('=')?;
        (name.trim() == key).then(|| value.trim().parse().ok())?
    }
}

/// Returns the items of all headers with this name.
fn items(headers: &HeaderMap, name: &str) -> Vec<Item> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| split_quoted(text, ','))
        .filter(|item| !item.trim().is_empty())
        .map(|item| {
            let mut parts = split_quoted(item, ';');
            let name = parts.next().unwrap_or_default();
            let parameters = parts.map(|part| {
                let (key, value) = part.split_once('=').unwrap_or((part, ""));
                (key.trim().to_ascii_lowercase(), value.trim().to_owned())
            });
            Item {
                name: name.trim().trim_matches('"').to_owned(),
                parameters: parameters.collect(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
