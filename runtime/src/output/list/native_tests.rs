//! Lists whose upstream issues its own cursors.
#![allow(clippy::unwrap_used)]

use std::cell::RefCell;

use serde_json::{Value, json};

use super::page::{PageMembers, UpstreamPage};
use super::query::{Budget, ListQuery, MAX_CONCURRENT};
use super::read::read;
use crate::json::{self, Fields};
use crate::output::cursor::ListPosition;
use crate::request::page::PageRequest;
use crate::tool::{Filter, Pagination, PaginationLocation, PaginationStyle};

/// Fake upstream with things `{"id": 0, "big": …}` that issues cursors, or is too old for cursors.
struct Server {
    entries: u64,
    /// Whether the upstream ignores cursors and uses offsets.
    old: bool,
    /// Length of `big` in each thing.
    big: usize,
    requests: RefCell<Vec<String>>,
}

impl Server {
    fn answer(&self, limit: u32, from: PageRequest<'_>) -> UpstreamPage {
        let start = match from {
            PageRequest::Offset(offset) => offset,
            PageRequest::Token(token) if self.old || token.is_empty() => 0,
            PageRequest::Token(token) => token.strip_prefix("after ").unwrap().parse().unwrap(),
            PageRequest::Whole | PageRequest::Number(_) => panic!("{from:?}"),
        };
        self.requests.borrow_mut().push(format!("{limit} {from:?}"));
        let end = (start + u64::from(limit).min(100)).min(self.entries);
        let items: Vec<_> = (start..end)
            .map(|id| json!({"id": id, "big": "x".repeat(self.big)}))
            .collect();
        let mut answer =
            json!({"things": items, "total_entries": self.entries, "total_entries_limit": 50});
        if !self.old {
            let next = (end < self.entries).then(|| format!("after {end}"));
            answer["next"] = json!(next);
            answer["previous_cursor"] = json!("~");
        }
        UpstreamPage::parse(
            answer.to_string(),
            "things",
            PageMembers {
                next: "next",
                total: "",
            },
        )
        .unwrap()
    }
}

fn server(entries: u64, old: bool) -> Server {
    Server {
        entries,
        old,
        big: 0,
        requests: RefCell::default(),
    }
}

fn plan(start: ListPosition, limit: usize) -> ListQuery<'static> {
    ListQuery {
        items: "things",
        pagination: Some(Pagination {
            location: PaginationLocation::Query,
            limit: "limit",
            max: 100,
            total: "",
            style: PaginationStyle::Cursor {
                cursor: "cursor",
                next: "next",
                offset: "offset",
            },
        }),
        start,
        limit,
        filters: Vec::new(),
        fields: Fields::all(),
        max_bytes: 150_000,
        max_concurrent: MAX_CONCURRENT,
        budget: Budget::default(),
    }
}

/// Returns the result of a call and the position where the list continues.
async fn run(plan: &ListQuery<'_>, server: &Server) -> (Value, Option<ListPosition>) {
    let next = RefCell::new(None);
    let fetch = |limit, from: PageRequest<'_>| {
        let page = server.answer(limit, from);
        async move { Ok::<_, json::Error>(page) }
    };
    let rows = read(plan, fetch, &|_, _| {}).await.unwrap();
    let text = rows.render(plan, |position| {
        *next.borrow_mut() = Some(position.clone());
        String::new()
    });
    let value = serde_json::from_str(&text.unwrap()).unwrap();
    (value, next.into_inner())
}

/// Reads a list to its end and returns all ids.
async fn walk(make: impl Fn(ListPosition) -> ListQuery<'static>, server: &Server) -> Vec<u64> {
    let mut all = Vec::new();
    let mut start = Some(ListPosition::Offset(0));
    while let Some(position) = start {
        let (result, next) = run(&make(position), server).await;
        let items = result["things"].as_array().unwrap();
        all.extend(items.iter().map(|item| item["id"].as_u64().unwrap()));
        start = next;
        assert!(all.len() < 10_000, "no end");
    }
    all
}

#[tokio::test]
async fn every_item_is_returned_once() {
    for old in [false, true] {
        for entries in [0, 1, 7, 99, 100, 101, 350] {
            for limit in [1, 7, 100, 130, 1_000] {
                let server = server(entries, old);
                let all = walk(|start| plan(start, limit), &server).await;
                let row = format!("{old} {entries} {limit}");
                assert!(all.iter().copied().eq(0..entries), "{row} {all:?}");
                let asked: u64 = server
                    .requests
                    .borrow()
                    .iter()
                    .map(|request| request.split(' ').next().unwrap().parse::<u64>().unwrap())
                    .sum();
                assert!(asked <= entries + 100 + limit as u64, "{row} {asked}");
            }
        }
    }
}

#[tokio::test]
async fn requests_follow_the_cursors() {
    for (old, expected) in [
        (
            false,
            [
                r#"100 Token("")"#,
                r#"100 Token("after 100")"#,
                r#"50 Token("after 200")"#,
            ],
        ),
        (
            true,
            [r#"100 Token("")"#, "100 Offset(100)", "50 Offset(200)"],
        ),
    ] {
        let server = server(10_000, old);
        let (_, next) = run(&plan(ListPosition::Offset(0), 250), &server).await;
        assert_eq!(*server.requests.borrow(), expected);
        let expected = match old {
            true => ListPosition::Offset(250),
            false => ListPosition::Native {
                token: "after 250".to_owned(),
                skip: 0,
            },
        };
        assert_eq!(next, Some(expected));
    }
}

#[tokio::test]
async fn items_that_do_not_fit_are_not_lost() {
    static ID: Filter = Filter {
        field: crate::tests::tools::optional("id", crate::tests::tools::ANY),
        path: "id",
        unique: false,
    };
    for old in [false, true] {
        let server = Server {
            big: 300,
            ..server(437, old)
        };
        let make = |start| ListQuery {
            max_bytes: 5_000,
            ..plan(start, 200)
        };
        let all = walk(make, &server).await;
        assert!(all.iter().copied().eq(0..437), "{old} {all:?}");
        let wanted = json!(333);
        let mut filtered = plan(ListPosition::Offset(0), 50);
        filtered.filters = vec![(&ID, &wanted)];
        let (result, next) = run(&filtered, &server).await;
        assert_eq!(
            (result["things"][0]["id"].as_u64(), next),
            (Some(333), None)
        );
        // When the budget is used up, the next call continues where this call ended.
        filtered.budget.pages = 2;
        let (result, next) = run(&filtered, &server).await;
        assert_eq!(result["things"], json!([]));
        filtered.start = next.unwrap();
        let (result, _) = run(&filtered, &server).await;
        assert_eq!(result["things"][0]["id"], 333);
    }
}

#[tokio::test]
async fn cursors_of_the_server_are_not_in_the_result() {
    let (result, _) = run(&plan(ListPosition::Offset(0), 1), &server(3, false)).await;
    let members: Vec<_> = result.as_object().unwrap().keys().collect();
    let expected = [
        "things",
        "total_entries",
        "total_entries_limit",
        "next_cursor",
    ];
    assert_eq!(members, expected);
}
