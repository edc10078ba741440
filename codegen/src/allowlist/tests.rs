//! Diagnostics about errors in one file.
#![allow(clippy::unwrap_used)]

use crate::reader::Reader;
use crate::yaml::Node;

use super::{apis, corrections, excluded, tools};

/// Returns the messages about a text, without the file name at their beginning.
fn messages<T>(text: &str, read: impl Fn(&mut Reader<'_>, &Node) -> T) -> String {
    let (mut reader, node) = Reader::open("f", text);
    if let Some(node) = node {
        read(&mut reader, &node);
    }
    let messages: Vec<_> = reader.errors.iter().map(ToString::to_string).collect();
    messages.join("\n")
}

/// Returns a toolset with one tool. The given text begins at line 3.
fn toolset(tool: &str) -> String {
    format!(
        "{{toolset: users, description: People., tools: [\n{{method: get, resource: user, title: T., description: D.,\n{tool}}}]}}"
    )
}

#[test]
fn yaml() {
    for (text, expected) in [
        ("", "f:1: this is not YAML: there is nothing in it"),
        (
            "# only this\n",
            "f:2: this is not YAML: there is nothing in it",
        ),
        (
            "a: [",
            "f:2: this is not YAML: while parsing a node, did not find expected node content",
        ),
        (
            "a: 1\n---\nb: 2\n",
            "f:2: several documents in one file are not read here; write the value out",
        ),
        (
            "toolset: &x users\ndescription: *x\ntools: []\n",
            "f:1: anchors are not read here; write the value out\nf:2: aliases are not read here; write the value out\nf:2: `description` is no text; other words and numbers need quotes",
        ),
        (
            "toolset: !x users\ndescription: d\ntools: []\n",
            "f:1: tags are not read here; write the value out",
        ),
        ("[a]: b", "f:1: this is not YAML: a key is one word"),
        (
            "toolset: users\ndescription: d\ntools: []\ntoolset: roles\n",
            "f:4: `toolset` stands here twice, first in line 1",
        ),
    ] {
        assert_eq!(messages(text, tools::read), expected, "{text:?}");
    }
}

#[test]
fn nesting_is_bounded() {
    let text = "- ".repeat(1000);
    assert_eq!(
        messages(&text, tools::read),
        "f:1: this is not YAML: it is nested too deeply"
    );
}

#[test]
fn toolsets() {
    for (text, expected) in [
        (
            "- a",
            "f:1: a toolset is no mapping; write `key: value` pairs",
        ),
        (
            "tools: []",
            "f:1: a toolset needs `toolset`\nf:1: a toolset needs `description`",
        ),
        (
            "toolset: Users\ndescription: d\ntools: x",
            "f:1: `Users` is no name of a-z, 0-9 and _ that begins with a letter\nf:3: `tools` is no list; write `[one, two]`, or a line with `- ` for each",
        ),
        (
            "toolset: users\ndescription: d\ntags: [rbac]\ntools:\n- {method: get, resource: user, title: T., description: D., operations: {a: x}, tags: [rbac]}",
            "f:5: `rbac` stands here twice, first in line 3",
        ),
        (
            "toolset: users\ndescription: d\ntags: [rbac, rbac]\ntools: []",
            "f:3: `rbac` stands here twice, first in line 3",
        ),
        (
            "toolset: users\ndescription: d\ntool: []",
            "f:3: a toolset has no key `tool` (did you mean `tools`?)",
        ),
    ] {
        assert_eq!(messages(text, tools::read), expected, "{text:?}");
    }
}

#[test]
fn tool_entries() {
    for (tool, expected) in [
        ("operations: {a: get_user}", ""),
        ("", "f:2: a tool needs `operations`"),
        (
            "operations: {a: get_user}, sumary: [x]",
            "f:3: a tool has no key `sumary` (did you mean `summary`?)",
        ),
        (
            "operations: {a: get_user}, frobnicate: 1",
            "f:3: a tool has no key `frobnicate`",
        ),
        (
            "operations: {\na: get_user,\na: get_users}",
            "f:5: `a` stands here twice, first in line 4",
        ),
        (
            "operations: [a]",
            "f:3: `operations` is no mapping; write `key: value` pairs",
        ),
        (
            "operations: {a: {merge_from: x}}",
            "f:3: an operation needs `id`",
        ),
        (
            "operations: {a: {id: x, read_back: {id: y}}}",
            "f:3: `read_back` needs `from`",
        ),
        (
            "operations: {a: {id: x, read_back: {id: y, slash: true}, not_applied: z}}",
            "",
        ),
        (
            "operations: {a: {id: x, read_back: {id: y, except: [{name: n}]}}}",
            "f:3: an entry of `except` needs `reason`",
        ),
        (
            "operations: {a: {id: x, not_applied: y}}",
            "f:3: `not_applied` without `read_back` is of no use",
        ),
        (
            "operations: {a: {id: x, note: [{before: '3.9', text: y}, {since: '3.9', text: z}]}}",
            "",
        ),
        (
            "operations: {a: {id: x, note: [{before: '3.9', text: y}, {text: z}]}}",
            "f:3: a text for some versions is without `since` and `before`; a text for all versions is not in a list",
        ),
        (
            "operations: {a: {id: x, note: [{before: 3.9, text: y}]}}",
            "f:3: `before` is no text; other words and numbers need quotes",
        ),
        (
            "operations: {a: {id: x, note: [{since: 'v3', text: y}]}}",
            "f:3: `v3` is no version, which is numbers with dots",
        ),
        (
            "operations: {a: 12}",
            "f:3: `a` is no text; other words and numbers need quotes",
        ),
        ("operations: {a: x}, id: [one, two]", ""),
        (
            "operations: {a: x}, tags: [own, R B]",
            "f:3: `R B` is no name of a-z, 0-9 and _ that begins with a letter",
        ),
        (
            "operations: {a: x}, effect: [destuctive]",
            "f:3: `destuctive` is no effect (did you mean `destructive`?)",
        ),
        (
            "operations: {a: x}, effect: [read_only]",
            "f:2: a tool needs `reason`",
        ),
        ("operations: {a: x}, effect: [read_only], reason: r", ""),
        (
            "operations: {a: x}, reason: r",
            "f:3: a `reason` without `effect: [read_only]` is of no use",
        ),
        ("operations: {a: x}, answer: log", ""),
        (
            "operations: {a: x}, answer: json",
            "f:3: `json` is no kind of answer (did you mean `ndjson`?)",
        ),
        (
            "operations: {a: x}, omit: [{names: ['*_gt']}]",
            "f:3: an entry of `omit` needs `reason`",
        ),
        (
            "operations: {a: x}, omit: ['*_gt']",
            "f:3: an entry of `omit` is no mapping; write `key: value` pairs",
        ),
        (
            "operations: {a: x}, summary: [one, {name: two, on: [a]}]",
            "",
        ),
        (
            "operations: {a: x}, filters: [{name: N}]",
            "f:3: `N` is no name of a-z, 0-9 and _ that begins with a letter",
        ),
        (
            "operations: {a: x}, filters: [{name: n, uniqe: true}]",
            "f:3: a filter has no key `uniqe` (did you mean `unique`?)",
        ),
        (
            "operations: {a: x}, filters: [{name: n, unique: yes}]",
            "f:3: `unique` is neither true nor false",
        ),
        (
            "operations: {a: x}, parameters: [{name: p}]",
            "f:3: an entry of `parameters` without any change is of no use",
        ),
        (
            "operations: {a: x}, parameters: [{name: p, description: d}]",
            "",
        ),
        (
            "operations: {a: x}, parameters: [{name: p, required: true}]",
            "f:3: an entry of `parameters` needs `reason`",
        ),
        (
            "operations: {a: x}, parameters: [{name: p, required: false, reason: r}]",
            "f:3: `required` is `true` or left out",
        ),
        (
            "operations: {a: x}, parameters: [{name: p, when_omitted: null}]",
            "f:3: an entry of `parameters` needs `reason`",
        ),
        (
            "operations: {a: x}, parameters: [{name: p, slash: true, when_omitted: [1], reason: r}]",
            "",
        ),
        (
            "operations: {a: x}, parameters: [{name: p, in: nowhere, description: d}]",
            "f:3: `nowhere` is no place",
        ),
        (
            "operations: {a: x}, parameters: [{name: p, min_items: -1, reason: r}]",
            "f:3: `min_items` is no number from 0 to 4294967295",
        ),
        (
            "operations: {a: x}, parameters: [{name: p, rename: P, reason: r}]",
            "f:3: `P` is no name of a-z, 0-9 and _ that begins with a letter",
        ),
    ] {
        assert_eq!(messages(&toolset(tool), tools::read), expected, "{tool}");
    }
}

#[test]
fn undocumented_tools() {
    for (tool, expected) in [
        (
            "title: T., operations: {a: x}",
            "f:2: tool `get user` has no description: say what it does, when to use it and what it returns",
        ),
        (
            "title: T.,\ndescription: '', operations: {a: x}",
            "f:3: tool `get user` has no description: say what it does, when to use it and what it returns",
        ),
        (
            "title: T.,\ndescription: ' ', operations: {a: x}",
            "f:3: tool `get user` has no description: say what it does, when to use it and what it returns",
        ),
        (
            "title: T.,\ndescription: , operations: {a: x}",
            "f:3: tool `get user` has no description: say what it does, when to use it and what it returns",
        ),
        (
            "title: T., description: [x], operations: {a: x}",
            "f:2: `description` is no text; other words and numbers need quotes",
        ),
        (
            "description: D., operations: {a: x}",
            "f:2: tool `get user` has no title: say what it does, when to use it and what it returns",
        ),
    ] {
        let text = format!(
            "{{toolset: t, description: d, tools: [\n{{method: get, resource: user, {tool}}}]}}"
        );
        assert_eq!(messages(&text, tools::read), expected, "{tool}");
    }
}

#[test]
fn a_broken_entry_hides_no_other() {
    let text = "toolset: t\ndescription: d\ntools:\n- method: get\n- 7\n- {method: list, resource: users, title: 3, description: D., operations: {a: x}}\n";
    let expected = "f:4: a tool needs `resource`\nf:4: tool `get ?` has no title: say what it does, when to use it and what it returns\nf:4: tool `get ?` has no description: say what it does, when to use it and what it returns\nf:4: a tool needs `operations`\nf:5: a tool is no mapping; write `key: value` pairs\nf:6: `title` is no text; other words and numbers need quotes";
    assert_eq!(messages(text, tools::read), expected);
}

#[test]
fn exclusions() {
    for (text, expected) in [
        ("excluded: []", ""),
        ("excluded:\n- {document: a, operations: [x], reason: r}", ""),
        (
            "excluded:\n- {document: a, operations: [x]}",
            "f:2: an exclusion needs `reason`",
        ),
        (
            "excluded:\n- {document: a, operations: x, reason: r}",
            "f:2: `operations` is no list; write `[one, two]`, or a line with `- ` for each",
        ),
        (
            "excluded:\n- {document: a, operation: [x], reason: r}",
            "f:2: an exclusion has no key `operation` (did you mean `operations`?)",
        ),
    ] {
        assert_eq!(messages(text, excluded::read), expected, "{text}");
    }
}

#[test]
fn correction_entries() {
    for (entry, expected) in [
        ("set: 1, reason: r, link: l", ""),
        ("expect: a, rename: b, reason: r, link: l", ""),
        ("remove: true, reason: r, link: l", ""),
        (
            "remove: true, set: 1, reason: r, link: l",
            "f:1: a correction is not one of `set`, `remove: true` and `rename`",
        ),
        (
            "remove: false, reason: r, link: l",
            "f:1: a correction is not one of `set`, `remove: true` and `rename`",
        ),
        ("set: 1, link: l", "f:1: a correction needs `reason`"),
        ("set: 1, reason: r", "f:1: a correction needs `link`"),
    ] {
        let text = format!("corrections: [{{document: a, at: /x, {entry}}}]");
        assert_eq!(messages(&text, corrections::read), expected, "{entry}");
    }
}

/// Returns `apis.yaml` with one line replaced.
fn apis_with(line: &str, instead: &str) -> String {
    let text = "names:
  list: list_{resource}
  get: get_{resource}
  create: create_{resource}
  update: update_{resource}
  delete: delete_{resource}
  other: '{verb}_{resource}'
documents:
  - { name: doc, source: doc.yaml }
apis:
  - name: api
    title: The API
    documents: [doc]
    version: { get: /version, at: /version }
    sign_in: { basic: {} }
    errors: { detail: [/detail] }
";
    assert!(text.contains(line), "{line}");
    text.replace(line, instead)
}

#[test]
fn apis_entries() {
    for (line, instead, expected) in [
        ("title", "title", ""),
        (
            "list_{resource}",
            "list_users",
            "f:2: `list_users` must hold `{resource}` and nothing else in braces",
        ),
        (
            "'{verb}_{resource}'",
            "'{verb}_{resource}_{x}'",
            "f:7: `{verb}_{resource}_{x}` must hold `{verb}` and `{resource}` and nothing else in braces",
        ),
        ("  get: get_{resource}\n", "", "f:2: `names` needs `get`"),
        (
            "[doc]",
            "[docs]",
            "f:13: `docs` is not a document of `documents` (did you mean `doc`?)\nf:9: document `doc` belongs to no API",
        ),
        ("[doc]", "[]", "f:9: document `doc` belongs to no API"),
        (
            "{ get: /version, at: /version }",
            "{ get: version, at: version }",
            "f:14: `version` is no path, which begins with `/`\nf:14: `version` is no JSON pointer, which begins with `/`",
        ),
        (
            "{ basic: {} }",
            "{}",
            "f:15: `sign_in` is not one of `token`, `basic` and `key` (a bearer token is `key: { header: Authorization, scheme: Bearer }`)",
        ),
        (
            "{ basic: {} }",
            "{ basic: { session: { get: /x, cookie: s, denied: [40] } } }",
            "f:15: `40` is no HTTP status, which is 100 to 599",
        ),
        (
            "{ basic: {} }",
            "{ token: { post: /t, username: u, password: p } }",
            "f:15: `token` needs `token`",
        ),
        (
            "[/detail]",
            "[/detail], hints: [{ status: 400, hint: h, code: refused }]",
            "f:16: `refused` is no error code",
        ),
        (
            "[/detail]",
            "[/detail], hints: [{ status: 400 }]",
            "f:16: a hint needs `hint`",
        ),
        (
            "[/detail]",
            "[detail]",
            "f:16: `detail` is no JSON pointer, which begins with `/`",
        ),
        (
            "    title",
            "    mask: { parameter: m, string: coma }\n    title",
            "f:12: `coma` is no way to write several names (did you mean `comma`?)",
        ),
        (
            "    title",
            "    pagination: [{ limit: l, offset: o, max: many }]\n    title",
            "f:12: `max` is no number from 0 to 4294967295",
        ),
        (
            "    title",
            "    pagination: { limit: l, offset: o, max: 1 }\n    title",
            "f:12: `pagination` is no list; write `[one, two]`, or a line with `- ` for each",
        ),
        (
            "    title",
            "    pagination: [{ cursor: c, limit: l, offset: o, max: 1 }]\n    title",
            "f:12: an entry of `pagination` needs `next`",
        ),
        (
            "    title",
            "    pagination: [{ in: path, limit: l, offset: o, max: 1 }]\n    title",
            "f:12: `path` is no place",
        ),
        (
            "source: doc.yaml",
            "source: doc.yaml, base: /v1/",
            "f:9: `/v1/` is no beginning of paths, which begins with `/` and does not end with it",
        ),
        (
            "source: doc.yaml",
            "source: doc.yaml, base: v1",
            "f:9: `v1` is no beginning of paths, which begins with `/` and does not end with it",
        ),
        (
            "source: doc.yaml",
            "source: doc.yaml, sign_in: {}",
            "f:9: `sign_in` is not one of `token`, `basic` and `key` (a bearer token is `key: { header: Authorization, scheme: Bearer }`)",
        ),
        (
            "source: doc.yaml",
            "source: doc.yaml, hints: [{ status: 401 }]",
            "f:9: a hint needs `hint`",
        ),
        (
            "source: doc.yaml",
            "source: doc.yaml, instead_of: doc",
            "f:9: `doc` is there instead of `doc`, which is no document before it in its API that is always looked for",
        ),
        (
            "{ basic: {} }",
            "{ key: { header: \"X Key\" } }",
            "f:15: `X Key` is no name of a header",
        ),
        ("{ basic: {} }", "{ key: {} }", "f:15: `key` needs `header`"),
        (
            "{ basic: {} }",
            "{ key: { header: Authorization, scheme: \"a b\" } }",
            "f:15: `a b` is no word that can stand before a key",
        ),
        (
            "    title",
            "    pagination: [{ limit: l, max: 1 }]\n    title",
            "f:12: which items are wanted is said by one of `offset`, `page`, `cursor` with `next`, and `link`",
        ),
        (
            "    title",
            "    pagination: [{ page: p, link: next, position: [p], limit: l, max: 1 }]\n    title",
            "f:12: which items are wanted is said by one of `offset`, `page`, `cursor` with `next`, and `link`",
        ),
        (
            "    title",
            "    pagination: [{ offset: o, first: 1, limit: l, max: 1 }]\n    title",
            "f:12: `first` is the number of the first page, but there is no `page`",
        ),
        (
            "    title",
            "    pagination: [{ link: next, limit: l, max: 1 }]\n    title",
            "f:12: the next page of a `link` begins where its query says: `position: [page]` has the parameters of it that do",
        ),
        (
            "    title",
            "    pagination: [{ link: next, positon: [p], limit: l, max: 1 }]\n    title",
            "f:12: an entry of `pagination` has no key `positon` (did you mean `position`?)",
        ),
        (
            "    title",
            "    pagination: [{ offset: o, position: [p], limit: l, max: 1 }]\n    title",
            "f:12: `position` is what a link says, but there is no `link`",
        ),
        (
            "    title",
            "    pagination: [{ in: body, link: next, position: [p], limit: l, max: 1 }]\n    title",
            "f:12: a link is followed by its query, so that `in: body` is no place for it",
        ),
        (
            "    title",
            "    pagination: [{ page: p, first: one, limit: l, max: 1 }]\n    title",
            "f:12: `first` is no number from 0 to 4294967295",
        ),
        (
            "    title",
            "    pagination: [{ pge: p, limit: l, max: 1 }]\n    title",
            "f:12: an entry of `pagination` has no key `pge` (did you mean `page`?)",
        ),
        (
            "  - { name: doc, source: doc.yaml }",
            "  - { name: doc, source: doc.yaml }\n  - { name: doc, source: two.yaml }",
            "f:10: document `doc` is used twice, first in f:9",
        ),
    ] {
        assert_eq!(
            messages(&apis_with(line, instead), apis::read),
            expected,
            "{instead}"
        );
    }
}

/// Checks documents of one API that are alternatives to each other.
#[test]
fn documents_instead_of_others() {
    let probe = "probe: { get: /o, has: /p, what: w }";
    for (new, old, older, expected) in [
        (
            probe,
            format!("{probe}, instead_of: new"),
            format!("{probe}, instead_of: new"),
            "",
        ),
        (
            probe,
            format!("{probe}, instead_of: nwe"),
            probe.to_owned(),
            "f:10: `old` is there instead of `nwe`, which is no document before it in its API that is always looked for (did you mean `new`?)",
        ),
        (
            probe,
            format!("{probe}, instead_of: new"),
            format!("{probe}, instead_of: old"),
            "f:11: `older` is there instead of `old`, which is no document before it in its API that is always looked for",
        ),
        (
            probe,
            format!("{probe}, instead_of: older"),
            probe.to_owned(),
            "f:10: `old` is there instead of `older`, which is no document before it in its API that is always looked for",
        ),
        (
            "boilerplate: []",
            "instead_of: new".to_owned(),
            probe.to_owned(),
            "f:10: `old` needs `probe`: of it and the one instead of it a server has only one\nf:9: `new` needs `probe`: of it and the one instead of it a server has only one",
        ),
    ] {
        let documents = format!(
            "  - {{ name: new, source: new.yaml, {new} }}\n  - {{ name: old, source: old.yaml, {old} }}\n  - {{ name: older, source: older.yaml, {older} }}"
        );
        let text = apis_with("  - { name: doc, source: doc.yaml }", &documents);
        let text = text.replace("[doc]", "[new, old, older]");
        assert_eq!(messages(&text, apis::read), expected, "{old} {older}");
    }
}

/// Checks that `specs/README.md` explains every key of a tool, an operation, a document and an override.
#[test]
fn keys_are_documented() {
    let readme = include_str!("../../../specs/README.md");
    let code = readme.split('`').skip(1).step_by(2);
    let words = code.flat_map(|code| code.split(|c: char| !c.is_alphanumeric() && c != '_'));
    let words: Vec<&str> = words.collect();
    let keys = tools::KEYS.iter().chain(&tools::OPERATION_KEYS);
    let keys = keys.chain(&super::documents::KEYS);
    for key in keys.chain(&super::overrides::KEYS) {
        assert!(words.contains(key), "{key}");
    }
}
