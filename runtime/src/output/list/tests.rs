//! Lists that are read by offset, also from upstreams with faulty behaviour.
#![allow(clippy::unwrap_used)]

use std::cell::{Cell, RefCell};
use std::sync::Mutex;
use std::task::Poll;
use std::time::Duration;

use serde_json::{Value, json};

use super::page::{PageMembers, UpstreamPage};
use super::query::{Budget, ListQuery, MAX_CONCURRENT};
use super::read::read;
use crate::json::{self, Fields};
use crate::output::cursor::ListPosition;
use crate::request::page::PageRequest;
use crate::schema::{Field, Kind, Shape};
use crate::tool::{Filter, Pagination, PaginationLocation, PaginationStyle};

/// Fake upstream with entries `{"id": 0, "name": "n0", "even": true, "big": …}`, and options for faulty behaviour.
struct Server {
    entries: u64,
    /// Maximum number of entries in a page.
    clamp: u64,
    /// Number of entries by which every second page is shorter than it could be.
    short: u64,
    /// Function that returns the total in a response, given the number of the request and the number of entries.
    total: fn(u64, u64) -> Value,
    /// Whether the upstream ignores `limit` and `offset`.
    ignores_paging: bool,
    /// Number of the request that fails.
    fails: u64,
    /// Length of `big` in each entry.
    big: usize,
    requests: RefCell<Vec<(u32, u64)>>,
    at_once: Cell<usize>,
    most_at_once: Cell<usize>,
}

#[derive(Debug, PartialEq)]
struct FetchError;

impl From<json::Error> for FetchError {
    fn from(_: json::Error) -> Self {
        Self
    }
}

impl Server {
    fn new(entries: u64) -> Self {
        Self {
            entries,
            clamp: 100,
            short: 0,
            total: |_, entries| json!(entries),
            ignores_paging: false,
            fails: u64::MAX,
            big: 0,
            requests: RefCell::default(),
            at_once: Cell::default(),
            most_at_once: Cell::default(),
        }
    }

