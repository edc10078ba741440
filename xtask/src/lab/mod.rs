//! Provides what tests, demo and benchmarks need: Python environments, real Airflow servers, PostgreSQL, a browser, and progress on the terminal.

pub(crate) mod airflow;
pub(crate) mod browser;
pub(crate) mod index;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod python;
pub(crate) mod servers;
pub(crate) mod wheel;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use anyhow::Result;
use fs_err as fs;
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

/// Makes a folder without content.
pub(crate) fn empty_folder(path: &Path) -> Result<()> {
    if path.exists() {
        fs::remove_dir_all(path)?;
    }
    Ok(fs::create_dir_all(path)?)
}

/// Does some work, unless it was already done with the same text, which the file `done` then contains.
pub(crate) fn once(done: &Path, wanted: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    if fs::read_to_string(done).is_ok_and(|text| text == wanted) {
        return Ok(());
    }
    work()?;
    Ok(fs::write(done, wanted)?)
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
    let started = Instant::now();
    let result = work();
    bar.finish_and_clear();
    let outcome = if result.is_ok() { "ok    " } else { "failed" };
    let seconds = started.elapsed().as_secs_f64();
    SPINNERS.suspend(|| eprintln!("  {outcome} {name} ({seconds:.1} s)"));
    result
}
