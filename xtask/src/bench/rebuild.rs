//! Measures how long it takes to rebuild the server after one operation of the allowlist changed, compared with touching a hand-written file.
//!
//! Only a copy of the sources with its own target folder is changed, so that the checkout and its build stay intact, however the run ends. The copy and its target folder are kept for the next run. A copy from an interrupted run is updated to match the checkout.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Instant, SystemTime};

use anyhow::{Context, Result};
use codegen::{Decision, Workspace};
use fs_err as fs;

use super::row::{Row, median};
use crate::command::{command, output, run};
use crate::lab::root;
use crate::specs;

/// Toolset whose last tool is removed and restored.
const TOOLSET: &str = "specs/tools/pools.yaml";
const EXCLUDED: &str = "specs/excluded.yaml";
/// File that is touched for comparison.
const TOUCHED: &str = "server/gateway/src/serve.rs";
/// Number of measurements of each kind; the median counts.
const ROUNDS: usize = 4;
const BUDGET: f64 = 2.0;

pub(super) fn measure() -> Result<Row> {
    let folder = root().join("target/bench");
    let copy = Copy {
        sources: folder.join("sources"),
        target: folder.join("target"),
    };
    copy.update()?;
    copy.build()?;
    let [toolset, excluded] = [TOOLSET, EXCLUDED].map(|path| copy.sources.join(path));
    let (all, before) = (
        fs::read_to_string(&toolset)?,
        fs::read_to_string(&excluded)?,
    );
    let fewer = without_last_tool(&all)
        .with_context(|| format!("{TOOLSET} must have two tools, so that one can be removed"))?;
    let (mut changed, mut touched) = (vec![], vec![]);
    for _ in 0..ROUNDS / 2 {
        fs::write(&toolset, fewer)?;
        fs::write(&excluded, copy.with_undecided(&before)?)?;
        changed.push(copy.regenerated()?);
        touched.push(copy.touched()?);
        fs::write(&toolset, &all)?;
        fs::write(&excluded, &before)?;
        changed.push(copy.regenerated()?);
        touched.push(copy.touched()?);
    }
    let (changed, touched) = (median(changed), median(touched));
    let ratio = changed / touched;
    Ok(Row {
        what: "generate and build after one operation was added or removed, dev, compared with touching a file of `server/`",
        measured: format!("{ratio:.1} ({changed:.1} s to {touched:.1} s)"),
        budget: BUDGET.to_string(),
        is_met: ratio <= BUDGET,
    })
}

/// Copy of the checkout's sources that can be changed freely.
struct Copy {
    sources: PathBuf,
    target: PathBuf,
}

impl Copy {
    /// Updates the copy to match the checkout. Equal files keep their times, so that only changed files are rebuilt.
    fn update(&self) -> Result<()> {
        let root = root();
        let arguments = "ls-files -z --cached --others --exclude-standard";
        let listed = output(command("git", arguments).current_dir(&root))?;
        let mut wanted = BTreeSet::new();
        for path in listed.split('\0').filter(|path| !path.is_empty()) {
            let from = root.join(path);
            // A deleted file is still in git's index.
            if !from.is_file() {
                continue;
            }
            let (text, to) = (fs::read(&from)?, self.sources.join(path));
            if fs::read(&to).ok().as_ref() != Some(&text) {
                fs::create_dir_all(to.parent().unwrap_or(&to))?;
                fs::write(&to, text)?;
            }
            wanted.insert(to);
        }
        remove_others(&self.sources, &wanted)
    }

    fn build(&self) -> Result<()> {
        let mut build = command("cargo", "build --quiet --package airflow-mcp");
        build.env("CARGO_TARGET_DIR", &self.target);
        run(build.current_dir(&self.sources))
    }

    /// Measures the seconds for generating and building.
    fn regenerated(&self) -> Result<f64> {
        let started = Instant::now();
        // This program works on the checkout in which it is started.
        let mut generate = Command::new(std::env::current_exe()?);
        generate.arg("generate").stdout(Stdio::null());
        run(generate.current_dir(&self.sources))?;
        self.build()?;
        Ok(started.elapsed().as_secs_f64())
    }

    /// Measures the seconds for building after a file was touched.
    fn touched(&self) -> Result<f64> {
        let path = self.sources.join(TOUCHED);
        let file = fs::OpenOptions::new().append(true).open(path)?;
        file.file().set_modified(SystemTime::now())?;
        let started = Instant::now();
        self.build()?;
        Ok(started.elapsed().as_secs_f64())
    }

    /// Returns `excluded.yaml` with the operations that are now undecided.
    fn with_undecided(&self, excluded: &str) -> Result<String> {
        let coverage = Workspace::read(&specs::load(&self.sources)?)
            .coverage()
            .map_err(|errors| crate::generate::report(&errors, "nothing is measured"))?;
        let mut text = excluded.to_owned();
        for document in coverage.documents {
            let all = document.operations.into_iter();
            for operation in all.filter(|it| it.decision == Decision::Undecided) {
                text.push_str(&format!(
                    "\n  - document: {}\n    operations: [{}]\n    reason: Removed for a measurement.\n",
                    document.name, operation.id
                ));
            }
        }
        Ok(text)
    }
}

/// Removes files that are not wanted.
fn remove_others(folder: &Path, wanted: &BTreeSet<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            remove_others(&path, wanted)?;
        } else if !wanted.contains(&path) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Returns a toolset without its last tool; `None` if it is the only one.
fn without_last_tool(toolset: &str) -> Option<&str> {
    const ENTRY: &str = "\n  - method:";
    let last = toolset.rfind(ENTRY)?;
    let fewer = &toolset[..last];
    fewer.contains(ENTRY).then_some(fewer)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_last_tool_is_removed() {
        let first = "toolset: pools\ntools:\n  - method: list\n    resource: pools\n";
        let both = format!("{first}\n  - method: get\n    resource: pool\n");
        assert_eq!(without_last_tool(&both), Some(first));
        assert_eq!(without_last_tool(first), None);
        assert_eq!(without_last_tool(""), None);
    }

    #[test]
    fn unwanted_files_are_removed() {
        let folder = std::env::temp_dir().join(format!("xtask-rebuild-{}", std::process::id()));
        fs::create_dir_all(folder.join("in")).unwrap();
        for file in ["kept", "in/kept", "old", "in/old"] {
            fs::write(folder.join(file), "").unwrap();
        }
        let wanted = ["kept", "in/kept"].map(|path| folder.join(path));
        remove_others(&folder, &BTreeSet::from(wanted)).unwrap();
        let there = |file: &&str| folder.join(file).exists();
        let files = ["kept", "in/kept", "old", "in/old"];
        assert_eq!(
            files.iter().filter(|it| there(it)).collect::<Vec<_>>(),
            [&"kept", &"in/kept"]
        );
        fs::remove_dir_all(&folder).unwrap();
    }
}
