//! Queries only the package index for which pip is configured.

use std::process::{Command, Output};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::python;
use crate::release::Version;

/// Release file in the package index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wheel {
    /// File name.
    pub(crate) name: String,
    /// SHA-256 checksum of the file.
    pub(crate) sha256: String,
}

/// Returns all stable releases of a package.
pub(crate) fn releases(package: &str) -> Result<Vec<Version>> {
    let mut pip = pip()?;
    pip.args(["index", "versions", "--ignore-requires-python", package]);
    let output = run(&mut pip, package)?;
    let text = String::from_utf8_lossy(&output.stdout);
    let releases = versions(&text);
    if releases.is_empty() {
        bail!("the package index tells no release of {package}");
    }
    Ok(releases)
}

/// Reads the versions from the output of `pip index versions`.
fn versions(text: &str) -> Vec<Version> {
    let mut lines = text.lines();
    let listed = lines.find_map(|line| line.strip_prefix("Available versions:"));
    let listed = listed.into_iter().flat_map(|line| line.split(','));
    listed.filter_map(|it| it.trim().parse().ok()).collect()
}

/// Returns the wheel of a release with the checksum in the index.
pub(crate) fn wheel(package: &str, version: &Version) -> Result<Wheel> {
    let release = format!("{package}=={version}");
    let mut pip = pip()?;
    pip.args(["install", "--dry-run", "--ignore-installed", "--no-deps"])
        .args(["--only-binary=:all:", "--ignore-requires-python"])
        .args(["--quiet", "--report", "-", &release]);
    let output = run(&mut pip, &release)?;
    let report: Report = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("read what pip reports about {release}"))?;
    let file = report.install.into_iter().next().map(|it| it.download_info);
    let file = file.with_context(|| format!("pip reports no file of {release}"))?;
    let name = file.url.rsplit('/').next().unwrap_or_default().to_owned();
    let sha256 = file
        .archive_info
        .and_then(|it| it.hashes)
        .map(|it| it.sha256);
    let sha256 = sha256.with_context(|| {
        format!("the package index tells no SHA-256 of {name}, so it cannot be verified")
    })?;
    Ok(Wheel { name, sha256 })
}

/// Part of the output of `pip install --report` that is used here.
#[derive(Deserialize)]
struct Report {
    install: Vec<Installed>,
}

#[derive(Deserialize)]
struct Installed {
    download_info: Download,
}

#[derive(Deserialize)]
struct Download {
    url: String,
    archive_info: Option<Archive>,
}

#[derive(Deserialize)]
struct Archive {
    hashes: Option<Hashes>,
}

#[derive(Deserialize)]
struct Hashes {
    sha256: String,
}

fn pip() -> Result<Command> {
    let mut pip = Command::new(python::pip_python()?);
    pip.args(["-m", "pip", "--disable-pip-version-check", "--no-input"]);
    Ok(pip)
}

fn run(pip: &mut Command, what: &str) -> Result<Output> {
    let output = pip.output().context("start pip")?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    bail!("{}", refusal(&said, what))
}

/// Explains why pip failed. Either the index does not have the release, or the index cannot be reached; in this case, pip first prints that it retries, and why.
pub(super) fn refusal(said: &str, what: &str) -> String {
    let unreachable = [
        "Retrying (",
        "Max retries exceeded",
        "Temporary failure in name resolution",
    ];
    if unreachable.iter().any(|sign| said.contains(sign)) {
        return format!(
            "the package index that pip is configured for cannot be reached (asked for {what}); with no network, everything but `spec` and `history` works"
        );
    }
    let error = said.lines().rfind(|line| line.starts_with("ERROR:"));
    let error = error
        .or(said.trim().lines().last())
        .unwrap_or("it says nothing");
    format!("{what} cannot be had from the package index that pip is configured for: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stable_releases_are_read() {
        let text = "p (3.3.2)\nAvailable versions: 3.3.2, 3.3.0rc1, 3.2.10, 1.10.9-bin\n  INSTALLED: 3.2.10\n";
        let found: Vec<String> = versions(text).iter().map(Version::to_string).collect();
        assert_eq!(found, ["3.3.2", "3.2.10"]);
        assert_eq!(versions("p (1)\n"), []);
    }

    #[test]
    fn pip_tells_why() {
        let rows = [
            (
                "WARNING: Retrying (Retry(total=4, ..)) after connection broken by 'NewConnectionError'\nERROR: No matching distribution found for p\n",
                "the package index that pip is configured for cannot be reached (asked for p==1); with no network, everything but `spec` and `history` works",
            ),
            (
                "ERROR: Could not find a version that satisfies the requirement p==1 (from versions: 2)\nERROR: No matching distribution found for p==1\n",
                "p==1 cannot be had from the package index that pip is configured for: ERROR: No matching distribution found for p==1",
            ),
        ];
        for (said, expected) in rows {
            assert_eq!(refusal(said, "p==1"), expected);
        }
    }
}
