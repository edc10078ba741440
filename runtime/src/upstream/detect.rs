//! Detects which API an upstream has, without credentials and when this is first needed, and keeps the result.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::header::HeaderMap;
use serde_json::Value;
use tokio::time::timeout;

use crate::request::Request;
use crate::tool::Http;
use crate::tool::api::{Api, Document};
use crate::upstream::account::Account;
use crate::upstream::detected::DetectedServer;
use crate::upstream::error::{CallError, ErrorCode};
use crate::upstream::explain;
use crate::upstream::failure::duration_text;
use crate::upstream::response::Response;
use crate::upstream::sign_in::SignInMethod;

/// Timeout of a detection.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Minimum time before the version of an upstream that was too old for a call is requested again.
const RETRY_INTERVAL: Duration = Duration::from_secs(60);

/// Responses of an upstream whose API was not recognised, by API.
type Responses = Vec<(&'static Api, Response)>;

impl Account {
    /// Detects the API of the upstream. The result is kept, so that the upstream is asked only once; an error is not kept.
    pub async fn detect(&self) -> Result<Arc<DetectedServer>, CallError> {
        self.detected().await.map_err(|error| {
            let error = self.redacted(error);
            self.record(Some(&error));
            error
        })
    }

    /// Returns what was detected on the upstream, which is asked only once.
    pub(crate) async fn detected(&self) -> Result<Arc<DetectedServer>, CallError> {
        if let Some(known) = self.0.detection.get() {
            return Ok(known);
        }
        // Boxed, here and below, because detection is rarely needed and would enlarge the future of every call.
        let work = async || {
            let found = timeout(TIMEOUT, Box::pin(self.request_all())).await;
            self.record_asked("");
            found.unwrap_or_else(|_| Err(self.too_slow()))
        };
        self.0.detection.run(|_| true, work).await
    }

    /// Detects the upstream again, because it may have been upgraded and may no longer be too old. Sends requests at most once a minute, and returns `known` if the version has not changed.
    pub(crate) async fn detected_again(&self, known: Arc<DetectedServer>) -> Arc<DetectedServer> {
        if !self.is_due("", RETRY_INTERVAL) {
            return known;
        }
        self.record_asked("");
        match timeout(TIMEOUT, Box::pin(self.request_all())).await {
            Ok(Ok(now)) if now.version != known.version => {
                let is_new = |it: &Arc<DetectedServer>| it.version == now.version;
                let upgraded = self.0.detection.run(is_new, async || Ok(now.clone())).await;
                upgraded.unwrap_or(known)
            }
            _ => known,
        }
    }

    async fn request_all(&self) -> Result<DetectedServer, CallError> {
        let (api, version) = match &self.0.fixed {
            Some(known) => (known.api, String::new()),
            None => self.version().await?,
        };
        let documents = api.documents.iter();
        let (alternatives, usual): (Vec<_>, Vec<_>) =
            documents.partition(|it| it.alternative_to.is_some());
        let probes = usual.iter().map(|it| self.has(it));
        let mut documents = Vec::new();
        for (document, has) in usual.iter().zip(join_all(probes).await) {
            if has? {
                documents.push(document.name);
            }
        }
        // A request for an alternative is necessary only if the document that it replaces is missing.
        let mut filled: Vec<_> = documents.iter().copied().map(Some).collect();
        for document in alternatives {
            if !filled.contains(&document.alternative_to) && self.has(document).await? {
                filled.push(document.alternative_to);
                documents.push(document.name);
            }
        }
        tracing::info!(api = api.name, version, ?documents, "server detected");
        Ok(DetectedServer {
            version,
            documents,
            ..DetectedServer::assumed(api)
        })
    }

    /// Returns the first API for which the upstream reports a version, with this version.
    async fn version(&self) -> Result<(&'static Api, String), CallError> {
        let mut responses = match self.request_versions(false).await? {
            Ok(found) => return Ok(found),
            Err(responses) => responses,
        };
        // Some upstreams are behind a proxy that rejects all requests without a token.
        let is_denied = |it: &Response| matches!(it.status, 300..=399 | 401 | 403);
        if self.0.authenticator.is_bearer() && responses.iter().any(|(_, it)| is_denied(it)) {
            responses = match self.request_versions(true).await? {
                Ok(found) => return Ok(found),
                Err(responses) => responses,
            };
        }
        Err(self.not_recognised(&responses))
    }

    /// Requests the version of each API in turn, and returns the first version that is reported, or all responses.
    async fn request_versions(
        &self,
        signed_in: bool,
    ) -> Result<Result<(&'static Api, String), Responses>, CallError> {
        let transport = &self.0.transport;
        let mut responses = Vec::new();
        for api in self.0.apis {
            let version = &api.version;
            if version.path.is_empty() {
                return Ok(Ok((api, String::new())));
            }
            let mut headers = HeaderMap::new();
            if signed_in {
                let method = Some(SignInMethod::new(api, None));
                let grant = self.0.authenticator.grant(method, transport).await?;
                headers = grant.headers();
            }
            // If one request does not reach the upstream, the next one does not either.
            let request = Request::get("", version.path.to_owned());
            let response = transport.exchange(&request, &headers).await?;
            match json(&response)
                .as_ref()
                .and_then(|it| it.pointer(version.version))
            {
                Some(Value::String(version)) => return Ok(Ok((api, version.clone()))),
                Some(Value::Number(version)) => return Ok(Ok((api, version.to_string()))),
                _ => responses.push((*api, response)),
            }
        }
        Ok(Err(responses))
    }

    async fn has(&self, document: &Document) -> Result<bool, CallError> {
        let Some(probe) = &document.probe else {
            return Ok(true);
        };
        let request = Request::get("", probe.path.to_owned());
        let response = self
            .0
            .transport
            .exchange(&request, &HeaderMap::new())
            .await?;
        if matches!(response.status, 429 | 500..=599) {
            // The upstream failed, so the document is unknown. Retrying later is better than removing tools.
            return Err(self.explain(self.0.apis.first().copied(), &response));
        }
        Ok(json(&response).is_some_and(|it| it.pointer(probe.has).is_some()))
    }

    fn explain(&self, api: Option<&'static Api>, response: &Response) -> CallError {
        let base_url = self.0.transport.base_url();
        match api {
            Some(api) => explain::error_of(&api.errors, base_url, Http::Get, response),
            None => explain::not_json(base_url, response),
        }
    }

    fn not_recognised(&self, responses: &Responses) -> CallError {
        let base_url = self.0.transport.base_url().text();
        let find = |statuses: fn(u16) -> bool| responses.iter().find(|(_, it)| statuses(it.status));
        // An upstream that is not ready yet needs another hint than an upstream without a known API.
        if let Some((api, response)) = find(|it| it == 429 || it >= 500) {
            return self.explain(Some(api), response);
        }
        let found = responses.iter().map(|(api, it)| {
            format!(
                "GET {}: {} {}",
                api.version.path,
                it.status,
                it.media_type()
            )
        });
        let found = found.collect::<Vec<_>>().join("; ");
        let error = CallError::new(ErrorCode::UnexpectedResponse, "Unknown API")
            .detail(format!("Responses of {base_url}: {found}."));
        if let Some((api, response)) = find(|it| (300..=399).contains(&it)) {
            let hint = self.explain(Some(api), response).hint;
            return error.status(response.status).hint(hint);
        }
        match find(|it| matches!(it, 401 | 403)) {
            Some((_, response)) => error.status(response.status).hint("A proxy in front of the server requires credentials even for its version. Select the API in the settings of the account, and set the token or header that the proxy requires."),
            None => error.hint(format!("Check the base URL: {base_url} must be the address of the server, with its path prefix if it has one.")),
        }
    }

    fn too_slow(&self) -> CallError {
        CallError::new(ErrorCode::Timeout, "Response timed out")
            .detail(format!(
                "{} did not report its version within {}.",
                self.0.transport.base_url().text(),
                duration_text(TIMEOUT)
            ))
            .hint("The server may be starting or busy: try again shortly. If the error persists, check the base URL.")
            .retryable(true)
    }
}

/// Returns the JSON of a response with status 200.
fn json(response: &Response) -> Option<Value> {
    let is_json = response.status == 200 && response.may_be_json();
    is_json.then(|| serde_json::from_slice(&response.body).ok())?
}

#[cfg(test)]
mod tests;
