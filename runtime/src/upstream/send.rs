//! Sends the requests of an account: signs in, waits for a slot, renews a rejected sign-in once, and returns uniform errors.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::request::Request;
use crate::upstream::account::Account;
use crate::upstream::error::CallError;
use crate::upstream::explain;
use crate::upstream::response::Response;
use crate::upstream::sign_in::SignInMethod;

/// Time for which a request waits for a slot.
const SLOT_DEADLINE: Duration = Duration::from_secs(10);

impl Account {
    /// Sends one request and returns the response if its status means success and its body is empty or has the expected media type.
    ///
    /// At most the configured number of requests is in flight; further requests wait in order, and fail after a time limit. Dropping the future cancels the request.
    pub(crate) async fn send(&self, request: &Request) -> Result<Response, CallError> {
        let sent = self.sign_in_and_send(request).await;
        let sent = sent.map_err(|error| self.redacted(error));
        self.record(sent.as_ref().err());
        sent
    }

    async fn sign_in_and_send(&self, request: &Request) -> Result<Response, CallError> {
        let (authenticator, transport) = (&self.0.authenticator, &self.0.transport);
        let api = self.detected().await?.api;
        let document = api.document(request.document);
        let method = SignInMethod::new(api, document);
        let began = Instant::now();
        // The account signs in before it takes a slot, so that all waiting requests share one failed sign-in.
        let grant = authenticator.grant(Some(method), transport).await?;
        let Ok(_slot) = timeout(SLOT_DEADLINE, self.0.slots.acquire()).await else {
            return Err(CallError::overloaded(format!(
                "{} requests to {} were in progress for {} seconds, so this one was not sent.",
                self.max_in_flight(),
                transport.base_url().text(),
                SLOT_DEADLINE.as_secs()
            )));
        };
        let mut response = transport.exchange(request, &grant.headers()).await?;
        // A grant that was obtained after this call began cannot be outdated. If such a grant is rejected, the upstream rejects the user.
        if grant.is_older_than(began) && grant.is_rejected(method, &response) {
            let fresh = authenticator.renew(method, transport, &grant).await?;
            if !fresh.is_same(&grant) {
                response = transport.exchange(request, &fresh.headers()).await?;
            }
        }
        if response.status >= 300 {
            let base_url = transport.base_url();
            let error = explain::error_of(&api.errors, base_url, request.guarantees, &response);
            let error = explain::advise(document.map_or(&[], |it| it.hints), error);
            return Err(authenticator.explain(method, transport, error));
        }
        if !response.body.is_empty() && !response.may_be(request.accept) {
            return Err(explain::not_json(transport.base_url(), &response));
        }
        Ok(response)
    }
}

#[cfg(test)]
mod tests;
