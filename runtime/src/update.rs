//! Updates without data loss and with a verified result: some APIs require the whole object to change one field, and some respond with the requested values instead of the stored ones.

use serde_json::Value;

use crate::call::{Call, invalid, no_json, text};
use crate::error::{CallError, ErrorCode};
use crate::json::{Scanner, compact, equals, unescape};
use crate::request::{Request, body_param, path_for, path_param};
use crate::tool::{Http, Segment, VersionedText};
use crate::transport::Response;
use crate::verify::differences;

/// Default advice if a change was not applied.
const NOT_APPLIED: &str = "Other changes of this call may have been made: read the object before changing it again. If the same change fails again, this version of the server cannot make it this way.";

/// A new value for the name that identifies an object.
struct Rename<'a> {
    /// Member of the body and of the response that contains the name.
    wire: &'static str,
    new: &'a Value,
    old: &'a Value,
}

impl Call<'_> {
    /// Builds the request of this call. If the API requires the whole object, first reads the members that the caller omitted.
    pub(crate) async fn request(&self) -> Result<Request, CallError> {
        let merge = self.tool.update.merge;
        if merge.is_empty() {
            return Request::new(self.arguments).map_err(|problem| invalid(&[problem]));
        }
        let response = self.send(&self.get(merge, false)?).await?;
        let status = response.status;
        // The scanner accepts texts that `serde_json` rejects.
        let current = compact(&text(response)?).map_err(|error| no_json(&error, status))?;
        let current: Value = serde_json::from_str(&current).map_err(|error| {
            CallError::new(ErrorCode::UnexpectedResponse, "Not the answer of the API")
                .detail(error.to_string())
        })?;
        Request::merged(self.arguments, &current).map_err(|problem| invalid(&[problem]))
    }

    /// Returns the result of a write: the response to the GET after the write. For a delete, the result is the response to the delete itself.
    ///
    /// Returns an error if the GET shows other values than those requested.
    pub(crate) async fn read_back(&self, written: Response) -> Result<Response, CallError> {
        let status = written.status;
        let result = async {
            match self.tool.http {
                Http::Delete => self.check_deleted(written).await,
                _ => self.check_written(status).await,
            }
        };
        match result.await {
            Ok(response) => Ok(response),
            Err(error) if error.code == ErrorCode::Conflict => Err(error),
            Err(error) if error.code == ErrorCode::NotApplied => Err(CallError {
                hint: self.not_applied_hint().await,
                ..error
            }),
            Err(error) => Err(unverified(error, status, self.tool.effect.idempotent)),
        }
    }

    async fn check_written(&self, status: u16) -> Result<Response, CallError> {
        let read_back = self.tool.update.read_back;
        if let Some(rename) = self.rename(read_back) {
            match self.send(&self.get(read_back, false)?).await {
                Ok(answer) => rename.check(&text(answer)?, status)?,
                Err(error) if error.code == ErrorCode::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        let response = match self.send(&self.get(read_back, true)?).await {
            Err(error) if error.code == ErrorCode::NotFound && self.tool.method == "create" => {
                return Err(not_applied(
                    status,
                    "what should have been created does not exist",
                ));
            }
            response => response?,
        };
        let found = compact(&String::from_utf8_lossy(&response.body))?;
        let found: Value = serde_json::from_str(&found).unwrap_or_default();
        match differences(self.arguments, &found).as_slice() {
            [] => Ok(response),
            differences => Err(not_applied(status, &differences.join("; "))),
        }
    }

    async fn check_deleted(&self, written: Response) -> Result<Response, CallError> {
        let get = self.get(self.tool.update.read_back, false)?;
        match self.send(&get).await {
            Ok(_) => Err(not_applied(
                written.status,
                "what should have been deleted still exists",
            )),
            Err(error) if error.code == ErrorCode::NotFound => Ok(written),
            Err(error) => Err(error),
        }
    }

    /// Returns the advice for the version of this server if a change was not applied.
    async fn not_applied_hint(&self) -> String {
        let verify = &self.tool.update.verify;
        if !verify.hints.is_empty() {
            self.account.read_version(self.tool.document).await;
        }
        let known = self.account.known();
        let version = known
            .as_ref()
            .map_or("", |known| known.version_for(self.tool));
        let hint = VersionedText::find(verify.hints, version).unwrap_or(verify.hint);
        match hint {
            "" => NOT_APPLIED.to_owned(),
            hint => hint.to_owned(),
        }
    }

    fn get(&self, path: &[Segment], body_first: bool) -> Result<Request, CallError> {
        Request::get(path, self.arguments, body_first).map_err(|problem| invalid(&[problem]))
    }

    /// Returns the rename that this call requests.
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
    /// Returns an error if the object under the old name still has the old name. Some servers also find an object with the new name there, for example if only the case changed.
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

/// Creates the error for a change that the server reported as successful but did not apply.
fn not_applied(status: u16, shown: &str) -> CallError {
    let error = CallError::new(ErrorCode::NotApplied, "Not applied");
    CallError {
        status: Some(status),
        ..error.detail(format!(
            "The server reported success (HTTP {status}), but reading back shows: {shown}."
        ))
    }
}

/// Creates the error for an accepted change that cannot be read back.
fn unverified(error: CallError, status: u16, idempotent: bool) -> CallError {
    let why = match error.detail.as_str() {
        "" => error.title.as_str(),
        detail => detail,
    };
    // The hint of this code says that nothing was sent, which applies only to the read.
    let hint = match error.code {
        ErrorCode::InvalidArguments => "",
        _ => error.hint.as_str(),
    };
    CallError {
        detail: format!(
            "The server accepted the change (HTTP {status}), but reading back what it is now failed: {why}"
        ),
        hint: format!("The change was probably made: look before repeating it. {hint}")
            .trim_end()
            .to_owned(),
        retryable: error.retryable && idempotent,
        ..error
    }
}
