//! Printing of a hand-written catalogue: one tool less is one block less, and a catalogue that cannot be printed is an error.

use std::collections::BTreeMap;

use crate::rustfmt::rustfmt;
use crate::support::{named, shop};
use mcp_codegen::catalog::*;
use mcp_codegen::emit::{emit, readme};

#[test]
fn formatted_files_stay_as_they_are() {
    let once = files(&shop());
    let mut twice = once.clone();
    rustfmt(twice.iter_mut().map(|(path, text)| (path.as_str(), text))).unwrap();
    assert_eq!(once, twice);
}

#[test]
fn equal_catalogues_give_equal_bytes() {
    assert_eq!(emit(&shop()).unwrap(), emit(&shop()).unwrap());
}

#[test]
fn files_are_sorted_and_end_with_one_line_break() {
    let emitted = emit(&shop()).unwrap();
    assert!(emitted.is_sorted_by(|one, other| one.path < other.path));
    for (path, text) in files(&shop()) {
        assert!(text.ends_with('\n'), "{path}");
        assert!(!text.ends_with("\n\n"), "{path}");
    }
}

/// Checks the diff of a pull request that adds or removes a tool.
#[test]
fn one_tool_less_is_one_block_less() {
    let whole = files(&shop());
    let tools: Vec<String> = shop()
        .toolsets
        .iter()
        .flat_map(|toolset| toolset.tools.clone())
        .collect();
    for tool in tools {
        let fewer = files(&without(shop(), &tool));
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

/// Returns the catalogue without this tool.
fn without(mut catalog: Catalog, tool: &str) -> Catalog {
    for toolset in &mut catalog.toolsets {
        toolset.tools.retain(|name| name != tool);
    }
    for api in &mut catalog.apis {
        for toolset in &mut api.toolsets {
            toolset
                .operations
                .retain(|operation| operation.tool_name != tool);
        }
    }
    catalog
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

fn files(catalog: &Catalog) -> BTreeMap<String, String> {
    let files = emit(catalog).unwrap().into_iter();
    let mut files: BTreeMap<_, _> = files.map(|file| (file.path, file.text)).collect();
    rustfmt(files.iter_mut().map(|(path, text)| (path.as_str(), text))).unwrap();
    files
}

#[test]
fn what_cannot_be_printed_is_said() {
    type Break = fn(&mut Catalog);
    let rows: [(Break, &str); 10] = [
        (
            |shop| items(shop).operations[1].returns = Some(named("Itm")),
            "shop-2, toolset `items`: there is no type `Itm`",
        ),
        (
            |shop| {
                let TypeShape::Struct { fields, .. } = &mut items(shop).types[2].shape else {
                    return;
                };
                fields[0].ty = named("Tag");
            },
            "shop-2, toolset `items`: type `Tag` contains itself",
        ),
        (
            |shop| items(shop).operations[1].rust_name = "ListItems".to_owned(),
            "shop-2, toolset `items`: the name `ListItems` is used twice",
        ),
        (
            |shop| items(shop).operations[0].rust_name = "Nullable".to_owned(),
            "shop-2, toolset `items`: a type cannot be called `Nullable`, which generated code uses itself",
        ),
        (
            |shop| items(shop).operations[0].list.as_mut().unwrap().summary[0] = "nam".to_owned(),
            "shop-2, tool `list_items`: an item of the list has no field `nam`",
        ),
        (
            |shop| items(shop).operations[2].effect.read_only = true,
            "shop-2, tool `create_item`: the effect that follows from `post` can be made stricter, never laxer",
        ),
        (
            |shop| {
                let Some(parameter) = shop.apis[0].toolsets[1].operations[0].parameters.get_mut(4)
                else {
                    return;
                };
                let TypeKind::Map(values) = &mut parameter.ty.kind else {
                    return;
                };
                values.rules.min_length = Some(1);
            },
            "shop-2, tool `odd`: the values of argument `deep` keep to rules that a block has no place for",
        ),
        (
            |shop| {
                let mut tag = items(shop).types.remove(2);
                if let TypeShape::Struct { fields, .. } = &mut tag.shape {
                    fields[0].ty = named("Tg");
                }
                shop.apis[0].types.push(tag);
            },
            "shop-2, shared types: there is no type `Tg`",
        ),
        (
            |shop| {
                let tag = items(shop).types.remove(2);
                shop.apis[0].types.push(tag);
                items(shop).module = "shared".to_owned();
            },
            "shop-2: the name `shared` is used twice",
        ),
        (|_| {}, ""),
    ];
    for (damage, expected) in rows {
        let mut shop = shop();
        damage(&mut shop);
        let errors = emit(&shop).err().unwrap_or_default();
        let messages: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(messages.join("\n"), expected);
    }
}

fn items(shop: &mut Catalog) -> &mut Toolset {
    &mut shop.apis[0].toolsets[0]
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
    let once = readme(&shop(), before).unwrap();
    assert_eq!(once, expected);
    assert_eq!(readme(&shop(), &once).unwrap(), expected, "twice is once");
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
        let error = readme(&shop(), text).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("README.md: there is no line `{marker}` where it belongs")
        );
    }
}
