#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::parse::{Log, Part};
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

fn log(texts: &[&str]) -> Log {
    let mut log = Log::default();
    for text in texts {
        Part::read(text, "continuation_token", &mut log);
    }
    log
}

fn lines(log: &Log) -> Vec<&str> {
    (0..log.len()).map(|at| log.line(at)).collect()
}

#[test]
fn both_forms_become_clean_lines() {
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
fn parts_say_what_comes_next() {
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
        let part = Part::read(text, "continuation_token", &mut Log::default());
        assert_eq!(
            (part.token.as_deref(), part.is_empty),
            (token, is_empty),
            "{text}"
        );
    }
}

/// Returns the numbers in the lines of a page, the cursor, and the whole page.
fn page(page: &Page<'_>, log: &Log) -> (Vec<usize>, Option<usize>, Value) {
    let text = page.render(log, |line| line.to_string());
    let value: Value = serde_json::from_str(&text).unwrap();
    let numbers = value["lines"].as_array().unwrap().iter();
    let numbers = numbers.map(|line| {
        line.as_str()
            .unwrap()
            .split(' ')
            .nth(2)
            .unwrap()
            .trim_end_matches('…')
            .parse()
            .unwrap()
    });
    let next = value["next_cursor"]
        .as_str()
        .map(|next| next.parse().unwrap());
    (numbers.collect(), next, value)
}

/// Returns a log with lines `t LEVEL number text`. Every tenth line is an error.
fn numbered(count: usize, size: usize) -> Log {
    let events: Vec<_> = (0..count)
        .map(|n| json!({"timestamp": "t", "level": if n % 10 == 3 { "error" } else { "info" }, "event": format!("{n} Text{}", "x".repeat(size))}))
        .collect();
    log(&[&json!({ "content": events }).to_string()])
}

#[test]
fn pages_lead_through_the_whole_log_from_either_end() {
    let log = numbered(437, 0);
    for (level, contains, every) in [(0, "", 1), (3, "", 10), (3, "tEXT", 10), (0, "43 t", 0)] {
        for from_start in [false, true] {
            for limit in [1, 7, 50, 1_000] {
                let wanted = Lines {
                    level,
                    contains: contains.to_lowercase(),
                    from_start,
                };
                let mut all = Vec::new();
                let mut start = None;
                for calls in 0.. {
                    assert!(calls < 1_000, "no end");
                    let one = Page {
                        wanted: &wanted,
                        start,
                        limit,
                        max_bytes: 100_000,
                        whole: true,
                    };
                    let (numbers, next, value) = page(&one, &log);
                    assert!(numbers.is_sorted() && numbers.len() <= limit);
                    assert_eq!(value["total_lines"], 437);
                    match from_start {
                        true => all.extend(numbers),
                        false => drop(all.splice(0..0, numbers)),
                    }
                    start = next;
                    if next.is_none() {
                        break;
                    }
                }
                let expected: Vec<usize> = match every {
                    0 => vec![43, 143, 243, 343],
                    1 => (0..437).collect(),
                    _ => (0..437).filter(|n| n % 10 == 3).collect(),
                };
                assert_eq!(all, expected, "{level} {contains} {from_start} {limit}");
            }
        }
    }
}

#[test]
fn the_newest_lines_come_first_and_a_growing_log_moves_nothing() {
    let wanted = Lines::default();
    let first = Page {
        wanted: &wanted,
        start: None,
        limit: 3,
        max_bytes: 100_000,
        whole: true,
    };
    let (numbers, next, _) = page(&first, &numbered(10, 0));
    assert_eq!((numbers, next), (vec![7, 8, 9], Some(7)));
    let second = Page {
        start: next,
        ..first
    };
    let (numbers, next, _) = page(&second, &numbered(20, 0));
    assert_eq!((numbers, next), (vec![4, 5, 6], Some(4)));
}

#[test]
fn pages_are_bounded_by_bytes() {
    let wanted = Lines::default();
    for (size, from_start) in [
        (1_000, false),
        (1_000, true),
        (100_000, false),
        (100_000, true),
    ] {
        let wanted = Lines {
            from_start,
            ..wanted.clone()
        };
        let log = numbered(20, size);
        let mut all = Vec::new();
        let mut start = None;
        loop {
            let one = Page {
                wanted: &wanted,
                start,
                limit: 50,
                max_bytes: 5_000,
                whole: true,
            };
            assert!(one.render(&log, |line| line.to_string()).len() <= 5_000);
            let text = one.render(&log, |line| line.to_string());
            let value: Value = serde_json::from_str(&text).unwrap();
            let lines = value["lines"].as_array().unwrap();
            let numbers: Vec<usize> = lines
                .iter()
                .map(|line| {
                    line.as_str()
                        .unwrap()
                        .split(' ')
                        .nth(2)
                        .unwrap()
                        .parse()
                        .unwrap()
                })
                .collect();
            all.extend(numbers);
            let Some(next) = value["next_cursor"].as_str() else {
                break;
            };
            assert!(
                value["truncated"].as_str().unwrap().contains("bytes"),
                "{value}"
            );
            start = Some(next.parse().unwrap());
        }
        all.sort_unstable();
        assert_eq!(all, (0..20).collect::<Vec<_>>());
    }
}

#[test]
fn what_the_server_says_instead_of_a_log_is_shown() {
    let wanted = Lines {
        level: 3,
        ..Lines::default()
    };
    let one = Page {
        wanted: &wanted,
        start: None,
        limit: 50,
        max_bytes: 5_000,
        whole: true,
    };
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
        let value: Value =
            serde_json::from_str(&one.render(&log(&[text]), |_| String::new())).unwrap();
        assert_eq!(
            value,
            json!({"lines": [expected], "total_lines": 0, "next_cursor": null})
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
fn a_line_that_is_very_long_says_so() {
    let log = numbered(3, 10_000);
    let wanted = Lines::default();
    let one = Page {
        wanted: &wanted,
        start: None,
        limit: 50,
        max_bytes: 100_000,
        whole: true,
    };
    let value: Value = serde_json::from_str(&one.render(&log, |_| String::new())).unwrap();
    assert_eq!(value["lines"].as_array().unwrap().len(), 3);
    let line = value["lines"][0].as_str().unwrap();
    assert!(
        line.ends_with("x… (6013 more characters)"),
        "{}",
        &line[line.len() - 60..]
    );
}

#[test]
fn what_was_raised_has_the_level_of_its_line() {
    let wanted = Lines {
        level: 3,
        ..Lines::default()
    };
    for text in [V1, &v2()] {
        let log = log(&[text]);
        let found = (0..log.len()).filter(|at| log.has(*at, &wanted)).count();
        assert_eq!(found, 4, "{text}");
    }
}
