//! Emitted files of the golden case `shop`: one tool less is one block less, and whatever cannot be emitted is an error with file and line before anything is emitted.

use crate::support::{files, inputs, replace};
use expect_test::expect;
use mcp_codegen::emit::{emit, readme};
use mcp_codegen::{Catalog, Input, Workspace};

/// Returns the inputs of the shop without the tool whose response has a type that no other tool has, so that removing a tool removes no type.
fn shop() -> Vec<Input> {
    let mut inputs = inputs("shop");
    remove(&mut inputs, 4);
    inputs
}

/// Returns the catalogue. Operations without a tool can be undecided.
fn catalog(inputs: &[Input]) -> Catalog {
    Workspace::read(inputs).into_draft().unwrap().0
}

#[test]
fn equal_inputs_give_equal_bytes() {
    let emitted = || emit(&catalog(&shop())).unwrap();
    assert_eq!(emitted(), emitted());
}

#[test]
fn files_are_sorted_and_end_with_one_line_break() {
    let catalog = catalog(&shop());
    let emitted = emit(&catalog).unwrap();
    assert!(emitted.is_sorted_by(|one, other| one.path < other.path));
    for (path, text) in files(&catalog) {
        assert!(text.ends_with('\n'), "{path}");
        assert!(!text.ends_with("\n\n"), "{path}");
    }
}

/// Checks the diff of a pull request that adds or removes a tool.
#[test]
fn one_tool_less_is_one_block_less() {
    let catalogue = catalog(&shop());
    let whole = files(&catalogue);
    let tools = &catalogue.toolsets()[0].tools;
    assert_eq!(tools.len(), 5);
    for (index, tool) in tools.iter().enumerate() {
        let mut inputs = shop();
        remove(&mut inputs, index);
        let fewer = files(&catalog(&inputs));
        for (path, text) in &whole {
            let Some(left) = fewer.get(path) else {
                assert_eq!(*path, format!("generated/schemas/{tool}.json"));
                continue;
            };
            let removed = hunk_removed(text, left).unwrap_or_else(|| panic!("{tool}: {path}"));
            match removed {
                "" => {}
                row if path.ends_with("catalogue.md") => {
                    assert!(row.starts_with(&format!("| `{tool}` |")), "{row}");
                    assert_eq!(row.lines().count(), 1, "{row}");
                }
                block => {
                    assert_eq!(block.matches("#[tool(").count(), 1, "{block}");
                    assert!(block.contains(&format!("name = \"{tool}\"")), "{block}");
                }
            }
        }
        assert_eq!(fewer.len() + 1, whole.len(), "{tool}");
    }
}

/// Removes the entry of a tool.
fn remove(inputs: &mut [Input], index: usize) {
    let mut files = inputs.iter_mut();
    let input = files.find(|input| input.path.ends_with("items.yaml"));
    let text = &mut input.unwrap().text;
    let starts = text.match_indices("  - method:").map(|(at, _)| at);
    let starts: Vec<usize> = starts.chain([text.len()]).collect();
    text.replace_range(starts[index]..starts[index + 1], "");
}

/// Returns the lines that are missing from `after`, if they are consecutive and nothing else differs.
fn hunk_removed<'a>(before: &'a str, after: &str) -> Option<&'a str> {
    let removed = before.len().checked_sub(after.len())?;
    let starts = before.match_indices('\n').map(|(at, _)| at + 1);
    std::iter::once(0).chain(starts).find_map(|start| {
        let hunk = before.get(start..start + removed)?;
        let rest = [&before[..start], &before[start + removed..]].concat();
        (rest == after).then_some(hunk)
    })
}

