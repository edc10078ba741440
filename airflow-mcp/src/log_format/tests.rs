//! Log responses of Airflow 2 and 3, and the lines that they become.
#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::*;

const V1: &str = "vm\n*** Found local files:\n***   * /logs/attempt=1.log\n[2026-11-21T10:00:00.123+0000] {local_task_job_runner.py:123} INFO - ::group::Pre task execution logs\n[2026-11-21T10:00:01.000+0000] {taskinstance.py:2613} INFO - Dependencies all met\n[2026-11-21T10:00:02.000+0000] {logging_mixin.py:190} WARNING - \u{1b}[31mlow\u{1b}[0m on disk\n[2026-11-21T10:00:03.000+0000] {taskinstance.py:3336} ERROR - Task failed with exception\nTraceback (most recent call last):\n  File \"/dags/x.py\", line 5, in boom\nValueError: boom\n[2026-11-21T10:00:04.000+0000] {taskinstance.py:1} INFO - ::endgroup::\n";

fn v2() -> String {
    json!({"content": [
        {"timestamp": null, "event": "::group::Log message source details", "sources": ["/logs/attempt=1.log"]},
        {"timestamp": null, "event": "::endgroup::"},
        {"timestamp": "2026-11-21T10:00:01Z", "level": "info", "logger": "task", "event": "Dependencies all met"},
        {"timestamp": "2026-11-21T10:00:02Z", "level": "warning", "event": "\u{1b}[31mlow\u{1b}[0m on disk\nvery low"},
        {"timestamp": "2026-11-21T10:00:03Z", "level": "error", "event": "Task failed with exception", "error_detail": [
            {"exc_type": "ValueError", "exc_value": "boom", "frames": [{"filename": "/dags/x.py", "lineno": 5, "name": "boom"}]}
        ]},
    ], "continuation_token": null})
    .to_string()
}

fn log(texts: &[&str]) -> LogLines {
    let (mut parser, mut lines) = (AIRFLOW_LOG(), LogLines::default());
    for text in texts {
        parser.parse(text, "continuation_token", &mut lines);
    }
    lines
}

fn lines(log: &LogLines) -> Vec<&str> {
    (0..log.len()).map(|at| log.line(at)).collect()
}

#[test]
fn both_formats_become_clean_lines() {
    let v1 = [
        "[2026-11-21T10:00:01.000+0000] {taskinstance.py:2613} INFO - Dependencies all met",
        "[2026-11-21T10:00:02.000+0000] {logging_mixin.py:190} WARNING - low on disk",
        "[2026-11-21T10:00:03.000+0000] {taskinstance.py:3336} ERROR - Task failed with exception",
        "Traceback (most recent call last):",
        "  File \"/dags/x.py\", line 5, in boom",
        "ValueError: boom",
    ];
    let v2_lines = [
        "2026-11-21T10:00:01Z INFO Dependencies all met",
        "2026-11-21T10:00:02Z WARNING low on disk",
        "very low",
        "2026-11-21T10:00:03Z ERROR Task failed with exception",
        "Traceback (most recent call last):",
        "  File \"/dags/x.py\", line 5, in boom",
        "ValueError: boom",
    ];
    let python = json!({"continuation_token": "t", "content": "[('vm', '*** Found\\n[2026] {x.py:1} INFO - it\\'s \\xe9\\\\n\\n'), (\"vm\", \"[2026] {x.py:1} ERROR - 'b'\")]"}).to_string();
    for (text, expected) in [
        (V1, &v1[..]),
        (&v2(), &v2_lines[..]),
        (
            &python,
            &[
                "[2026] {x.py:1} INFO - it's é\\n",
                "[2026] {x.py:1} ERROR - 'b'",
            ],
        ),
        (
            r#"{"content": "one\ntwo\n", "continuation_token": null}"#,
            &["one", "two"],
        ),
        (r#"{"content": [], "continuation_token": null}"#, &[]),
        ("", &[]),
        ("vm\n", &[]),
        ("plain\ntext", &["plain", "text"]),
        // A task can also write JSON.
        ("{\"a\": 1}\n{\"b\": 2}\n", &["{\"a\": 1}", "{\"b\": 2}"]),
        (
            "[1] INFO - x\n*** not a note",
            &["[1] INFO - x", "*** not a note"],
        ),
    ] {
        assert_eq!(lines(&log(&[text])), expected, "{text}");
    }
}

#[test]
fn parts_contain_the_token_of_the_next_part() {
    for (text, token, is_empty) in [
        (
            r#"{"content": [], "continuation_token": "t"}"#,
            Some("t"),
            true,
        ),
        (
            r#"{"content": [{"event": "x"}], "continuation_token": "t"}"#,
            Some("t"),
            false,
        ),
        (
            r#"{"content": [{"event": "x"}], "continuation_token": null}"#,
            None,
            false,
        ),
        (
            r#"{"content": "[('vm', '')]", "continuation_token": "t"}"#,
            Some("t"),
            true,
        ),
        ("text", None, false),
        ("", None, true),
    ] {
        let part = AIRFLOW_LOG().parse(text, "continuation_token", &mut LogLines::default());
        assert_eq!(
            (part.token.as_deref(), part.is_empty),
            (token, is_empty),
            "{text}"
        );
    }
}

#[test]
fn notes_of_the_server_replace_a_missing_log() {
    let sources = json!({"content": [{"event": "::group::Log message source details", "sources": ["Could not read served logs: x"]}, {"event": "::endgroup::"}]}).to_string();
    let events = json!({"content": [{"event": "::group::Log message source details"}, {"event": "Could not read served logs: x"}, {"event": "::endgroup::"}]}).to_string();
    for (text, expected) in [
        (
            "vm\n INFO - ::group::Log message source details\n*** Could not read served logs: x\n INFO - ::endgroup::\n\n",
            "*** Could not read served logs: x",
        ),
        (&events, "*** Could not read served logs: x"),
        (
            "vm\n*** Could not read served logs: x\n",
            "*** Could not read served logs: x",
        ),
        (&sources, "*** Could not read served logs: x"),
    ] {
        let log = log(&[text]);
        assert_eq!(
            (log.len(), log.notes),
            (0, vec![expected.to_owned()]),
            "{text}"
        );
    }
}

#[test]
fn causes_come_before_what_they_caused() {
    let error = |kind: &str, is_cause: bool| json!({"exc_type": kind, "exc_value": "", "is_cause": is_cause, "frames": []});
    let text = json!({"content": [{"timestamp": "t", "level": "error", "event": "x", "error_detail": [error("Last", false), error("Middle", true), error("First", false)]}]}).to_string();
    let expected = [
        "t ERROR x",
        "First",
        "",
        "During handling of the above exception, another exception occurred:",
        "",
        "Middle",
        "",
        "The above exception was the direct cause of the following exception:",
        "",
        "Last",
    ];
    assert_eq!(lines(&log(&[&text])), expected);
}

#[test]
fn exceptions_have_the_level_of_their_line() {
    for text in [V1, &v2()] {
        let log = log(&[text]);
        let found = (0..log.len())
            .filter(|index| log.level(*index) >= 3)
            .count();
        assert_eq!(found, 4, "{text}");
    }
}
