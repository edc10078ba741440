//! Classification of changes as breaking, additive or cosmetic: each kind of change is made to a small API by replacing one text, and is checked in both directions.

mod api;
mod report;

use mcp_codegen::changes::{ApiChangeSeverity, tool_changes};
use mcp_codegen::{Input, Workspace};

use crate::support::{self as golden, replace};

use self::api::{APIS, DOCUMENT, TOOLS, inputs};

/// Returns the changes, one line each.
fn said(base: &Workspace, head: &Workspace) -> Vec<String> {
    let changes = tool_changes(&base.catalog, &head.catalog);
    let severity = |severity| match severity {
        ApiChangeSeverity::Breaking => "breaking",
        ApiChangeSeverity::Additive => "additive",
        ApiChangeSeverity::Cosmetic => "cosmetic",
    };
    changes
        .iter()
        .map(|it| {
            let tool = match it.tool.as_str() {
                "" => String::new(),
                tool => format!(" {tool}"),
            };
            let on = match it.apis.as_slice() {
                [] => String::new(),
                apis => format!(" [{}]", apis.join(", ")),
            };
            format!(
                "{}{tool}: {}{on}",
                severity(it.change.severity),
                it.change.text
            )
        })
        .collect()
}

/// Returns the state in which `new` replaces `old`. The old text must occur exactly once in the input files.
fn with(old: &str, new: &str) -> Workspace {
    let count = |text: &str| text.matches(old).count();
    assert_eq!(
        count(DOCUMENT) + count(TOOLS) + count(APIS),
        1,
        "{old} has to stand once"
    );
    let replaced = |text: &str| text.replace(old, new);
    let state = Workspace::read(&inputs(
        &replaced(APIS),
        &replaced(TOOLS),
        &replaced(DOCUMENT),
    ));
    let diagnostics: Vec<String> = state.errors().iter().map(ToString::to_string).collect();
    assert_eq!(diagnostics, [""; 0], "with {new} for {old}");
    state
}

fn unchanged() -> Workspace {
    Workspace::read(&inputs(APIS, TOOLS, DOCUMENT))
}

/// Old text, new text, expected changes, and expected changes in the reverse direction.
type Row = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

fn check(rows: &[Row]) {
    let base = unchanged();
    for (old, new, there, back) in rows {
        let head = with(old, new);
        assert_eq!(said(&base, &head), *there, "{old} -> {new}");
        assert_eq!(said(&head, &base), *back, "{new} -> {old}");
    }
}

#[test]
fn nothing_is_no_change() {
    assert_eq!(said(&unchanged(), &unchanged()), [""; 0]);
}

#[test]
fn tools() {
    check(&[
        (
            api::REMOVE,
            "",
            &["breaking remove_item: removed: Remove an item"],
            &["additive remove_item: new: Remove an item (writes)"],
        ),
        (
            "    resource: thing\n",
            "    resource: article\n    renamed_from: get_thing\n",
            &["additive get_article: renamed from `get_thing`, which still works"],
            // In the reverse direction, the former name becomes a new tool and the current tool is removed.
            &[
                "additive get_thing: new: Get a thing (reads)",
                "breaking get_article: removed: Get a thing",
            ],
        ),
        (
            "    resource: parcel\n    renamed_from: send_box\n",
            "    resource: parcel\n",
            &["breaking send_parcel: the former name `send_box` no longer works"],
            &[],
        ),
        (
            "title: Get a thing",
            "title: Fetch a thing",
            &["cosmetic get_thing: its title changed"],
            &["cosmetic get_thing: its title changed"],
        ),
        (
            "description: Get a thing by name.",
            "description: Get one thing by name.",
            &["cosmetic get_thing: its description changed"],
            &["cosmetic get_thing: its description changed"],
        ),
        (
            "tags: [stock]",
            "tags: [goods]",
            &[
                "additive list_things: tag `goods` is new",
                "breaking list_things: tag `stock` was removed",
                "additive get_thing: tag `goods` is new",
                "breaking get_thing: tag `stock` was removed",
                "additive send_parcel: tag `goods` is new",
                "breaking send_parcel: tag `stock` was removed",
                "additive remove_item: tag `goods` is new",
                "breaking remove_item: tag `stock` was removed",
            ],
            &[
                "additive list_things: tag `stock` is new",
                "breaking list_things: tag `goods` was removed",
                "additive get_thing: tag `stock` is new",
                "breaking get_thing: tag `goods` was removed",
                "additive send_parcel: tag `stock` is new",
                "breaking send_parcel: tag `goods` was removed",
                "additive remove_item: tag `stock` is new",
                "breaking remove_item: tag `goods` was removed",
            ],
        ),
        (
            "    effect: [not_idempotent]\n",
            "    effect: [destructive]\n",
            &[
                "breaking remove_item: it is destructive",
                "additive remove_item: it is idempotent",
            ],
            &[
                "additive remove_item: it is no longer destructive",
                "breaking remove_item: it is no longer idempotent",
            ],
        ),
        (
            "title: Get a thing",
            "effect: [not_read_only]\n    title: Get a thing",
            &[
                "breaking get_thing: it can write now: an MCP server restricted to reading no longer offers it",
            ],
            &["additive get_thing: it is read-only now"],
        ),
        (
            "/v1/things/{name}:",
            "/v1/goods/{name}:",
            &[
                "breaking get_thing: the route is `GET /v1/goods/{name}`, was `GET /v1/things/{name}`",
            ],
            &[
                "breaking get_thing: the route is `GET /v1/things/{name}`, was `GET /v1/goods/{name}`",
            ],
        ),
        (
            "    put: # remove\n",
            "    patch: # remove\n",
            &["breaking remove_item: the route is `PATCH /v1/removed`, was `PUT /v1/removed`"],
            &["breaking remove_item: the route is `PUT /v1/removed`, was `PATCH /v1/removed`"],
        ),
    ]);
}

