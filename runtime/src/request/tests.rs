//! Paths, queries, headers and bodies of requests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::{Map, json};

use super::Request;
use super::page::PageRequest;
use crate::schema::Shape;
use crate::tests::tools::{
    ANY, BOOLEAN, NUMBER, STRING, TOOL, UPDATE_USER, array, checked, integer, leak, map, nullable,
    optional, param, request, required,
};
use crate::tool::{
    Body, Effect, Http, Pagination, PaginationLocation, PaginationStyle, Parameter,
    ParameterLocation, ParameterStyle, Segment, Tool,
};

fn path_tool(slash: bool) -> &'static Tool {
    leak(Tool {
        segments: &[
            Segment::Literal("/api/v1/users/"),
            Segment::Parameter("username"),
            Segment::Literal("/roles"),
        ],
        parameters: vec![
            Parameter {
                wire: "username",
                ..param(ParameterLocation::Path { slash }, required("id", STRING))
            },
            param(
                ParameterLocation::Query(ParameterStyle::Repeat),
                optional("order_by", STRING),
            ),
        ]
        .leak(),
        ..TOOL
    })
}

#[test]
fn path_values_are_encoded_in_full() {
    let rows = [
        ("plain-._~9", "plain-._~9"),
        ("a b", "a%20b"),
        (
            "manual__2026-01-01T00:00:00+00:00",
            "manual__2026-01-01T00%3A00%3A00%2B00%3A00",
        ),
        ("fx.dotted-id_é", "fx.dotted-id_%C3%A9"),
        ("x%2Fy", "x%252Fy"),
        ("%2e%2e", "%252e%252e"),
        ("...", "..."),
        (" ", "%20"),
        ("?#;\\\"@", "%3F%23%3B%5C%22%40"),
    ];
    let found = rows.map(|(value, _)| {
        let text = json!({"id": value}).to_string();
        let request = request(&checked(path_tool(false), &text).unwrap());
        (value, request.path_and_query)
    });
    assert_eq!(
        found,
        rows.map(|(value, path)| (value, format!("/api/v1/users/{path}/roles")))
    );
}

