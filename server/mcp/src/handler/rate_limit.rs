//! Rate limit of the upstream as fields of results and HTTP responses.

use rmcp::model::MetaObject;
use runtime::RateLimit;
use serde_json::Value;

/// Adds the rate limit of the upstream.
pub(super) fn add_rate_limit(meta: &mut MetaObject, rate_limit: RateLimit) {
    for (name, value) in rate_limit_fields(rate_limit) {
        meta.insert(name.to_owned(), Value::from(value));
    }
}

/// Returns the known values of a rate limit with their names. An unknown value is left out, never written as 0.
pub fn rate_limit_fields(rate_limit: RateLimit) -> impl Iterator<Item = (&'static str, u64)> {
    let values = [
        ("ratelimit-limit", rate_limit.limit),
        ("ratelimit-remaining", rate_limit.remaining),
        ("ratelimit-reset", rate_limit.reset),
    ];
    values
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_rate_limits_are_reported() {
        let rows = [
            ((None, None, None), "{}"),
            ((None, Some(0), None), r#"{"ratelimit-remaining":0}"#),
            (
                (Some(60), Some(59), Some(7)),
                r#"{"ratelimit-limit":60,"ratelimit-remaining":59,"ratelimit-reset":7}"#,
            ),
        ];
        for ((limit, remaining, reset), expected) in rows {
            let mut meta = MetaObject::new();
            let rate_limit = RateLimit {
                limit,
                remaining,
                reset,
            };
            add_rate_limit(&mut meta, rate_limit);
            assert_eq!(Value::Object(meta.0).to_string(), expected);
        }
    }
}
