//! Entries that are created for undecided operations: their location, their derived keys, and that nothing is generated until the author has completed them.

use expect_test::expect;
use mcp_codegen::allow::{Allowed, allow};
use mcp_codegen::{Decision, Input};

const APIS: &str = "\
names:
  list: list_{resource}
  get: get_{resource}
  create: create_{resource}
  update: update_{resource}
  delete: delete_{resource}
  other: '{verb}_{resource}'
documents:
  - { name: shop-2, source: specs/openapi/shop-2.yaml }
  - { name: shop-2-admin, source: specs/openapi/shop-2-admin.yaml }
  - { name: shop-1, source: specs/openapi/shop-1.yaml }
apis:
  - name: shop-2
    title: Shop 2
    documents: [shop-2, shop-2-admin]
    version: { get: /version, version: /version }
    sign_in: { basic: {} }
    pagination: [{ limit: limit, offset: offset, max: 50 }]
    mask: { parameter: mask, style: comma }
    errors: { detail: [/detail], title: [], hints: [] }
  - name: shop-1
    title: Shop 1
    documents: [shop-1]
    version: { get: /version, version: /version }
    sign_in: { basic: {} }
    pagination: [{ limit: limit, offset: offset, max: 50 }]
    mask: { parameter: mask, style: comma }
    errors: { detail: [/detail], title: [], hints: [] }
";

const TOOLS: &str = "\
toolset: things    # what there is
tags: [stock]
description: What there is.
tools:
  - method: get
    resource: thing
    title: Get a thing
    description: Get a thing by name.    # by name only
    operations: { shop-2: get_thing, shop-1: thing }
    parameters:
      - { name: id, description: Its name. }
";

const EXCLUDED: &str = "\
excluded:
  - document: shop-2
    operations: [health]
    reason: No use to a model.
";

/// Returns a document with these operations: id, method and path. The id and the path determine parameters and response.
fn document(operations: &[(&str, &str, &str)]) -> String {
    let mut text = "openapi: 3.0.3\ninfo: { title: Shop, version: '1' }\npaths:\n".to_owned();
    let mut paths: Vec<&str> = operations.iter().map(|(_, _, path)| *path).collect();
    paths.dedup();
    for path in paths {
        text += &format!("  {path}:\n");
        let tag = if path.contains("moods") {
            "moods"
        } else {
            "things"
        };
        for (id, http, _) in operations.iter().filter(|(.., it)| *it == path) {
            text += &format!(
                "    {http}:\n      operationId: {id}\n      summary: Does {id}.\n      tags: [{tag}]\n"
            );
            let names = path
                .split('/')
                .filter_map(|it| it.strip_prefix('{')?.strip_suffix('}'));
            let mut parameters: Vec<String> = names
                .map(|it| format!("        - {{ name: {it}, in: path, required: true, schema: {{ type: string }} }}\n"))
                .collect();
            let answer = if id.starts_with("list") {
                parameters.extend(["limit", "offset"].map(|it| {
                    format!("        - {{ name: {it}, in: query, schema: {{ type: integer }} }}\n")
                }));
                parameters.push(
                    "        - { name: sort, in: query, schema: { type: string } }\n".to_owned(),
                );
                "'200': { description: ok, content: { application/json: { schema: { type: object, properties: { rows: { type: array, items: { type: object, properties: { name: { type: string }, size: { type: integer }, all: { type: array, items: { type: string } } } } }, total: { type: integer } } } } } }"
            } else {
                "'204': { description: done }"
            };
            if !parameters.is_empty() {
                text += &format!("      parameters:\n{}", parameters.concat());
            }
            text += &format!("      responses: {{ {answer} }}\n");
        }
    }
    text
}

fn inputs() -> Vec<Input> {
    let file = |path: &str, text: &str| Input {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    vec![
        file("specs/apis.yaml", APIS),
        file("specs/excluded.yaml", EXCLUDED),
        file("specs/tools/things.yaml", TOOLS),
        file(
            "specs/openapi/shop-2.yaml",
            &document(&[
                ("list_things", "get", "/api/v2/things"),
                ("add_thing", "post", "/api/v2/things"),
                ("get_thing", "get", "/api/v2/things/{name}"),
                ("drop_thing", "delete", "/api/v2/things/{name}"),
                ("get_part", "get", "/api/v2/things/{name}/parts/{part_name}"),
                ("paint", "post", "/api/v2/things/{name}/paint"),
                ("clear_parts", "post", "/api/v2/things/{name}/clearParts"),
                ("health", "get", "/api/v2/health"),
                ("list_moods", "get", "/api/v2/moods"),
                ("again", "get", "/api/v2/again"),
            ]),
        ),
        file(
            "specs/openapi/shop-2-admin.yaml",
            &document(&[("again", "post", "/admin/v1/again")]),
        ),
        file(
            "specs/openapi/shop-1.yaml",
            &document(&[
                ("list_all_things", "get", "/v1/things"),
                ("thing", "get", "/v1/things/{id}"),
                ("part", "get", "/v1/things/{id}/parts/{part}"),
                ("old_paint", "put", "/v1/things/{id}/paint"),
            ]),
        ),
    ]
}

fn asked(operations: &[&str], toolset: Option<&str>) -> Result<Allowed, String> {
    let operations: Vec<String> = operations.iter().map(|&it| it.to_owned()).collect();
    allow(&inputs(), &operations, toolset).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        lines.join("\n")
    })
}

