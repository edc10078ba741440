//! Boundaries between crates: `codegen`, `macros` and `runtime` contain nothing about a particular product, so that a second API needs only YAML.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};

/// Collects all files below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Returns the lines of a file that are compiled into the product: no comments, no tests at the end of the file and no test files.
fn product_lines(path: &Path, text: &str) -> Vec<(usize, String)> {
    let name = path.to_string_lossy();
    if ["/tests.rs", "/test_", "/golden.rs"]
        .iter()
        .any(|test| name.contains(test))
    {
        return Vec::new();
    }
    let before_tests = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let code = before_tests.lines().enumerate().filter(|(_, line)| {
        let line = line.trim_start();
        !line.starts_with("//") && !line.starts_with("{#")
    });
    code.map(|(index, line)| (index + 1, line.to_lowercase()))
        .collect()
}

#[test]
fn codegen_macros_and_runtime_know_no_product() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    for folder in [
        "schema/src",
        "codegen/src",
        "codegen/templates",
        "macros/src",
        "runtime/src",
    ] {
        files(&root.join(folder), &mut found);
    }
    assert!(found.len() > 100, "{} files", found.len());
    let mut named = Vec::new();
    for path in found {
        let text = std::fs::read_to_string(&path).unwrap();
        for (line, code) in product_lines(&path, &text) {
            if ["airflow", "apache", "astronomer"]
                .iter()
                .any(|word| code.contains(word))
            {
                named.push(format!("{}:{line}: {code}", path.display()));
            }
        }
    }
    assert!(
        named.is_empty(),
        "what is a product's own belongs into specs/ or server/:\n{}",
        named.join("\n")
    );
}

/// Checks that `codegen` and `runtime` do not depend on each other, and that generated code does not depend on the generator.
#[test]
fn crates_depend_one_way() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (name, not) in [
        (
            "schema",
            &["codegen", "macros", "runtime", "server", "airflow-mcp"][..],
        ),
        (
            "codegen",
            &["runtime", "macros", "airflow-tools", "airflow-mcp"],
        ),
        ("macros", &["codegen", "airflow-tools", "airflow-mcp"]),
        (
            "runtime",
            &["codegen", "server", "airflow-tools", "airflow-mcp"],
        ),
        ("generated", &["codegen", "macros", "server", "airflow-mcp"]),
        (
            "server",
            &["codegen", "macros", "airflow-tools", "airflow-mcp"],
        ),
        ("airflow-mcp", &["codegen", "macros", "runtime"]),
        (
            "xtask",
            &["runtime", "macros", "airflow-tools", "airflow-mcp"],
        ),
    ] {
        let text = std::fs::read_to_string(root.join(name).join("Cargo.toml")).unwrap();
        let dependencies = text.split("\n[dependencies]\n").nth(1).unwrap();
        let dependencies = dependencies.split("\n[").next().unwrap();
        let names = dependencies
            .lines()
            .filter_map(|line| line.split(['.', ' ', '=']).next());
        let wrong: Vec<_> = names
            .filter(|dependency| not.contains(dependency))
            .collect();
        assert!(wrong.is_empty(), "{name} depends on {wrong:?}");
    }
}
