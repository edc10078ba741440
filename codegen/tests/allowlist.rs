//! The allowlist of this project over the published documents: what comes out, and what is said when it is wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use expect_test::{expect, expect_file};
use mcp_codegen::catalog::{Api, Catalog, Operation, Pagination};
use mcp_codegen::{Decision, Error, Input};

/// All files below `specs/`.
fn inputs() -> Vec<Input> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut folders: Vec<PathBuf> = vec![root.join("specs")];
    let mut inputs = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap();
                inputs.push(Input {
                    path: name.replace('\\', "/"),
                    text: fs::read_to_string(&path).unwrap(),
                });
            }
        }
    }
    inputs
}

fn catalog(inputs: &[Input]) -> Catalog {
    mcp_codegen::catalog(inputs).unwrap_or_else(|errors| panic!("{}", report(&errors)))
}

fn report(errors: &[Error]) -> String {
    errors
        .iter()
        .fold(String::new(), |report, error| format!("{report}{error}\n"))
}

fn tools(api: &Api) -> impl Iterator<Item = &Operation> {
    api.toolsets.iter().flat_map(|toolset| &toolset.operations)
}

/// One line for each tool: its request, and its arguments, with `!` where they are needed.
fn signature(operation: &Operation) -> String {
    let mut line = format!(
        "{}: {} {}",
        operation.tool_name, operation.http, operation.path
    );
    for parameter in &operation.parameters {
        let needed = if parameter.required { "!" } else { "" };
        let null = if parameter.ty.nullable { "?" } else { "" };
        write!(line, " {}{needed}{null}", parameter.name).unwrap();
        if let Some(or) = &parameter.or {
            write!(line, "|{or}").unwrap();
        }
    }
    if let Some(list) = &operation.list {
        let pages = matches!(list.pagination, Pagination::Offset { .. });
        let filters: Vec<_> = list
            .filters
            .iter()
            .map(|filter| filter.field.as_str())
            .collect();
        let filters = filters.join(" ");
        write!(line, " -> {} by {filters}, paged {pages}", list.items).unwrap();
    }
    if let Some(path) = &operation.merge {
        write!(line, " merged with {path}").unwrap();
    }
    if operation.mask.is_some() {
        line.push_str(" masked");
    }
    if let Some(path) = &operation.read_back {
        write!(line, " read back from {path}").unwrap();
    }
    line
}