#[test]
fn path_values_that_cannot_be_sent_are_rejected() {
    let rows = [
        ("", r#"id: "" is empty, but a path needs a value here"#),
        (
            ".",
            r#"id: "." is a relative path segment, which cannot be sent as a name"#,
        ),
        (
            "..",
            r#"id: ".." is a relative path segment, which cannot be sent as a name"#,
        ),
        (
            "a/b",
            r#"id: "a/b" contains "/", which the server cannot route as part of a name"#,
        ),
        (
            "a\nb",
            r#"id: "a\nb" contains the control character U+000A"#,
        ),
        (
            "a\u{0}",
            r#"id: "a\u0000" contains the control character U+0000"#,
        ),
        (
            "a\u{85}",
            "id: \"a\u{85}\" contains the control character U+0085",
        ),
    ];
    let found = rows.map(|(value, _)| {
        let text = json!({"id": value}).to_string();
        (
            value,
            checked(path_tool(false), &text).unwrap_err().join("; "),
        )
    });
    assert_eq!(found, rows.map(|(value, why)| (value, why.to_owned())));
}

/// Checks that every value either changes exactly one segment of the path that the upstream sees, or is not sent.
#[test]
fn no_value_leaves_its_segment() {
    let nasty = [
        "../variables",
        "a?limit=1",
        "a#b",
        "%2e%2e",
        "%2E.",
        ".%2e",
        "..",
        ".",
        "",
        "a/b",
        "a\\b",
        "..\\x",
        "\\..\\..",
        "x%2Fy",
        "%2f..%2f",
        "é中",
        "a&b=c",
        "a;b",
        "//host",
        "http://x/",
        "@host",
        ":80",
        "~",
        "+",
        " ",
        "a\tb",
        "a\r\nHost: x",
        "\u{0}",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{202e}",
        "[::1]",
        "{username}",
        "%",
        "%zz",
        "😀",
        "..;",
        "...",
        "‥",
        "．．",
        "／",
    ];
    for slash in [false, true] {
        for value in nasty {
            let text = json!({"id": value, "order_by": "-id"}).to_string();
            let Ok(arguments) = checked(path_tool(slash), &text) else {
                continue;
            };
            let request = request(&arguments);
            let url = format!("https://server:8080{}", request.path_and_query);
            let url = reqwest::Url::parse(&url).unwrap();
            let segments: Vec<_> = url.path_segments().unwrap().collect();
            assert_eq!(
                (segments.len(), &segments[..3], segments.last()),
                (5, &["api", "v1", "users"][..], Some(&"roles")),
                "{value:?}: {url}"
            );
            let decoded = percent_encoding::percent_decode_str(segments[3]);
            assert_eq!(decoded.decode_utf8().unwrap(), value, "{url}");
            assert_eq!(
                (url.query(), url.fragment(), url.host_str(), url.port()),
                (Some("order_by=-id"), None, Some("server"), Some(8080)),
                "{value:?}: {url}"
            );
        }
    }
}

#[test]
fn slashes_in_paths_require_support_of_the_server() {
    let arguments = checked(path_tool(true), r#"{"id": "team/key"}"#).unwrap();
    let request = request(&arguments);
    assert_eq!(request.path_and_query, "/api/v1/users/team%2Fkey/roles");
    let steps = ["..", "a/../b", "../b", "a/..", "./a"];
    let refused =
        steps.map(|value| checked(path_tool(true), &json!({"id": value}).to_string()).is_err());
    assert_eq!(refused, [true; 5]);
}

fn query_of(separator: ParameterStyle, shape: Shape, value: &str) -> Result<String, String> {
    let tool = leak(Tool {
        parameters: vec![param(
            ParameterLocation::Query(separator),
            optional("a", shape),
        )]
        .leak(),
        ..TOOL
    });
    let arguments = checked(tool, &format!(r#"{{"a": {value}}}"#)).map_err(|all| all.join("; "))?;
    let request = request(&arguments);
    assert_eq!((&request.body, request.media_type.as_ref()), (&None, ""));
    Ok(request.path_and_query)
}

#[test]
fn queries_are_written_as_declared() {
    const LIST: Shape = array(&STRING);
    const NULLS: Shape = array(&nullable(STRING));
    const DEEP: Shape = map(&ANY);
    let comma = r#"a: an array has the item "x,y", which contains the separator "," of the items and cannot be sent"#;
    let space = r#"a: an array has the item "x y", which contains the separator " " of the items and cannot be sent"#;
    let rows = [
        (
            ParameterStyle::Repeat,
            STRING,
            r#""a b+c,d&e""#,
            Ok("/tool?a=a%20b%2Bc%2Cd%26e"),
        ),
        (ParameterStyle::Repeat, STRING, r#""""#, Ok("/tool?a=")),
        (
            ParameterStyle::Repeat,
            nullable(STRING),
            "null",
            Ok("/tool"),
        ),
        (ParameterStyle::Repeat, BOOLEAN, "true", Ok("/tool?a=true")),
        (
            ParameterStyle::Repeat,
            integer(None, None),
            "5.0",
            Ok("/tool?a=5"),
        ),
        (
            ParameterStyle::Repeat,
            integer(None, None),
            "123456789012345678901234567890",
            Ok("/tool?a=123456789012345678901234567890"),
        ),
        (
            ParameterStyle::Repeat,
            NUMBER,
            "1e300",
            Ok("/tool?a=1e%2B300"),
        ),
        (
            ParameterStyle::Repeat,
            LIST,
            r#"["x,y", "b c"]"#,
            Ok("/tool?a=x%2Cy&a=b%20c"),
        ),
        (ParameterStyle::Repeat, LIST, "[]", Ok("/tool")),
        (
            ParameterStyle::Repeat,
            NULLS,
            r#"[null, "x"]"#,
            Ok("/tool?a=x"),
        ),
        (
            ParameterStyle::Comma,
            NULLS,
            r#"[null, "x"]"#,
            Ok("/tool?a=x"),
        ),
        (
            ParameterStyle::Comma,
            LIST,
            r#"["b c", "d"]"#,
            Ok("/tool?a=b%20c,d"),
        ),
        (ParameterStyle::Comma, LIST, r#"["x,y"]"#, Err(comma)),
        (ParameterStyle::Comma, LIST, "[]", Ok("/tool")),
        (
            ParameterStyle::Comma,
            STRING,
            r#""x,y""#,
            Ok("/tool?a=x%2Cy"),
        ),
        (
            ParameterStyle::Space,
            LIST,
            r#"["b", "c"]"#,
            Ok("/tool?a=b%20c"),
        ),
        (ParameterStyle::Space, LIST, r#"["x y"]"#, Err(space)),
        (
            ParameterStyle::Pipe,
            LIST,
            r#"["b", "c d"]"#,
            Ok("/tool?a=b%7Cc%20d"),
        ),
        (
            ParameterStyle::Deep,
            DEEP,
            r#"{"x": 1, "y&z": {"n": true}, "l": ["p", "q"], "o": null}"#,
            Ok("/tool?a%5Bx%5D=1&a%5By%26z%5D%5Bn%5D=true&a%5Bl%5D%5B0%5D=p&a%5Bl%5D%5B1%5D=q"),
        ),
        (
            ParameterStyle::Members,
            ANY,
            r#"{"a b": 1, "c": ["x", "y"], "d": null}"#,
            Ok("/tool?a%20b=1&c=x&c=y"),
        ),
        (
            ParameterStyle::Comma,
            ANY,
            r#"{"R": 100, "G": null, "B": "x y"}"#,
            Ok("/tool?a=R,100,B,x%20y"),
        ),
        (
            ParameterStyle::Json,
            ANY,
            r#"{"a": [1, "&"]}"#,
            Ok("/tool?a=%7B%22a%22%3A%5B1%2C%22%26%22%5D%7D"),
        ),
        (
            ParameterStyle::Repeat,
            ANY,
            r#"{"limit": 1}"#,
            Err("a: an object cannot be part of a query"),
        ),
        (
            ParameterStyle::Repeat,
            ANY,
            "[[1]]",
            Err("a: an array has an item that cannot be part of a query"),
        ),
    ];
    for (separator, shape, value, expected) in rows {
        let expected = expected.map(str::to_owned).map_err(str::to_owned);
        assert_eq!(
            query_of(separator, shape, value),
            expected,
            "{separator:?} {value}"
        );
    }
}

const MEMBERS: &[Parameter] = &[
    Parameter {
        wire: "b-wire",
        ..param(ParameterLocation::Body, optional("b", nullable(STRING)))
    },
    param(ParameterLocation::Body, optional("a", ANY)),
    Parameter {
        fallback: "b",
        ..param(ParameterLocation::Body, optional("c", STRING))
    },
];
const WHOLE: &[Parameter] = &[param(ParameterLocation::WholeBody, optional("all", ANY))];
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

#[test]
fn bodies_contain_only_given_members() {
    let fixed: &[(&str, &str)] = &[("action", r#""create""#)];
    let rows = [
        (MEMBERS, JSON, false, &[][..], "{}", None),
        (MEMBERS, JSON, true, &[], "{}", Some("{}")),
        (
            MEMBERS,
            JSON,
            false,
            fixed,
            "{}",
            Some(r#"{"action":"create"}"#),
        ),
        (
            MEMBERS,
            JSON,
            false,
            fixed,
            r#"{"a": 1}"#,
            Some(r#"{"a":1,"action":"create"}"#),
        ),
        (
            MEMBERS,
            JSON,
            false,
            &[],
            r#"{"a": 1, "b": "x"}"#,
            Some(r#"{"b-wire":"x","a":1,"c":"x"}"#),
        ),
        (
            MEMBERS,
            JSON,
            false,
            &[],
            r#"{"b": null, "c": "y"}"#,
            Some(r#"{"c":"y"}"#),
        ),
        (
            MEMBERS,
            JSON,
            false,
            &[],
            r#"{"a": {"n": 123456789012345678901234567890, "f": 1.50, "e": 1E300}}"#,
            Some(r#"{"a":{"n":123456789012345678901234567890,"f":1.50,"e":1e+300}}"#),
        ),
        (MEMBERS, "", true, &[], r#"{"a": 1}"#, None),
        (
            MEMBERS,
            FORM,
            true,
            &[],
            r#"{"a": ["x y", 2, null], "b": "&="}"#,
            Some("b-wire=%26%3D&a=x%20y&a=2&c=%26%3D"),
        ),
        (
            MEMBERS,
            FORM,
            true,
            &[],
            r#"{"a": {"x": 1}, "b": null}"#,
            Some("a=%7B%22x%22%3A1%7D"),
        ),
        (WHOLE, JSON, false, &[], "{}", None),
        (WHOLE, JSON, false, &[], r#"{"all": null}"#, None),
        (WHOLE, JSON, false, &[], r#"{"all": "x"}"#, Some(r#""x""#)),
        (
            WHOLE,
            JSON,
            false,
            &[],
            r#"{"all": [1, {"z": 1, "a": 2}]}"#,
            Some(r#"[1,{"z":1,"a":2}]"#),
        ),
        (
            WHOLE,
            "application/merge-patch+json; v=1",
            false,
            &[],
            r#"{"all": "x"}"#,
            Some(r#""x""#),
        ),
        (
            WHOLE,
            "text/plain",
            false,
            &[],
            r#"{"all": "x\ny"}"#,
            Some("x\ny"),
        ),
        (
            WHOLE,
            FORM,
            false,
            &[],
            r#"{"all": {"k": "v w"}}"#,
            Some("k=v%20w"),
        ),
    ];
    for (params, media_type, required, fixed, given, expected) in rows {
        let tool = leak(Tool {
            parameters: params,
            body: Body {
                media_type,
                required,
                fixed,
                ..Body::NONE
            },
            ..TOOL
        });
        let request = request(&checked(tool, given).unwrap());
        let expected_type = if expected.is_some() { media_type } else { "" };
        assert_eq!(
            (
                request
                    .body
                    .map(|body| String::from_utf8(body).unwrap())
                    .as_deref(),
                request.media_type.as_ref()
            ),
            (expected, expected_type),
            "{given} as {media_type}"
        );
    }
}

#[test]
fn pages_are_added_to_any_query() {
    let pager = |style| {
        Some(Pagination {
            location: PaginationLocation::Query,
            limit: "limit",
            max: 100,
            total: "",
            style,
        })
    };
    let numbers = pager(PaginationStyle::Offset { offset: "offset" });
    let numbered = pager(PaginationStyle::Number {
        page: "page",
        first: 1,
    });
    let cursor = |offset| {
        pager(PaginationStyle::Cursor {
            cursor: "cursor",
            next: "next",
            offset,
        })
    };
    let native = cursor("offset");
    let linked = pager(PaginationStyle::Link {
        rel: "next",
        position: &["after"],
    });
    let at = PageRequest::Offset(200);
    let rows = [
        ("{}", numbers, at, "/tool?limit=100&offset=200"),
        (
            r#"{"q": "x"}"#,
            numbers,
            at,
            "/tool?q=x&limit=100&offset=200",
        ),
        ("{}", native, at, "/tool?limit=100&offset=200"),
        (
            r#"{"q": "x"}"#,
            native,
            PageRequest::Token("a&b"),
            "/tool?q=x&limit=100&cursor=a%26b",
        ),
        (
            "{}",
            native,
            PageRequest::Token(""),
            "/tool?limit=100&cursor=",
        ),
        (
            "{}",
            cursor(""),
            PageRequest::Token("7"),
            "/tool?limit=100&cursor=7",
        ),
        ("{}", cursor(""), PageRequest::Token(""), "/tool?limit=100"),
        (
            "{}",
            numbered,
            PageRequest::Number(2),
            "/tool?limit=100&page=3",
        ),
        (
            r#"{"q": "x"}"#,
            linked,
            PageRequest::Token(""),
            "/tool?q=x&limit=100",
        ),
        (
            r#"{"q": "x"}"#,
            linked,
            PageRequest::Token("after=a%20b&limit=7"),
            "/tool?q=x&after=a%20b&limit=7",
        ),
        ("{}", None, PageRequest::Whole, "/tool"),
    ];
    let tool = leak(Tool {
        parameters: vec![param(
            ParameterLocation::Query(ParameterStyle::Repeat),
            optional("q", STRING),
        )]
        .leak(),
        ..TOOL
    });
    for (given, pager, from, expected) in rows {
        let request = request(&checked(tool, given).unwrap());
        let page = request.page(tool, pager, 100, from);
        assert_eq!(page.path_and_query, expected);
    }
}

#[test]
fn read_only_tools_have_the_guarantees_of_get() {
    for (http, read_only, expected) in [
        (Http::Post, true, Http::Get),
        (Http::Post, false, Http::Post),
        (Http::Delete, false, Http::Delete),
    ] {
        let effect = Effect {
            read_only,
            ..TOOL.effect
        };
        let tool = leak(Tool {
            http,
            effect,
            ..TOOL
        });
        let request = request(&checked(tool, "{}").unwrap());
        assert_eq!((request.http, request.guarantees), (http, expected));
    }
}

#[test]
fn pages_are_added_to_any_body() {
    let tool = leak(Tool {
        http: Http::Post,
        body: Body {
            media_type: "application/json",
            ..Body::NONE
        },
        parameters: vec![param(ParameterLocation::Body, optional("q", STRING))].leak(),
        ..TOOL
    });
    let pager = |style| {
        Some(Pagination {
            location: PaginationLocation::Body,
            limit: "page_limit",
            max: 100,
            total: "",
            style,
        })
    };
    let numbers = pager(PaginationStyle::Offset {
        offset: "page_offset",
    });
    let native = pager(PaginationStyle::Cursor {
        cursor: "cursor",
        next: "/meta/next",
        offset: "",
    });
    let at = PageRequest::Offset(200);
    for (given, pager, from, expected) in [
        ("{}", numbers, at, r#"{"page_limit":100,"page_offset":200}"#),
        (
            r#"{"q": "x"}"#,
            numbers,
            at,
            r#"{"q":"x","page_limit":100,"page_offset":200}"#,
        ),
        (
            "{}",
            native,
            PageRequest::Token("a"),
            r#"{"page_limit":100,"cursor":"a"}"#,
        ),
        (
            r#"{"q": "x"}"#,
            native,
            PageRequest::Token(""),
            r#"{"q":"x","page_limit":100}"#,
        ),
    ] {
        let request = request(&checked(tool, given).unwrap());
        let page = request.page(tool, pager, 100, from);
        assert_eq!(page.media_type, "application/json");
        assert_eq!(String::from_utf8(page.body.unwrap()).unwrap(), expected);
    }
}

#[test]
fn headers_are_checked_and_null_is_omitted() {
    let tool = leak(Tool {
        parameters: vec![
            Parameter {
                wire: "If-Match",
                ..param(
                    ParameterLocation::Header,
                    optional("etag", nullable(STRING)),
                )
            },
            Parameter {
                wire: "X-Many",
                ..param(ParameterLocation::Header, optional("many", array(&STRING)))
            },
        ]
        .leak(),
        ..TOOL
    });
    let item = |item: &str| {
        Err(format!(
            "many: an array has the item \"{item}\", which contains the separator \",\" of the items, or begins or ends with a space, and cannot be sent"
        ))
    };
    let bad =
        Err("etag: \"a\\r\\nX: y\" has characters that cannot be part of a header".to_owned());
    let rows = [
        (
            r#"{"etag": "\"v 1\""}"#,
            Ok(vec![("If-Match", "\"v 1\"".to_owned())]),
        ),
        (r#"{"etag": null}"#, Ok(vec![])),
        (r#"{"etag": "a\r\nX: y"}"#, bad),
        (
            r#"{"many": ["x y", "z"]}"#,
            Ok(vec![("X-Many", "x y,z".to_owned())]),
        ),
        (r#"{"many": ["x,y"]}"#, item("x,y")),
        (r#"{"many": ["x", " y"]}"#, item(" y")),
    ];
    for (given, expected) in rows {
        let found = checked(tool, given)
            .map(|arguments| request(&arguments).headers)
            .map_err(|all| all.join("; "));
        assert_eq!(found, expected, "{given}");
    }
}

#[test]
fn a_request_shows_no_body() {
    let arguments = checked(&UPDATE_USER, r#"{"id": "x", "password": "hunter2"}"#).unwrap();
    let request = request(&arguments);
    let shown = format!("{arguments:?} {request:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_request_that_is_too_large_is_an_error() {
    let given = |length: usize| json!({"id": "x", "order_by": "y".repeat(length)}).to_string();
    let result = |length| {
        let arguments = checked(path_tool(false), &given(length)).unwrap();
        let request = Request::new(&arguments, &Map::new());
        request.map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(result(50_000), Ok(()));
    let message =
        "the path and query have 70031 bytes, more than the 60000 that can be sent".to_owned();
    assert_eq!(result(70_000), Err(message));
}
