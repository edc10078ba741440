//! Updates that are safe and tell the truth: some APIs want the whole object for a change of one field, and some answer what was asked for instead of what was done.

use serde_json::Value;

use crate::call::{Call, invalid, no_json, text};
use crate::error::{CallError, ErrorCode};
use crate::json::{Scanner, compact, equals, unescape};
use crate::request::{Request, body_param, path_for, path_param};
use crate::tool::Segment;
use crate::transport::Response;

/// A new value for the name that something is found by.
struct Rename<'a> {
    /// Member of the body and of the answer that holds the name.
    wire: &'static str,
    new: &'a Value,
    old: &'a Value,
}

impl Call<'_> {
    /// The request of this call. Where the API wants the whole object, what the caller did not give is read first.
    pub(crate) async fn request(&self) -> Result<Request, CallError> {
        let merge = self.tool.update.merge;
        if merge.is_empty() {
            return Request::new(self.arguments).map_err(|problem| invalid(&[problem]));
        }
        let response = self.send(&self.get(merge, false)?).await?;
        let status = response.status;
        // The scanner forgives what serde_json does not.
        let current = compact(&text(response)?).map_err(|error| no_json(&error, status))?;
        let current: Value = serde_json::from_str(&current).map_err(|error| {
            CallError::new(ErrorCode::UnexpectedResponse, "Not the answer of the API")
                .detail(error.to_string())
        })?;
        Request::merged(self.arguments, &current).map_err(|problem| invalid(&[problem]))
    }

    /// The answer to the GET after a write that was answered with `status`.
    pub(crate) async fn read_back(&self, status: u16) -> Result<Response, CallError> {
        let read_back = self.tool.update.read_back;
        let result = async {
            if let Some(rename) = self.rename(read_back) {
                match self.send(&self.get(read_back, false)?).await {
                    Ok(answer) => rename.check(&text(answer)?, status)?,
                    Err(error) if error.code == ErrorCode::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
            self.send(&self.get(read_back, true)?).await
        };
        result.await.map_err(|error| match error.code {
            ErrorCode::Conflict => error,
            _ => unverified(error, status, self.tool.effect.idempotent),
        })
    }

    fn get(&self, path: &[Segment], body_first: bool) -> Result<Request, CallError> {
        Request::get(path, self.arguments, body_first).map_err(|problem| invalid(&[problem]))
    }

    /// The rename that this call asks for.
    fn rename(&self, read_back: &[Segment]) -> Option<Rename<'_>> {
        let old = path_for(read_back, self.arguments, false).ok()?;
        let new = path_for(read_back, self.arguments, true).ok()?;
        if old == new {
            return None;
        }
        read_back.iter().find_map(|segment| {
            let Segment::Param(wire) = segment else {
                return None;
            };
            let path = path_param(self.tool.params, wire)?;
            let body = body_param(self.tool.params, wire)?;
            let sent = |param| self.arguments.sent(param).filter(|value| !value.is_null());
            let (old, new) = (sent(path)?, sent(body)?);
            let wire = body.wire;
            (old != new).then_some(Rename { wire, new, old })
        })
    }
}

impl Rename<'_> {
    /// An error if what is found under the old name still has it. Some servers find the new name too, for example when only its case has changed.
    fn check(&self, answer: &str, status: u16) -> Result<(), CallError> {
        let mut scanner = Scanner::new(answer);
        let mut first = true;
        scanner.begin_object()?;
        while let Some(key) = scanner.key(&mut first)? {
            let value = scanner.raw()?;
            if unescape(key) == self.wire && equals(value, self.new) {
                return Ok(());
            }
        }
        Err(self.conflict(status))
    }

    fn conflict(&self, status: u16) -> CallError {
        let (old, new) = (self.old, self.new);
        let error = CallError::new(ErrorCode::Conflict, "Not renamed").detail(format!(
            "The server answered {status}, but {old} is still there under its old name, so it was not renamed to {new}. The usual reason is that {new} exists already. Other changes of this call may have been made."
        ));
        CallError {
            status: Some(status),
            ..error.hint(format!(
                "Choose another name, and look at {old} before changing it again."
            ))
        }
    }
}

/// The error when a change was accepted but cannot be read back.
fn unverified(error: CallError, status: u16, idempotent: bool) -> CallError {
    let why = match error.detail.as_str() {
        "" => error.title.as_str(),
        detail => detail,
    };
    CallError {
        detail: format!(
            "The server accepted the change (HTTP {status}), but reading back what it is now failed: {why}"
        ),
        hint: format!(
            "The change was probably made: look before repeating it. {}",
            error.hint
        )
        .trim_end()
        .to_owned(),
        retryable: error.retryable && idempotent,
        ..error
    }
}
