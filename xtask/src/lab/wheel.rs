//! Downloads released Python packages with pip, from the index for which pip is configured, and reads files in them.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use fs_err as fs;
use pep440_rs::Version;
use zip::ZipArchive;

use super::{empty_folder, index, lab_dir, step};

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
        empty_folder(&unfinished)?;
        // The package is only read, never run, so that its version of Python is irrelevant.
        let download = "download --no-deps --only-binary=:all: --ignore-requires-python";
        let mut pip = index::pip(download)?;
        pip.current_dir(&unfinished).arg(&release);
        index::run(&mut pip, &release)?;
        Ok(fs::rename(&unfinished, &dir)?)
    })?;
    wheel_in(&dir).with_context(|| format!("{release} has no wheel"))
}

fn wheel_in(dir: &Path) -> Option<PathBuf> {
    let files = fs::read_dir(dir).ok()?;
    let mut paths = files.filter_map(|file| Some(file.ok()?.path()));
    paths.find(|path| path.extension().is_some_and(|end| end == "whl"))
}

/// Returns the path and text of an OpenAPI document in a wheel. Some releases moved their document: if the path does not exist, the only file with this name is used, with any version prefix (`v1-`, `v2-`).
pub(crate) fn document(wheel: &Path, path: &str) -> Result<(String, String)> {
    let name = wheel.file_name().unwrap_or_default().to_string_lossy();
    let mut archive = ZipArchive::new(fs::File::open(wheel)?);
    let archive = archive
        .as_mut()
        .map_err(|error| anyhow!("cannot read {name}: {error}"))?;
    let names = archive.file_names();
    let members: Vec<String> = names
        .map(|name| Ok(name?.into_owned()))
        .collect::<Result<_>>()?;
    let path = locate(&members, path)
        .map_err(|found| anyhow!("{name} does not contain {path}; {found}"))?;
    let mut text = String::new();
    let mut member = archive.by_name(&path)?;
    member
        .read_to_string(&mut text)
        .with_context(|| format!("cannot read {path} in {name}"))?;
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
        return Err(format!("several files have this name: {}", list.join(", ")));
    }
    let is_document = |it: &&String| it.contains("openapi") && it.ends_with(".yaml");
    let documents: Vec<&str> = members
        .iter()
        .filter(is_document)
        .map(String::as_str)
        .collect();
    Err(match documents.as_slice() {
        [] => "it contains no OpenAPI document".to_owned(),
        found => format!(
            "possible documents are {}; set `path` to the right one",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_moved_document_is_found() {
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
                Err("several files have this name: a/v1-rest.yaml, b/v3-rest.yaml"),
            ),
            (
                &["b/v2-rest.yaml", "c/v2-rest.yaml"],
                Err("several files have this name: b/v2-rest.yaml, c/v2-rest.yaml"),
            ),
            (
                &["a/openapi/_private.yaml", "a/x.yaml"],
                Err("possible documents are a/openapi/_private.yaml; set `path` to the right one"),
            ),
            (&["a/x.py"], Err("it contains no OpenAPI document")),
        ];
        for (names, expected) in rows {
            let found = locate(&members(names), path);
            assert_eq!(found.as_deref().map_err(String::as_str), expected);
        }
    }
}
