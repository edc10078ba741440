//! Discovery tools for `--discover`: three tools instead of all, for clients that would pass the whole catalogue to their model. One tool finds tools by words, one describes a tool, and one calls a tool. Selections and argument checks are the same as for direct calls.

use std::sync::LazyLock;

use rmcp::model::JsonObject;
use runtime::args::CheckedArguments;
use runtime::schema::{Additional, Field, Kind, Shape, StringRules};
use runtime::tool::{Effect, Parameter};
use runtime::{
    CallError, DetectedServer, ErrorCode, RateLimit, Tool, ToolOutput, call, json_schema,
};
use serde_json::{Map, Value, json};

use crate::offer::{self, Offer};
use crate::product::{product, words};
pub(crate) use rank::Index;

mod rank;
mod words;

/// Instructions about the discovery tools, which a model receives at the start of a conversation.
pub(crate) const INSTRUCTIONS: &str = "\
The tools for it are not listed: %FIND% finds them, %DESCRIBE% shows the arguments of one, %CALL% calls it.";

/// Default number of tools that a query returns.
const USUAL: usize = 10;

/// Number of tools that are proposed for an unknown name.
const PROPOSED: usize = 3;

/// Maximum length of a description in a list, in characters.
const LINE: usize = 200;

static FIND: LazyLock<Tool> = LazyLock::new(|| {
    const TOOL: Tool = tool(
        "%FIND%",
        "Find tools",
        "Find the tools for a task in %TITLE% by words, best first, with what each does and whether it reads, writes or destroys. Without a query lists the toolsets, or all tools of one.",
        READ,
        &[
            optional(
                "query",
                "What is to be done, such as failed runs today, create user.",
                TEXT,
            ),
            optional("toolset", "Only tools of this toolset.", TEXT),
            optional(
                "limit",
                "Most tools to return; 10 by default for a query.",
                Kind::Integer {
                    min: Some(1),
                    max: Some(200),
                },
            ),
        ],
    );
    named(&TOOL)
});

static DESCRIBE: LazyLock<Tool> = LazyLock::new(|| {
    const TOOL: Tool = tool(
        "%DESCRIBE%",
        "Describe a tool",
        "Get the description, the arguments (JSON Schema) and the effects of a tool that was found. Read it before the first call.",
        READ,
        &[NAME],
    );
    named(&TOOL)
});

static CALL: LazyLock<Tool> = LazyLock::new(|| {
    named(&call_tool(Effect {
        read_only: false,
        destructive: true,
        idempotent: false,
    }))
});

/// Variant of [`CALL`] for a client that can call only tools that read.
static CALL_TO_READ: LazyLock<Tool> = LazyLock::new(|| named(&call_tool(READ)));

const READ: Effect = Effect {
    read_only: true,
    destructive: false,
    idempotent: true,
};

const TEXT: Kind = Kind::String(StringRules::ANY);

const OBJECT: Kind = Kind::Object {
    fields: &[],
    additional: Additional::Open(&Shape {
        kind: Kind::Any,
        nullable: false,
    }),
};

const NAME: Parameter = required("name", "Name of the tool.", TEXT);

const fn call_tool(effect: Effect) -> Tool {
    const PARAMS: &[Parameter] = &[
        NAME,
        Parameter {
            // The arguments can contain passwords.
            secret: true,
            ..optional("arguments", "Its arguments by name.", OBJECT)
        },
    ];
    tool(
        "%CALL%",
        "Call a tool",
        "Call a tool that was found, with the arguments that its description asks for. Returns what the tool returns.",
        effect,
        PARAMS,
    )
}

/// Fills the placeholders of a discovery tool. The texts are leaked, because each tool is created only once.
fn named(tool: &Tool) -> Tool {
    Tool {
        name: words(tool.name).leak(),
        title: tool.title,
        description: words(tool.description).leak(),
        effect: tool.effect,
        parameters: tool.parameters,
        ..Tool::LOCAL
    }
}

const fn tool(
    name: &'static str,
    title: &'static str,
    description: &'static str,
    effect: Effect,
    parameters: &'static [Parameter],
) -> Tool {
    Tool {
        name,
        title,
        description,
        effect,
        parameters,
        ..Tool::LOCAL
    }
}

const fn required(name: &'static str, description: &'static str, kind: Kind) -> Parameter {
    let mut param = optional(name, description, kind);
    param.field.required = true;
    param
}

const fn optional(name: &'static str, description: &'static str, kind: Kind) -> Parameter {
    Parameter::local(Field {
        name,
        description,
        required: false,
        shape: Shape {
            kind,
            nullable: false,
        },
        default: "",
        example: "",
    })
}

/// Request to one of the discovery tools.
#[derive(Debug)]
pub(crate) enum Wanted {
    /// Search for tools.
    Find(Find),
    /// Description of a tool.
    Describe { name: String },
    /// Call of a tool.
    Call { name: String, arguments: JsonObject },
}

/// Criteria of a search for tools.
#[derive(Debug, Default)]
pub(crate) struct Find {
    query: String,
    toolset: Option<String>,
    limit: Option<u64>,
}

