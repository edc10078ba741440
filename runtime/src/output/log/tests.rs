//! Pages of logs.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::*;

/// Returns the numbers in the lines of a page, the cursor, and the whole page.
fn page(page: &LogPage<'_>, log: &LogLines) -> (Vec<usize>, Option<usize>, Value) {
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
fn numbered(count: usize, size: usize) -> LogLines {
    let mut lines = LogLines::default();
    for number in 0..count {
        let level = if number % 10 == 3 { "ERROR" } else { "INFO" };
        lines.push(
            &format!("t {level} {number} Text{}", "x".repeat(size)),
            None,
        );
    }
    lines
}

#[test]
fn pages_lead_through_the_whole_log_from_either_end() {
    let log = numbered(437, 0);
    for (level, contains, every) in [(0, "", 1), (3, "", 10), (3, "tEXT", 10), (0, "43 t", 0)] {
        for from_start in [false, true] {
            for limit in [1, 7, 50, 1_000] {
                let wanted = LineFilter {
                    level,
                    contains: contains.to_lowercase(),
                    from_start,
                };
                let mut all = Vec::new();
                let mut start = None;
                for calls in 0.. {
                    assert!(calls < 1_000, "no end");
                    let one = LogPage {
                        filter: &wanted,
                        start,
                        limit,
                        max_bytes: 100_000,
                        is_complete: true,
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
fn the_newest_lines_come_first_and_cursors_stay_valid() {
    let wanted = LineFilter::default();
    let first = LogPage {
        filter: &wanted,
        start: None,
        limit: 3,
        max_bytes: 100_000,
        is_complete: true,
    };
    let (numbers, next, _) = page(&first, &numbered(10, 0));
    assert_eq!((numbers, next), (vec![7, 8, 9], Some(7)));
    let second = LogPage {
        start: next,
        ..first
    };
    let (numbers, next, _) = page(&second, &numbered(20, 0));
    assert_eq!((numbers, next), (vec![4, 5, 6], Some(4)));
}

#[test]
fn pages_are_bounded_by_bytes() {
    let wanted = LineFilter::default();
    for (size, from_start) in [
        (1_000, false),
        (1_000, true),
        (100_000, false),
        (100_000, true),
    ] {
        let wanted = LineFilter {
            from_start,
            ..wanted.clone()
        };
        let log = numbered(20, size);
        let mut all = Vec::new();
        let mut start = None;
        loop {
            let one = LogPage {
                filter: &wanted,
                start,
                limit: 50,
                max_bytes: 5_000,
                is_complete: true,
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
fn notes_are_shown_if_the_log_is_empty() {
    let filter = LineFilter {
        level: 3,
        ..LineFilter::default()
    };
    let one = LogPage {
        filter: &filter,
        start: None,
        limit: 50,
        max_bytes: 5_000,
        is_complete: true,
    };
    let mut log = LogLines::default();
    log.notes
        .push("*** Could not read served logs: x".to_owned());
    let value: Value = serde_json::from_str(&one.render(&log, |_| String::new())).unwrap();
    assert_eq!(
        value,
        json!({"lines": log.notes, "total_lines": 0, "next_cursor": null})
    );
}

#[test]
fn a_very_long_line_is_marked() {
    let log = numbered(3, 10_000);
    let wanted = LineFilter::default();
    let one = LogPage {
        filter: &wanted,
        start: None,
        limit: 50,
        max_bytes: 100_000,
        is_complete: true,
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
