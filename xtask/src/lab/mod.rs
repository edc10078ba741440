//! Provides what tests, demo and benchmarks need: Python environments, real Airflow servers, PostgreSQL, a browser, and progress on the terminal.

pub(crate) mod airflow;
pub(crate) mod browser;
pub(crate) mod index;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod python;
pub(crate) mod releases;
pub(crate) mod wheel;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// Returns the checkout that contains the current folder, or else the one in which this program was compiled. A copy can then be used without compiling anything in it.
pub(crate) fn root() -> PathBuf {
    let is_checkout = |dir: &&Path| dir.join("xtask/Cargo.toml").is_file();
    let here = std::env::current_dir().unwrap_or_default();
    let found = here.ancestors().find(is_checkout);
    found.map_or_else(compiled_in, Path::to_path_buf)
}

fn compiled_in() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Returns the folder `target/lab`, which contains everything that is installed or started. `cargo clean` removes the folder.
pub(crate) fn lab_dir() -> PathBuf {
    compiled_in().join("target/lab")
}

/// Spinners of the steps that run in parallel.
static SPINNERS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Runs a step that takes a while. On a terminal, shows a spinner with the elapsed time; at the end, prints one line with the duration.
pub(crate) fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let bar = SPINNERS.add(ProgressBar::new_spinner().with_message(name.to_owned()));
    bar.set_style(ProgressStyle::with_template(
        "{spinner} {msg} {elapsed:.dim}",
    )?);
    bar.enable_steady_tick(Duration::from_millis(120));
    let started = std::time::Instant::now();
    let result = work();
    bar.finish_and_clear();
    let took = started.elapsed().as_secs_f64();
    SPINNERS.suspend(|| match &result {
        Ok(_) => eprintln!("  ok     {name} ({took:.1} s)"),
        Err(_) => eprintln!("  failed {name} ({took:.1} s)"),
    });
    result
}

/// Runs a command to its end. Its output is written to `log`; if the command fails, the error contains the last lines.
pub(crate) fn run_logged(command: &mut Command, log: &Path) -> Result<()> {
    if let Some(parent) = log.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let file = std::fs::File::create(log).with_context(|| format!("create {}", log.display()))?;
    let status = command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .status()
        .with_context(|| format!("start {}", describe(command)))?;
    if status.success() {
        return Ok(());
    }
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let tail = lines[lines.len().saturating_sub(15)..].join("\n");
    bail!(
        "{} failed ({status}); the end of {}:\n{tail}",
        describe(command),
        log.display()
    );
}

fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}
