//! Boundaries between crates: only `specs/`, `generated/` and `airflow-mcp/` contain something about a particular product, so that a second API needs only YAML and a short `main`.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};

/// Folders that contain nothing about a product. Folders of crates that do not exist are skipped.
const NEUTRAL: [&str; 8] = [
    "schema/src",
    "codegen/src",
    "codegen/templates",
    "macros/src",
    "runtime/src",
    "server/mcp",
    "server/gateway",
    "server/cli",
];

/// Crates of the workspace, each with the crates that it must not depend on.
const FORBIDDEN: [(&str, &[&str]); 10] = [
    (
        "schema",
        &[
            "codegen", "macros", "runtime", SERVER, GATEWAY, CLI, TOOLS, PRODUCT,
        ],
    ),
    (
        "codegen",
        &["macros", "runtime", SERVER, GATEWAY, CLI, TOOLS, PRODUCT],
    ),
    (
        "macros",
        &["codegen", "runtime", SERVER, GATEWAY, CLI, TOOLS, PRODUCT],
    ),
    (
        "runtime",
        &["codegen", SERVER, GATEWAY, CLI, TOOLS, PRODUCT],
    ),
    (
        "generated",
        &["codegen", "macros", SERVER, GATEWAY, CLI, PRODUCT],
    ),
    (
        "server/mcp",
        &["codegen", "macros", GATEWAY, CLI, TOOLS, PRODUCT],
    ),
    (
        "server/gateway",
        &["codegen", "macros", CLI, TOOLS, PRODUCT],
    ),
    ("server/cli", &["codegen", "macros", TOOLS, PRODUCT]),
    ("airflow-mcp", &["codegen", "macros"]),
    (
        "xtask",
        &["macros", "runtime", SERVER, GATEWAY, CLI, TOOLS, PRODUCT],
    ),
];

/// Name of the license of this project, which contains a word of the product.
const LICENSE: &str = "apache-2.0";

// Names of crates in `Cargo.toml`.
const SERVER: &str = "mcp-server";
const GATEWAY: &str = "mcp-gateway";
const CLI: &str = "mcp-cli";
const TOOLS: &str = "airflow-tools";
const PRODUCT: &str = "airflow-mcp";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

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
    if ["/tests.rs", "/tests/", "/test_", "/golden.rs"]
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
fn crates_for_any_product_name_no_product() {
    let mut found = Vec::new();
    for folder in NEUTRAL.map(|folder| root().join(folder)) {
        if folder.is_dir() {
            files(&folder, &mut found);
        }
    }
    assert!(found.len() > 100, "{} files", found.len());
    let mut named = Vec::new();
    for path in found {
        let text = std::fs::read_to_string(&path).unwrap();
        for (line, code) in product_lines(&path, &text) {
            let code = code.replace(LICENSE, "");
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
        "move what is specific to a product to specs/ or airflow-mcp/:\n{}",
        named.join("\n")
    );
}

/// Checks that dependencies lead one way. In particular, `codegen` and `runtime` do not depend on each other, and generated code does not depend on the generator.
#[test]
fn crates_depend_one_way() {
    let mut wrong = Vec::new();
    for (name, forbidden) in FORBIDDEN {
        let Ok(text) = std::fs::read_to_string(root().join(name).join("Cargo.toml")) else {
            continue;
        };
        let manifest: toml::Table = toml::from_str(&text).unwrap();
        let dependencies = manifest["dependencies"].as_table().unwrap();
        let found = dependencies
            .keys()
            .filter(|dependency| forbidden.contains(&dependency.as_str()));
        wrong.extend(found.map(|dependency| format!("{name} depends on {dependency}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
