//! `cargo xtask try-spec FILE…`: shows what the operations of any OpenAPI document would become, and whether the generated code compiles.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use codegen::trial::{Trial, trial};
use fs_err as fs;

use crate::command::{command, run};
use crate::lab::{empty_folder, root};

/// Result of one document.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) trial: Trial,
    /// Time for reading and generating.
    pub(crate) time: Duration,
}

/// Tries documents. With `check`, compiles the generated code; with `all`, names each operation that is rejected.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(crate) fn try_specs(files: &[std::path::PathBuf], check: bool, all: bool) -> Result<()> {
    for file in files {
        let text = fs::read_to_string(file)?;
        let source = file.display().to_string();
        let report = match try_document(&source, &text) {
            Ok(report) => report,
            Err(errors) => {
                println!("{source}: the document is invalid");
                errors.iter().for_each(|error| println!("  {error}"));
                continue;
            }
        };
        println!("{source}: {}", summary(&report));
        for (reason, count) in grouped(&report.trial, &source) {
            println!("  {count:5} {reason}");
        }
        if all {
            for refused in &report.trial.unsupported {
                println!("  {}", refused.operation);
                refused
                    .reasons
                    .iter()
                    .for_each(|reason| println!("    {reason}"));
            }
        }
        if check {
            let name = file.file_stem().unwrap_or_default().to_string_lossy();
            let started = Instant::now();
            compile(
                &root().join("target/foreign/crates").join(&*name),
                &report.trial,
            )?;
            println!("  compiles, in {:.1?}", started.elapsed());
        }
    }
    Ok(())
}

/// Reads a document and generates its tools.
pub(crate) fn try_document(source: &str, text: &str) -> Result<Report, Vec<String>> {
    let started = Instant::now();
    let trial = trial(source, text)?;
    Ok(Report {
        trial,
        time: started.elapsed(),
    })
}

fn summary(report: &Report) -> String {
    let Report { trial, time } = report;
    let refused = trial.unsupported.len();
    let bytes: usize = trial.files.iter().map(|file| file.text.len()).sum();
    format!(
        "{} of {} operations can be tools, {} cannot; {} files of {} kB in {time:.1?}",
        trial.operations - refused,
        trial.operations,
        refused,
        trial.files.len(),
        bytes / 1000,
    )
}

/// Counts the operations that each reason prevents from being tools, most frequent first. Reasons are shown without locations and names.
pub(crate) fn grouped(trial: &Trial, source: &str) -> Vec<(String, usize)> {
    let mut groups: BTreeMap<String, usize> = BTreeMap::new();
    for refused in &trial.unsupported {
        let mut kinds: Vec<String> = refused
            .reasons
            .iter()
            .map(|reason| kind(reason, source))
            .collect();
        kinds.sort();
        kinds.dedup();
        for kind in kinds {
            *groups.entry(kind).or_default() += 1;
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by(|(one, few), (other, many)| many.cmp(few).then_with(|| one.cmp(other)));
    groups
}

/// Removes the location and the names from a reason.
fn kind(reason: &str, source: &str) -> String {
    let reason = reason.strip_prefix(source).unwrap_or(reason);
    let reason = match reason.split_once(": ") {
        Some((place, rest)) if place.contains('/') || place.is_empty() => rest,
        _ => reason,
    };
    let reason = match reason.split_once(": ") {
        Some((place, rest)) if place.starts_with('/') => rest,
        _ => reason,
    };
    let mut kind = String::new();
    for (index, part) in reason.split('`').enumerate() {
        let name = index % 2 == 1;
        kind.push_str(if name && !is_keyword(part) {
            "…"
        } else {
            part
        });
    }
    kind
}

/// Returns whether a word is a keyword of OpenAPI or JSON Schema. Keywords are kept, because they describe the reason better than names.
fn is_keyword(word: &str) -> bool {
    const WORDS: &str = "not anyOf oneOf allOf enum multipleOf uniqueItems pattern minProperties maxProperties exclusiveMaximum content deepObject limit patternProperties if then else contains propertyNames dependentRequired $dynamicRef multipart/form-data";
    WORDS.split(' ').any(|known| known == word) || word.contains('/') && !word.contains(' ')
}

/// Compiles the generated code of a document as a separate crate.
pub(crate) fn compile(folder: &Path, trial: &Trial) -> Result<()> {
    let root = root();
    empty_folder(folder)?;
    for file in &trial.files {
        if let Some(path) = file.path.strip_prefix("generated/src/") {
            let path = folder.join("src").join(path);
            let parent = path.parent().context("a file is in a folder")?;
            fs::create_dir_all(parent)?;
            fs::write(path, &file.text)?;
        }
    }
    let manifest = format!(
        "[package]\nname = \"trial\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\nruntime = {{ package = \"mcp-runtime\", path = {:?} }}\n\n[workspace]\n",
        root.join("runtime")
    );
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    let mut check = command("cargo", "check --quiet --offline");
    check
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", root.join("target/foreign/target"))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("RUSTFLAGS", "-Dwarnings");
    run(&mut check)
        .with_context(|| format!("cannot compile the generated code in {}", folder.display()))
}
