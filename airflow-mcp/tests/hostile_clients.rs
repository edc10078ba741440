//! Clients that try to stop a gateway from serving others: unfinished requests, silent connections, calls to an upstream that hangs, expensive input, and wrong tokens. Each test runs the process and checks that another client is served meanwhile.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use common::gateway::{Gateway, LEGACY, Reply, read, text};
use common::{FakeAirflow, modern, request};
use serde_json::{Value, json};

const LIST_USERS: &str = "list_all_apacheairflow_users";
const TRIGGER: &str = "trigger_apacheairflow_dag_run";

/// Number of hostile requests, as many as the gateway serves at the same time.
const MANY: usize = 1024;

/// Time within which a client that is not hostile must be served, on a machine that runs other tests.
const SOON: Duration = Duration::from_secs(5);

/// Upstream whose list of users never responds.
fn hanging() -> FakeAirflow {
    let mut answers = FakeAirflow::three();
    answers.insert("GET /auth/fab/v1/users", (0, "", String::new()));
    FakeAirflow::start(answers)
}

fn call_of(tool: &str, arguments: &Value) -> String {
    request(
        1,
        "tools/call",
        json!({"name": tool, "arguments": arguments}),
    )
}

/// Returns the URL of a server of a new account.
fn server(gateway: &Gateway, name: &str, airflow: &FakeAirflow) -> String {
    let account = gateway.manage(
        "POST",
        "/integrated-account",
        json!({"name": name, "base_url": airflow.url, "auth": {"type": "password", "username": "admin", "password": "x"}}),
    );
    gateway
        .server(
            &text(&account["id"]),
            json!({"methods": ["read", "write"]}),
            Value::Null,
        )
        .1
}

/// Calls a tool of a healthy server several times, and checks that each call succeeds soon.
fn is_served(gateway: &Gateway, url: &str) {
    for _ in 0..10 {
        let started = Instant::now();
        let reply = gateway.legacy(url, &call_of(LIST_USERS, &json!({})), &[]);
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(reply.json()["result"]["isError"], false, "{reply:?}");
        assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
        thread::sleep(Duration::from_millis(50));
    }
}

/// Source address of the connection with this number. Each address has 64 connections.
fn source(number: usize) -> String {
    format!("127.0.1.{}", 1 + number / 64)
}

/// Sends the head of a request, and a part of its body.
fn begin(gateway: &Gateway, source: &str, path: &str, framing: &str, part: &str) -> TcpStream {
    let mut stream = gateway.connect_from(source);
    let mut head = format!(
        "POST {path} HTTP/1.1\r\nhost: {}\r\n{framing}\r\n",
        gateway.address
    );
    let is_form = path == "/login";
    for (name, value) in LEGACY {
        let value = match name {
            "content-type" if is_form => "application/x-www-form-urlencoded",
            _ => value,
        };
        head += &format!("{name}: {value}\r\n");
    }
    // The gateway may not read everything, or close the connection.
    let limit = Some(Duration::from_secs(1));
    stream.set_write_timeout(limit).unwrap();
    let _ = write!(stream, "{head}\r\n{part}");
    stream
}

/// Reads to the end of the connection, and returns the response, if there is one.
fn response(stream: &mut TcpStream) -> Option<Reply> {
    let mut first = [0];
    match stream.peek(&mut first) {
        Ok(1) => Some(read(stream)),
        _ => None,
    }
}

fn raise_open_files() {
    let files = rlimit::increase_nofile_limit(8192).unwrap();
    assert!(files >= 4096, "the limit of open files is {files}");
}

#[test]
fn endless_bodies_do_not_stop_others() {
    raise_open_files();
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let gateway = Gateway::start("endless", &[("AIRFLOW_MCP_LOG", "error")], &[]);
    let hostile = server(&gateway, "hostile", &airflow);
    let healthy = server(&gateway, "healthy", &airflow);
    let memory = gateway.memory();
    let part = format!("{:x}\r\n{}\r\n", 1_000_000, " ".repeat(1_000_000));
    let chunked = "transfer-encoding: chunked";
    let mut endless: Vec<_> = (0..MANY)
        .map(|number| begin(&gateway, &source(number), &hostile, chunked, &part))
        .collect();
    let length = "content-length: 1000";
    let mut small = begin(&gateway, "127.0.0.1", &hostile, length, "{");
    is_served(&gateway, &healthy);
    let grown = gateway.memory().saturating_sub(memory);
    assert!(grown < 400_000, "{grown} kB");
    // The same server works as well, because unfinished requests have no slot.
    is_served(&gateway, &hostile);
    let small = response(&mut small).expect("a response");
    assert_eq!(small.status, 408);
    let overloaded = response(&mut endless[MANY - 1]).expect("a response");
    assert_eq!(overloaded.status, 503, "{overloaded:?}");
    assert_eq!(overloaded.json()["error"]["code"], "overloaded");
}