#[test]
fn entries_are_put_behind_those_that_there_are() {
    let allowed = asked(
        &[
            "list_things",
            "add_thing",
            "drop_thing",
            "get_part",
            "paint",
            "clear_parts",
        ],
        None,
    )
    .unwrap();
    let [file] = allowed.files.as_slice() else {
        panic!("one file");
    };
    let added = file
        .text
        .strip_prefix(&format!("{TOOLS}\n"))
        .expect("what there was stays as it is");
    expect![[r#"
        tools:
          - method: list
            resource: things
            title: TODO    # the document says: Does list_things.
            description: TODO    # what it does, when to use it, what it returns
            operations: { shop-2: list_things, shop-1: list_all_things }
            summary: [TODO]    # some of name, size
            parameters:
              - { name: sort, description: TODO }

          - method: create
            resource: thing
            title: TODO    # the document says: Does add_thing.
            description: TODO    # what it does, when to use it, what it returns
            operations: { shop-2: add_thing }

          - method: delete
            resource: thing
            title: TODO    # the document says: Does drop_thing.
            description: TODO    # what it does, when to use it, what it returns
            operations: { shop-2: drop_thing }
            parameters:
              - { name: id, description: TODO }

          - method: get
            resource: part
            id: [part_name, part]
            title: TODO    # the document says: Does get_part.
            description: TODO    # what it does, when to use it, what it returns
            operations: { shop-2: get_part, shop-1: part }
            parameters:
              - { name: id, description: TODO }
              - { name: name, description: TODO }

          - method: paint
            resource: thing
            title: TODO    # the document says: Does paint.
            description: TODO    # what it does, when to use it, what it returns
            operations: { shop-2: paint }
            parameters:
              - { name: name, description: TODO }

          - method: clear
            resource: parts
            title: TODO    # the document says: Does clear_parts.
            description: TODO    # what it does, when to use it, what it returns
            operations: { shop-2: clear_parts }
            parameters:
              - { name: name, description: TODO }
    "#]]
    .assert_eq(&format!("tools:\n{added}"));
    let lines: Vec<&str> = file.text.lines().collect();
    for entry in &allowed.entries {
        assert!(
            lines[entry.line - 1].starts_with("  - method: "),
            "{entry:?}"
        );
    }
    let tools: Vec<&str> = allowed.entries.iter().map(|it| it.tool.as_str()).collect();
    expect!["list_things create_thing delete_thing get_part paint_thing clear_parts"]
        .assert_eq(&tools.join(" "));
}

#[test]
fn nothing_is_generated_until_it_is_written() {
    let allowed = asked(&["list_things"], None).unwrap();
    let with = |edit: &dyn Fn(String) -> String| {
        let mut all = inputs();
        for input in all.iter_mut().filter(|it| it.path == allowed.files[0].path) {
            input.text = edit(allowed.files[0].text.clone());
        }
        let errors = mcp_codegen::Workspace::read(&all)
            .into_draft()
            .err()
            .unwrap_or_default();
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        let lines: Vec<&String> = lines
            .iter()
            .filter(|it| it.starts_with("specs/tools"))
            .collect();
        lines
            .into_iter()
            .fold(String::new(), |all, line| all + line + "\n")
    };
    expect![[r#"
        specs/tools/things.yaml:15: replace the `TODO` in `title`
        specs/tools/things.yaml:16: replace the `TODO` in `description`
        specs/tools/things.yaml:18: replace the `TODO` in `summary`
        specs/tools/things.yaml:20: replace the `TODO` in `description`
    "#]]
    .assert_eq(&with(&|text| text));
    let written = |text: String| {
        let text = text.replace("summary: [TODO]", "summary: [name]");
        text.replace("TODO", "Something is said")
    };
    assert_eq!(with(&written), "");
}

#[test]
fn an_api_stands_for_its_own_document() {
    let main = mcp_codegen::Workspace::read(&inputs()).main_documents();
    let own = |name: &str| (name.to_owned(), name.to_owned());
    assert_eq!(main, [own("shop-2"), own("shop-1")]);
    assert_eq!(mcp_codegen::Workspace::read(&[]).main_documents(), []);
}

#[test]
fn a_new_toolset_is_a_new_file() {
    let allowed = asked(&["list_moods"], Some("moods")).unwrap();
    assert_eq!(allowed.files[0].path, "specs/tools/moods.yaml");
    expect![[r#"
        toolset: moods
        tags: [TODO]
        description: TODO
        tools:
          - method: list
            resource: moods
            title: TODO    # the document says: Does list_moods.
            description: TODO    # what it does, when to use it, what it returns
            operations: { shop-2: list_moods }
            summary: [TODO]    # some of name, size
            parameters:
              - { name: sort, description: TODO }
    "#]]
    .assert_eq(&allowed.files[0].text);
}

#[test]
fn just_a_star_is_whatever_is_no_tool() {
    let mut all = inputs();
    let excluded = all
        .iter_mut()
        .find(|it| it.path.ends_with("excluded.yaml"))
        .unwrap();
    let rest = ["shop-2", "shop-2-admin", "shop-1"].map(|document| {
        format!("  - {{ document: {document}, operations: [\"*\"], reason: Not yet. }}\n")
    });
    excluded.text += &rest.concat();
    let mut found = String::new();
    for document in mcp_codegen::Workspace::read(&all)
        .coverage()
        .unwrap()
        .documents
    {
        for operation in document.operations {
            let (name, id) = (&document.name, &operation.id);
            found += &match operation.decision {
                Decision::Tool(tool) => format!("{name} {id}: tool {tool}\n"),
                Decision::Excluded(reason) => format!("{name} {id}: {reason}\n"),
                Decision::Undecided => format!("{name} {id}: undecided\n"),
            };
        }
    }
    expect![[r#"
        shop-2 list_things: Not yet.
        shop-2 add_thing: Not yet.
        shop-2 get_thing: tool get_thing
        shop-2 drop_thing: Not yet.
        shop-2 get_part: Not yet.
        shop-2 paint: Not yet.
        shop-2 clear_parts: Not yet.
        shop-2 health: No use to a model.
        shop-2 list_moods: Not yet.
        shop-2 again: Not yet.
        shop-2-admin again: Not yet.
        shop-1 list_all_things: Not yet.
        shop-1 thing: tool get_thing
        shop-1 part: Not yet.
        shop-1 old_paint: Not yet.
    "#]]
    .assert_eq(&found);
    // An operation that `*` excludes can become a tool. An operation that is excluded with its own reason cannot.
    assert!(allow(&all, &["paint".to_owned()], None).is_ok());
    assert!(allow(&all, &["health".to_owned()], None).is_err());
    // A `*` that excludes nothing is an error, like every other exclusion without effect.
    let last = all.last_mut().unwrap();
    assert!(last.path.ends_with("shop-1.yaml"), "{}", last.path);
    last.text = document(&[("thing", "get", "/api/v1/things/{thing_name}")]);
    let errors = mcp_codegen::Workspace::read(&all).coverage().unwrap_err();
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    expect![
        "specs/excluded.yaml:7: `*` is unused: it matches no operation of shop-1 that is not excluded already"
    ]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn all_mistakes_are_told_at_once() {
    let wrong = [
        "list_thing",
        "shop-3:list_things",
        "get_thing",
        "health",
        "again",
        "shop-1:old_paint",
        "list_moods",
    ];
    expect![[r#"
        unknown operation `list_thing`: no document has it (did you mean `list_things`?)
        unknown document `shop-3`; use one of shop-2, shop-2-admin, shop-1
        operation `get_thing` of shop-2 is already the tool `get_thing`: specs/tools/things.yaml:5
        operation `health` of shop-2 is excluded in specs/excluded.yaml:3: No use to a model. Remove the exclusion first.
        operation `again` differs between shop-2, shop-2-admin; pass `DOCUMENT:again`
        cannot infer a toolset for operation `list_moods` of shop-2 (GET /api/v2/moods); pass `--toolset NAME`"#]].assert_eq(&asked(&wrong, None).unwrap_err());
    expect!["invalid toolset name `No`; use a-z, 0-9 and _, beginning with a letter"]
        .assert_eq(&asked(&["paint"], Some("No")).unwrap_err());
}

#[test]
fn what_is_a_tool_of_another_api_belongs_to_it() {
    let mut all = inputs();
    let tools = all
        .iter_mut()
        .find(|it| it.path.ends_with("things.yaml"))
        .unwrap();
    tools.text = TOOLS.replace(", shop-1: thing", "");
    let errors = allow(&all, &["thing".to_owned()], None).unwrap_err();
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    expect!["`get_thing` is the tool of this operation in shop-2; add `shop-1: thing` to its `operations`: specs/tools/things.yaml:5"].assert_eq(&lines.join("\n"));
}

#[test]
fn a_file_that_goes_on_behind_its_tools_is_not_added_to() {
    let mut all = inputs();
    let tools = all
        .iter_mut()
        .find(|it| it.path.ends_with("things.yaml"))
        .unwrap();
    let (head, list) = TOOLS.split_once("tools:\n").unwrap();
    tools.text = format!("tools:\n{list}{head}");
    let errors = allow(&all, &["paint".to_owned()], None).unwrap_err();
    assert_eq!(
        errors[0].to_string(),
        "specs/tools/things.yaml: cannot add an entry; `tools` must be the last key of the file"
    );
}