/// Checks fields that `null` clears in a PATCH. The API has two such fields, so that the argument `clear` remains.
#[test]
fn arguments_that_can_be_cleared() {
    let patch = |day: &str| {
        let document = DOCUMENT
            .replacen("    post:\n", "    patch:\n", 1)
            .replace(
                "to: { type: string, maxLength",
                "to: { type: string, nullable: true, maxLength",
            )
            .replace("day: { type: string, nullable: true,", day);
        Workspace::read(&inputs(APIS, TOOLS, &document))
    };
    let (can, cannot) = (
        patch("day: { type: string, nullable: true,"),
        patch("day: { type: string,"),
    );
    let expected = ["breaking send_parcel: parameter `day` can no longer be cleared"];
    assert_eq!(said(&can, &cannot), expected);
    let expected = ["additive send_parcel: parameter `day` can be cleared"];
    assert_eq!(said(&cannot, &can), expected);
}

#[test]
fn arguments() {
    let of = |what: &'static str| -> &'static [&'static str] {
        let lines = what.split("; ");
        let lines = lines.map(|line| {
            let line = line.replace("P: ", " send_parcel: parameter ");
            &*Box::leak(line.into_boxed_str())
        });
        Box::leak(lines.collect::<Vec<_>>().into_boxed_slice())
    };
    let rows: Vec<Row> = [
        (
            "        to: ",
            "        note: { type: string, description: d }\n        to: ",
            "additiveP: `note` is new",
            "breakingP: `note` was removed",
        ),
        (
            "required: [weight]",
            "required: [weight, to]",
            "breakingP: `to` is now required",
            "additiveP: `to` is now optional",
        ),
        (
            "weight: { type: integer,",
            "weight: { type: number,",
            "additiveP: `weight` can have a fraction",
            "breakingP: `weight` is an integer, was a number",
        ),
        (
            "weight: { type: integer, minimum: 1, maximum: 20,",
            "weight: { type: string,",
            "breakingP: `weight` is a text, was an integer; cosmeticP: `weight` has another example",
            "breakingP: `weight` is an integer, was a text; cosmeticP: `weight` has another example",
        ),
        (
            "maximum: 20",
            "maximum: 30",
            "additiveP: `weight` has the maximum 30 instead of 20",
            "breakingP: `weight` has the maximum 20 instead of 30",
        ),
        (
            "minimum: 1, ",
            "minimum: 2, ",
            "breakingP: `weight` has the minimum 2 instead of 1",
            "additiveP: `weight` has the minimum 1 instead of 2",
        ),
        (
            "minimum: 1, ",
            "",
            "additiveP: `weight` no longer has the minimum 1",
            "breakingP: `weight` has a new minimum: 1",
        ),
        (
            "maxLength: 9",
            "maxLength: 8",
            "breakingP: `to` has the maximum length 8 instead of 9",
            "additiveP: `to` has the maximum length 9 instead of 8",
        ),
        (
            "pattern: '^x'",
            "pattern: '^y'",
            "breakingP: `to` has the pattern `^y` instead of `^x`",
            "breakingP: `to` has the pattern `^x` instead of `^y`",
        ),
        (
            "format: date-time, ",
            "",
            "additiveP: `day` no longer has the format `date-time`",
            "breakingP: `day` has a new format: `date-time`",
        ),
        (
            "maxItems: 3",
            "maxItems: 4",
            "additiveP: `labels` has the maximum number of items 4 instead of 3",
            "breakingP: `labels` has the maximum number of items 3 instead of 4",
        ),
        (
            "[fast, slow]",
            "[fast, slow, free]",
            "additiveP: `speed` can also be `free`",
            "breakingP: `speed` can no longer be `free`",
        ),
        (
            "speed: { type: string, enum: [fast, slow], default: fast,",
            "speed: { type: string, default: fast,",
            "additiveP: `speed` takes any text",
            "breakingP: `speed` takes certain values only",
        ),
        (
            "default: fast",
            "default: slow",
            "breakingP: `speed` is \"slow\" when omitted, was \"fast\"",
            "breakingP: `speed` is \"fast\" when omitted, was \"slow\"",
        ),
        (
            "default: fast, ",
            "",
            "cosmeticP: `speed` no longer has the documented default \"fast\"",
            "cosmeticP: `speed` has the documented default \"fast\"",
        ),
        (
            "note: \"gift\"",
            "note: \"present\"",
            "breaking send_parcel: the values that are always sent changed",
            "breaking send_parcel: the values that are always sent changed",
        ),
        (
            "any: { description:",
            "any: { type: boolean, description:",
            "breakingP: `any` takes a boolean only",
            "additiveP: `any` takes any value",
        ),
        (
            "        size: ",
            "        rim: { type: integer, description: d }\n        size: ",
            "additiveP: `box.rim` is new",
            "breakingP: `box.rim` was removed",
        ),
        (
            "required: [size]",
            "required: []",
            "additiveP: `box.size` is now optional",
            "breakingP: `box.size` is now required",
        ),
        (
            "additionalProperties: false",
            "additionalProperties: true",
            "additiveP: `box` takes other members too",
            "breakingP: `box` no longer takes other members",
        ),
        (
            "- { type: string, description: by name }",
            "- { type: string, description: by name }\n            - { type: boolean }",
            "additiveP: `by` can also be a boolean",
            "breakingP: `by` can no longer be a boolean",
        ),
        (
            "description: How heavy it is.",
            "description: Its weight.",
            "cosmeticP: `weight` has another description",
            "cosmeticP: `weight` has another description",
        ),
        (
            "example: 7, ",
            "example: 8, ",
            "cosmeticP: `weight` has another example",
            "cosmeticP: `weight` has another example",
        ),
        (
            "secret: true, reason: A code.",
            "rename: access_code, reason: A code.",
            "breakingP: `code` was renamed to `access_code`",
            "breakingP: `access_code` was renamed to `code`",
        ),
    ]
    .map(|(old, new, there, back)| (old, new, of(there), of(back)))
    .to_vec();
    let (last, others) = rows.split_last().unwrap();
    check(others);
    // Besides its name, the secrecy of the renamed parameter changes.
    let (old, new, ..) = *last;
    let (base, head) = (unchanged(), with(old, new));
    assert_eq!(
        said(&base, &head),
        [
            "breaking send_parcel: parameter `code` was renamed to `access_code`",
            "breaking send_parcel: parameter `access_code` is no longer kept secret",
        ]
    );
    assert_eq!(
        said(&head, &base),
        [
            "breaking send_parcel: parameter `access_code` was renamed to `code`",
            "cosmetic send_parcel: parameter `code` is kept secret",
        ]
    );
    check(&[(
        "        - { name: order_by,",
        "        - { name: kind, in: query, required: true, description: d, schema: { type: string } }\n        - { name: order_by,",
        &["breaking list_things: parameter `kind` is new and required"],
        &["breaking list_things: parameter `kind` was removed"],
    )]);
}

