//! Detects which API an upstream has, without credentials and when this is first needed, and keeps the result.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Map, Value};
use std::sync::Arc;

use crate::{
    account::{Account, Known},
    api::{Api, Document},
    auth::Way,
    error::{CallError, ErrorCode},
    explain,
    failure::words,
    tool::{Http, Tool},
    transport::{Outgoing, Response},
    version::is_older,
};

/// Timeout of a detection.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Minimum time before an upstream that was too old for a call is asked again.
const AGAIN: Duration = Duration::from_secs(60);

impl Account {
    /// Returns what was detected on the upstream, which is asked only once.
    pub(crate) async fn detected(&self) -> Result<Arc<Known>, CallError> {
        if let Some(known) = self.0.detection.get() {
            return Ok(known);
        }
        // Boxed, here and below, because detection is rarely needed and would enlarge the future of every call.
        let work = async || {
            let found = tokio::time::timeout(TIMEOUT, Box::pin(self.find_out())).await;
            *self.0.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
            found.unwrap_or_else(|_| Err(self.too_slow()))
        };
        self.0.detection.run(|_| true, work).await
    }

    /// Detects the upstream again, because it may have been upgraded and may no longer be too old. Sends requests at most once a minute, and returns `known` if the version has not changed.
    pub(crate) async fn asked_again(&self, known: Arc<Known>) -> Arc<Known> {
        let due = {
            let asked = self.0.asked.lock();
            let mut asked = asked.unwrap_or_else(PoisonError::into_inner);
            let due = asked.is_none_or(|at| at.elapsed() >= AGAIN);
            if due {
                *asked = Some(Instant::now());
            }
            due
        };
        if !due {
            return known;
        }
        let now = tokio::time::timeout(TIMEOUT, Box::pin(self.find_out())).await;
        match now {
            Ok(Ok(now)) if now.version != known.version => {
                let is_new = |it: &Arc<Known>| it.version == now.version;
                let upgraded = self.0.detection.run(is_new, async || Ok(now.clone())).await;
                upgraded.unwrap_or(known)
            }
            _ => known,
        }
    }

    async fn find_out(&self) -> Result<Known, CallError> {
        let (api, version) = match &self.0.fixed {
            Some(known) => (known.api, String::new()),
            None => self.version().await?,
        };
        let (instead, usual): (Vec<_>, Vec<_>) =
            api.documents.iter().partition(|it| it.instead_of.is_some());
        let probes = usual.iter().map(|it| self.has(it));
        let mut documents = Vec::new();
        for (document, has) in usual.iter().zip(join_all(probes).await) {
            if has? {
                documents.push(document.name);
            }
        }
        // A request for an alternative is necessary only if the document that it replaces is missing.
        let mut filled: Vec<_> = documents.iter().copied().map(Some).collect();
        for document in instead {
            if !filled.contains(&document.instead_of) && self.has(document).await? {
                filled.push(document.instead_of);
                documents.push(document.name);
            }
        }
        tracing::info!(api = api.name, version, ?documents, "server recognised");
        Ok(Known {
            api,
            version,
            documents,
            versions: Vec::new(),
        })
    }

    /// Returns the first API for which the upstream reports a version, with this version.
    async fn version(&self) -> Result<(&'static Api, String), CallError> {
        let refused = match self.ask_all(false).await? {
            Ok(found) => return Ok(found),
            Err(answers) => answers,
        };
        // Some upstreams are behind a proxy that rejects all requests without a token.
        let denied = |it: &Response| matches!(it.status, 300..=399 | 401 | 403);
        let answers = if self.0.auth.is_bearer() && refused.iter().any(|(_, it)| denied(it)) {
            match self.ask_all(true).await? {
                Ok(found) => return Ok(found),
                Err(answers) => answers,
            }
        } else {
            refused
        };
        Err(self.not_recognised(&answers))
    }

    /// Requests the version of each API in turn, and returns the first version that is reported, or all responses.
    #[allow(clippy::type_complexity, reason = "a result that is used in one place")]
    async fn ask_all(
        &self,
        signed_in: bool,
    ) -> Result<Result<(&'static Api, String), Vec<(&'static Api, Response)>>, CallError> {
        let mut answers = Vec::new();
        for api in self.0.apis {
            if api.version.path.is_empty() {
                return Ok(Ok((api, String::new())));
            }
            let mut outgoing = Outgoing::get(api.version.path);
            if signed_in {
                let grant = self
                    .0
                    .auth
                    .grant(Some(Way::new(api, None)), &self.0.transport)
                    .await?;
                outgoing.headers = grant.headers();
            }
            // If one request does not reach the upstream, the next one does not either.
            let response = self.0.transport.exchange(outgoing).await?;
            let told = json(&response).and_then(|it| match it.pointer(api.version.version)? {
                Value::String(version) => Some(version.clone()),
                Value::Number(version) => Some(version.to_string()),
                _ => None,
            });
            match told {
                Some(version) => return Ok(Ok((api, version))),
                None => answers.push((*api, response)),
            }
        }
        Ok(Err(answers))
    }

