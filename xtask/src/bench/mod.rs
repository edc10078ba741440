//! `cargo xtask bench`: measures the budgets of the design in one run on this machine and prints a table.
//!
//! The upstream is in memory, so that only the server is measured. Direct calls and calls through the server take turns, so that noise affects both.

pub(crate) mod client;
mod http;
mod rebuild;
mod row;
mod upstream;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use fs_err as fs;
use serde_json::{Value, json};

use crate::command::cargo;
use crate::lab::{root, step};
use client::StdioServer;
use row::{Row, at_most, median};
use upstream::Upstream;

/// Measures and prints the budgets; fails if `strict` is set and a budget is not met. With `release`, the programs are built as they are shipped, otherwise with a faster build.
pub(crate) fn bench(strict: bool, release: bool) -> Result<()> {
    let profile = if release { "release" } else { "fast" };
    cargo(&format!(
        "build --profile {profile} --package airflow-mcp --package airflow-mcp-tests --bin airflow-mcp --example bare_server"
    ))?;
    let built = root().join("target").join(profile);
    let binary = built.join("airflow-mcp");
    let bare = built.join("examples/bare_server");
    let upstream = Upstream::start()?;
    let mut rows = step("start-up and memory", || start_up(&binary, &upstream))?;
    rows.extend(step("time that a call adds", || {
        added_latency(&binary, &upstream)
    })?);
    rows.extend(step("200 calls in flight", || {
        throughput(&binary, &upstream)
    })?);
    rows.extend(step("the gateway beside a bare server", || {
        over_http(&binary, &bare, &upstream)
    })?);
    rows.push(step("rebuild after one operation", rebuild::measure)?);
    print(&rows, release);
    let missed = rows.iter().filter(|row| !row.is_met).count();
    ensure!(!strict || missed == 0, "{missed} budgets are not met");
    Ok(())
}

fn start_up(binary: &Path, upstream: &Upstream) -> Result<Vec<Row>> {
    let (mut cpu, mut resident) = (vec![], vec![]);
    for _ in 0..21 {
        let mut server = StdioServer::start(binary, &upstream.url)?;
        server.request("tools/list", &json!({}))?;
        cpu.push(millis(server.cpu()?));
        resident.push(server.resident_mb()?);
    }
    let mut server = StdioServer::start(binary, &upstream.url)?;
    server.in_flight(200, 200, |_| list_call())?;
    let loaded = server.resident_mb()?;
    let size = fs::metadata(binary)?.len() as f64 / 1e6;
    Ok(vec![
        at_most("spawn to tools/list, CPU", median(cpu), 1, "ms", 10.0),
        at_most("resident after tools/list", median(resident), 1, "MB", 11.2),
        at_most(
            "resident after 200 concurrent 132 kB lists",
            loaded,
            1,
            "MB",
            32.0,
        ),
        at_most("binary", size, 1, "MB", 13.0),
    ])
}

fn added_latency(binary: &Path, upstream: &Upstream) -> Result<Vec<Row>> {
    let mut server = StdioServer::start(binary, &upstream.url)?;
    let mut direct = upstream.connect()?;
    let mut added = |path: &str, call: &Value| -> Result<f64> {
        let (mut alone, mut through) = (vec![], vec![]);
        for turn in 0..1100 {
            let started = Instant::now();
            direct.get(path)?;
            let between = Instant::now();
            server.request("tools/call", call)?;
            // The first turns fill caches and pools.
            if turn >= 100 {
                alone.push(millis(between - started));
                through.push(millis(between.elapsed()));
            }
        }
        Ok(median(through) - median(alone))
    };
    let small = added(upstream::USER_PATH, &small_call())?;
    let list = added(upstream::LIST_PATH, &list_call())?;
    let before = server.cpu()?;
    for _ in 0..500 {
        server.request("tools/call", &list_call())?;
    }
    let cpu = millis(server.cpu()?.saturating_sub(before)) / 500.0;
    Ok(vec![
        at_most("added to a direct call, small", small, 2, "ms", 0.2),
        at_most("added to a direct call, 132 kB list", list, 2, "ms", 1.0),
        at_most("CPU of a 132 kB list call", cpu, 2, "ms", 0.5),
    ])
}

fn throughput(binary: &Path, upstream: &Upstream) -> Result<Vec<Row>> {
    let measure = |what, call: &Value, count: usize, budget: f64| -> Result<Row> {
        let mut server = StdioServer::start(binary, &upstream.url)?;
        server.in_flight(200, 400, |_| call.clone())?;
        let started = Instant::now();
        server.in_flight(200, count, |_| call.clone())?;
        let rate = count as f64 / started.elapsed().as_secs_f64();
        Ok(Row {
            what,
            measured: format!("{rate:.0}/s"),
            budget: format!("{budget}/s"),
            is_met: rate >= budget,
        })
    };
    Ok(vec![
        measure(
            "200 in flight, small calls",
            &small_call(),
            20_000,
            16_000.0,
        )?,
        measure("200 in flight, 132 kB lists", &list_call(), 4_000, 3000.0)?,
    ])
}

fn over_http(binary: &Path, bare: &Path, upstream: &Upstream) -> Result<Vec<Row>> {
    let [bare, alone, through] = http::measure(binary, bare, upstream)?;
    let row = |what, load: &http::Load, budget: f64| {
        let ratio = load.rate / bare.rate;
        Row {
            what,
            measured: format!(
                "{ratio:.2} ({:.0}/s of {:.0}/s; CPU {:.3} ms of {:.3} ms)",
                load.rate, bare.rate, load.cpu_ms, bare.cpu_ms
            ),
            budget: format!("{budget} of a bare rmcp server that does nothing"),
            is_met: ratio >= budget,
        }
    };
    Ok(vec![
        row(
            "HTTP gateway with token lookup and audit log, small calls that it answers itself, 64 connections",
            &alone,
            0.65,
        ),
        row("the same, small calls that it passes on", &through, 0.42),
    ])
}

fn small_call() -> Value {
    json!({"name": "get_single_apacheairflow_user_by_id", "arguments": {"id": "user00001"}})
}

fn list_call() -> Value {
    json!({"name": "list_all_apacheairflow_users", "arguments": {"limit": 100}})
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn print(rows: &[Row], release: bool) {
    println!("\n| measurement | result | budget | |\n| --- | --- | --- | --- |");
    for row in rows {
        let met = if row.is_met { "met" } else { "missed" };
        println!(
            "| {} | {} | {} | {met} |",
            row.what, row.measured, row.budget
        );
    }
    if !release {
        println!(
            "\nBuilt with thin link-time optimisation: start-up, memory and size are larger than those of what is shipped, which `--release` measures."
        );
    }
}
