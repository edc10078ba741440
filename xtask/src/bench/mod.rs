//! `cargo xtask bench`: measures the budgets of the design in one run on this machine and prints a table.
//!
//! The upstream is in memory, so that only the server is measured. Direct calls and calls through the server take turns, so that noise affects both.

mod client;
mod http;
mod rebuild;
mod upstream;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::lab::{root, step};
use crate::test::cargo;
use client::Server;
use upstream::Upstream;

/// Row of the table.
struct Row {
    what: &'static str,
    measured: String,
    budget: &'static str,
    met: bool,
}

/// Measures and prints the budgets; fails if `strict` is set and a budget is not met. With `release`, the programs are built as they are shipped, otherwise with a faster build.
pub(crate) fn bench(strict: bool, release: bool) -> Result<()> {
    let profile = if release { "release" } else { "fast" };
    cargo(&[
        "build",
        "--profile",
        profile,
        "--package",
        "airflow-mcp",
        "--package",
        "airflow-mcp-tests",
        "--bin",
        "airflow-mcp",
        "--example",
        "bare_server",
    ])?;
    let built = root().join("target").join(profile);
    let binary = built.join("airflow-mcp");
    let bare = built.join("examples/bare_server");
    let upstream = Upstream::start()?;
    let mut rows = vec![];
    rows.extend(step("start-up and memory", || {
        start_up(&binary, &upstream)
    })?);
    rows.extend(step("what a call adds", || {
        added_latency(&binary, &upstream)
    })?);
    rows.extend(step("200 calls in flight", || {
        throughput(&binary, &upstream)
    })?);
    rows.extend(step("the gateway beside a bare server", || {
        over_http(&binary, &bare, &upstream)
    })?);
    rows.extend(step("building anew after one operation", rebuild::measure)?);
    print(&rows, release);
    let missed = rows.iter().filter(|row| !row.met).count();
    anyhow::ensure!(!strict || missed == 0, "{missed} budgets are not met");
    Ok(())
}

fn start_up(binary: &Path, upstream: &Upstream) -> Result<Vec<Row>> {
    let mut cpu = vec![];
    let mut resident = vec![];
    for _ in 0..21 {
        let mut server = Server::start(binary, &upstream.url)?;
        server.request("tools/list", &json!({}))?;
        cpu.push(server.cpu()?);
        resident.push(server.resident_kb()?);
    }
    let cpu = median(&mut cpu);
    resident.sort_unstable();
    let resident_mb = resident[resident.len() / 2] as f64 / 1024.0;

    let mut server = Server::start(binary, &upstream.url)?;
    server.in_flight(200, 200, |_| list_call())?;
    let loaded_mb = server.resident_kb()? as f64 / 1024.0;
    let size_mb = std::fs::metadata(binary)?.len() as f64 / 1e6;
    Ok(vec![
        row(
            "spawn to tools/list, CPU",
            format!("{:.1} ms", millis(cpu)),
            "10 ms",
            millis(cpu) <= 10.0,
        ),
        row(
            "resident after tools/list",
            format!("{resident_mb:.1} MB"),
            "12 MB",
            resident_mb <= 12.0,
        ),
        row(
            "resident after 200 concurrent 132 kB lists",
            format!("{loaded_mb:.1} MB"),
            "32 MB",
            loaded_mb <= 32.0,
        ),
        row(
            "binary",
            format!("{size_mb:.1} MB"),
            "12 MB",
            size_mb <= 12.0,
        ),
    ])
}

