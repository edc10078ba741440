//! Lowering of tools with a small document, and the diagnostics about invalid tools.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use crate::catalog::{
    Operation, Pagination, PaginationStyle, ParameterLocation, ParameterStyle, TypeKind,
};
use crate::{Catalog, Diagnostic, Error, Input, SelectDiagnostic, Workspace};

const APIS: &str = "
names: { list: 'list_{resource}', get: 'get_{resource}', create: 'create_{resource}', update: 'update_{resource}', delete: 'delete_{resource}', other: '{verb}_{resource}' }
documents:
- { name: new, source: new.yaml, boilerplate: [Since] }
- { name: old, source: old.yaml }
apis:
- { name: shop-2, title: Shop 2, documents: [new], version: { get: /v, version: /v }, sign_in: { basic: {} }, pagination: [{ limit: limit, offset: offset, max: 100 }], mask: { parameter: mask, style: pipe }, errors: { detail: [/d] } }
- { name: shop-1, title: Shop 1, documents: [old], version: { get: /v, version: /v }, sign_in: { basic: {} }, pagination: [{ limit: limit, offset: offset, max: 50 }], errors: { detail: [/d] } }
";

const NEW: &str = r##"
openapi: 3.0.3
info: { title: Shop, version: "2" }
paths:
  /shops/{shop}/items:
    parameters:
    - { name: shop, in: path, required: true, description: The shop., schema: { type: string } }
    get:
      operationId: get_items
      parameters:
      - { name: limit, in: query, schema: { type: integer } }
      - { name: offset, in: query, schema: { type: integer } }
      - { name: price_gt, in: query, description: More than this., schema: { type: integer } }
      - { name: sort, in: query, schema: { type: string } }
      responses: { "200": { description: ok, content: { application/json: { schema: { $ref: "#/components/schemas/Items" } } } } }
    post:
      operationId: post_item
      requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/NewItem" } } } }
      responses: { "200": { description: ok, content: { application/json: { schema: { type: object } } } } }
  /items:
    patch:
      operationId: patch_items
      parameters:
      - { name: mask, in: query, schema: { type: string } }
      - { name: like, in: query, description: Part of the name., schema: { type: string } }
      - { name: towns, in: query, description: Towns., schema: { type: array, items: { type: string } } }
      - { name: state, in: query, description: State., schema: { type: string, enum: [new, old] } }
      - { name: above, in: query, description: Price., schema: { type: integer } }
      requestBody: { content: { application/json: { schema: { $ref: "#/components/schemas/NewItem" } } } }
      responses: { "200": { description: ok, content: { application/json: { schema: { $ref: "#/components/schemas/Items" } } } } }
  /items/{name}:
    parameters:
    - { name: name, in: path, required: true, description: "The name.\n\nSince 1.0", schema: { type: string } }
    get:
      operationId: get_item
      responses: { "200": { description: ok, content: { application/json: { schema: { $ref: "#/components/schemas/Item" } } } } }
    patch:
      operationId: patch_item
      parameters:
      - { name: mask, in: query, schema: { type: string } }
      - { name: note, in: query, description: Why., schema: { type: string } }
      requestBody: { content: { application/json: { schema: { $ref: "#/components/schemas/NewItem" } } } }
      responses: { "200": { description: ok, content: { application/json: { schema: { $ref: "#/components/schemas/Item" } } } } }
    delete:
      operationId: delete_item
      responses: { "200": { description: ok, content: { application/json: { schema: {} } } } }
  /bins/{a}/{b}:
    get:
      operationId: get_bin
      parameters:
      - { name: a, in: path, required: true, description: A., schema: { type: string } }
      - { name: b, in: path, required: true, description: B., schema: { type: string } }
      responses: { "200": { description: ok, content: { application/json: { schema: { type: object, properties: { one: { type: array, items: { type: string } }, two: { type: array, items: { type: string } } } } } } } }
components:
  schemas:
    Items:
      type: object
      properties:
        items: { type: array, items: { $ref: "#/components/schemas/Item" } }
        total: { type: integer }
    Item:
      type: object
      required: [name]
      properties:
        name: { type: string, description: Its name. }
        price: { type: integer, nullable: true }
        open: {}
        makers: { type: array, items: { $ref: "#/components/schemas/Maker" } }
    Maker: { type: object, properties: { name: { type: string }, town: { type: string } } }
    NewItem:
      type: object
      required: [name]
      properties:
        name: { type: string, description: Its name. }
        note: { type: string, description: A note., nullable: true }
        price: { type: integer, description: Its price. }
        makers: { type: array, description: Who makes it., items: { $ref: "#/components/schemas/Maker" } }
