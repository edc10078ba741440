//! Requests to the discovery tools. Selections and argument checks are the same as for direct calls.

use rmcp::model::JsonObject;
use runtime::args::CheckedArguments;
use runtime::tool::Effect;
use runtime::{
    CallError, DetectedServer, ErrorCode, RateLimit, Tool, ToolOutput, call, json_schema,
};
use serde_json::{Value, json};

use crate::discovery_tools::{DESCRIBE, FIND};
use crate::offer::OfferedTools;
use crate::product::product;

/// Default number of tools that a query returns.
const USUAL: usize = 10;

/// Number of tools that are proposed for an unknown name.
const PROPOSED: usize = 3;

/// Maximum length of a description in a list, in characters.
const LINE: usize = 200;

/// Request to one of the discovery tools.
#[derive(Debug)]
pub(crate) enum DiscoveryRequest {
    /// Search for tools.
    Find(ToolSearch),
    /// Description of a tool.
    Describe { name: String },
    /// Call of a tool.
    Call { name: String, arguments: JsonObject },
}

/// Criteria of a search for tools.
#[derive(Debug, Default)]
pub(crate) struct ToolSearch {
    query: String,
    toolset: Option<String>,
    limit: Option<u64>,
}

/// Checks the arguments of a call of a discovery tool and returns the request.
pub(crate) fn requested(
    tool: &'static Tool,
    arguments: JsonObject,
) -> Result<DiscoveryRequest, CallError> {
    let given = call::checked(tool, arguments)?;
    Ok(match tool.name {
        name if name == FIND.name => DiscoveryRequest::Find(ToolSearch {
            query: text(&given, "query").unwrap_or_default(),
            toolset: text(&given, "toolset").filter(|toolset| !toolset.trim().is_empty()),
            limit: given.given("limit").and_then(Value::as_u64),
        }),
        name if name == DESCRIBE.name => DiscoveryRequest::Describe {
            name: text(&given, "name").unwrap_or_default(),
        },
        _ => DiscoveryRequest::Call {
            name: text(&given, "name").unwrap_or_default(),
            arguments: given
                .given("arguments")
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default(),
        },
    })
}

fn text(given: &CheckedArguments, name: &str) -> Option<String> {
    given.given(name).and_then(Value::as_str).map(str::to_owned)
}

impl ToolSearch {
    /// Finds the tools that match the query, best first. Without a query, lists the tools of the toolset, or the toolsets if no toolset is given.
    pub(crate) fn run(
        self,
        offer: &OfferedTools,
        known: Option<&DetectedServer>,
    ) -> Result<Value, CallError> {
        if let Some(toolset) = &self.toolset {
            check_toolset(offer, known, toolset)?;
        }
        let searched = !self.query.trim().is_empty();
        if !searched && self.toolset.is_none() {
            return Ok(json!({"toolsets": toolsets(offer, known)}));
        }
        let mut found = if searched {
            offer.search(known, &self.query)
        } else {
            offer.tools(known).collect()
        };
        if let Some(toolset) = &self.toolset {
            found.retain(|tool| tool.toolset == toolset);
        }
        if found.is_empty() {
            return Ok(json!({"tools": [], "hint": NOTHING}));
        }
        // Without a query the tools are not ranked, so all tools are returned by default.
        let usual = if searched { USUAL } else { found.len() };
        let limit = self.limit.and_then(|limit| usize::try_from(limit).ok());
        let limit = limit.unwrap_or(usual);
        let tools: Vec<_> = found.iter().take(limit).copied().map(line).collect();
        Ok(json!({"tools": tools, "more": found.len().saturating_sub(limit)}))
    }
}

/// Hint of a result without tools.
const NOTHING: &str =
    "No tool matches these words; try other words, or omit the query to see the toolsets.";

fn check_toolset(
    offer: &OfferedTools,
    known: Option<&DetectedServer>,
    toolset: &str,
) -> Result<(), CallError> {
    let mut names: Vec<_> = offer.tools(known).map(|tool| tool.toolset).collect();
    names.dedup();
    if names.contains(&toolset) {
        return Ok(());
    }
    Err(invalid_arguments(format!("unknown toolset `{toolset}`"))
        .hint(format!("The toolsets are {}.", names.join(", "))))
}

/// Returns the toolsets with their numbers of tools.
fn toolsets(offer: &OfferedTools, known: Option<&DetectedServer>) -> Vec<Value> {
    let tools: Vec<_> = offer.tools(known).collect();
    tools
        .chunk_by(|tool, next| tool.toolset == next.toolset)
        .filter_map(|tools| Some((tools.first()?, tools.len())))
        .map(|(tool, count)| json!({"name": tool.toolset, "tags": tool.tags, "tools": count}))
        .collect()
}

fn line(tool: &Tool) -> Value {
    json!({"name": tool.name, "description": first_sentence(tool.description), "effect": effect(tool)})
}

/// Returns the effect of a tool as one word.
fn effect(tool: &Tool) -> &'static str {
    match tool.effect {
        Effect {
            read_only: true, ..
        } => "read",
        Effect {
            destructive: true, ..
        } => "destructive",
        _ => "write",
    }
}

/// Returns the first sentence of a text on one line, shortened to [`LINE`] characters.
fn first_sentence(text: &str) -> String {
    let end = text.match_indices(". ").find(|(at, dot)| {
        let next = text.get(at + dot.len()..).unwrap_or_default();
        next.starts_with(char::is_uppercase)
    });
    let sentence = end.map_or(text, |(at, _)| text.get(..=at).unwrap_or(text));
    let line = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LINE) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// Describes a tool as `tools/list` does, with its effect and without its output schema.
pub(crate) fn describe(
    offer: &OfferedTools,
    known: Option<&DetectedServer>,
    name: &str,
) -> Result<Value, CallError> {
    if let Some(tool) = offer.tools(known).find(|tool| tool.is_called(name)) {
        return Ok(json!({
            "name": tool.name,
            "title": tool.title,
            "description": known.map_or(tool.description, |known| known.description(tool)),
            "effect": effect(tool),
            "inputSchema": json_schema::input_schema(tool),
            "annotations": json_schema::annotations(tool),
        }));
    }
    let error = match offer.find(known, name) {
        Ok(_) => invalid_arguments(format!(
            "tool `{name}` does not exist in this {}",
            product().upstream
        )),
        Err(no) => invalid_arguments(no.message(name)),
    };
    let near = offer.search(known, name);
    let near: Vec<_> = near.iter().take(PROPOSED).map(|tool| tool.name).collect();
    Err(if near.is_empty() {
        error.hint(format!("{} finds tools by words.", FIND.name))
    } else {
        error.hint(format!("The most similar tools are {}.", near.join(", ")))
    })
}

fn invalid_arguments(detail: String) -> CallError {
    CallError::new(
        ErrorCode::InvalidArguments,
        "The arguments do not fit the tool",
    )
    .detail(detail)
}

/// Converts the result of a discovery tool to a tool result.
pub(crate) fn answer(result: Result<Value, CallError>) -> ToolOutput {
    let error = result.as_ref().err().map(|error| error.code);
    ToolOutput {
        json: result.unwrap_or_else(|error| error.to_json()).to_string(),
        error,
        status: None,
        rate_limit: RateLimit::default(),
        subject: None,
    }
}

#[cfg(test)]
mod tests;
