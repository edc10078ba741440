//! Helpers that the tests share: the program as a client starts it, and a fake Airflow with canned responses.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::needless_pass_by_value,
    reason = "shared by test binaries that use a part each, with `json!` values as arguments"
)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub mod disk;
pub mod gateway;

/// Returns a command that runs the program with only these environment variables.
pub fn program(variables: &[(&str, &str)], arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_airflow-mcp"));
    command.env_clear().args(arguments);
    for (name, value) in variables {
        command.env(name, value);
    }
    command
}

/// Environment variable with an address on which nothing listens.
pub const NOBODY: (&str, &str) = ("AIRFLOW_URL", "http://127.0.0.1:9");

/// Runs the program with this input until it ends.
pub fn run(mut command: Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("an input");
    let input = input.to_owned();
    // The program may end without reading its input.
    let writer = thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("input written");
    output
}

/// Returns the JSON-RPC messages on the lines of standard output, in the order of their ids.
pub fn messages(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    let mut messages: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}")))
        .collect();
    for message in &messages {
        assert_eq!(message["jsonrpc"], "2.0", "{message}");
    }
    messages.sort_by_key(|message| message["id"].as_u64());
    messages
}

/// Returns a request as clients of MCP 2025-11-25 send it.
pub fn request(id: u64, method: &str, params: Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()
}

/// Returns a request with the metadata that MCP 2026-07-28 requires.
pub fn modern(id: u64, method: &str, mut params: Value) -> String {
    params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({});
    request(id, method, params)
}

/// Returns the handshake of clients of MCP 2025-11-25.
pub fn initialize() -> String {
    let hello = request(
        0,
        "initialize",
        json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}),
    );
    let done = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    format!("{hello}\n{done}")
}

/// A running program that receives and sends messages over pipes.
pub struct Session {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

/// Maximum time to wait for a message, so that a program that does not respond cannot block all tests.
const PATIENCE: Duration = Duration::from_secs(30);

impl Session {
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let output = BufReader::new(child.stdout.take().expect("an output"));
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            input: child.stdin.take(),
            lines,
            child,
        }
    }

    pub fn send(&mut self, line: &str) {
        let input = self.input.as_mut().expect("still open");
        writeln!(input, "{line}").expect("the program reads");
    }

    pub fn receive(&mut self) -> Value {
        let line = self.lines.recv_timeout(PATIENCE).expect("a message");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("not JSON: {line}"))
    }

    /// Sends a request and returns its response. Notifications that arrive earlier are discarded.
    pub fn ask(&mut self, request: &str) -> Value {
        self.send(request);
        loop {
            let message = self.receive();
            if message.get("id").is_some() {
                return message;
            }
        }
    }

    /// Waits for a notification with this method.
    pub fn wait_for(&mut self, method: &str) -> Value {
        loop {
            let message = self.receive();
            if message["method"] == method {
                return message;
            }
        }
    }

    /// Closes the input and returns the exit code and the time until the program ended.
    pub fn end(mut self) -> (Option<i32>, Duration) {
        let started = Instant::now();
        drop(self.input.take());
        let status = self.child.wait().expect("the program ends");
        (status.code(), started.elapsed())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Stops the program of a failed test. An error means that the program has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A fake Airflow with canned responses: each `"GET /path"` has a status, further headers and a body.
pub struct FakeAirflow {
    pub url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

pub type Responses = BTreeMap<&'static str, (u16, &'static str, String)>;

impl FakeAirflow {
    /// Returns the responses of Airflow 3 with FAB and one user.
    pub fn three() -> Responses {
        let users = json!({"users": [{"username": "ada", "email": "ada@example.org", "first_name": "Ada", "last_name": "L", "roles": [{"name": "Admin"}], "active": true}], "total_entries": 1});
        Responses::from([
            (
                "GET /api/v2/version",
                (200, "", json!({"version": "3.3.2"}).to_string()),
            ),
            (
                "GET /auth/openapi.json",
                (200, "", json!({"paths": {"/fab/v1/users": {}}}).to_string()),
            ),
            (
                "POST /auth/token",
                (201, "", json!({"access_token": TOKEN}).to_string()),
            ),
            (
                "GET /auth/fab/v1/users",
                (
                    200,
                    "RateLimit-Limit: 60\r\nRateLimit-Remaining: 59\r\nRateLimit-Reset: 7\r\n",
                    users.to_string(),
                ),
            ),
        ])
    }

    /// Returns the responses of Airflow 2 without users.
    pub fn two() -> Responses {
        let users = json!({"users": [], "total_entries": 0});
        Responses::from([
            (
                "GET /api/v1/version",
                (200, "", json!({"version": "2.11.2"}).to_string()),
            ),
            ("GET /api/v1/users", (200, "", users.to_string())),
        ])
    }

    pub fn start(answers: Responses) -> Self {
        Self::start_at("127.0.0.1:0", answers)
    }

    /// Starts at this address, which must be free.
    pub fn start_at(address: &str, answers: Responses) -> Self {
        let listener = TcpListener::bind(address).expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let answers = Arc::new(answers);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answers) = (Arc::clone(&seen), Arc::clone(&answers));
                thread::spawn(move || serve(stream, &answers, &seen));
            }
        });
        Self { url, requests }
    }

    /// Returns the request lines received so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no panic").clone()
    }
}

/// Start of the headers of a delayed response. The delay in milliseconds follows.
pub const SLOWLY: &str = "X-Slowly: ";

/// Token that expires in 2100. Nothing verifies its signature.
const TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJleHAiOjQxMDI0NDQ4MDB9.c2lnbmF0dXJl";

fn serve(mut stream: TcpStream, answers: &Responses, seen: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut first = String::new();
    if reader.read_line(&mut first).is_err() || first.is_empty() {
        return;
    }
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).is_err() || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    let _ = reader.read_exact(&mut body);
    let wanted = first.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    seen.lock().expect("no panic").push(wanted.clone());
    let route = wanted.split('?').next().unwrap_or_default();
    let not_found = (404, "", json!({"detail": "Not Found"}).to_string());
    let (status, headers, body) = answers.get(route).unwrap_or(&not_found);
    if let Some(wait) = headers.strip_prefix(SLOWLY) {
        let wait = wait.trim().parse().expect("milliseconds");
        thread::sleep(Duration::from_millis(wait));
    }
    if *status == 0 {
        // Status 0 accepts the connection and does not respond.
        thread::sleep(Duration::from_secs(20));
        return;
    }
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
}
