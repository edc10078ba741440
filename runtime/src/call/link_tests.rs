//! Lists that follow the upstream's next links, and the parameters that a cursor can add to their requests.
#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::*;
use crate::output::cursor::{ListPosition, Scope};
use crate::tests::server::{Reply, SeenRequest, Server, THINGS};
use crate::tests::tools::{ANY, STRING, TOOL, json_object, optional, param};
use crate::tool::api::{Api, ErrorShapes, VersionProbe};
use crate::tool::{
    List, Pagination, PaginationLocation, PaginationStyle, ParameterLocation, ParameterStyle,
    Segment,
};
use crate::upstream::settings::{Credentials, Settings};

static TOOLS: [Tool; 1] = [Tool {
    name: "list_things",
    method: "list",
    path: "/things",
    segments: &[Segment::Literal("/things")],
    parameters: &[param(
        ParameterLocation::Query(ParameterStyle::Repeat),
        optional("colour", STRING),
    )],
    list: Some(List {
        items: "things",
        item_type: ANY,
        pagination: Some(Pagination {
            location: PaginationLocation::Query,
            limit: "per_page",
            max: 2,
            total: "",
            style: PaginationStyle::Link {
                rel: "next",
                position: &["after", "page"],
            },
        }),
        pages_since: "",
        filters: &[],
        summary: &[],
    }),
    ..TOOL
}];

static API: Api = Api {
    version: VersionProbe {
        path: "",
        version: "",
        product: "",
    },
    errors: ErrorShapes {
        detail: &["/detail"],
        title: &[],
        hints: &[],
    },
    toolsets: &[&TOOLS],
    ..THINGS
};

static APIS: &[&Api] = &[&API];

fn account(server: &Server) -> Account {
    Account::new(
        Settings::new(&server.url, Credentials::None),
        APIS,
        crate::log::PlainText::FORMAT,
    )
    .unwrap()
}

async fn call(account: &Account, arguments: &Value) -> Value {
    let arguments = json_object(&arguments.to_string());
    let answer = account.call(&TOOLS[0], arguments, &|_, _| {}).await;
    serde_json::from_str(&answer.json).unwrap()
}

/// Returns a response with two things and a next link with this query.
fn linked(query: &str) -> Reply {
    let headers = format!("content-type: application/json\r\nlink: <?{query}>; rel=next\r\n");
    Reply::new(200, &headers, r#"{"things": [1, 2]}"#)
}

/// Returns the first two things with a next link, or the last two things. The link repeats the parameters of the request.
fn things(seen: &SeenRequest) -> Reply {
    match seen.line.contains("after=") {
        true => Reply::json(200, r#"{"things": [3, 4]}"#),
        false => linked("colour=red&colour[0]=blue&after=a%20b&per_page=2"),
    }
}

#[tokio::test]
async fn a_cursor_contains_only_the_position_in_the_link() {
    let server = Server::start(things).await;
    let account = account(&server);
    let given = json!({"colour": "red", "limit": 2});
    let first = call(&account, &given).await;
    assert_eq!(first["things"], json!([1, 2]), "{first}");
    let mut more = given;
    more["next_cursor"] = first["next_cursor"].clone();
    let second = call(&account, &more).await;
    assert_eq!(second["things"], json!([3, 4]), "{second}");
    assert_eq!(second["next_cursor"], Value::Null);
    assert_eq!(
        server.lines(),
        [
            "GET /things?colour=red&per_page=2",
            "GET /things?colour=red&after=a%20b&per_page=2"
        ]
    );
}

#[tokio::test]
async fn a_forged_cursor_adds_no_parameter() {
    let server = Server::start(things).await;
    let account = account(&server);
    let arguments = check(&TOOLS[0], Map::new()).unwrap();
    // Anyone who knows the source code can write well-formed cursors.
    let scope = Scope::new(
        &[TOOLS[0].document, TOOLS[0].operation, TOOLS[0].name].join("\n"),
        &account.identity(),
        &arguments.identity(),
    );
    let rows = [
        ("after=1", true),
        ("page=1&per_page=2", true),
        ("", true),
        ("as_user=root", false),
        ("after=1&as_user=root", false),
        ("after=1&colour=red", false),
        ("after=1&after%5B0%5D=2", false),
        ("after=1#as_user=root", true),
        ("after=1;as_user=root", true),
        ("After=1", false),
        ("as_user", false),
        ("=1", false),
    ];
    for (token, fits) in rows {
        let position = ListPosition::Native {
            token: token.to_owned(),
            skip: 0,
        };
        let before = server.lines().len();
        let cursor = scope.write(&position);
        let result = call(&account, &json!({"limit": 1, "next_cursor": cursor})).await;
        let sent = server.lines().split_off(before);
        assert_eq!(sent.len(), usize::from(fits), "{token}: {result}");
        assert_eq!(result["error"].is_null(), fits, "{token}: {result}");
        for line in sent {
            let names = line.split(['?', '&']).skip(1);
            let names = names.filter_map(|pair| pair.split('=').next());
            let known = ["per_page", "after", "page"];
            let strange: Vec<_> = names.filter(|name| !known.contains(name)).collect();
            assert!(strange.is_empty(), "{token}: {line}");
        }
        if !fits {
            let detail = result["error"].to_string();
            assert!(detail.contains("next_cursor is damaged"), "{detail}");
        }
    }
}

#[tokio::test]
async fn an_unexpected_link_is_an_error() {
    let rows = [
        (
            "after=2&as_user=ada",
            "has the unexpected parameter `as_user`",
        ),
        ("colour=red", "has no parameter for the position"),
        ("per_page=2", "has no parameter for the position"),
    ];
    for (query, expected) in rows {
        let server = Server::start(move |_| linked(query)).await;
        let result = call(&account(&server), &json!({"limit": 2})).await;
        let error = &result["error"];
        assert_eq!(error["code"], "unexpected_response", "{result}");
        assert!(error["detail"].to_string().contains(expected), "{result}");
        assert!(error["hint"].to_string().contains("`position`"), "{result}");
    }
}
