//! Corrections of the published documents, and their effects.
use std::path::Path;

use mcp_codegen::catalog::{TypeKind, TypeShape};
use mcp_codegen::corrections::{Correction, CorrectionAction};
use mcp_codegen::openapi::{Document, DocumentSource, OperationFacts, read};
use serde_json::Value;

fn file(path: &str) -> String {
    std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../specs")
            .join(path),
    )
    .unwrap()
}

fn corrections() -> Vec<Correction> {
    let file: Value = serde_yaml::from_str(&file("corrections.yaml")).unwrap();
    let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    let one = move |entry: &Value, document: &Value| Correction {
        source: "specs/corrections.yaml".to_owned(),
        line: 1,
        document: document.as_str().unwrap().to_owned(),
        pointer: text(entry, "pointer"),
        expect: entry.get("expect").cloned(),
        action: match (entry.get("set"), entry.get("rename")) {
            (Some(value), _) => CorrectionAction::Set(value.clone()),
            (None, Some(_)) => CorrectionAction::Rename(text(entry, "rename")),
            (None, None) => CorrectionAction::Remove,
        },
        reason: text(entry, "reason"),
        link: text(entry, "link"),
    };
    file["corrections"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|entry| {
            let documents = &entry["documents"];
            let several = documents.as_array().cloned();
            let documents = several.unwrap_or_else(|| vec![documents.clone()]);
            documents
                .into_iter()
                .map(move |document| one(entry, &document))
        })
        .collect()
}

fn document(name: &str) -> Document {
    let source = format!("specs/openapi/{name}.yaml");
    read(&DocumentSource {
        name,
        file: &source,
        text: &file(&format!("openapi/{name}.yaml")),
        corrections: &corrections(),
        ..DocumentSource::default()
    })
    .unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// Returns `name` for each required argument and `name?` for each other argument.
fn arguments(facts: &OperationFacts) -> String {
    let all = facts.parameters.iter().map(|parameter| {
        format!(
            "{}{}",
            parameter.field.name,
            if parameter.field.required { "" } else { "?" }
        )
    });
    all.collect::<Vec<_>>().join(" ")
}

fn members(facts: &OperationFacts, name: &str) -> String {
    let shape = &facts
        .types
        .iter()
        .find(|def| def.rust_name == name)
        .unwrap_or_else(|| panic!("no type {name}"))
        .shape;
    let TypeShape::Struct { fields, .. } = shape else {
        panic!("{name} is not a struct")
    };
    fields
        .iter()
        .map(|field| field.name.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn each_correction_has_a_reason_and_a_link() {
    let bare: Vec<String> = corrections()
        .into_iter()
        .filter(|c| c.reason.is_empty() || !c.link.starts_with("https://"))
        .map(|c| c.pointer)
        .collect();
    assert_eq!(bare, Vec::<String>::new());
}

#[test]
fn members_that_the_server_requires_are_required() {
    let documents = [
        document("airflow-2"),
        document("airflow-3-fab"),
        document("airflow-3-fab-2"),
    ];
    let rows = [
        (
            0,
            "post_user",
            "first_name last_name username email roles? password?",
        ),
        (0, "post_role", "name actions"),
        (0, "patch_role", "role_name update_mask? name actions?"),
        (
            1,
            "create_user",
            "username email first_name last_name roles password",
        ),
        (1, "create_role", "name actions?"),
        (2, "post_role", "name actions"),
    ];
    let found: Vec<_> = rows
        .iter()
        .map(|(document, id, _)| {
            (
                *document,
                *id,
                arguments(&documents[*document].facts(id).unwrap()),
            )
        })
        .collect();
    assert_eq!(
        found,
        rows.map(|(document, id, arguments)| (document, id, arguments.to_owned()))
    );
}

#[test]
fn members_have_the_names_that_the_server_sends() {
    let document = document("airflow-2");
    let rows = [
        (
            "get_users",
            "UserCollectionItem",
            "first_name last_name username email active last_login login_count fail_login_count roles created_on changed_on",
        ),
        (
            "get_task_instance_tries",
            "TaskInstanceHistoryCollection",
            "task_instances total_entries",
        ),
        (
            "get_dataset_queued_events",
            "QueuedEventCollection",
            "queued_events total_entries",
        ),
    ];
    let found: Vec<_> = rows
        .iter()
        .map(|(id, name, _)| (*id, *name, members(&document.facts(id).unwrap(), name)))
        .collect();
    assert_eq!(
        found,
        rows.map(|(id, name, members)| (id, name, members.to_owned()))
    );
}

#[test]
fn responses_without_content_are_none() {
    let created = document("airflow-2")
        .facts("post_role")
        .unwrap()
        .response
        .map(|ty| ty.kind);
    assert!(matches!(created, Some(TypeKind::Map(_))), "{created:?}");
    assert_eq!(
        document("airflow-3-fab")
            .facts("delete_role")
            .unwrap()
            .response,
        None
    );
}
