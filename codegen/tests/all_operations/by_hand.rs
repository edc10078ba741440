//! An independent reader of the documents, which reads the YAML without any code of the generator.
//!
//! The reader supports only the constructs that these documents contain, so it stays short.

use serde_yaml::{Mapping, Value};

#[derive(Clone, Copy, PartialEq)]
enum To {
    Server,
    Client,
}

struct Document<'a>(&'a Value);

/// Returns the id and the comparable lines of each operation.
pub(crate) fn operations(document: &Value) -> Vec<(String, Vec<String>)> {
    let reader = Document(document);
    let base = document["servers"][0]["url"].as_str().unwrap_or_default();
    let mut operations = Vec::new();
    for (path, item) in mapping(&document["paths"]) {
        for (method, operation) in mapping(item) {
            if ["get", "put", "post", "patch", "delete"].contains(&text(method)) {
                let lines = reader.operation(
                    format!("{base}{}", text(path)),
                    text(method),
                    &item["parameters"],
                    operation,
                );
                operations.push((text(&operation["operationId"]).to_owned(), lines));
            }
        }
    }
    operations
}

impl<'a> Document<'a> {
    fn operation(
        &self,
        mut path: String,
        method: &str,
        shared: &'a Value,
        operation: &'a Value,
    ) -> Vec<String> {
        let mut lines = Vec::new();
        let all: Vec<&Value> = list(shared)
            .chain(list(&operation["parameters"]))
            .map(|parameter| self.follow(parameter))
            .collect();
        for (index, parameter) in all.iter().enumerate() {
            let same = |other: &&&Value| {
                other["name"] == parameter["name"] && other["in"] == parameter["in"]
            };
            assert!(
                !all[index + 1..].iter().any(|other| same(&other)),
                "no document says one parameter twice"
            );
            let (name, place, schema) = (
                text(&parameter["name"]),
                text(&parameter["in"]),
                &parameter["schema"],
            );
            if place == "header" && name == "accept" {
                continue;
            }
            if let (Some(constant), "path") = (schema["const"].as_str(), place) {
                path = path.replace(&format!("{{{name}}}"), constant);
                continue;
            }
            let mut ty = self.describe(schema, To::Server);
            if ty == "any" {
                ty = "string".to_owned();
            }
            let required = if parameter["required"].as_bool() == Some(true) {
                ""
            } else {
                "?"
            };
            let place = match place {
                "query"
                    if self.get(schema, "type").is_some_and(|ty| ty == "array")
                        && parameter["explode"].as_bool() == Some(false) =>
                {
                    "query with ,"
                }
                "path"
                    if self
                        .get(schema, "format")
                        .is_some_and(|format| format == "path") =>
                {
                    "path with /"
                }
                place => place,
            };
            let description = Some(text(&parameter["description"]))
                .filter(|text| !text.is_empty())
                .unwrap_or(self.note(schema, "description"));
            let example = Some(&parameter["example"])
                .filter(|value| !value.is_null())
                .or(self.get(schema, "example"));
            lines.push(format!(
                "{place} {name}{required}: {ty}{}{}; {}",
                default(self.get(schema, "default")),
                given(" example", example),
                description.trim()
            ));
        }
        lines.insert(0, format!("{method} {path}"));
        if let Some(body) = operation.get("requestBody") {
            self.body(body, &mut lines);
        }
        lines.push(self.response(operation));
        lines.push(format!(
            "{}; {}",
            text(&operation["summary"]).trim(),
            text(&operation["description"]).trim()
        ));
        lines
    }

    fn body(&self, body: &'a Value, lines: &mut Vec<String>) {
        let required = body["required"].as_bool() == Some(true);
        let media = &body["content"]["application/json"];
        let schema = &media["schema"];
        let members = self.members(schema, To::Server);
        let open = self
            .get(schema, "additionalProperties")
            .is_some_and(|additional| additional != &Value::Bool(false));
        if members.is_empty() || open {
            let required = if required { "" } else { "?" };
            lines.push(format!(
                "whole body{required}: {}; {}",
                self.describe(schema, To::Server),
                text(&body["description"]).trim()
            ));
        } else {
            for (name, must, member) in members {
                let optional = if must && required { "" } else { "?" };
                let format = self.get(member, "format").map(text);
                let secret = if self.flag(member, "writeOnly") || format == Some("password") {
                    " secret"
                } else {
                    ""
                };
                let null = if self.nullable(member) {
                    " or null"
                } else {
                    ""
                };
                let example = self
                    .get(member, "example")
                    .or(media["example"].get(name))
                    .filter(|value| !value.is_null());
                let ty = self.describe(member, To::Server);
                let null = if ty == "any" { "" } else { null };
                lines.push(format!(
                    "body {name}{optional}{secret}: {ty}{null}{}{}; {}",
                    default(self.get(member, "default")),
                    given(" example", example),
                    self.note(member, "description").trim()
                ));
            }
        }
        lines.push(format!(
            "body application/json required={required} fixed=[]"
        ));
    }

