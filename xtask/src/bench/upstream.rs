//! Serves the few Airflow 3 responses that the benchmarks need from memory, as fast as possible.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use anyhow::{Context, Result};
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
pub(crate) struct Direct {
    stream: BufReader<TcpStream>,
    body: Vec<u8>,
}

impl Upstream {
    /// Starts to listen on a free port.
    pub(crate) fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let url = format!("http://{}", listener.local_addr()?);
        let answers = Arc::new(Answers::new());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let answers = Arc::clone(&answers);
                thread::spawn(move || answers.serve(stream));
            }
        });
        Ok(Self { url })
    }

    /// Opens a connection for direct calls.
    pub(crate) fn connect(&self) -> Result<Direct> {
        let stream = TcpStream::connect(self.url.trim_start_matches("http://"))?;
        stream.set_nodelay(true)?;
        Ok(Direct {
            stream: BufReader::with_capacity(1 << 16, stream),
            body: vec![],
        })
    }
}

impl Direct {
    /// Makes one GET request and discards the body.
    pub(crate) fn get(&mut self, path: &str) -> Result<()> {
        write!(
            self.stream.get_mut(),
            "GET {path} HTTP/1.1\r\nHost: upstream\r\nAccept: application/json\r\n\r\n"
        )?;
        let mut length = 0;
        let mut line = String::new();
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("Content-Length: ") {
                length = value.trim().parse()?;
            }
        }
        self.body.resize(length, 0);
        self.stream
            .read_exact(&mut self.body)
            .context("read the body")
    }
}

struct Answers {
    version: Vec<u8>,
    openapi: Vec<u8>,
    token: Vec<u8>,
    user: Vec<u8>,
    list: Vec<u8>,
    missing: Vec<u8>,
}

impl Answers {
    fn new() -> Self {
        // A token has three parts; its `exp` is far in the future. {"exp":4102444800}
        let token = json!({"access_token": "e30.eyJleHAiOjQxMDI0NDQ4MDB9.e30"});
        let users: Vec<Value> = (0..100).map(|i| user(i, 900)).collect();
        Self {
            version: answer(200, &json!({"version": "3.3.2", "git_version": ""})),
            openapi: answer(200, &json!({"paths": {"/fab/v1/users": {}}})),
            token: answer(201, &token),
            user: answer(200, &user(1, 0)),
            list: answer(200, &json!({"users": users, "total_entries": 100})),
            missing: answer(404, &json!({"detail": "Not Found"})),
        }
    }

    fn serve(&self, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let Ok(mut to) = stream.try_clone() else {
            return;
        };
        let mut from = BufReader::new(stream);
        let mut line = String::new();
        loop {
            let mut target = String::new();
            let mut length = 0;
            loop {
                line.clear();
                if from.read_line(&mut line).unwrap_or(0) == 0 {
                    return;
                }
                if target.is_empty() {
                    line.split(' ').nth(1).unwrap_or("").clone_into(&mut target);
                } else if line == "\r\n" {
                    break;
                } else if line.len() > 15 && line[..15].eq_ignore_ascii_case("content-length:") {
                    length = line[15..].trim().parse().unwrap_or(0);
                }
            }
            let mut body = vec![0; length];
            if from.read_exact(&mut body).is_err() || to.write_all(self.find(&target)).is_err() {
                return;
            }
        }
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

fn answer(status: u16, body: &Value) -> Vec<u8> {
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
