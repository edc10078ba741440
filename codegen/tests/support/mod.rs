//! Inputs and outputs that several tests share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::rustfmt::rustfmt;
use mcp_codegen::emit::emit;
use mcp_codegen::{Catalog, Input};

/// Files by path.
pub(crate) type Files = BTreeMap<String, String>;

/// Returns the folder of the golden cases.
pub(crate) fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Returns the inputs of a golden case.
pub(crate) fn inputs(case: &str) -> Vec<Input> {
    let files = read(&golden().join(case), "specs").into_iter();
    files.map(|(path, text)| Input { path, text }).collect()
}

/// Replaces the first `old` in the input files whose path ends with `file`.
pub(crate) fn replace(inputs: &mut [Input], file: &str, old: &str, new: &str) {
    let mut files = inputs.iter_mut();
    let input = files.find(|input| input.path.ends_with(file)).expect(file);
    assert!(input.text.contains(old), "{file}: {old}");
    input.text = input.text.replacen(old, new, 1);
}

/// Returns the formatted files of a catalogue.
pub(crate) fn files(catalog: &Catalog) -> Files {
    let files = emit(catalog).unwrap().into_iter();
    let mut files: Files = files.map(|file| (file.path, file.text)).collect();
    rustfmt(files.iter_mut().map(|(path, text)| (path.as_str(), text))).unwrap();
    files
}

/// Returns all files of a folder, by their path below `root`.
pub(crate) fn read(root: &Path, folder: &str) -> Files {
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