    fn response(&self, operation: &'a Value) -> String {
        let success = mapping(&operation["responses"])
            .iter()
            .find(|(status, _)| text(status).starts_with('2'))
            .map(|(_, response)| self.follow(response));
        let content = success.and_then(|response| response.get("content"));
        let media: Vec<&str> = content
            .into_iter()
            .flat_map(|content| mapping(content).keys().map(text))
            .collect();
        let json = content.and_then(|content| content.get("application/json"));
        let ty = json
            .map(|json| self.or_null(&json["schema"], To::Client))
            .unwrap_or_default();
        format!("response {media:?}: {ty}")
    }

    fn or_null(&self, schema: &'a Value, to: To) -> String {
        let ty = self.describe(schema, to);
        let null = if self.nullable(schema) && ty != "any" {
            " or null"
        } else {
            ""
        };
        format!("{ty}{null}")
    }

    /// Returns the type of a schema without `null`.
    fn describe(&self, schema: &'a Value, to: To) -> String {
        let alternatives = self.alternatives(schema);
        if alternatives.len() > 1 {
            let mut all: Vec<String> = Vec::new();
            for alternative in alternatives {
                let ty = self.describe(alternative, to);
                if !all.contains(&ty) {
                    all.push(ty);
                }
            }
            return if all.len() == 1 {
                all.remove(0)
            } else {
                format!("<{}>", all.join(" / "))
            };
        }
        if let Some(constant) = self.get(schema, "const") {
            return format!("'{}'", text(constant));
        }
        if let Some(values) = self.get(schema, "enum") {
            return list(values)
                .filter(|value| !value.is_null())
                .map(|value| format!("'{}'", text(value)))
                .collect::<Vec<_>>()
                .join("|");
        }
        match self.get(schema, "type").map(text) {
            Some("string") => format!(
                "string{}",
                self.rules(schema, &["format", "pattern", "minLength", "maxLength"])
            ),
            Some("integer") => match self.get(schema, "exclusiveMinimum").and_then(Value::as_i64) {
                Some(minimum) => format!("integer minimum={}", minimum + 1),
                None => format!("integer{}", self.rules(schema, &["minimum", "maximum"])),
            },
            Some("number") => format!(
                "number{}",
                self.rules(schema, &["minimum", "maximum", "exclusiveMinimum"])
            ),
            Some("boolean") => "boolean".to_owned(),
            Some("array") => format!(
                "[{}]{}",
                self.items(schema, to),
                self.rules(schema, &["minItems", "maxItems"])
            ),
            Some("object") => self.object(schema, to),
            Some(other) => panic!("type {other}"),
            None if !self.members(schema, to).is_empty() => self.object(schema, to),
            None => "any".to_owned(),
        }
    }

    fn items(&self, schema: &'a Value, to: To) -> String {
        if let Some(prefix) = self.get(schema, "prefixItems") {
            let mut all: Vec<String> = list(prefix).map(|item| self.or_null(item, to)).collect();
            all.dedup();
            return if all.len() == 1 {
                all.remove(0)
            } else {
                format!("<{}>", all.join(" / "))
            };
        }
        self.get(schema, "items")
            .map(|items| self.or_null(items, to))
            .unwrap_or("any".to_owned())
    }

    fn object(&self, schema: &'a Value, to: To) -> String {
        let additional = match self.get(schema, "additionalProperties") {
            Some(Value::Bool(true)) => Some("any".to_owned()),
            Some(Value::Bool(false)) | None => None,
            Some(schema) => Some(self.or_null(schema, to)),
        };
        let has_members = self
            .applied(schema)
            .iter()
            .any(|part| part.get("properties").is_some());
        let closed = self.get(schema, "additionalProperties") == Some(&Value::Bool(false));
        if !has_members && !closed {
            return format!("{{*: {}}}", additional.unwrap_or("any".to_owned()));
        }
        let mut members: Vec<String> = self
            .members(schema, to)
            .into_iter()
            .map(|(name, required, member)| {
                format!(
                    "{name}{}: {}{}",
                    if required { "" } else { "?" },
                    self.or_null(member, to),
                    default(self.get(member, "default"))
                )
            })
            .collect();
        members.extend(additional.map(|additional| format!("*: {additional}")));
        format!("{{{}}}", members.join(", "))
    }

