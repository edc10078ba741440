//! `cargo xtask demo`: runs the main job from scratch. Starts a real Airflow 3 and the generated server, and audits through MCP who holds Admin.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::lab::{airflow, releases, root, step};
use crate::test::cargo;

/// Number of users to add, so that the audit has something to find.
const USERS: u32 = 2000;

/// Runs the demo. Airflow keeps running afterwards.
pub(crate) fn demo() -> Result<()> {
    eprintln!("airflow-mcp demo: a real Airflow 3, the generated server, an audit through MCP\n");
    let url = airflow::up(3, None, false)?;
    airflow::Airflow::prepare(releases::release(3)?, "3", false)?.seed(&[("users", USERS)])?;
    step("generate the tools from the OpenAPI documents", || {
        cargo(&["xtask", "generate"])
    })?;
    cargo(&["build", "--package", "airflow-mcp"])?;
    let binary = root().join("target/debug/airflow-mcp");
    let answer = step("who holds Admin? one call through MCP", || {
        audit(&binary, &url)
    })?;
    print_audit(&answer)?;
    print_configuration(&binary, &url);
    Ok(())
}

/// Calls `list_all_apacheairflow_users` once over stdio.
fn audit(binary: &Path, url: &str) -> Result<Value> {
    let mut child = Command::new(binary)
        .arg("stdio")
        .envs([
            ("AIRFLOW_URL", url),
            ("AIRFLOW_USERNAME", "admin"),
            ("AIRFLOW_PASSWORD", "admin"),
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut to = child.stdin.take().context("no input")?;
    let mut from = BufReader::new(child.stdout.take().context("no output")?);
    let client = json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "cargo xtask demo", "version": "1"},
    });
    request(&mut to, &mut from, 1, "initialize", &client)?;
    writeln!(
        to,
        "{}",
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"})
    )?;
    let call = json!({"name": "list_all_apacheairflow_users", "arguments": {"role": "Admin", "limit": 1000}});
    let result = request(&mut to, &mut from, 2, "tools/call", &call)?;
    drop(to);
    child.wait()?;
    if result["isError"] == json!(true) {
        bail!("the call failed: {}", result["structuredContent"]);
    }
    Ok(result["structuredContent"].clone())
}

fn request(
    to: &mut ChildStdin,
    from: &mut BufReader<ChildStdout>,
    id: u64,
    method: &str,
    params: &Value,
) -> Result<Value> {
    writeln!(
        to,
        "{}",
        json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
    )?;
    to.flush()?;
    loop {
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            bail!("the server ended without an answer to {method}");
        }
        let message: Value = serde_json::from_str(&line)?;
        if message["id"] == json!(id) {
            return match message.get("result") {
                Some(result) => Ok(result.clone()),
                None => bail!("{method} failed: {}", message["error"]),
            };
        }
    }
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn print_audit(answer: &Value) -> Result<()> {
    let users = answer["users"]
        .as_array()
        .context("no users in the answer")?;
    println!(
        "\nWho holds Admin: {} of {} users",
        users.len(),
        answer["total_entries"]
    );
    for user in users {
        let text = |key: &str| user[key].as_str().unwrap_or("").to_owned();
        let roles = user["roles"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let roles: Vec<&str> = roles
            .iter()
            .filter_map(|role| role["name"].as_str())
            .collect();
        let name = format!("{} {}", text("first_name"), text("last_name"));
        println!(
            "  {:<12} {:<18} {:<26} {}",
            text("username"),
            name,
            text("email"),
            roles.join(", ")
        );
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn print_configuration(binary: &Path, url: &str) {
    let binary = binary.display();
    println!(
        "\nAirflow runs at {url} (admin/admin); stop it with `cargo xtask airflow down 3`.\n\
         \n\
         Claude Code:\n  claude mcp add airflow -e AIRFLOW_URL={url} -e AIRFLOW_USERNAME=admin -e AIRFLOW_PASSWORD=admin -- {binary} stdio\n\
         \n\
         Claude Desktop, Cursor (mcp.json):\n  {}",
        json!({"mcpServers": {"airflow": {
            "command": binary.to_string(),
            "args": ["stdio"],
            "env": {"AIRFLOW_URL": url, "AIRFLOW_USERNAME": "admin", "AIRFLOW_PASSWORD": "admin"},
        }}})
    );
}
