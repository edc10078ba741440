//! A gateway as its clients see it: a process with its own port and directory.

mod process;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Value, json};

use super::disk::SmallDisk;
use super::{FakeAirflow, program};

/// Maximum time to wait for a response.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running gateway. `start` sets the log level to `trace` unless a variable sets it.
pub struct Gateway {
    child: Child,
    pub address: String,
    pub data: PathBuf,
    pub api_token: String,
    /// Standard output until the gateway served.
    shown: String,
    log: Arc<Mutex<Vec<u8>>>,
    logging: Option<JoinHandle<()>>,
}

/// HTTP response of a gateway.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(it, _)| it == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }
}

impl Gateway {
    /// Starts a gateway with an empty store.
    pub fn start(name: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Self {
        let data = std::env::temp_dir().join(format!("airflow-mcp-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&data);
        let log = variables
            .iter()
            .all(|(name, _)| *name != "AIRFLOW_MCP_LOG")
            .then_some(("AIRFLOW_MCP_LOG", "trace"));
        let variables: Vec<_> = variables.iter().copied().chain(log).collect();
        let data_ = data.to_string_lossy().into_owned();
        let mut all = vec!["serve", "--listen", "127.0.0.1:0", "--data", &data_];
        all.extend(arguments);
        Self::spawn(program(&variables, &all), data)
    }

    /// Starts a gateway with this data directory, which is removed at the end.
    pub fn open_store(data: PathBuf, variables: &[(&str, &str)], arguments: &[&str]) -> Self {
        let data_ = data.to_string_lossy().into_owned();
        let mut all = vec!["serve", "--listen", "127.0.0.1:0", "--data", &data_];
        all.extend(arguments);
        Self::spawn(program(variables, &all), data)
    }

    /// Ends the process without any warning and starts another gateway with its data directory.
    pub fn killed(mut self) -> Self {
        self.child.kill().expect("a process");
        self.child.wait().expect("an end");
        self.again()
    }

    /// Runs `audit verify` on the store of this gateway.
    pub fn verify(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let data = self.data.to_string_lossy().into_owned();
        let mut all = vec!["audit", "verify", "--data", &data];
        all.extend(arguments);
        let output = program(&[], &all).output().expect("the program runs");
        let text = [output.stdout, output.stderr].concat();
        (
            output.status.code(),
            String::from_utf8_lossy(&text).into_owned(),
        )
    }

    /// Starts another gateway with the data directory of this one.
    pub fn again(self) -> Self {
        self.again_with(&[])
    }

    /// Starts another gateway with the data directory of this one and these arguments, after this one has ended.
    pub fn again_with(mut self, arguments: &[&str]) -> Self {
        let data = std::mem::take(&mut self.data);
        let _ = self.child.kill();
        let _ = self.child.wait();
        let data_ = data.to_string_lossy().into_owned();
        let mut all = vec!["serve", "--listen", "127.0.0.1:0", "--data", &data_];
        all.extend(arguments);
        let mut again = Self::spawn(program(&[], &all), data);
        again.api_token = self.api_token.clone();
        again
    }

    /// Starts a gateway that resolves host names with this file instead of `/etc/hosts`.
    pub fn start_with_hosts(name: &str, hosts: &str, arguments: &[&str]) -> Self {
        let data = std::env::temp_dir().join(format!("airflow-mcp-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&data);
        let data_ = data.to_string_lossy().into_owned();
        let mut all = vec!["serve", "--listen", "127.0.0.1:0", "--data", &data_];
        all.extend(arguments);
        let served = program(&[], &all);
        let mount = "mount --bind \"$0\" /etc/hosts && exec \"$@\"";
        let mut command = Command::new("unshare");
        command
            .args([
                "--user",
                "--map-root-user",
                "--mount",
                "sh",
                "-c",
                mount,
                hosts,
            ])
            .arg(served.get_program())
            .args(served.get_args());
        Self::spawn(command, data)
    }

    /// Starts a gateway whose data directory is on this disk.
    pub fn start_on(disk: &SmallDisk) -> Self {
        let data = disk.inside("data").to_string_lossy().into_owned();
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--data", &data];
        let command = disk.run(&program(&[], &arguments));
        Self::spawn(command, disk.outside("data"))
    }

    /// Starts another gateway with the data directory of this one, which is on this disk.
    pub fn again_on(mut self, disk: &SmallDisk) -> Self {
        self.data = PathBuf::new();
        let mut again = Self::start_on(disk);
        again.api_token = self.api_token.clone();
        again
    }

    fn spawn(mut command: Command, data: PathBuf) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let log = Arc::new(Mutex::new(Vec::new()));
        let mut errors = child.stderr.take().expect("a log");
        let kept = Arc::clone(&log);
        let logging = thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(read @ 1..) = errors.read(&mut piece) {
                kept.lock().expect("no panic").extend(&piece[..read]);
            }
        });
        let mut lines = BufReader::new(child.stdout.take().expect("an output")).lines();
        let mut shown = String::new();
        let address = loop {
            let Some(Ok(line)) = lines.next() else {
                let log = log.lock().expect("no panic");
                panic!("the gateway ended: {}", String::from_utf8_lossy(&log));
            };
            shown += &line;
            if let Some(("Serving", address)) = line
                .split_once(' ')
                .and_then(|(word, rest)| Some((word, rest.rsplit_once(' ')?.1)))
            {
                break address.to_owned();
            }
        };
        // Only the first start creates the file.
        let api_token = std::fs::read_to_string(data.join("first-api-token"));
        let api_token = api_token.unwrap_or_default().trim().to_owned();
        Self {
            child,
            address,
            data,
            api_token,
            shown,
            log,
            logging: Some(logging),
        }
    }

    /// Sends a request and reads the whole response.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut stream = self.open(method, path, headers, body);
        read(&mut stream)
    }

    /// Sends a request and returns the connection, from which the caller reads the response.
    pub fn open(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).expect("the gateway listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n",
            body.len()
        );
        if headers.iter().all(|(name, _)| *name != "host") {
            head += &format!("host: {}\r\n", self.address);
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        // The gateway may respond and close the connection before the whole of a large body is written.
        let _ = write!(stream, "{head}\r\n{body}");
        stream
    }

    /// Sends a request to the management API, expects success and returns the response body.
    pub fn manage(&self, method: &str, path: &str, body: Value) -> Value {
        let bearer = format!("Bearer {}", self.api_token);
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        let reply = self.send(method, path, &headers, &body);
        assert!(reply.status < 300, "{method} {path}: {reply:?}");
        if reply.body.is_empty() {
            Value::Null
        } else {
            reply.json()
        }
    }

    /// Creates an account and returns its id.
    pub fn account(&self, airflow: &FakeAirflow) -> String {
        let account = self.manage(
            "POST",
            "/integrated-account",
            json!({"name": "production", "base_url": airflow.url, "auth": {"type": "password", "username": "admin", "password": PASSWORD}}),
        );
        text(&account["id"])
    }

    /// Creates an MCP server of an account and returns its id and the path of its URL.
    pub fn server(&self, account: &str, config: Value, expires_at: Value) -> (String, String) {
        let server = self.manage(
            "POST",
            &format!("/integrated-account/{account}/mcp"),
            json!({"name": "agent", "config": config, "expires_at": expires_at}),
        );
        (
            text(&server["id"]),
            format!("/mcp/{}", text(&server["token"])),
        )
    }

    /// Sends a message as clients of MCP 2026-07-28 do.
    pub fn modern(&self, path: &str, message: &str, more: &[(&str, &str)]) -> Reply {
        let parsed: Value = serde_json::from_str(message).expect("JSON");
        let method = text(&parsed["method"]);
        let name = parsed["params"]["name"].as_str().unwrap_or_default();
        let mut headers = vec![
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", &method),
        ];
        if !name.is_empty() {
            headers.push(("mcp-name", name));
        }
        headers.extend(more);
        self.send("POST", path, &headers, message)
    }

    /// Sends a message as clients of MCP 2025-11-25 do.
    pub fn legacy(&self, path: &str, message: &str, more: &[(&str, &str)]) -> Reply {
        let mut headers = LEGACY.to_vec();
        headers.extend(more);
        self.send("POST", path, &headers, message)
    }

    /// Returns the newest 1,000 records of the audit log, newest first, without those about reading the log.
    pub fn audit(&self) -> Vec<Value> {
        let page = self.manage("GET", "/audit?limit=1000", Value::Null);
        let mut records = page["result"].as_array().expect("records").clone();
        records.retain(|record| record["action"] != "audit.read");
        records
    }

    /// Returns what the gateway has shown the operator until it served.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status()
            .expect("`kill` exists");
        assert!(status.success());
    }

