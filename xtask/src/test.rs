//! `cargo xtask test` and `cargo xtask ci`: the Rust tests, then the end-to-end tests on real Airflow 2 and 3, with PostgreSQL and a browser; all set-up included.

use std::path::PathBuf;
use std::thread;

use anyhow::{Context, Result, anyhow, bail};
use fs_err as fs;

use crate::command::{cargo, command, output, run};
use crate::lab::airflow::{Airflow, Server};
use crate::lab::browser::browser;
use crate::lab::postgres::Postgres;
use crate::lab::python::{self, Venv};
use crate::lab::servers::{Release, releases};
use crate::lab::{lab_dir, root, step};

/// Tests that walk every list to its end.
const WALKS: &str = "tests/e2e/test_walks.py";

/// Variable that makes the fault and load tests run at full length.
const LONG: &str = "TEST_LONG";

/// Runs all tests. `filter` is passed to pytest as `-k`, and skips the Rust tests. `long` adds what takes too long for CI.
pub(crate) fn test(filter: Option<&str>, long: bool) -> Result<()> {
    let postgres = Postgres::start()?;
    let postgres_url = postgres.url.clone();
    // Installing and starting the servers waits for the network and for Python, so Rust code is compiled meanwhile.
    let lab = thread::spawn(|| start_lab(postgres));
    let mut failures = Vec::new();
    let mut note = |what: &str, result: Result<()>| {
        failures.extend(result.err().map(|error| format!("{what}: {error:#}")));
    };
    if filter.is_none() {
        note(
            "Rust tests",
            rust_tests(Some(&postgres_url), long).and_then(|()| documentation_tests()),
        );
        note("foreign documents", crate::foreign::foreign());
    }
    let build = build_server();
    let lab = joined(lab.join()).context("cannot set up the real Airflow servers");
    let end_to_end = build.and(lab).and_then(|lab| end_to_end(&lab, filter));
    note("end to end", end_to_end);
    if long {
        note("dependencies", crate::long::dependencies());
        note("fuzzing", crate::long::fuzz());
    }
    if failures.is_empty() {
        return Ok(());
    }
    bail!("{}", failures.join("\n"))
}

/// Returns the result of a thread; a panic is an error.
fn joined<T>(result: thread::Result<Result<T>>) -> Result<T> {
    result.unwrap_or_else(|_| Err(anyhow!("a thread panicked; see above")))
}

/// Runs the unit, golden, macro and catalogue tests. Without the URL of a PostgreSQL server, the tests of the store use only SQLite.
fn rust_tests(postgres_url: Option<&str>, long: bool) -> Result<()> {
    let has_nextest = output(&mut command("cargo", "nextest --version")).is_ok();
    let runner = if has_nextest {
        "nextest run"
    } else {
        "test --all-targets"
    };
    let mut tests = command("cargo", &format!("{runner} --workspace --no-fail-fast"));
    tests.current_dir(root());
    if let Some(url) = postgres_url {
        tests.env("TEST_POSTGRES_URL", url);
    }
    if long {
        tests.env(LONG, "1");
    }
    run(&mut tests)
}

fn documentation_tests() -> Result<()> {
    cargo("test --doc --workspace")
}