fn added_latency(binary: &Path, upstream: &Upstream) -> Result<Vec<Row>> {
    let mut server = Server::start(binary, &upstream.url)?;
    let mut direct = upstream.connect()?;
    let mut rows = vec![];
    for (what, path, call, budget) in [
        (
            "added to a direct call, small",
            upstream::USER_PATH,
            small_call(),
            0.3,
        ),
        (
            "added to a direct call, 132 kB list",
            upstream::LIST_PATH,
            list_call(),
            1.5,
        ),
    ] {
        let (mut alone, mut through) = (vec![], vec![]);
        for turn in 0..1100 {
            let started = Instant::now();
            direct.get(path)?;
            let between = Instant::now();
            server.request("tools/call", &call)?;
            // The first turns fill caches and pools.
            if turn >= 100 {
                alone.push(between - started);
                through.push(between.elapsed());
            }
        }
        let (alone, through) = (millis(median(&mut alone)), millis(median(&mut through)));
        let added = through - alone;
        let measured = format!("{added:.2} ms ({through:.2} - {alone:.2})");
        let text = if budget < 1.0 { "0.3 ms" } else { "1.5 ms" };
        rows.push(row(what, measured, text, added <= budget));
    }
    let before = server.cpu()?;
    for _ in 0..500 {
        server.request("tools/call", &list_call())?;
    }
    let each = millis(server.cpu()?.saturating_sub(before)) / 500.0;
    rows.push(row(
        "CPU of a 132 kB list call",
        format!("{each:.2} ms"),
        "1 ms",
        each <= 1.0,
    ));
    Ok(rows)
}

fn throughput(binary: &Path, upstream: &Upstream) -> Result<Vec<Row>> {
    let mut rows = vec![];
    for (what, call, count, budget, text) in [
        (
            "200 in flight, small calls",
            small_call(),
            20_000,
            5000.0,
            "5,000/s",
        ),
        (
            "200 in flight, 132 kB lists",
            list_call(),
            4_000,
            1000.0,
            "1,000/s",
        ),
    ] {
        let mut server = Server::start(binary, &upstream.url)?;
        server.in_flight(200, 400, |_| call.clone())?;
        let started = Instant::now();
        server.in_flight(200, count, |_| call.clone())?;
        let rate = count as f64 / started.elapsed().as_secs_f64();
        rows.push(row(what, format!("{rate:.0}/s"), text, rate >= budget));
    }
    Ok(rows)
}

fn over_http(binary: &Path, bare: &Path, upstream: &Upstream) -> Result<Vec<Row>> {
    let [bare, alone, through] = http::measure(binary, bare, upstream)?;
    let measured = |load: &http::Load| {
        format!(
            "{:.2} ({:.0}/s of {:.0}/s; CPU {:.3} ms of {:.3} ms)",
            load.rate / bare.rate,
            load.rate,
            bare.rate,
            load.cpu_ms,
            bare.cpu_ms
        )
    };
    Ok(vec![
        row(
            "HTTP gateway with token lookup and audit log, small calls that it answers itself, 64 connections",
            measured(&alone),
            "0.6 of a bare rmcp server doing nothing",
            alone.rate / bare.rate >= 0.6,
        ),
        row(
            "the same, small calls that it passes on",
            measured(&through),
            "none",
            true,
        ),
    ])
}

fn small_call() -> Value {
    json!({"name": "get_single_apacheairflow_user_by_id", "arguments": {"id": "user00001"}})
}

fn list_call() -> Value {
    json!({"name": "list_all_apacheairflow_users", "arguments": {"limit": 100}})
}

fn row(what: &'static str, measured: String, budget: &'static str, met: bool) -> Row {
    Row {
        what,
        measured,
        budget,
        met,
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn median(values: &mut [Duration]) -> Duration {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn print(rows: &[Row], release: bool) {
    println!("\n| what | measured | budget | |\n| --- | --- | --- | --- |");
    for Row {
        what,
        measured,
        budget,
        met,
    } in rows
    {
        println!(
            "| {what} | {measured} | {budget} | {} |",
            if *met { "met" } else { "missed" }
        );
    }
    if !release {
        println!(
            "\nBuilt with thin link-time optimisation: start-up, memory and size are larger than those of what is shipped, which `--release` measures."
        );
    }
}

/// Reads a file in `/proc`. The error explains that Linux is required.
fn proc_file(path: &str) -> Result<String> {
    std::fs::read_to_string(path)
        .with_context(|| format!("read {path}: the figures come from Linux's /proc"))
}
