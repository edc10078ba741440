//! What an answer says about a rate limit, whatever its headers are called: the requests allowed, those left, and the seconds until the count starts anew.
//!
//! The limit is the caller's to keep: nothing here waits, retries or guesses. What is unknown is absent, never 0.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// What is known about a rate limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests allowed in the window.
    pub limit: Option<u64>,
    /// Requests left in the window.
    pub remaining: Option<u64>,
    /// Seconds from now until the window ends.
    pub reset: Option<u64>,
}

/// Numbers from here on are points in time (September 2001), not seconds from now (31 years).
const FIRST_EPOCH: f64 = 1e9;
/// Points in time from here on are counted in milliseconds.
const FIRST_EPOCH_MILLIS: f64 = 1e12;

impl RateLimit {
    /// Reads the headers of an answer that arrived at `now`.
    ///
    /// The families are tried in order and never mixed, since two of them may speak of two limits. `Retry-After` counts only where it means that the request was refused: some servers send it with every answer.
    pub fn of_answer(status: u16, headers: &HeaderMap, now: SystemTime) -> Self {
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

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The time at which the server answered, by its own clock.
pub(crate) fn date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()
}

/// `RateLimit` with `RateLimit-Policy`: of several limits the one with the fewest requests left, and of those the one that lasts longest.
fn structured(headers: &HeaderMap) -> Option<RateLimit> {
    let items = items(headers, "ratelimit");
    if items.is_empty() {
        return None;
    }
    // An older draft has one dictionary instead of a list: `limit=10, remaining=1, reset=7`.
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

/// `{prefix}-limit`, `-remaining` and `-reset`, the last in seconds from now or as a point in time.
fn plain(headers: &HeaderMap, prefix: &str, now: SystemTime) -> Option<RateLimit> {
    let text = |suffix: &str| headers.get(format!("{prefix}-{suffix}"))?.to_str().ok();
    let found = RateLimit {
        limit: text("limit").and_then(leading_integer),
        remaining: text("remaining").and_then(leading_integer),
        reset: text("reset").and_then(|text| seconds(text, now)),
    };
    (!found.is_empty()).then_some(found)
}

/// Seconds from `now`, of a number of seconds, a point in time (in seconds or milliseconds) or an HTTP date; rounded up, 0 if past.
fn seconds(text: &str, now: SystemTime) -> Option<u64> {
    let text = text.trim();
    if let Ok(at) = httpdate::parse_http_date(text) {
        return Some(until(at, now));
    }
    let number = text.split([',', ';']).next()?.trim().parse::<f64>().ok()?;
    if !number.is_finite() || number < 0.0 {
        return None;
    }
    if number < FIRST_EPOCH {
        return Some(number.ceil() as u64);
    }
    let epoch = if number < FIRST_EPOCH_MILLIS {
        number
    } else {
        number / 1000.0
    };
    let at = Duration::try_from_secs_f64(epoch).ok()?;
    Some(until(UNIX_EPOCH.checked_add(at)?, now))
}

fn until(at: SystemTime, now: SystemTime) -> u64 {
    let left = at.duration_since(now).unwrap_or_default();
    left.as_secs() + u64::from(left.subsec_nanos() > 0)
}

/// `100` of `100`, `100, 100;w=60` and `100;w=60`.
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

    /// The value of an item that is a dictionary member: `limit=10`.
    fn member(&self, key: &str) -> Option<u64> {
        let (name, value) = self.name.split_once('=')?;
        (name.trim() == key).then(|| value.trim().parse().ok())?
    }
}

/// The items of all headers of this name.
fn items(headers: &HeaderMap, name: &str) -> Vec<Item> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| split(text, ','))
        .filter(|item| !item.trim().is_empty())
        .map(|item| {
            let mut parts = split(item, ';').into_iter();
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

/// Splits outside quoted strings.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut quoted = false;
    let mut escaped = false;
    text.split(move |c: char| {
        let inside = quoted;
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        c == separator && !inside
    })
    .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::type_complexity)]

    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    /// Every row: status, headers, then limit, remaining and reset.
    const ROWS: &[(
        u16,
        &[(&str, &str)],
        (Option<u64>, Option<u64>, Option<u64>),
    )] = &[
        (200, &[], (None, None, None)),
        // The current draft of the IETF.
        (
            200,
            &[
                ("ratelimit-policy", r#""default";q=100;w=60"#),
                ("ratelimit", r#""default";r=50;t=30"#),
            ],
            (Some(100), Some(50), Some(30)),
        ),
        (
            200,
            &[("ratelimit", r#""default";r=50;t=30"#)],
            (None, Some(50), Some(30)),
        ),
        (
            200,
            &[
                ("ratelimit", r#""default";r=50"#),
                ("ratelimit-policy", r#""default";q=100"#),
            ],
            (Some(100), Some(50), None),
        ),
        (
            200,
            &[
                (
                    "ratelimit-policy",
                    r#""burst";q=100;w=60,"daily";q=1000;w=86400"#,
                ),
                ("ratelimit", r#""burst";r=80;t=30, "daily";r=3;t=4000"#),
            ],
            (Some(1000), Some(3), Some(4000)),
        ),
        (
            200,
            &[
                ("ratelimit-policy", r#""a,b;c";q=7;pk=:eA==:"#),
                ("ratelimit", r#""a,b;c";r=5;t=9;pk=:eA==:"#),
            ],
            (Some(7), Some(5), Some(9)),
        ),
        (
            200,
            &[
                ("ratelimit", r#""burst";r=3;t=30"#),
                ("ratelimit", r#""daily";r=3;t=600"#),
                ("ratelimit-policy", r#""burst";q=10"#),
                ("ratelimit-policy", r#""daily";q=20"#),
            ],
            (Some(20), Some(3), Some(600)),
        ),
        (
            200,
            &[("ratelimit-policy", r#""default";q=100;w=60"#)],
            (None, None, None),
        ),
        // Its drafts before.
        (
            200,
            &[
                ("ratelimit", "limit=10, remaining=1, reset=7"),
                ("ratelimit-policy", "10;w=1"),
            ],
            (Some(10), Some(1), Some(7)),
        ),
        (
            200,
            &[
                ("ratelimit-limit", "100"),
                ("ratelimit-remaining", "50"),
                ("ratelimit-reset", "30"),
            ],
            (Some(100), Some(50), Some(30)),
        ),
        (
            200,
            &[
                ("ratelimit-limit", "100, 100;w=60, 1000;w=3600"),
                ("ratelimit-remaining", "50"),
                ("ratelimit-reset", "30"),
                ("ratelimit-policy", "100;w=60"),
            ],
            (Some(100), Some(50), Some(30)),
        ),
        // Seen on a server whose draft says otherwise.
        (
            200,
            &[
                ("ratelimit-limit", "8"),
                ("ratelimit-remaining", "7"),
                ("ratelimit-reset", "1795289793"),
            ],
            (Some(8), Some(7), Some(55)),
        ),
        // De facto.
        (
            200,
            &[
                ("x-ratelimit-limit", "8"),
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", "1795289793"),
                ("retry-after", "55"),
            ],
            (Some(8), Some(0), Some(55)),
        ),
        (
            200,
            &[("x-ratelimit-reset", "1795289793.2")],
            (None, None, Some(56)),
        ),
        (
            200,
            &[("x-ratelimit-reset", "1795289793000")],
            (None, None, Some(55)),
        ),
        (
            200,
            &[("x-ratelimit-reset", "1795289700")],
            (None, None, Some(0)),
        ),
        (
            200,
            &[("x-ratelimit-reset", "29.5")],
            (None, None, Some(30)),
        ),
        (
            200,
            &[("x-ratelimit-limit", "8"), ("x-ratelimit-reset", "12")],
            (Some(8), None, Some(12)),
        ),
        (
            200,
            &[
                ("x-rate-limit-limit", "8"),
                ("x-rate-limit-remaining", "3"),
                ("x-rate-limit-reset", "Sat, 21 Nov 2026 19:37:27 GMT"),
            ],
            (Some(8), Some(3), Some(109)),
        ),
        // The first family wins, none is mixed with another.
        (
            200,
            &[
                ("ratelimit", r#""a";r=1"#),
                ("x-ratelimit-limit", "8"),
                ("x-ratelimit-reset", "12"),
            ],
            (None, Some(1), None),
        ),
        // Garbage is unknown.
        (
            200,
            &[
                ("x-ratelimit-limit", "many"),
                ("x-ratelimit-remaining", "-1"),
                ("x-ratelimit-reset", "-5"),
            ],
            (None, None, None),
        ),
        (
            200,
            &[("x-ratelimit-limit", "8"), ("x-ratelimit-reset", "1e400")],
            (Some(8), None, None),
        ),
        (200, &[("ratelimit", "\"")], (None, None, None)),
        // Retry-After counts only where it refuses.
        (200, &[("retry-after", "55")], (None, None, None)),
        (429, &[("retry-after", "55")], (None, None, Some(55))),
        (503, &[("retry-after", "55")], (None, None, Some(55))),
        (500, &[("retry-after", "55")], (None, None, None)),
        (
            429,
            &[("retry-after", "Sat, 21 Nov 2026 19:37:27 GMT")],
            (None, None, Some(109)),
        ),
        (429, &[("retry-after", "soon")], (None, None, None)),
        (
            429,
            &[
                ("retry-after", "5"),
                ("x-ratelimit-reset", "12"),
                ("x-ratelimit-remaining", "0"),
            ],
            (None, Some(0), Some(12)),
        ),
        (
            429,
            &[("retry-after", "50"), ("ratelimit", r#""a";r=0;t=30"#)],
            (None, Some(0), Some(50)),
        ),
    ];

    #[test]
    fn every_form_of_header() {
        let local = SystemTime::now();
        for (status, headers, expected) in ROWS {
            let mut map = HeaderMap::new();
            map.insert(
                DATE,
                HeaderValue::from_static("Sat, 21 Nov 2026 19:35:38 GMT"),
            );
            for (name, value) in *headers {
                let name = HeaderName::from_static(name);
                map.append(name, HeaderValue::from_static(value));
            }
            let RateLimit {
                limit,
                remaining,
                reset,
            } = RateLimit::of_answer(*status, &map, local);
            assert_eq!((limit, remaining, reset), *expected, "{status} {headers:?}");
        }
    }

    #[test]
    fn without_a_date_the_own_clock_counts() {
        let mut map = HeaderMap::new();
        map.insert("x-ratelimit-reset", HeaderValue::from_static("1795289793"));
        let now = UNIX_EPOCH + Duration::from_millis(1_795_289_783_500);
        assert_eq!(RateLimit::of_answer(200, &map, now).reset, Some(10));
    }
}
