//! Checks of the dependencies, and ten minutes of fuzzing for each target: the parts of `cargo xtask test --long` that are not tests.

use std::path::PathBuf;
use std::thread;

use anyhow::{Context, Result, anyhow};
use fs_err as fs;

use crate::command::{command, run, run_logged};
use crate::lab::{lab_dir, root, step};

/// Versions of the Cargo commands that are installed under `target/lab/cargo`.
const DENY: &str = "0.20.2";
const FUZZ: &str = "0.13.2";

/// Time for which each target is fuzzed, in seconds.
const FUZZING: u32 = 600;

/// Checks licences, sources and versions of all dependencies. Advisories are checked by the workflow `Audit`, because their database is in no package registry.
pub(crate) fn dependencies() -> Result<()> {
    let program = installed("cargo-deny", DENY)?;
    let mut deny = command(program, "check licenses sources bans");
    run(deny.current_dir(root()))
}

/// Fuzzes each target, two at a time, from the inputs in `fuzz/corpus`. New inputs are kept under `target/lab`.
pub(crate) fn fuzz() -> Result<()> {
    let program = installed("cargo-fuzz", FUZZ)?;
    let targets = targets()?;
    let mut build = command(&program, "fuzz build");
    // The environment of a Cargo command names its toolchain, which takes precedence.
    run(build.env("RUSTUP_TOOLCHAIN", "nightly").current_dir(root()))?;
    for pair in targets.chunks(2) {
        let ended: Vec<Result<()>> = thread::scope(|scope| {
            let started: Vec<_> = pair
                .iter()
                .map(|target| scope.spawn(|| fuzz_one(&program, target)))
                .collect();
            let ended = started.into_iter().map(thread::ScopedJoinHandle::join);
            ended
                .map(|result| result.unwrap_or_else(|_| Err(anyhow!("a thread panicked"))))
                .collect()
        });
        ended.into_iter().collect::<Result<()>>()?;
    }
    Ok(())
}

fn fuzz_one(program: &PathBuf, target: &str) -> Result<()> {
    let found = lab_dir().join("fuzz").join(target);
    fs::create_dir_all(&found)?;
    let log = lab_dir().join(format!("logs/fuzz-{target}.log"));
    let what = format!("fuzz {target} for {FUZZING} s (see {})", log.display());
    step(&what, || {
        let mut fuzz = command(program, &format!("fuzz run {target}"));
        // The first folder receives new inputs.
        fuzz.arg(&found)
            .arg(root().join("fuzz/corpus").join(target))
            .args(["--", "-timeout=10", "-rss_limit_mb=2048", "-max_len=8192"])
            .arg(format!("-max_total_time={FUZZING}"))
            .env("RUSTUP_TOOLCHAIN", "nightly")
            .current_dir(root());
        run_logged(&mut fuzz, &log)
    })
}

/// Returns the names of the fuzz targets.
fn targets() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root().join("fuzz/fuzz_targets"))? {
        let name = entry?.path();
        let name = name.file_stem().and_then(|name| name.to_str());
        names.push(name.context("a target without a name")?.to_owned());
    }
    names.sort();
    Ok(names)
}

/// Installs a Cargo command from its registry unless this version is already installed, and returns its path.
fn installed(name: &str, version: &str) -> Result<PathBuf> {
    let folder = lab_dir().join("cargo");
    let log = lab_dir().join(format!("logs/{name}.log"));
    step(&format!("install {name} {version}"), || {
        let mut install = command(
            "cargo",
            &format!("install {name} --locked --version {version} --root"),
        );
        run_logged(install.arg(&folder).current_dir(root()), &log)
    })?;
    Ok(folder.join("bin").join(name))
}
