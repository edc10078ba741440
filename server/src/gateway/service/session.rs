//! What the admin page needs to remember who is signed in, without keeping anything.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use runtime::Api;

use super::accounts::storable;
use super::{Gateway, Result};
use crate::gateway::error::ServiceError;
use crate::gateway::model::Principal;
use crate::gateway::token;
use crate::gateway::vault::Sealed;

/// Longer than a session of the page.
const FORM: Duration = Duration::from_secs(24 * 3600);

impl Gateway {
    /// Where clients reach the gateway, without slash at its end.
    pub(crate) fn public_url(&self) -> &str {
        &self.0.public_url
    }

    /// Whether accounts may be given credentials of this machine.
    pub(crate) fn local_credentials(&self) -> bool {
        self.0.local_credentials
    }

    /// The APIs that an account can have, newest first.
    pub(crate) fn apis(&self) -> &'static [&'static Api] {
        self.0.apis
    }

    /// A text that only a gateway with the same key can read and that nobody else can make. What is sealed for one purpose does not open for another.
    pub(crate) fn seal(&self, purpose: &str, text: &str) -> Result<String> {
        let sealed = self.vault().seal(&owner(purpose), text.as_bytes())?;
        let bytes = BASE64_URL_SAFE_NO_PAD.encode(sealed.bytes);
        Ok(format!("{}.{bytes}", sealed.key_id))
    }

    /// The text, if it was sealed for this purpose.
    pub(crate) fn unseal(&self, purpose: &str, sealed: &str) -> Option<String> {
        let (key_id, bytes) = sealed.split_once('.')?;
        let sealed = Sealed {
            key_id: key_id.to_owned(),
            bytes: BASE64_URL_SAFE_NO_PAD.decode(bytes).ok()?,
        };
        let text = self.vault().open(&owner(purpose), &sealed).ok()?;
        String::from_utf8(text).ok()
    }

    /// Does what a form asks for, unless the same form was sent before; then nothing. One that fails can be sent again.
    pub(crate) async fn once<T>(
        &self,
        form: &str,
        work: impl Future<Output = Result<T>>,
    ) -> Result<Option<T>> {
        let hash = token::hash(form);
        if !self.0.store.insert_form(&hash, self.now()).await? {
            return Ok(None);
        }
        let done = work.await;
        if done.is_err() {
            // If that fails too, the form has to be opened again.
            let _ = self.0.store.delete_form(&hash).await;
        }
        done.map(Some)
    }

    /// Forgets the forms whose sessions are over, so that they are refused anyway.
    pub(super) async fn purge_forms(&self) -> Result<u64> {
        let longest = i64::try_from(FORM.as_micros()).unwrap_or(i64::MAX);
        let before = self.now().saturating_sub(longest);
        Ok(self.0.store.purge_forms(before).await?)
    }

    /// Who the API token with this id belongs to, if it is good now.
    pub(crate) async fn principal(&self, id: &str) -> Result<Principal> {
        let row = match storable(id) {
            true => self.0.store.token(id).await?,
            false => None,
        };
        let token = row.ok_or(ServiceError::Unauthenticated)?.view();
        self.good_now(&token)
    }
}

/// Never that of an account's credentials.
fn owner(purpose: &str) -> String {
    format!("text\n{purpose}")
}
