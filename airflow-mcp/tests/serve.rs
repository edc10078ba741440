//! `airflow-mcp serve` as clients and operators see it: a process with a store in a file, tested over HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use common::gateway::{Gateway, LEGACY, PASSWORD, bytes_in, read, text};
use common::{FakeAirflow, SLOWLY, modern, request};
use serde_json::{Value, json};

const LIST_USERS: &str = "list_all_apacheairflow_users";
const DELETE_USER: &str = "delete_a_apacheairflow_user_by_id";

type Headers<'a> = &'a [(&'a str, &'a str)];

fn names(answer: &Value) -> Vec<String> {
    let tools = answer["result"]["tools"].as_array().expect("tools");
    tools.iter().map(|tool| text(&tool["name"])).collect()
}

fn call(name: &str) -> Value {
    json!({"name": name, "arguments": {}})
}

/// Waits until the condition holds. Panics after 30 s.
fn until(mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(30), "timeout");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn both_generations_are_served() {
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let gateway = Gateway::start("generations", &[], &[]);
    let account = gateway.account(&airflow);
    let (server, url) = gateway.server(&account, json!({}), Value::Null);

    let hello = request(
        0,
        "initialize",
        json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}),
    );
    let reply = gateway.legacy(&url, &hello, &[]);
    let hello = &reply.json()["result"];
    assert_eq!(hello["protocolVersion"], "2025-11-25");
    assert_eq!(hello["serverInfo"]["name"], "airflow-mcp");
    // `listChanged` is missing, because the gateway cannot notify clients of changes.
    assert_eq!(hello["capabilities"], json!({"tools": {}}));

    let discovered = gateway.modern(&url, &modern(1, "server/discover", json!({})), &[]);
    assert_eq!(discovered.status, 200, "{discovered:?}");

    let listed = [
        gateway.legacy(&url, &request(2, "tools/list", json!({})), &[]),
        gateway.modern(&url, &modern(2, "tools/list", json!({})), &[]),
    ]
    .map(|reply| names(&reply.json()));
    assert_eq!(listed[0], listed[1]);
    assert!(listed[0].contains(&LIST_USERS.to_owned()));

    let mut message: Value =
        serde_json::from_str(&modern(3, "tools/call", call(LIST_USERS))).unwrap();
    message["params"]["_meta"]["io.modelcontextprotocol/clientInfo"] =
        json!({"name": "the\u{7}agent", "version": "1"});
    let called = [
        gateway.legacy(
            &url,
            &request(3, "tools/call", call(LIST_USERS)),
            &[("user-agent", "older/1"), ("x-request-id", "mine-1")],
        ),
        gateway.modern(&url, &message.to_string(), &[]),
    ];
    for reply in &called {
        let result = &reply.json()["result"];
        assert_eq!(result["isError"], false, "{reply:?}");
        assert_eq!(result["structuredContent"]["users"][0]["username"], "ada");
        let limits = ["limit", "remaining", "reset"]
            .map(|name| reply.header(&format!("ratelimit-{name}")).unwrap());
        assert_eq!(limits, ["60", "59", "7"]);
        assert_eq!(reply.header("content-type"), Some("application/json"));
    }
    assert_eq!(called[0].header("x-request-id"), Some("mine-1"));
    assert!(called[1].header("x-request-id").unwrap().len() >= 16);

    let calls: Vec<_> = gateway
        .audit()
        .into_iter()
        .filter(|record| record["action"] == "call")
        .collect();
    let actors: Vec<_> = calls.iter().map(|it| it["actor_name"].clone()).collect();
    assert_eq!(actors, [json!("the agent"), json!("older/1")]);
    let record = &calls[0];
    assert_eq!(record["server_id"], server.as_str());
    assert_eq!(record["account_id"], account.as_str());
    let shown = ["actor", "tool", "effect", "outcome", "upstream_status"].map(|key| &record[key]);
    assert_eq!(
        shown,
        [
            &json!(server),
            &json!(LIST_USERS),
            &json!("read"),
            &json!("ok"),
            &json!(200)
        ]
    );
}