    /// Waits until the gateway ends and returns its exit status and its complete log.
    pub fn end(&mut self) -> (ExitStatus, String) {
        let status = self.child.wait().expect("the gateway ends");
        if let Some(logging) = self.logging.take() {
            logging.join().expect("the log is read");
        }
        let log = self.log.lock().expect("no panic");
        (status, String::from_utf8_lossy(&log).into_owned())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !self.data.as_os_str().is_empty() {
            let _ = std::fs::remove_dir_all(&self.data);
        }
    }
}

/// Password of all accounts.
pub const PASSWORD: &str = "planted-correct-horse";

/// Headers that clients of MCP 2025-11-25 send after their handshake.
pub const LEGACY: [(&str, &str); 3] = [
    ("content-type", "application/json"),
    ("accept", "application/json, text/event-stream"),
    ("mcp-protocol-version", "2025-11-25"),
];

pub fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("not a string: {value}"))
        .to_owned()
}

/// Reads a response to its end.
pub fn read(stream: &mut TcpStream) -> Reply {
    let mut bytes = Vec::new();
    // A gateway that closes the connection before it has read the whole request may reset the connection after its response.
    let _ = stream.read_to_end(&mut bytes);
    let all = String::from_utf8(bytes).expect("UTF-8");
    let (head, body) = all
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("no response: {all:?}"));
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .and_then(|status| status.parse().ok())
        .expect("a status");
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let chunked = headers
        .iter()
        .any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = if chunked {
        unchunked(body)
    } else {
        body.to_owned()
    };
    Reply {
        status,
        headers,
        body,
    }
}

fn unchunked(mut body: &str) -> String {
    let mut all = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).expect("a length");
        if length == 0 {
            break;
        }
        all += &rest[..length];
        body = rest[length..].trim_start_matches("\r\n");
    }
    all
}

/// Returns the bytes of all files in a directory, without subdirectories.
pub fn bytes_in(directory: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            all.extend(std::fs::read(path).expect("a file"));
        }
    }
    all
}
