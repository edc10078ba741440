//! `cargo xtask test`: runs every test with all its set-up: the Rust tests, then the end-to-end tests on real Airflow 2 and 3, with PostgreSQL and a browser.

use std::path::PathBuf;
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, bail};

use crate::lab::airflow::{Airflow, Server, Variant};
use crate::lab::browser::browser;
use crate::lab::postgres::Postgres;
use crate::lab::python::{self, Venv};
use crate::lab::releases::{OLDER, Release, release};
use crate::lab::{lab_dir, root, step};

/// Objects for the tests that walk through lists.
const SEEDS: &[(&str, u32)] = &[
    ("users", 5000),
    ("variables", 1500),
    ("connections", 30),
    ("pools", 20),
    ("dags", 500),
    ("runs", 3000),
    ("task_instances", 1000),
];

/// Objects for older releases, on which a few pages are enough.
const FEW_SEEDS: &[(&str, u32)] = &[
    ("users", 20),
    ("variables", 20),
    ("connections", 10),
    ("pools", 10),
    ("dags", 20),
    ("runs", 60),
    ("task_instances", 60),
];

/// Tests that walk every list to its end.
const WALKS: &str = "tests/e2e/test_walks.py";

/// Runs all tests. `filter` is passed to pytest as `-k`, and skips the Rust tests.
pub(crate) fn test(filter: Option<&str>) -> Result<()> {
    // Installing and starting the servers waits for the network and for Python, so Rust code is compiled meanwhile.
    let lab = thread::spawn(start_lab);
    let rust = if filter.is_none() {
        rust_tests()
    } else {
        Ok(())
    };
    let foreign = match filter {
        None => crate::foreign::foreign(),
        Some(_) => Ok(()),
    };
    let build = build_server();
    let lab = match lab.join() {
        Ok(lab) => lab.context("set up the real Airflow servers"),
        Err(_) => bail!("setting up the real Airflow servers panicked"),
    };
    let failures: Vec<String> = [
        rust.map_err(|error| format!("Rust tests: {error:#}")),
        foreign.map_err(|error| format!("foreign documents: {error:#}")),
        build
            .and(lab)
            .and_then(|lab| end_to_end(&lab, filter))
            .map_err(|error| format!("end to end: {error:#}")),
    ]
    .into_iter()
    .filter_map(Result::err)
    .collect();
    if failures.is_empty() {
        return Ok(());
    }
    bail!("{}", failures.join("\n"))
}

/// Runs the unit, golden, macro and catalogue tests: everything that only needs Cargo.
pub(crate) fn rust_tests() -> Result<()> {
    let has_nextest = Command::new("cargo")
        .args(["nextest", "--version"])
        .output()
        .is_ok_and(|output| output.status.success());
    let runner: &[&str] = if has_nextest {
        &["nextest", "run"]
    } else {
        &["test", "--all-targets"]
    };
    cargo(&[runner, &["--workspace", "--no-fail-fast"]].concat())?;
    cargo(&["test", "--doc", "--workspace"])
}

/// Builds the servers. Before that, builds a server with the fixtures of the conformance suite and keeps it under another name.
///
/// Cargo compiles a dependency again for each set of features. Naming a test makes Cargo use the features of the Rust tests, so that their dependencies are used again.
fn build_server() -> Result<()> {
    const AS_FOR_TESTS: [&str; 4] = ["build", "--workspace", "--test", "stdio"];
    cargo(
        &[
            &AS_FOR_TESTS[..],
            &["--bin", "airflow-mcp"],
            &["--features", "airflow-mcp/conformance-fixtures"],
        ]
        .concat(),
    )?;
    std::fs::create_dir_all(lab_dir())?;
    std::fs::copy(binary(), conformance_binary())?;
    cargo(&[&AS_FOR_TESTS[..], &["--bins"]].concat())
}

/// Returns the path of the example product's server.
fn example_binary() -> PathBuf {
    root().join("target/debug/tidewater-mcp")
}

/// Returns the path of the server under test.
pub(crate) fn binary() -> PathBuf {
    root().join("target/debug/airflow-mcp")
}

fn conformance_binary() -> PathBuf {
    lab_dir().join("airflow-mcp-with-fixtures")
}

/// Runs Cargo in the workspace.
pub(crate) fn cargo(arguments: &[&str]) -> Result<()> {
    let status = Command::new("cargo")
        .args(arguments)
        .current_dir(root())
        .status()?;
    if status.success() {
        return Ok(());
    }
    bail!("`cargo {}` failed", arguments.join(" "))
}

struct Lab {
    clients: Venv,
    /// Variables that tell the tests where the servers and programs are.
    variables: Vec<(String, String)>,
    /// Tests that cannot run, with the reason.
    not_run: Vec<String>,
    servers: Vec<Server>,
    _postgres: Postgres,
}

