//! What every request of an account goes through: a place in the queue, sign-in, one renewal of it, and errors in one shape.

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
    /// Sends one request and gives the answer if it is one of success, and JSON if it has content.
    ///
    /// No more than the account's limit are on their way; the others wait in order. Dropping the future ends the request.
    pub(crate) async fn send(&self, request: &Request) -> Result<Response, CallError> {
        let sent = self.sign_in_and_send(request).await;
        let sent = sent.map_err(|error| self.redacted(error));
        self.remember(sent.as_ref().err());
        sent
    }

    /// The error without what this account signs in with.
    pub(crate) fn redacted(&self, error: CallError) -> CallError {
        error.redacted(|text| self.0.auth.redact(&self.0.transport, &text))
    }

    async fn sign_in_and_send(&self, request: &Request) -> Result<Response, CallError> {
        let inner = &*self.0;
        let api = self.detected().await?.api;
        let document = api.document(request.document);
        let way = Way::new(api, document);
        let began = Instant::now();
        // Signed in before there is a place: so all who wait share one login that fails.
        let grant = inner.auth.grant(Some(way), &inner.transport).await?;
        let _place = inner
            .permits
            .acquire()
            .await
            .map_err(|_| CallError::new(ErrorCode::Internal, "The account is closed"))?;
        let mut response = self.send_as(request, &grant).await?;
        // What was granted since this call began cannot be too old: then it is the user who is not let in.
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
