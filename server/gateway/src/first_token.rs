//! Hands out the first API token: on a terminal, or in a file that only its owner can read. Any other output could keep the token in a log.

use std::io;
use std::path::PathBuf;

use crate::private_files::write_private;

/// Destination of the first API token.
#[derive(Debug, Clone)]
pub enum FirstToken {
    /// Terminal of the operator.
    Shown,
    /// File that only its owner can read.
    File(PathBuf),
}

/// File of the first API token that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the first API token to {}; it was revoked, and the next start creates another one", path.display())]
pub struct FirstTokenError {
    path: PathBuf,
    source: io::Error,
}

impl FirstToken {
    /// Writes the token to the file, if it is not shown, and returns the text for the operator.
    pub(crate) fn hand_out(&self, token: &str) -> Result<String, FirstTokenError> {
        let path = match self {
            Self::Shown => {
                return Ok(format!(
                    "API token of the first administrator, valid for 24 hours, shown only now: {token}"
                ));
            }
            Self::File(path) => path,
        };
        let written = write_private(path, &format!("{token}\n"));
        written.map_err(|source| FirstTokenError {
            path: path.clone(),
            source,
        })?;
        Ok(format!(
            "API token of the first administrator, valid for 24 hours: {} (delete the file after you have created another token)",
            path.display()
        ))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_written_for_its_owner_and_contains_the_whole_token() {
        let folder = std::env::temp_dir().join(crate::token::new_id("gateway-first-").unwrap());
        let path = folder.join("new/first-api-token");
        let to = FirstToken::File(path.clone());
        for token in ["amk_one", "amk_two"] {
            let text = to.hand_out(token).unwrap();
            assert!(
                !text.contains(token) && text.contains("first-api-token"),
                "{text}"
            );
            assert_eq!(
                std::fs::read_to_string(&path).unwrap(),
                format!("{token}\n")
            );
            let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(
                (mode(path.as_path()), mode(path.parent().unwrap())),
                (0o600, 0o700)
            );
            // A file that others can read is replaced.
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        }
        std::fs::remove_dir_all(folder).unwrap();
        assert!(
            FirstToken::Shown
                .hand_out("amk_one")
                .unwrap()
                .ends_with(": amk_one")
        );
    }
}
