//! Diagnostics about errors in one file.

use crate::entry::{RENAMED_KEYS, known_keys};
use crate::reader::Reader;
use crate::yaml::Node;

use super::{apis, corrections, excluded, tools};

/// Returns the messages about a text, without the file name at their beginning.
fn messages<T>(text: &str, read: impl Fn(&mut Reader<'_>, &Node) -> T) -> String {
    let (mut reader, node) = Reader::open("f", text);
    if let Some(node) = node {
        read(&mut reader, &node);
    }
    reader
        .errors
        .sort_by_cached_key(|error| (error.line, error.to_string()));
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
        ("", "f:1: invalid YAML: the document is empty"),
        ("# only this\n", "f:2: invalid YAML: the document is empty"),
        (
            "a: [",
            "f:2: invalid YAML: while parsing a node, did not find expected node content",
        ),
        (
            "a: 1\n---\nb: 2\n",
            "f:2: several documents in one file are not supported; write the value out",
        ),
        (
            "toolset: &x users\ndescription: *x\ntools: []\n",
            "f:1: anchors are not supported; write the value out\nf:2: `description` must be a string; quote words and numbers that YAML reads as another type\nf:2: aliases are not supported; write the value out",
        ),
        (
            "toolset: !x users\ndescription: d\ntools: []\n",
            "f:1: tags are not supported; write the value out",
        ),
        ("[a]: b", "f:1: invalid YAML: a key must be a single word"),
        (
            "toolset: users\ndescription: d\ntools: []\ntoolset: roles\n",
            "f:4: duplicate `toolset`, first on line 1; remove one of the two",
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
        "f:1: invalid YAML: the nesting is too deep"
    );
}

#[test]
fn toolsets() {
    for (text, expected) in [
        (
            "- a",
            "f:1: a toolset must be a mapping of `key: value` pairs",
        ),
        (
            "tools: []",
            "f:1: a toolset must have the key `description`\nf:1: a toolset must have the key `toolset`",
        ),
        (
            "toolset: Users\ndescription: d\ntools: x",
            "f:1: `Users` must be a name of a-z, 0-9 and _ that begins with a letter\nf:3: `tools` must be a list; write `[one, two]`, or a line with `- ` for each item",
        ),
        (
            "toolset: users\ndescription: d\ntags: [rbac]\ntools:\n- {method: get, resource: user, title: T., description: D., operations: {a: x}, tags: [rbac]}",
            "f:5: duplicate `rbac`, first on line 3; remove one of the two",
        ),
        (
            "toolset: users\ndescription: d\ntags: [rbac, rbac]\ntools: []",
            "f:3: duplicate `rbac`, first on line 3; remove one of the two",
        ),
        (
            "toolset: users\ndescription: d\ntool: []",
            "f:3: unknown key `tool` in a toolset (did you mean `tools`?)",
        ),
    ] {
        assert_eq!(messages(text, tools::read), expected, "{text:?}");
    }
}

#[test]
fn tool_entries() {
    for (tool, expected) in [
        ("operations: {a: get_user}", ""),
        ("", "f:2: a tool must have the key `operations`"),
        (
            "operations: {a: get_user}, sumary: [x]",
            "f:3: unknown key `sumary` in a tool (did you mean `summary`?)",
        ),
        (
            "operations: {a: get_user}, frobnicate: 1",
            "f:3: unknown key `frobnicate` in a tool",
        ),
        (
            "operations: {\na: get_user,\na: get_users}",
            "f:5: duplicate `a`, first on line 4; remove one of the two",
        ),
        (
            "operations: [a]",
            "f:3: `operations` must be a mapping from documents to operations",
        ),
        (
            "operations: {a: {merge_from: x}}",
            "f:3: an operation must have the key `id`",
        ),
        (
            "operations: {a: {id: x, read_back: {id: y}}}",
            "f:3: `read_back` must have the key `member`",
        ),
        (
            "operations: {a: {id: x, read_back: {id: y, slash: true}, not_applied: z}}",
            "",
        ),
        (
            "operations: {a: {id: x, read_back: {id: y, ignore: [{name: n}]}}}",
            "f:3: an entry of `ignore` must have the key `reason`",
        ),
        (
            "operations: {a: {id: x, not_applied: y}}",
            "f:3: `not_applied` is unused without `read_back`; remove it",
        ),
        (
            "operations: {a: {id: x, note: [{before: '3.9', text: y}, {since: '3.9', text: z}]}}",
            "",
        ),
        (
            "operations: {a: {id: x, note: [{before: '3.9', text: y}, {text: z}]}}",
            "f:3: a text for some versions must have `since` or `before`; write a text for all versions without a list",
        ),
        (
            "operations: {a: {id: x, note: [{before: 3.9, text: y}]}}",
            "f:3: `before` must be a string; quote words and numbers that YAML reads as another type",
        ),
        (
            "operations: {a: {id: x, note: [{since: 'v3', text: y}]}}",
            "f:3: `v3` must be a version of numbers and dots, such as \"3.2\"",
        ),
        (
            "operations: {a: 12}",
            "f:3: `a` must be a string; quote words and numbers that YAML reads as another type",
        ),
        ("operations: {a: x}, id: [one, two]", ""),
        (
            "operations: {a: x}, tags: [own, R B]",
            "f:3: `R B` must be a name of a-z, 0-9 and _ that begins with a letter",
        ),
        (
            "operations: {a: x}, effect: [destuctive]",
            "f:3: unknown effect `destuctive` (did you mean `destructive`?)",
        ),
        (
            "operations: {a: x}, effect: [read_only]",
            "f:2: a tool must have the key `reason`",
        ),
        ("operations: {a: x}, effect: [read_only], reason: r", ""),
        (
            "operations: {a: x}, reason: r",
            "f:3: `reason` is unused without `effect: [read_only]`; remove it",
        ),
        ("operations: {a: x}, response_format: log", ""),
        (
            "operations: {a: x}, response_format: json",
            "f:3: unknown response format `json` (did you mean `ndjson`?)",
        ),
        (
            "operations: {a: x}, omit: [{names: ['*_gt']}]",
            "f:3: an entry of `omit` must have the key `reason`",
        ),
        (
            "operations: {a: x}, omit: ['*_gt']",
            "f:3: an entry of `omit` must be a mapping of `key: value` pairs",
        ),
        (
            "operations: {a: x}, summary: [one, {name: two, documents: [a]}]",
            "",
        ),
        (
            "operations: {a: x}, filters: [{name: N}]",
            "f:3: `N` must be a name of a-z, 0-9 and _ that begins with a letter",
        ),
        (
            "operations: {a: x}, filters: [{name: n, uniqe: true}]",
            "f:3: unknown key `uniqe` in a filter (did you mean `unique`?)",
        ),
        (
            "operations: {a: x}, filters: [{name: n, unique: yes}]",
            "f:3: `unique` must be `true` or `false`",
        ),
        (
            "operations: {a: x}, parameters: [{name: p}]",
            "f:3: an entry of `parameters` must override something; add a key, or remove the entry",
        ),
        (
            "operations: {a: x}, parameters: [{name: p, description: d}]",
            "",
        ),
        (
            "operations: {a: x}, parameters: [{name: p, required: true}]",
            "f:3: an entry of `parameters` must have the key `reason`",
        ),
        (
            "operations: {a: x}, parameters: [{name: p, required: false, reason: r}]",
            "f:3: `required` must be `true` or omitted",
        ),
        (
            "operations: {a: x}, parameters: [{name: p, when_omitted: null}]",
            "f:3: an entry of `parameters` must have the key `reason`",
        ),
        (
            "operations: {a: x}, parameters: [{name: p, slash: true, when_omitted: [1], reason: r}]",
            "",
        ),
        (
            "operations: {a: x}, parameters: [{name: p, in: nowhere, description: d}]",
            "f:3: unknown location `nowhere`",
        ),
        (
            "operations: {a: x}, parameters: [{name: p, min_items: -1, reason: r}]",
            "f:3: `min_items` must be an integer from 0 to 4294967295",
        ),
        (
            "operations: {a: x}, parameters: [{name: p, rename: P, reason: r}]",
            "f:3: `P` must be a name of a-z, 0-9 and _ that begins with a letter",
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
            "f:2: a tool must have the key `description`",
        ),
        (
            "title: T.,\ndescription: '', operations: {a: x}",
            "f:3: `description` must not be empty",
        ),
        (
            "title: T.,\ndescription: ' ', operations: {a: x}",
            "f:3: `description` must not be empty",
        ),
        (
            "title: T.,\ndescription: , operations: {a: x}",
            "f:3: `description` must not be empty",
        ),
        (
            "title: T., description: [x], operations: {a: x}",
            "f:2: `description` must be a string; quote words and numbers that YAML reads as another type",
        ),
        (
            "description: D., operations: {a: x}",
            "f:2: a tool must have the key `title`",
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
    let expected = "f:4: a tool must have the key `description`\nf:4: a tool must have the key `operations`\nf:4: a tool must have the key `resource`\nf:4: a tool must have the key `title`\nf:5: a tool must be a mapping of `key: value` pairs\nf:6: `title` must be a string; quote words and numbers that YAML reads as another type";
    assert_eq!(messages(text, tools::read), expected);
}

#[test]
fn exclusions() {
    for (text, expected) in [
        ("excluded: []", ""),
        ("excluded:\n- {document: a, operations: [x], reason: r}", ""),
        (
            "excluded:\n- {document: a, operations: [x]}",
            "f:2: an exclusion must have the key `reason`",
        ),
        (
            "excluded:\n- {document: a, operations: x, reason: r}",
            "f:2: `operations` must be a list; write `[one, two]`, or a line with `- ` for each item",
        ),
        (
            "excluded:\n- {document: a, operation: [x], reason: r}",
            "f:2: unknown key `operation` in an exclusion (did you mean `operations`?)",
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
            "f:1: a correction must have exactly one of `set`, `remove: true` and `rename`",
        ),
        (
            "remove: false, reason: r, link: l",
            "f:1: a correction must have exactly one of `set`, `remove: true` and `rename`",
        ),
        (
            "set: 1, link: l",
            "f:1: a correction must have the key `reason`",
        ),
        (
            "set: 1, reason: r",
            "f:1: a correction must have the key `link`",
        ),
    ] {
        let text = format!("corrections: [{{documents: a, pointer: /x, {entry}}}]");
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
    version: { get: /version, version: /version }
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
            "f:2: `list_users` must be a pattern with `{resource}` and no other braces",
        ),
        (
            "'{verb}_{resource}'",
            "'{verb}_{resource}_{x}'",
            "f:7: `{verb}_{resource}_{x}` must be a pattern with `{verb}`, `{resource}` and no other braces",
        ),
        (
            "  get: get_{resource}\n",
            "",
            "f:2: `names` must have the key `get`",
        ),
        (
            "[doc]",
            "[docs]",
            "f:9: document `doc` belongs to no API; add it to the `documents` of an API\nf:13: `documents` has no document `docs` (did you mean `doc`?)",
        ),
        (
            "[doc]",
            "[]",
            "f:9: document `doc` belongs to no API; add it to the `documents` of an API",
        ),
        (
            "{ get: /version, version: /version }",
            "{ get: version, version: version }",
            "f:14: `version` must be a JSON pointer, which begins with `/`\nf:14: `version` must be a path that begins with `/`",
        ),
        (
            "{ basic: {} }",
            "{}",
            "f:15: `sign_in` must have exactly one of the keys `token`, `basic` and `key`; for a bearer token, write `key: { header: Authorization, scheme: Bearer }`",
        ),
        (
            "{ basic: {} }",
            "{ basic: { session: { get: /x, cookie: s, denied: [40] } } }",
            "f:15: `denied` must be an HTTP status from 100 to 599",
        ),
        (
            "{ basic: {} }",
            "{ token: { post: /t, username: u, password: p } }",
            "f:15: `token` must have the key `token`",
        ),
        (
            "[/detail]",
            "[/detail], hints: [{ status: 400, hint: h, code: refused }]",
            "f:16: unknown error code `refused`",
        ),
        (
            "[/detail]",
            "[/detail], hints: [{ status: 400 }]",
            "f:16: a hint must have the key `hint`",
        ),
        (
            "[/detail]",
            "[detail]",
            "f:16: `detail` must be a JSON pointer, which begins with `/`",
        ),
        (
            "    title",
            "    mask: { parameter: m, style: coma }\n    title",
            "f:12: unknown style `coma` (did you mean `comma`?)",
        ),
        (
            "    title",
            "    pagination: [{ limit: l, offset: o, max: many }]\n    title",
            "f:12: `max` must be an integer from 0 to 4294967295",
        ),
        (
            "    title",
            "    pagination: { limit: l, offset: o, max: 1 }\n    title",
            "f:12: `pagination` must be a list; write `[one, two]`, or a line with `- ` for each item",
        ),
        (
            "    title",
            "    pagination: [{ cursor: c, limit: l, offset: o, max: 1 }]\n    title",
            "f:12: an entry of `pagination` must have the key `next`",
        ),
        (
            "    title",
            "    pagination: [{ in: path, limit: l, offset: o, max: 1 }]\n    title",
            "f:12: unknown location `path`",
        ),
        (
            "source: doc.yaml",
            "source: doc.yaml, base: /v1/",
            "f:9: `/v1/` must be a path that begins with `/` and does not end with it",
        ),
        (
            "source: doc.yaml",
            "source: doc.yaml, base: v1",
            "f:9: `v1` must be a path that begins with `/` and does not end with it",
        ),
        (
            "source: doc.yaml",
            "source: doc.yaml, sign_in: {}",
            "f:9: `sign_in` must have exactly one of the keys `token`, `basic` and `key`; for a bearer token, write `key: { header: Authorization, scheme: Bearer }`",
        ),
        (
            "source: doc.yaml",
            "source: doc.yaml, hints: [{ status: 401 }]",
            "f:9: a hint must have the key `hint`",
        ),
        (
            "source: doc.yaml",
            "source: doc.yaml, alternative_to: doc",
            "f:9: `alternative_to` of `doc` must be an earlier document of the same API that is not an alternative itself, not `doc`",
        ),
        (
            "{ basic: {} }",
            "{ key: { header: \"X Key\" } }",
            "f:15: `X Key` must be a name of a header",
        ),
        (
            "{ basic: {} }",
            "{ key: {} }",
            "f:15: `key` must have the key `header`",
        ),
        (
            "{ basic: {} }",
            "{ key: { header: Authorization, scheme: \"a b\" } }",
            "f:15: `a b` must be a scheme without spaces, such as `Bearer`",
        ),
        (
            "    title",
            "    pagination: [{ limit: l, max: 1 }]\n    title",
            "f:12: a pagination style must have exactly one of `offset`, `page`, `link`, and `cursor` with `next`",
        ),
        (
            "    title",
            "    pagination: [{ page: p, link: next, position: [p], limit: l, max: 1 }]\n    title",
            "f:12: a pagination style must have exactly one of `offset`, `page`, `link`, and `cursor` with `next`",
        ),
        (
            "    title",
            "    pagination: [{ offset: o, first: 1, limit: l, max: 1 }]\n    title",
            "f:12: `first` is unused without `page`; remove it",
        ),
        (
            "    title",
            "    pagination: [{ link: next, limit: l, max: 1 }]\n    title",
            "f:12: `link` requires `position`, the query parameters of the link that select the next page: `position: [page]`",
        ),
        (
            "    title",
            "    pagination: [{ link: next, positon: [p], limit: l, max: 1 }]\n    title",
            "f:12: unknown key `positon` in an entry of `pagination` (did you mean `position`?)",
        ),
        (
            "    title",
            "    pagination: [{ offset: o, position: [p], limit: l, max: 1 }]\n    title",
            "f:12: `position` is unused without `link`; remove it",
        ),
        (
            "    title",
            "    pagination: [{ in: body, link: next, position: [p], limit: l, max: 1 }]\n    title",
            "f:12: `in: body` cannot be combined with `link`, because a link is followed by its query; remove `in`",
        ),
        (
            "    title",
            "    pagination: [{ page: p, first: one, limit: l, max: 1 }]\n    title",
            "f:12: `first` must be an integer from 0 to 4294967295",
        ),
        (
            "    title",
            "    pagination: [{ pge: p, limit: l, max: 1 }]\n    title",
            "f:12: unknown key `pge` in an entry of `pagination` (did you mean `page`?)",
        ),
        (
            "  - { name: doc, source: doc.yaml }",
            "  - { name: doc, source: doc.yaml }\n  - { name: doc, source: two.yaml }",
            "f:10: duplicate document `doc`, first in f:9; choose another name",
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
    let probe = "probe: { get: /o, member: /p, component: w }";
    for (new, old, older, expected) in [
        (
            probe,
            format!("{probe}, alternative_to: new"),
            format!("{probe}, alternative_to: new"),
            "",
        ),
        (
            probe,
            format!("{probe}, alternative_to: nwe"),
            probe.to_owned(),
            "f:10: `alternative_to` of `old` must be an earlier document of the same API that is not an alternative itself, not `nwe` (did you mean `new`?)",
        ),
        (
            probe,
            format!("{probe}, alternative_to: new"),
            format!("{probe}, alternative_to: old"),
            "f:11: `alternative_to` of `older` must be an earlier document of the same API that is not an alternative itself, not `old`",
        ),
        (
            probe,
            format!("{probe}, alternative_to: older"),
            probe.to_owned(),
            "f:10: `alternative_to` of `old` must be an earlier document of the same API that is not an alternative itself, not `older`",
        ),
        (
            "boilerplate: []",
            "alternative_to: new".to_owned(),
            probe.to_owned(),
            "f:9: document `new` must have `probe`, because an upstream may have its alternative\nf:10: document `old` must have `probe`, because an upstream may have its alternative",
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

/// Checks that the former name of each renamed key is an error that names the present key, and the only error about it.
#[test]
fn renamed_keys() {
    let tool = |text: &str| messages(&toolset(text), tools::read);
    let title = |text: &str| {
        messages(
            &apis_with("    title", &format!("{text}\n    title")),
            apis::read,
        )
    };
    let document = |text: &str| {
        let document = format!("source: doc.yaml, {text}");
        messages(&apis_with("source: doc.yaml", &document), apis::read)
    };
    for (entry, former, now) in RENAMED_KEYS {
        let found = match (entry, former) {
            ("a document", _) => document(&format!("{former}: other")),
            ("`probe`", "has") => document("probe: { get: /o, has: /p, component: c }"),
            ("`probe`", _) => document("probe: { get: /o, member: /p, what: c }"),
            ("`version`", "is") => {
                document("version: { get: /v, items: /i, name: n, is: c, version: v, product: P }")
            }
            ("`version`", "at") => {
                messages(&apis_with("version: /version", "at: /version"), apis::read)
            }
            ("`version`", _) => {
                let product = "version: /version, of: Product";
                messages(&apis_with("version: /version", product), apis::read)
            }
            ("`mask`", _) => title("    mask: { parameter: m, string: comma }"),
            ("`logs`", _) => title("    logs: { token: t, next: n }"),
            ("a hint", _) => document("hints: [{ status: 400, says: x, hint: h }]"),
            ("a response pattern", _) => {
                let token = "{ token: { post: /t, username: u, password: p, token: /t, renew: [{ status: 403, says: x }] } }";
                messages(&apis_with("{ basic: {} }", token), apis::read)
            }
            ("a tool", "was") => tool("operations: {a: x}, was: former"),
            ("a tool", _) => tool("operations: {a: x}, answer: text"),
            ("an operation", _) => {
                tool("operations: {a: {id: x, each: {argument: n, operation: y, max: 2}}}")
            }
            ("`read_back`", "from") => {
                tool("operations: {a: {id: x, read_back: {id: y, from: n}}}")
            }
            ("`read_back`", _) => {
                tool("operations: {a: {id: x, read_back: {id: y, except: [{name: n, reason: r}]}}}")
            }
            ("a name with `documents`", _) => {
                tool("operations: {a: x}, summary: [{name: n, on: [a]}]")
            }
            ("a filter", _) => tool("operations: {a: x}, filters: [{name: n, on: [a]}]"),
            ("an entry of `omit`", _) => {
                tool("operations: {a: x}, omit: [{names: [n], on: [a], reason: r}]")
            }
            ("an entry of `parameters`", "on") => {
                tool("operations: {a: x}, parameters: [{name: n, on: [a], description: d}]")
            }
            ("an entry of `parameters`", _) => {
                tool("operations: {a: x}, parameters: [{name: n, or: id, reason: r}]")
            }
            _ => {
                let (documents, pointer) = match former {
                    "at" => ("documents", "at"),
                    _ => ("document", "pointer"),
                };
                let text = format!(
                    "corrections: [{{{documents}: a, {pointer}: /x, remove: true, reason: r, link: l}}]"
                );
                messages(&text, corrections::read)
            }
        };
        let expected = format!("the key `{former}` of {entry} was renamed; write `{now}`");
        let renamed: Vec<&str> = found.lines().filter(|line| line.contains("key")).collect();
        assert_eq!(renamed.len(), 1, "{found}");
        assert!(found.contains(&expected), "{found}");
    }
}

/// Checks that `specs/README.md` explains every key of a tool, an operation, a document and an override.
#[test]
fn keys_are_documented() {
    let readme = include_str!("../../../specs/README.md");
    let code = readme.split('`').skip(1).step_by(2);
    let words = code.flat_map(|code| code.split(|c: char| !c.is_alphanumeric() && c != '_'));
    let words: Vec<&str> = words.collect();
    let keys = known_keys(tools::tool).into_iter();
    let keys = keys.chain(known_keys(tools::binding));
    let keys = keys.chain(known_keys(super::documents::document));
    for key in keys.chain(known_keys(super::overrides::parameter)) {
        assert!(words.contains(&key), "{key}");
    }
}
