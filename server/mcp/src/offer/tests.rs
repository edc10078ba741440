//! Tools that clients with different selections and upstreams receive.

use super::*;
use crate::tests::sample::APIS;

fn offer(methods: &[&str]) -> OfferedTools {
    let selection = Selection {
        methods: methods.iter().map(|&method| method.to_owned()).collect(),
        ..Selection::default()
    };
    OfferedTools::new(Arc::new(Catalogue::new(APIS)), selection)
}

fn known(api: usize, documents: &[&'static str]) -> DetectedServer {
    DetectedServer {
        api: APIS[api],
        version: "1".to_owned(),
        documents: documents.to_vec(),
        versions: Vec::new(),
    }
}

#[test]
fn lists_existing_selected_tools_in_order() {
    let rows: [(&[&str], Option<DetectedServer>, &[&str]); 6] = [
        (
            &[],
            None,
            &["get_thing", "delete_thing", "get_extra", "get_new_thing"],
        ),
        (
            &["read"],
            None,
            &["get_thing", "get_extra", "get_new_thing"],
        ),
        (
            &[],
            Some(known(0, &["core"])),
            &["get_thing", "delete_thing", "get_new_thing"],
        ),
        // `extra-1` has the tool that `extra` would have otherwise.
        (
            &["get"],
            Some(known(0, &["core", "extra-1"])),
            &["get_thing", "get_extra", "get_new_thing"],
        ),
        (
            &[],
            Some(known(1, &["old"])),
            &["get_thing", "get_old_thing"],
        ),
        (&["delete"], Some(known(1, &["old"])), &[]),
    ];
    for (methods, known, expected) in rows {
        let listed = offer(methods).listed(known.as_ref());
        let names: Vec<_> = listed.iter().map(|tool| &*tool.name).collect();
        assert_eq!(names, expected, "{methods:?} {known:?}");
    }
}

#[test]
fn tools_of_newer_versions_are_not_listed() {
    let rows = [("1", true), ("1.9.2", false), ("1.10.0", true), ("", true)];
    for (version, listed) in rows {
        let known = DetectedServer {
            version: version.to_owned(),
            ..known(0, &["core"])
        };
        let tool = offer(&[]).listed_tool(Some(&known), "get_new_thing");
        assert_eq!(tool.is_some(), listed, "{version}");
    }
}

#[test]
fn descriptions_match_the_version() {
    let either = registry::find(APIS[0], "delete_thing").map(|tool| tool.description);
    let rows = [
        (Some("1.9"), Some("Before 2.")),
        (Some("2.0.1"), Some("From 2.")),
        (Some(""), either),
        (None, either),
    ];
    for (version, expected) in rows {
        let known = version.map(|version| DetectedServer {
            version: version.to_owned(),
            ..known(0, &["core"])
        });
        let offer = offer(&[]);
        let described = |tool: rmcp::model::Tool| tool.description;
        let one = offer.listed_tool(known.as_ref(), "delete_thing");
        assert_eq!(one.and_then(described).as_deref(), expected, "{version:?}");
        let mut all = offer.listed(known.as_ref()).into_iter();
        let listed = all.find(|tool| tool.name == "delete_thing");
        assert_eq!(
            listed.and_then(described).as_deref(),
            expected,
            "{version:?}"
        );
    }
}

#[test]
fn a_renamed_tool_is_callable_by_its_former_name() {
    let scope = Selection {
        tools: vec!["get_more".to_owned()],
        ..Selection::default()
    };
    let offer = OfferedTools::new(Arc::new(Catalogue::new(APIS)), scope);
    let listed = offer.listed(None);
    let names: Vec<_> = listed.iter().map(|tool| &*tool.name).collect();
    assert_eq!(names, ["get_extra"]);
    for name in ["get_extra", "get_more"] {
        let found = offer.find(None, name).map(|tool| tool.name);
        assert_eq!(found, Ok("get_extra"), "{name}");
    }
    assert_eq!(
        offer.find(None, "get_thing"),
        Err(UnavailableTool::NotSelected)
    );
}

#[test]
fn unavailable_tools_have_a_reason() {
    let rows: [(&[&str], &str, Result<&str, &str>); 6] = [
        (&[], "get_thing", Ok("core")),
        (&[], "get_old_thing", Ok("old")),
        (
            &[],
            "get_thign",
            Err("unknown tool `get_thign`; did you mean `get_thing`?"),
        ),
        (&[], "zzz", Err("unknown tool `zzz`")),
        (
            &["read"],
            "delete_thing",
            Err("tool `delete_thing` is not offered: the selection of this server excludes it"),
        ),
        // A tool that the selection excludes is not proposed.
        (
            &["write"],
            "get_old_thign",
            Err("unknown tool `get_old_thign`"),
        ),
    ];
    for (methods, name, expected) in rows {
        let found = offer(methods)
            .find(None, name)
            .map(|tool| tool.document)
            .map_err(|no| no.message(name));
        assert_eq!(
            found.as_deref(),
            expected.map_err(str::to_owned).as_deref(),
            "{methods:?} {name}"
        );
    }
    for (documents, expected) in [
        (&["core", "extra"], "extra"),
        (&["core", "extra-1"], "extra-1"),
    ] {
        let known = known(0, documents);
        let found = offer(&[]).find(Some(&known), "get_extra");
        assert_eq!(found.map(|tool| tool.document), Ok(expected));
        let listed = offer(&[]);
        let listed = listed.tools(Some(&known));
        let listed: Vec<_> = listed.filter(|tool| tool.name == "get_extra").collect();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].document, expected);
    }
    let on_old = offer(&[]).find(Some(&known(1, &["old"])), "get_thing");
    assert_eq!(on_old.map(|tool| tool.document), Ok("old"));
}
