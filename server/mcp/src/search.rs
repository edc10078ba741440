//! Search for tools by words.

use runtime::tool::Effect;
use runtime::{Tool, json_schema};
use serde_json::{Map, Value};

pub(crate) use rank::Index;

mod rank;
mod words;

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
