//! Options of the connections to PostgreSQL.

use std::net::IpAddr;

use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::error::StoreError;

/// Returns the options of the connections to PostgreSQL. Unless the URL says otherwise, connections to another machine are encrypted, and the certificate of the server is verified.
pub(super) fn options(url: &SecretString) -> Result<PgConnectOptions, StoreError> {
    // The cause is dropped, because the URL may contain a password.
    let options: PgConnectOptions = url
        .expose_secret()
        .parse()
        .map_err(|_| StoreError::InvalidUrl)?;
    let (_, query) = url.expose_secret().split_once('?').unwrap_or_default();
    let names = query.split('&').filter_map(|it| it.split('=').next());
    let names_mode = names
        .into_iter()
        .any(|it| matches!(it, "sslmode" | "ssl-mode"));
    Ok(match names_mode || is_this_machine(&options) {
        true => options,
        false => options.ssl_mode(PgSslMode::VerifyFull),
    })
}

/// Returns whether a server is reached without a network.
fn is_this_machine(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse();
    options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || address.is_ok_and(|it: IpAddr| it.is_loopback())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn certificates_of_other_machines_are_verified_unless_the_url_says_otherwise() {
        let rows = [
            ("postgres://db.example/x", "VerifyFull"),
            (
                "postgres://u:p@db.example:5433/x?application_name=a",
                "VerifyFull",
            ),
            ("postgresql://10.0.0.7/x", "VerifyFull"),
            ("postgres://localhost.example/x", "VerifyFull"),
            ("postgres://db.example/x?sslmode=disable", "Disable"),
            ("postgres://db.example/x?a=b&sslmode=require", "Require"),
            ("postgres://db.example/x?ssl-mode=prefer", "Prefer"),
            ("postgres://localhost/x", "Prefer"),
            ("postgres://127.0.0.1/x", "Prefer"),
            ("postgres://[::1]/x", "Prefer"),
            ("postgres:///x?host=/run/postgresql", "Prefer"),
            ("postgres://%2Frun%2Fpostgresql/x", "Prefer"),
            ("postgres://localhost/x?host=db.example", "VerifyFull"),
        ];
        for (url, expected) in rows {
            let options = options(&url.to_owned().into()).unwrap();
            assert_eq!(format!("{:?}", options.get_ssl_mode()), expected, "{url}");
        }
    }
}
