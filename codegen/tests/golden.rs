//! Golden cases: each folder of `golden/` contains the specs and the files that are expected from them.
//!
//! To add a case, create a folder with `specs/` and run the test once with `UPDATE_EXPECT=1`. `tests/tests/schemas.rs`, which can use the runtime, checks that the expected Rust compiles and that the compiled tools have the expected schemas.

use crate::rustfmt::rustfmt;
use crate::support::{Files, files, golden, inputs, read};
use mcp_codegen::Input;
use similar::TextDiff;

#[test]
fn specs_become_what_is_expected() {
    let mut expected = Files::new();
    let mut actual = Files::new();
    let mut modules = String::new();
    let mut list = String::new();
    for case in cases() {
        let outcome = outcome(&inputs(&case));
        if outcome.contains_key("generated/src/lib.rs") {
            modules +=
                &format!("\n#[path = \"{case}/expected/generated/src/lib.rs\"]\npub mod {case};\n");
            list += &format!("    (\"{case}\", {case}::APIS),\n");
        }
        let path = |file: &str| format!("{case}/expected/{file}");
        actual.extend(outcome.into_iter().map(|(file, text)| (path(&file), text)));
        let files = read(&golden().join(&case).join("expected"), "");
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
fn outcome(inputs: &[Input]) -> Files {
    match mcp_codegen::Workspace::read(inputs).into_catalog() {
        Ok(catalog) => files(&catalog),
        Err(errors) => {
            let messages = errors.iter().map(|error| format!("{error}\n")).collect();
            Files::from([("messages.txt".to_owned(), messages)])
        }
    }
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

/// Returns the names of the cases, in alphabetical order.
fn cases() -> Vec<String> {
    let entries = std::fs::read_dir(golden()).unwrap();
    let entries = entries.map(|entry| entry.unwrap());
    let folders = entries.filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = folders
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Checks that formatting the expected files, which are formatted, changes nothing.
#[test]
fn formatted_files_stay_as_they_are() {
    for case in cases() {
        let once = read(&golden().join(&case).join("expected"), "");
        let mut twice = once.clone();
        rustfmt(twice.iter_mut().map(|(path, text)| (path.as_str(), text))).unwrap();
        assert_eq!(once, twice, "{case}");
    }
}
