//! Subject of a call, without secrets: the ids of the objects that it reads or changes, and the names of the fields that it sets.

use serde_json::{Map, Value};

use crate::args::CheckedArguments;
use crate::args::check::is_password;
use crate::tool::{Parameter, ParameterLocation, Segment, Tool};

/// Longest id in characters. Longer ids are cut.
const MAX_ID: usize = 200;
/// Maximum number of ids in one argument.
const MAX_IDS: usize = 50;

/// Subject of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallSubject {
    /// Ids of objects as a compact JSON object, for example `{"user":"ada"}`; empty if the call has no ids.
    pub target: String,
    /// Names of the arguments that the body contains, for a call that changes something.
    pub fields: Vec<&'static str>,
    /// Recorded values before the change as a compact JSON object; empty if there are none.
    pub before: String,
    /// Recorded values after the change.
    pub after: String,
}

impl CallSubject {
    /// Determines the subject of a call with these arguments.
    pub(crate) fn new(arguments: &CheckedArguments) -> Self {
        let tool = arguments.tool();
        let mut target = Map::new();
        let mut fields = Vec::new();
        for parameter in tool.parameters {
            let Some(value) = arguments.sent(parameter) else {
                continue;
            };
            let is_given = arguments.given(parameter.field.name).is_some() && !parameter.hidden;
            let in_body = matches!(
                parameter.location,
                ParameterLocation::Body | ParameterLocation::WholeBody
            );
            if in_body && is_given && !tool.effect.read_only {
                fields.push(parameter.field.name);
            }
            if let Some(name) = target_name(tool, parameter)
                && let Some(id) = id(value)
            {
                target.entry(name).or_insert(id);
            }
        }
        Self {
            target: match target.is_empty() {
                true => String::new(),
                false => Value::Object(target).to_string(),
            },
            fields,
            before: String::new(),
            after: String::new(),
        }
    }
}

/// Returns the name of the object that a parameter identifies; `None` if the parameter is not the id of an object.
fn target_name(tool: &Tool, parameter: &Parameter) -> Option<String> {
    if parameter.secret || is_password(&parameter.field.shape.resolved()) {
        return None;
    }
    let wire = parameter.wire;
    match parameter.location {
        ParameterLocation::Path { .. } => {
            let before = collection(tool.segments, Some(wire));
            Some(object_name(wire, before))
        }
        ParameterLocation::Each => {
            let each = tool.each.as_ref()?;
            Some(object_name(wire, collection(each.segments, Some(wire))))
        }
        ParameterLocation::Body => {
            let is_id = matches!(wire, "id" | "name" | "key" | "username") || wire.ends_with("_id");
            is_id.then(|| object_name(wire, collection(tool.segments, None)))
        }
        _ => None,
    }
}

/// Returns the last word of the literal text before a placeholder, or of the whole path: `users` for `/api/users/{username}`.
fn collection(segments: &'static [Segment], wire: Option<&str>) -> &'static str {
    let placeholder =
        |segment: &Segment| matches!(segment, Segment::Parameter(name) if Some(*name) == wire);
    let end = segments.iter().position(placeholder);
    let before = &segments[..end.unwrap_or(segments.len())];
    let literal = before.iter().rev().find_map(|segment| match segment {
        Segment::Literal(text) => text.rsplit('/').find(|word| !word.is_empty()),
        Segment::Parameter(_) => None,
    });
    literal.unwrap_or_default()
}

/// Names an object by the name of its id. A name that does not say which kind of object it identifies is replaced by that of the collection: `username` and `name` in `users` become `user`.
fn object_name(wire: &str, collection: &str) -> String {
    let kind = singular(collection);
    match wire {
        _ if kind.is_empty() => wire.to_owned(),
        "id" | "key" => format!("{kind}_{wire}"),
        "name" | "username" => kind,
        _ => match wire.strip_suffix("_name") {
            Some(object) if !object.is_empty() => object.to_owned(),
            _ => wire.to_owned(),
        },
    }
}

/// Returns the singular of a collection in snake case: `user` for `users`, `dag_run` for `dagRuns`.
fn singular(collection: &str) -> String {
    let mut name = String::new();
    for c in collection.chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(match c {
            '-' => '_',
            c => c.to_ascii_lowercase(),
        });
    }
    if let Some(stem) = name.strip_suffix("ies") {
        return format!("{stem}y");
    }
    if name.ends_with('s') && !name.ends_with("ss") {
        name.pop();
    }
    name
}

/// Returns the ids in a value, cut to a limited length.
fn id(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => Some(text.chars().take(MAX_ID).collect::<String>().into()),
        Value::Number(_) => Some(value.clone()),
        Value::Array(values) => {
            let ids: Vec<_> = values.iter().filter_map(id).take(MAX_IDS).collect();
            (!ids.is_empty()).then_some(Value::Array(ids))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_have_the_names_of_their_kind() {
        let rows = [
            ("username", "users", "user"),
            ("name", "roles", "role"),
            ("role_name", "roles", "role"),
            ("dag_id", "dags", "dag_id"),
            ("dag_run_id", "dagRuns", "dag_run_id"),
            ("id", "backfills", "backfill_id"),
            ("key", "variables", "variable_key"),
            ("variable_key", "variables", "variable_key"),
            ("name", "policies", "policy"),
            ("name", "", "name"),
            ("id", "dagRuns", "dag_run_id"),
            ("id", "access", "access_id"),
        ];
        for (wire, collection, expected) in rows {
            assert_eq!(
                object_name(wire, collection),
                expected,
                "{wire} {collection}"
            );
        }
    }
}