#[test]
fn calls_to_a_hanging_upstream_do_not_stop_others() {
    raise_open_files();
    let (hanging, airflow) = (hanging(), FakeAirflow::start(FakeAirflow::three()));
    let gateway = Gateway::start("hanging", &[("AIRFLOW_MCP_LOG", "error")], &[]);
    let slow = server(&gateway, "slow", &hanging);
    let healthy = server(&gateway, "healthy", &airflow);
    let message = call_of(LIST_USERS, &json!({}));
    let framing = format!("connection: close\r\ncontent-length: {}", message.len());
    let mut streams: Vec<_> = (0..MANY)
        .map(|number| begin(&gateway, &source(number), &slow, &framing, &message))
        .collect();
    is_served(&gateway, &healthy);
    let replies: Vec<_> = streams
        .iter_mut()
        .map(|stream| response(stream).expect("a response"))
        .collect();
    let count = |status: u16| replies.iter().filter(|it| it.status == status).count();
    // A server has 128 requests at a time: 32 calls, 32 that wait, and 64 that are answered at once. How many are rejected depends on how fast they arrive.
    assert!(count(503) > MANY / 8, "{}", count(503));
    assert_eq!(count(503) + count(200), MANY);
    for reply in &replies {
        if reply.status == 503 {
            assert_eq!(reply.json()["error"]["code"], "overloaded", "{reply:?}");
            assert_eq!(reply.header("retry-after"), Some("1"));
            continue;
        }
        let result = &reply.json()["result"];
        assert_eq!(result["isError"], true);
        let code = &result["structuredContent"]["error"]["code"];
        assert!(
            code == "overloaded" || code == "timeout" || code == "unreachable",
            "{result}"
        );
    }
    // Calls that were not sent are in the audit log as well.
    let audit = gateway.audit();
    let is_overloaded = |record: &&Value| record["outcome"] == "overloaded";
    assert!(audit.iter().filter(is_overloaded).count() >= 32);
}

#[test]
fn silent_connections_do_not_stop_others() {
    raise_open_files();
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let gateway = Gateway::start_with_open_files("silent", 256);
    let healthy = server(&gateway, "healthy", &airflow);
    let one: Vec<_> = (0..300)
        .map(|_| gateway.connect_from("127.0.2.1"))
        .collect();
    is_served(&gateway, &healthy);
    drop(one);
    // Several addresses together exceed the limit of open files, without exceeding their own.
    let _several: Vec<_> = (0..300)
        .map(|number| gateway.connect_from(&format!("127.0.2.{}", 2 + number / 100)))
        .collect();
    is_served(&gateway, &healthy);
}

#[test]
fn unfinished_requests_end() {
    let gateway = Gateway::start("unfinished", &[], &[]);
    let started = Instant::now();
    let unfinished = [
        // Nothing, a part of a head, and parts of the bodies of all kinds of routes.
        ("", "", ""),
        ("GET / HTTP/1.1\r\nhost: ", "", ""),
        ("/login", "content-length: 100", "token="),
        ("/login", "transfer-encoding: chunked", "6\r\ntoken=\r\n"),
        (
            "/integrated-account",
            "transfer-encoding: chunked",
            "1\r\n{\r\n",
        ),
        ("/mcp/amt_wrong", "content-length: 100", "{"),
    ];
    thread::scope(|scope| {
        for (path, framing, part) in unfinished {
            let gateway = &gateway;
            scope.spawn(move || {
                let mut stream = match framing {
                    "" => {
                        let mut stream = gateway.connect_from("127.0.0.1");
                        stream.write_all(path.as_bytes()).unwrap();
                        stream
                    }
                    _ => {
                        let bearer = format!("authorization: Bearer {}", gateway.api_token);
                        let framing = format!("{framing}\r\n{bearer}");
                        begin(gateway, "127.0.0.1", path, &framing, part)
                    }
                };
                let mut end = Vec::new();
                let _ = stream.read_to_end(&mut end);
                let took = started.elapsed();
                assert!(took < Duration::from_secs(20), "{path} {framing}: {took:?}");
                assert!(took > Duration::from_secs(9), "{path} {framing}: {took:?}");
            });
        }
    });
}