"##;

const OLD: &str = r##"
openapi: 3.0.3
info: { title: Shop, version: "1" }
paths:
  /items:
    get:
      operationId: list_items
      responses: { "200": { description: ok, content: { application/json: { schema: { type: object, properties: { things: { type: array, items: { type: object, properties: { name: { type: string } } } } } } } } } }
  /items/{item}:
    get:
      operationId: read_item
      parameters:
      - { name: item, in: path, required: true, description: The item., schema: { type: string } }
      responses: { "200": { description: ok, content: { application/json: { schema: { type: object, properties: { name: { type: string } } } } } } }
"##;

/// Returns all files. The given tools begin at line 4 of `tools/t.yaml`.
fn inputs(tools: &str) -> Vec<Input> {
    let tools = format!("toolset: things\ndescription: Things.\ntools:\n{tools}");
    [
        ("apis.yaml", APIS),
        ("new.yaml", NEW),
        ("old.yaml", OLD),
        ("tools/t.yaml", tools.as_str()),
    ]
    .map(|(path, text)| Input {
        path: path.to_owned(),
        text: text.to_owned(),
    })
    .into()
}

/// Returns a tool as one line of YAML.
fn tool(method: &str, operations: &str, more: &str) -> String {
    let comma = if more.is_empty() { "" } else { ", " };
    format!(
        "- {{ method: {method}, resource: item, title: T, description: D., operations: {{ {operations} }}{comma}{more} }}\n"
    )
}