#[test]
fn hosts_and_origins_are_checked() {
    let gateway = Gateway::start(
        "origins",
        &[],
        &[
            "--public-url",
            "https://mcp.example.org",
            "--allowed-host",
            "inside.example",
            "--allowed-origin",
            "https://chat.example",
        ],
    );
    let rows: [(Headers<'_>, u16, Option<&str>); 7] = [
        (&[], 404, None),
        (&[("host", "mcp.example.org")], 404, None),
        (&[("host", "inside.example:8443")], 404, None),
        (&[("host", "evil.example")], 403, None),
        (&[("origin", "http://evil.example")], 403, None),
        (&[("origin", "https://mcp.example.org")], 404, None),
        (
            &[("origin", "https://chat.example")],
            404,
            Some("https://chat.example"),
        ),
    ];
    for (headers, status, scripts) in rows {
        let reply = gateway.legacy("/mcp/amt_x", "{}", headers);
        assert_eq!(reply.status, status, "{headers:?}");
        assert_eq!(reply.header("access-control-allow-origin"), scripts);
    }

    let preflight = |origin| {
        gateway.send(
            "OPTIONS",
            "/mcp/amt_x",
            &[
                ("origin", origin),
                ("access-control-request-method", "POST"),
                (
                    "access-control-request-headers",
                    "content-type, mcp-method, cookie",
                ),
            ],
            "",
        )
    };
    let allowed = preflight("https://chat.example");
    assert_eq!(allowed.status, 204);
    assert_eq!(allowed.header("access-control-allow-methods"), Some("POST"));
    assert_eq!(
        allowed.header("access-control-allow-headers"),
        Some("content-type, mcp-method")
    );
    assert_eq!(preflight("https://evil.example").status, 403);
    // Health probes have an IP address in `Host`, so `/healthz` accepts it.
    let probe = gateway.send("GET", "/healthz", &[("host", "10.0.0.7")], "");
    assert_eq!(probe.status, 200);
}

#[test]
fn unknown_expired_and_revoked_tokens_have_the_same_response() {
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let gateway = Gateway::start("expiry", &[], &[]);
    let account = gateway.account(&airflow);
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_millis(1500);
    let (_, expires) = gateway.server(&account, json!({}), json!(soon));
    let (id, revoked) = gateway.server(&account, json!({}), Value::Null);
    let list = modern(1, "tools/list", json!({}));
    for url in [&expires, &revoked] {
        assert_eq!(gateway.modern(url, &list, &[]).status, 200);
    }
    gateway.manage(
        "DELETE",
        &format!("/integrated-account/{account}/mcp/{id}"),
        Value::Null,
    );
    let refused = gateway.modern(&revoked, &list, &[]);
    assert_eq!(refused.status, 404);
    until(|| jiff::Timestamp::now() > soon);

    let unknown = format!("/mcp/amt_{}", "A".repeat(43));
    for url in [&expires, &unknown, &"/mcp/x".to_owned()] {
        for reply in [
            gateway.modern(url, &list, &[]),
            gateway.legacy(url, "no message", &[]),
            gateway.send("GET", url, &[], ""),
        ] {
            let comparable = |reply: &common::gateway::Reply| {
                let mut headers = reply.headers.clone();
                headers.retain(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id"));
                (reply.status, headers, reply.body.clone())
            };
            assert_eq!(comparable(&reply), comparable(&refused), "{url}");
        }
    }
}

#[test]
fn clients_cannot_widen_a_selection() {
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let gateway = Gateway::start("selection", &[], &[]);
    let account = gateway.account(&airflow);
    let config = json!({"methods": ["read"], "tags": ["rbac"]});
    let (_, url) = gateway.server(&account, config, Value::Null);

    let list = modern(1, "tools/list", json!({"methods": ["write"], "tags": []}));
    let headers = [
        ("x-methods", "write"),
        ("methods", "write"),
        ("x-mcp-methods", "write"),
        ("x-airflow-mcp-methods", "write"),
        ("x-mcp-tools", DELETE_USER),
    ];
    for query in ["", "?methods=write&tools=all", "?config=%7B%7D"] {
        let listed = names(
            &gateway
                .modern(&format!("{url}{query}"), &list, &headers)
                .json(),
        );
        assert!(listed.contains(&LIST_USERS.to_owned()));
        let reads = |name: &String| name.starts_with("list_") || name.starts_with("get_");
        assert!(listed.iter().all(reads), "{listed:?}");

        let mut params =
            json!({"name": DELETE_USER, "arguments": {"id": "ada", "methods": ["write"]}});
        params["_meta"] = json!({"methods": ["write"]});
        let reply = gateway.modern(
            &format!("{url}{query}"),
            &modern(2, "tools/call", params.clone()),
            &headers,
        );
        assert_eq!(reply.json()["error"]["code"], -32602, "{reply:?}");
        let reply = gateway.legacy(
            &format!("{url}{query}"),
            &request(2, "tools/call", params),
            &headers,
        );
        assert_eq!(reply.json()["error"]["code"], -32602, "{reply:?}");
    }
    assert!(
        airflow
            .requests()
            .iter()
            .all(|it| !it.starts_with("DELETE"))
    );
    let refused: Vec<_> = gateway
        .audit()
        .into_iter()
        .filter(|record| record["action"] == "call")
        .map(|record| (record["tool"].clone(), record["outcome"].clone()))
        .collect();
    assert_eq!(refused, vec![(json!(DELETE_USER), json!("not_offered")); 6]);
}

#[test]
fn discovery_works_over_http() {
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let gateway = Gateway::start("discover", &[], &[]);
    let account = gateway.account(&airflow);
    let config = json!({"methods": ["read"], "discover": true});
    let (_, url) = gateway.server(&account, config, Value::Null);

    let listed = names(
        &gateway
            .modern(&url, &modern(1, "tools/list", json!({})), &[])
            .json(),
    );
    let three = ["find", "describe", "call"];
    let named = |start: &str| listed.iter().any(|name| name.starts_with(start));
    assert!(
        listed.len() == 3 && three.into_iter().all(named),
        "{listed:?}"
    );

    let through = |name: &str| json!({"name": listed[2], "arguments": {"name": name}});
    let calls = [
        json!({"name": listed[0], "arguments": {"query": "users"}}),
        json!({"name": listed[1], "arguments": {"name": "zzz"}}),
        json!({"name": listed[2], "arguments": {"name": 1}}),
        through(LIST_USERS),
        through(DELETE_USER),
        through("zzz"),
        json!({"name": LIST_USERS}),
    ];
    for params in calls {
        gateway.modern(&url, &modern(2, "tools/call", params), &[]);
    }
    // The audit log contains the tool that was meant, not the tool through which it was called.
    let expected = [
        (listed[0].as_str(), json!("read"), "ok"),
        (&listed[1], json!("read"), "invalid_arguments"),
        (&listed[2], json!("read"), "invalid_arguments"),
        (LIST_USERS, json!("read"), "ok"),
        (DELETE_USER, Value::Null, "not_offered"),
        // An unknown name can be a misplaced secret, so the log has its hash.
        (
            "sha256:17f165d5a5ba695f27c023a83aa2b3463e23810e360b7517127e90161eebabda",
            Value::Null,
            "unknown_tool",
        ),
        (LIST_USERS, json!("read"), "ok"),
    ];
    let mut audit = gateway.audit();
    audit.retain(|record| record["action"] == "call");
    audit.reverse();
    let found: Vec<_> = audit
        .iter()
        .map(|record| {
            let text = |key: &str| record[key].as_str().unwrap_or_default();
            (text("tool"), record["effect"].clone(), text("outcome"))
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn servers_can_require_an_api_token() {
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let gateway = Gateway::start("apitoken", &[], &[]);
    let account = gateway.account(&airflow);
    let config = json!({"require_api_token_auth": true});
    let (_, url) = gateway.server(&account, config, Value::Null);
    let caller = gateway.manage(
        "POST",
        "/api-token",
        json!({"name": "a person", "role": "caller"}),
    );
    let list = modern(1, "tools/list", json!({}));

    let bare = gateway.modern(&url, &list, &[]);
    assert_eq!(bare.status, 401);
    assert_eq!(
        bare.header("www-authenticate"),
        Some("Bearer realm=\"airflow-mcp\"")
    );
    let wrong = gateway.modern(&url, &list, &[("authorization", "Bearer amk_wrong")]);
    assert_eq!(wrong.status, 401);
    let challenge = wrong.header("www-authenticate").unwrap();
    assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    // The server token of the URL is not an API token.
    let own = format!("Bearer {}", url.trim_start_matches("/mcp/"));
    let reply = gateway.modern(&url, &list, &[("authorization", &own)]);
    assert_eq!(reply.status, 401);

    let bearer = format!("bearer {}", text(&caller["token"]));
    let called = gateway.modern(
        &url,
        &modern(2, "tools/call", call(LIST_USERS)),
        &[("authorization", &bearer)],
    );
    assert_eq!(called.status, 200, "{called:?}");
    let record = &gateway.audit()[0];
    assert_eq!(record["actor"], caller["id"]);
    assert_eq!(record["actor_name"], "a person");
    let path = format!("/api-token/{}", text(&caller["id"]));
    gateway.manage("DELETE", &path, Value::Null);
    let reply = gateway.modern(&url, &list, &[("authorization", &bearer)]);
    assert_eq!(reply.status, 401);
}

#[test]
fn large_bodies_are_rejected() {
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let gateway = Gateway::start("bodies", &[], &[]);
    let account = gateway.account(&airflow);
    let (_, url) = gateway.server(&account, json!({}), Value::Null);
    let fits = " ".repeat(4 * 1024 * 1024 - 1000) + &request(1, "ping", json!({}));
    assert_eq!(gateway.legacy(&url, &fits, &[]).status, 200);
    let large = " ".repeat(4 * 1024 * 1024) + &request(1, "ping", json!({}));
    assert_eq!(gateway.legacy(&url, &large, &[]).status, 413);
}

#[test]
fn calls_in_flight_finish_before_shutdown() {
    for signal in ["TERM", "INT", "HUP"] {
        let mut answers = FakeAirflow::three();
        let users = answers["GET /auth/fab/v1/users"].2.clone();
        let slowly = ["X-Slowly: 1000\r\n"][0];
        assert!(slowly.starts_with(SLOWLY));
        answers.insert("GET /auth/fab/v1/users", (200, slowly, users));
        let airflow = FakeAirflow::start(answers);
        let mut gateway = Gateway::start(&format!("shutdown-{signal}"), &[], &[]);
        let account = gateway.account(&airflow);
        let (_, url) = gateway.server(&account, json!({}), Value::Null);
        // An idle connection or an unfinished request must not delay the shutdown.
        let _idle = TcpStream::connect(&gateway.address).unwrap();
        let mut unfinished = TcpStream::connect(&gateway.address).unwrap();
        unfinished.write_all(b"GET / HTTP/1.1\r\nhost: ").unwrap();
        let mut stream = gateway.open(
            "POST",
            &url,
            &LEGACY,
            &request(1, "tools/call", call(LIST_USERS)),
        );
        until(|| airflow.requests().iter().any(|it| it.contains("/users")));
        gateway.signal(signal);
        let reply = read(&mut stream);
        assert_eq!(reply.json()["result"]["isError"], false, "{reply:?}");
        let ended = Instant::now();
        let (status, _) = gateway.end();
        assert_eq!(status.code(), Some(0));
        assert!(ended.elapsed() < Duration::from_secs(5));
        assert!(TcpStream::connect(&gateway.address).is_err());
    }
}

#[test]
fn a_second_signal_cancels_calls_in_flight() {
    let mut answers = FakeAirflow::three();
    answers.insert("GET /auth/fab/v1/users", (0, "", String::new()));
    let airflow = FakeAirflow::start(answers);
    let mut gateway = Gateway::start("break-off", &[], &[]);
    let account = gateway.account(&airflow);
    let (_, url) = gateway.server(&account, json!({}), Value::Null);
    let message = request(1, "tools/call", call(LIST_USERS));
    let _stream = gateway.open("POST", &url, &LEGACY, &message);
    until(|| airflow.requests().iter().any(|it| it.contains("/users")));
    let started = Instant::now();
    gateway.signal("TERM");
    // Two signals sent at the same time could be merged into one.
    until(|| TcpStream::connect(&gateway.address).is_err());
    gateway.signal("TERM");
    assert_eq!(gateway.end().0.code(), Some(0));
    assert!(started.elapsed() < Duration::from_secs(10));
    // The cancelled call is in the audit log.
    let again = gateway.again();
    let calls: Vec<_> = again
        .audit()
        .into_iter()
        .filter(|record| record["action"] == "call")
        .map(|record| record["outcome"].clone())
        .collect();
    assert_eq!(calls, ["cancelled"]);
}

#[test]
fn a_signal_ends_the_process_in_time() {
    for signal in ["TERM", "HUP"] {
        let mut answers = FakeAirflow::three();
        answers.insert("GET /auth/fab/v1/users", (0, "", String::new()));
        let airflow = FakeAirflow::start(answers);
        let name = format!("in-time-{signal}");
        // A collector that does not respond must not delay the end either.
        let collector = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", collector.local_addr().unwrap());
        let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())];
        let mut gateway = Gateway::start(&name, &variables, &["--shutdown-seconds", "4"]);
        let account = gateway.account(&airflow);
        let (_, url) = gateway.server(&account, json!({}), Value::Null);
        let message = request(1, "tools/call", call(LIST_USERS));
        let _stream = gateway.open("POST", &url, &LEGACY, &message);
        until(|| airflow.requests().iter().any(|it| it.contains("/users")));
        let started = Instant::now();
        gateway.signal(signal);
        assert_eq!(gateway.end().0.code(), Some(0));
        let took = started.elapsed();
        // The call could have finished for three of the four seconds.
        assert!(took > Duration::from_secs(2), "{took:?}");
        assert!(took < Duration::from_secs(6), "{took:?}");
        let again = gateway.again();
        let audit = again.audit();
        let cancelled = audit.iter().filter(|it| it["outcome"] == "cancelled");
        assert_eq!(cancelled.count(), 1, "{audit:?}");
    }
}

#[test]
fn metrics_can_have_their_own_listener() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let mut gateway = Gateway::start("metrics-listen", &[], &["--metrics-listen", &address]);
    let on_main = gateway.send("GET", "/metrics", &[], "");
    assert_eq!(on_main.status, 404);
    let main = std::mem::replace(&mut gateway.address, address);
    let metrics = gateway.send("GET", "/metrics", &[], "");
    assert_eq!(metrics.status, 200);
    assert!(metrics.body.ends_with("# EOF\n"), "{metrics:?}");
    for path in ["/", "/healthz", "/readyz", "/login", "/integrated-account"] {
        assert_eq!(gateway.send("GET", path, &[], "").status, 404, "{path}");
    }
    gateway.address = main;
    assert_eq!(gateway.send("GET", "/healthz", &[], "").status, 200);
}

#[test]
fn browsers_are_told_to_use_https() {
    for (url, expected) in [
        ("https://mcp.example.org", Some("max-age=31536000")),
        ("http://mcp.example.org", None),
    ] {
        let gateway = Gateway::start("hsts", &[], &["--public-url", url]);
        for path in ["/login", "/healthz", "/mcp/amt_x", "/integrated-account"] {
            let reply = gateway.send("GET", path, &[], "");
            let sent = reply.header("strict-transport-security");
            assert_eq!(sent, expected, "{url} {path}");
        }
    }
}

#[test]
fn malformed_messages_have_json_rpc_errors() {
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let gateway = Gateway::start("malformed", &[], &[]);
    let account = gateway.account(&airflow);
    let (_, url) = gateway.server(&account, json!({}), Value::Null);
    let rows = [
        ("", -32700),
        ("no message", -32700),
        ("{\"jsonrpc\": \"2.0\"", -32700),
        (
            "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"ping\"} x",
            -32700,
        ),
        ("[]", -32600),
        ("{}", -32600),
        (
            "{\"jsonrpc\": \"1.0\", \"id\": 1, \"method\": \"ping\"}",
            -32600,
        ),
    ];
    for (message, code) in rows {
        let reply = gateway.legacy(&url, message, &[]);
        assert_eq!(reply.status, 400, "{message:?}: {reply:?}");
        assert_eq!(reply.header("content-type"), Some("application/json"));
        let error = reply.json();
        let shown = (&error["jsonrpc"], &error["id"], &error["error"]["code"]);
        let expected = (&json!("2.0"), &Value::Null, &json!(code));
        assert_eq!(shown, expected, "{message:?}");
    }
    let headers = [
        ("content-type", "text/plain"),
        ("accept", "application/json, text/event-stream"),
    ];
    assert_eq!(gateway.send("POST", &url, &headers, "{").status, 415);
}

#[test]
fn a_disconnected_client_ends_its_call() {
    let mut answers = FakeAirflow::three();
    answers.insert("GET /auth/fab/v1/users", (0, "", String::new()));
    let airflow = FakeAirflow::start(answers);
    let gateway = Gateway::start("leaving", &[], &[]);
    let account = gateway.account(&airflow);
    let (_, url) = gateway.server(&account, json!({}), Value::Null);
    let stream = gateway.open(
        "POST",
        &url,
        &LEGACY,
        &request(1, "tools/call", call(LIST_USERS)),
    );
    until(|| airflow.requests().iter().any(|it| it.contains("/users")));
    drop(stream);
    until(|| gateway.audit()[0]["outcome"] == "cancelled");
}

#[test]
fn secrets_stay_secret() {
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let collector = Collector::start();
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str())];
    let arguments = ["--log-format", "json"];
    let mut gateway = Gateway::start("secrets", &variables, &arguments);
    let account = gateway.account(&airflow);
    let (id, url) = gateway.server(&account, json!({}), Value::Null);
    let token = url.trim_start_matches("/mcp/").to_owned();
    let guess = format!("amt_planted{}", "B".repeat(36));
    let mut bodies = String::new();
    let mut message: Value =
        serde_json::from_str(&modern(1, "tools/call", call(LIST_USERS))).unwrap();
    message["params"]["_meta"]["traceparent"] =
        json!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    for url in [
        &url,
        &format!("/mcp/{guess}"),
        &format!("{url}/more"),
        &format!("{url}?x={token}"),
    ] {
        bodies += &gateway
            .modern(url, &message.to_string(), &[("cookie", &guess)])
            .body;
        bodies += &gateway
            .legacy(url, "no message", &[("authorization", &guess)])
            .body;
        bodies += &gateway
            .legacy(url, &request(1, &guess, json!({})), &[])
            .body;
    }
    let unknown = gateway.legacy(&url, &request(1, "tools/call", call("nothing")), &[]);
    assert_eq!(unknown.json()["error"]["code"], -32602);
    let metrics = gateway.send("GET", "/metrics", &[], "").body;
    let audit = Value::from(gateway.audit()).to_string();
    gateway.signal("TERM");
    let (status, log) = gateway.end();
    assert_eq!(status.code(), Some(0));

    let answered: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}")))
        .filter(|line: &Value| line["route"] == "/mcp/{token}" && line["status"] == 200)
        .collect();
    assert!(!answered.is_empty(), "{log}");
    assert_eq!(answered[0]["span"]["server"], id.as_str());
    assert_eq!(answered[0]["span"]["account"], "production");
    assert!(answered[0]["ms"].is_u64(), "{}", answered[0]);
    assert!(
        answered[0]["span"]["id"]
            .as_str()
            .is_some_and(|id| !id.is_empty())
    );

    let traces = collector.received();
    let trace_id = [0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd];
    for wanted in [
        format!("tools/call {LIST_USERS}").as_bytes(),
        b"mcp.method.name",
        b"gen_ai.tool.name",
        b"2026-07-28",
        b"unknown_tool",
        &trace_id,
    ] {
        assert!(
            holds(&traces, wanted),
            "{}",
            String::from_utf8_lossy(wanted)
        );
    }

    // The operator has read this file.
    std::fs::remove_file(gateway.data.join("first-api-token")).unwrap();
    let stored = bytes_in(&gateway.data);
    let places: [(&str, &[u8]); 6] = [
        ("log", log.as_bytes()),
        ("store", &stored),
        ("audit", audit.as_bytes()),
        ("metrics", metrics.as_bytes()),
        ("traces", &traces),
        ("bodies", bodies.as_bytes()),
    ];
    for (place, bytes) in places {
        for secret in [&token, &gateway.api_token, &PASSWORD.to_owned(), &guess] {
            // The response to an unknown method contains the method's name, which its sender knows.
            let echoed = place == "bodies" && secret == &guess;
            assert!(
                echoed || !holds(bytes, secret.as_bytes()),
                "{secret} in {place}"
            );
        }
    }
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// Fake OpenTelemetry collector.
struct Collector {
    url: String,
    bodies: std::sync::mpsc::Receiver<Vec<u8>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, bodies) = channel();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut request = Vec::new();
                let mut piece = [0; 4096];
                while let Ok(read @ 1..) = stream.read(&mut piece) {
                    request.extend(&piece[..read]);
                    let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
                    let length: Option<usize> = text
                        .split("content-length: ")
                        .nth(1)
                        .and_then(|rest| rest.lines().next()?.parse().ok());
                    let head = request.windows(4).position(|window| window == b"\r\n\r\n");
                    if let (Some(length), Some(head)) = (length, head)
                        && request.len() >= head + 4 + length
                    {
                        break;
                    }
                }
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n");
                if sender.send(request).is_err() {
                    return;
                }
            }
        });
        Self { url, bodies }
    }

    /// Returns the bytes received since the last call.
    fn received(&self) -> Vec<u8> {
        self.bodies.try_iter().flatten().collect()
    }
}

