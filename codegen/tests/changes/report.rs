//! The report: the order of the changes, changes that several tools share, and the changes of the documents.

use expect_test::expect;
use mcp_codegen::Workspace;
use mcp_codegen::changes::{DocumentVersion, Report, ReportFormat, document_changes, tool_changes};

use super::api::{APIS, DOCUMENT, TOOLS, inputs};

fn report(base: &Workspace, head: &Workspace, form: ReportFormat) -> String {
    let diagnostics: Vec<String> = head.errors().iter().map(ToString::to_string).collect();
    Report {
        base: "1.0",
        versions: &[DocumentVersion {
            document: "shop".to_owned(),
            base: Some("1.0".to_owned()),
            head: Some("1.1".to_owned()),
        }],
        tools: &tool_changes(&base.catalog, &head.catalog),
        documents: &document_changes(base, head),
        diagnostics: &diagnostics,
        undecided: head.undecided.len(),
    }
    .write(form)
}

/// Returns a document that is one release newer than the allowlist.
fn next_document() -> String {
    let edits = [
        // Removes an operation that a tool uses.
        ("  /v1/removed:\n", "  /v1/taken:\n"),
        // Changes an operation id. The allowlist does not contain the new id.
        (
            "operationId: get_thing",
            "operationId: read_thing\n      deprecated: true",
        ),
        // Adds a parameter.
        (
            "        to: ",
            "        insured: { type: boolean }\n        to: ",
        ),
        ("maximum: 20", "maximum: 10"),
    ];
    let mut text = DOCUMENT.to_owned();
    for (old, new) in edits {
        assert_eq!(text.matches(old).count(), 1, "{old}");
        text = text.replace(old, new);
    }
    text
}

#[test]
fn changes_of_documents_and_open_decisions_are_reported() {
    let base = Workspace::read(&inputs(APIS, TOOLS, DOCUMENT));
    let head = Workspace::read(&inputs(APIS, TOOLS, &next_document()));
    expect![[r#"
        ## What changes for users of the tools

        Since 1.0: 3 breaking, 1 additive, 0 cosmetic. Tools: 0 new, 1 removed, 0 renamed, 2 changed.

        Documents: `shop` 1.0 → 1.1.

        ### Breaking (3)

        **things**

        - `get_thing`: removed: Get a thing
        - `send_parcel`: parameter `weight` has the maximum 10 instead of 20
        - `remove_item`: the route is `PUT /v1/taken`, was `PUT /v1/removed`

        ### Additive (1)

        **things**

        - `send_parcel`: parameter `insured` is new

        ### Changes of the documents

        `shop` 1.1 adds 1 operation:

        | operation | request | summary | decision |
        | --- | --- | --- | --- |
        | `remove` | `PUT /v1/taken` |  | tool `remove_item` |

        `shop` 1.1 no longer has 1 operation:

        - `remove` (`PUT /v1/removed`), which was `remove_item`

        `shop` 1.1 renamed these operations:

        - `read_thing`, was `get_thing`

        `shop` 1.1 deprecates these operations:

        - `read_thing`

        ### Open decisions

        1 operation is neither a tool nor excluded yet: `cargo xtask allow OPERATION…` writes allowlist entries to fill in; to exclude an operation, add it to `specs/excluded.yaml`.

        The specs do not fit the documents in 2 places:

        - specs/tools/things.yaml:19: shop has no operation `get_thing`
        - specs/tools/things.yaml:21: parameter `insured` of `send_parcel` has no description in shop; write one in `parameters`
    "#]].assert_eq(&report(&base, &head, ReportFormat::Markdown));
    expect![[r#"
        What changes for users of the tools
        -----------------------------------

        Since 1.0: 3 breaking, 1 additive, 0 cosmetic. Tools: 0 new, 1 removed, 0 renamed, 2 changed.

        Documents: `shop` 1.0 → 1.1.

        Breaking (3)
        ------------

        things
        - `get_thing`: removed: Get a thing
        - `send_parcel`: parameter `weight` has the maximum 10 instead of 20
        - `remove_item`: the route is `PUT /v1/taken`, was `PUT /v1/removed`

        Additive (1)
        ------------

        things
        - `send_parcel`: parameter `insured` is new

        Changes of the documents
        ------------------------

        `shop` 1.1 adds 1 operation:

        - `remove`; `PUT /v1/taken`; tool `remove_item`

        `shop` 1.1 no longer has 1 operation:

        - `remove` (`PUT /v1/removed`), which was `remove_item`

        `shop` 1.1 renamed these operations:

        - `read_thing`, was `get_thing`

        `shop` 1.1 deprecates these operations:

        - `read_thing`

        Open decisions
        --------------

        1 operation is neither a tool nor excluded yet: `cargo xtask allow OPERATION…` writes allowlist entries to fill in; to exclude an operation, add it to `specs/excluded.yaml`.

        The specs do not fit the documents in 2 places:

        - specs/tools/things.yaml:19: shop has no operation `get_thing`
        - specs/tools/things.yaml:21: parameter `insured` of `send_parcel` has no description in shop; write one in `parameters`
    "#]].assert_eq(&report(&base, &head, ReportFormat::Terminal));
}

#[test]
fn changes_that_many_tools_share_are_reported_once() {
    let base = Workspace::read(&inputs(APIS, TOOLS, DOCUMENT));
    let tools = TOOLS.replace("tags: [stock]", "tags: [goods]");
    let head = Workspace::read(&inputs(APIS, &tools, DOCUMENT));
    expect![[r#"
        ## What changes for users of the tools

        Since 1.0: 4 breaking, 4 additive, 0 cosmetic. Tools: 0 new, 0 removed, 0 renamed, 4 changed.

        Documents: `shop` 1.0 → 1.1.

        ### Breaking (4)

        - in 4 tools: tag `stock` was removed
          - `list_things`, `get_thing`, `send_parcel`, `remove_item`

        ### Additive (4)

        - in 4 tools: tag `goods` is new
          - `list_things`, `get_thing`, `send_parcel`, `remove_item`
    "#]]
    .assert_eq(&report(&base, &head, ReportFormat::Markdown));
}

#[test]
fn no_change_is_one_sentence() {
    let base = Workspace::read(&inputs(APIS, TOOLS, DOCUMENT));
    expect![[r#"
        ## What changes for users of the tools

        Since 1.0: nothing.

        Documents: `shop` 1.0 → 1.1.
    "#]]
    .assert_eq(&report(&base, &base, ReportFormat::Markdown));
}

#[test]
fn omitted_parameters_are_reported() {
    let tools = TOOLS.replace(
        "      - { names: [greeting]",
        "      - { names: [insured], reason: Nobody is. }\n      - { names: [greeting]",
    );
    let document = DOCUMENT.replace(
        "        to: ",
        "        insured: { type: boolean }\n        to: ",
    );
    let base = Workspace::read(&inputs(APIS, TOOLS, DOCUMENT));
    let head = Workspace::read(&inputs(APIS, &tools, &document));
    expect![[r#"
        What changes for users of the tools
        -----------------------------------

        Since 1.0: nothing.

        Documents: `shop` 1.0 → 1.1.

        Changes of the documents
        ------------------------

        `shop` 1.1 adds parameters that their tools do not have:

        - `send` (`send_parcel`): `insured` (body)
    "#]]
    .assert_eq(&report(&base, &head, ReportFormat::Terminal));
}