fn lines(errors: &[Error]) -> String {
    let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn catalog(tools: &str) -> Catalog {
    let (catalog, _) = Workspace::read(&inputs(tools))
        .into_draft()
        .unwrap_or_else(|errors| panic!("{tools}\n{}", lines(&errors)));
    catalog
}

/// Returns the only tool of the first API.
fn lowered(tools: &str) -> Operation {
    catalog(tools).apis()[0].toolsets[0].operations[0].clone()
}

/// Returns the diagnostics about the tools, without the file name and without those about undecided operations.
fn wrong(tools: &str) -> String {
    match Workspace::read(&inputs(tools)).into_draft() {
        Ok(_) => String::new(),
        Err(mut errors) => {
            errors.retain(|error| {
                !matches!(
                    error.diagnostic,
                    Diagnostic::Select(SelectDiagnostic::Undecided { .. })
                )
            });
            lines(&errors)
                .replace("\ntools/t.yaml:", "\n")
                .trim_start_matches("tools/t.yaml:")
                .to_owned()
        }
    }
}

/// Returns the location, the name, `!` if required, and the wire name of each argument.
fn arguments(operation: &Operation) -> String {
    let one = |parameter: &crate::catalog::Parameter| {
        let place = serde_json::to_value(parameter.location).unwrap();
        let needed = if parameter.field.required { "!" } else { "" };
        format!(
            "{} {}{needed}={}",
            place["kind"].as_str().unwrap(),
            parameter.field.name,
            parameter.wire
        )
    };
    operation
        .parameters
        .iter()
        .map(one)
        .collect::<Vec<_>>()
        .join(", ")
}

const SORT: &str = "{ name: sort, description: S. }";

#[test]
fn argument_lists() {
    for (method, operations, more, expected) in [
        ("list", "new: get_items", format!("parameters: [{SORT}]"), "path shop!=shop, query price_gt=price_gt, query sort=sort"),
        ("list", "new: get_items", "omit: [{ names: ['*_gt', s*t], reason: r }]".to_owned(), "path shop!=shop"),
        ("get", "new: get_item", String::new(), "path id!=name"),
        ("get", "new: get_item", "id: name".to_owned(), "path id!=name"),
        ("get", "new: get_item, old: read_item", "id: [name, item]".to_owned(), "path id!=name"),
        ("show", "new: get_item", String::new(), "path name!=name"),
        ("show", "new: get_item", "id: name".to_owned(), "path id!=name"),
        ("get", "new: get_bin", "id: b".to_owned(), "path a!=a, path id!=b"),
        ("create", "new: post_item", String::new(), "path shop!=shop, body name!=name, body note=note, body price=price, body makers=makers"),
        ("update", "new: patch_item", "omit: [{ names: [price, makers], reason: r }], parameters: [{ name: note, in: query, rename: why, reason: r }]".to_owned(), "path id!=name, query why=note, body name=name, body note=note"),
        ("update", "new: patch_item", "parameters: [{ name: name, fallback: id, reason: r }, { name: note, in: body, rename: text, reason: r }]".to_owned(), "path id!=name, query note=note, body name=name, body text=note, body price=price, body makers=makers"),
    ] {
        assert_eq!(arguments(&lowered(&tool(method, operations, &more))), expected, "{method} {operations} {more}");
    }
}

#[test]
fn mistakes() {
    for (method, operations, more, expected) in [
        ("get", "new: get_item", "effect: [not_read_only]", ""),
        (
            "get",
            "new: get_itme",
            "",
            "4: new has no operation `get_itme` (did you mean `get_item`?)",
        ),
        (
            "get",
            "news: get_item",
            "",
            "4: apis.yaml has no document `news` (did you mean `new`?)",
        ),
        (
            "get",
            "new: get_bin",
            "",
            "4: operation `get_bin` of new has 2 path parameters; name the one that is the id in `id`",
        ),
        (
            "get",
            "new: get_bin",
            "id: c",
            "4: operation `get_bin` of new has no parameter `c`",
        ),
        (
            "get",
            "new: get_item, old: read_item",
            "id: name",
            "4: operation `read_item` of old has no parameter `name` (did you mean `item`?)",
        ),
        (
            "delete",
            "new: delete_item",
            "effect: [destructive]",
            "4: effect `destructive` has no effect in new; remove it",
        ),
        (
            "delete",
            "new: delete_item",
            "items: x, filters: [{ name: y }]",
            "4: `filters` is only for list tools; remove it\n4: `items` is only for list tools; remove it",
        ),
        (
            "list",
            "new: get_items",
            "",
            "4: parameter `sort` of `list_item` has no description in new; write one in `parameters`",
        ),
        (
            "show",
            "new: get_items",
            "parameters: [{ name: sort, description: S. }, { name: limit, description: L. }, { name: offset, description: O. }]",
            "4: argument `limit` of tool `show_item` in new has a reserved name; rename it in `parameters`",
        ),
        (
            "show",
            "new: get_bin",
            "parameters: [{ name: a, rename: b, reason: r }]",
            "4: tool `show_item` has two arguments `b` in new (path, path); rename one of them in `parameters`",
        ),
        (
            "update",
            "new: patch_item",
            "",
            "4: tool `update_item` has two arguments `note` in new (query, body); rename one of them in `parameters`",
        ),
        (
            "get",
            "new: get_item",
            "parameters: [{ name: id, description: The name. }]",
            "4: `description` of `id` has no effect in new; remove it",
        ),
        (
            "get",
            "new: get_item",
            "parameters: [{ name: id, required: true, reason: r }]",
            "4: `required` of `id` has no effect in new; remove it",
        ),
        (
            "get",
            "new: get_item",
            "parameters: [{ name: name, description: x }]",
            "4: operation `get_item` of new has no parameter `name`",
        ),
        (
            "get",
            "new: get_item",
            "parameters: [{ name: id, min_items: 1, reason: r }]",
            "4: `min_items` of `id` is invalid for a parameter of type string",
        ),
        (
            "get",
            "new: get_item",
            "parameters: [{ name: id, example: 7 }]",
            "4: `example` of `id` is invalid for a parameter of type string",
        ),
        (
            "get",
            "new: get_item",
            "parameters: [{ name: id, fallback: x, reason: r }]",
            "4: operation `get_item` of new has no parameter `x`",
        ),
        (
            "get",
            "new: get_item",
            "parameters: [{ name: id, documents: [newer], description: x }]",
            "4: tool `get_item` has no document `newer` (did you mean `new`?)",
        ),
        (
            "get",
            "new: get_item, old: read_item",
            "parameters: [{ name: id, documents: [old], description: The item. }]",
            "4: `description` of `id` has no effect in old; remove it",
        ),
        (
            "create",
            "new: post_item",
            "parameters: [{ name: makers.nam, description: x }]",
            "4: operation `post_item` of new has no parameter `makers.nam` (did you mean `name`?)",
        ),
        (
            "create",
            "new: post_item",
            "parameters: [{ name: price.x, description: x }]",
            "4: operation `post_item` of new has no parameter `price.x`",
        ),
        (
            "create",
            "new: post_item",
            "parameters: [{ name: makers.name, secret: true, reason: r }]",
            "4: `secret` of `makers.name` is invalid for a parameter of type string",
        ),
        (
            "create",
            "new: post_item",
            "omit: [{ names: [nam*], reason: r }]",
            "4: `nam*` omits `name`, which operation `post_item` of new requires; narrow the pattern, or set `when_omitted` or `fallback` for the parameter",
        ),
        (
            "create",
            "new: post_item",
            "omit: [{ names: ['*_lt'], reason: r }]",
            "4: `*_lt` matches no parameter of new; remove it",
        ),
        (
            "create",
            "new: { id: post_item, read_back: get_item }",
            "recorded: [nam]",
            "4: unknown recorded member `nam`: the objects of operation `post_item` of new have no such field (did you mean `name`?)",
        ),
        (
            "create",
            "new: post_item",
            "recorded: [name]",
            "4: `recorded` requires that the object is read in new; add `read_back` to this operation",
        ),
        (
            "create",
            "new: { id: post_item, read_back: get_itm }",
            "",
            "4: new has no operation `get_itm` (did you mean `get_item`?)",
        ),
        (
            "create",
            "new: { id: post_item, read_back: delete_item }",
            "",
            "4: `read_back` cannot use operation `delete_item` of new: it is a DELETE, not a GET",
        ),
        (
            "create",
            "new: { id: post_item, read_back: { id: get_item, member: name } }",
            "",
            "4: `member` of `read_back` has no effect in new; remove it",
        ),
        (
            "create",
            "new: { id: post_item, read_back: { id: get_item, member: nam } }",
            "",
            "4: `read_back` cannot use operation `get_item` of new: its path needs `nam`, but operation `post_item` has no such path parameter or body member; name the body member in `member`",
        ),
        (
            "create",
            "new: { id: post_item, merge_from: get_item }",
            "",
            "4: `merge_from` cannot use operation `get_item` of new: its path needs `name`, but operation `post_item` has no such path parameter",
        ),
        (
            "list",
            "new: get_bin",
            "",
            "4: the response of operation `get_bin` of new has several arrays (`one`, `two`); name the one with the items in `items`",
        ),
        (
            "list",
            "new: get_bin",
            "items: tow",
            "4: the response of operation `get_bin` of new has no array `tow` (did you mean `two`?)",
        ),
        ("list", "new: get_item", "", ""),
        (
            "pause",
            "new: { id: patch_items, for_each: { argument: names, operation: patch_item, max: 5 } }",
            "",
            "4: parameter `names` of `pause_item` has no description in new; write one in `parameters`",
        ),
        (
            "pause",
            "new: { id: patch_items, for_each: { argument: names, operation: patch_itm, max: 5 } }",
            "",
            "4: new has no operation `patch_itm` (did you mean `patch_item`?)",
        ),
        (
            "pause",
            "new: { id: patch_items, for_each: { argument: names, operation: get_item, max: 5 } }",
            "",
            "4: `for_each` cannot use operation `get_item` of new: it changes nothing",
        ),
        (
            "pause",
            "new: { id: patch_items, for_each: { argument: names, operation: delete_item, max: 5 } }",
            "",
            "4: `for_each` cannot use operation `delete_item` of new: its body differs from that of `patch_items`",
        ),
        (
            "pause",
            "new: { id: patch_items, for_each: { argument: names, operation: post_item, max: 5 } }",
            "",
            "4: `for_each` cannot use operation `post_item` of new: only one of the two operations has the mask of `patch_items`",
        ),
        (
            "pause",
            "new: { id: patch_item, for_each: { argument: names, operation: patch_item, max: 5 } }",
            "",
            "4: `for_each` cannot use operation `patch_item` of new: its path must have one parameter more than that of `patch_item`, for the id, but has 0 more\n4: tool `pause_item` has two arguments `name` in new (path, body); rename one of them in `parameters`\n4: tool `pause_item` has two arguments `note` in new (query, body); rename one of them in `parameters`",
        ),
        (
            "pause",
            "new: patch_items",
            "require_any: [lik, towns]",
            "4: operation `patch_items` of new has no parameter `lik` (did you mean `like`?)",
        ),
        (
            "pause",
            "new: patch_items",
            "require_any: [like], parameters: [{ name: like, required: true, reason: r }]",
            "4: `like` in `require_any` has no effect in new; remove it",
        ),
        (
            "get",
            "new: get_item",
            "parameters: [{ name: id, min_length: 3, max_length: 2, reason: r }]",
            "4: `max_length` of `id` is invalid for a parameter of type string",
        ),
        (
            "get",
            "new: get_item",
            "parameters: [{ name: id, pattern: '(', reason: r }]",
            "4: `(` must be a regular expression",
        ),
        (
            "get",
            "new: get_item",
            "parameters: [{ name: id, description: A. }, { name: id, in: path, description: B. }]",
            "4: `description` of `id` is already set on line 4; remove one of the two",
        ),
        (
            "update",
            "new: patch_item",
            "parameters: [{ name: note, in: query, rename: why, description: A., reason: r }, { name: note, in: body, description: B. }]",
            "",
        ),
        (
            "list",
            "new: post_item",
            "",
            "4: the response of operation `post_item` of new is not an object",
        ),
        (
            "get",
            "new: delete_item",
            "",
            "4: method `get` does not fit operation `delete_item` of new, which is a DELETE",
        ),
        (
            "delete",
            "new: get_item",
            "",
            "4: method `delete` does not fit operation `get_item` of new, which is a GET",
        ),
        ("remove", "new: delete_item", "", ""),
        (
            "get",
            "new: { id: get_item, merge_from: get_item }",
            "",
            "4: `merge_from` is only for operations that send a body, but `get_item` of new is a GET; remove it",
        ),
        (
            "get",
            "new: { id: get_item, read_back: get_item }",
            "",
            "4: `read_back` is only for operations that write something that can be read, but `get_item` of new is a GET; remove it",
        ),
        (
            "create",
            "new: { id: post_item, read_back: { id: get_item, ignore: [{ name: prise, reason: r }] } }",
            "",
            "4: `prise` in `ignore` of `read_back` has no effect in new; remove it",
        ),
        (
            "list",
            "old: list_items",
            "filters: [{ name: nme }]",
            "4: unknown filter `nme`: the items of operation `list_items` of old have no such field (did you mean `name`?)",
        ),
        (
            "list",
            "old: list_items",
            "filters: [{ name: fields, field: name }]",
            "4: tool `list_item` has two arguments `fields` in old (filter); rename one of them in `parameters`",
        ),
        (
            "list",
            "old: list_items",
            "summary: [nam]",
            "4: unknown summary field `nam`: the items of operation `list_items` of old have no such field (did you mean `name`?)",
        ),
    ] {
        assert_eq!(
            wrong(&tool(method, operations, more)),
            expected,
            "{method} {operations} {more}"
        );
    }
}

#[test]
fn filters_compare_single_values() {
    let filters = |filters: &str| {
        wrong(&tool(
            "list",
            "new: get_items",
            &format!("parameters: [{SORT}], filters: [{filters}]"),
        ))
    };
    for (filter, expected) in [
        ("{ name: price }", ""),
        ("{ name: maker, field: makers.name }", ""),
        (
            "{ name: makers }",
            "4: filter `makers` must be a field with a single value, but is an object in new",
        ),
        (
            "{ name: open }",
            "4: filter `open` must be a field with a single value, but is any value in new",
        ),
        (
            "{ name: town, field: makers.tow }",
            "4: unknown filter `makers.tow`: the items of operation `get_items` of new have no such field (did you mean `makers.town`?)",
        ),
        (
            "{ name: x, field: price.x }",
            "4: unknown filter `price.x`: the items of operation `get_items` of new have no such field",
        ),
        (
            "{ name: sort, field: name }",
            "4: tool `list_item` has two arguments `sort` in new (filter); rename one of them in `parameters`",
        ),
    ] {
        assert_eq!(filters(filter), expected, "{filter}");
    }
}

#[test]
fn two_tools() {
    let get = tool("get", "new: get_item", "");
    let twice = format!("{get}{get}");
    assert_eq!(
        wrong(&twice),
        "5: duplicate tool name `get_item`, first in tools/t.yaml:4; choose another name"
    );
    let other = format!("{get}{}", get.replace("method: get", "method: show"));
    assert_eq!(
        wrong(&other),
        "5: operation `get_item` of new already belongs to tool `get_item`; remove it from one of the tools"
    );
    let create = |name: &str| {
        let more = format!("parameters: [{{ name: makers.{name}, description: one }}]");
        tool("create", "new: post_item", &more)
    };
    let update = |name: &str| {
        let more = format!(
            "omit: [{{ names: [note], reason: r }}], parameters: [{{ name: makers.{name}, description: two }}]"
        );
        tool("update", "new: patch_item", &more)
    };
    let different = format!("{}{}", create("name"), update("town"));
    assert_eq!(wrong(&different), "");
    let other = format!("{}{}", create("name"), update("name"));
    assert_eq!(
        wrong(&other),
        "5: `description` of `Maker.name` is already set on line 4; remove one of the two"
    );
}

#[test]
fn an_unreadable_file_leaves_nothing_undecided() {
    assert_eq!(
        wrong("- ["),
        "5: invalid YAML: while parsing a node, did not find expected node content"
    );
}

#[test]
fn lists_page_as_their_api_does() {
    let more = format!(
        "parameters: [{SORT}], filters: [{{ name: price, unique: true }}], summary: [name]"
    );
    let list = lowered(&tool("list", "new: get_items", &more))
        .list
        .unwrap();
    let offset = Some(Pagination {
        in_body: false,
        limit: "limit".to_owned(),
        max: 100,
        total: None,
        style: PaginationStyle::Offset {
            offset: "offset".to_owned(),
        },
    });
    assert_eq!((list.items.as_str(), list.pagination), ("items", offset));
    assert!(list.filters[0].unique);
    assert_eq!(list.summary, ["name"]);
    let catalog = catalog(&tool("list", "old: list_items", ""));
    let list = catalog.apis()[1].toolsets[0].operations[0]
        .list
        .clone()
        .unwrap();
    assert_eq!((list.items.as_str(), list.pagination), ("things", None));
}

#[test]
fn a_mask_is_no_argument() {
    let more = "omit: [{ names: [note, price, makers], reason: r }]";
    let mask = lowered(&tool("update", "new: patch_item", more))
        .mask
        .unwrap();
    assert_eq!(
        (mask.name.as_str(), mask.style),
        ("mask", ParameterStyle::Pipe)
    );
}

#[test]
fn texts_for_versions_name_what_the_versions_are_of() {
    let versions = "{ before: '2', text: Old. }, { since: '2', before: '2.5', text: Mid. }, { since: '2.5', text: New. }";
    let operations = format!(
        "new: {{ id: delete_item, read_back: get_item, note: [{versions}], not_applied: [{versions}] }}"
    );
    let operation = lowered(&tool("delete", &operations, ""));
    assert_eq!(operation.read_back.as_deref(), Some("/items/{name}"));
    assert_eq!(operation.returns, None);
    assert_eq!(operation.verify.hints, operation.notes);
    let full = operation.full_description();
    let product = &operation.notes[0].product;
    assert!(!product.is_empty());
    assert_eq!(
        full,
        format!(
            "{} Before {product} 2: Old. From {product} 2 to before 2.5: Mid. From {product} 2.5: New.",
            operation.description
        )
    );
}

#[test]
fn a_result_that_is_read_back_has_the_shape_of_its_source() {
    let operation = lowered(&tool(
        "create",
        "new: { id: post_item, read_back: get_item }",
        "",
    ));
    assert_eq!(operation.read_back.as_deref(), Some("/items/{name}"));
    assert_eq!(
        operation.returns.unwrap().kind,
        TypeKind::Named("Item".to_owned())
    );
}

const EACH: &str =
    "new: { id: patch_items, for_each: { argument: names, operation: patch_item, max: 5 } }";

#[test]
fn ids_are_sent_to_the_operation_on_one_object() {
    let more = "require_any: [names, { name: like, documents: [new] }], parameters: [{ name: names, description: N. }]";
    let operation = lowered(&tool("pause", EACH, more));
    let each = operation.for_each.unwrap();
    let said = [&each.operation_id, &each.http, &each.path, &each.items];
    assert_eq!(said, ["patch_item", "patch", "/items/{name}", "items"]);
    assert_eq!(operation.require_any, ["names", "like"]);
    let ids = &operation.parameters[0];
    assert_eq!(
        (ids.field.name.as_str(), ids.wire.as_str()),
        ("names", "name")
    );
    assert_eq!(
        (ids.location, ids.field.required),
        (ParameterLocation::ForEach, false)
    );
    assert_eq!(
        (ids.field.ty.rules.min_items, ids.field.ty.rules.max_items),
        (Some(1), Some(5))
    );
}

#[test]
fn filters_of_a_destructive_tool_are_not_empty() {
    let more = "parameters: [{ name: names, description: N. }]";
    let rules = |more: &str| {
        let operation = lowered(&tool("pause", EACH, more));
        let rules = operation.parameters.iter().map(|it| {
            let items = match &it.field.ty.kind {
                TypeKind::Array(items) => items.rules.min_length,
                _ => None,
            };
            let rules = &it.field.ty.rules;
            (
                it.field.name.clone(),
                rules.min_length,
                rules.min_items,
                items,
            )
        });
        rules.collect::<Vec<_>>()
    };
    let row = |name: &str, length, count, items| (name.to_owned(), length, count, items);
    let mild = rules(more);
    assert!(mild.contains(&row("like", None, None, None)), "{mild:?}");
    assert!(mild.contains(&row("towns", None, None, None)), "{mild:?}");
    let strict = rules(&format!("effect: [destructive], {more}"));
    assert!(
        strict.contains(&row("like", Some(1), None, None)),
        "{strict:?}"
    );
    assert!(
        strict.contains(&row("towns", None, Some(1), Some(1))),
        "{strict:?}"
    );
    // Enumerated values and numbers are never empty, and a value in the body may be empty.
    for name in ["state", "above", "note"] {
        assert!(strict.contains(&row(name, None, None, None)), "{strict:?}");
    }
}

#[test]
fn a_deletion_returns_nothing() {
    let operation = lowered(&tool("delete", "new: delete_item", ""));
    assert_eq!(operation.returns, None);
}

#[test]
fn types_are_those_in_use() {
    let names = |tools: &str| {
        let catalog = catalog(tools);
        let types = catalog.apis()[0].toolsets[0].types.iter();
        types
            .map(|def| def.rust_name.clone())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let create = |more: &str| tool("create", "new: post_item", more);
    assert_eq!(names(&create("")), "Maker");
    assert_eq!(names(&create("omit: [{ names: [makers], reason: r }]")), "");
    assert_eq!(names(&tool("get", "new: get_item", "")), "Item Maker");
}

#[test]
fn descriptions() {
    let operations = "new: { id: get_item, note: Only here. }, old: read_item";
    let catalog = catalog(&tool("get", operations, "id: [name, item]"));
    let description = |api: usize| {
        catalog.apis()[api].toolsets[0].operations[0]
            .description
            .clone()
    };
    assert_eq!(description(0), "D. Only here.");
    assert_eq!(description(1), "D.");
    assert_eq!(
        catalog.apis()[0].toolsets[0].operations[0].parameters[0]
            .field
            .description,
        "The name."
    );
}

#[test]
fn effects() {
    for (method, operation, more, expected) in [
        ("get", "get_item", "", [true, false, true]),
        (
            "get",
            "get_item",
            "effect: [not_read_only]",
            [false, false, true],
        ),
        ("show", "get_item", "", [true, false, true]),
        ("create", "post_item", "", [false, false, false]),
        (
            "create",
            "post_item",
            "effect: [destructive]",
            [false, true, false],
        ),
        (
            "list",
            "get_item",
            "effect: [not_idempotent]",
            [true, false, false],
        ),
        ("delete", "delete_item", "", [false, true, true]),
        (
            "delete",
            "delete_item",
            "effect: [not_idempotent]",
            [false, true, false],
        ),
    ] {
        let effect = lowered(&tool(method, &format!("new: {operation}"), more)).effect;
        let found = [effect.read_only, effect.destructive, effect.idempotent];
        assert_eq!(found, expected, "{method} {operation} {more}");
    }
}

#[test]
fn struct_names() {
    for (method, expected) in [
        ("list", "ListAllItem"),
        ("get", "GetItem"),
        ("create", "CreateItem"),
        ("update", "UpdateItem"),
        ("delete", "DeleteItem"),
        ("turn_on", "TurnOnItem"),
    ] {
        assert_eq!(super::operation::struct_name(method, "item"), expected);
    }
}