#[test]
fn results() {
    check(&[
        (
            "        price: { type: number }\n",
            "        price: { type: number }\n        colour: { type: string }\n",
            &[
                "additive list_things: result field `colour` is new",
                "additive get_thing: result field `colour` is new",
            ],
            &[
                "breaking list_things: result field `colour` was removed",
                "breaking get_thing: result field `colour` was removed",
            ],
        ),
        (
            "        price: { type: number }\n",
            "        price: { type: string }\n",
            &[
                "breaking list_things: result field `price` is a text, was a number",
                "breaking get_thing: result field `price` is a text, was a number",
            ],
            &[
                "breaking list_things: result field `price` is a number, was a text",
                "breaking get_thing: result field `price` is a number, was a text",
            ],
        ),
        (
            "        extra: {}\n",
            "        extra: { type: boolean }\n",
            &[
                "additive list_things: result field `extra` is known to be a boolean",
                "additive get_thing: result field `extra` is known to be a boolean",
            ],
            &[
                "breaking list_things: result field `extra` is anything, was a boolean",
                "breaking get_thing: result field `extra` is anything, was a boolean",
            ],
        ),
        (
            "enum: [new, sold]",
            "enum: [new, sold, lost]",
            &[
                // The list is also filtered by this field.
                "additive list_things: parameter `state` can also be `lost`",
                "additive list_things: result field `state` can also be `lost`",
                "additive get_thing: result field `state` can also be `lost`",
            ],
            &[
                "breaking list_things: parameter `state` can no longer be `lost`",
                "cosmetic list_things: result field `state` can no longer be `lost`",
                "cosmetic get_thing: result field `state` can no longer be `lost`",
            ],
        ),
        // A result field may always be missing or `null`, so these changes do not matter to readers.
        ("required: [name, price]", "required: [name]", &[], &[]),
        (
            "state: { type: string, enum",
            "state: { type: string, nullable: true, enum",
            &[],
            &[],
        ),
        (
            "description: How it is called.",
            "description: Its name.",
            &[
                "cosmetic list_things: result field `name` has another description",
                "cosmetic get_thing: result field `name` has another description",
            ],
            &[
                "cosmetic list_things: result field `name` has another description",
                "cosmetic get_thing: result field `name` has another description",
            ],
        ),
        (
            "summary: [name, price]",
            "summary: [name, price, state]",
            &["additive list_things: returns `state` by default too"],
            &["breaking list_things: no longer returns `state` by default"],
        ),
        (
            "    summary: [name, price]\n",
            "",
            &[
                "breaking list_things: parameter `fields` was removed",
                "additive list_things: returns all fields by default",
            ],
            &[
                "additive list_things: parameter `fields` is new",
                "breaking list_things: returns only `name`, `price` by default",
            ],
        ),
        (
            "things: { type: array",
            "entries: { type: array",
            &["breaking list_things: the items are in `entries`, were in `things`"],
            &["breaking list_things: the items are in `things`, were in `entries`"],
        ),
        (
            "{ name: state, unique: false }",
            "{ name: state, unique: true }",
            &["cosmetic list_things: parameter `state` matches at most one item"],
            &["cosmetic list_things: parameter `state` matches any number of items"],
        ),
        (
            "      - { name: state, unique: false }\n",
            "      - { name: state, unique: false }\n      - { name: price }\n",
            &["additive list_things: parameter `price` is new"],
            &["breaking list_things: parameter `price` was removed"],
        ),
        (
            "{ name: label, field: maker }",
            "{ name: label, field: name }",
            &["breaking list_things: parameter `label` is a filter on `name`, was on `maker`"],
            &["breaking list_things: parameter `label` is a filter on `maker`, was on `name`"],
        ),
        (
            "offset: offset, max: 50",
            "offset: offset, max: 100",
            &[
                "cosmetic list_things: it is paged by offset, 100 at once, was by offset, 50 at once",
            ],
            &[
                "cosmetic list_things: it is paged by offset, 50 at once, was by offset, 100 at once",
            ],
        ),
        (
            "'200': { description: sent }",
            "'200': { description: sent, content: { application/json: { schema: { type: integer } } } }",
            &["additive send_parcel: it has a result now"],
            &["breaking send_parcel: it no longer has a result"],
        ),
    ]);
}

