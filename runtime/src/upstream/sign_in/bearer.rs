//! Bearer tokens: reads them from a text, a file or a command, and determines their remaining lifetime.

use std::{
    io,
    path::Path,
    process::Stdio,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::upstream::error::{CallError, ErrorCode};
use crate::upstream::failure::duration_text;

/// Maximum length of a text with a token, in bytes.
const MAX_BYTES: usize = 64 << 10;

/// State of a file, compared to notice changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileState {
    modified: Option<SystemTime>,
    length: u64,
}

impl FileState {
    /// Returns the state of this file; `None` if the file does not exist.
    pub(super) async fn read(path: &Path) -> Option<Self> {
        let metadata = tokio::fs::metadata(path).await.ok()?;
        Some(Self {
            modified: metadata.modified().ok(),
            length: metadata.len(),
        })
    }
}

/// Extracts the token from a text. Surrounding white space and a leading `Bearer`, which people copy along, are removed.
pub(super) fn token(text: &str) -> Option<String> {
    let text = text.trim();
    let bare = match text.split_once(char::is_whitespace) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => rest.trim(),
        _ => text,
    };
    let is_token = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_graphic());
    is_token.then(|| bare.to_owned())
}

/// Reads the token from a file.
pub(super) async fn read_file(path: &Path, timeout: Duration) -> Result<String, CallError> {
    let failed = |error: io::Error| {
        CallError::new(ErrorCode::Unauthenticated, "No token")
            .detail(format!("The token file {} cannot be read: {}.", path.display(), error.kind()))
            .hint("The administrator of these tools must store the token in this file, which is read again at the next call.")
            .retryable(true)
    };
    let read = async { beginning(tokio::fs::File::open(path).await?).await };
    // A pipe without a writer never ends.
    let bytes = match tokio::time::timeout(timeout, read).await {
        Ok(bytes) => bytes.map_err(failed)?,
        Err(_) => return Err(failed(io::ErrorKind::TimedOut.into())),
    };
    if bytes.len() > MAX_BYTES {
        return Err(not_a_token());
    }
    let text = String::from_utf8(bytes).map_err(|_| failed(io::ErrorKind::InvalidData.into()))?;
    token(&text).ok_or_else(not_a_token)
}

/// Reads a stream up to the first byte that shows that it is too long, because `/dev/zero` and the output of `yes` never end.
async fn beginning(stream: impl AsyncRead + Unpin) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut stream = stream.take(MAX_BYTES as u64 + 1);
    stream.read_to_end(&mut bytes).await?;
    Ok(bytes)
}

/// Runs a shell command with these environment variables, or with all, and returns the token that it prints.
pub(super) async fn run_command(
    command: &str,
    variables: Option<&[String]>,
    timeout: Duration,
) -> Result<String, CallError> {
    // Neither the command nor its output is shown, because both may contain secrets.
    let failed = |detail: String| {
        CallError::new(ErrorCode::Unauthenticated, "No token")
            .detail(detail)
            .hint("The administrator of these tools must run the token command of the account manually to find the cause.")
    };
    let no_token = "The output of the token command is not a single token.";
    let output = async {
        let mut child = shell(command, variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let bytes = match child.stdout.take() {
            Some(stdout) => beginning(stdout).await?,
            None => Vec::new(),
        };
        // A command with too much output is not waited for, because it may never end.
        let status = match bytes.len() > MAX_BYTES {
            true => None,
            false => Some(child.wait().await?),
        };
        io::Result::Ok((status, bytes))
    };
    let (status, bytes) = match tokio::time::timeout(timeout, output).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => {
            return Err(failed(format!(
                "The token command cannot be run: {}.",
                error.kind()
            )));
        }
        Err(_) => {
            let detail = format!(
                "The token command did not end within {}.",
                duration_text(timeout)
            );
            return Err(failed(detail).retryable(true));
        }
    };
    match status {
        None => Err(failed(no_token.to_owned())),
        Some(status) if !status.success() => {
            Err(failed(format!("The token command failed: {status}.")))
        }
        Some(_) => {
            token(&String::from_utf8_lossy(&bytes)).ok_or_else(|| failed(no_token.to_owned()))
        }
    }
}

/// Returns a shell command that inherits these environment variables, or all.
fn shell(command: &str, variables: Option<&[String]>) -> tokio::process::Command {
    let (shell, flag) = if cfg!(windows) {
        ("cmd", "/C")
    } else {
        ("sh", "-c")
    };
    let mut shell = tokio::process::Command::new(shell);
    shell.arg(flag).arg(command);
    if let Some(variables) = variables {
        let set = |name: &String| Some((name.clone(), std::env::var_os(name)?));
        shell.env_clear().envs(variables.iter().filter_map(set));
    }
    shell
}

/// Returns the error for a text that is not a token.
pub(super) fn not_a_token() -> CallError {
    CallError::new(ErrorCode::Unauthenticated, "No token")
        .detail("The token of the account is empty or contains a space or a line break.")
        .hint("The administrator of these tools must correct the token.")
}

/// Returns the remaining lifetime of a token according to its `exp` claim (RFC 7519). The signature is not verified, because that is the task of the upstream.
///
/// `now` is the time of the upstream, whose clock may differ from the local one. The result for an expired token is `None`, because renewing it at every call would not help.
pub(super) fn lifetime(token: &str, now: Option<SystemTime>) -> Option<Duration> {
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&payload).ok()?;
    let end = Duration::try_from_secs_f64(claims.get("exp")?.as_f64()?).ok()?;
    let now = now.unwrap_or_else(SystemTime::now);
    let left = end.checked_sub(now.duration_since(UNIX_EPOCH).ok()?)?;
    // Limited, so that adding the lifetime to an instant cannot overflow.
    (!left.is_zero()).then(|| left.min(Duration::from_secs(365 * 86_400)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_in_texts() {
        let rows = [
            ("abc", Some("abc")),
            ("  abc\n", Some("abc")),
            ("Bearer abc", Some("abc")),
            ("bearer\tabc\r\n", Some("abc")),
            ("Bearer", Some("Bearer")),
            ("", None),
            (" \n", None),
            ("two words", None),
            ("abc\ndef", None),
            ("é", None),
        ];
        for (text, expected) in rows {
            assert_eq!(token(text).as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn lifetime_until_its_own_end() {
        let at = |payload: &str| format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(payload));
        let rows = [
            (at(r#"{"exp":1000060}"#), Some(60)),
            (at(r#"{"exp":1000060.0,"iat":5}"#), Some(60)),
            (at(r#"{"exp":1000000}"#), None),
            (at(r#"{"exp":999}"#), None),
            (at(r#"{"exp":-5}"#), None),
            (at(r#"{"exp":"soon"}"#), None),
            (at(r#"{"exp":1e300}"#), None),
            (at(r#"{"exp":1e15}"#), Some(365 * 86_400)),
            (at("{}"), None),
            ("ya29.opaque".to_owned(), None),
            ("a.b.c".to_owned(), None),
        ];
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
        for (token, expected) in rows {
            assert_eq!(
                lifetime(&token, Some(now)).map(|it| it.as_secs()),
                expected,
                "{token}"
            );
        }
    }
}
