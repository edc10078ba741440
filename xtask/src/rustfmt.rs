//! Formats generated Rust with the `rustfmt` of the pinned toolchain. Tests of other crates include this file.

use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// Formats the Rust files among these files, given by path and text. One process formats all of them: it begins with each `lib.rs` and follows the module declarations.
///
/// # Errors
///
/// If `rustfmt` cannot be run or a file is not valid Rust. The message is that of `rustfmt`.
pub(crate) fn rustfmt<'a>(files: impl Iterator<Item = (&'a str, &'a mut String)>) -> Result<()> {
    static FOLDERS: AtomicU32 = AtomicU32::new(0);
    let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("rustfmt-{}-{number}", std::process::id()));
    let formatted = format_in(&folder, files);
    // A folder that could not be created cannot be deleted either.
    let _ = std::fs::remove_dir_all(&folder);
    formatted
}

fn format_in<'a>(
    folder: &Path,
    files: impl Iterator<Item = (&'a str, &'a mut String)>,
) -> Result<()> {
    let rust = files.filter(|(path, _)| path.ends_with(".rs"));
    let files: Vec<(PathBuf, &mut String)> =
        rust.map(|(path, text)| (folder.join(path), text)).collect();
    for (path, text) in &files {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, text)?;
    }
    let roots = files.iter().filter(|(path, _)| path.ends_with("lib.rs"));
    let roots: Vec<&PathBuf> = roots.map(|(path, _)| path).collect();
    if roots.is_empty() {
        return Ok(());
    }
    // The working directory decides which toolchain runs, so it is not the temporary folder.
    let output = Command::new("rustfmt")
        .args(["--edition", "2024"])
        .args(roots)
        .output()?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Error::other(message));
    }
    for (path, text) in files {
        *text = std::fs::read_to_string(path)?;
    }
    Ok(())
}
