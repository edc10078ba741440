//! Sessions of the admin page: encrypted texts for the session cookie, sessions that have ended, and form ids that can be used only once.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use runtime::Api;

use super::gateway::{Gateway, Result, internal};
use crate::error::ServiceError;
use crate::model::Principal;
use crate::token;
use crate::vault::{KeyPurpose, SealedText};

/// Time for which submitted forms are recorded; longer than a session of the admin page.
const FORM: Duration = Duration::from_secs(24 * 3600);

impl Gateway {
    /// Returns the URL at which clients reach the gateway, without a trailing slash.
    pub(crate) fn public_url(&self) -> &str {
        &self.0.public_url
    }

    /// Returns whether accounts may use credentials from this machine.
    pub(crate) fn local_credentials(&self) -> bool {
        self.0.local_credentials
    }

    /// Returns the APIs that an account can have, newest first.
    pub(crate) fn apis(&self) -> &'static [&'static Api] {
        self.0.apis
    }

    /// Encrypts a text that only gateways with the same key can read or create. The text can be decrypted only for the same purpose.
    pub(crate) fn seal(&self, purpose: &str, text: &str) -> Result<String> {
        let sealed =
            self.vault()
                .seal(KeyPurpose::Sessions, purpose.as_bytes(), text.as_bytes())?;
        let bytes = BASE64_URL_SAFE_NO_PAD.encode(sealed.bytes);
        Ok(format!("{}.{bytes}", sealed.key_id))
    }

    /// Decrypts a text if it was encrypted for this purpose.
    pub(crate) fn unseal(&self, purpose: &str, sealed: &str) -> Option<String> {
        let (key_id, bytes) = sealed.split_once('.')?;
        let sealed = SealedText {
            key_id: key_id.to_owned(),
            bytes: BASE64_URL_SAFE_NO_PAD.decode(bytes).ok()?,
        };
        let vault = self.vault();
        let text = vault.open(KeyPurpose::Sessions, purpose.as_bytes(), &sealed);
        let text = text.ok()?;
        String::from_utf8(text).ok()
    }

    /// Runs the work of a form once. If the same form was submitted before, returns `None` without running it. A form whose work failed can be submitted again.
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
            // If this fails, too, the user has to open the form again.
            let _ = self.0.store.delete_form(&hash).await;
        }
        done.map(Some)
    }

    /// Ends a session on all gateways. `id` is a text that only this session contains, and `ends_at` the second in which its cookie expires.
    pub(crate) async fn end_session(&self, id: &str, ends_at: i64) -> Result<()> {
        let ends_at = ends_at.saturating_mul(1_000_000);
        Ok(self.0.store.end_session(&token::hash(id), ends_at).await?)
    }

    /// Returns whether a session was ended by [`Self::end_session`] on any gateway.
    pub(crate) async fn is_ended_session(&self, id: &str) -> Result<bool> {
        Ok(self.0.store.is_ended_session(&token::hash(id)).await?)
    }

    /// Deletes records of submitted forms and of ended sessions whose cookies have expired. Such forms and cookies are rejected without a record.
    pub(super) async fn purge_forms(&self) -> Result<u64> {
        let longest = i64::try_from(FORM.as_micros()).unwrap_or(i64::MAX);
        let before = self.now().saturating_sub(longest);
        let sessions = self.0.store.purge_sessions(before).await?;
        Ok(sessions + self.0.store.purge_forms(before).await?)
    }

    /// Returns the owner of the API token with this id, if the token is valid now.
    pub(crate) async fn principal(&self, id: &str) -> Result<Principal> {
        let row = self.0.store.token(id).await?;
        let token = row.ok_or(ServiceError::Unauthenticated)?.view();
        let token = token.map_err(internal)?;
        self.good_now(&token)
    }
}
