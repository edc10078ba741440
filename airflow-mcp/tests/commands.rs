//! The commands for people and scripts: their output and exit codes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod common;

use common::{FakeAirflow, NOBODY, program, run};
use expect_test::expect_file;
use serde_json::Value;

#[test]
fn help_texts_match_expectations() {
    let pages = [
        (&["--help"][..], expect_file!["expected/help.txt"]),
        (
            &["stdio", "--help"],
            expect_file!["expected/help-stdio.txt"],
        ),
        (
            &["tools", "--help"],
            expect_file!["expected/help-tools.txt"],
        ),
        (&["call", "--help"], expect_file!["expected/help-call.txt"]),
        (
            &["doctor", "--help"],
            expect_file!["expected/help-doctor.txt"],
        ),
        (
            &["account", "--help"],
            expect_file!["expected/help-account.txt"],
        ),
        (
            &["account", "create", "--help"],
            expect_file!["expected/help-account-create.txt"],
        ),
        (
            &["server", "--help"],
            expect_file!["expected/help-server.txt"],
        ),
        (
            &["server", "create", "--help"],
            expect_file!["expected/help-server-create.txt"],
        ),
        (
            &["server", "update", "--help"],
            expect_file!["expected/help-server-update.txt"],
        ),
        (
            &["token", "--help"],
            expect_file!["expected/help-token.txt"],
        ),
        (
            &["token", "create", "--help"],
            expect_file!["expected/help-token-create.txt"],
        ),
        (
            &["key", "rotate", "--help"],
            expect_file!["expected/help-key-rotate.txt"],
        ),
        (
            &["backup", "--help"],
            expect_file!["expected/help-backup.txt"],
        ),
        (
            &["audit", "--help"],
            expect_file!["expected/help-audit.txt"],
        ),
        (
            &["audit", "verify", "--help"],
            expect_file!["expected/help-audit-verify.txt"],
        ),
        (
            &["serve", "--help"],
            expect_file!["expected/help-serve.txt"],
        ),
    ];
    for (arguments, expected) in pages {
        let secrets = [
            ("AIRFLOW_URL", "planted"),
            ("AIRFLOW_TOKEN_COMMAND", "planted"),
            ("AIRFLOW_MCP_GATEWAY_URL", "planted"),
            ("AIRFLOW_MCP_API_TOKEN_FILE", "planted"),
        ];
        let output = run(program(&secrets, arguments), "");
        assert_eq!(output.status.code(), Some(0));
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.contains("planted"));
        expected.assert_eq(&text);
    }
}

#[test]
fn all_invalid_settings_are_reported() {
    let settings = [
        ("AIRFLOW_USERNAME", "ada"),
        ("AIRFLOW_TOKEN", "planted-token"),
        ("AIRFLOW_HEADERS", "X-Key planted-key"),
        ("AIRFLOW_TIMEOUT", "soon"),
        ("AIRFLOW_API", "airflow-4"),
    ];
    for command in ["stdio", "call"] {
        let mut arguments = vec![command, "--methods", "raed"];
        arguments.extend((command == "call").then_some("any"));
        let output = run(program(&settings, &arguments), "");
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!text.contains("planted"), "{text}");
        expect_file!["expected/settings.txt"].assert_eq(&text);
    }
}

#[test]
fn tools_as_json_contain_all_data() {
    let expected = [
        "name",
        "title",
        "description",
        "tags",
        "toolset",
        "method",
        "effect",
        "annotations",
        "api",
        "document",
        "operation",
        "http",
        "inputSchema",
        "outputSchema",
    ];
    for api in ["airflow-3", "airflow-2"] {
        let output = run(program(&[], &["tools", "--json", "--api", api]), "");
        let tools: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
        assert!(!tools.is_empty());
        for tool in tools {
            let keys: Vec<_> = tool.as_object().unwrap().keys().cloned().collect();
            assert_eq!(keys, expected);
            assert_eq!(tool["api"], api);
        }
    }
}

#[test]
fn tools_for_people_end_with_the_size() {
    let output = run(program(&[], &["tools", "--methods", "read"]), "");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("list_all_apacheairflow_users"), "{text}");
    assert!(!text.contains("delete_a"), "{text}");
    let sizes: Vec<_> = text.trim_end().lines().rev().take(2).collect();
    assert!(sizes[0].starts_with("With --discover: 3 tools; "), "{text}");
    assert!(sizes[1].contains(" on average, "), "{text}");
}

#[test]
fn a_call_prints_its_result() {
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let settings = [
        ("AIRFLOW_URL", airflow.url.as_str()),
        ("AIRFLOW_USERNAME", "admin"),
        ("AIRFLOW_PASSWORD", "correct horse"),
    ];
    let calls = [
        (&["call", "list_all_apacheairflow_users"][..], ""),
        (
            &["call", "list_all_apacheairflow_users", "{\"limit\": 2}"],
            "",
        ),
        (
            &["call", "list_all_apacheairflow_users", "-"],
            "{\"limit\": 2}",
        ),
    ];
    for (arguments, input) in calls {
        let output = run(program(&settings, arguments), input);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let result: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(result["users"][0]["username"], "ada");
    }
}

