//! All known forms of rate-limit headers.
#![allow(clippy::unwrap_used, clippy::type_complexity)]

use super::*;
use reqwest::header::{HeaderName, HeaderValue};

/// Status, headers, and expected limit, remaining and reset.
const ROWS: &[(
    u16,
    &[(&str, &str)],
    (Option<u64>, Option<u64>, Option<u64>),
)] = &[
    (200, &[], (None, None, None)),
    // Current IETF draft.
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
    // Earlier IETF drafts.
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
    // A real server sends a timestamp in `ratelimit-reset`, although the draft requires seconds.
    (
        200,
        &[
            ("ratelimit-limit", "8"),
            ("ratelimit-remaining", "7"),
            ("ratelimit-reset", "1795289793"),
        ],
        (Some(8), Some(7), Some(55)),
    ),
    // De-facto standard.
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
    // Only the first family of headers is used. Families are not mixed.
    (
        200,
        &[
            ("ratelimit", r#""a";r=1"#),
            ("x-ratelimit-limit", "8"),
            ("x-ratelimit-reset", "12"),
        ],
        (None, Some(1), None),
    ),
    // Invalid values count as unknown.
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
    // `Retry-After` counts only in responses with status 429 or 503.
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
        } = RateLimit::of_response(*status, &map, local);
        assert_eq!((limit, remaining, reset), *expected, "{status} {headers:?}");
    }
}

#[test]
fn without_a_date_the_local_clock_is_used() {
    let mut map = HeaderMap::new();
    map.insert("x-ratelimit-reset", HeaderValue::from_static("1795289793"));
    let now = UNIX_EPOCH + Duration::from_millis(1_795_289_783_500);
    assert_eq!(RateLimit::of_response(200, &map, now).reset, Some(10));
}
