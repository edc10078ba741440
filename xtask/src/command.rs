//! Runs programs to their end, and waits for servers.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::lab::root;

/// Makes a command. The arguments are separated by spaces.
pub(crate) fn command(program: impl AsRef<OsStr>, arguments: &str) -> Command {
    let mut command = Command::new(program);
    command.args(arguments.split_whitespace());
    command
}

/// Runs Cargo in the workspace. The arguments are separated by spaces.
pub(crate) fn cargo(arguments: &str) -> Result<()> {
    run(command("cargo", arguments).current_dir(root()))
}

/// Runs a command, whose output is shown.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status();
    let status = status.with_context(|| format!("cannot start `{}`", describe(command)))?;
    if status.success() {
        return Ok(());
    }
    bail!("`{}` failed ({status})", describe(command))
}

/// Runs a command and returns its output. If the command fails, the error contains what it wrote to standard error.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("cannot start `{}`", describe(command)))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed: {}", describe(command), errors.trim());
    }
    let text = String::from_utf8(output.stdout);
    text.with_context(|| format!("the output of `{}` is not UTF-8", describe(command)))
}

/// Runs a command. Its output is written to `log`; if the command fails, the error contains the last lines.
pub(crate) fn run_logged(command: &mut Command, log: &Path) -> Result<()> {
    if let Some(folder) = log.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = fs::File::create(log)?;
    command
        .stdin(Stdio::null())
        .stdout(file.file().try_clone()?)
        .stderr(file.into_file());
    run(command).map_err(|error| {
        let text = fs::read_to_string(log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let tail = lines[lines.len().saturating_sub(15)..].join("\n");
        error.context(format!("the end of {}:\n{tail}", log.display()))
    })
}

/// Checks every 100 milliseconds whether something is ready, for at most `seconds`.
pub(crate) fn wait_until(
    what: &str,
    seconds: u64,
    mut is_ready: impl FnMut() -> Result<bool>,
) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    while !is_ready()? {
        if Instant::now() > deadline {
            bail!("{what} was not ready after {seconds} s");
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
    words.join(" ")
}
