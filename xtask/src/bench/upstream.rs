//! Serves the few Airflow 3 responses that the benchmarks need from memory, as fast as possible.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

/// Path of the small response.
pub(crate) const USER_PATH: &str = "/auth/fab/v1/users/user00001";
/// Path of the response with 100 items of 1.3 kB.
pub(crate) const LIST_PATH: &str = "/auth/fab/v1/users?limit=100&offset=0";

/// Running upstream, which ends with the program.
pub(crate) struct Upstream {
    /// Base URL.
    pub(crate) url: String,
}

/// Keep-alive connection directly to the upstream.
pub(crate) struct DirectConnection {
    stream: BufReader<TcpStream>,
    line: String,
    body: Vec<u8>,
}

impl Upstream {
    /// Starts to listen on a free port.
    pub(crate) fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let url = format!("http://{}", listener.local_addr()?);
        let responses = Arc::new(Responses::new());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let responses = Arc::clone(&responses);
                thread::spawn(move || responses.serve(stream));
            }
        });
        Ok(Self { url })
    }

    /// Opens a connection for direct calls.
    pub(crate) fn connect(&self) -> Result<DirectConnection> {
        let stream = TcpStream::connect(self.url.trim_start_matches("http://"))?;
        stream.set_nodelay(true)?;
        Ok(DirectConnection {
            stream: BufReader::with_capacity(1 << 16, stream),
            line: String::new(),
            body: vec![],
        })
    }
}

impl DirectConnection {
    /// Makes one GET request and discards the body.
    pub(crate) fn get(&mut self, path: &str) -> Result<()> {
        write!(
            self.stream.get_mut(),
            "GET {path} HTTP/1.1\r\nHost: upstream\r\nAccept: application/json\r\n\r\n"
        )?;
        let is_open = read_message(&mut self.stream, &mut self.line, &mut self.body)?;
        ensure!(is_open, "the upstream closed the connection");
        Ok(())
    }
}

/// Reads an HTTP message: the first line and the body. Returns `false` if the connection was closed before.
pub(super) fn read_message(
    from: &mut impl BufRead,
    first: &mut String,
    body: &mut Vec<u8>,
) -> Result<bool> {
    first.clear();
    if from.read_line(first)? == 0 {
        return Ok(false);
    }
    let (mut line, mut length) = (String::new(), 0);
    while line != "\r\n" {
        line.clear();
        ensure!(from.read_line(&mut line)? > 0, "the connection was closed");
        if line.len() > 15 && line[..15].eq_ignore_ascii_case("content-length:") {
            length = line[15..].trim().parse()?;
        }
    }
    body.resize(length, 0);
    from.read_exact(body).context("cannot read the body")?;
    Ok(true)
}

struct Responses {
    version: Vec<u8>,
    openapi: Vec<u8>,
    token: Vec<u8>,
    user: Vec<u8>,
    list: Vec<u8>,
    missing: Vec<u8>,
}

impl Responses {
    fn new() -> Self {
        // A token has three parts; its `exp` is far in the future. {"exp":4102444800}
        let token = json!({"access_token": "e30.eyJleHAiOjQxMDI0NDQ4MDB9.e30"});
        let users: Vec<Value> = (0..100).map(|i| user(i, 900)).collect();
        Self {
            version: response(200, &json!({"version": "3.3.2", "git_version": ""})),
            openapi: response(200, &json!({"paths": {"/fab/v1/users": {}}})),
            token: response(201, &token),
            user: response(200, &user(1, 0)),
            list: response(200, &json!({"users": users, "total_entries": 100})),
            missing: response(404, &json!({"detail": "Not Found"})),
        }
    }

    /// Serves a connection until the client closes it.
    fn serve(&self, stream: TcpStream) -> Result<()> {
        stream.set_nodelay(true)?;
        let mut to = stream.try_clone()?;
        let mut from = BufReader::new(stream);
        let (mut first, mut body) = (String::new(), vec![]);
        while read_message(&mut from, &mut first, &mut body)? {
            to.write_all(self.find(first.split(' ').nth(1).unwrap_or("")))?;
        }
        Ok(())
    }

    fn find(&self, target: &str) -> &[u8] {
        match target.split('?').next().unwrap_or("") {
            "/api/v2/version" => &self.version,
            "/auth/openapi.json" => &self.openapi,
            "/auth/token" => &self.token,
            USER_PATH => &self.user,
            "/auth/fab/v1/users" => &self.list,
            _ => &self.missing,
        }
    }
}

fn response(status: u16, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    format!("HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        .into_bytes()
}

/// Makes a user in the format of Airflow 3, with `padding` bytes in a field that is not in the summary.
fn user(i: usize, padding: usize) -> Value {
    json!({
        "username": format!("user{i:05}"),
        "email": format!("user{i:05}@example.org"),
        "first_name": "Given",
        "last_name": format!("Family {i}"),
        "roles": [{"name": "Viewer"}, {"name": "Op"}],
        "active": true,
        "last_login": "2026-11-21T19:16:46.750223",
        "login_count": 3,
        "fail_login_count": 0,
        "created_on": "2026-11-21T19:16:46.750223",
        "changed_on": "2026-11-21T19:16:46.750223",
        "note": "x".repeat(padding),
    })
}
