//! Errors that keep the store from being opened.

use std::path::PathBuf;

/// Error that keeps the store from being opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Invalid URL. The URL is not quoted, because it may contain a password.
    #[error("DATABASE_URL is invalid; write it like `postgres://user@host/database`")]
    InvalidUrl,
    /// Folder that cannot be created.
    #[error("cannot create the folder {}", path.display())]
    Folder {
        /// Path of the folder.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// File that cannot be opened or locked.
    #[error("cannot open {}", path.display())]
    File {
        /// Path of the file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// SQLite file that another gateway uses.
    #[error("another gateway uses {}; to run several gateways, use PostgreSQL", .0.display())]
    Locked(PathBuf),
    /// File that is not a valid database.
    #[error("cannot open {}", path.display())]
    Sqlite {
        /// Path of the file.
        path: PathBuf,
        /// Cause.
        source: sqlx::Error,
    },
    /// PostgreSQL server that cannot be used.
    #[error("cannot connect to PostgreSQL")]
    Postgres(#[source] sqlx::Error),
    /// PostgreSQL server without TLS, or with a certificate that is not trusted.
    #[error(
        "cannot connect to PostgreSQL with verified TLS; give the certificate authority with `sslrootcert=FILE` in DATABASE_URL, or, in a network that nobody else can read, choose another mode such as `sslmode=disable`"
    )]
    PostgresTls(#[source] sqlx::Error),
    /// Tables that cannot be updated.
    #[error("cannot update the tables of the store")]
    Migration(#[from] sqlx::migrate::MigrateError),
}