#[test]
fn operators_can_monitor_the_gateway() {
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let gateway = Gateway::start("metrics", &[], &[]);
    let account = gateway.account(&airflow);
    let (_, url) = gateway.server(&account, json!({}), Value::Null);
    for name in [LIST_USERS, LIST_USERS, "nothing"] {
        gateway.legacy(&url, &request(1, "tools/call", call(name)), &[]);
    }
    gateway.legacy("/mcp/amt_wrong", "{}", &[]);
    for probe in ["/healthz", "/readyz"] {
        let reply = gateway.send("GET", probe, &[], "");
        assert_eq!(
            (reply.status, reply.body.as_str()),
            (200, "ok\n"),
            "{probe}"
        );
    }
    let metrics = gateway.send("GET", "/metrics", &[], "").body;
    for line in [
        "airflow_mcp_calls_total{tool=\"list_all_apacheairflow_users\",effect=\"read\",outcome=\"ok\"} 2",
        "airflow_mcp_calls_total{tool=\"\",effect=\"\",outcome=\"unknown_tool\"} 1",
        "airflow_mcp_call_duration_seconds_count{effect=\"read\"} 2",
        "airflow_mcp_upstream_responses_total{status=\"200\"} 2",
        "airflow_mcp_server_lookups_total{result=\"good\"} 3",
        "airflow_mcp_server_lookups_total{result=\"refused\"} 1",
        "airflow_mcp_http_requests_total{route=\"/mcp/{token}\",status=\"404\"} 1",
        "airflow_mcp_http_requests_in_flight 1",
        "# EOF",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
}

#[test]
fn all_invalid_options_are_reported() {
    let data = std::env::temp_dir().join(format!("airflow-mcp-options-{}", std::process::id()));
    let data = data.to_string_lossy().into_owned();
    let variables = [
        ("DATABASE_URL", "mysql://root:planted@db/x"),
        ("AIRFLOW_MCP_KEY", "planted"),
    ];
    let arguments = [
        "serve",
        "--data",
        &data,
        "--listen",
        "8787",
        "--public-url",
        "mcp.example.org",
        "--allowed-host",
        "https://a",
        "--allowed-origin",
        "*",
        "--trusted-proxy",
        "proxy",
        "--audit-days",
        "0",
        "--metrics-listen",
        "9090",
        "--max-connections",
        "0",
        "--connections-per-address",
        "",
        "--account-slots",
        "many",
        "--server-slots",
        "10001",
        "--request-memory",
        "1.5",
        "--shutdown-seconds",
        "3601",
        "--config",
        "/nowhere/at-all.toml",
        "--old-key-file",
        "/nowhere/key",
    ];
    let output = common::run(common::program(&variables, &arguments), "");
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!text.contains("planted"), "{text}");
    expect_test::expect_file!["expected/serve-options.txt"].assert_eq(&text);
    assert!(!std::path::Path::new(&data).exists());
}

#[test]
fn an_invalid_configuration_file_is_an_invalid_option() {
    let folder = std::env::temp_dir().join(format!("airflow-mcp-wrong-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("gateway.toml");
    std::fs::write(&file, "[[account]]\nname = \"a\"\n\n[[account]]\n").unwrap();
    let data = folder.join("data");
    let arguments = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data",
        &data.to_string_lossy(),
        "--config",
        &file.to_string_lossy(),
    ];
    let output = common::run(common::program(&[], &arguments), "");
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    for problem in [
        "gateway.toml: line 1: `account.base_url`: expected a string, got nothing",
        "gateway.toml: line 4: `account.name`: expected a string, got nothing",
    ] {
        assert!(text.contains(problem), "{text}");
    }
    assert!(!data.exists());
    std::fs::remove_dir_all(&folder).unwrap();
}
