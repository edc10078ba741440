//! Runs the project's tasks. Only this program reads and writes the project's files, downloads packages and starts servers.

#![allow(clippy::print_stderr, reason = "a program for the terminal")]

mod allow;
mod bench;
mod command;
mod coverage;
mod demo;
mod diff;
mod foreign;
mod generate;
mod history;
mod lab;
mod lock;
mod long;
mod release;
mod rustfmt;
mod screenshots;
mod spec;
mod specs;
mod table;
mod test;
mod try_spec;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Tasks of the project
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Write generated/ and the README's table of tools from specs/
    Generate {
        /// Only print what would change, and fail if anything would
        #[arg(long)]
        check: bool,
    },
    /// Count the operations of each document: tools, excluded, undecided
    Coverage {
        /// Also list each operation with its tool or the reason why it is excluded
        #[arg(long)]
        all: bool,
    },
    /// List or update the OpenAPI documents
    #[command(subcommand)]
    Spec(SpecTask),
    /// Print what changed for users of the tools and in the documents
    Diff {
        /// Revision, release (3.2.2) or DOCUMENT@VERSION to compare with [default: the commit at which this branch left main]
        #[arg(long)]
        base: Option<String>,
        /// Print Markdown, for the text of a pull request
        #[arg(long)]
        markdown: bool,
    },
    /// Write allowlist entries for operations, whose documentation you fill in
    Allow {
        /// Ids of operations, or DOCUMENT:ID if only one document is meant
        #[arg(required = true)]
        operations: Vec<String>,
        /// Toolset of the new entries [default: the toolset whose tools have similar paths]
        #[arg(long)]
        toolset: Option<String>,
        /// Member of the workspace whose tools are extended: examples/tidewater-mcp [default: Airflow's]
        #[arg(long = "in", value_name = "MEMBER")]
        member: Option<String>,
    },
    /// Report which operations of any OpenAPI document can be tools
    TrySpec {
        /// OpenAPI documents, YAML or JSON
        #[arg(required = true)]
        files: Vec<std::path::PathBuf>,
        /// Compile the generated tools
        #[arg(long)]
        check: bool,
        /// List each operation that cannot be a tool
        #[arg(long)]
        all: bool,
    },
    /// Try the documents of ten public packages and compare the results with tests/foreign.txt
    Foreign,
    /// Write specs/history.yaml: the first release of each operation and parameter, from the released packages
    History,
    /// Start or stop a real Airflow from PyPI with the user admin (password admin)
    #[command(subcommand)]
    Airflow(AirflowTask),
    /// Run the main job from scratch: a real Airflow 3, the generated server, an audit of who holds Admin
    Demo,
    /// Run all tests, including those on real Airflow 2 and 3; what they need is installed under target/
    Test {
        /// Run only the end-to-end tests that match this pytest expression: "matrix and not crewai"
        #[arg(long)]
        only: Option<String>,
        /// Also run what takes too long for CI: fault and load tests at full length, checks of the dependencies, and ten minutes of fuzzing for each target
        #[arg(long, conflicts_with = "only")]
        long: bool,
    },
    /// Start the servers of the end-to-end tests, print their variables, and keep them until the end of input
    Lab {
        /// Start only one server of Airflow 2 and one of 3, with the fixture DAGs
        #[arg(long)]
        plain: bool,
    },
    /// Measure the performance budgets on this machine
    Bench {
        /// Fail if a budget is not met
        #[arg(long)]
        strict: bool,
        /// Measure the release build, which takes ten more minutes to compile
        #[arg(long)]
        release: bool,
    },
    /// Take the README's screenshots of the admin page in a real Chromium
    Screenshots,
    /// Run everything that a pull request has to pass
    Ci {
        /// Run only what takes ten minutes: format, lints, Rust tests, `generate --check`
        #[arg(long)]
        quick: bool,
    },
}

#[derive(Debug, Subcommand)]
enum SpecTask {
    /// Print the release of each document, and the newest release
    List,
    /// Extract documents from released packages
    Update {
        /// Documents with their releases: airflow-3@3.3.2 [default: the newest stable release of each document]
        #[arg(value_name = "DOCUMENT@VERSION")]
        documents: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
enum AirflowTask {
    /// Install Airflow, if necessary, and start a server that runs until `down`
    Up {
        /// Major version: 2 or 3
        major: u8,
        /// Port to listen on [default: 28082 for Airflow 2, 28083 for Airflow 3]
        #[arg(long)]
        port: Option<u16>,
        /// Add 5,000 users and 300 roles
        #[arg(long)]
        seed: bool,
    },
    /// Stop the server that `up` started
    Down {
        /// Major version: 2 or 3
        major: u8,
    },
}

fn main() -> ExitCode {
    let task = Arguments::parse().task;
    match lab::process::stop_all_when_interrupted().and_then(|()| run(task)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    match task {
        Task::Generate { check } => generate::generate(check),
        Task::Coverage { all } => coverage::coverage(all),
        Task::Spec(SpecTask::List) => spec::list(),
        Task::Spec(SpecTask::Update { documents }) => spec::update(&documents),
        Task::Diff { base, markdown } => diff::diff(base.as_deref(), markdown),
        Task::Allow {
            operations,
            toolset,
            member,
        } => allow::allow(&operations, toolset.as_deref(), member.as_deref()),
        Task::TrySpec { files, check, all } => try_spec::try_specs(&files, check, all),
        Task::Foreign => foreign::foreign(),
        Task::History => history::write_history(),
        Task::Airflow(AirflowTask::Up { major, port, seed }) => {
            let url = lab::airflow::up(major, port, seed)?;
            eprintln!("Airflow {major} is ready at {url} (user admin, password admin)");
            Ok(())
        }
        Task::Airflow(AirflowTask::Down { major }) => {
            let outcome = match lab::airflow::down(major)? {
                true => "stopped",
                false => "was not running",
            };
            eprintln!("Airflow {major} {outcome}");
            Ok(())
        }
        Task::Demo => demo::demo(),
        Task::Test { only, long } => test::test(only.as_deref(), long),
        Task::Lab { plain } => test::hold_lab(plain),
        Task::Bench { strict, release } => bench::bench(strict, release),
        Task::Screenshots => screenshots::screenshots(),
        Task::Ci { quick } => test::ci(quick),
    }
}
