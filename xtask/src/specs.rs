//! Reads the inputs of the tools: everything in `specs/`, with each document as it was published.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, bail};
use codegen::Input;
use fs_err as fs;
use sha2::{Digest, Sha256};

use crate::lock::{self, LOCK, Source};

/// Files that are read if they exist.
const FILES: &[&str] = &[
    "apis.yaml",
    "corrections.yaml",
    "excluded.yaml",
    "history.yaml",
    "presets.yaml",
];
/// Folders whose files are read.
const FOLDERS: &[&str] = &["tools", "openapi"];
/// History of the releases.
pub(crate) const HISTORY: &str = "specs/history.yaml";

/// Reads `specs/`. A document that was edited by hand is an error, because mistakes of documents are corrected in `corrections.yaml`.
pub(crate) fn read(root: &Path) -> Result<Vec<Input>> {
    let inputs = load(root)?;
    let wrong = diagnostics(root, &inputs)?;
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    Ok(inputs)
}

/// Reads the `specs/` of another member of the workspace, whose documents have no published source. The paths are relative to the workspace.
pub(crate) fn read_member(root: &Path, member: &str) -> Result<Vec<Input>> {
    load_in(root, &format!("{member}/specs"))
}

/// Reads `specs/` without checking its documents.
pub(crate) fn load(root: &Path) -> Result<Vec<Input>> {
    load_in(root, "specs")
}

fn load_in(root: &Path, specs: &str) -> Result<Vec<Input>> {
    let read = |path: String| {
        let text = fs::read_to_string(root.join(&path))?;
        Ok(Input { path, text })
    };
    paths(root, specs)?.into_iter().map(read).collect()
}

/// Returns the inconsistencies between the files.
pub(crate) fn diagnostics(root: &Path, inputs: &[Input]) -> Result<Vec<String>> {
    let sources = sources(root)?;
    let mut wrong = differences(inputs, &sources);
    wrong.extend(outdated(inputs, &sources)?);
    Ok(wrong)
}

/// Returns whether a path in `specs/` is one of the files that are read.
pub(crate) fn is_read(path: &str) -> bool {
    let Some(path) = path.strip_prefix("specs/") else {
        return false;
    };
    let in_folder = |folder: &&str| {
        let name = path
            .strip_prefix(*folder)
            .and_then(|it| it.strip_prefix('/'));
        name.is_some_and(|name| !name.contains('/') && name.ends_with(".yaml"))
    };
    FILES.contains(&path) || FOLDERS.iter().any(in_folder)
}

/// Returns the files, sorted by name. Any other file in their folders is an error, because its author expects it to be read.
fn paths(root: &Path, specs: &str) -> Result<Vec<String>> {
    let base = root.join(specs);
    let files = FILES.iter().filter(|file| base.join(file).is_file());
    let mut paths: Vec<String> = files.map(|file| format!("{specs}/{file}")).collect();
    for folder in FOLDERS {
        for entry in fs::read_dir(base.join(folder))? {
            let name = entry?.file_name();
            let name = name.to_string_lossy();
            // Editors keep such files beside the edited one.
            if name.starts_with('.') || name.ends_with('~') {
                continue;
            }
            if !name.ends_with(".yaml") {
                bail!(
                    "{specs}/{folder}/{name}: only files with the extension .yaml are read; rename or move this file"
                );
            }
            paths.push(format!("{specs}/{folder}/{name}"));
        }
    }
    paths.sort();
    Ok(paths)
}

/// Returns the source of each document.
pub(crate) fn sources(root: &Path) -> Result<Vec<Source>> {
    lock::read(&fs::read_to_string(root.join(LOCK))?)
}

/// Reports documents for which `history.yaml` does not compare the releases in `sources.lock`. Additions of releases that were not compared would count as old.
fn outdated(inputs: &[Input], sources: &[Source]) -> Result<Vec<String>> {
    let Some(input) = inputs.iter().find(|input| input.path == HISTORY) else {
        return Ok(Vec::new());
    };
    let compared = codegen::history::read(&input.path, &input.text)
        .map_err(|errors| crate::generate::report(&errors, "nothing is generated"))?;
    let outdated = sources.iter().filter(|source| !source.older().is_empty());
    let outdated = outdated.filter(|source| {
        let releases = source.older().iter().chain([&source.version]);
        let releases: Vec<String> = releases.map(ToString::to_string).collect();
        let found = compared.iter().find(|it| it.document == source.name);
        found.is_none_or(|it| it.releases != releases)
    });
    let messages = outdated.map(|source| {
        format!(
            "{HISTORY}: the releases of {} are not those in {LOCK}; run `cargo xtask history`",
            source.name
        )
    });
    Ok(messages.collect())
}