    async fn has(&self, document: &Document) -> Result<bool, CallError> {
        let Some(probe) = &document.probe else {
            return Ok(true);
        };
        let response = self.0.transport.exchange(Outgoing::get(probe.path)).await?;
        if matches!(response.status, 429 | 500..=599) {
            // The upstream itself cannot tell. Retrying later is better than removing tools.
            return Err(self.explain(self.0.apis.first().copied(), &response));
        }
        Ok(json(&response).is_some_and(|it| it.pointer(probe.has).is_some()))
    }

    fn explain(&self, api: Option<&'static Api>, response: &Response) -> CallError {
        match api {
            Some(api) => {
                explain::error_of(&api.errors, self.0.transport.base(), Http::Get, response)
            }
            None => explain::not_json(self.0.transport.base(), response),
        }
    }

    fn not_recognised(&self, answers: &[(&'static Api, Response)]) -> CallError {
        let base = self.0.transport.base();
        // An upstream that is not ready yet needs another hint than an upstream without a known API.
        let failing = |it: &Response| it.status == 429 || it.status >= 500;
        if let Some((api, response)) = answers.iter().find(|(_, it)| failing(it)) {
            return self.explain(Some(api), response);
        }
        let said: Vec<_> = answers
            .iter()
            .map(|(api, it)| {
                format!(
                    "GET {}: {} {}",
                    api.version.path,
                    it.status,
                    it.media_type()
                )
            })
            .collect();
        let error = CallError::new(ErrorCode::UnexpectedResponse, "Not a server of a known API")
            .detail(format!("{} says: {}.", base.text(), said.join("; ")));
        let redirect = answers
            .iter()
            .find(|(_, it)| (300..=399).contains(&it.status));
        let denied = answers
            .iter()
            .find(|(_, it)| matches!(it.status, 401 | 403));
        match (redirect, denied) {
            (Some((api, response)), _) => CallError {
                hint: self.explain(Some(api), response).hint,
                status: Some(response.status),
                ..error
            },
            (None, Some((_, response))) => CallError {
                status: Some(response.status),
                ..error.hint("Something in front of the server asks for credentials even for its version. Fix the API in the settings of the account, and give it the token or header that is asked for.")
            },
            (None, None) => error.hint(format!("Check the base URL: {} should be the address of the server, with its path prefix if it has one.", base.text())),
        }
    }

    fn too_slow(&self) -> CallError {
        CallError::new(ErrorCode::Timeout, "No answer in time")
            .detail(format!("{} did not tell its version within {}.", self.0.transport.base().text(), words(TIMEOUT)))
            .hint("The server may be starting or busy: try again shortly. If it stays so, check the base URL.")
            .retryable(true)
    }
}

impl Known {
    /// Returns whether the upstream is too old for a tool, or for one of the given arguments.
    pub(crate) fn is_older(&self, tool: &Tool, arguments: &Map<String, Value>) -> bool {
        let mut params = tool.params.iter();
        is_older(&self.version, tool.since)
            || params.any(|param| {
                let given = arguments.get(param.field.name);
                is_older(&self.version, param.since) && given.is_some_and(|value| !value.is_null())
            })
    }

    /// Returns an error if the upstream does not have the operation of the tool.
    pub(crate) fn require(&self, tool: &Tool) -> Result<(), CallError> {
        if self.offers(tool) {
            return Ok(());
        }
        if self.has(tool.document) {
            let product = self.api.version.product;
            let needs = format!("Needs {product} {}", tool.since);
            return Err(CallError::new(ErrorCode::NotFound, needs)
                .detail(format!("The operation needs {product} {}, this is {}.", tool.since, self.version))
                .hint("Nothing was sent. The tool cannot be used with this server until it is upgraded."));
        }
        let document = tool.document;
        let probe = self.api.documents.iter().find(|it| it.name == document);
        let what = probe
            .and_then(|it| it.probe.as_ref())
            .map_or(document, |it| it.what);
        Err(CallError::new(ErrorCode::NotFound, "Not on this server")
            .detail(format!("This server does not have {what}."))
            .hint("The tool cannot be used with this account; use another one."))
    }
}

/// Returns the JSON of a response with status 200.
fn json(response: &Response) -> Option<Value> {
    let is_json = response.status == 200 && response.may_be_json();
    is_json.then(|| serde_json::from_slice(&response.body).ok())?
}

#[cfg(test)]
mod tests;
