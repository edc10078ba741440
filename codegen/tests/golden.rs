//! Golden cases: each folder of `golden/` contains the specs and the files that are expected from them.
//!
//! To add a case, create a folder with `specs/` and run the test once with `UPDATE_EXPECT=1`. `tests/tests/schemas.rs`, which can use the runtime, checks that the expected Rust compiles and that the compiled tools have the expected schemas.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::rustfmt::rustfmt;
use mcp_codegen::Input;
use mcp_codegen::emit::emit;
use similar::TextDiff;

/// Files by path.
type Files = BTreeMap<String, String>;

#[test]
fn specs_become_what_is_expected() {
    let mut expected = Files::new();
    let mut actual = Files::new();
    let mut modules = String::new();
    let mut list = String::new();
    for case in cases() {
        let name = case.file_name().unwrap().to_str().unwrap();
        let outcome = outcome(&read(&case, "specs"));
        if outcome.contains_key("generated/src/lib.rs") {
            modules +=
                &format!("\n#[path = \"{name}/expected/generated/src/lib.rs\"]\npub mod {name};\n");
            list += &format!("    (\"{name}\", {name}::APIS),\n");
        }
        let path = |file: &str| format!("{name}/expected/{file}");
        actual.extend(outcome.into_iter().map(|(file, text)| (path(&file), text)));
        let files = read(&case.join("expected"), "");
        expected.extend(files.into_iter().map(|(file, text)| (path(&file), text)));
    }
    actual.insert(
        "mod.rs".to_owned(),
        format!("//! The cases that compile; written by the test `golden`.\n{modules}\n#[rustfmt::skip]\npub static CASES: &[(&str, &[&runtime::Api])] = &[\n{list}];\n"),
    );
    let list = std::fs::read_to_string(golden().join("mod.rs")).unwrap_or_default();
    expected.insert("mod.rs".to_owned(), list);
    compare(&expected, &actual);
}

/// Returns the generated files, or `messages.txt` with the diagnostics.
fn outcome(specs: &Files) -> Files {
    let inputs: Vec<Input> = specs
        .iter()
        .map(|(path, text)| Input {
            path: path.clone(),
            text: text.clone(),
        })
        .collect();
    let messages = match mcp_codegen::Workspace::read(&inputs).into_catalog() {
        Err(errors) => errors.iter().map(|error| format!("{error}\n")).collect(),
        Ok(catalog) => match emit(&catalog) {
            Err(errors) => errors.iter().map(|error| format!("{error}\n")).collect(),
            Ok(files) => {
                let files = files.into_iter();
                let mut files: Files = files.map(|file| (file.path, file.text)).collect();
                rustfmt(files.iter_mut().map(|(path, text)| (path.as_str(), text))).unwrap();
                return files;
            }
        },
    };
    Files::from([("messages.txt".to_owned(), messages)])
}

fn compare(expected: &Files, actual: &Files) {
    if expected == actual {
        return;
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        for path in expected.keys().filter(|path| !actual.contains_key(*path)) {
            std::fs::remove_file(golden().join(path)).unwrap();
        }
        for (path, text) in actual {
            let path = golden().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        return;
    }
    let nothing = String::new();
    let paths = expected
        .keys()
        .chain(actual.keys().filter(|path| !expected.contains_key(*path)));
    let diffs: String = paths
        .map(|path| {
            let old = expected.get(path).unwrap_or(&nothing);
            let new = actual.get(path).unwrap_or(&nothing);
            TextDiff::from_lines(old, new)
                .unified_diff()
                .header(&format!("expected {path}"), &format!("actual {path}"))
                .to_string()
        })
        .collect();
    panic!("{diffs}\nset UPDATE_EXPECT=1 to take this as expected");
}

/// Returns the folders of the cases, ordered by name.
fn cases() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(golden()).unwrap();
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

/// Returns all files of a folder, by their path below `root`.
fn read(root: &Path, folder: &str) -> Files {
    let mut files = Files::new();
    let Ok(entries) = std::fs::read_dir(root.join(folder)) else {
        return files;
    };
    for entry in entries {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = if folder.is_empty() {
            name
        } else {
            format!("{folder}/{name}")
        };
        if entry.path().is_dir() {
            files.extend(read(root, &path));
        } else {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            files.insert(path, text);
        }
    }
    files
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}
