//! Runs real Airflow servers from PyPI. Each release is installed once and has its own SQLite databases. Each server is a separate process, which is stopped by the ID with which it was started.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use nix::sys::signal::Signal;

use super::process::{Process, free_port, is_alive, stop_group};
use super::python::Venv;
use super::releases::{Release, release};
use super::{lab_dir, root, run_logged, step};

/// Installed Airflow with a database and the user `admin` (password `admin`).
#[derive(Debug, Clone)]
pub(crate) struct Airflow {
    /// Installed release.
    pub(crate) release: Release,
    venv: Venv,
    home: PathBuf,
}

/// Difference of a server from a plain one on the same database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    /// Configured as an operator would run it.
    Plain,
    /// Responds with 429 after `requests` in `seconds`.
    RateLimited {
        /// Number of requests that are served in each window.
        requests: u32,
        /// Length of the window in seconds.
        seconds: u32,
    },
    /// Airflow 3 with a short lifetime of its tokens.
    ShortTokens {
        /// Lifetime of a token in seconds.
        seconds: u32,
    },
    /// Airflow 3 with the SimpleAuthManager, which has no users or roles.
    SimpleAuth,
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
        let empty = Self {
            release,
            venv: release.venv()?,
            home: lab_dir().join(format!("database-{}", release.version)),
        };
        empty.make_database()?;
        let airflow = Self {
            home: lab_dir().join(format!("airflow-{name}")),
            ..empty.clone()
        };
        if fresh && airflow.home.exists() {
            std::fs::remove_dir_all(&airflow.home)?;
        }
        std::fs::create_dir_all(&airflow.home)?;
        if !airflow.database().exists() {
            std::fs::copy(empty.database(), airflow.database())?;
            // Airflow 2 reports as its configuration the file that existed when the server started.
            let configuration = std::fs::read_to_string(empty.home.join("airflow.cfg"))?;
            let [from, to] = [&empty, &airflow].map(|each| each.home.display().to_string());
            std::fs::write(
                airflow.home.join("airflow.cfg"),
                configuration.replace(&from, &to),
            )?;
        }
        Ok(airflow)
    }

    /// Makes the empty database of a release once; the databases of the lab are copies of it.
    fn make_database(&self) -> Result<()> {
        let done = self.home.join("ready");
        let version = self.release.version;
        if std::fs::read_to_string(&done).is_ok_and(|text| text == version) {
            return Ok(());
        }
        if self.home.exists() {
            std::fs::remove_dir_all(&self.home)?;
        }
        std::fs::create_dir_all(&self.home)?;
        let create = "users create --username admin --password admin --role Admin --email admin@example.org --firstname Ada --lastname Admin";
        step(
            &format!("Airflow {version}: make the database and the user admin"),
            || self.run_commands(&["db migrate", create], "database"),
        )?;
        std::fs::write(&done, version)?;
        Ok(())
    }

    /// Runs commands of Airflow's command line, all in one process.
    fn run_commands(&self, commands: &[&str], log: &str) -> Result<()> {
        let mut python = self.command("python");
        python
            .arg(root().join("xtask/lab/commands.py"))
            .args(commands);
        run_logged(&mut python, &self.log(log))
    }

    fn database(&self) -> PathBuf {
        self.home.join("airflow.db")
    }

    /// Adds the given numbers of objects to the database. DAGs, runs and task instances require that the fixture DAGs have run.
    pub(crate) fn seed(&self, counts: &[(&str, u32)]) -> Result<()> {
        let what: Vec<_> = counts
            .iter()
            .map(|(what, count)| format!("{count} {}", what.replace('_', " ")))
            .collect();
        step(
            &format!("Airflow {}: {}", self.release.version, what.join(", ")),
            || {
                let mut seed = Command::new(self.venv.bin("python"));
                seed.arg(root().join("xtask/lab/seed.py"))
                    .arg(self.database());
                seed.args(counts.iter().map(|(what, count)| format!("{what}={count}")));
                run_logged(&mut seed, &self.log("seed"))
            },
        )
    }

    /// Reads the fixture DAGs into the database, unless they have not changed since they were read.
    pub(crate) fn parse_dags(&self) -> Result<()> {
        let done = self.home.join("parsed");
        let mut wanted = String::new();
        let mut files: Vec<_> = std::fs::read_dir(dags_dir())?.collect::<Result<_, _>>()?;
        files.sort_by_key(std::fs::DirEntry::path);
        for file in files.iter().filter(|file| file.path().is_file()) {
            wanted += &std::fs::read_to_string(file.path())?;
        }
        if std::fs::read_to_string(&done).is_ok_and(|text| text == wanted) {
            return Ok(());
        }
        step(
            &format!("Airflow {}: read the fixture DAGs", self.release.version),
            || self.run_commands(&["dags reserialize"], "parse"),
        )?;
        std::fs::write(&done, wanted)?;
        Ok(())
    }

    /// Starts a server on the given port or a free one, and waits until the server responds.
    pub(crate) fn start(&self, variant: Variant, port: Option<u16>) -> Result<Server> {
        let port = port.map_or_else(free_port, Ok)?;
        let version = self.release.version;
        step(
            &format!(
                "Airflow {version}: start {} on port {port}",
                variant.label()
            ),
            || {
                let log = self.log(variant.label());
                let mut server = Server {
                    url: format!("http://127.0.0.1:{port}"),
                    process: Process::spawn(&mut self.server_command(variant, port), &log)?,
                };
                server.wait_until_healthy(self.release.health(), &log)?;
                Ok(server)
            },
        )
    }

    /// Runs the fixture DAGs with a scheduler that is stopped after the last run. `server` uses the same database.
    pub(crate) fn run_dags(&self, server: &Server) -> Result<()> {
        let version = self.release.version;
        step(&format!("Airflow {version}: run the fixture DAGs"), || {
            let mut programs = vec![("scheduler", self.scheduler_command(server))];
            if self.release.major > 2 {
                // Airflow 2 processes DAG files in the scheduler. This processor reads every file once and exits.
                let mut processor = self.command("airflow");
                processor.args(["dag-processor", "--num-runs", "1"]);
                programs.push(("dag-processor", processor));
            }
            let mut processes = vec![];
            for (name, mut command) in programs {
                processes.push(Process::spawn(&mut command, &self.log(name))?);
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
        let version = self.release.version;
        step(
            &format!("Airflow {version}: runs of the fixture DAGs"),
            || self.drive_dags(server, "mark"),
        )
    }

    fn drive_dags(&self, server: &Server, what: &str) -> Result<()> {
        let mut run = Command::new(self.venv.bin("python"));
        run.arg(root().join("xtask/lab/run_dags.py"));
        run.args([what, &server.url, self.release.version]);
        run_logged(&mut run, &self.log("run-dags"))
    }

    fn scheduler_command(&self, server: &Server) -> Command {
        let mut command = self.command("airflow");
        command.args(["scheduler", "--skip-serve-logs"]);
        command.env("AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME", "0.3");
        command.env("AIRFLOW__CORE__EXECUTOR", "LocalExecutor");
        command.env("AIRFLOW__CORE__PARALLELISM", "2");
        if self.release.major == 2 {
            // With this setting, tasks are forks of the scheduler. The SequentialExecutor would start a new Python process for each task, which takes six seconds.
            command.env("_AIRFLOW__SKIP_DATABASE_EXECUTOR_COMPATIBILITY_CHECK", "1");
            // SQLite does not lock rows. A task that its predecessor and the scheduler schedule at the same time would begin with its second try.
            command.env("AIRFLOW__SCHEDULER__SCHEDULE_AFTER_TASK_EXECUTION", "False");
        } else {
            // The scheduler also prints each line of a task's log, and formatting these lines in colour takes longer than the task.
            command.env("AIRFLOW__LOGGING__JSON_LOGS", "True");
            let url = format!("{}/execution/", server.url);
            command.env("AIRFLOW__CORE__EXECUTION_API_SERVER_URL", url);
        }
        command
    }

    fn server_command(&self, variant: Variant, port: u16) -> Command {
        let mut command = if self.release.major == 2 {
            // `airflow webserver` shuts itself down when a busy machine is slow to fork workers, so gunicorn is started directly, as the webserver would start it.
            let mut command = self.command("gunicorn");
            command.args([
                "--workers",
                "1",
                "--worker-class",
                "gthread",
                "--threads",
                "4",
            ]);
            command.args(["--timeout", "300", "--access-logfile", "-"]);
            command.args([
                "--bind",
                &format!("127.0.0.1:{port}"),
                "airflow.www.app:cached_app()",
            ]);
            command.env(
                "AIRFLOW__WEBSERVER__BASE_URL",
                format!("http://127.0.0.1:{port}"),
            );
            command
        } else {
            let mut command = self.command("airflow");
            command.args([
                "api-server",
                "--host",
                "127.0.0.1",
                "--port",
                &port.to_string(),
            ]);
            command.env("AIRFLOW__API__BASE_URL", format!("http://127.0.0.1:{port}"));
            command
        };
        let lab = root().join("xtask/lab");
        match variant {
            Variant::Plain => {}
            Variant::RateLimited { requests, seconds } => {
                command.env("RATE_LIMIT", requests.to_string());
                command.env("RATE_LIMIT_WINDOW", seconds.to_string());
                let config = lab.join("webserver_rate_limit.py");
                command.env("AIRFLOW__WEBSERVER__CONFIG_FILE", config);
                command.env("AIRFLOW__CORE__PLUGINS_FOLDER", lab.join("rate_limit"));
            }
            Variant::ShortTokens { seconds } => {
                command.env(
                    "AIRFLOW__API_AUTH__JWT_EXPIRATION_TIME",
                    seconds.to_string(),
                );
            }
            Variant::SimpleAuth => {
                let manager = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager";
                command.env("AIRFLOW__CORE__AUTH_MANAGER", manager);
                command.env("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS", "True");
            }
        }
        command
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.venv.bin(program));
        command
            .current_dir(&self.home)
            .env("PATH", self.venv.path())
            .env("AIRFLOW_HOME", &self.home)
            .env("PYTHONWARNINGS", "ignore")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
            .env("AIRFLOW__CORE__DAGS_FOLDER", dags_dir())
            .env(
                "AIRFLOW__CORE__PLUGINS_FOLDER",
                root().join("xtask/lab/plugins"),
            )
            .env("AIRFLOW__CORE__TEST_CONNECTION", "Enabled")
            .env("AIRFLOW__CORE__FERNET_KEY", "")
            .env(
                "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
                format!("sqlite:///{}?timeout=60", self.database().display()),
            )
            .envs(self.release.settings());
        command
    }

    /// Returns the log file of a server's output. For a plain server, this is also its request log.
    pub(crate) fn log(&self, what: &str) -> PathBuf {
        self.home.join(format!("{what}.log"))
    }
}

/// Returns the folder of the fixture DAGs.
fn dags_dir() -> PathBuf {
    root().join("xtask/lab/dags")
}

impl Variant {
    /// Returns the name of the variant, also used for its log.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Plain => "server",
            Self::RateLimited { .. } => "server-rate-limited",
            Self::ShortTokens { .. } => "server-short-tokens",
            Self::SimpleAuth => "server-simple-auth",
        }
    }
}

