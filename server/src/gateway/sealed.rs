//! What the admin page needs of the gateway to remember who is signed in, without keeping anything.

use runtime::Api;

use super::error::ServiceError;
use super::model::Principal;
use super::service::Gateway;

#[expect(clippy::unused_async, clippy::unused_self, reason = "signatures first")]
impl Gateway {
    /// Where clients reach the gateway, without slash at its end.
    pub(crate) fn public_url(&self) -> &str {
        "http://127.0.0.1:8787"
    }

    /// The APIs that an account can have, newest first.
    pub(crate) fn apis(&self) -> &'static [&'static Api] {
        &[]
    }

    /// A text that only a gateway with the same key can read and that nobody else can make. What is sealed for one purpose does not open for another.
    pub(crate) fn seal(&self, _purpose: &str, _text: &str) -> Result<String, ServiceError> {
        Err(ServiceError::Internal("not there yet".to_owned()))
    }

    /// The text, if it was sealed for this purpose.
    pub(crate) fn unseal(&self, _purpose: &str, _sealed: &str) -> Option<String> {
        None
    }

    /// Who the API token with this id belongs to, if it is good now.
    pub(crate) async fn principal(&self, _id: &str) -> Result<Principal, ServiceError> {
        Err(ServiceError::Unauthenticated)
    }
}