/// Servers on the database of one Airflow, and the variables with their URLs.
#[derive(Default)]
struct Airflows {
    variables: Vec<(String, String)>,
    servers: Vec<Server>,
}

impl Airflows {
    fn add(&mut self, variable: String, server: Server) {
        self.variables.push((variable, server.url.clone()));
        self.servers.push(server);
    }

    fn extend(&mut self, other: Self) {
        self.variables.extend(other.variables);
        self.servers.extend(other.servers);
    }
}

/// Starts an Airflow on which the fixture DAGs have run, with much data, and the servers on its database: only a plain one, or all.
fn start_airflow(major: u8, plain: bool) -> Result<Airflows> {
    let name = if plain { "plain" } else { "e2e" };
    let airflow = Airflow::prepare(release(major)?, &format!("{name}-{major}"), true)?;
    let mut airflows = Airflows::default();
    let server = airflow.start(Variant::Plain, None)?;
    airflow.run_dags(&server)?;
    // Seeding must come last: the first server creates the roles, and seeded runs are copies of runs that have ended.
    airflow.seed(SEEDS)?;
    airflows.add(format!("E2E_AIRFLOW_{major}_URL"), server);
    let log = airflow.log(Variant::Plain.label()).display().to_string();
    let log = (format!("E2E_AIRFLOW_{major}_LOG"), log);
    airflows.variables.push(log);
    if plain {
        return Ok(airflows);
    }
    let limited = Variant::RateLimited {
        requests: 6,
        seconds: 60,
    };
    let mut variants = vec![("LIMITED_URL", limited)];
    if major == 3 {
        variants.push(("SHORT_URL", Variant::ShortTokens { seconds: 5 }));
        variants.push(("SIMPLE_URL", Variant::SimpleAuth));
    }
    for (name, variant) in variants {
        let server = airflow.start(variant, None)?;
        airflows.add(format!("E2E_AIRFLOW_{major}_{name}"), server);
    }
    for release in OLDER.iter().filter(|release| release.major == major) {
        airflows.extend(start_older(*release)?);
    }
    Ok(airflows)
}

/// Starts an older release. Tests only read from it, so its database is kept. The fixture DAGs are parsed, and their runs are only marked as ended.
fn start_older(release: Release) -> Result<Airflows> {
    let airflow = Airflow::prepare(release, &format!("older-{}", release.version), false)?;
    airflow.parse_dags()?;
    let server = airflow.start(Variant::Plain, None)?;
    airflow.mark_dags(&server)?;
    airflow.seed(FEW_SEEDS)?;
    let mut airflows = Airflows::default();
    let version = release.version.replace('.', "_");
    airflows.add(format!("E2E_AIRFLOW_{version}_URL"), server);
    Ok(airflows)
}

/// Starts Airflow 2 and 3 in parallel, because one waits while the other computes.
fn start_airflows(plain: bool) -> Result<Airflows> {
    let mut all = Airflows::default();
    for started in thread::scope(|scope| {
        [2, 3]
            .map(|major| scope.spawn(move || start_airflow(major, plain)))
            .map(|lane| match lane.join() {
                Ok(started) => started,
                Err(_) => bail!("starting an Airflow panicked"),
            })
    }) {
        all.extend(started?);
    }
    Ok(all)
}

fn start_lab() -> Result<Lab> {
    let airflows = thread::spawn(|| start_airflows(false));
    let mut lab = start_clients();
    let airflows = match airflows.join() {
        Ok(airflows) => airflows?,
        Err(_) => bail!("starting the Airflows panicked"),
    };
    if let Ok(lab) = &mut lab {
        lab.variables.extend(airflows.variables);
        lab.servers = airflows.servers;
    }
    lab
}

/// Starts and installs everything except the Airflow servers.
fn start_clients() -> Result<Lab> {
    let clients = python::clients()?;
    let crewai = python::crewai()?;
    let postgres = Postgres::start()?;
    let mut not_run = vec![];
    let mut paths = vec![
        ("NODE", python::node_dir(&clients)?.join("bin/node")),
        ("INSPECTOR", python::node_program("mcp-inspector")),
        ("CONFORMANCE", python::node_program("conformance")),
        ("CREWAI_PYTHON", crewai.bin("python")),
        ("BINARY", binary()),
        ("XTASK", std::env::current_exe()?),
        ("TIDEWATER_BINARY", example_binary()),
        ("CONFORMANCE_BINARY", conformance_binary()),
        ("POSTGRES_PROGRAMS", postgres.programs.clone()),
    ];
    match browser() {
        Ok(found) => paths.extend([("CHROMIUM", found.browser), ("CHROMEDRIVER", found.driver)]),
        Err(error) => not_run.push(format!("the admin page in a browser: {error:#}")),
    }
    let mut variables = vec![("E2E_POSTGRES_URL".into(), postgres.url.clone())];
    for (name, path) in paths {
        variables.push((format!("E2E_{name}"), path.display().to_string()));
    }
    Ok(Lab {
        clients,
        variables,
        not_run,
        servers: vec![],
        _postgres: postgres,
    })
}

