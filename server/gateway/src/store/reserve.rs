//! Reserved space next to a SQLite store. It is released when the disk is full, so that tokens can still be revoked, and reserved again when there is space.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::statvfs::statvfs;

/// Number of reserved bytes.
const BYTES: usize = 1 << 20;
/// Number of bytes that must be free before space is reserved, so that reserving it does not fill the disk.
const FREE: u64 = 4 << 20;

/// File whose only purpose is its size.
#[derive(Debug)]
pub(crate) struct Reserve {
    path: PathBuf,
    /// Whether the file exists with its full size.
    is_held: AtomicBool,
    /// Whether the disk was full since space was last reserved.
    is_released: AtomicBool,
}

impl Reserve {
    /// Returns the reserve of a database. The file is created by [`Self::restore`].
    pub(super) fn new(database: &Path) -> Self {
        Self {
            path: database.with_added_extension("reserve"),
            is_held: AtomicBool::new(false),
            is_released: AtomicBool::new(false),
        }
    }

    /// Returns whether the space is in use, because the disk was full. Until it is reserved again, only changes may be written.
    pub(super) fn is_released(&self) -> bool {
        self.is_released.load(Ordering::Relaxed)
    }

    /// Returns whether the space is reserved.
    pub(super) fn is_held(&self) -> bool {
        self.is_held.load(Ordering::Relaxed)
    }

    /// Releases the space and returns whether there was any.
    pub(super) fn release(&self) -> bool {
        self.is_released.store(true, Ordering::Relaxed);
        if !self.is_held.swap(false, Ordering::Relaxed) {
            return false;
        }
        match fs::remove_file(&self.path) {
            Ok(()) => {
                tracing::error!(
                    path = %self.path.display(),
                    "the disk of the store is full; released the reserved space, so that management still works; free some space"
                );
                true
            }
            Err(error) => {
                tracing::error!(path = %self.path.display(), %error, "the reserved space cannot be released");
                false
            }
        }
    }

    /// Reserves the space if it is not reserved and enough space is free. Blocks until the file is on the disk.
    pub(super) fn restore(&self) {
        if self.is_held() {
            return;
        }
        match self.create() {
            Ok(true) => {
                self.is_held.store(true, Ordering::Relaxed);
                if self.is_released.swap(false, Ordering::Relaxed) {
                    tracing::info!(path = %self.path.display(), "the disk of the store has space again");
                }
            }
            // There is still too little space, which was reported when the space was released.
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(path = %self.path.display(), %error, "no space can be reserved for a full disk");
            }
        }
    }

    /// Creates the file, and returns whether enough space is free for it.
    fn create(&self) -> io::Result<bool> {
        let size = fs::metadata(&self.path).map_or(0, |it| it.len());
        if size == BYTES as u64 {
            return Ok(true);
        }
        let folder = self.path.parent().unwrap_or(&self.path);
        let disk = statvfs(folder)?;
        #[allow(
            clippy::useless_conversion,
            reason = "the type depends on the platform"
        )]
        let free = u64::from(disk.blocks_available()).saturating_mul(disk.fragment_size());
        if free < FREE {
            return Ok(false);
        }
        // A file of zeros would need no space on a disk that compresses.
        let mut bytes = vec![0; BYTES];
        getrandom::fill(&mut bytes)?;
        let written = private(&self.path).and_then(|mut file| {
            file.write_all(&bytes)?;
            file.sync_all()
        });
        if written.is_err() {
            let _ = fs::remove_file(&self.path);
        }
        written.map(|()| true)
    }
}

fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::token;

    #[test]
    fn space_is_released_once_and_reserved_again() {
        let folder = std::env::temp_dir().join(token::new_id("gateway-reserve-").unwrap());
        fs::create_dir(&folder).unwrap();
        let reserve = Reserve::new(&folder.join("gateway.db"));
        let path = folder.join("gateway.db.reserve");
        assert!(!reserve.release());
        for _ in 0..2 {
            reserve.restore();
            assert!(!reserve.is_released());
            assert_eq!(fs::metadata(&path).unwrap().len(), BYTES as u64);
            assert!(reserve.release());
            assert!(!path.exists() && reserve.is_released());
            assert!(!reserve.release());
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
