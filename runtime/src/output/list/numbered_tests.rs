//! Lists whose pages have numbers, or refer to the next page by a cursor or a link.
#![allow(clippy::unwrap_used)]

use std::cell::RefCell;

use serde_json::{Value, json};

use super::page::{NextPage, PageMembers, UpstreamPage};
use super::query::{Budget, ListQuery, MAX_CONCURRENT};
use super::read::read;
use crate::json::{self, Fields};
use crate::output::cursor::ListPosition;
use crate::request::page::PageRequest;
use crate::schema::{Field, Kind, Shape};
use crate::tool::{Filter, Pagination, PaginationLocation, PaginationStyle};

/// Fake upstream whose pages have numbers or refer to the next page.
struct Server {
    entries: u64,
    /// Maximum number of items in a page.
    clamp: u64,
    /// Whether a page contains the total.
    counts: bool,
    requests: RefCell<Vec<String>>,
}

fn server(entries: u64, clamp: u64, counts: bool) -> Server {
    Server {
        entries,
        clamp,
        counts,
        requests: RefCell::default(),
    }
}

impl Server {
    fn answer(&self, limit: u32, from: PageRequest<'_>, style: PaginationStyle) -> UpstreamPage {
        let size = u64::from(limit).min(self.clamp);
        let (start, size) = match from {
            PageRequest::Number(number) => (number * size, size),
            PageRequest::Token("") => (0, size),
            PageRequest::Token(token) => {
                let (start, of) = token.split_once('/').unwrap();
                let of: u64 = of.parse().unwrap();
                // A link contains its page size (after the slash), and a cursor does not (0).
                let size = if of > 0 { of } else { size };
                (start.parse().unwrap(), size)
            }
            PageRequest::Offset(_) | PageRequest::Whole => panic!("{from:?}"),
        };
        self.requests.borrow_mut().push(format!("{limit} {from:?}"));
        let end = (start + size).min(self.entries);
        let items: Vec<_> = (start..end)
            .map(|id| json!({"id": id, "even": id % 2 == 0}))
            .collect();
        let mut answer = json!({"things": items, "meta": {"page": {"a/b": 1}}});
        if self.counts {
            answer["meta"]["count"] = json!(self.entries);
        }
        let more = end < self.entries;
        if let (PaginationStyle::Cursor { .. }, true) = (style, more) {
            answer["meta"]["next"] = json!(format!("{end}/0"));
        }
        let members = PageMembers {
            next: match style {
                PaginationStyle::Cursor { next, .. } => next,
                _ => "",
            },
            total: "/meta/count",
        };
        let mut page = UpstreamPage::parse(answer.to_string(), "things", members).unwrap();
        if let PaginationStyle::Link { .. } = style {
            page.next = match more {
                true => NextPage::Token(format!("{end}/{size}")),
                false => NextPage::End,
            };
        }
        page
    }
}

const NUMBER: PaginationStyle = PaginationStyle::Number {
    page: "page",
    first: 1,
};
const CURSOR: PaginationStyle = PaginationStyle::Cursor {
    cursor: "cursor",
    next: "/meta/next",
    offset: "",
};
const LINK: PaginationStyle = PaginationStyle::Link {
    rel: "next",
    position: &["after"],
};

static EVEN: Filter = Filter {
    field: Field {
        name: "even",
        description: "",
        required: false,
        shape: Shape {
            kind: Kind::Any,
            nullable: false,
        },
        default: "",
        example: "",
    },
    path: "even",
    unique: false,
};

