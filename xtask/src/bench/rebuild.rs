//! Measures how long it takes to rebuild the server after one operation of the allowlist changed, compared with touching a hand-written file.
//!
//! Only a copy of the sources with its own target folder is changed, so that the checkout and its build stay intact, however the run ends. The copy and its target folder are kept for the next run. A copy from an interrupted run is updated to match the checkout.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, bail};
use codegen::Decision;

use super::{Row, median, row};
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

pub(super) fn measure() -> Result<Vec<Row>> {
    let folder = root().join("target/bench");
    let copy = Copy {
        sources: folder.join("sources"),
        target: folder.join("target"),
    };
    copy.update()?;
    copy.build()?;
    let [toolset, excluded] = [TOOLSET, EXCLUDED].map(|path| copy.sources.join(path));
    let [all, before] = [&toolset, &excluded]
        .map(|path| fs::read_to_string(path).with_context(|| format!("read {}", path.display())));
    let (all, before) = (all?, before?);
    let fewer = without_last_tool(&all)
        .with_context(|| format!("{TOOLSET}: has no tool that could go for a while"))?;
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
    let (changed, touched) = (median(&mut changed), median(&mut touched));
    let ratio = changed.as_secs_f64() / touched.as_secs_f64();
    Ok(vec![row(
        "generating and building after one operation came or went, dev, to touching a file of `server/`",
        format!(
            "{ratio:.1} ({:.1} s to {:.1} s)",
            changed.as_secs_f64(),
            touched.as_secs_f64()
        ),
        "2",
        ratio <= BUDGET,
    )])
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
        let listed = Command::new("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .current_dir(&root)
            .output()
            .context("run git, which knows what the sources are")?;
        if !listed.status.success() {
            bail!("git: {}", String::from_utf8_lossy(&listed.stderr).trim());
        }
        let listed = String::from_utf8(listed.stdout)?;
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
                fs::write(&to, text).with_context(|| format!("write {}", to.display()))?;
            }
            wanted.insert(to);
        }
        remove_others(&self.sources, &wanted)
    }

    fn build(&self) -> Result<()> {
        self.run(
            Command::new("cargo")
                .args(["build", "--quiet", "--package", "airflow-mcp"])
                .env("CARGO_TARGET_DIR", &self.target),
        )
    }

    /// Measures the time for generating and building.
    fn regenerated(&self) -> Result<Duration> {
        let started = Instant::now();
        // This program works on the checkout in which it is started.
        let this = std::env::current_exe().context("find this program")?;
        self.run(Command::new(this).arg("generate").stdout(Stdio::null()))?;
        self.build()?;
        Ok(started.elapsed())
    }

    /// Measures the time for building after a file was touched.
    fn touched(&self) -> Result<Duration> {
        let file = fs::File::options()
            .append(true)
            .open(self.sources.join(TOUCHED))
            .with_context(|| format!("open {TOUCHED}"))?;
        file.set_modified(SystemTime::now())?;
        let started = Instant::now();
        self.build()?;
        Ok(started.elapsed())
    }

    /// Returns `excluded.yaml` with the operations that are now undecided.
    fn with_undecided(&self, excluded: &str) -> Result<String> {
        let coverage = codegen::coverage(&specs::load(&self.sources)?)
            .map_err(|errors| crate::generate::report(&errors, "nothing is measured"))?;
        let mut text = excluded.to_owned();
        for document in coverage.documents {
            let all = document.operations.into_iter();
            for operation in all.filter(|it| it.decision == Decision::Undecided) {
                text.push_str(&format!(
                    "\n  - document: {}\n    operations: [{}]\n    reason: It goes for a while.\n",
                    document.name, operation.id
                ));
            }
        }
        Ok(text)
    }

    fn run(&self, command: &mut Command) -> Result<()> {
        let what = command.get_program().display().to_string();
        let status = command.current_dir(&self.sources).status();
        let status = status.with_context(|| format!("start {what}"))?;
        if status.success() {
            return Ok(());
        }
        bail!("{what} failed in {}", self.sources.display())
    }
}

/// Removes files that are not wanted.
fn remove_others(folder: &Path, wanted: &BTreeSet<PathBuf>) -> Result<()> {
    let listing = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        listing => listing.with_context(|| format!("read {}", folder.display()))?,
    };
    for entry in listing {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            remove_others(&path, wanted)?;
        } else if !wanted.contains(&path) {
            fs::remove_file(&path).with_context(|| format!("delete {}", path.display()))?;
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
    fn the_last_tool_goes() {
        let first = "toolset: pools\ntools:\n  - method: list\n    resource: pools\n";
        let both = format!("{first}\n  - method: get\n    resource: pool\n");
        assert_eq!(without_last_tool(&both), Some(first));
        assert_eq!(without_last_tool(first), None);
        assert_eq!(without_last_tool(""), None);
    }

    #[test]
    fn what_is_not_wanted_is_removed() {
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