#[test]
fn a_failed_call_prints_the_error_object() {
    let output = run(
        program(&[NOBODY], &["call", "list_all_apacheairflow_users"]),
        "",
    );
    assert_eq!(output.status.code(), Some(1));
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["error"]["code"], "unreachable");

    let wrong = [
        (
            &["call", "list_all_apacheairflow_user"][..],
            "did you mean `list_all_apacheairflow_users`",
        ),
        (
            &["call", "list_all_apacheairflow_users", "[]"],
            "must be a JSON object",
        ),
        (
            &["call", "list_all_apacheairflow_users", "{"],
            "must be JSON",
        ),
        (
            &["call", "list_all_apacheairflow_users", "--methods", "write"],
            "selection",
        ),
    ];
    for (arguments, says) in wrong {
        let output = run(program(&[NOBODY], arguments), "");
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(output.stdout.is_empty());
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(says), "{text}");
    }
}

#[test]
fn doctor_reports_successful_checks() {
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let settings = [
        ("AIRFLOW_URL", airflow.url.as_str()),
        ("AIRFLOW_USERNAME", "admin"),
        ("AIRFLOW_PASSWORD", "correct horse"),
    ];
    let output = run(program(&settings, &["doctor"]), "");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    expect_file!["expected/doctor.txt"].assert_eq(&String::from_utf8(output.stdout).unwrap());
}

#[test]
fn doctor_reports_failed_checks() {
    let forbidden = (403, "", "{\"detail\":\"Forbidden\"}".to_owned());
    let wrong = (401, "", "{\"detail\":\"Invalid credentials\"}".to_owned());
    let rows = [
        ("GET /auth/fab/v1/users", forbidden, "FAILED  permission"),
        ("POST /auth/token", wrong, "FAILED  sign-in"),
        (
            "GET /api/v2/version",
            (503, "", "busy".to_owned()),
            "FAILED  API",
        ),
    ];
    for (route, answer, says) in rows {
        let mut answers = FakeAirflow::three();
        answers.insert(route, answer);
        let airflow = FakeAirflow::start(answers);
        let settings = [
            ("AIRFLOW_URL", airflow.url.as_str()),
            ("AIRFLOW_USERNAME", "admin"),
            ("AIRFLOW_PASSWORD", "correct horse"),
        ];
        let output = run(program(&settings, &["doctor"]), "");
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(says), "{text}");
    }
    let output = run(program(&[NOBODY], &["doctor"]), "");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("FAILED  address"), "{text}");
    let output = run(program(&[], &["doctor"]), "");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("FAILED  settings"), "{text}");
}

/// Checks that `doctor` also signs in for users and roles of FAB 2, which use another sign-in method than the rest of Airflow 3.
#[test]
fn doctor_checks_each_sign_in_method() {
    let password = [
        ("AIRFLOW_USERNAME", "admin"),
        ("AIRFLOW_PASSWORD", "correct horse"),
    ];
    let token = [("AIRFLOW_TOKEN", "some-token")];
    let refused = (401, "", "{\"title\":\"Unauthorized\"}".to_owned());
    let there =
        "ok      parts       the FAB auth manager 2 is installed\nok      sign-in     works\n";
    let rows = [
        (
            &password[..],
            None,
            0,
            "ok      sign-in     works for the FAB auth manager 2",
        ),
        (
            &password,
            Some(&refused),
            1,
            "FAILED  sign-in     the FAB auth manager 2: Unauthorized\n",
        ),
        // `doctor` succeeds if only FAB 2 rejects the bearer token, because everything else works with it.
        (
            &token,
            Some(&refused),
            0,
            "-       sign-in     the FAB auth manager 2: Unauthorized. FAB 2 requires a user name and a password",
        ),
    ];
    for (credentials, users, code, says) in rows {
        let json = |text: &str| (200, "", text.to_owned());
        let mut answers = FakeAirflow::three();
        answers.insert("GET /auth/openapi.json", json("{\"paths\":{}}"));
        answers.insert(
            "GET /auth/fab/v1/openapi.json",
            json("{\"paths\":{\"/users\":{}}}"),
        );
        answers.insert(
            "GET /api/v2/assets",
            json("{\"assets\":[],\"total_entries\":0}"),
        );
        answers.extend(users.map(|answer| ("GET /auth/fab/v1/users", answer.clone())));
        let airflow = FakeAirflow::start(answers);
        let settings = [&[("AIRFLOW_URL", airflow.url.as_str())], credentials].concat();
        let output = run(program(&settings, &["doctor"]), "");
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(code), "{text}");
        assert!(text.contains(there) && text.contains(says), "{text}");
        assert!(!text.contains("3.2 or newer"), "{text}");
    }
}

#[test]
fn doctor_handles_a_fixed_api_and_ambiguous_responses() {
    let forbidden = (403, "", "{\"title\":\"Forbidden\"}".to_owned());
    let rows = [
        (
            &[("AIRFLOW_API", "airflow-3")][..],
            &["FAILED  API         AIRFLOW_API is airflow-3, but the server is 2.11.2 (airflow-2)"]
                [..],
        ),
        (
            &[("AIRFLOW_API", "airflow-2")],
            &["ok      API         2.11.2 (airflow-2)"],
        ),
        (&[], &["FAILED  sign-in", "no credentials"]),
        (
            &[("AIRFLOW_TOKEN", "wrong")],
            &["-       sign-in     unknown", "FAILED  permission"],
        ),
    ];
    for (variables, says) in rows {
        let mut answers = FakeAirflow::two();
        answers.insert("GET /api/v1/users", forbidden.clone());
        let airflow = FakeAirflow::start(answers);
        let variables = [&[("AIRFLOW_URL", airflow.url.as_str())], variables].concat();
        let output = run(program(&variables, &["doctor"]), "");
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        for says in says {
            assert!(text.contains(says), "{variables:?}: {text}");
        }
    }
}
