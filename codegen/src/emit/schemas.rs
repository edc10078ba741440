//! Creates `schemas/<tool>.json`: what clients receive, for reviewers. The file of a tool describes the newest API that has it; further APIs state only their differences.

use std::collections::BTreeMap;

use bumpalo::Bump;
use mcp_schema::arguments::{added, clear_field, filter_description, one_of};
use mcp_schema::markdown::description;
use mcp_schema::signature::output_signature;
use mcp_schema::writer::{self, OutputShape};
use mcp_schema::{Field, Shape, ShapeKind};
use serde_json::{Map, Value, json};

use super::json;
use super::output::OutputFile;
use super::shapes::Shapes;
use crate::catalog::{Api, ModuleTypes, Operation, ResponseFormat};
use crate::lower::Catalog;

/// Maximum number of characters in a line of a signature.
const SIGNATURE_WIDTH: usize = 92;

/// A tool as clients of one API receive it.
#[derive(Debug, Clone, PartialEq)]
pub struct DescribedTool {
    /// Name of the API or of the alternative document.
    pub api: String,
    /// Everything about the tool except its output schema.
    pub tool: Map<String, Value>,
    /// Output schema.
    pub output_schema: Map<String, Value>,
    /// Output in a short notation.
    pub output: String,
}

/// Returns the tools as clients receive them, by name; those of an API in the order of the APIs.
#[must_use]
pub fn describe_tools(catalog: &Catalog) -> BTreeMap<String, Vec<DescribedTool>> {
    let mut tools: BTreeMap<String, Vec<DescribedTool>> = BTreeMap::new();
    for (api, shared, toolset) in catalog.apis().iter().flat_map(Api::modules) {
        let types = ModuleTypes::of(shared, toolset);
        let arena = Bump::new();
        let shapes = Shapes::new(&arena, &types);
        for operation in &toolset.operations {
            let by_api = tools.entry(operation.tool_name.clone()).or_default();
            by_api.push(tool(api, &shapes, &types, operation));
        }
    }
    tools
}

/// Creates the files of all tools.
pub(super) fn files(catalog: &Catalog) -> Vec<OutputFile> {
    let files = describe_tools(catalog)
        .into_iter()
        .map(|(name, tools)| OutputFile {
            path: format!("generated/schemas/{name}.json"),
            text: json::pretty(&file(&tools)),
        });
    files.collect()
}

fn tool<'a>(
    api: &str,
    shapes: &Shapes<'a>,
    types: &ModuleTypes<'a>,
    operation: &'a Operation,
) -> DescribedTool {
    let effect = operation.effect;
    let annotations = writer::annotations(effect.read_only, effect.destructive, effect.idempotent);
    let tool = json!({
        "name": operation.tool_name,
        "title": operation.title,
        "description": description(&operation.full_description()),
        "annotations": annotations,
        "inputSchema": input_schema(shapes, types, operation),
    });
    let output = output_shape(shapes, operation);
    DescribedTool {
        api: api.to_owned(),
        tool: match tool {
            Value::Object(members) => members,
            _ => Map::new(),
        },
        output_schema: writer::output_schema(&output),
        output: output_signature(&output),
    }
}

fn input_schema<'a>(
    shapes: &Shapes<'a>,
    types: &ModuleTypes<'a>,
    operation: &'a Operation,
) -> Map<String, Value> {
    let parameters = operation.parameters.iter();
    let shown = parameters.clone().filter(|parameter| !parameter.hidden);
    let declared: Vec<Field<'_>> = shown.map(|it| shapes.argument(it)).collect();
    let cleared = parameters.filter(|parameter| parameter.clear);
    let names = shapes.slice(cleared.map(|parameter| parameter.field.name.as_str()));
    let cleared = one_of(names);
    let list = operation.list.as_ref();
    let filters = list.into_iter().flat_map(|list| {
        list.filters.iter().map(|filter| {
            let ty = types.field(&list.item_type, &filter.field);
            let shape = ty.map_or(Shape::UNKNOWN, |ty| shapes.shape(ty));
            Field {
                name: &filter.name,
                description: shapes.text(&filter_description(&filter.field)),
                required: false,
                shape: Shape::of(innermost(shape).kind),
                default: "",
                example: "",
            }
        })
    });
    writer::input_schema(
        declared.iter().copied(),
        added(
            (!names.is_empty()).then(|| clear_field(&cleared)),
            filters,
            list.is_some_and(|list| !list.summary.is_empty()),
            list.is_some(),
            matches!(operation.response_format, ResponseFormat::Log { .. }),
        ),
    )
}

