//! Client side of the benchmarks: drives a server over stdio and measures its resources.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use fs_err as fs;
use serde_json::{Value, json};

/// Initialised server.
pub(crate) struct StdioServer {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    next_id: u64,
}

impl StdioServer {
    /// Starts the server with this upstream and initialises it.
    pub(crate) fn start(binary: &Path, url: &str) -> Result<Self> {
        let mut child = Command::new(binary)
            .arg("stdio")
            .env_clear()
            .envs([
                ("AIRFLOW_URL", url),
                ("AIRFLOW_USERNAME", "admin"),
                ("AIRFLOW_PASSWORD", "admin"),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let stdin = child.stdin.take().context("no standard input")?;
        let stdout = BufReader::with_capacity(1 << 20, child.stdout.take().context("no output")?);
        let mut server = Self {
            child,
            stdin,
            stdout,
            next_id: 1,
        };
        let client = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "cargo xtask", "version": "1"},
        });
        server.request("initialize", &client)?;
        writeln!(
            server.stdin,
            "{}",
            json!({"jsonrpc": "2.0", "method": "notifications/initialized"})
        )?;
        Ok(server)
    }

    /// Sends one request and returns its response, which must be a success.
    pub(crate) fn request(&mut self, method: &str, params: &Value) -> Result<String> {
        let message = self.message(method, params);
        self.stdin.write_all(message.as_bytes())?;
        self.stdin.flush()?;
        let mut line = String::new();
        // The server sends a notification when it has detected the API.
        while line.is_empty() || line.starts_with("{\"jsonrpc\":\"2.0\",\"method\"") {
            line.clear();
            ensure!(self.stdout.read_line(&mut line)? > 0, "the server ended");
        }
        check(&line)?;
        Ok(line)
    }

    /// Makes `count` tool calls, of which at most `window` are in flight.
    pub(crate) fn in_flight(
        &mut self,
        window: usize,
        count: usize,
        call: impl Fn(usize) -> Value,
    ) -> Result<()> {
        let mut line = String::new();
        let mut sent = 0;
        for received in 0..count {
            while sent < count && sent < received + window {
                let message = self.message("tools/call", &call(sent));
                self.stdin.write_all(message.as_bytes())?;
                sent += 1;
            }
            line.clear();
            self.stdout.read_line(&mut line)?;
            check(&line)?;
        }
        Ok(())
    }

    fn message(&mut self, method: &str, params: &Value) -> String {
        self.next_id += 1;
        let id = self.next_id;
        format!(
            "{}\n",
            json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
        )
    }

    /// Returns the CPU time of all threads of the server so far.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        cpu_of(self.child.id())
    }

    /// Returns the resident memory of the server in MB.
    pub(crate) fn resident_mb(&self) -> Result<f64> {
        let status = proc_file(self.child.id(), "status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        let kilobytes: f64 = kilobytes.context("no VmRSS in /proc")?.parse()?;
        Ok(kilobytes / 1024.0)
    }
}

/// Returns the CPU time of all threads of a process so far.
pub(crate) fn cpu_of(pid: u32) -> Result<Duration> {
    let mut nanos = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let task = task?.file_name();
        let text = proc_file(pid, &format!("task/{}/schedstat", task.to_string_lossy()))?;
        let first = text.split(' ').next().and_then(|first| first.parse().ok());
        nanos += first.unwrap_or(0);
    }
    Ok(Duration::from_nanos(nanos))
}

/// Reads a file of a process in `/proc`. The error explains that Linux is required.
fn proc_file(pid: u32, name: &str) -> Result<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/{name}"));
    text.context("the measurements need Linux's /proc")
}

impl Drop for StdioServer {
    fn drop(&mut self) {
        // The server was started by this program and has no state to save.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn check(line: &str) -> Result<()> {
    ensure!(!line.is_empty(), "the server ended");
    if line.contains("\"isError\":true") || line.starts_with("{\"jsonrpc\":\"2.0\",\"error\"") {
        bail!("a call failed: {}", &line[..line.len().min(2000)]);
    }
    Ok(())
}