#[test]
fn tools_of_each_api() {
    let catalog = catalog(&inputs());
    let mut found = String::new();
    for api in &catalog.apis {
        writeln!(found, "# {}", api.name).unwrap();
        for operation in tools(api) {
            writeln!(found, "{}", signature(operation)).unwrap();
        }
    }
    expect![[r#"
        # airflow-3
        list_all_apacheairflow_permissions: get /auth/fab/v1/permissions -> actions by action.name resource.name, paged true
        list_all_apacheairflow_roles: get /auth/fab/v1/roles -> roles by , paged true
        get_single_apacheairflow_role_by_id: get /auth/fab/v1/roles/{name} id!
        create_a_apacheairflow_role: post /auth/fab/v1/roles name! actions read back from /auth/fab/v1/roles/{name}
        update_a_apacheairflow_role_by_id: patch /auth/fab/v1/roles/{name} id! name|id actions masked read back from /auth/fab/v1/roles/{name}
        delete_a_apacheairflow_role_by_id: delete /auth/fab/v1/roles/{name} id!
        list_all_apacheairflow_users: get /auth/fab/v1/users order_by -> users by username email active roles.name, paged true
        get_single_apacheairflow_user_by_id: get /auth/fab/v1/users/{username} id!
        create_a_apacheairflow_user: post /auth/fab/v1/users username! email! first_name! last_name! roles! password!
        update_a_apacheairflow_user_by_id: patch /auth/fab/v1/users/{username} id! username? email? first_name? last_name? roles? password? masked
        delete_a_apacheairflow_user_by_id: delete /auth/fab/v1/users/{username} id!
        # airflow-2
        list_all_apacheairflow_permissions: get /api/v1/permissions -> actions by name, paged true
        list_all_apacheairflow_roles: get /api/v1/roles -> roles by , paged true
        get_single_apacheairflow_role_by_id: get /api/v1/roles/{role_name} id!
        create_a_apacheairflow_role: post /api/v1/roles name! actions! read back from /api/v1/roles/{name}
        update_a_apacheairflow_role_by_id: patch /api/v1/roles/{role_name} id! name|id actions masked read back from /api/v1/roles/{role_name}
        delete_a_apacheairflow_role_by_id: delete /api/v1/roles/{role_name} id!
        list_all_apacheairflow_users: get /api/v1/users order_by -> users by username email active roles.name, paged true
        get_single_apacheairflow_user_by_id: get /api/v1/users/{username} id!
        create_a_apacheairflow_user: post /api/v1/users first_name! last_name! username! email! roles! password!
        update_a_apacheairflow_user_by_id: patch /api/v1/users/{username} id! first_name last_name username email roles password merged with /api/v1/users/{username} masked
        delete_a_apacheairflow_user_by_id: delete /api/v1/users/{username} id!
    "#]].assert_eq(&found);
}

#[test]
fn secrets_are_known() {
    let catalog = catalog(&inputs());
    for operation in catalog.apis.iter().flat_map(tools) {
        for parameter in &operation.parameters {
            let (tool, name) = (&operation.tool_name, &parameter.name);
            assert_eq!(parameter.secret, name == "password", "{tool} {name}");
        }
    }
}

#[test]
fn types_are_complete() {
    let catalog = catalog(&inputs());
    for toolset in catalog.apis.iter().flat_map(|api| &api.toolsets) {
        let names: Vec<_> = toolset
            .types
            .iter()
            .map(|def| def.rust_name.as_str())
            .collect();
        assert!(names.is_sorted(), "{names:?}");
    }
    let files = mcp_codegen::emit::emit(&catalog);
    assert!(files.is_ok(), "{files:?}");
}

/// The whole of what a client is told of the 11 tools for users, roles and permissions.
#[test]
fn access_control_is_small() {
    let mut catalog = catalog(&inputs());
    for api in &mut catalog.apis {
        api.toolsets
            .retain(|toolset| ["permissions", "roles", "users"].contains(&toolset.name.as_str()));
    }
    let names: Vec<_> = catalog.apis.iter().map(|api| api.name.clone()).collect();
    let files = mcp_codegen::emit::emit(&catalog).unwrap();
    for api in names {
        let mut size = 0;
        for file in files.iter().filter(|file| file.path.contains("/schemas/")) {
            let tools: serde_json::Value = serde_json::from_str(&file.text).unwrap();
            let tool = &tools[&api];
            size += tool["name"].as_str().unwrap().len();
            size += tool["description"].as_str().unwrap().len();
            size += tool["inputSchema"].to_string().len();
        }
        assert!(size > 0 && size <= 6500, "{api}: {size} bytes");
    }
}

#[test]
fn every_operation_is_decided() {
    let coverage = mcp_codegen::coverage(&inputs()).unwrap();
    let mut found = String::new();
    for document in &coverage.documents {
        let count = |wanted: fn(&Decision) -> bool| {
            document
                .operations
                .iter()
                .filter(|operation| wanted(&operation.decision))
                .count()
        };
        let tools = count(|decision| matches!(decision, Decision::Tool(_)));
        let excluded = count(|decision| matches!(decision, Decision::Excluded(_)));
        let undecided = count(|decision| *decision == Decision::Undecided);
        writeln!(
            found,
            "{}: {tools} tools, {excluded} excluded, {undecided} undecided",
            document.name
        )
        .unwrap();
    }
    expect![[r#"
        airflow-3: 0 tools, 128 excluded, 0 undecided
        airflow-3-fab: 11 tools, 3 excluded, 0 undecided
        airflow-2: 11 tools, 78 excluded, 0 undecided
    "#]]
    .assert_eq(&found);
}

/// Replaces a text in one of the files.
fn change(inputs: &mut [Input], path: &str, text: &str, instead: &str) {
    let input = inputs
        .iter_mut()
        .find(|input| input.path == path)
        .expect(path);
    assert!(input.text.contains(text), "{path} has no {text}");
    input.text = input.text.replacen(text, instead, 1);
}

#[test]
fn one_tool_less_changes_no_other() {
    let mut inputs = inputs();
    let whole = catalog(&inputs);
    change(
        &mut inputs,
        "specs/excluded.yaml",
        "[create_token,",
        "[delete_user, create_token,",
    );
    change(
        &mut inputs,
        "specs/excluded.yaml",
        "operations: [get_providers,",
        "operations: [delete_user, get_providers,",
    );
    let users = "specs/tools/users.yaml";
    let at = |inputs: &[Input]| {
        let text = &inputs
            .iter()
            .find(|input| input.path == users)
            .unwrap()
            .text;
        text[text.find("  - method: delete").unwrap()..].to_owned()
    };
    let tool = at(&inputs);
    change(&mut inputs, users, &tool, "");
    let less = catalog(&inputs);
    for (whole, less) in whole.apis.iter().zip(&less.apis) {
        let wanted: Vec<_> = tools(whole)
            .filter(|tool| tool.operation_id != "delete_user")
            .collect();
        assert_eq!(wanted, tools(less).collect::<Vec<_>>());
    }
}

#[test]
fn a_tool_taken_out_is_undecided() {
    let mut inputs = inputs();
    change(
        &mut inputs,
        "specs/tools/users.yaml",
        "airflow-2: delete_user, ",
        "",
    );
    let errors = mcp_codegen::catalog(&inputs).unwrap_err();
    expect![[r#"
        specs/openapi/airflow-2.yaml:2892: operation `delete_user` of airflow-2 is neither a tool nor excluded: document it under specs/tools/, or exclude it with a reason in specs/excluded.yaml
    "#]].assert_eq(&report(&errors));
    let (draft, undecided) = mcp_codegen::draft(&inputs).unwrap();
    assert_eq!(undecided, errors);
    assert_eq!(
        draft
            .apis
            .iter()
            .map(|api| tools(api).count())
            .collect::<Vec<_>>(),
        [11, 10]
    );
}

/// What follows from a mistake is not reported beside it.
#[test]
fn one_mistake_is_one_message() {
    let (apis, excluded) = ("specs/apis.yaml", "specs/excluded.yaml");
    let (corrections, users) = ("specs/corrections.yaml", "specs/tools/users.yaml");
    let get_users = "operations: { airflow-2: get_users, airflow-3-fab: get_users }";
    for (path, text, instead, expected) in [
        (
            users,
            "  - method: list\n    resource: users",
            "  - resource: users",
            "5: a tool needs `method`",
        ),
        (
            users,
            "method: list",
            "method: List",
            "5: `List` is no name of a-z, 0-9 and _ that begins with a letter",
        ),
        (users, get_users, "", "5: a tool needs `operations`"),
        (
            users,
            get_users,
            "operation: { airflow-2: get_users }",
            "11: a tool has no key `operation` (did you mean `operations`?)",
        ),
        (
            users,
            get_users,
            "operations: { airflow-2: { note: x }, airflow-3-fab: get_users }",
            "11: an operation needs `id`",
        ),
        (
            users,
            get_users,
            "operations: { airflow2: get_users, airflow-3-fab: get_users }",
            "11: `airflow2` is not a document of specs/apis.yaml (did you mean `airflow-2`?)",
        ),
        (
            users,
            "title: List users",
            "titel: List users",
            "7: a tool has no key `titel` (did you mean `title`?)",
        ),
        (
            users,
            "title: List users",
            "title: *users",
            "7: this is not YAML: while parsing node, found unknown anchor",
        ),
        (
            users,
            "title: List users",
            "title: \"List\\nusers\"",
            "7: `title` is no text of one line",
        ),
        (
            users,
            "title: List users",
            "title: \"List \\u202e users\"",
            "7: `title` has a character that does not show, U+202E; leave it out",
        ),
        (
            users,
            "description: Field to sort by. }",
            "description: Field to sort by., default: mail, reason: r }",
            "19: `default` of `order_by` does not fit a parameter of type object or enum",
        ),
        (
            users,
            "summary: [username,",
            "summary: [username, username,",
            "12: `username` stands here twice, first in line 12",
        ),
        (
            excluded,
            "excluded:",
            "exclude:",
            "4: this file has no key `exclude` (did you mean `excluded`?)",
        ),
        (
            excluded,
            "operations: [login]",
            "operations: login",
            "6: `operations` is no list; write `[one, two]`, or a line with `- ` for each",
        ),
        (
            corrections,
            "document: airflow-2",
            "document: airflow-22",
            "6: `airflow-22` is not a document of specs/apis.yaml (did you mean `airflow-2`?)",
        ),
        (
            corrections,
            "    rename: fail_login_count",
            "    renam: fail_login_count",
            "8: a correction has no key `renam` (did you mean `rename`?)",
        ),
        (
            corrections,
            "UserCollectionItem/properties/failed",
            "UserCollectionItm/properties/failed",
            "6: correction of `airflow-2` at /components/schemas/UserCollectionItm/properties/failed_login_count no longer applies: there is nothing",
        ),
        (
            apis,
            "source: specs/openapi/airflow-2.yaml",
            "source: specs/openapi/airflow2.yaml",
            "21: there is no file `specs/openapi/airflow2.yaml`",
        ),
        (
            apis,
            "  list: list_all_apacheairflow_{resource}",
            "  list: list_all_{resorce}",
            "5: `list_all_{resorce}` must hold `{resource}` and nothing else in braces",
        ),
        (
            apis,
            "max: 100 }",
            "max: many }",
            "41: `max` is no number from 0 to 4294967295",
        ),
        (
            apis,
            "      basic:",
            "      bsic:",
            "71: `sign_in` has no key `bsic` (did you mean `basic`?)",
        ),
        (
            apis,
            "- name: airflow-2\n    title",
            "- name: airflow-3\n    title",
            "66: API `airflow-3` is used twice, first in specs/apis.yaml:26",
        ),
        (
            apis,
            "- name: airflow-2\n    title",
            "- name: airflow_2\n    title",
            "66: `airflow_2` is no name of a-z, 0-9 and - that begins with a letter",
        ),
        (
            apis,
            "documents: [airflow-2]",
            "documents: []",
            "20: document `airflow-2` belongs to no API",
        ),
        (
            apis,
            "        - { status: 409, says: Username,",
            "        - { status: 409, hint: Choose another. }\n        - { status: 409, says: Username,",
            "59: with this hint the one in line 60 is never given: put it behind that one",
        ),
    ] {
        let mut inputs = inputs();
        change(&mut inputs, path, text, instead);
        let found = mcp_codegen::catalog(&inputs).err().unwrap_or_default();
        let found: String = report(&found).lines().take(5).collect();
        assert_eq!(found, format!("{path}:{expected}"), "{text} -> {instead}");
    }
}

/// Mistakes in all files, reported in one run.
#[test]
fn all_mistakes_at_once() {
    let mut inputs = inputs();
    let (users, roles) = ("specs/tools/users.yaml", "specs/tools/roles.yaml");
    for (path, text, instead) in [
        ("specs/apis.yaml", "string: comma", "string: semicolon"),
        (
            "specs/apis.yaml",
            "says: Unknown roles, hint",
            "say: Unknown roles, hint",
        ),
        (
            "specs/apis.yaml",
            "code: unauthenticated",
            "code: unauthorized",
        ),
        (
            "specs/excluded.yaml",
            "[get_providers,",
            "[get_providers, delete_role, get_user_stats,",
        ),
        (
            "specs/excluded.yaml",
            "    reason: It sends a browser",
            "    reasons: It sends a browser",
        ),
        (
            "specs/excluded.yaml",
            "document: airflow-3-fab",
            "document: airflow-3-fap",
        ),
        (
            users,
            "airflow-3-fab: get_users }",
            "airflow-3-fab: get_usres }",
        ),
        (users, "summary: [username,", "summary: [user_name,"),
        (
            users,
            "{ name: email, unique: true }",
            "{ name: e_mail, unique: true }",
        ),
        (users, "field: roles.name", "field: roles.nme"),
        (
            users,
            "description: \"Get a user by",
            "descripton: \"Get a user by",
        ),
        (
            users,
            "    id: username\n    title: Update",
            "    id: usrname\n    title: Update",
        ),
        (users, "merge_from: get_user", "merge_from: delete_user"),
        (
            users,
            "    description: Delete",
            "    title: Delete a user\n    description: Delete",
        ),
        (
            users,
            "{ name: password, description: Password. }",
            "{ name: pasword, description: Password. }",
        ),
        (users, "min_items: 1,", "min_length: 1,"),
        (
            roles,
            "description: Get a role with its permissions (actions on resources).",
            "description: ''",
        ),
        (
            roles,
            "omit:\n      - { names: [order_by]",
            "omit:\n      - { names: [order_by, \"*_gt\"]",
        ),
        (
            roles,
            "read_back: { id: get_role, from: name }",
            "read_back: get_role",
        ),
        (
            roles,
            "      - { name: name, description: Role name. }\n",
            "",
        ),
        (
            roles,
            "method: delete\n    resource: role",
            "method: update\n    resource: role",
        ),
        (roles, "or: id", "or: idd"),
        (
            "specs/tools/permissions.yaml",
            "on: [airflow-2]",
            "on: [airflow-1]",
        ),
    ] {
        change(&mut inputs, path, text, instead);
    }
    let errors = mcp_codegen::catalog(&inputs).unwrap_err();
    expect_file!["expect/mistakes.txt"].assert_eq(&report(&errors));
}
