//! Connections to a SQLite file: several for reading, and two for writing, of which only one is used at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::MutexGuard;

use super::ACQUIRE_TIMEOUT;
use super::error::StoreError;
use super::reserve::Reserve;

/// Time that SQLite waits for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum number of connections for reading.
const READERS: u32 = 4;

/// Connections to a SQLite file. Writers queue for one lock, because SQLite itself waits by polling, and a pool tests a connection before and after each use.
pub(crate) struct Sqlite {
    pub(super) readers: SqlitePool,
    options: SqliteConnectOptions,
    writers: tokio::sync::Mutex<Writers>,
    reserve: Arc<Reserve>,
}

/// Connections for writing. A connection is `None` before its first use and after an error that leaves its state unknown.
#[derive(Default)]
pub(super) struct Writers {
    durable: Option<SqliteConnection>,
    relaxed: Option<SqliteConnection>,
    is_closed: bool,
}

/// Whether a commit waits until the data is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// The data survives a power failure.
    Durable,
    /// The data survives the end of the process. After a power failure, the last commits can be missing.
    Relaxed,
}

impl Sqlite {
    /// Opens the file and creates it if it does not exist.
    pub(super) async fn open(path: &Path) -> Result<Self, StoreError> {
        // SQLite gives its other files the permissions of this one.
        drop(private(path)?);
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            // Pages that every record changes are copied from the write-ahead log to the database every 32 MB instead of every 4 MB.
            .pragma("wal_autocheckpoint", "8000")
            // Deleted content is overwritten in the file.
            .pragma("secure_delete", "ON");
        Self::connect(path, options).await
    }

    /// Opens the file of a gateway that may be running, only to read it.
    pub(super) async fn open_for_reading(path: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .read_only(true)
            .busy_timeout(BUSY_TIMEOUT);
        Self::connect(path, options).await
    }

    async fn connect(path: &Path, options: SqliteConnectOptions) -> Result<Self, StoreError> {
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options.clone());
        let readers = readers.await.map_err(|source| StoreError::Sqlite {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            readers,
            options,
            writers: tokio::sync::Mutex::default(),
            reserve: Arc::new(Reserve::new(path)),
        })
    }

    /// Waits for the turn to write.
    pub(super) async fn turn(&self) -> MutexGuard<'_, Writers> {
        self.writers.lock().await
    }

    /// Returns a connection for writing.
    pub(super) async fn writer<'w>(
        &self,
        writers: &'w mut Writers,
        durability: Durability,
    ) -> sqlx::Result<&'w mut SqliteConnection> {
        if writers.is_closed {
            return Err(sqlx::Error::PoolClosed);
        }
        let (writer, synchronous) = match durability {
            Durability::Durable => (&mut writers.durable, SqliteSynchronous::Full),
            Durability::Relaxed => (&mut writers.relaxed, SqliteSynchronous::Normal),
        };
        match writer {
            Some(writer) => Ok(writer),
            None => {
                let options = self.options.clone().synchronous(synchronous);
                Ok(writer.insert(options.connect().await?))
            }
        }
    }

    /// Waits for the turn to write what is not a change. Fails while the reserved space is in use, because it is for changes.
    pub(super) async fn relaxed_turn(&self) -> sqlx::Result<MutexGuard<'_, Writers>> {
        if self.reserve.is_released() {
            return Err(sqlx::Error::Io(std::io::ErrorKind::StorageFull.into()));
        }
        Ok(self.turn().await)
    }

    /// Prepares another attempt to write after an error, and returns whether it can succeed: if the disk is full, the reserved space is released.
    pub(super) fn recovers(&self, writers: &mut Writers, error: &sqlx::Error) -> bool {
        writers.reset_after(error);
        is_full(error) && self.reserve.release()
    }

    /// Reserves space for a full disk if it is not reserved and enough space is free.
    pub(super) async fn restore_reserve(&self) {
        if !self.reserve.is_held() {
            let reserve = Arc::clone(&self.reserve);
            // A panic leaves the space unreserved, as a full disk does.
            let _ = tokio::task::spawn_blocking(move || reserve.restore()).await;
        }
    }

    /// Closes all connections after their current use.
    pub(super) async fn close(&self) {
        self.readers.close().await;
        let mut writers = self.writers.lock().await;
        writers.is_closed = true;
        let open = [writers.durable.take(), writers.relaxed.take()];
        for writer in open.into_iter().flatten() {
            // All changes are already committed, so only clean-up can fail here.
            let _ = writer.close().await;
        }
    }
}

impl Writers {
    /// Closes the connections if SQLite may have ended the transaction of one by itself, which its driver does not notice: after `SQLITE_NOMEM`, `SQLITE_INTERRUPT`, `SQLITE_IOERR` and `SQLITE_FULL`.
    pub(super) fn reset_after(&mut self, error: &sqlx::Error) {
        let is_rolled_back = matches!(
            result_code(error).map(|it| it & 0xff),
            Some(7 | 9 | 10 | 13)
        ) || matches!(
            error,
            sqlx::Error::InvalidSavePointStatement | sqlx::Error::WorkerCrashed
        );
        if is_rolled_back {
            (self.durable, self.relaxed) = (None, None);
        }
    }
}

/// Returns the extended result code of SQLite.
fn result_code(error: &sqlx::Error) -> Option<u32> {
    error.as_database_error()?.code()?.parse().ok()
}

/// Returns whether a write to SQLite failed because the disk is full: `SQLITE_FULL`, `SQLITE_IOERR_FSYNC` or `SQLITE_IOERR_SHMSIZE`.
pub(crate) fn is_full(error: &sqlx::Error) -> bool {
    matches!(result_code(error), Some(13 | 1034 | 4874))
        || matches!(error, sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::StorageFull)
}

/// Locks a SQLite file, because a second gateway would not learn what this one revokes.
pub(super) fn lock(path: &Path) -> Result<File, StoreError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|source| StoreError::Folder {
            path: folder.to_owned(),
            source,
        })?;
    }
    let lock_path = path.with_added_extension("lock");
    let file = private(&lock_path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked(path.to_owned())),
        Err(TryLockError::Error(source)) => Err(StoreError::File {
            path: lock_path,
            source,
        }),
    }
}

/// Opens a file that only its owner can access, and creates it if it does not exist.
fn private(path: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|source| StoreError::File {
        path: path.to_owned(),
        source,
    })
}
