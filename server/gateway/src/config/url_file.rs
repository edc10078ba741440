//! File that contains the URL of a declared server. Only its owner can read it, because the URL is a secret.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::token;

/// Temporary file that will replace the URL file.
#[derive(Debug)]
pub(super) struct PendingFile {
    path: PathBuf,
    beside: PathBuf,
    file: File,
}

/// Reads the server token of the URL in a file. Returns `None` if the file does not exist or is empty.
pub(super) fn read(path: &Path) -> Result<Option<String>, String> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("`{}` cannot be read: {error}", path.display())),
    };
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let token = text.rsplit_once('/').map_or(text, |(_, token)| token);
    // A shorter token could be guessed.
    if token::is_complete(token, token::SERVER) {
        Ok(Some(token.to_owned()))
    } else {
        Err(format!(
            "`{}` does not contain the URL of a server; remove the file to create a new one",
            path.display()
        ))
    }
}

/// Creates the temporary file, so that errors occur before the URL exists.
pub(super) fn prepare(path: &Path) -> Result<PendingFile, String> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let cannot = |error: std::io::Error| format!("`{}` cannot be written: {error}", path.display());
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(cannot(error)),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&beside).map_err(cannot)?;
    Ok(PendingFile {
        path: path.to_owned(),
        beside,
        file,
    })
}

impl PendingFile {
    /// Writes the URL atomically.
    pub(super) fn write(mut self, url: &str) -> Result<(), String> {
        writeln!(self.file, "{url}")
            .and_then(|()| self.file.sync_all())
            .and_then(|()| fs::rename(&self.beside, &self.path))
            .map_err(|error| format!("`{}` cannot be written: {error}", self.path.display()))
    }
}

impl Drop for PendingFile {
    fn drop(&mut self) {
        // After a successful rename the temporary file no longer exists.
        let _ = fs::remove_file(&self.beside);
    }
}
