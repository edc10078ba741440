//! Downloads released Python packages with pip, from the index for which pip is configured, and reads files in them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::release::Version;

use super::{index, lab_dir, python, run_logged, step};

/// Downloads the wheel of a release once. pip verifies the wheel against the checksum in the index.
pub(crate) fn download(package: &str, version: &Version) -> Result<PathBuf> {
    let dir = lab_dir()
        .join("wheels")
        .join(format!("{package}-{version}"));
    if let Some(wheel) = wheel_in(&dir) {
        return Ok(wheel);
    }
    let release = format!("{package}=={version}");
    step(&format!("download {release}"), || {
        // A folder gets its final name only after a complete download.
        let unfinished = dir.with_extension("part");
        if unfinished.exists() {
            std::fs::remove_dir_all(&unfinished)?;
        }
        let mut pip = Command::new(python::pip_python()?);
        pip.args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:"])
            // The package is only read, never run.
            .arg("--ignore-requires-python")
            .args(["--disable-pip-version-check", "--dest"])
            .arg(&unfinished)
            .arg(&release);
        let log = lab_dir().join(format!("logs/download-{package}.log"));
        run_logged(&mut pip, &log)
            .map_err(|error| anyhow::anyhow!(index::refusal(&format!("{error:#}"), &release)))?;
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

/// Returns the path and text of an OpenAPI document in a wheel. Some releases moved their document: if the path does not exist, the only file with this name is used, with any version prefix (`v1-`, `v2-`).
pub(crate) fn document(wheel: &Path, path: &str) -> Result<(String, String)> {
    let path = locate(&members(wheel)?, path).map_err(|found| {
        let name = wheel.file_name().unwrap_or_default().to_string_lossy();
        anyhow::anyhow!("{name} has no {path}; {found}")
    })?;
    let text = member(wheel, &path)?;
    Ok((path, text))
}

/// Returns the current path of a document that was at `path`. The error lists similar files.
fn locate(members: &[String], path: &str) -> Result<String, String> {
    if members.iter().any(|it| it == path) {
        return Ok(path.to_owned());
    }
    let named = |is: &dyn Fn(&str) -> bool| -> Vec<&String> {
        let of = members.iter();
        of.filter(|it| is(file_name(it))).collect()
    };
    let wanted = file_name(path);
    let same = named(&|name| name == wanted);
    let alike = named(&|name| without_version(name) == without_version(wanted));
    match (same.as_slice(), alike.as_slice()) {
        ([only], _) | ([], [only]) => return Ok((*only).clone()),
        _ => {}
    }
    let several = if same.is_empty() { alike } else { same };
    if !several.is_empty() {
        let list: Vec<&str> = several.iter().map(|it| it.as_str()).collect();
        return Err(format!("several have its name: {}", list.join(", ")));
    }
    let is_document = |it: &&String| it.contains("openapi") && it.ends_with(".yaml");
    let documents: Vec<&str> = members
        .iter()
        .filter(is_document)
        .map(String::as_str)
        .collect();
    Err(match documents.as_slice() {
        [] => "there is no OpenAPI document in it".to_owned(),
        found => format!(
            "what looks like one is {}; put the right one into `path`",
            found.join(", ")
        ),
    })
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Removes the version prefix: `v2-rest-api.yaml` -> `-rest-api.yaml`.
fn without_version(name: &str) -> &str {
    let rest = name.strip_prefix('v').unwrap_or(name);
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    if rest.starts_with('-') { rest } else { name }
}

/// Returns the names of the files in a wheel.
fn members(wheel: &Path) -> Result<Vec<String>> {
    let list = "import sys, zipfile; print(*zipfile.ZipFile(sys.argv[1]).namelist(), sep='\\n')";
    let text = python(list, wheel, None)?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// Returns the text of a file in a wheel.
fn member(wheel: &Path, path: &str) -> Result<String> {
    let read = "import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))";
    python(read, wheel, Some(path)).with_context(|| format!("read {path}"))
}

/// Runs a line of Python on a wheel and returns its output.
fn python(code: &str, wheel: &Path, argument: Option<&str>) -> Result<String> {
    let output = Command::new(python::pip_python()?)
        .args(["-c", code])
        .arg(wheel)
        .args(argument)
        .output()
        .context("start Python")?;
    let name = wheel.file_name().unwrap_or_default().to_string_lossy();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.trim().lines().last().unwrap_or_default();
        bail!("{name} cannot be read: {last}");
    }
    String::from_utf8(output.stdout).with_context(|| format!("what is in {name} is no text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_that_moved_is_found_and_no_other_is() {
        let members = |names: &[&str]| -> Vec<String> {
            names.iter().map(|name| (*name).to_owned()).collect()
        };
        let path = "a/openapi/v2-rest.yaml";
        let rows: [(&[&str], Result<&str, &str>); 7] = [
            (&[path, "b/v2-rest.yaml"], Ok(path)),
            (&["b/v2-rest.yaml", "a/v1-rest.yaml"], Ok("b/v2-rest.yaml")),
            (&["a/openapi/v1-rest.yaml"], Ok("a/openapi/v1-rest.yaml")),
            (
                &["a/v1-rest.yaml", "b/v3-rest.yaml"],
                Err("several have its name: a/v1-rest.yaml, b/v3-rest.yaml"),
            ),
            (
                &["b/v2-rest.yaml", "c/v2-rest.yaml"],
                Err("several have its name: b/v2-rest.yaml, c/v2-rest.yaml"),
            ),
            (
                &["a/openapi/_private.yaml", "a/x.yaml"],
                Err(
                    "what looks like one is a/openapi/_private.yaml; put the right one into `path`",
                ),
            ),
            (&["a/x.py"], Err("there is no OpenAPI document in it")),
        ];
        for (names, expected) in rows {
            let found = locate(&members(names), path);
            assert_eq!(found.as_deref().map_err(String::as_str), expected);
        }
    }
}
