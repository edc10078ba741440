//! Runs real Airflow servers from PyPI. Each release is installed once and has its own SQLite databases. Each server is a separate process, which is stopped by the ID with which it was started.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};
use fs_err as fs;
use nix::sys::signal::Signal;

use super::process::{Process, free_port, is_alive, stop_group};
use super::python::{self, Venv};
use super::servers::{Environment, Release, release};
use super::{empty_folder, lab_dir, once, root, step};
use crate::command::{command, output, run_logged, wait_until};

/// Name of the server without an additional environment.
const PLAIN: &str = "plain";

/// Installed Airflow with a database and the user `admin` (password `admin`).
#[derive(Debug, Clone)]
pub(crate) struct Airflow {
    /// Installed release.
    pub(crate) release: Release,
    venv: Venv,
    home: PathBuf,
}

/// Running server, stopped when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    /// Base URL.
    pub(crate) url: String,
    process: Process,
}

impl Airflow {
    /// Installs a release if needed and makes the database `name`; with `fresh`, the database is reset to an empty one.
    pub(crate) fn prepare(release: Release, name: &str, fresh: bool) -> Result<Self> {
        let version = &release.version;
        let empty = Self {
            venv: python::venv(&format!("airflow-{version}"), &release.requirements)?,
            home: lab_dir().join(format!("database-{version}")),
            release,
        };
        empty.make_database()?;
        let airflow = Self {
            home: lab_dir().join(format!("airflow-{name}")),
            ..empty.clone()
        };
        match fresh {
            true => empty_folder(&airflow.home)?,
            false => fs::create_dir_all(&airflow.home)?,
        }
        if !airflow.database().exists() {
            fs::copy(empty.database(), airflow.database())?;
            // Airflow 2 reports as its configuration the file that existed when the server started.
            let configuration = fs::read_to_string(empty.home.join("airflow.cfg"))?;
            let [from, to] = [&empty, &airflow].map(|each| each.home.display().to_string());
            fs::write(
                airflow.home.join("airflow.cfg"),
                configuration.replace(&from, &to),
            )?;
        }
        Ok(airflow)
    }

    /// Makes the empty database of a release once; the databases of the lab are copies of it.
    fn make_database(&self) -> Result<()> {
        once(&self.home.join("ready"), &self.release.version, || {
            empty_folder(&self.home)?;
            let create = "users create --username admin --password admin --role Admin --email admin@example.org --firstname Ada --lastname Admin";
            self.step("make the database and the user admin", || {
                self.run_commands(&["db migrate", create], "database")
            })
        })
    }

    /// Runs a step that is named after the release.
    fn step<T>(&self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        step(&format!("Airflow {}: {name}", self.release.version), work)
    }

    /// Runs commands of Airflow's command line, all in one process.
    fn run_commands(&self, commands: &[&str], log: &str) -> Result<()> {
        let mut python = self.script("commands.py");
        run_logged(python.args(commands), &self.log(log))
    }

    fn database(&self) -> PathBuf {
        self.home.join("airflow.db")
    }

    /// Adds objects to the database: `users=20 pools=10`. DAGs, runs and task instances require that the fixture DAGs have run.
    pub(crate) fn seed(&self, counts: &str) -> Result<()> {
        self.step(&format!("add {counts}"), || {
            let mut seed = self.script("seed.py");
            seed.arg(self.database()).args(counts.split(' '));
            run_logged(&mut seed, &self.log("seed"))
        })
    }

    /// Reads the fixture DAGs into the database, unless they have not changed since they were read.
    pub(crate) fn parse_dags(&self) -> Result<()> {
        let mut wanted = String::new();
        let mut files: Vec<_> = fs::read_dir(scripts().join("dags"))?.collect::<Result<_, _>>()?;
        files.sort_by_key(fs::DirEntry::path);
        for file in files.iter().filter(|file| file.path().is_file()) {
            wanted += &fs::read_to_string(file.path())?;
        }
        once(&self.home.join("parsed"), &wanted, || {
            self.step("read the fixture DAGs", || {
                self.run_commands(&["dags reserialize"], "parse")
            })
        })
    }

    /// Starts a plain server on the given port or a free one, and waits until the server responds.
    pub(crate) fn start(&self, port: Option<u16>) -> Result<Server> {
        self.start_variant(PLAIN, &Environment::new(), port)
    }

    /// Starts a server with an additional environment.
    pub(crate) fn start_variant(
        &self,
        name: &str,
        environment: &Environment,
        port: Option<u16>,
    ) -> Result<Server> {
        let port = port.map_or_else(free_port, Ok)?;
        let url = format!("http://127.0.0.1:{port}");
        let log = self.log(&format!("server-{name}"));
        let version = &self.release.major;
        let mut program = self.program(&version.server, &url);
        self.set(&mut program, &version.server_environment, &url);
        self.set(&mut program, environment, &url);
        self.step(&format!("start the {name} server on port {port}"), || {
            let process = Process::spawn(&mut program, &log)?;
            let mut server = Server { url, process };
            let health = format!("{}{}", server.url, version.health);
            wait_until(&format!("{health} (see {})", log.display()), 240, || {
                if let Some(status) = server.process.ended()? {
                    bail!("the server ended ({status}); see {}", log.display());
                }
                Ok(is_healthy(&health))
            })?;
            Ok(server)
        })
    }

