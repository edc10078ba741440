//! The diff of a pull request that removes one tool from the allowlist of this project: one block in each API, one schema, one row.
//!
//! Tools of a toolset share types. If an entry overrides fields of a shared type, every entry that uses the type must contain the same override. Otherwise, removing one entry changes the other tools. This test detects missing overrides.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::rustfmt::rustfmt;
use mcp_codegen::Input;
use mcp_codegen::emit::emit;
use similar::{ChangeTag, TextDiff};

/// Removes each tool. Toolsets share only the files that list them, so one tool of each toolset is removed at the same time.
#[test]
fn one_tool_less_is_one_block_less() {
    let inputs = inputs();
    let whole = files(&inputs);
    let most = inputs.iter().map(|input| entries(input).len()).max();
    let mut tools = BTreeSet::new();
    let mut diagnostics = Vec::new();
    for round in 0..most.unwrap() {
        let mut fewer = Vec::new();
        let mut toolsets = BTreeSet::new();
        for input in &inputs {
            let entries = entries(input);
            let entry = entries.get(round);
            toolsets.extend(entry.map(|_| toolset(&input.path)));
            match entry {
                Some(_) if entries.len() == 1 => {}
                Some(entry) => fewer.push(Input {
                    path: input.path.clone(),
                    text: input.text.replacen(entry, "", 1),
                }),
                None => fewer.push(input.clone()),
            }
        }
        let fewer = files(&fewer);
        let gone: BTreeSet<&str> = whole
            .keys()
            .filter(|path| !fewer.contains_key(*path))
            .filter_map(|path| tool(path))
            .collect();
        if gone.len() != toolsets.len() {
            diagnostics.push(format!(
                "one tool less in {toolsets:?}, but without {gone:?}"
            ));
        }
        diagnostics.extend(compare(&whole, &fewer, &toolsets, &gone));
        tools.extend(gone);
    }
    assert!(diagnostics.is_empty(), "{}", diagnostics.join("\n"));
    assert_eq!(tools, whole.keys().filter_map(|path| tool(path)).collect());
}

/// Returns the unexpected differences if one tool of each of these toolsets is missing.
fn compare(
    whole: &BTreeMap<String, String>,
    fewer: &BTreeMap<String, String>,
    toolsets: &BTreeSet<&str>,
    gone: &BTreeSet<&str>,
) -> Vec<String> {
    let mut diagnostics = Vec::new();
    // A toolset that loses its only tool in an API is removed too.
    let without: BTreeSet<&str> = whole
        .keys()
        .filter(|path| path.ends_with(".rs") && !fewer.contains_key(*path))
        .map(|path| toolset(path))
        .collect();
    let mut blocks = BTreeSet::new();
    let (whole, types) = without_types(whole);
    let (fewer, left) = without_types(fewer);
    for (api, text) in left.difference(&types) {
        diagnostics.push(format!("without {gone:?}, {api} has the new type\n{text}"));
    }
    for (path, before) in &whole {
        let after = match fewer.get(path) {
            Some(after) if after == before => continue,
            Some(after) => after,
            None if tool(path).is_some() => continue,
            None if before.matches("#[tool(").count() == 1 => "",
            None => {
                diagnostics.push(format!("{path} is gone"));
                continue;
            }
        };
        let lost = |tool: &&&str| before.contains(&format!("name = \"{tool}\""));
        let lost: Vec<_> = gone.iter().filter(lost).collect();
        let Some(hunks) = removed(before, after) else {
            diagnostics.push(format!("without {lost:?}, {path} has new lines"));
            continue;
        };
        let text = hunks.concat();
        let expected = if path.ends_with("/mod.rs") {
            let modules = text
                .lines()
                .filter_map(|line| line.strip_prefix("pub mod "));
            let modules: Vec<_> = modules.map(|module| module.trim_end_matches(';')).collect();
            !modules.is_empty() && modules.iter().all(|module| without.contains(module))
        } else if path.ends_with("catalogue.md") {
            let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
            let rows: Vec<_> = rows.filter_map(|row| row.split('`').next()).collect();
            rows.len() == gone.len() && rows.iter().all(|row| gone.contains(row))
        } else {
            toolsets.contains(toolset(path)) && is_one_block(&hunks, gone, &mut blocks)
        };
        if !expected {
            diagnostics.push(format!("without {lost:?}, {path} lacks\n{text}"));
        }
    }
    if blocks.len() != gone.len() {
        diagnostics.push(format!(
            "without {gone:?}, the blocks gone are those of {blocks:?}"
        ));
    }
    diagnostics
}

