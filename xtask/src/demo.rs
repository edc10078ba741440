//! `cargo xtask demo`: runs the main job from scratch. Starts a real Airflow 3 and the generated server, and audits through MCP who holds Admin.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::bench::client::StdioServer;
use crate::command::cargo;
use crate::lab::{airflow, root, servers, step};

/// Runs the demo, with 2,000 users, so that the audit has something to find. Airflow keeps running afterwards.
pub(crate) fn demo() -> Result<()> {
    eprintln!("airflow-mcp demo: a real Airflow 3, the generated server, an audit through MCP\n");
    let url = airflow::up(3, None, false)?;
    airflow::Airflow::prepare(servers::release(3)?, "3", false)?.seed("users=2000")?;
    step("generate the tools from the OpenAPI documents", || {
        cargo("xtask generate")
    })?;
    cargo("build --package airflow-mcp")?;
    let binary = root().join("target/debug/airflow-mcp");
    let found = step(
        "find out who holds Admin, with one call through MCP",
        || audit(&binary, &url),
    )?;
    print_audit(&found)?;
    print_configuration(&binary, &url);
    Ok(())
}

/// Calls `list_all_apacheairflow_users` once over stdio.
fn audit(binary: &Path, url: &str) -> Result<Value> {
    let arguments = json!({"role": "Admin", "limit": 1000});
    let call = json!({"name": "list_all_apacheairflow_users", "arguments": arguments});
    let message = StdioServer::start(binary, url)?.request("tools/call", &call)?;
    let mut message: Value = serde_json::from_str(&message)?;
    Ok(message["result"]["structuredContent"].take())
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn print_audit(found: &Value) -> Result<()> {
    let users = found["users"]
        .as_array()
        .context("the result has no `users`")?;
    println!(
        "\nWho holds Admin: {} of {} users",
        users.len(),
        found["total_entries"]
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