#[test]
fn a_correction_that_no_longer_applies_takes_no_other_with_it() {
    let correction = |pointer: &str, new: &str| {
        format!(
            "  - {{ documents: shop, pointer: {pointer}, set: {new}, reason: r, link: https://example.com }}\n"
        )
    };
    let price = "/components/schemas/Thing/properties/price";
    let fitting = correction(&format!("{price}/description"), "What it costs.");
    let idle = correction(&format!("{price}/type"), "string");
    let with = |corrections: &str| {
        let mut inputs = inputs(APIS, TOOLS, DOCUMENT);
        inputs.push(mcp_codegen::Input {
            path: "specs/corrections.yaml".to_owned(),
            text: format!("corrections:\n{corrections}"),
        });
        Workspace::read(&inputs)
    };
    let (one, both) = (with(&fitting), with(&format!("{fitting}{idle}")));
    assert_eq!(one.errors(), []);
    let diagnostics: Vec<String> = both.errors().iter().map(ToString::to_string).collect();
    assert_eq!(
        diagnostics,
        [
            "specs/corrections.yaml:3: correction of `shop` at /components/schemas/Thing/properties/price/type no longer applies: the value is \"number\"; update or remove it"
        ]
    );
    assert_eq!(both.catalog, one.catalog, "all tools, and what still fits");
}

