//! Runs the project's tasks. Only this program reads and writes the project's files, downloads packages and starts servers.

#![allow(clippy::print_stderr, reason = "a program for the terminal")]

mod allow;
mod bench;
mod coverage;
mod demo;
mod diff;
mod foreign;
mod generate;
mod history;
mod lab;
mod lock;
mod release;
mod rustfmt;
mod screenshots;
mod spec;
mod specs;
mod test;
mod try_spec;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// The tasks of airflow-mcp.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Write generated/ and the README's table from specs/
    Generate {
        /// Only show what would change, and fail if anything would
        #[arg(long)]
        check: bool,
    },
    /// What became of every operation: tool, excluded, undecided
    Coverage {
        /// Each operation, too
        #[arg(long)]
        all: bool,
    },
    /// Which releases the documents are of, and newer ones
    #[command(subcommand)]
    Spec(SpecTask),
    /// What changed for users of the tools, and what the documents offer
    Diff {
        /// What to compare with: a revision, a release (3.2.2), or DOCUMENT@VERSION [default: where this branch left main]
        #[arg(long)]
        base: Option<String>,
        /// As the body of a pull request
        #[arg(long)]
        markdown: bool,
    },
    /// Write entries for operations, to be filled in
    Allow {
        /// Ids of operations; of one document as DOCUMENT:ID
        #[arg(required = true)]
        operations: Vec<String>,
        /// Toolset to put them in [default: that of their neighbours]
        #[arg(long)]
        toolset: Option<String>,
        /// Member of the workspace whose tools they become: examples/tidewater-mcp [default: Airflow's]
        #[arg(long = "in", value_name = "MEMBER")]
        member: Option<String>,
    },
    /// What would become of every operation of any OpenAPI document, if all were taken
    TrySpec {
        /// OpenAPI documents, YAML or JSON
        #[arg(required = true)]
        files: Vec<std::path::PathBuf>,
        /// Compile what they become
        #[arg(long)]
        check: bool,
        /// Each operation that is refused, too
        #[arg(long)]
        all: bool,
    },
    /// Try documents of public packages, which the generator was not made for
    Foreign,
    /// Write specs/history.yaml: which release first had what, from the released packages
    History,
    /// Start or stop a real Airflow from PyPI, with the user admin (password admin)
    #[command(subcommand)]
    Airflow(AirflowTask),
    /// The main job from nothing: a real Airflow 3, the generated server, an audit of who holds Admin
    Demo,
    /// Run every test, on real Airflow 2 and 3; installs what they need under target/
    Test {
        /// Only the end-to-end tests that match this pytest expression
        #[arg(long)]
        only: Option<String>,
    },
    /// Start the servers of the end-to-end tests, print their variables, and keep them until the end of input
    Lab {
        /// Only one server of Airflow 2 and one of 3, with the fixture DAGs
        #[arg(long)]
        plain: bool,
    },
    /// Measure the budgets of the design on this machine
    Bench {
        /// Fail if one is not met
        #[arg(long)]
        strict: bool,
        /// Measure what is shipped, which takes ten minutes more to build
        #[arg(long)]
        release: bool,
    },
    /// Take the README's pictures of the admin page, in a real Chromium
    Screenshots,
    /// Everything that a pull request has to pass
    Ci,
}

#[derive(Debug, Subcommand)]
enum SpecTask {
    /// The release that each document is of, and the newest there is
    List,
    /// Take documents out of released packages: DOCUMENT@VERSION, or the newest stable release of each
    Update {
        /// DOCUMENT@VERSION
        #[arg(value_name = "DOCUMENT@VERSION")]
        documents: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
enum AirflowTask {
    /// Install (once) and start; goes on running until `down`
    Up {
        /// 2 or 3
        major: u8,
        /// Port to listen on [default: 28082 or 28083]
        #[arg(long)]
        port: Option<u16>,
        /// Add 5,000 users and 300 roles
        #[arg(long)]
        seed: bool,
    },
    /// Stop what `up` started
    Down {
        /// 2 or 3
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
            eprintln!("Airflow {major} answers at {url} (admin/admin)");
            Ok(())
        }
        Task::Airflow(AirflowTask::Down { major }) => {
            let stopped = lab::airflow::down(major)?;
            eprintln!(
                "Airflow {major} {}",
                if stopped {
                    "stopped"
                } else {
                    "was not running"
                }
            );
            Ok(())
        }
        Task::Demo => demo::demo(),
        Task::Test { only } => test::test(only.as_deref()),
        Task::Lab { plain } => test::hold_lab(plain),
        Task::Bench { strict, release } => bench::bench(strict, release),
        Task::Screenshots => screenshots::screenshots(),
        Task::Ci => test::ci(),
    }
}
