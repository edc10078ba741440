//! Compares the keys of YAML files that the generator accepts with those that the documentation explains.

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::allowed::Finding;
use super::repository::Repository;

/// Files that explain the keys.
const DOCUMENTATION: [&str; 2] = ["specs/README.md", "examples/tidewater-mcp/README.md"];

/// Folder of the code that reads the keys.
const CODE: &str = "codegen/src/allowlist/";

/// Returns keys that are accepted but not explained, and keys with a row in a table that are not accepted.
pub(crate) fn find(repository: &Repository) -> Vec<Finding> {
    let accepted = accepted(repository);
    let documentation = DOCUMENTATION.map(|path| (path, repository.text(path).unwrap_or_default()));
    let words: Vec<&str> = documentation
        .iter()
        .flat_map(|(_, text)| words(text))
        .collect();
    let undocumented = accepted
        .iter()
        .filter(|(key, _)| !words.contains(&key.as_str()));
    let mut findings: Vec<Finding> = undocumented
        .map(|(key, place)| Finding {
            key: format!("accepted: {key}"),
            message: format!(
                "{place}: key `{key}` is not explained in {}",
                DOCUMENTATION[0]
            ),
        })
        .collect();
    for (path, text) in documentation {
        for (line, key) in table_keys(text) {
            if !accepted.contains_key(key) {
                findings.push(Finding {
                    key: format!("documented: {key}"),
                    message: format!("{path}:{line}: no file in {CODE} accepts the key `{key}`"),
                });
            }
        }
    }
    findings
}

/// Returns all words in the code of a Markdown text, in spans and in blocks.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split('`').skip(1).step_by(2);
    let blocks = text.split("```").skip(1).step_by(2);
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.chain(blocks)
        .flat_map(move |code| code.split(move |c| !is_part(c)))
}

/// Returns the keys in the first column of the tables of keys, with their lines.
fn table_keys(text: &str) -> Vec<(usize, &str)> {
    let (mut keys, mut is_table) = (Vec::new(), false);
    for (index, line) in text.lines().enumerate() {
        if !line.starts_with('|') {
            is_table = false;
        } else if line.starts_with("| Key ") {
            is_table = true;
        } else if is_table {
            let column = line.split('|').nth(1).unwrap_or_default();
            // "`from` in `read_back`" is the key `from`.
            let column = column.split(" in `").next().unwrap_or_default();
            let spans = column.split('`').skip(1).step_by(2);
            let key = |span: &'_ str| span.split(':').next().unwrap_or_default().len();
            keys.extend(spans.map(|span| (index + 1, &span[..key(span)])));
        }
    }
    keys
}

/// Returns the keys in the code, with the place of each: the first arguments of methods of `map`, and the elements of arrays that are named `keys` or `…KEYS`, or that are passed to `map`.
fn accepted(repository: &Repository) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    for file in repository.with_extension("rs") {
        if file.path.starts_with(CODE) && !file.path.ends_with("tests.rs") {
            collect(file.text.parse().unwrap(), &file.path, &mut keys);
        }
    }
    keys
}

fn collect(tokens: TokenStream, path: &str, keys: &mut BTreeMap<String, String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut is_named = false;
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(name) => {
                let name = name.to_string();
                is_named |= name == "keys" || name.ends_with("KEYS");
            }
            TokenTree::Punct(punct) if punct.as_char() == ';' => is_named = false,
            TokenTree::Group(group) => {
                if is_named {
                    add_array(group, path, keys);
                }
                let before = |distance: usize, text: &str| {
                    let token = index.checked_sub(distance).map(|index| &tokens[index]);
                    // Groups are large, and none of them is one of the texts.
                    token.is_some_and(|token| {
                        !matches!(token, TokenTree::Group(_)) && token.to_string() == text
                    })
                };
                if before(1, "map") {
                    for token in group.stream() {
                        if let TokenTree::Group(group) = token {
                            add_array(&group, path, keys);
                        }
                    }
                }
                // `map.method("key", …)` or `map.method::<T>("key", …)`, and the same with `read`, which reads overrides from a map.
                let is_map = |distance| before(distance, "map") || before(distance, "read");
                if (3..9).any(|distance| is_map(distance) && before(distance - 1, ".")) {
                    let first = group.stream().into_iter().next();
                    first.iter().for_each(|token| add(token, path, keys));
                }
                collect(group.stream(), path, keys);
            }
            _ => {}
        }
    }
}

/// Adds the elements of an array of texts.
fn add_array(group: &proc_macro2::Group, path: &str, keys: &mut BTreeMap<String, String>) {
    if group.delimiter() != Delimiter::Bracket {
        return;
    }
    group
        .stream()
        .into_iter()
        .for_each(|token| add(&token, path, keys));
}

/// Adds a token if it is a text.
fn add(token: &TokenTree, path: &str, keys: &mut BTreeMap<String, String>) {
    if !matches!(token, TokenTree::Literal(_)) {
        return;
    }
    let text = token.to_string();
    let key = text.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let is_key = |key: &&str| key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if let Some(key) = key.filter(is_key) {
        let place = format!("{path}:{}", token.span().start().line);
        keys.entry(key.to_owned()).or_insert(place);
    }
}