impl Server {
    fn wait_until_healthy(&mut self, health: &str, log: &Path) -> Result<()> {
        let url = format!("{}{health}", self.url);
        let deadline = Instant::now() + Duration::from_secs(240);
        while Instant::now() < deadline {
            if is_healthy(&url) {
                return Ok(());
            }
            if let Some(status) = self.process.ended()? {
                bail!("the server ended ({status}); see {}", log.display());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        bail!("no answer from {url} in 240 s; see {}", log.display())
    }
}

fn is_healthy(url: &str) -> bool {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(10)))
        .build()
        .into();
    let text = agent
        .get(url)
        .call()
        .and_then(|mut answer| answer.body_mut().read_to_string());
    text.is_ok_and(|text| text.contains("\"metadatabase\""))
}

/// `cargo xtask airflow up`: starts a server that keeps running, on a fixed port (28082 or 28083 by default).
pub(crate) fn up(major: u8, port: Option<u16>, seed: bool) -> Result<String> {
    let airflow = Airflow::prepare(release(major)?, &major.to_string(), false)?;
    let port = port.unwrap_or(28080 + u16::from(major));
    let url = format!("http://127.0.0.1:{port}");
    if running_pid(&airflow.home).is_some()
        && is_healthy(&format!("{url}{}", airflow.release.health()))
    {
        eprintln!("  ok     Airflow {} is running", airflow.release.version);
    } else {
        down(major)?;
        let server = airflow.start(Variant::Plain, Some(port))?;
        std::fs::write(pid_file(&airflow.home), server.process.detach().to_string())?;
    }
    if seed {
        airflow.seed(&[("users", 5000), ("roles", 300)])?;
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
    std::fs::remove_file(pid_file(&home))?;
    Ok(true)
}

fn pid_file(home: &Path) -> PathBuf {
    home.join("server.pid")
}

/// Returns the process ID of the server that `up` started, if the process still is this server: the system reuses IDs.
fn running_pid(home: &Path) -> Option<u32> {
    let pid: u32 = std::fs::read_to_string(pid_file(home))
        .ok()?
        .trim()
        .parse()
        .ok()?;
    let command = Command::new("ps")
        .args(["-o", "command=", "-p", &pid.to_string()])
        .output()
        .ok()?;
    let command = String::from_utf8_lossy(&command.stdout).into_owned();
    (is_alive(pid) && command.contains("airflow")).then_some(pid)
}
