//! Released Python packages, downloaded with pip from whatever index it is configured for, and the files in them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{lab_dir, python, run_logged, step};

/// The wheel of a release, downloaded once. pip verifies it against the checksum that the index gives.
pub(crate) fn download(package: &str, version: &str) -> Result<PathBuf> {
    let dir = lab_dir()
        .join("wheels")
        .join(format!("{package}-{version}"));
    if let Some(wheel) = wheel_in(&dir) {
        return Ok(wheel);
    }
    let release = format!("{package}=={version}");
    step(&format!("download {release}"), || {
        // Only what came whole has its final name.
        let unfinished = dir.with_extension("part");
        if unfinished.exists() {
            std::fs::remove_dir_all(&unfinished)?;
        }
        let mut pip = Command::new(python::pip_python()?);
        pip.args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:"])
            // It is read, not run.
            .arg("--ignore-requires-python")
            .args(["--disable-pip-version-check", "--dest"])
            .arg(&unfinished)
            .arg(&release);
        let log = lab_dir().join(format!("logs/download-{package}.log"));
        run_logged(&mut pip, &log).with_context(|| {
            format!("{release} cannot be had from the package index that pip is configured for")
        })?;
        std::fs::rename(&unfinished, &dir)?;
        Ok(())
    })?;
    wheel_in(&dir).with_context(|| format!("{release} has no wheel"))
}

fn wheel_in(dir: &Path) -> Option<PathBuf> {
    let files = std::fs::read_dir(dir).ok()?;
    let mut paths = files.filter_map(|file| Some(file.ok()?.path()));
    paths.find(|path| path.extension().is_some_and(|end| end == "whl"))
}

/// The text of a file in a wheel.
pub(crate) fn member(wheel: &Path, path: &str) -> Result<String> {
    let read = "import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))";
    let output = Command::new(python::pip_python()?)
        .args(["-c", read])
        .arg(wheel)
        .arg(path)
        .output()
        .context("start Python")?;
    let name = wheel.file_name().unwrap_or_default().to_string_lossy();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.trim().lines().last().unwrap_or_default();
        bail!("{path} cannot be read from {name}: {last}");
    }
    String::from_utf8(output.stdout).with_context(|| format!("{path} in {name} is no text"))
}
