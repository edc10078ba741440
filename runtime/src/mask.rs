//! Masks: the asterisks that servers and clients show in place of a secret. Sent back, they would replace the secret.

use serde_json::Value;

/// Whether a text, or a string inside it if it is JSON, is a mask.
pub(crate) fn is_masked(text: &str) -> bool {
    match serde_json::from_str(text) {
        Ok(value @ (Value::Object(_) | Value::Array(_) | Value::String(_))) => {
            contains_mask(&value)
        }
        _ => is_mask(text),
    }
}

/// Whether a value or anything inside it is a mask.
pub(crate) fn contains_mask(value: &Value) -> bool {
    match value {
        Value::String(text) => is_mask(text),
        Value::Array(items) => items.iter().any(contains_mask),
        Value::Object(members) => members.values().any(contains_mask),
        _ => false,
    }
}

/// Three asterisks or more, alone or where a URL or a setting has a password: `postgresql://user:***@host`, `token=***`.
fn is_mask(text: &str) -> bool {
    let text = text.trim();
    let is_all = text.len() >= 3 && text.bytes().all(|byte| byte == b'*');
    is_all || text.contains(":***") || text.contains("=***")
}

#[cfg(test)]
mod tests {
    use super::is_masked;

    #[test]
    fn masks_are_told_from_secrets() {
        let rows = [
            ("***", true),
            ("**********", true),
            (" *** ", true),
            (r#""***""#, true),
            (r#"{"api_key": "***", "region": "eu"}"#, true),
            (r#"{"a": [{"b": "***"}]}"#, true),
            (r#"{"url": "postgresql://user:***@host/db"}"#, true),
            ("postgresql://user:***@host/db", true),
            ("host=h password=***", true),
            ("", false),
            ("**", false),
            ("a***b", false),
            ("0 * * * *", false),
            ("one\n***\ntwo", false),
            (r#"{"***": "a"}"#, false),
            (r#"{"a": 1, "b": null}"#, false),
        ];
        for (text, expected) in rows {
            assert_eq!(is_masked(text), expected, "{text}");
        }
    }
}