#[test]
fn what_cannot_be_emitted_is_reported_with_file_and_line() {
    const DOCUMENT: &str = "openapi/shop-2.yaml";
    const TOOLS: &str = "tools/items.yaml";
    let rows = [
        (DOCUMENT, "schemas/Tag\"", "schemas/Tg\""),
        // A type that contains itself is held by reference.
        (
            DOCUMENT,
            "name: { type: string, description: The word. }",
            "name: { type: string }\n        parent: { $ref: \"#/components/schemas/Tag\" }",
        ),
        (DOCUMENT, "ItemType", "ListAllItems"),
        // A name that generated code uses itself gets a suffix.
        (DOCUMENT, "ItemType", "Nullable"),
        (TOOLS, "summary: [name", "summary: [nam"),
        (
            DOCUMENT,
            "tags: { type: array, items: { $ref: \"#/components/schemas/Tag\" } }",
            "tags: {}",
        ),
        (
            TOOLS,
            "title: Create an item",
            "title: Create an item\n    effect: [read_only]\n    reason: r",
        ),
        // The values of a map cannot have rules; servers check them.
        (
            DOCUMENT,
            "type: string, format: password, writeOnly: true",
            "type: object, additionalProperties: { type: string, minLength: 1 }",
        ),
        (TOOLS, "", ""),
    ];
    let mut found = String::new();
    for (file, old, new) in rows {
        let mut inputs = inputs("shop");
        let all = inputs.iter_mut().filter(|input| input.path.ends_with(file));
        all.for_each(|input| input.text = input.text.replace(old, new));
        found += &format!("{old} -> {new}\n{}", messages(&inputs));
    }
    expect![[r##"
        schemas/Tag" -> schemas/Tg"
        specs/openapi/shop-2.yaml: /components/schemas/Item/properties/tags/items: `#/components/schemas/Tg` does not exist in this document
        specs/openapi/shop-2.yaml: /components/schemas/Item/properties/tags/items: `#/components/schemas/Tg` does not exist in this document
        specs/openapi/shop-2.yaml: /components/schemas/ItemBody/properties/tags/items: `#/components/schemas/Tg` does not exist in this document
        specs/openapi/shop-2.yaml: /components/schemas/Item/properties/tags/items: `#/components/schemas/Tg` does not exist in this document
        specs/openapi/shop-2.yaml: /components/schemas/ItemBody/properties/tags/items: `#/components/schemas/Tg` does not exist in this document
        specs/openapi/shop-2.yaml: /components/schemas/Item/properties/tags/items: `#/components/schemas/Tg` does not exist in this document
        specs/openapi/shop-2.yaml: /components/schemas/Item/properties/tags/items: `#/components/schemas/Tg` does not exist in this document
        specs/openapi/shop-2.yaml: /components/schemas/ItemBody/properties/tags/items: `#/components/schemas/Tg` does not exist in this document
        name: { type: string, description: The word. } -> name: { type: string }
                parent: { $ref: "#/components/schemas/Tag" }
        ItemType -> ListAllItems
        specs/tools/items.yaml:5: toolset `items` of shop-2 has two different types named `ListAllItems`
        ItemType -> Nullable
        summary: [name -> summary: [nam
        specs/tools/items.yaml:10: unknown summary field `nam`: the items of operation `list_items` of shop-1 have no such field (did you mean `name`?)
        specs/tools/items.yaml:10: unknown summary field `nam`: the items of operation `list_items` of shop-2 have no such field (did you mean `name`?)
        tags: { type: array, items: { $ref: "#/components/schemas/Tag" } } -> tags: {}
        specs/tools/items.yaml:13: unknown filter `tags.name`: the items of operation `list_items` of shop-2 have no such field
        title: Create an item -> title: Create an item
            effect: [read_only]
            reason: r
        specs/tools/items.yaml:29: a `create` tool that sends a POST cannot be `read_only`; remove `read_only`
        type: string, format: password, writeOnly: true -> type: object, additionalProperties: { type: string, minLength: 1 }
         -> 
    "##]].assert_eq(&found);
}

#[test]
fn modules_have_different_names() {
    let mut farm = inputs("shared");
    replace(
        &mut farm,
        "tools/barns.yaml",
        "toolset: barns",
        "toolset: shared",
    );
    expect![[r#"
        specs/tools/barns.yaml:1: module `shared` of farm already exists; rename `shared`
    "#]]
    .assert_eq(&messages(&farm));
    let mut inn = inputs("instead");
    replace(
        &mut inn,
        "tools/rooms.yaml",
        "toolset: rooms",
        "toolset: ledger",
    );
    expect![[r#"
        specs/apis.yaml:16: module `ledger` of inn already exists; rename `inn-ledger`
    "#]]
    .assert_eq(&messages(&inn));
}

/// Returns the errors, or nothing if all files can be emitted.
fn messages(inputs: &[Input]) -> String {
    let errors = match Workspace::read(inputs).into_catalog() {
        Ok(catalog) => {
            emit(&catalog).unwrap();
            Vec::new()
        }
        Err(errors) => errors,
    };
    errors.iter().map(|error| format!("{error}\n")).collect()
}

/// Returns the shop with a second toolset.
fn two_toolsets() -> Catalog {
    let mut inputs = shop();
    let mut files = inputs.iter_mut();
    let input = files.find(|input| input.path.ends_with("items.yaml"));
    let text = &mut input.unwrap().text;
    let entry = text.split_off(text.find("  - method: delete").unwrap());
    inputs.push(Input {
        path: "specs/tools/oddities.yaml".to_owned(),
        text: format!(
            "toolset: oddities\ntags: [stock]\ndescription: What no shop should have | but some do.\ntools:\n{entry}"
        ),
    });
    catalog(&inputs)
}

#[test]
fn the_readme_keeps_what_stands_around_the_table() {
    let before =
        "# Shop\n\n<!-- begin generated: tools -->\nold\n<!-- end generated: tools -->\n\nMore.\n";
    let expected = "# Shop

<!-- begin generated: tools -->

| Toolset | Tags | Subject |
| --- | --- | --- |
| [items](generated/catalogue.md#items) | `stock` | Things to sell, and what they cost. |
| [oddities](generated/catalogue.md#oddities) | `stock` | What no shop should have \\| but some do. |

<!-- end generated: tools -->

More.
";
    let once = readme(&two_toolsets(), before).unwrap();
    assert_eq!(once, expected);
    assert_eq!(
        readme(&two_toolsets(), &once).unwrap(),
        expected,
        "twice is once"
    );
}

#[test]
fn a_readme_without_markers_is_refused() {
    let rows = [
        ("# Shop\n", "<!-- begin generated: tools -->"),
        (
            "<!-- begin generated: tools -->\n",
            "<!-- end generated: tools -->",
        ),
    ];
    for (text, marker) in rows {
        let error = readme(&two_toolsets(), text).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("README.md: there is no line `{marker}` where it belongs")
        );
    }
}