#[test]
fn whole_apis() {
    let both = unchanged();
    let none = Workspace::read(&[]);
    assert_eq!(
        said(&both, &none),
        ["breaking: Shop was removed, with 4 tools"]
    );
    assert_eq!(said(&none, &both), ["additive: Shop is new, with 4 tools"]);
}

/// Returns the state after several replacements, each in the file whose path ends with the first text.
fn edited(edits: &[[&str; 3]]) -> Workspace {
    let mut inputs = inputs(APIS, TOOLS, DOCUMENT);
    for [file, old, new] in edits {
        replace(&mut inputs, file, old, new);
    }
    valid(&inputs)
}

fn valid(inputs: &[Input]) -> Workspace {
    let state = Workspace::read(inputs);
    assert_eq!(state.errors(), []);
    state
}

#[test]
fn what_follows_from_several_texts() {
    let base = unchanged();
    let find = ["apis.yaml", "get: get_{resource}", "get: find_{resource}"];
    assert_eq!(
        said(
            &edited(&[find]),
            &edited(&[
                find,
                ["things.yaml", "method: get", "method: find\n    id: name"]
            ])
        ),
        ["breaking find_thing: its method is `find`, was `get`"]
    );
    let get = "operations: { shop: get_thing }";
    let slash = format!("{get}\n    parameters: [{{ name: id, slash: true, reason: r }}]");
    assert_eq!(
        said(&base, &edited(&[["things.yaml", get, &slash]])),
        ["additive get_thing: parameter `id` may have a slash"]
    );
    let other = [
        ["things.yaml", get, "operations: { shop: other }"],
        ["shop.yaml", "operationId: get_thing", "operationId: other"],
    ];
    assert_eq!(
        said(&base, &edited(&other)),
        ["cosmetic get_thing: it is operation `other` of `shop`, was `get_thing` of `shop`"]
    );
    let schema = "application/json: { schema: { $ref: '#/components/schemas/Thing' }";
    let format = format!("{get}\n    response_format: text");
    let text = [
        ["things.yaml", get, &format],
        [
            "shop.yaml",
            schema,
            "text/plain: { schema: { type: string }",
        ],
    ];
    assert_eq!(
        said(&base, &edited(&text)),
        ["breaking get_thing: the result is text, was JSON"]
    );
    let mut dated = inputs(APIS, TOOLS, DOCUMENT);
    dated.push(Input {
        path: "specs/history.yaml".to_owned(),
        text: "history:\n  - { document: shop, releases: ['1', '2'], operations: [{ operation: get_thing, since: '2' }] }\n".to_owned(),
    });
    assert_eq!(
        said(&base, &valid(&dated)),
        ["cosmetic get_thing: needs 2 or newer"]
    );
}

#[test]
fn a_tool_of_one_api_says_of_which() {
    let second = |edits: &[[&str; 3]]| {
        let (documents, api) = APIS.split_once("apis:\n").unwrap();
        let document = documents.lines().last().unwrap();
        let rename = |text: &str| {
            text.replace("name: shop", "name: shop-0")
                .replace("[shop]", "[shop-0]")
                .replace("/shop.yaml", "/shop-0.yaml")
        };
        let apis = format!(
            "{documents}{}\napis:\n{api}{}",
            rename(document),
            rename(api)
        );
        let operations = ["list_things", "get_thing", "send", "remove"];
        let tools = operations.iter().fold(TOOLS.to_owned(), |tools, id| {
            let old = format!("{{ shop: {id} }}");
            tools.replace(&old, &format!("{{ shop: {id}, shop-0: {id} }}"))
        });
        let mut inputs = inputs(&apis, &tools, DOCUMENT);
        inputs.push(Input {
            path: "specs/openapi/shop-0.yaml".to_owned(),
            text: DOCUMENT.to_owned(),
        });
        for [file, old, new] in edits {
            replace(&mut inputs, file, old, new);
        }
        valid(&inputs)
    };
    let note = "shop-0: { id: list_things, note: Only here. }";
    let changed = second(&[
        ["things.yaml", "shop-0: list_things", note],
        ["things.yaml", ", shop-0: remove", ""],
    ]);
    assert_eq!(
        said(&second(&[]), &changed),
        [
            "cosmetic list_things: its description changed [shop-0]",
            "breaking remove_item: removed: Remove an item [shop-0]",
        ]
    );
}