/// Returns the discovery tools, for a client that can only read or also write.
pub(crate) fn tools(read_only: bool) -> [&'static Tool; 3] {
    let call = if read_only { &CALL_TO_READ } else { &CALL };
    [&FIND, &DESCRIBE, call]
}

/// Converts a discovery tool to the form that clients receive.
pub(crate) fn render(tool: &'static Tool) -> rmcp::model::Tool {
    let mut rendered = offer::render(tool);
    // The results have no common schema.
    rendered.output_schema = None;
    rendered
}

/// Checks the arguments of a call of a discovery tool and returns the request.
pub(crate) fn wanted(tool: &'static Tool, arguments: JsonObject) -> Result<Wanted, CallError> {
    let given = call::checked(tool, arguments)?;
    Ok(match tool.name {
        name if name == FIND.name => Wanted::Find(Find {
            query: text(&given, "query").unwrap_or_default(),
            toolset: text(&given, "toolset").filter(|toolset| !toolset.trim().is_empty()),
            limit: given.given("limit").and_then(Value::as_u64),
        }),
        name if name == DESCRIBE.name => Wanted::Describe {
            name: text(&given, "name").unwrap_or_default(),
        },
        _ => Wanted::Call {
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

impl Find {
    /// Finds the tools that match the query, best first. Without a query, lists the tools of the toolset, or the toolsets if no toolset is given.
    pub(crate) fn run(
        self,
        offer: &Offer,
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
    "No tool has these words: try others, or leave out the query to see the toolsets.";

fn check_toolset(
    offer: &Offer,
    known: Option<&DetectedServer>,
    toolset: &str,
) -> Result<(), CallError> {
    let mut names: Vec<_> = offer.tools(known).map(|tool| tool.toolset).collect();
    names.dedup();
    if names.contains(&toolset) {
        return Ok(());
    }
    Err(unfit(format!("there is no toolset `{toolset}`"))
        .hint(format!("There are {}.", names.join(", "))))
}

/// Returns the toolsets with their numbers of tools.
fn toolsets(offer: &Offer, known: Option<&DetectedServer>) -> Vec<Value> {
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
    offer: &Offer,
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
        Ok(_) => unfit(format!(
            "tool `{name}` is not one of this {}",
            product().api
        )),
        Err(no) => unfit(no.message(name)),
    };
    let near = offer.search(known, name);
    let near: Vec<_> = near.iter().take(PROPOSED).map(|tool| tool.name).collect();
    Err(if near.is_empty() {
        error.hint(format!("{} finds tools by words.", FIND.name))
    } else {
        error.hint(format!("The most similar are {}.", near.join(", ")))
    })
}

fn unfit(detail: String) -> CallError {
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
    }
}

/// Creates the search index of these tools.
pub(crate) fn index<'a>(tools: impl Iterator<Item = &'a Tool>) -> Index {
    Index::new(tools.map(|tool| {
        let input = json_schema::input_schema(tool);
        let empty = Map::new();
        let properties = input.get("properties").and_then(Value::as_object);
        let properties = properties.unwrap_or(&empty);
        let names: Vec<_> = properties.keys().map(String::as_str).collect();
        let described = properties
            .values()
            .filter_map(|it| it.get("description")?.as_str());
        let described: Vec<_> = described.collect();
        [
            (3.0, tool.name.replacen(tool.method, "", 1)),
            (2.0, tool.method.to_owned()),
            (3.0, tool.title.to_owned()),
            (1.0, format!("{} {}", tool.toolset, tool.tags.join(" "))),
            (1.0, tool.description.to_owned()),
            (0.5, names.join(" ")),
            (0.3, described.join(" ")),
        ]
    }))
}

/// Returns the tools that match a query, best first. Tools with a much lower score than the best tool are left out.
pub(crate) fn search(
    index: &Index,
    query: &str,
    tools: impl Iterator<Item = Option<&'static Tool>>,
) -> Vec<&'static Tool> {
    let scores = index.scores(query);
    let mut found: Vec<_> = tools
        .enumerate()
        .filter_map(|(at, tool)| {
            let tool = tool?;
            Some((scores.get(&at)? * likelihood(tool), tool))
        })
        .collect();
    // The sort is stable, so tools with equal scores keep the order of the allowlist.
    found.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let best = found.first().map_or(0.0, |(score, _)| *score);
    let good = found
        .into_iter()
        .take_while(|(score, _)| *score >= best * WORST);
    good.map(|(_, tool)| tool).collect()
}

/// Minimum score of a result, as a fraction of the best score.
const WORST: f64 = 0.25;

/// Returns a factor for the score of a tool. If a query does not say otherwise, its author more often wants to read than to change, and a list rather than one item.
fn likelihood(tool: &Tool) -> f64 {
    match tool.effect {
        _ if tool.list.is_some() => 1.15,
        Effect {
            read_only: true, ..
        } => 1.08,
        Effect {
            destructive: true, ..
        } => 0.9,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests;
