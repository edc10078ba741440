//! Measures the gateway over HTTP beside a bare rmcp server that does nothing, under the same load, in turns.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use fs_err as fs;
use serde_json::{Value, json};

use super::client::cpu_of;
use super::row::median;
use super::upstream::{Upstream, read_message};
use crate::command::{command, wait_until};
use crate::lab::process::free_port;
use crate::lab::{empty_folder, lab_dir};

/// Connections that are kept open, each with one call at a time.
const CONNECTIONS: usize = 64;

/// Number of turns of each server, and length of a turn.
const TURNS: usize = 7;
const TURN: Duration = Duration::from_millis(1500);

/// Measurements of one server: medians over its turns.
pub(crate) struct Load {
    /// Calls per second.
    pub(crate) rate: f64,
    /// CPU time of the server per call, in milliseconds.
    pub(crate) cpu_ms: f64,
}

/// Measures the bare server, the gateway with calls that it answers itself, and the gateway with calls to the upstream.
pub(crate) fn measure(gateway: &Path, bare: &Path, upstream: &Upstream) -> Result<[Load; 3]> {
    let bare = bare_server(bare)?;
    let gateway = self::gateway(gateway, upstream)?;
    let user =
        |id: &str| json!({"name": "get_single_apacheairflow_user_by_id", "arguments": {"id": id}});
    let nothing = json!({"name": "nothing", "arguments": {"id": "user00001"}});
    let mut loads = [
        Turns::new(&bare, &nothing, "\"isError\":false"),
        Turns::new(&gateway, &user(".."), "invalid_arguments"),
        Turns::new(&gateway, &user("user00001"), "\"isError\":false"),
    ];
    for turn in 0..=TURNS {
        for load in &mut loads {
            let measured = load.take()?;
            // The first turn fills caches and pools.
            if turn > 0 {
                load.turns.push(measured);
            }
        }
    }
    Ok(loads.map(|load| load.median()))
}

/// Server over HTTP, stopped when dropped.
struct RunningServer {
    child: Child,
    /// URL of the MCP endpoint.
    url: String,
    data: Option<PathBuf>,
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(data) = &self.data {
            let _ = fs::remove_dir_all(data);
        }
    }
}

fn bare_server(program: &Path) -> Result<RunningServer> {
    let mut child = Command::new(program)
        .env_clear()
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let mut url = String::new();
    BufReader::new(child.stdout.take().context("no output")?).read_line(&mut url)?;
    Ok(RunningServer {
        child,
        url: url.trim().to_owned(),
        data: None,
    })
}

/// Starts a gateway with an empty store, and makes an account for the upstream and an MCP server for this account.
fn gateway(program: &Path, upstream: &Upstream) -> Result<RunningServer> {
    let data = lab_dir().join("bench-gateway");
    empty_folder(&data)?;
    let base = format!("127.0.0.1:{}", free_port()?);
    let store = data.join("store");
    let token_file = store.join("first-api-token");
    let shown = data.join("shown");
    let output = fs::File::create(shown)?;
    let child = command(program, &format!("serve --listen {base} --data"))
        .arg(&store)
        .env_clear()
        .stdout(output.file().try_clone()?)
        .stderr(output.into_file())
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let mut running = RunningServer {
        child,
        url: String::new(),
        data: Some(data),
    };
    let base = format!("http://{base}");
    wait_until("the gateway", 20, || {
        Ok(ureq::get(format!("{base}/readyz")).call().is_ok())
    })?;
    let token = fs::read_to_string(token_file).context("no API token was created")?;
    let token = token.trim();
    let account = post(
        &format!("{base}/integrated-account"),
        token,
        &json!({"name": "bench", "base_url": upstream.url, "auth": {"type": "password", "username": "admin", "password": "admin"}}),
    )?;
    let id = account["id"].as_str().context("no id")?;
    let server = post(
        &format!("{base}/integrated-account/{id}/mcp"),
        token,
        &json!({"name": "bench"}),
    )?;
    server["url"]
        .as_str()
        .context("no url")?
        .clone_into(&mut running.url);
    Ok(running)
}

fn post(url: &str, token: &str, body: &Value) -> Result<Value> {
    let text = ureq::post(url)
        .header("Authorization", format!("Bearer {token}"))
        .header("Content-Type", "application/json")
        .send(body.to_string())?
        .body_mut()
        .read_to_string()?;
    Ok(serde_json::from_str(&text)?)
}

/// Repeats one request to a server, in turns with other servers.
struct Turns {
    pid: u32,
    address: String,
    request: Vec<u8>,
    /// Text that each response must contain.
    expected: &'static str,
    turns: Vec<Load>,
}

impl Turns {
    fn new(server: &RunningServer, call: &Value, expected: &'static str) -> Self {
        let (address, path) = server
            .url
            .trim_start_matches("http://")
            .split_once('/')
            .unwrap_or((&server.url, ""));
        let version = "2026-07-28";
        let mut params = call.clone();
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "cargo xtask bench", "version": "1"},
        });
        let name = call["name"].as_str().unwrap_or("");
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        let body = body.to_string();
        let request = format!(
            "POST /{path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nMCP-Protocol-Version: {version}\r\nMcp-Method: tools/call\r\nMcp-Name: {name}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        Self {
            pid: server.child.id(),
            address: address.to_owned(),
            request: request.into_bytes(),
            expected,
            turns: vec![],
        }
    }

    /// Measures one turn on all connections.
    fn take(&self) -> Result<Load> {
        let before = cpu_of(self.pid)?;
        let started = Instant::now();
        let until = started + TURN;
        let calls = thread::scope(|scope| {
            let workers: Vec<_> = (0..CONNECTIONS)
                .map(|_| scope.spawn(|| self.ask_until(until)))
                .collect();
            let mut calls = 0;
            for worker in workers {
                calls += match worker.join() {
                    Ok(count) => count?,
                    Err(_) => bail!("a connection panicked"),
                };
            }
            Ok(calls)
        })?;
        let took = started.elapsed().as_secs_f64();
        let cpu = cpu_of(self.pid)?.saturating_sub(before).as_secs_f64();
        let calls = f64::from(calls);
        Ok(Load {
            rate: calls / took,
            cpu_ms: cpu * 1000.0 / calls,
        })
    }

    /// Makes calls on one connection, one after the other, and returns their number.
    fn ask_until(&self, until: Instant) -> Result<u32> {
        let stream = TcpStream::connect(&self.address)?;
        stream.set_nodelay(true)?;
        let mut stream = BufReader::with_capacity(1 << 14, stream);
        let (mut first, mut body) = (String::new(), vec![]);
        let mut calls = 0;
        while Instant::now() < until {
            stream.get_mut().write_all(&self.request)?;
            let is_open = read_message(&mut stream, &mut first, &mut body)?;
            let text = String::from_utf8_lossy(&body);
            ensure!(
                is_open && text.contains(self.expected),
                "unexpected response: {first}{text}"
            );
            calls += 1;
        }
        Ok(calls)
    }

    fn median(&self) -> Load {
        let of = |value: fn(&Load) -> f64| median(self.turns.iter().map(value).collect());
        Load {
            rate: of(|load| load.rate),
            cpu_ms: of(|load| load.cpu_ms),
        }
    }
}
