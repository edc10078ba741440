//! File that contains the URL of a declared server. Only its owner can read it, because the URL is a secret.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const PREFIX: &str = "amt_";

/// Temporary file that will replace the URL file.
#[derive(Debug)]
pub(super) struct Place {
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
    let is_whole = token
        .strip_prefix(PREFIX)
        .and_then(|random| URL_SAFE_NO_PAD.decode(random).ok())
        .is_some_and(|random| random.len() == 32);
    // A shorter token could be guessed.
    if is_whole {
        Ok(Some(token.to_owned()))
    } else {
        Err(format!(
            "`{}` has no URL of a server in it; remove the file to have it made anew",
            path.display()
        ))
    }
}

/// Creates the temporary file, so that errors occur before the URL exists.
pub(super) fn prepare(path: &Path) -> Result<Place, String> {
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
    Ok(Place {
        path: path.to_owned(),
        beside,
        file,
    })
}

impl Place {
    /// Writes the URL atomically.
    pub(super) fn write(mut self, url: &str) -> Result<(), String> {
        writeln!(self.file, "{url}")
            .and_then(|()| self.file.sync_all())
            .and_then(|()| fs::rename(&self.beside, &self.path))
            .map_err(|error| format!("`{}` cannot be written: {error}", self.path.display()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // After a successful rename the temporary file no longer exists.
        let _ = fs::remove_file(&self.beside);
    }
}
