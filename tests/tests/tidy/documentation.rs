//! Checks documentation: links lead to files and headings that exist, modules state their purpose, files are short, and each threat has a test.

use std::path::{Component, Path, PathBuf};

use super::allowed::Finding;
use super::repository::Repository;

/// Number of lines above which a file is an exception.
const MOST_LINES: usize = 400;

/// Returns Rust files that do not begin with `//!`.
pub(crate) fn find_undocumented_modules(repository: &Repository) -> Vec<Finding> {
    let files = repository.with_extension("rs");
    let missing = files.filter(|file| !file.text.starts_with("//!"));
    missing
        .map(|file| Finding {
            key: file.path.clone(),
            message: format!(
                "{}:1: begin with `//!` and the purpose of the module",
                file.path
            ),
        })
        .collect()
}

/// Returns files that are too long to be one idea.
pub(crate) fn find_long_files(repository: &Repository) -> Vec<Finding> {
    let files = repository.with_extension("rs");
    let files = files.chain(repository.with_extension("py"));
    files
        .filter_map(|file| {
            let lines = file.text.lines().count();
            (lines > MOST_LINES).then(|| Finding {
                key: file.path.clone(),
                message: format!("{}: {lines} lines, at most {MOST_LINES}", file.path),
            })
        })
        .collect()
}

/// Returns threats in SECURITY.md without a test that exists.
pub(crate) fn find_untested_threats(repository: &Repository) -> Vec<Finding> {
    let file = repository.with_extension("md");
    let file = file.filter(|file| file.path == "SECURITY.md");
    let rows = file.flat_map(|file| file.text.lines().filter(|line| line.starts_with("| **")));
    let code = ["rs", "py"].map(|extension| repository.with_extension(extension));
    let code: Vec<_> = code.into_iter().flatten().collect();
    let exists = |test: &str| {
        let functions = [format!("fn {test}("), format!("def {test}(")];
        code.iter()
            .any(|file| functions.iter().any(|it| file.text.contains(it)))
    };
    let mut findings = Vec::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        let tests = cells.last().copied().unwrap_or_default();
        let mut tests = tests.split('`').skip(1).step_by(2).peekable();
        if tests.peek().is_none() {
            findings.push(Finding {
                key: cells[0].to_owned(),
                message: format!("SECURITY.md: name a test of this threat: {}", cells[0]),
            });
        }
        findings.extend(tests.filter(|test| !exists(test)).map(|test| Finding {
            key: test.to_owned(),
            message: format!("SECURITY.md: the test `{test}` does not exist"),
        }));
    }
    findings
}

/// Returns links of Markdown files whose file or heading does not exist.
pub(crate) fn find_broken_links(root: &Path, repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repository.with_extension("md") {
        for (index, line) in file.text.lines().enumerate() {
            for link in links(line) {
                if let Some(why) = why_broken(root, repository, &file.path, link) {
                    findings.push(Finding {
                        key: format!("{}: {link}", file.path),
                        message: format!("{}:{}: {link}: {why}", file.path, index + 1),
                    });
                }
            }
        }
    }
    findings
}

/// Returns the targets of the links and pictures in a line of Markdown.
fn links(line: &str) -> impl Iterator<Item = &str> {
    [("](", ')'), ("src=\"", '"'), ("srcset=\"", '"')]
        .into_iter()
        .flat_map(move |(begin, end)| {
            let starts = line.match_indices(begin);
            starts.filter_map(move |(start, _)| line[start + begin.len()..].split(end).next())
        })
}

fn why_broken(
    root: &Path,
    repository: &Repository,
    file: &str,
    link: &str,
) -> Option<&'static str> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (target, heading) = link.split_once('#').unwrap_or((link, ""));
    let target = match target {
        "" => file.to_owned(),
        target => joined(Path::new(file).parent()?, target),
    };
    let path = root.join(&target);
    if !path.exists() {
        return Some("the file does not exist");
    }
    if heading.is_empty() || !target.ends_with(".md") {
        return None;
    }
    // A generated file has headings, but is not one of the files that people write.
    let generated = || std::fs::read_to_string(&path).unwrap();
    let text = repository
        .text(&target)
        .map_or_else(generated, str::to_owned);
    let mut headings = text
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(anchor);
    let is_there = headings.any(|found| found == heading);
    (!is_there).then_some("the heading does not exist")
}

/// Joins a relative path to a folder, without `..`.
fn joined(folder: &Path, link: &str) -> String {
    let mut path = PathBuf::new();
    for part in folder.join(link).components() {
        match part {
            Component::ParentDir => drop(path.pop()),
            Component::CurDir => {}
            part => path.push(part),
        }
    }
    path.display().to_string()
}

/// Returns the anchor of a heading, in the form of GitHub.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
        _ => None,
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_headings_are_read() {
        let line = "See [a](b/c.md#d), ![e](f.png) and <img src=\"g.svg\">.";
        assert_eq!(
            links(line).collect::<Vec<_>>(),
            ["b/c.md#d", "f.png", "g.svg"]
        );
        assert_eq!(anchor("## 2. `specs/apis.yaml`"), "2-specsapisyaml");
        assert_eq!(joined(Path::new("docs/a"), "../b.md"), "docs/b.md");
    }
}
