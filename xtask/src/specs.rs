//! What tools are made from: everything in `specs/`, each published document as it was published.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use codegen::Input;
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// Files that are read if they are there.
const FILES: &[&str] = &["apis.yaml", "excluded.yaml", "corrections.yaml"];
/// Folders whose files are read.
const FOLDERS: &[&str] = &["tools", "openapi"];
/// Where each document comes from.
const LOCK: &str = "specs/sources.lock";

/// Reads `specs/`. A document that was changed by hand is an error: what is wrong in it belongs into `corrections.yaml`.
pub(crate) fn read(root: &Path) -> Result<Vec<Input>> {
    let inputs = paths(root)?
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(root.join(&path))
                .with_context(|| format!("read {path}"))?;
            Ok(Input { path, text })
        })
        .collect::<Result<Vec<Input>>>()?;
    let lock = std::fs::read_to_string(root.join(LOCK)).with_context(|| format!("read {LOCK}"))?;
    let wrong = differences(&inputs, &lock)?;
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    Ok(inputs)
}

/// The files, in the order of their names. One in their folders that is none of them is an error: its author thinks that it is read.
fn paths(root: &Path) -> Result<Vec<String>> {
    let specs = root.join("specs");
    let files = FILES.iter().filter(|file| specs.join(file).is_file());
    let mut paths: Vec<String> = files.map(|file| format!("specs/{file}")).collect();
    for folder in FOLDERS {
        let listing = std::fs::read_dir(specs.join(folder))
            .with_context(|| format!("read the folder specs/{folder}"))?;
        for entry in listing {
            let name = entry?.file_name();
            let name = name.to_string_lossy();
            // What editors keep beside the file that is edited.
            if name.starts_with('.') || name.ends_with('~') {
                continue;
            }
            if !name.ends_with(".yaml") {
                bail!(
                    "specs/{folder}/{name}: only files that end with .yaml are read here; rename or move it"
                );
            }
            paths.push(format!("specs/{folder}/{name}"));
        }
    }
    paths.sort();
    Ok(paths)
}

/// `sources.lock`
#[derive(Deserialize)]
struct Lock {
    document: Vec<Source>,
}

/// A document and the checksum it was published with.
#[derive(Deserialize)]
struct Source {
    name: String,
    sha256: String,
}

/// In what the documents are not those of `sources.lock`.
fn differences(inputs: &[Input], lock: &str) -> Result<Vec<String>> {
    let lock: Lock = toml::from_str(lock).with_context(|| format!("read {LOCK}"))?;
    let mut expected: BTreeMap<String, String> = lock
        .document
        .into_iter()
        .map(|source| (format!("specs/openapi/{}.yaml", source.name), source.sha256))
        .collect();
    let mut wrong = Vec::new();
    for input in inputs {
        if !input.path.starts_with("specs/openapi/") {
            continue;
        }
        match expected.remove(&input.path) {
            None => wrong.push(format!("{}: not in {LOCK}", input.path)),
            Some(checksum) if checksum != sha256(&input.text) => wrong.push(format!(
                "{}: not the document that {LOCK} names; undo the change, and correct the document in specs/corrections.yaml",
                input.path
            )),
            Some(_) => {}
        }
    }
    let missing = expected.into_keys();
    wrong.extend(missing.map(|path| format!("{LOCK}: there is no file {path}")));
    Ok(wrong)
}

fn sha256(text: &str) -> String {
    use std::fmt::Write as _;
    let digest = Sha256::digest(text);
    digest.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_read_or_refused() {
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
        assert_eq!(paths(&root).unwrap(), expected);
        std::fs::write(root.join("specs/tools/c.yml"), "").unwrap();
        assert_eq!(
            paths(&root).unwrap_err().to_string(),
            "specs/tools/c.yml: only files that end with .yaml are read here; rename or move it"
        );
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn documents_are_those_that_were_published() {
        // The checksum of "text".
        let checksum = "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1";
        let lock = format!("[[document]]\nname = \"shop\"\nsha256 = \"{checksum}\"\n");
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
                "specs/openapi/shop.yaml: not the document that specs/sources.lock names; undo the change, and correct the document in specs/corrections.yaml",
            ),
            (
                vec![
                    input("specs/openapi/shop.yaml", "text"),
                    input("specs/openapi/new.yaml", ""),
                ],
                "specs/openapi/new.yaml: not in specs/sources.lock",
            ),
            (
                vec![],
                "specs/sources.lock: there is no file specs/openapi/shop.yaml",
            ),
        ];
        for (inputs, expected) in rows {
            assert_eq!(differences(&inputs, &lock).unwrap().join("\n"), expected);
        }
    }
}
