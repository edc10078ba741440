//! Discovery tools with the catalogue of the example.

use std::sync::Arc;

use runtime::selection::Selection;
use tidewater_tools::APIS;

use super::*;
use crate::discovery_tools::{CALL, tools};
use crate::offer::Catalogue;

/// Queries of users, each with the tool that must be among the first three results.
const QUERIES: &[(&str, &str)] = &[
    ("which ships are there", "list_vessels"),
    ("add a ship", "create_vessel"),
    ("craete vessl", "create_vessel"),
    ("remove vessel", "delete_vessel"),
    ("rename a vessel", "update_vessel"),
    ("close berth", "close_berth"),
    ("release container", "release_container"),
    ("certificates", "list_certificates"),
    ("tides", "get_tides"),
    ("cancel a call", "cancel_port_call"),
];

fn offer(methods: &[&str], tags: &[&str]) -> OfferedTools {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let selection = Selection {
        methods: owned(methods),
        tags: owned(tags),
        ..Selection::default()
    };
    OfferedTools::new(Arc::new(Catalogue::new(APIS)), selection).with_discovery(true)
}

fn known(api: &str, documents: &[&'static str]) -> DetectedServer {
    let api = APIS.iter().find(|it| it.name == api);
    DetectedServer {
        api: api.copied().unwrap_or(APIS[0]),
        version: "1".to_owned(),
        documents: documents.to_vec(),
        versions: Vec::new(),
    }
}

fn found(offer: &OfferedTools, known: Option<&DetectedServer>, arguments: &Value) -> Value {
    let arguments = arguments.as_object().cloned().unwrap_or_default();
    match requested(&FIND, arguments) {
        Ok(DiscoveryRequest::Find(find)) => {
            find.run(offer, known).unwrap_or_else(|it| it.to_json())
        }
        other => panic!("{other:?}"),
    }
}

fn names(found: &Value) -> Vec<&str> {
    let tools = found["tools"].as_array();
    let names = tools.into_iter().flatten();
    names.filter_map(|tool| tool["name"].as_str()).collect()
}

#[test]
fn expected_tool_is_among_the_first_three() {
    let offer = offer(&[], &[]);
    for (query, expected) in QUERIES {
        let found = found(&offer, None, &json!({"query": query, "limit": 3}));
        let names = names(&found);
        assert!(names.contains(expected), "{query}: {names:?}");
    }
}

#[test]
fn only_callable_tools_are_found() {
    let query = json!({"query": "vessels"});
    let reader = offer(&["read"], &[]);
    let found_by_reader = found(&reader, None, &query);
    let effects: Vec<_> = found_by_reader["tools"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    assert!(!effects.is_empty());
    assert!(effects.iter().all(|tool| tool["effect"] == "read"));

    let without_documents = known("tidewater", &[]);
    let all = offer(&[], &[]);
    let found_without = found(&all, Some(&without_documents), &query);
    assert!(names(&found_without).is_empty());
    let described = describe(&all, Some(&without_documents), "list_vessels");
    let error = described.err().map(|error| error.detail);
    let expected = "tool `list_vessels` does not exist in this Tidewater";
    assert_eq!(error.as_deref(), Some(expected));
}

#[test]
fn results_describe_each_tool_in_a_line() {
    let all = offer(&[], &[]);
    let rows = [
        ("delete vessel", "destructive"),
        ("create vessel", "write"),
        ("list vessels", "read"),
    ];
    for (query, effect) in rows {
        let found = found(&all, None, &json!({"query": query, "limit": 1}));
        assert_eq!(found["tools"][0]["effect"], effect, "{found}");
        let line = found["tools"][0]["description"].as_str().unwrap_or("\n");
        assert!(line.ends_with('.') && !line.contains('\n'), "{line:?}");
        assert!(found["more"].as_u64() > Some(0), "{found}");
    }
}

#[test]
fn without_a_query_toolsets_are_counted() {
    let all = offer(&[], &["fleet"]);
    for arguments in [json!({}), json!({"query": " ", "toolset": ""})] {
        let expected = json!([
            {"name": "port_calls", "tags": ["fleet", "quay"], "tools": 6},
            {"name": "vessels", "tags": ["fleet"], "tools": 7},
        ]);
        assert_eq!(found(&all, None, &arguments)["toolsets"], expected);
    }
    let vessels = found(&all, None, &json!({"toolset": "vessels"}));
    assert_eq!((names(&vessels).len(), &vessels["more"]), (7, &json!(0)));
    let calls = found(
        &all,
        None,
        &json!({"query": "certificate", "toolset": "port_calls"}),
    );
    assert_eq!(calls["hint"], NOTHING);
    let unknown = found(&all, None, &json!({"toolset": "vesels"}));
    let error = &unknown["error"];
    assert_eq!(error["detail"], "unknown toolset `vesels`");
    assert_eq!(error["hint"], "The toolsets are port_calls, vessels.");
}

#[test]
fn unknown_names_come_with_similar_ones() {
    let rows = [
        (
            &[][..],
            "create_a_vessel",
            "unknown tool `create_a_vessel`; did you mean `create_vessel`?",
            "The most similar tools are create_vessel, ",
        ),
        (
            &["read"],
            "delete_vessel",
            "tool `delete_vessel` is not offered: the selection of this server excludes it",
            "The most similar tools are list_vessels, ",
        ),
        (
            &[],
            "zzz",
            "unknown tool `zzz`",
            "find_tools finds tools by words.",
        ),
    ];
    for (methods, name, detail, hint) in rows {
        let error = describe(&offer(methods, &["fleet"]), None, name).err();
        let error = error.map(|error| (error.detail, error.hint));
        let (found_detail, found_hint) = error.unwrap_or_default();
        assert_eq!(found_detail, detail);
        assert!(found_hint.starts_with(hint), "{found_hint}");
    }
}

#[test]
fn a_description_contains_all_listed_data() {
    let all = offer(&[], &[]);
    let name = "delete_vessel";
    let described = describe(&all, None, name).unwrap_or_default();
    let listed = OfferedTools::clone(&all)
        .with_discovery(false)
        .listed_tool(None, name);
    // Serialized and parsed, as clients receive the tool, because a listed schema may already be text.
    let listed = serde_json::to_string(&listed).unwrap_or_default();
    let listed: Value = serde_json::from_str(&listed).unwrap_or_default();
    for key in ["name", "title", "description", "inputSchema", "annotations"] {
        assert!(described.get(key).is_some(), "{described}");
        assert_eq!(described[key], listed[key], "{key}");
    }
    assert_eq!(described["effect"], "destructive");
}

#[test]
fn invalid_arguments_are_reported_and_not_shown() {
    let rows = [
        (&FIND, json!({"query": 1}), "query"),
        (&FIND, json!({"limit": 0}), "limit"),
        (&FIND, json!({"querry": "vessels"}), "query"),
        (&DESCRIBE, json!({}), "name"),
        (&CALL, json!({"arguments": {}}), "name"),
        (
            &CALL,
            json!({"name": "x", "arguments": "planted"}),
            "arguments",
        ),
        (
            &CALL,
            json!({"name": "x", "password": "planted"}),
            "password",
        ),
    ];
    for (tool, arguments, says) in rows {
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let error = requested(tool, arguments)
            .err()
            .map(|error| error.to_json());
        let error = error.unwrap_or_default()["error"].clone();
        assert_eq!(error["code"], "invalid_arguments");
        let detail = error["detail"].as_str().unwrap_or_default();
        assert!(
            detail.contains(says) && !detail.contains("planted"),
            "{detail}"
        );
    }
}

#[test]
fn discovery_tools_are_small_and_annotated() {
    for (methods, can_write) in [
        (&[][..], true),
        (&["read"], false),
        (&["list", "delete"], true),
    ] {
        let offer = offer(methods, &[]);
        let listed = offer.listed(None);
        let hints: Vec<_> = listed
            .iter()
            .filter_map(|tool| {
                let annotations = tool.annotations.as_ref()?;
                Some((
                    &*tool.name,
                    annotations.read_only_hint?,
                    annotations.destructive_hint?,
                ))
            })
            .collect();
        let expected = [
            ("find_tools", true, false),
            ("describe_tool", true, false),
            ("call_tool", !can_write, can_write),
        ];
        assert_eq!(hints, expected);
        let size = |tool: &Tool| {
            tool.name.len()
                + tool.description.len()
                + Value::Object(json_schema::input_schema(tool))
                    .to_string()
                    .len()
        };
        let sum: usize = tools(!can_write).into_iter().map(size).sum();
        assert!(sum <= 1_500, "{sum} bytes");
        for api in APIS {
            let known = known(api.name, &[]);
            assert_eq!(offer.listed(Some(&known)).len(), 3);
        }
    }
}

#[test]
fn a_line_is_one_sentence() {
    let long = "x".repeat(300);
    let cut = format!("{}…", "x".repeat(LINE));
    let rows = [
        ("", ""),
        ("One. Two.", "One."),
        (
            "Needs 2.5\nor more, e.g. this. Then",
            "Needs 2.5 or more, e.g. this.",
        ),
        ("No end", "No end"),
        (&long, &cut),
    ];
    for (text, expected) in rows {
        assert_eq!(first_sentence(text), expected);
    }
}