/// Returns the shape of the innermost items, since a filter compares its argument with each item of an array.
fn innermost(shape: Shape<'_>) -> Shape<'_> {
    match shape.kind {
        ShapeKind::Array { items, .. } => innermost(*items),
        _ => shape,
    }
}

fn output_shape<'a>(shapes: &Shapes<'a>, operation: &'a Operation) -> OutputShape<'a> {
    if let Some(list) = &operation.list {
        return OutputShape::List {
            items: &list.items,
            item_type: shapes.shape(&list.item_type),
        };
    }
    match (&operation.response_format, &operation.returns) {
        (ResponseFormat::Text { .. }, _) => OutputShape::Text,
        (ResponseFormat::Lines { .. }, _) => OutputShape::Lines,
        (ResponseFormat::Log { .. }, _) => OutputShape::Log,
        (ResponseFormat::Json, Some(ty)) => OutputShape::Json(shapes.shape(ty)),
        (ResponseFormat::Json, None) => OutputShape::Status,
    }
}

fn file(tools: &[DescribedTool]) -> Value {
    let apis: Vec<&str> = tools.iter().map(|tool| tool.api.as_str()).collect();
    let mut file = Map::from_iter([("apis".to_owned(), json!(apis))]);
    let Some((first, others)) = tools.split_first() else {
        return Value::Object(file);
    };
    let base = reviewed(first);
    file.extend(base.clone());
    let mut differences = Map::new();
    for other in others {
        let own = difference(&base, &reviewed(other));
        if !own.is_empty() {
            differences.insert(other.api.clone(), Value::Object(own));
        }
    }
    if !differences.is_empty() {
        file.insert("differences".to_owned(), Value::Object(differences));
    }
    Value::Object(file)
}

/// Returns the tool with the short notation of its output.
fn reviewed(tool: &DescribedTool) -> Map<String, Value> {
    let mut members = tool.tool.clone();
    members.insert("output".to_owned(), wrapped(&tool.output));
    members
}

/// Returns a signature, or its lines if it is longer than one. Lines end between members.
fn wrapped(signature: &str) -> Value {
    let mut lines: Vec<String> = Vec::new();
    for member in signature.split_inclusive(", ") {
        match lines.last_mut() {
            Some(line) if line.len() + member.trim_end().len() <= SIGNATURE_WIDTH => {
                line.push_str(member);
            }
            _ => lines.push(member.to_owned()),
        }
    }
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    match lines.as_slice() {
        [line] => json!(line),
        lines => json!(lines),
    }
}

/// Returns the members of `new` that differ from those of `old`, as a JSON Merge Patch (RFC 7396): a removed member is `null`.
fn difference(old: &Map<String, Value>, new: &Map<String, Value>) -> Map<String, Value> {
    let mut patch = Map::new();
    for (name, value) in new {
        let change = match (old.get(name), value) {
            (Some(old), new) if old == new => continue,
            (Some(Value::Object(old)), Value::Object(new)) => Value::Object(difference(old, new)),
            (_, new) => new.clone(),
        };
        patch.insert(name.clone(), change);
    }
    let removed = old.keys().filter(|name| !new.contains_key(*name));
    patch.extend(removed.map(|name| (name.clone(), Value::Null)));
    patch
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_differences_are_stated() {
        let rows = [
            (json!({"a": 1}), json!({"a": 1}), json!({})),
            (
                json!({"a": 1, "b": {"c": [1], "d": 2}, "e": 3}),
                json!({"a": 2, "b": {"c": [2], "d": 2, "f": 4}}),
                json!({"a": 2, "b": {"c": [2], "f": 4}, "e": null}),
            ),
            (json!({"a": {"b": 1}}), json!({"a": 1}), json!({"a": 1})),
        ];
        for (old, new, expected) in rows {
            let patch = difference(old.as_object().unwrap(), new.as_object().unwrap());
            assert_eq!(Value::Object(patch), expected, "{old} -> {new}");
        }
    }

    #[test]
    fn long_signatures_are_wrapped_between_members() {
        assert_eq!(wrapped("{a: string}"), json!("{a: string}"));
        let member = format!("{}: string", "a".repeat(40));
        let text = format!("{{{member}, {member}}}");
        assert_eq!(
            wrapped(&text),
            json!([format!("{{{member},"), format!("{member}}}")])
        );
    }
}
