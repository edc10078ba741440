//! Queries only the package index for which pip is configured.

use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};
use pep440_rs::Version;
use serde::Deserialize;

use super::python;
use crate::command::{command, output};
use crate::release::stable;

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
    let arguments = format!("index versions --ignore-requires-python {package}");
    let releases = versions(&run(&mut pip(&arguments)?, package)?);
    if releases.is_empty() {
        bail!("the package index lists no stable release of {package}");
    }
    Ok(releases)
}

/// Reads the stable versions from the output of `pip index versions`.
fn versions(text: &str) -> Vec<Version> {
    let mut lines = text.lines();
    let listed = lines.find_map(|line| line.strip_prefix("Available versions:"));
    let listed = listed.into_iter().flat_map(|line| line.split(','));
    listed.filter_map(|it| stable(it.trim()).ok()).collect()
}

/// Returns the wheel of a release with the checksum in the index.
pub(crate) fn wheel(package: &str, version: &Version) -> Result<Wheel> {
    let release = format!("{package}=={version}");
    let arguments = format!(
        "install --dry-run --ignore-installed --no-deps --only-binary=:all: --ignore-requires-python --quiet --report - {release}"
    );
    let report: Report = serde_json::from_str(&run(&mut pip(&arguments)?, &release)?)
        .with_context(|| format!("cannot read pip's report about {release}"))?;
    let file = report.install.into_iter().next().map(|it| it.download_info);
    let file = file.with_context(|| format!("pip reports no file of {release}"))?;
    let name = file.url.rsplit('/').next().unwrap_or_default().to_owned();
    let sha256 = file.archive_info.hashes.sha256;
    let sha256 = sha256.with_context(|| {
        format!("the package index has no SHA-256 of {name}, so the file cannot be verified")
    })?;
    Ok(Wheel { name, sha256 })
}

/// Part of the output of `pip install --report` that is used here.
#[derive(Deserialize)]
struct Report {
    install: Vec<InstalledPackage>,
}

#[derive(Deserialize)]
struct InstalledPackage {
    download_info: Download,
}

#[derive(Deserialize)]
struct Download {
    url: String,
    #[serde(default)]
    archive_info: Archive,
}

#[derive(Default, Deserialize)]
struct Archive {
    #[serde(default)]
    hashes: Hashes,
}

#[derive(Default, Deserialize)]
struct Hashes {
    sha256: Option<String>,
}

/// Makes a command of pip. The arguments are separated by spaces.
pub(super) fn pip(arguments: &str) -> Result<Command> {
    let mut pip = command(
        python::pip_python()?,
        "-m pip --disable-pip-version-check --no-input",
    );
    pip.args(arguments.split(' '));
    Ok(pip)
}

/// Runs pip and returns its output. `wanted` is what the index is asked for.
pub(super) fn run(pip: &mut Command, wanted: &str) -> Result<String> {
    output(pip).map_err(|error| anyhow!(explained(&format!("{error:#}"), wanted)))
}

/// Explains why pip failed. Either the index does not have the release, or the index cannot be reached; in this case, pip first prints that it retries, and why.
fn explained(errors: &str, wanted: &str) -> String {
    let unreachable = [
        "Retrying (",
        "Max retries exceeded",
        "Temporary failure in name resolution",
    ];
    if unreachable.iter().any(|text| errors.contains(text)) {
        return format!(
            "cannot reach the package index that pip is configured for (asked for {wanted}); without a network, all commands but `spec` and `history` work"
        );
    }
    let error = errors.lines().rfind(|line| line.starts_with("ERROR:"));
    let error = error.or(errors.trim().lines().last());
    let error = error.unwrap_or("pip reports no reason");
    format!("{wanted} is not available in the package index that pip is configured for: {error}")
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
    fn failures_of_pip_are_explained() {
        let rows = [
            (
                "WARNING: Retrying (Retry(total=4, ..)) after connection broken by 'NewConnectionError'\nERROR: No matching distribution found for p\n",
                "cannot reach the package index that pip is configured for (asked for p==1); without a network, all commands but `spec` and `history` work",
            ),
            (
                "ERROR: Could not find a version that satisfies the requirement p==1 (from versions: 2)\nERROR: No matching distribution found for p==1\n",
                "p==1 is not available in the package index that pip is configured for: ERROR: No matching distribution found for p==1",
            ),
        ];
        for (errors, expected) in rows {
            assert_eq!(explained(errors, "p==1"), expected);
        }
    }
}
