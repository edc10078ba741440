//! Detects masks: the asterisks that servers and clients show instead of a secret. If a mask were sent back, it would overwrite the secret.

use serde_json::Value;

/// Returns whether a text is a mask. If the text is JSON, checks the strings inside it.
pub(crate) fn is_masked(text: &str) -> bool {
    match serde_json::from_str(text) {
        Ok(value @ (Value::Object(_) | Value::Array(_) | Value::String(_))) => {
            contains_mask(&value)
        }
        _ => is_mask(text),
    }
}

/// Returns whether a value contains a mask at any depth.
pub(crate) fn contains_mask(value: &Value) -> bool {
    match value {
        Value::String(text) => is_mask(text),
        Value::Array(items) => items.iter().any(contains_mask),
        Value::Object(members) => members.values().any(contains_mask),
        _ => false,
    }
}

/// Returns whether a text is a mask: three or more asterisks, alone or instead of the password in a URL or setting (`postgresql://user:***@host`, `token=***`).
fn is_mask(text: &str) -> bool {
    let text = text.trim();
    let is_all = text.len() >= 3 && text.bytes().all(|byte| byte == b'*');
    is_all || text.contains(":***") || text.contains("=***")
}

#[cfg(test)]
mod tests {
    use super::is_masked;

    #[test]
    fn masks_are_distinguished_from_secrets() {
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