/// Builds the servers. Before that, builds a server with the fixtures of the conformance suite and keeps it under another name.
///
/// Cargo compiles a dependency again for each set of features. Naming a test makes Cargo use the features of the Rust tests, so that their dependencies are used again.
fn build_server() -> Result<()> {
    const AS_FOR_TESTS: &str = "build --workspace --test stdio";
    let features = "--features airflow-mcp/conformance-fixtures";
    cargo(&format!("{AS_FOR_TESTS} --bin airflow-mcp {features}"))?;
    fs::create_dir_all(lab_dir())?;
    fs::copy(binary(), conformance_binary())?;
    cargo(&format!("{AS_FOR_TESTS} --bins"))
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

struct Lab {
    clients: Venv,
    /// Variables with the locations of the servers and programs.
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
    let mut releases = releases(major)?.into_iter();
    let current = releases.next().context("no release is defined")?;
    let airflow = Airflow::prepare(current, &format!("{name}-{major}"), true)?;
    let mut airflows = Airflows::default();
    let server = airflow.start(None)?;
    airflow.run_dags(&server)?;
    // Seeding must come last: the first server creates the roles, and seeded runs are copies of runs that have ended.
    airflow.seed(&airflow.release.seeds)?;
    airflows.add(format!("E2E_AIRFLOW_{major}_URL"), server);
    let log = airflow.server_log().display().to_string();
    let log = (format!("E2E_AIRFLOW_{major}_LOG"), log);
    airflows.variables.push(log);
    if plain {
        return Ok(airflows);
    }
    for (name, environment) in &airflow.release.major.variants {
        let server = airflow.start_variant(name, environment, None)?;
        let name = name.to_uppercase();
        airflows.add(format!("E2E_AIRFLOW_{major}_{name}_URL"), server);
    }
    for release in releases {
        airflows.extend(start_older(release)?);
    }
    Ok(airflows)
}

/// Starts an older release. Tests only read from it, so its database is kept. The fixture DAGs are parsed, and their runs are only marked as ended.
fn start_older(release: Release) -> Result<Airflows> {
    let name = format!("older-{}", release.version);
    let airflow = Airflow::prepare(release, &name, false)?;
    airflow.parse_dags()?;
    let server = airflow.start(None)?;
    airflow.mark_dags(&server)?;
    airflow.seed(&airflow.release.seeds)?;
    let mut airflows = Airflows::default();
    let version = airflow.release.version.replace('.', "_");
    airflows.add(format!("E2E_AIRFLOW_{version}_URL"), server);
    Ok(airflows)
}

/// Starts Airflow 2 and 3 in parallel, because one waits while the other computes.
fn start_airflows(plain: bool) -> Result<Airflows> {
    let mut all = Airflows::default();
    let started = thread::scope(|scope| {
        [2, 3]
            .map(|major| scope.spawn(move || start_airflow(major, plain)))
            .map(|thread| joined(thread.join()))
    });
    for airflows in started {
        all.extend(airflows?);
    }
    Ok(all)
}

fn start_lab(postgres: Postgres) -> Result<Lab> {
    let airflows = thread::spawn(|| start_airflows(false));
    let lab = start_clients(postgres);
    let airflows = joined(airflows.join())?;
    let mut lab = lab?;
    lab.variables.extend(airflows.variables);
    lab.servers = airflows.servers;
    Ok(lab)
}

/// Starts and installs everything except the Airflow servers.
fn start_clients(postgres: Postgres) -> Result<Lab> {
    let clients = python::clients()?;
    let crewai = python::environment("crewai")?;
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
    let lab = start_lab(Postgres::start()?)?;
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
    let result = match filter {
        Some(filter) => pytest(lab, &["tests/e2e", "-k", filter]),
        None => {
            let others = pytest(lab, &["tests/e2e", "--ignore", WALKS]);
            others.and(walk_both(lab))
        }
    };
    for what in &lab.not_run {
        eprintln!("  NOT RUN {what}");
    }
    result?;
    // In CI, nobody reads a line that lists what was skipped.
    let in_ci =
        std::env::var("CI").is_ok_and(|value| !["", "0", "false"].contains(&value.as_str()));
    if in_ci && !lab.not_run.is_empty() {
        bail!("tests were not run; see NOT RUN above");
    }
    Ok(())
}

/// Runs the walks on Airflow 2 and 3 in parallel: they take longest, change nothing, and each has its own Airflow.
fn walk_both(lab: &Lab) -> Result<()> {
    let [on_2, on_3] = thread::scope(|scope| {
        ["airflow-2", "airflow-3"]
            .map(|airflow| scope.spawn(move || pytest(lab, &[WALKS, "-k", airflow])))
            .map(|thread| joined(thread.join()))
    });
    on_2.and(on_3)
}

fn pytest(lab: &Lab, arguments: &[&str]) -> Result<()> {
    let usual = "-m pytest --quiet -p no:cacheprovider --durations=5 -rs";
    let mut pytest = command(lab.clients.bin("python"), usual);
    pytest
        .args(arguments)
        .envs(lab.variables.iter().map(|(name, value)| (name, value)))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(root());
    run(&mut pytest)
}

/// `cargo xtask ci`: runs everything that a pull request has to pass; with `quick`, only what needs neither servers nor downloads.
pub(crate) fn ci(quick: bool) -> Result<()> {
    cargo("fmt --all --check")?;
    cargo("clippy --workspace --all-targets -- --deny warnings")?;
    cargo("xtask generate --check")?;
    if quick {
        return rust_tests(None, false);
    }
    // Each run has other random hash seeds, so that an order that depends on them would differ.
    step("generate again and compare", || {
        cargo("xtask generate --check")?;
        cargo("xtask generate --check")
    })?;
    cargo("xtask coverage")?;
    test(None, false)?;
    let mut document = command(
        "cargo",
        "doc --workspace --no-deps --document-private-items",
    );
    document
        .env("RUSTDOCFLAGS", "--deny warnings")
        .current_dir(root());
    run(&mut document)
}