fn plan(style: PaginationStyle, start: ListPosition, limit: usize) -> ListQuery<'static> {
    ListQuery {
        items: "things",
        pagination: Some(Pagination {
            location: PaginationLocation::Query,
            limit: "limit",
            max: 100,
            total: "/meta/count",
            style,
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
    let style = plan.pagination.unwrap().style;
    let fetch = |limit, from: PageRequest<'_>| {
        let page = server.answer(limit, from, style);
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

fn ids(result: &Value) -> Vec<u64> {
    let items = result["things"].as_array().unwrap().iter();
    items.map(|item| item["id"].as_u64().unwrap()).collect()
}

/// Reads a list to its end with these limits in turn and returns all ids.
async fn walk(
    style: PaginationStyle,
    limits: &[usize],
    filtered: bool,
    server: &Server,
) -> Vec<u64> {
    let mut all = Vec::new();
    let mut start = Some(ListPosition::Offset(0));
    let mut turn = limits.iter().cycle();
    let wanted = json!(true);
    while let (Some(position), Some(limit)) = (start, turn.next()) {
        let mut plan = plan(style, position, *limit);
        if filtered {
            plan.filters = vec![(&EVEN, &wanted)];
        }
        let (result, next) = run(&plan, server).await;
        all.extend(ids(&result));
        start = next;
        assert!(server.requests.borrow().len() < 5_000, "no end");
    }
    all
}

#[tokio::test]
async fn every_item_is_returned_once_for_all_limits() {
    for style in [NUMBER, CURSOR, LINK] {
        for (clamp, counts) in [
            (100, true),
            (100, false),
            (50, true),
            (33, false),
            (7, true),
        ] {
            for entries in [0, 1, 6, 7, 8, 50, 99, 100, 101, 150, 350] {
                for limits in [
                    &[1][..],
                    &[7],
                    &[100],
                    &[130],
                    &[1_000],
                    &[7, 100],
                    &[100, 7],
                    &[1, 13, 60],
                ] {
                    for filtered in [false, true] {
                        let server = server(entries, clamp, counts);
                        let all = walk(style, limits, filtered, &server).await;
                        let row =
                            format!("{style:?} {clamp} {counts} {entries} {limits:?} {filtered}");
                        let expected = (0..entries).filter(|id| !filtered || id % 2 == 0);
                        assert_eq!(all, expected.collect::<Vec<_>>(), "{row}");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn windows_are_found_in_pages() {
    let numbered = |at, size| ListPosition::Numbered { at, size };
    let rows: [(_, usize, u64, &[&str]); 10] = [
        (ListPosition::Offset(0), 7, 100, &["7 Number(0)"]),
        (numbered(7, 7), 7, 100, &["7 Number(1)"]),
        (numbered(100, 100), 100, 100, &["100 Number(1)"]),
        // The smallest page that contains all requested items.
        (numbered(7, 100), 10, 100, &["17 Number(0)"]),
        (numbered(20, 100), 7, 100, &["9 Number(2)"]),
        (numbered(99, 100), 2, 100, &["3 Number(33)"]),
        // No single page contains all requested items.
        (numbered(99, 60), 60, 100, &["60 Number(1)", "40 Number(3)"]),
        // The page is longer than any page received so far. The upstream may shorten it, which only its length shows.
        (numbered(210, 7), 40, 100, &["42 Number(5)"]),
        (
            numbered(210, 7),
            40,
            20,
            &[
                "42 Number(5)",
                "7 Number(30)",
                "7 Number(31)",
                "7 Number(32)",
                "7 Number(33)",
                "7 Number(34)",
                "5 Number(49)",
            ],
        ),
        // The first page always begins with the first item, even if the upstream shortens it.
        (numbered(7, 7), 90, 50, &["97 Number(0)", "49 Number(1)"]),
    ];
    for (start, limit, clamp, expected) in rows {
        let server = server(1_000, clamp, true);
        let row = format!("{start:?} {limit} {clamp}");
        let from = plan(NUMBER, start.clone(), limit).skipped();
        let (result, _) = run(&plan(NUMBER, start, limit), &server).await;
        assert_eq!(
            ids(&result),
            (from..from + limit as u64).collect::<Vec<_>>(),
            "{row}"
        );
        assert_eq!(*server.requests.borrow(), expected, "{row}");
    }
}

#[tokio::test]
async fn members_for_the_position_are_not_in_the_result() {
    for (style, counts) in [(NUMBER, true), (CURSOR, false)] {
        let (result, next) = run(
            &plan(style, ListPosition::Offset(0), 2),
            &server(3, 100, counts),
        )
        .await;
        let expected = match counts {
            true => {
                json!({"things": [{"id": 0, "even": true}, {"id": 1, "even": false}], "total_entries": 3, "next_cursor": ""})
            }
            false => {
                json!({"things": [{"id": 0, "even": true}, {"id": 1, "even": false}], "next_cursor": ""})
            }
        };
        assert_eq!(result, expected);
        assert!(next.is_some());
    }
}

#[test]
fn values_are_found_inside_of_members() {
    let text = r#"{"items": [1], "meta": {"a/b": {"next": "x"}, "n": 9, "end": null, "no": ""}}"#;
    let rows = [
        ("/meta/a~1b/next", NextPage::Token("x".to_owned())),
        ("/meta/n", NextPage::Token("9".to_owned())),
        ("/meta/end", NextPage::End),
        ("/meta/no", NextPage::End),
        ("/meta/a/b", NextPage::End),
        ("/meta/n/x", NextPage::End),
        ("/other/x", NextPage::Unknown),
        ("meta", NextPage::End),
        ("", NextPage::Unknown),
    ];
    for (next, expected) in rows {
        let members = PageMembers {
            next,
            total: "/meta/n",
        };
        let page = UpstreamPage::parse(text.to_owned(), "items", members).unwrap();
        assert_eq!((page.next, page.total), (expected, Some(9)), "{next}");
    }
}