    /// Runs the fixture DAGs with a scheduler that is stopped after the last run. `server` uses the same database.
    pub(crate) fn run_dags(&self, server: &Server) -> Result<()> {
        self.step("run the fixture DAGs", || {
            let version = &self.release.major;
            let mut scheduler = self.program("airflow scheduler --skip-serve-logs", &server.url);
            self.set(&mut scheduler, &version.scheduler_environment, &server.url);
            let mut processes = vec![Process::spawn(&mut scheduler, &self.log("scheduler"))?];
            if let Some(line) = &version.dag_processor {
                let mut processor = self.program(line, &server.url);
                processes.push(Process::spawn(&mut processor, &self.log("dag-processor"))?);
            }
            let ran = self.drive_dags(server, "run");
            for process in processes {
                process.stop(Duration::from_secs(20));
            }
            ran
        })
    }

    /// Triggers the fixture DAGs and marks their runs as ended, because runs do not start without a scheduler.
    pub(crate) fn mark_dags(&self, server: &Server) -> Result<()> {
        self.step("add runs of the fixture DAGs", || {
            self.drive_dags(server, "mark")
        })
    }

    fn drive_dags(&self, server: &Server, what: &str) -> Result<()> {
        let mut run = self.script("run_dags.py");
        run.args([what, &server.url, &self.release.version]);
        run_logged(&mut run, &self.log("run-dags"))
    }

    /// Makes a command that runs one of the scripts of the lab.
    fn script(&self, name: &str) -> Command {
        let mut python = self.program("python", "");
        python.arg(scripts().join(name));
        python
    }

    /// Makes a command of the environment. The words of `line` are separated by spaces.
    fn program(&self, line: &str, url: &str) -> Command {
        let line = self.filled(line, url);
        let (program, arguments) = line.split_once(' ').unwrap_or((&line, ""));
        let mut command = command(self.venv.bin(program), arguments);
        command
            .current_dir(&self.home)
            .env("PATH", self.venv.path());
        self.set(&mut command, &self.release.environment, url);
        command
    }

    fn set(&self, command: &mut Command, environment: &Environment, url: &str) {
        let filled = environment
            .iter()
            .map(|(name, value)| (name, self.filled(value, url)));
        command.envs(filled);
    }

    /// Replaces the placeholders in a text of `servers.toml`.
    fn filled(&self, text: &str, url: &str) -> String {
        text.replace("{lab}", &scripts().display().to_string())
            .replace("{home}", &self.home.display().to_string())
            .replace("{port}", url.rsplit(':').next().unwrap_or_default())
            .replace("{url}", url)
    }

    /// Returns the log file of a plain server, which is also its request log.
    pub(crate) fn server_log(&self) -> PathBuf {
        self.log(&format!("server-{PLAIN}"))
    }

    fn log(&self, what: &str) -> PathBuf {
        self.home.join(format!("{what}.log"))
    }
}

/// Returns the folder of the scripts, the fixture DAGs and the plugins.
fn scripts() -> PathBuf {
    root().join("xtask/lab")
}

fn is_healthy(url: &str) -> bool {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(10)))
        .build()
        .into();
    let response = agent.get(url).call();
    let text = response.and_then(|mut response| response.body_mut().read_to_string());
    text.is_ok_and(|text| text.contains("\"metadatabase\""))
}

/// `cargo xtask airflow up`: starts a server that keeps running, on a fixed port (28082 or 28083 by default).
pub(crate) fn up(major: u8, port: Option<u16>, seed: bool) -> Result<String> {
    let airflow = Airflow::prepare(release(major)?, &major.to_string(), false)?;
    let port = port.unwrap_or(28080 + u16::from(major));
    let url = format!("http://127.0.0.1:{port}");
    let is_running = running_pid(&airflow.home).is_some()
        && is_healthy(&format!("{url}{}", airflow.release.major.health));
    if is_running {
        eprintln!("  ok     Airflow {} is running", airflow.release.version);
    } else {
        down(major)?;
        let server = airflow.start(Some(port))?;
        fs::write(pid_file(&airflow.home), server.process.detach().to_string())?;
    }
    if seed {
        airflow.seed("users=5000 roles=300")?;
    }
    Ok(url)
}

/// `cargo xtask airflow down`: stops the server that `up` started; returns `false` if none was running.
pub(crate) fn down(major: u8) -> Result<bool> {
    let home = lab_dir().join(format!("airflow-{major}"));
    let Some(pid) = running_pid(&home) else {
        return Ok(false);
    };
    stop_group(pid, Signal::SIGTERM, || !is_alive(pid));
    fs::remove_file(pid_file(&home))?;
    Ok(true)
}

fn pid_file(home: &Path) -> PathBuf {
    home.join("server.pid")
}

/// Returns the process ID of the server that `up` started, if the process still is this server: the system reuses IDs.
fn running_pid(home: &Path) -> Option<u32> {
    let pid: u32 = fs::read_to_string(pid_file(home))
        .ok()?
        .trim()
        .parse()
        .ok()?;
    let line = output(&mut command("ps", &format!("-o command= -p {pid}"))).ok()?;
    (is_alive(pid) && line.contains("airflow")).then_some(pid)
}
