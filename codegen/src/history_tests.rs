//! Comparison of releases, and the history file.
#![allow(clippy::unwrap_used, clippy::type_complexity)]

use super::*;

const HEAD: &str = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths:\n";

fn release(version: &str, paths: &str) -> Release {
    Release {
        version: version.to_owned(),
        text: format!("{HEAD}{paths}"),
    }
}

/// Returns a GET operation with these query parameters.
fn get(path: &str, id: &str, parameters: &str) -> String {
    let parameters: Vec<_> = parameters
        .split_whitespace()
        .map(|name| format!("{{name: {name}, in: query, schema: {{type: string}}}}"))
        .collect();
    let name = path
        .split_once('{')
        .and_then(|(_, rest)| rest.split_once('}'));
    let of_path = name.map(|(name, _)| {
        format!("{{name: {name}, in: path, required: true, schema: {{type: string}}}}")
    });
    let all: Vec<_> = of_path.into_iter().chain(parameters).collect();
    format!(
        "  {path}: {{get: {{operationId: {id}, parameters: [{}], responses: {{}}}}}}\n",
        all.join(", ")
    )
}

/// Returns `id since` for each operation, followed by ` name.location since` for each of its parameters.
fn told(history: &DocumentHistory) -> Vec<String> {
    let operations = history.operations.iter();
    let told = operations.map(|operation| {
        let parameters = operation.parameters.iter();
        let parameters = parameters.map(|it| format!(" {}.{} {}", it.name, it.location, it.since));
        let since = operation.since.as_deref().unwrap_or("-");
        format!("{} {since}{}", operation.id, parameters.collect::<String>())
    });
    told.collect()
}

#[test]
fn what_is_new_is_told_and_nothing_else() {
    let rows: [(&str, &[(&str, String)], &[&str]); 8] = [
        (
            "nothing new",
            &[
                ("1.0.4", get("/a", "a", "x")),
                ("1.1.0", get("/a", "a", "x")),
            ],
            &[],
        ),
        (
            "an operation",
            &[
                ("1.9.4", String::new()),
                ("1.10.2", get("/a", "a", "x")),
                ("1.11.0", get("/a", "a", "x")),
            ],
            &["a 1.10"],
        ),
        (
            "a parameter",
            &[
                ("1.0", get("/a", "a", "x")),
                ("1.1", get("/a", "a", "x y")),
                ("1.2", get("/a", "a", "x y z")),
            ],
            &["a - y.query 1.1 z.query 1.2"],
        ),
        (
            "of a new operation what is newer still",
            &[
                ("1.0", String::new()),
                ("1.1", get("/a", "a", "x")),
                ("1.2", get("/a", "a", "x y")),
            ],
            &["a 1.1 y.query 1.2"],
        ),
        (
            "another id is the same operation",
            &[
                ("1.0", get("/a/{n}", "b", "")),
                ("1.1", get("/a/{name}", "a", "")),
            ],
            &[],
        ),
        (
            "another path is another operation",
            &[("1.0", get("/b", "a", "")), ("1.1", get("/a", "a", ""))],
            &["a 1.1"],
        ),
        (
            "what is gone does not count",
            &[("1.0", get("/a", "a", "x")), ("1.1", String::new())],
            &[],
        ),
        (
            "what was gone for a while is new",
            &[
                ("1.0", get("/a", "a", "x")),
                ("1.1", get("/a", "a", "")),
                ("1.2", get("/a", "a", "x")),
            ],
            &["a - x.query 1.2"],
        ),
    ];
    for (what, releases, expected) in rows {
        let releases: Vec<_> = releases
            .iter()
            .map(|(version, paths)| {
                let paths = if paths.is_empty() {
                    get("/other", "other", "")
                } else {
                    get("/other", "other", "") + paths
                };
                release(version, &paths)
            })
            .collect();
        assert_eq!(
            told(&history("shop", &releases).unwrap()),
            expected,
            "{what}"
        );
    }
}

#[test]
fn members_of_the_body_are_parameters() {
    let post = |members: &str| {
        release(
            "1.0",
            &format!(
                "  /a: {{post: {{operationId: a, requestBody: {{content: {{application/json: {{schema: {{type: object, properties: {{{members}}}}}}}}}}}, responses: {{}}}}}}\n"
            ),
        )
    };
    let newer = Release {
        version: "1.1".to_owned(),
        ..post("x: {type: string}, y: {type: string}")
    };
    let history = history("shop", &[post("x: {type: string}"), newer]).unwrap();
    assert_eq!(told(&history), ["a - y.body 1.1"]);
}

#[test]
fn a_release_that_cannot_be_read_is_an_error() {
    let broken = Release {
        version: "1.0".to_owned(),
        text: "swagger: '2.0'".to_owned(),
    };
    let errors = history("shop", &[broken]).unwrap_err();
    assert_eq!(
        errors.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["shop 1.0: /swagger: Swagger 2.0 is not supported; convert the document to OpenAPI 3"]
    );
}

#[test]
fn what_is_written_is_what_is_read() {
    let releases = [
        release("1.9.1", &get("/b", "b", "")),
        release("1.10.0", &(get("/b", "b", "on") + &get("/a", "a", ""))),
    ];
    let written = history("shop", &releases).unwrap();
    let text = write(std::slice::from_ref(&written));
    let expected = r#"
history:
  - document: shop
    releases: ["1.9.1", "1.10.0"]
    operations:
      - operation: a
        since: "1.10"
      - operation: b
        parameters:
          - { name: "on", in: query, since: "1.10" }
"#;
    assert_eq!(text.split_once("\n\n").unwrap().1, expected.trim_start());
    assert_eq!(read("history.yaml", &text), Ok(vec![written]));
}

#[test]
fn what_is_no_history_is_refused() {
    let rows = [
        (
            "history: [{document: d, releases: ['1.0'], operations: [{operation: a, since: 1.10}]}]",
            "h.yaml:1: `since` must be a string; quote words and numbers that YAML reads as another type",
        ),
        (
            "history: [{document: d, releases: ['1.0'], operations: [{operation: a, since: soon}]}]",
            "h.yaml:1: `soon` must be a version of numbers and dots, such as \"3.2\"",
        ),
        (
            "history:\n- document: d\n  operations:\n  - operation: a\n    parameters: [{name: x, in: path, since: '1.1'}]",
            "h.yaml:5: unknown location `path`",
        ),
    ];
    for (text, expected) in rows {
        let errors = read("h.yaml", text).unwrap_err();
        assert_eq!(
            errors.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [expected]
        );
    }
}
