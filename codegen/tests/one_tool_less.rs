//! What a pull request shows that takes one tool out of the allowlist of this project: one block in each API, one schema, one row.
//!
//! Tools of a toolset share types. What an entry says about the fields of one must therefore stand in each entry that takes it, or the others lose it with that entry: this is the test that notices.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::collections::BTreeMap;
use std::path::Path;

use mcp_codegen::Input;
use mcp_codegen::emit::emit;
use similar::{ChangeTag, TextDiff};

#[test]
fn one_tool_less_is_one_block_less() {
    let inputs = inputs();
    let whole = files(&inputs);
    let mut tools = 0;
    let mut problems = Vec::new();
    for (file, input) in inputs.iter().enumerate() {
        let entries = entries(input);
        for entry in &entries {
            let mut fewer = inputs.clone();
            if entries.len() > 1 {
                fewer[file].text = input.text.replacen(entry, "", 1);
            } else {
                fewer.remove(file);
            }
            problems.extend(compare(&whole, &files(&fewer)));
            tools += 1;
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    let schemas = whole.keys().filter(|path| path.contains("/schemas/"));
    assert_eq!(tools, schemas.count());
}

/// Says what else is different where one tool is missing.
fn compare(whole: &BTreeMap<String, String>, fewer: &BTreeMap<String, String>) -> Vec<String> {
    let gone: Vec<&String> = whole
        .keys()
        .filter(|path| !fewer.contains_key(*path))
        .collect();
    let tools: Vec<&str> = gone
        .iter()
        .filter_map(|path| {
            path.strip_prefix("generated/schemas/")?
                .strip_suffix(".json")
        })
        .collect();
    let [tool] = tools.as_slice() else {
        return vec![format!("not one schema, but {gone:?}")];
    };
    let toolset_gone = gone.len() > 1;
    fewer
        .iter()
        .filter(|(path, after)| whole[*path] != **after)
        // Without its only tool, a toolset goes, too.
        .filter(|(path, _)| !(toolset_gone && path.ends_with("/mod.rs")))
        .filter_map(|(path, after)| {
            let problem = match removed(&whole[path], after) {
                None => "has new lines".to_owned(),
                Some(hunks) => wrong_hunks(path, tool, &hunks)?,
            };
            Some(format!("without `{tool}`, {path} {problem}"))
        })
        .collect()
}

/// What is wrong with the lines that are missing from a file.
fn wrong_hunks(path: &str, tool: &str, hunks: &[String]) -> Option<String> {
    let text = hunks.concat();
    let expected = if path.ends_with("catalogue.md") {
        let rows = text.lines().filter(|line| line.starts_with("| `"));
        text.contains(&format!("| `{tool}` |")) && rows.count() == 1
    } else if path.ends_with(".rs") {
        let (blocks, types): (Vec<&String>, Vec<&String>) =
            hunks.iter().partition(|hunk| hunk.contains("#[tool("));
        blocks.len() == 1
            && text.matches("#[tool(").count() == 1
            && text.contains(&format!("name = \"{tool}\""))
            && types.iter().all(|hunk| hunk.contains("#[derive(Schema)]"))
    } else {
        false
    };
    (!expected).then(|| format!("lacks\n{text}"))
}

/// The hunks that are missing from `after`; `None` if anything else is different.
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

/// The entries of an allowlist file, as written.
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
    let (catalog, _undecided) = mcp_codegen::draft(inputs).unwrap_or_else(|errors| {
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        panic!("{}", errors.join("\n"))
    });
    let files = emit(&catalog).unwrap().into_iter();
    files.map(|file| (file.path, file.text)).collect()
}

/// Everything in `specs/`.
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