    /// Returns the name, the required flag and the schema of each member that is sent in this direction.
    fn members(&self, schema: &'a Value, to: To) -> Vec<(&'a str, bool, &'a Value)> {
        if self.alternatives(schema).len() > 1 {
            return Vec::new();
        }
        let parts = self.applied(schema);
        let required: Vec<&str> = parts
            .iter()
            .flat_map(|part| part.get("required").into_iter().flat_map(list))
            .map(text)
            .collect();
        let properties = parts
            .iter()
            .filter_map(|part| part.get("properties"))
            .flat_map(mapping);
        let hidden = if to == To::Server {
            "readOnly"
        } else {
            "writeOnly"
        };
        // In these documents, two parts that contain the same member define it equally.
        let mut known: Vec<&Value> = Vec::new();
        let properties = properties.filter(|(name, _)| {
            !known.contains(name) && {
                known.push(name);
                true
            }
        });
        properties
            .filter(|(_, member)| !self.flag(member, hidden))
            .map(|(name, member)| (text(name), required.contains(&text(name)), member))
            .collect()
    }

    /// Returns all mappings whose keywords apply to the schema: the schema itself, the target of its `$ref`, the parts of `allOf`, and the only alternative that is not `null`.
    fn applied(&self, schema: &'a Value) -> Vec<&'a Mapping> {
        let Some(own) = schema.as_mapping() else {
            return Vec::new();
        };
        let mut all = vec![own];
        if own.contains_key("$ref") {
            all.extend(self.applied(self.follow(schema)));
        }
        all.extend(
            own.get("allOf")
                .into_iter()
                .flat_map(list)
                .flat_map(|part| self.applied(part)),
        );
        for key in ["anyOf", "oneOf"] {
            let others: Vec<&Value> = own
                .get(key)
                .into_iter()
                .flat_map(list)
                .filter(|part| part["type"] != "null")
                .collect();
            if let [only] = others.as_slice() {
                all.extend(self.applied(only));
            }
        }
        all
    }

    /// Returns the first value of a keyword. A value of `null` counts as missing.
    fn get(&self, schema: &'a Value, key: &str) -> Option<&'a Value> {
        self.applied(schema)
            .into_iter()
            .filter_map(|part| part.get(key))
            .find(|value| !value.is_null())
    }

    fn note(&self, schema: &'a Value, key: &str) -> &'a str {
        self.get(schema, key).map(text).unwrap_or_default()
    }

    fn flag(&self, schema: &'a Value, key: &str) -> bool {
        self.applied(schema)
            .iter()
            .any(|part| part.get(key).and_then(Value::as_bool) == Some(true))
    }

    /// Returns all alternatives that are not `null`, or none if there is only one.
    fn alternatives(&self, schema: &'a Value) -> Vec<&'a Value> {
        let parts = self.applied(schema).into_iter();
        let all: Vec<&Value> = parts
            .flat_map(|part| {
                ["anyOf", "oneOf"]
                    .into_iter()
                    .filter_map(|key| part.get(key))
                    .flat_map(list)
            })
            .filter(|part| part["type"] != "null")
            .collect();
        if all.len() > 1 { all } else { Vec::new() }
    }

    fn nullable(&self, schema: &'a Value) -> bool {
        let own = schema["nullable"].as_bool() == Some(true) || schema["type"] == "null";
        let referred = schema.get("$ref").is_some() && self.nullable(self.follow(schema));
        let all: Vec<&Value> = list(&schema["allOf"]).collect();
        let each = !all.is_empty() && all.iter().all(|part| self.nullable(part));
        own || referred
            || each
            || list(&schema["anyOf"])
                .chain(list(&schema["oneOf"]))
                .any(|part| self.nullable(part))
    }

    fn rules(&self, schema: &'a Value, keys: &[&str]) -> String {
        let rule = |key: &&str| {
            let value = self.get(schema, key)?;
            let value = value
                .as_f64()
                .map(|number| number.to_string())
                .unwrap_or_else(|| text(value).to_owned());
            Some(format!(
                " {}={value}",
                if *key == "exclusiveMinimum" {
                    "above"
                } else {
                    key
                }
            ))
        };
        keys.iter().filter_map(rule).collect()
    }

    fn follow(&self, value: &'a Value) -> &'a Value {
        let Some(reference) = value["$ref"].as_str() else {
            return value;
        };
        let steps = reference.trim_start_matches("#/").split('/');
        self.follow(steps.fold(self.0, |value, step| &value[step]))
    }
}

fn default(value: Option<&Value>) -> String {
    given(" default", value)
}

fn given(name: &str, value: Option<&Value>) -> String {
    value
        .map(|value| format!("{name}={}", serde_json::to_value(value).unwrap()))
        .unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_sequence().into_iter().flatten()
}

fn mapping(value: &Value) -> &Mapping {
    value
        .as_mapping()
        .unwrap_or_else(|| panic!("no mapping: {value:?}"))
}