#[test]
fn expensive_input_does_not_stop_others() {
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let gateway = Gateway::start("expensive", &[("AIRFLOW_MCP_LOG", "error")], &[]);
    let hostile = server(&gateway, "hostile", &airflow);
    let healthy = server(&gateway, "healthy", &airflow);
    let names = |number: usize| {
        let names = (0..number).map(|number| (format!("x{number:06}"), json!(1)));
        call_of(LIST_USERS, &names.collect::<serde_json::Map<_, _>>().into())
    };
    let before = gateway.processor_time();
    let huge = names(300_000);
    assert!(huge.len() > 3_500_000);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let reply = gateway.legacy(&hostile, &huge, &[]);
                    assert_eq!(reply.status, 413, "{reply:?}");
                }
            });
        }
        is_served(&gateway, &healthy);
    });
    let used = gateway.processor_time() - before;
    // Without optimisation, parsing one of the twenty messages takes longer than this.
    assert!(used < Duration::from_secs(5), "{used:?}");

    let reply = gateway.legacy(&hostile, &names(30_000), &[]);
    let error = reply.json()["result"]["structuredContent"]["error"].clone();
    assert_eq!(error["code"], "invalid_arguments", "{reply:?}");
    assert!(text(&error["detail"]).contains("at most 256"), "{error}");
    let reply = gateway.legacy(&hostile, &names(200), &[]);
    let error = reply.json()["result"]["structuredContent"]["error"].clone();
    let detail = text(&error["detail"]);
    assert!(
        detail.contains("x000019") && !detail.contains("x000020"),
        "{detail}"
    );
    // A large value that is valid reaches the upstream.
    let conf = json!({"dag_id": "etl", "conf": {"text": "x".repeat(3_000_000)}});
    let reply = gateway.legacy(&hostile, &call_of(TRIGGER, &conf), &[]);
    let error = &reply.json()["result"]["structuredContent"]["error"];
    assert_eq!(error["status"], 404, "{error}");
}

/// Well-formed server token that does not exist.
fn wrong_url(number: usize) -> String {
    format!("/mcp/amt_{number:0>43}")
}

#[test]
fn right_tokens_always_get_in() {
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let gateway = Gateway::start("wrong-tokens", &[("AIRFLOW_MCP_LOG", "error")], &[]);
    let account = gateway.account(&airflow);
    let fresh: Vec<_> = (0..20)
        .map(|_| gateway.server(&account, json!({}), Value::Null).1)
        .collect();
    let list = modern(1, "tools/list", json!({}));
    let cross_site = [("sec-fetch-site", "cross-site")];
    thread::scope(|scope| {
        // An agent that polls a revoked URL, images of a web page, and a client that tries as fast as it can.
        let hostile = [
            (scope.spawn(|| {
                for _ in 0..20 {
                    gateway.legacy(&wrong_url(1), &list, &[]);
                    thread::sleep(Duration::from_millis(200));
                }
            })),
            // A browser loads several images at the same time.
            (scope.spawn(|| {
                thread::scope(|scope| {
                    for connection in 0..6 {
                        let load =
                            |number| gateway.send("GET", &wrong_url(number), &cross_site, "");
                        scope.spawn(move || {
                            (0..10).for_each(|number| drop(load(10 * connection + number)));
                        });
                    }
                });
            })),
            (scope.spawn(|| {
                for number in 0..30 {
                    gateway.legacy(&wrong_url(1000 + number), &list, &[]);
                }
            })),
        ];
        let timed = |what: &str, ask: &dyn Fn() -> Reply, expected: u16| {
            let started = Instant::now();
            let reply = ask();
            assert_eq!(reply.status, expected, "{what}: {reply:?}");
            assert!(started.elapsed() < Duration::from_secs(2), "{what}");
            reply
        };
        let bearer = format!("Bearer {}", gateway.api_token);
        // None of these tokens has been used from this address before.
        for url in &fresh {
            timed("a server", &|| gateway.modern(url, &list, &[]), 200);
            let headers = [("authorization", bearer.as_str())];
            let get = || gateway.send("GET", "/integrated-account", &headers, "");
            timed("the API", &get, 200);
            thread::sleep(Duration::from_millis(100));
        }
        let cookie = gateway.sign_in();
        let headers = [("cookie", cookie.as_str())];
        timed(
            "a page",
            &|| gateway.send("GET", "/accounts", &headers, ""),
            200,
        );
        for thread in hostile {
            thread.join().unwrap();
        }
    });
    // The wrong tokens themselves were slowed down.
    let reply = gateway.legacy(&wrong_url(1), &list, &[]);
    assert_eq!(reply.status, 429);
    assert!(reply.header("retry-after").is_some());
    let metrics = gateway.send("GET", "/metrics", &[], "").body;
    assert!(!metrics.contains("slowed_guesses_total 0"), "{metrics}");
}

#[test]
fn requests_of_other_sites_are_not_counted() {
    let gateway = Gateway::start("images", &[], &[]);
    let headers = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("referer", "http://evil.example/"),
    ];
    // Each kind alone would exceed the number of wrong tokens that are not slowed.
    thread::scope(|scope| {
        for connection in 0..15 {
            let gateway = &gateway;
            scope.spawn(move || {
                for number in 0..5 {
                    let header = headers[connection % 3];
                    let reply = gateway.send("GET", &wrong_url(number), &[header], "");
                    assert!(matches!(reply.status, 404 | 429), "{reply:?}");
                }
            });
        }
    });
    let reply = gateway.send("GET", &wrong_url(0), &[], "");
    assert_eq!(reply.status, 404);
}