/// Returns whether the hunks are the block of one of the tools and the anonymous types that only this tool had.
fn is_one_block(hunks: &[String], gone: &BTreeSet<&str>, blocks: &mut BTreeSet<String>) -> bool {
    let (block, types): (Vec<&String>, Vec<&String>) =
        hunks.iter().partition(|hunk| hunk.contains("#[tool("));
    let [block] = block.as_slice() else {
        return false;
    };
    let name = block
        .split("name = \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    blocks.extend(name.map(ToOwned::to_owned));
    block.matches("#[tool(").count() == 1
        && name.is_some_and(|name| gone.contains(name))
        && types.iter().all(|hunk| hunk.contains("#[derive(Schema)]"))
}

/// Splits the files into their text without named types, and the named types by API. A type moves to another file when a second toolset uses it, but its definition stays the same.
fn without_types(
    files: &BTreeMap<String, String>,
) -> (BTreeMap<String, String>, BTreeSet<(&str, String)>) {
    let mut rest = BTreeMap::new();
    let mut types = BTreeSet::new();
    for (path, text) in files {
        let by_name = if path.ends_with("/shared.rs") {
            text.split_once("use runtime::prelude::*;\n")
                .map_or("", |(_, types)| types)
                .to_owned()
        } else {
            let (tools, types) = text
                .split_once("\n    // Types, by name.\n")
                .unwrap_or((text.strip_suffix("}\n").unwrap_or(text), ""));
            let tools = tools.replace("\n    use super::super::shared::*;\n", "");
            rest.insert(path.clone(), tools);
            types.replace("\n    ", "\n")
        };
        let api = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut definition = String::new();
        for line in by_name.lines() {
            definition.push_str(line);
            definition.push('\n');
            if line.starts_with('}') || (line.starts_with("pub ") && line.ends_with("{}")) {
                // The indentation determines where a comment is wrapped.
                let words = definition.split_whitespace().filter(|word| *word != "///");
                types.insert((api, words.collect::<Vec<_>>().join(" ")));
                definition.clear();
            }
        }
    }
    (rest, types)
}

/// Returns the toolset of a file, which is the file's name without folder and extension.
fn toolset(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split('.').next().unwrap_or(name)
}

/// Returns the tool whose schema the file contains.
fn tool(path: &str) -> Option<&str> {
    path.strip_prefix("generated/schemas/")?
        .strip_suffix(".json")
}

/// Returns the hunks that are missing from `after`, or `None` if anything else differs.
fn removed(before: &str, after: &str) -> Option<Vec<String>> {
    let diff = TextDiff::from_lines(before, after);
    let mut hunks: Vec<String> = Vec::new();
    let mut open = false;
    for change in diff.iter_all_changes() {
        match change.tag() {
            ChangeTag::Insert => return None,
            ChangeTag::Equal => open = false,
            ChangeTag::Delete if open => hunks.last_mut()?.push_str(change.value()),
            ChangeTag::Delete => {
                hunks.push(change.value().to_owned());
                open = true;
            }
        }
    }
    Some(hunks)
}

/// Returns the entries of an allowlist file as written.
fn entries(input: &Input) -> Vec<&str> {
    if !input.path.starts_with("specs/tools/") {
        return Vec::new();
    }
    let starts: Vec<usize> = input
        .text
        .match_indices("\n  - method:")
        .map(|(at, _)| at + 1)
        .chain([input.text.len()])
        .collect();
    starts
        .windows(2)
        .map(|pair| &input.text[pair[0]..pair[1]])
        .collect()
}

fn files(inputs: &[Input]) -> BTreeMap<String, String> {
    let (catalog, _undecided) = mcp_codegen::Workspace::read(inputs)
        .into_draft()
        .unwrap_or_else(|errors| {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            panic!("{}", errors.join("\n"))
        });
    let files = emit(&catalog).unwrap().into_iter();
    let mut files: BTreeMap<_, _> = files.map(|file| (file.path, file.text)).collect();
    rustfmt(files.iter_mut().map(|(path, text)| (path.as_str(), text))).unwrap();
    files
}

/// Returns all files in `specs/`.
fn inputs() -> Vec<Input> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut inputs = Vec::new();
    for folder in ["specs", "specs/tools", "specs/openapi"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                inputs.push(Input {
                    path: format!("{folder}/{}", entry.file_name().to_str().unwrap()),
                    text: std::fs::read_to_string(entry.path()).unwrap(),
                });
            }
        }
    }
    inputs
}
