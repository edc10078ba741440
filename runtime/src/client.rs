//! Sends the requests of an account: signs in, waits for a slot, renews a rejected sign-in once, and returns uniform errors.

use reqwest::header::{COOKIE, HeaderMap, HeaderValue};
use tokio::time::Instant;

use crate::{
    account::Account,
    auth::{Grant, Way},
    error::{CallError, ErrorCode},
    explain,
    request::Request,
    transport::{Outgoing, Response},
};

impl Account {
    /// Sends one request and returns the response if its status means success and its body is empty or has the expected media type.
    ///
    /// At most the configured number of requests is in flight; further requests wait in order. Dropping the future cancels the request.
    pub(crate) async fn send(&self, request: &Request) -> Result<Response, CallError> {
        let sent = self.sign_in_and_send(request).await;
        let sent = sent.map_err(|error| self.redacted(error));
        self.remember(sent.as_ref().err());
        sent
    }

    /// Removes the credentials of this account from an error.
    pub(crate) fn redacted(&self, error: CallError) -> CallError {
        error.redacted(|text| self.0.auth.redact(&self.0.transport, &text))
    }

    async fn sign_in_and_send(&self, request: &Request) -> Result<Response, CallError> {
        let inner = &*self.0;
        let api = self.detected().await?.api;
        let document = api.document(request.document);
        let way = Way::new(api, document);
        let began = Instant::now();
        // The account signs in before it takes a slot, so that all waiting requests share one failed sign-in.
        let grant = inner.auth.grant(Some(way), &inner.transport).await?;
        let _place = inner
            .permits
            .acquire()
            .await
            .map_err(|_| CallError::new(ErrorCode::Internal, "The account is closed"))?;
        let mut response = self.send_as(request, &grant).await?;
        // A grant that was obtained after this call began cannot be outdated. If such a grant is rejected, the upstream rejects the user.
        if grant.is_older_than(began) && grant.is_refused(way, &response) {
            let fresh = inner.auth.renew(way, &inner.transport, &grant).await?;
            if !fresh.is_same(&grant) {
                response = self.send_as(request, &fresh).await?;
            }
        }
        let base = inner.transport.base();
        if response.status >= 300 {
            let error = explain::error_of(&api.errors, base, request.promises, &response);
            let error = explain::advise(document.map_or(&[], |it| it.hints), error);
            return Err(inner.auth.refusal(way, &inner.transport, error));
        }
        if !response.body.is_empty() && !response.may_be(request.accept) {
            return Err(explain::not_json(base, &response));
        }
        Ok(response)
    }

    async fn send_as(&self, request: &Request, grant: &Grant) -> Result<Response, CallError> {
        let mut headers = HeaderMap::new();
        let mut cookies = Vec::new();
        for (name, value) in &request.headers {
            let value = HeaderValue::from_str(value).map_err(|_| {
                CallError::new(ErrorCode::InvalidArguments, "A header cannot be sent").detail(
                    format!("The value of the header `{name}` has a line break or another character that headers cannot have."),
                )
            })?;
            if *name == "cookie" {
                cookies.push(value);
            } else {
                headers.insert(*name, value);
            }
        }
        headers.extend(grant.headers());
        for cookie in cookies {
            headers.append(COOKIE, cookie);
        }
        let body = request.body.clone();
        self.0
            .transport
            .exchange(Outgoing {
                http: request.http,
                promises: request.promises,
                path_and_query: &request.path_and_query,
                headers,
                body: body.map(|body| (request.media_type.as_ref(), body)),
                accept: request.accept,
                partial: request.partial,
            })
            .await
    }
}

#[cfg(test)]
mod tests;
