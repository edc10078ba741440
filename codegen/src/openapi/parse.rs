//! Parses the text of a document into a JSON value without losing anything: a duplicate key is an error.

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::error::DocumentError;

/// Reads YAML or JSON. The order of keys is kept.
pub(super) fn parse(source: &str, text: &str) -> Result<Value, DocumentError> {
    let syntax = |line: usize, message: String| DocumentError::Syntax {
        file: source.to_owned(),
        line,
        message,
    };
    // Some editors begin a file with a byte order mark, which is not part of the document.
    let text = text.trim_start_matches('\u{feff}');
    // YAML parsers do not accept all JSON, for example tabs.
    if text.trim_start().starts_with('{') {
        match serde_json::from_str::<Node>(text) {
            Ok(Node(value)) => return Ok(value),
            Err(error) if error.is_data() => return Err(syntax(error.line(), error.to_string())),
            // The text can still be YAML in flow style. If it is not, the error of the JSON parser is more helpful.
            Err(error) => {
                return serde_yaml::from_str::<Node>(text)
                    .map(|node| node.0)
                    .map_err(|_| syntax(error.line(), error.to_string()));
            }
        }
    }
    serde_yaml::from_str::<Node>(text)
        .map(|node| node.0)
        .map_err(|error| {
            syntax(
                error.location().map_or(0, |location| location.line()),
                error.to_string(),
            )
        })
}

/// JSON value that was read from YAML or JSON.
struct Node(Value);

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a value of JSON")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node(value.into()))
    }

    fn visit_i128<E: de::Error>(self, value: i128) -> Result<Node, E> {
        Number::from_i128(value)
            .map(|number| Node(number.into()))
            .ok_or_else(|| E::custom(format!("{value} is too large")))
    }

    fn visit_u128<E: de::Error>(self, value: u128) -> Result<Node, E> {
        Number::from_u128(value)
            .map(|number| Node(number.into()))
            .ok_or_else(|| E::custom(format!("{value} is too large")))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Node, E> {
        Number::from_f64(value)
            .map(|number| Node(number.into()))
            .ok_or_else(|| E::custom(format!("{value} is not in JSON")))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut array = Vec::new();
        while let Some(Node(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(Node(array.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
        let mut object = Map::new();
        while let Some(key) = members.next_key_seed(Key(&object))? {
            let Node(value) = members.next_value()?;
            object.insert(key, value);
        }
        // With `arbitrary_precision`, serde_json represents a number as an object with only this member.
        if let Some(Value::String(text)) = object.get("$serde_json::private::Number") {
            let number = serde_json::from_str::<Number>(text)
                .ok()
                .filter(|number| number.as_f64().is_some());
            return number
                .map(|number| Node(number.into()))
                .ok_or_else(|| de::Error::custom(format!("{text} is too large")));
        }
        Ok(Node(object.into()))
    }
}

/// Key that the object does not have yet; reading a duplicate fails, so that the error has the position of the second one. YAML keys can also be numbers (`200:`) and booleans (`on:`).
struct Key<'a>(&'a Map<String, Value>);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = String;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<String, E> {
        self.visit_string(value.to_string())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<String, E> {
        self.visit_string(value.to_string())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<String, E> {
        self.visit_string(value.to_string())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<String, E> {
        self.visit_string(value.to_string())
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<String, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: de::Error>(self, key: String) -> Result<String, E> {
        if self.0.contains_key(&key) {
            Err(E::custom(format!("duplicate key `{key}`")))
        } else {
            Ok(key)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    #[test]
    fn yaml_and_json_are_read() {
        let rows = [
            (
                "a: 1\nb: [x, 2.5, true, null, '3']",
                json!({"a": 1, "b": ["x", 2.5, true, null, "3"]}),
            ),
            ("200: ok\ntrue: yes", json!({"200": "ok", "true": "yes"})),
            ("\u{feff}a: 1", json!({"a": 1})),
            ("\u{feff}{\"a\": 1}", json!({"a": 1})),
            ("", json!(null)),
            (
                "a: 2026-11-21T10:00:00Z",
                json!({"a": "2026-11-21T10:00:00Z"}),
            ),
            (
                "default:\nvalue: ~",
                json!({"default": null, "value": null}),
            ),
            ("a: &x {b: 1}\nc: *x", json!({"a": {"b": 1}, "c": {"b": 1}})),
            ("{\n\t\"a\": 1}", json!({"a": 1})),
            ("{a: 1}", json!({"a": 1})),
            (
                "{\"a\": 1.5, \"b\": 18446744073709551616, \"c\": -1}",
                json!({"a": 1.5, "b": 18_446_744_073_709_551_616_u128, "c": -1}),
            ),
            (
                "a: 18446744073709551616",
                json!({"a": 18_446_744_073_709_551_616_u128}),
            ),
        ];
        let read: Vec<_> = rows
            .iter()
            .map(|(text, _)| parse("x.yaml", text).unwrap())
            .collect();
        assert_eq!(read, rows.map(|(_, value)| value));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let rows = [
            ("a: 1\nb: 2\na: 3", 3, "duplicate key `a`"),
            ("{\"a\": 1,\n\"a\": 2}", 2, "duplicate key `a`"),
            ("a: [1", 2, "did not find expected"),
            ("{\"a\": 1,\n ]}", 2, "key must be a string"),
            ("a: .nan", 1, "NaN is not in JSON"),
            ("{\"a\": 1e999}", 1, "1e+999 is too large"),
            ("a: !x 1", 1, "invalid type"),
            ("? [1]\n: 2", 1, "expected a key"),
        ];
        for (text, expected, says) in rows {
            let error = parse("x.yaml", text).unwrap_err();
            let DocumentError::Syntax { line, message, .. } = &error else {
                panic!("{error}")
            };
            assert!(
                message.contains(says) && *line == expected,
                "{text}: {line}: {message}"
            );
        }
    }
}
