//! Files and folders that only their owner may read.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

/// Writes a text to a file that only its owner can read. An existing file is replaced, because other users could have opened it.
pub(crate) fn write_private(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
        private_directory(folder)?;
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = create_private(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Creates a file that only its owner can read. Fails if the file exists.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Whether a key file or a data directory that other users can read is accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Readability {
    /// Only the owner may read it.
    #[default]
    Private,
    /// Others may read it: an orchestrator controls who sees it.
    Any,
}

impl Readability {
    /// Reads a file.
    pub(crate) fn read_file(self, path: &Path) -> Result<String, String> {
        let say = |error: io::Error| format!("{}: {error}", path.display());
        // The permissions are those of the file that is read, even if the path leads to another file in the meantime.
        let mut file = File::open(path).map_err(say)?;
        self.check(path, &file.metadata().map_err(say)?, "600")?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(say)?;
        Ok(text)
    }

    /// Creates a directory that only its owner can read, and checks an existing one.
    ///
    /// # Errors
    ///
    /// Fails if the directory cannot be created, or if other users can read it.
    pub fn directory(self, path: &Path) -> Result<(), String> {
        let say = |error| format!("--data: {}: {error}", path.display());
        private_directory(path).map_err(say)?;
        let metadata = fs::metadata(path).map_err(say)?;
        self.check(path, &metadata, "700")
            .map_err(|error| format!("--data: {error}"))
    }

    fn check(self, path: &Path, metadata: &Metadata, mode: &str) -> Result<(), String> {
        if self == Self::Any || !is_open_to_others(metadata) {
            return Ok(());
        }
        let path = path.display();
        Err(format!(
            "other users have access to {path}; run `chmod {mode} {path}`, or pass `--allow-readable-key` if an orchestrator mounts it"
        ))
    }
}

/// Creates a directory that only its owner can read, if it does not exist.
fn private_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(unix)]
fn is_open_to_others(metadata: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::mode(metadata) & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Metadata) -> bool {
    false
}
