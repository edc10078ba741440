//! Copy of a SQLite store. The copy is made with a connection of its own, so the gateway that uses the store continues to run.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use crate::private_files::create_private;

/// Time to wait for the gateway.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// Error of a copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Store that does not exist.
    #[error("{} does not exist; give the directory of the store as --data", .0.display())]
    Missing(PathBuf),
    /// File that exists or cannot be written.
    #[error("cannot create {}", path.display())]
    Target {
        /// Path of the file.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// Path that SQLite cannot process.
    #[error("the path {} is not UTF-8", .0.display())]
    Path(PathBuf),
    /// Store that cannot be copied.
    #[error("cannot copy {}", path.display())]
    Copy {
        /// Path of the store.
        path: PathBuf,
        /// Cause.
        source: sqlx::Error,
    },
}

/// Copies a store to a new file that only its owner can read, and returns the size of the file.
///
/// # Errors
///
/// Fails if the store cannot be read, or the file exists or cannot be written.
pub async fn copy(store: &Path, to: &Path) -> Result<u64, BackupError> {
    if !store.is_file() {
        return Err(BackupError::Missing(store.to_owned()));
    }
    let text = to
        .to_str()
        .ok_or_else(|| BackupError::Path(to.to_owned()))?;
    let target = |source| BackupError::Target {
        path: to.to_owned(),
        source,
    };
    // SQLite keeps the permissions of an empty file.
    let file = create_private(to).map_err(target)?;
    let copied = vacuum_into(store, text).await;
    let copied = copied.map_err(|source| BackupError::Copy {
        path: store.to_owned(),
        source,
    });
    let size = copied.and_then(|()| {
        let size = file.sync_all().and_then(|()| file.metadata());
        size.map(|it| it.len()).map_err(target)
    });
    if size.is_err() {
        // The error is the one to report.
        let _ = fs::remove_file(to);
    }
    size
}

async fn vacuum_into(store: &Path, to: &str) -> sqlx::Result<()> {
    let options = SqliteConnectOptions::new()
        .filename(store)
        .busy_timeout(BUSY_TIMEOUT);
    let mut connection = options.connect().await?;
    sqlx::query("VACUUM INTO $1")
        .bind(to)
        .execute(&mut connection)
        .await?;
    connection.close().await
}