/// `cargo xtask lab`: starts the servers of the end-to-end tests for developers who write such a test.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(crate) fn hold_lab(plain: bool) -> Result<()> {
    let print = |variables: &[(String, String)]| {
        for (name, value) in variables {
            println!("export {name}='{value}'");
        }
    };
    if plain {
        let airflows = start_airflows(true)?;
        print(&airflows.variables);
        return until_end_of_input();
    }
    let lab = start_lab()?;
    print(&lab.variables);
    println!(
        "# {} -m pytest tests/e2e",
        lab.clients.bin("python").display()
    );
    until_end_of_input()
}

fn until_end_of_input() -> Result<()> {
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(())
}

fn end_to_end(lab: &Lab, filter: Option<&str>) -> Result<()> {
    let passed = match filter {
        Some(filter) => pytest(lab, &["tests/e2e", "-k", filter])?,
        None => {
            let passed = pytest(lab, &["tests/e2e", "--ignore", WALKS])?;
            walk_both(lab)? && passed
        }
    };
    for what in &lab.not_run {
        eprintln!("  NOT RUN {what}");
    }
    if !passed {
        bail!("pytest failed");
    }
    // In CI, nobody reads a line that lists what was skipped.
    let in_ci =
        std::env::var("CI").is_ok_and(|value| !["", "0", "false"].contains(&value.as_str()));
    if in_ci && !lab.not_run.is_empty() {
        bail!("not everything was run");
    }
    Ok(())
}

/// Runs the walks on Airflow 2 and 3 in parallel: they take longest, change nothing, and each has its own Airflow.
fn walk_both(lab: &Lab) -> Result<bool> {
    let lanes = thread::scope(|scope| {
        ["airflow-2", "airflow-3"]
            .map(|airflow| scope.spawn(move || pytest(lab, &[WALKS, "-k", airflow])))
            .map(|lane| match lane.join() {
                Ok(passed) => passed,
                Err(_) => bail!("running pytest panicked"),
            })
    });
    let [on_2, on_3] = lanes;
    Ok(on_2? && on_3?)
}

/// Runs pytest and returns whether all tests passed.
fn pytest(lab: &Lab, arguments: &[&str]) -> Result<bool> {
    let status = Command::new(lab.clients.bin("python"))
        .args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider"])
        .args(["--durations=5", "-rs"])
        .args(arguments)
        .envs(lab.variables.iter().map(|(name, value)| (name, value)))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(root())
        .status()?;
    Ok(status.success())
}

/// `cargo xtask ci`: runs everything that a pull request has to pass.
pub(crate) fn ci() -> Result<()> {
    cargo(&["fmt", "--all", "--check"])?;
    cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ])?;
    cargo(&["xtask", "generate", "--check"])?;
    generate_twice()?;
    cargo(&["xtask", "coverage"])?;
    test(None)?;
    document()
}

/// Checks that the generator depends only on its inputs, and that generating again changes nothing.
fn generate_twice() -> Result<()> {
    step("generate twice and compare", || {
        let before = snapshot()?;
        for _ in 0..2 {
            cargo(&["xtask", "generate"])?;
            if snapshot()? != before {
                bail!("`cargo xtask generate` did not give the same bytes twice");
            }
        }
        Ok(())
    })
}

/// Returns the names and contents of all generated files.
fn snapshot() -> Result<std::collections::BTreeMap<std::path::PathBuf, Vec<u8>>> {
    let mut files = std::collections::BTreeMap::new();
    let members = crate::generate::members(&root())?;
    let members = members
        .iter()
        .map(|member| root().join(member).join("generated"));
    let mut folders: Vec<_> = [root().join("generated")]
        .into_iter()
        .chain(members)
        .collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let content = std::fs::read(&path)?;
                files.insert(path, content);
            }
        }
    }
    Ok(files)
}

fn document() -> Result<()> {
    let status = Command::new("cargo")
        .args([
            "doc",
            "--workspace",
            "--no-deps",
            "--document-private-items",
        ])
        .env("RUSTDOCFLAGS", "--deny warnings")
        .current_dir(root())
        .status()?;
    if status.success() {
        return Ok(());
    }
    bail!("`cargo doc` failed")
}