/// Returns the state of the golden case `instead`, in which a server has one of two documents. Both define tools with the same names. The first `old` in the given file is replaced.
fn instead(file: &str, old: &str, new: &str) -> Workspace {
    let mut inputs = golden::inputs("instead");
    replace(&mut inputs, file, old, new);
    valid(&inputs)
}

#[test]
fn each_of_the_documents_that_a_server_can_have_is_compared() {
    let base = instead("apis.yaml", "", "");
    let name = "Guest: { type: object, properties: { name: { type: string";
    let number = "Guest: { type: object, properties: { name: { type: integer";
    let gone = instead("tools/guests.yaml", ", inn-ledger: strike_guest", "");
    assert_eq!(
        said(&base, &gone),
        ["breaking delete_guest: removed: Delete a guest [inn-ledger]"]
    );
    let other = instead("inn-ledger.yaml", name, number);
    assert_eq!(
        said(&base, &other),
        [
            "breaking list_all_guests: parameter `name` is an integer, was a text [inn-ledger]",
            "breaking list_all_guests: result field `name` is an integer, was a text [inn-ledger]",
            "breaking list_all_stains: result field `name` is an integer, was a text",
        ]
    );
}

#[test]
fn presets() {
    let state = |presets: &str, tools: &str| {
        let mut inputs = inputs(APIS, tools, DOCUMENT);
        inputs.push(Input {
            path: "specs/presets.yaml".to_owned(),
            text: format!("presets:\n{presets}"),
        });
        valid(&inputs)
    };
    let reading = "  - { name: look, title: Look, methods: [read] }\n";
    let two = "  - { name: look, title: Look, methods: [read] }\n  - { name: ship, title: Ship, tools: [send_parcel] }\n";
    let more = "  - { name: look, title: Look, methods: [read, send] }\n  - { name: ship, title: Ship, tools: [send_parcel] }\n";
    let less = "  - { name: look, title: Look, methods: [read], exclude_tools: [get_thing] }\n";
    let secret = TOOLS.replace("tags: [stock]", "tags: [secrets]");
    let without = TOOLS.replace(api::REMOVE, "");
    let writing = "  - { name: write, title: Write, methods: [write] }\n";
    for (base, head, there, back) in [
        (
            state(reading, TOOLS),
            state(two, TOOLS),
            &["additive: preset `ship` is new"][..],
            &["breaking: preset `ship` was removed: an MCP server with this preset offers nothing"]
                [..],
        ),
        (
            state(two, TOOLS),
            state(more, TOOLS),
            &[
                "additive send_parcel: enters the preset `look`: MCP servers with it offer this tool, too",
            ],
            &[
                "breaking send_parcel: leaves the preset `look`: MCP servers with it no longer offer this tool",
            ],
        ),
        (
            state(reading, TOOLS),
            state(less, TOOLS),
            &[
                "breaking get_thing: leaves the preset `look`: MCP servers with it no longer offer this tool",
            ],
            &[
                "additive get_thing: enters the preset `look`: MCP servers with it offer this tool, too",
            ],
        ),
        (
            state(writing, &without),
            state(writing, TOOLS),
            &["additive remove_item: new: Remove an item (writes); in the preset `write`"],
            &["breaking remove_item: removed: Remove an item"],
        ),
    ] {
        assert_eq!(said(&base, &head), there);
        assert_eq!(said(&head, &base), back);
    }
    // Tools for secrets are in a preset only if it says so.
    let changes = said(&state(two, TOOLS), &state(two, &secret));
    let left: Vec<&String> = changes.iter().filter(|it| it.contains("leaves")).collect();
    assert_eq!(
        left,
        [
            "breaking list_things: leaves the preset `look`: MCP servers with it no longer offer this tool",
            "breaking get_thing: leaves the preset `look`: MCP servers with it no longer offer this tool",
        ]
    );
}