/// Reports documents that differ from those in `sources.lock`.
fn differences(inputs: &[Input], sources: &[Source]) -> Vec<String> {
    let mut expected: BTreeMap<String, &str> = sources
        .iter()
        .map(|source| (source.file(), source.sha256.as_str()))
        .collect();
    let mut wrong = Vec::new();
    for input in inputs {
        if !input.path.starts_with("specs/openapi/") {
            continue;
        }
        match expected.remove(&input.path) {
            None => wrong.push(format!("{}: the document is not in {LOCK}; add its source", input.path)),
            Some(checksum) if checksum != sha256(&input.text) => wrong.push(format!(
                "{}: the document differs from the published one in {LOCK}; undo the change, and correct the document in specs/corrections.yaml",
                input.path
            )),
            Some(_) => {}
        }
    }
    let missing = expected.into_keys();
    wrong.extend(missing.map(|path| format!("{LOCK}: the file {path} does not exist")));
    wrong
}

/// Returns a SHA-256 checksum in hexadecimal digits.
pub(crate) fn sha256(content: impl AsRef<[u8]>) -> String {
    let digest = Sha256::digest(content);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_read_or_rejected() {
        let root = std::env::temp_dir().join(format!("xtask-specs-{}", std::process::id()));
        for path in [
            "apis.yaml",
            "openapi/b.yaml",
            "tools/a.yaml",
            "tools/.a.yaml.swp",
            "tools/a.yaml~",
        ] {
            let path = root.join("specs").join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"\xff").unwrap();
        }
        let expected = [
            "specs/apis.yaml",
            "specs/openapi/b.yaml",
            "specs/tools/a.yaml",
        ];
        assert_eq!(paths(&root, "specs").unwrap(), expected);
        std::fs::write(root.join("specs/tools/c.yml"), "").unwrap();
        assert_eq!(
            paths(&root, "specs").unwrap_err().to_string(),
            "specs/tools/c.yml: only files with the extension .yaml are read; rename or move this file"
        );
        std::fs::remove_dir_all(root).unwrap();
    }

    const SHOP: &str = "[[document]]\nname = \"shop\"\npackage = \"p\"\nfrom = \"1\"\nbefore = \"2\"\nversion = \"1.2.3\"\nwheel = \"w\"\nwheel_sha256 = \"\"\npath = \"shop.yaml\"\n";

    #[test]
    fn the_history_is_that_of_the_documents() {
        let lock = format!("{SHOP}sha256 = \"\"\nolder = [\"1.0.1\", \"1.1.0\"]\n");
        let sources = lock::read(&lock).unwrap();
        let outdated_text = "specs/history.yaml: the releases of shop are not those in specs/sources.lock; run `cargo xtask history`";
        let rows = [
            (
                "history: [{document: shop, releases: ['1.0.1', '1.1.0', '1.2.3'], operations: []}]",
                "",
            ),
            (
                "history: [{document: shop, releases: ['1.0.1', '1.1.0', '1.2.2'], operations: []}]",
                outdated_text,
            ),
            ("history: []", outdated_text),
        ];
        for (text, expected) in rows {
            let input = Input {
                path: HISTORY.to_owned(),
                text: text.to_owned(),
            };
            assert_eq!(
                outdated(&[input], &sources).unwrap().join("\n"),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn documents_must_be_as_published() {
        // The checksum of "text".
        let checksum = "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1";
        let lock = format!("{SHOP}sha256 = \"{checksum}\"\n");
        let sources = lock::read(&lock).unwrap();
        let input = |path: &str, text: &str| Input {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        let rows = [
            (
                vec![
                    input("specs/openapi/shop.yaml", "text"),
                    input("specs/apis.yaml", ""),
                ],
                "",
            ),
            (
                vec![input("specs/openapi/shop.yaml", "changed")],
                "specs/openapi/shop.yaml: the document differs from the published one in specs/sources.lock; undo the change, and correct the document in specs/corrections.yaml",
            ),
            (
                vec![
                    input("specs/openapi/shop.yaml", "text"),
                    input("specs/openapi/new.yaml", ""),
                ],
                "specs/openapi/new.yaml: the document is not in specs/sources.lock; add its source",
            ),
            (
                vec![],
                "specs/sources.lock: the file specs/openapi/shop.yaml does not exist",
            ),
        ];
        for (inputs, expected) in rows {
            assert_eq!(differences(&inputs, &sources).join("\n"), expected);
        }
    }
}
