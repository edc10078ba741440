//! Rules for all files that people write: modules say what they are for, comments and documentation use plain language, and links lead somewhere.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

/// Phrases that a reader has to decode. Each has a plain equivalent: "unused", "again", "is invalid", "is in", "the maintainer".
const DECODED: [&str; 14] = [
    "of no use",
    "anew",
    "makes no sense",
    "make no sense",
    "stands here",
    "stands there",
    "stand here",
    "stand there",
    "whoever",
    "has not.",
    "is no text",
    "is no tool",
    "is no path",
    "it is so already",
];

/// Folders with files that nobody writes by hand, or whose text is the input of a test.
const LEFT_OUT: [&str; 9] = [
    ".git",
    "target",
    "generated",
    "golden",
    "ui",
    "expect",
    "fixtures",
    "node_modules",
    "openapi",
];

#[test]
fn modules_say_what_they_are_for() {
    let is_test = |path: &Path| path.to_str().unwrap().ends_with("tests.rs");
    let mut missing = Vec::new();
    for path in files("rs").iter().filter(|path| !is_test(path)) {
        let text = fs::read_to_string(path).unwrap();
        if !text.starts_with("//!") {
            missing.push(path.display().to_string());
        }
    }
    assert!(missing.is_empty(), "begin with `//!`: {missing:#?}");
}

#[test]
fn comments_and_documentation_are_plain() {
    let mut found = Vec::new();
    for (extension, is_prose) in [
        ("rs", is_comment as fn(&str) -> bool),
        ("md", |_: &str| true),
    ] {
        for path in files(extension) {
            let text = fs::read_to_string(&path).unwrap();
            let mut in_code = false;
            for (index, line) in text.lines().enumerate() {
                if extension == "md" && line.trim_start().starts_with("```") {
                    in_code = !in_code;
                }
                let words = line.to_lowercase();
                let phrase = DECODED.iter().find(|phrase| has(&words, phrase));
                if let (Some(phrase), false, true) = (phrase, in_code, is_prose(line)) {
                    found.push(format!("{}:{}: {phrase}", path.display(), index + 1));
                }
            }
        }
    }
    assert!(found.is_empty(), "write these in plain words: {found:#?}");
}

#[test]
fn links_of_documentation_lead_to_files() {
    let mut broken = Vec::new();
    for path in files("md") {
        let text = fs::read_to_string(&path).unwrap();
        for link in links(&text) {
            let file = link.split('#').next().unwrap();
            let is_remote = file.contains("://") || file.starts_with("mailto:");
            if !is_remote && !file.is_empty() && !path.parent().unwrap().join(file).exists() {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(
        broken.is_empty(),
        "links to files that do not exist: {broken:#?}"
    );
}

/// Whether a line of Rust is a comment.
fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

/// Whether a text has a phrase as whole words.
fn has(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(start, _)| {
        let is_part = |neighbour: Option<char>| neighbour.is_some_and(char::is_alphanumeric);
        let before = text[..start].chars().next_back();
        let after = text[start + phrase.len()..].chars().next();
        !is_part(before) && !is_part(after)
    })
}

/// The targets of the links and pictures of a Markdown text.
fn links(text: &str) -> Vec<&str> {
    let starts = text.match_indices("](").map(|(start, _)| start + 2);
    let inline = starts.filter_map(|start| text[start..].split(')').next());
    let sources = ["src=\"", "srcset=\""];
    let pictures = sources.iter().flat_map(|attribute| {
        let starts = text.match_indices(attribute);
        starts.filter_map(|(start, _)| text[start + attribute.len()..].split('"').next())
    });
    inline.chain(pictures).collect()
}

/// All files of the repository with this extension.
fn files(extension: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let (mut folders, mut files) = (vec![root.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                if !LEFT_OUT.contains(&name) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|it| it == extension) {
                files.push(path);
            }
        }
    }
    files.sort();
    // A repository without such files would pass every rule.
    assert!(files.len() > 3, "{files:?}");
    files
}