    async fn fetch(&self, limit: u32, offset: u64) -> Result<UpstreamPage, FetchError> {
        self.requests.borrow_mut().push((limit, offset));
        let number = self.requests.borrow().len() as u64 - 1;
        self.at_once.set(self.at_once.get() + 1);
        self.most_at_once
            .set(self.most_at_once.get().max(self.at_once.get()));
        // Later requests receive their responses before earlier ones.
        let mut turns = 8 - number % 8;
        std::future::poll_fn(|context| {
            turns -= 1;
            context.waker().wake_by_ref();
            if turns == 0 {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        self.at_once.set(self.at_once.get() - 1);
        if number == self.fails {
            return Err(FetchError);
        }
        let mut most = u64::from(limit).min(self.clamp);
        if number % 2 == 1 {
            most = most.saturating_sub(self.short).max(1);
        }
        let range = match self.ignores_paging {
            true => 0..self.entries,
            false => offset.min(self.entries)..(offset + most).min(self.entries),
        };
        let items: Vec<Value> = range
            .map(|id| json!({"id": id, "name": format!("n{id}"), "even": id % 2 == 0, "big": "x".repeat(self.big)}))
            .collect();
        let mut answer = json!({"things": items, "total_entries": (self.total)(number, self.entries), "note": [number], "next_cursor": null});
        if answer["total_entries"] == "missing" {
            answer
                .as_object_mut()
                .unwrap()
                .shift_remove("total_entries");
        }
        Ok(UpstreamPage::parse(answer.to_string(), "things", PageMembers::default()).unwrap())
    }
}

const fn filter(path: &'static str, unique: bool) -> Filter {
    Filter {
        field: Field {
            name: path,
            description: "",
            required: false,
            shape: Shape {
                kind: Kind::Any,
                nullable: false,
            },
            default: "",
            example: "",
        },
        path,
        unique,
    }
}

static NAME: Filter = filter("name", true);
static EVEN: Filter = filter("even", false);
static ID: Filter = filter("id", false);

fn plan(start: u64, limit: usize) -> ListQuery<'static> {
    ListQuery {
        items: "things",
        pagination: Some(Pagination {
            location: PaginationLocation::Query,
            limit: "limit",
            max: 100,
            total: "",
            style: PaginationStyle::Offset { offset: "offset" },
        }),
        start: ListPosition::Offset(start),
        limit,
        filters: Vec::new(),
        fields: Fields::named(["id"]),
        max_bytes: 150_000,
        max_concurrent: MAX_CONCURRENT,
        budget: Budget::default(),
    }
}

fn offset(from: PageRequest<'_>) -> u64 {
    match from {
        PageRequest::Offset(offset) => offset,
        _ => 0,
    }
}

fn quiet(_: u64, _: Option<u64>) {}

async fn run(plan: &ListQuery<'_>, server: &Server) -> Value {
    let rows = read(
        plan,
        |limit, from| server.fetch(limit, offset(from)),
        &quiet,
    )
    .await
    .unwrap();
    let text = rows.render(plan, at).unwrap();
    assert!(text.len() <= plan.max_bytes.max(2_000), "{}", text.len());
    serde_json::from_str(&text).unwrap()
}

/// Returns a cursor that shows its position.
fn at(position: &ListPosition) -> String {
    match position {
        ListPosition::Offset(offset) => format!("@{offset}"),
        ListPosition::Native { token, skip } => format!("{token}+{skip}"),
        ListPosition::Numbered { at, size } => format!("{at} in pages of {size}"),
    }
}

fn ids(result: &Value) -> Vec<u64> {
    let items = result["things"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["id"].as_u64().unwrap())
        .collect()
}

fn next(result: &Value) -> Option<u64> {
    result["next_cursor"]
        .as_str()
        .map(|text| text[1..].parse().unwrap())
}

/// Reads a list to its end and returns all ids and the number of calls.
async fn walk(make: impl Fn(u64) -> ListQuery<'static>, server: &Server) -> (Vec<u64>, usize) {
    let mut all = Vec::new();
    let mut calls = 0;
    let mut start = Some(0);
    while let Some(offset) = start {
        let result = run(&make(offset), server).await;
        all.extend(ids(&result));
        start = next(&result);
        calls += 1;
        assert!(calls < 10_000, "no end");
    }
    (all, calls)
}

#[tokio::test]
async fn a_page_has_the_requested_items_and_a_cursor() {
    // Entries, start, limit, expected ids, expected next position.
    let rows = [
        (0, 0, 50, 0..0, None),
        (3, 0, 50, 0..3, None),
        (50, 0, 50, 0..50, None),
        (51, 0, 50, 0..50, Some(50)),
        (120, 100, 50, 100..120, None),
        (5_000, 0, 250, 0..250, Some(250)),
        (5_000, 4_900, 1_000, 4_900..5_000, None),
        (1_000, 0, 1_000, 0..1_000, None),
        (10, 10, 5, 0..0, None),
        (10, 99, 5, 0..0, None),
    ];
    for (entries, start, limit, expected, cursor) in rows {
        let server = Server::new(entries);
        let result = run(&plan(start, limit), &server).await;
        assert_eq!(
            (ids(&result), next(&result)),
            (expected.collect(), cursor),
            "{entries} {start} {limit}"
        );
        assert_eq!(result["total_entries"], json!(entries));
    }
}

#[tokio::test]
async fn only_needed_pages_are_requested() {
    let rows: [(usize, &[(u32, u64)]); 4] = [
        (1, &[(1, 0)]),
        (100, &[(100, 0)]),
        (101, &[(100, 0), (1, 100)]),
        (250, &[(100, 0), (100, 100), (50, 200)]),
    ];
    for (limit, expected) in rows {
        let server = Server::new(5_000);
        run(&plan(0, limit), &server).await;
        assert_eq!(*server.requests.borrow(), expected, "{limit}");
    }
}

#[tokio::test]
async fn each_item_is_returned_once_despite_faults_of_the_server() {
    type Change = fn(&mut Server);
    let changes: [(&str, Change); 10] = [
        ("none", |_| {}),
        ("clamps to 7", |server| server.clamp = 7),
        ("clamps to 1", |server| server.clamp = 1),
        ("short pages", |server| server.short = 30),
        ("clamps and short pages", |server| {
            (server.clamp, server.short) = (20, 15);
        }),
        ("no total", |server| server.total = |_, _| json!("missing")),
        ("null total, short pages", |server| {
            server.total = |_, _| json!(null);
            server.short = 99;
        }),
        ("total too large", |server| {
            server.total = |_, entries| json!(entries + 500);
        }),
        ("total comes and goes", |server| {
            server.total = |number, entries| match number % 3 {
                0 => json!(entries),
                _ => json!(null),
            };
        }),
        ("ignores paging", |server| server.ignores_paging = true),
    ];
    for (name, change) in changes {
        for entries in [0, 1, 99, 100, 101, 437] {
            for limit in [1, 50, 100, 333, 1_000] {
                if limit == 1 && entries > 101 {
                    continue;
                }
                let mut server = Server::new(entries);
                change(&mut server);
                let (all, _) = walk(|start| plan(start, limit), &server).await;
                assert!(
                    all.iter().copied().eq(0..entries),
                    "{name} {entries} {limit}"
                );
            }
        }
    }
}

#[tokio::test]
async fn lists_without_pagination_are_divided_for_all_limits() {
    let server = Server {
        ignores_paging: true,
        ..Server::new(50)
    };
    for (start, limit, expected, cursor) in [
        (0, 10, 0..10, Some(10)),
        (10, 50, 10..50, None),
        (10, 1_000, 10..50, None),
        (40, 5, 40..45, Some(45)),
        (50, 5, 0..0, None),
        (60, 100, 0..0, None),
    ] {
        let result = run(&plan(start, limit), &server).await;
        assert_eq!(
            (ids(&result), next(&result)),
            (expected.collect(), cursor),
            "{start} {limit}"
        );
    }
}

#[tokio::test]
async fn a_list_that_shrinks_ends() {
    let mut server = Server::new(250);
    server.total = |number, _| json!(if number == 0 { 900 } else { 250 });
    let result = run(&plan(0, 1_000), &server).await;
    assert_eq!((ids(&result).len(), next(&result)), (250, None));
    // Pages beyond the new end are empty although the total is larger.
    server.total = |_, _| json!(900);
    let result = run(&plan(0, 1_000), &server).await;
    assert_eq!((ids(&result).len(), next(&result)), (250, None));
}

#[tokio::test]
async fn a_total_that_counts_up_to_a_limit_is_not_the_end() {
    let answer = json!({"things": [{"id": 1}], "total_entries": 50, "total_entries_limit": 50});
    let page = UpstreamPage::parse(answer.to_string(), "things", PageMembers::default()).unwrap();
    assert_eq!((page.total, page.total_text.as_deref()), (None, Some("50")));
}

#[tokio::test]
async fn an_invalid_page_is_an_error() {
    let rows = [
        ("<html>", "not valid JSON"),
        (r#"{"things":[1,]}"#, "not valid JSON"),
        (r#"{"things":[1]} x"#, "not valid JSON"),
        (r#"{"others":[]}"#, "no array `things`"),
        (r#"{"things":{}}"#, "no array `things`"),
        ("7", "no array `things`"),
        ("null", "no array `things`"),
    ];
    for (text, expected) in rows {
        let error =
            UpstreamPage::parse(text.to_owned(), "things", PageMembers::default()).unwrap_err();
        assert!(error.to_string().contains(expected), "{text}: {error}");
    }
    for text in [r#"{"things":null}"#, "[]", r#"{"thin\u0067s" : [ ] }"#] {
        assert_eq!(
            UpstreamPage::parse(text.to_owned(), "things", PageMembers::default())
                .unwrap()
                .len(),
            0
        );
    }
}

#[tokio::test]
async fn other_members_of_the_first_response_are_kept() {
    let server = Server::new(300);
    let result = run(&plan(0, 300), &server).await;
    let keys: Vec<_> = result.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["things", "total_entries", "note", "next_cursor"]);
    assert_eq!(result["note"], json!([0]));
}

#[tokio::test]
async fn filters_search_all_pages() {
    let wanted = json!(4_321);
    let mut plan = plan(0, 50);
    plan.filters = vec![(&ID, &wanted)];
    let server = Server::new(5_000);
    let result = run(&plan, &server).await;
    assert_eq!((ids(&result), next(&result)), (vec![4_321], None));
    assert_eq!(server.requests.borrow().len(), 50);
    assert_eq!(result["total_entries"], 5_000);
}

#[tokio::test]
async fn a_unique_filter_stops_at_its_match() {
    let (name, even, odd) = (json!("n120"), json!(true), json!(false));
    for (even, expected) in [(&even, vec![120]), (&odd, vec![])] {
        let mut plan = plan(0, 50);
        plan.filters = vec![(&EVEN, even), (&NAME, &name)];
        let server = Server::new(5_000);
        let result = run(&plan, &server).await;
        assert_eq!((ids(&result), next(&result)), (expected, None));
        assert!(server.requests.borrow().len() <= 1 + MAX_CONCURRENT);
    }
}

#[tokio::test]
async fn a_filtered_walk_yields_each_match_once_whatever_the_budget() {
    let even = json!(true);
    let even: &'static Value = Box::leak(Box::new(even));
    for (limit, pages, clamp) in [
        (50, 200, 100),
        (7, 200, 100),
        (1_000, 1, 100),
        (10, 2, 33),
        (1, 3, 9),
    ] {
        let mut server = Server::new(437);
        server.clamp = clamp;
        let make = |start| {
            let mut plan = plan(start, limit);
            plan.filters = vec![(&EVEN, even)];
            plan.budget.pages = pages;
            plan
        };
        let (all, _) = walk(make, &server).await;
        assert!(
            all.iter().copied().eq((0..437).step_by(2)),
            "{limit} {pages} {all:?}"
        );
    }
}

#[tokio::test]
async fn a_spent_budget_is_reported() {
    let none = json!("nobody");
    let mut plan = plan(0, 50);
    plan.filters = vec![(&NAME, &none)];
    plan.budget.pages = 3;
    let server = Server::new(5_000);
    let result = run(&plan, &server).await;
    assert_eq!((ids(&result), next(&result)), (vec![], Some(300)));
    assert!(
        result["truncated"]
            .as_str()
            .unwrap()
            .contains("item 300 of 5000")
    );
    plan.budget = Budget {
        pages: 200,
        time: Duration::ZERO,
    };
    let result = run(&plan, &server).await;
    assert_eq!(next(&result), Some(100));
    // A search that reaches the end of the list with the last page of its budget is complete.
    plan.budget = Budget {
        pages: 50,
        ..Budget::default()
    };
    let result = run(&plan, &server).await;
    assert_eq!((next(&result), result.get("truncated")), (None, None));
}

#[tokio::test]
async fn concurrent_requests_are_limited() {
    let none = json!("nobody");
    let mut plan = plan(0, 50);
    plan.filters = vec![(&NAME, &none)];
    let server = Server::new(5_000);
    run(&plan, &server).await;
    assert_eq!(server.most_at_once.get(), MAX_CONCURRENT);
    let server = Server {
        total: |_, _| json!(null),
        ..Server::new(500)
    };
    run(&plan, &server).await;
    assert_eq!(server.most_at_once.get(), 1);
}

#[tokio::test]
async fn a_failed_search_states_where_to_continue() {
    let (none, ninth) = (json!("nobody"), json!(150));
    type Filters<'a> = Vec<(&'static Filter, &'a Value)>;
    let rows: [(Filters<'_>, u64, Option<u64>); 4] = [
        (vec![(&NAME, &none)], 0, None),
        (vec![(&NAME, &none)], 3, Some(300)),
        // The search resumes at the item that was found, so that the item is not lost.
        (vec![(&ID, &ninth)], 3, Some(150)),
        (vec![], 3, None),
    ];
    for (filters, fails, resume) in rows {
        let mut plan = plan(0, 1_000);
        plan.filters = filters;
        let server = Server {
            fails,
            ..Server::new(5_000)
        };
        let broken = read(
            &plan,
            |limit, from| server.fetch(limit, offset(from)),
            &quiet,
        )
        .await
        .unwrap_err();
        assert_eq!(
            (broken.error, broken.resume),
            (FetchError, resume.map(ListPosition::Offset)),
            "{fails}"
        );
    }
}

#[tokio::test]
async fn progress_grows_page_by_page() {
    let seen = Mutex::new(Vec::new());
    let server = Server::new(5_000);
    let plan = plan(0, 250);
    let progress = |read: u64, of: Option<u64>| seen.lock().unwrap().push((read, of));
    read(
        &plan,
        |limit, from| server.fetch(limit, offset(from)),
        &progress,
    )
    .await
    .unwrap();
    let expected = [(100, Some(250)), (200, Some(250)), (250, Some(250))];
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[tokio::test]
async fn whole_lists_are_divided_into_pages() {
    let make = |start| ListQuery {
        pagination: None,
        ..plan(start, 40)
    };
    for total in [
        |_, entries| json!(entries),
        |_, _| json!("missing"),
        |_, _| json!(3),
    ] {
        let server = Server {
            ignores_paging: true,
            total,
            ..Server::new(101)
        };
        let (all, calls) = walk(make, &server).await;
        assert!(all.iter().copied().eq(0..101));
        assert_eq!((calls, server.requests.borrow().len()), (3, 3));
    }
}

#[tokio::test]
async fn the_next_page_begins_with_the_first_dropped_item() {
    let server = Server {
        big: 300,
        ..Server::new(437)
    };
    let make = |start| ListQuery {
        fields: Fields::all(),
        max_bytes: 5_000,
        ..plan(start, 200)
    };
    let result = run(&make(0), &server).await;
    let shown = ids(&result).len() as u64;
    assert_eq!(next(&result), Some(shown));
    let note = result["truncated"].as_str().unwrap();
    assert!(note.starts_with(&format!("{shown} of 200 items")), "{note}");
    // The call does not read more than a result can contain.
    assert_eq!(server.requests.borrow().len(), 1);
    let (all, _) = walk(make, &server).await;
    assert!(all.iter().copied().eq(0..437));
}

#[tokio::test]
async fn one_item_is_returned_however_large() {
    let server = Server {
        big: 50_000,
        ..Server::new(3)
    };
    let make = |start| ListQuery {
        fields: Fields::all(),
        max_bytes: 5_000,
        ..plan(start, 200)
    };
    let result = run(&make(0), &server).await;
    assert_eq!((ids(&result), next(&result)), (vec![0], Some(1)));
    assert!(
        result["truncated"]
            .as_str()
            .unwrap()
            .contains("of 50000 characters")
    );
    let (all, _) = walk(make, &server).await;
    assert_eq!(all, [0, 1, 2]);
}

#[tokio::test]
async fn items_have_the_requested_fields() {
    let server = Server::new(1);
    let rows = [
        (
            Fields::named(["even", "id"]),
            json!({"id": 0, "even": true}),
        ),
        (
            Fields::all(),
            json!({"id": 0, "name": "n0", "even": true, "big": ""}),
        ),
    ];
    for (fields, expected) in rows {
        let plan = ListQuery {
            fields,
            ..plan(0, 50)
        };
        assert_eq!(run(&plan, &server).await["things"], json!([expected]));
    }
}

#[tokio::test]
async fn similar_values_are_suggested_without_a_match() {
    let rows = [
        (json!("N7"), json!({"name": "n7"})),
        (json!(" n7 "), json!({"name": "n7"})),
        (json!("n7"), Value::Null),
        (json!("n77777"), Value::Null),
        (json!(" "), Value::Null),
        (json!(7), Value::Null),
    ];
    for (wanted, expected) in rows {
        let server = Server::new(250);
        let filter = filter("name", false);
        let plan = ListQuery {
            filters: vec![(&filter, &wanted)],
            ..plan(0, 50)
        };
        let result = run(&plan, &server).await;
        assert_eq!(result["did_you_mean"], expected, "{wanted} {result}");
    }
}
