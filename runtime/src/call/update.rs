//! Updates without data loss and with a verified result: some APIs require the whole object to change one field, and some respond with the requested values instead of the stored ones.

use serde_json::{Map, Value};

use super::context::Call;
use super::merge::stored_members;
use super::verify::differences;
use crate::args::{body_parameter, path_parameter};
use crate::json::{Scanner, compact, equals, unescape};
use crate::request::Request;
use crate::tool::{Http, Segment, VersionedText};
use crate::upstream::error::{CallError, ErrorCode};
use crate::upstream::response::Response;

/// Default advice if a change was not applied.
const NOT_APPLIED: &str = "Other changes of this call may have been made: read the object before you change it again. If the same change fails again, this version of the server does not support it.";

/// A new value for the name that identifies an object.
struct Rename<'a> {
    /// Member of the body and of the response that contains the name.
    wire: &'static str,
    new: &'a Value,
    old: &'a Value,
}

impl Call<'_> {
    /// Builds the request of this call. If the API requires the whole object, first reads the members that the caller omitted.
    pub(super) async fn request(&self) -> Result<Request, CallError> {
        let merge = self.tool.update.merge;
        if merge.is_empty() {
            return self.plain_request();
        }
        let response = self.send(&self.get(merge, false)?).await?;
        let status = response.status;
        // The scanner accepts texts that `serde_json` rejects.
        let current = compact(&response.into_text()?);
        let current = current.map_err(|error| CallError::not_json(status, &error))?;
        let current: Value = serde_json::from_str(&current)
            .map_err(|error| CallError::unexpected(status, error.to_string()))?;
        self.record_before(&current);
        let stored: Map<_, _> = stored_members(self.arguments, &current)?;
        Ok(Request::new(self.arguments, &stored)?)
    }

    /// Returns the result of a write: the response to the GET after the write. For a delete, the result is the response to the delete itself.
    ///
    /// Returns an error if the GET shows other values than those requested.
    pub(super) async fn read_back(&self, written: Response) -> Result<Response, CallError> {
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
                Ok(response) => rename.check(&response.into_text()?, status)?,
                Err(error) if error.code == ErrorCode::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        let response = match self.send(&self.get(read_back, true)?).await {
            Err(error) if error.code == ErrorCode::NotFound && self.tool.method == "create" => {
                return Err(not_applied(status, "the new object does not exist"));
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
                "the deleted object still exists",
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

    pub(super) fn get(&self, path: &[Segment], body_first: bool) -> Result<Request, CallError> {
        let path = self.arguments.path_of(path, body_first)?;
        Ok(Request::get(self.tool.document, path))
    }

    /// Returns the rename that this call requests.
    fn rename(&self, read_back: &[Segment]) -> Option<Rename<'_>> {
        let old = self.arguments.path_of(read_back, false).ok()?;
        let new = self.arguments.path_of(read_back, true).ok()?;
        if old == new {
            return None;
        }
        read_back.iter().find_map(|segment| {
            let Segment::Parameter(wire) = segment else {
                return None;
            };
            let path = path_parameter(self.tool.parameters, wire)?;
            let body = body_parameter(self.tool.parameters, wire)?;
            let sent = |parameter| {
                self.arguments
                    .sent(parameter)
                    .filter(|value| !value.is_null())
            };
            let (old, new) = (sent(path)?, sent(body)?);
            let wire = body.wire;
            (old != new).then_some(Rename { wire, new, old })
        })
    }
}

impl Rename<'_> {
    /// Returns an error if the object under the old name still has the old name. Some servers also find an object with the new name there, for example if only the case changed.
    fn check(&self, response: &str, status: u16) -> Result<(), CallError> {
        let mut scanner = Scanner::new(response);
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
        CallError::new(ErrorCode::Conflict, "Not renamed")
            .status(status)
            .detail(format!(
                "The server responded with status {status}, but {old} still has its old name and was not renamed to {new}. The usual reason is that {new} already exists. Other changes of this call may have been made."
            ))
            .hint(format!("Choose another name, and read {old} before you change it again."))
    }
}

/// Creates the error for a change that the server reported as successful but did not apply.
fn not_applied(status: u16, found: &str) -> CallError {
    let detail =
        format!("The server reported success (HTTP {status}), but the object shows: {found}.");
    let error = CallError::new(ErrorCode::NotApplied, "Not applied");
    error.status(status).detail(detail)
}

/// Creates the error for an accepted change that cannot be read back.
fn unverified(error: CallError, status: u16, idempotent: bool) -> CallError {
    let why = match error.detail.as_str() {
        "" => error.title.as_str(),
        detail => detail,
    };
    // The hint of this code states that nothing was sent, which applies only to the read.
    let hint = match error.code {
        ErrorCode::InvalidArguments => "",
        _ => error.hint.as_str(),
    };
    CallError {
        detail: format!(
            "The server accepted the change (HTTP {status}), but reading the object afterwards failed: {why}"
        ),
        hint: format!(
            "The change was probably made: read the object before you repeat the call. {hint}"
        )
        .trim_end()
        .to_owned(),
        retryable: error.retryable && idempotent,
        ..error
    }
}
