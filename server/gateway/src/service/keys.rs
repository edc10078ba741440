//! Keys that encrypt credentials: rotation to another key, and reading the keys again after another gateway has rotated them.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use secrecy::SecretString;

use super::gateway::{Gateway, Result};
use super::state::KeyReading;
use crate::error::ServiceError;
use crate::store::rows::{AccountRow, ListPosition};
use crate::vault::{Vault, VaultError};

/// Time for which the result of reading the keys again is reused.
const PAUSE: Duration = Duration::from_secs(1);

impl Gateway {
    pub(super) fn vault(&self) -> Arc<Vault> {
        let vault = self.0.vault.read();
        vault.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_vault(&self, vault: Arc<Vault>) {
        *self.0.vault.write().unwrap_or_else(PoisonError::into_inner) = vault;
    }

    /// Makes sure that the credentials of all accounts can be decrypted.
    pub(super) async fn keys_in_use(&self) -> Result<()> {
        for id in self.0.store.key_ids().await? {
            self.known(&id).await?;
        }
        Ok(())
    }

    /// Makes sure that credentials encrypted with this key can be decrypted. Another gateway may have encrypted them with a new key from the same source, so the keys are read again if necessary.
    pub(super) async fn known(&self, key_id: &str) -> Result<()> {
        if self.vault().has(key_id) {
            return Ok(());
        }
        let mut last = self.0.rereading.last.lock().await;
        if self.vault().has(key_id) {
            return Ok(());
        }
        let why = match &*last {
            Some(KeyReading { at, why }) if at.elapsed() < PAUSE => why.clone(),
            _ => {
                let why = match self.read_keys().await {
                    Ok(()) => format!("nor is it in {}", self.0.rereading.sources),
                    Err(why) => why,
                };
                let at = Instant::now();
                let why = last.insert(KeyReading { at, why }).why.clone();
                if self.vault().has(key_id) {
                    tracing::info!(key = key_id, "read the keys again");
                    return Ok(());
                }
                tracing::error!(key = key_id, why, "credentials cannot be read");
                why
            }
        };
        let unknown = VaultError::UnknownKey(key_id.to_owned());
        Err(ServiceError::Unavailable(format!("{unknown}; {why}")))
    }

    /// Reads the keys from their sources. The current keys are kept for credentials that are not re-encrypted yet.
    async fn read_keys(&self) -> Result<(), String> {
        let places = self.0.rereading.sources.clone();
        let read = tokio::task::spawn_blocking(move || places.read());
        let keys = read.await.map_err(|error| error.to_string())??;
        let mut vault = Vault::clone(&self.vault());
        for key in keys.iter().rev() {
            vault = vault.with_key(key).map_err(|error| error.to_string())?;
        }
        self.set_vault(Arc::new(vault));
        if let Err(error) = self.sign_audit_again().await {
            tracing::warn!(%error, "the audit log is still signed with the previous key");
        }
        Ok(())
    }

    /// Re-encrypts all credentials with another key and returns the number of accounts.
    pub(crate) async fn rotate_key(&self, new: &SecretString) -> Result<u64> {
        let vault = self.vault().with_key(new)?;
        let vault = Arc::new(vault);
        // From now on new credentials are encrypted with the new key, so the loop below misses none.
        self.set_vault(vault.clone());
        let mut done = 0;
        let mut before = ListPosition::first();
        loop {
            let rows = self.0.store.accounts(None, &before, 100).await?;
            let Some(last) = rows.last() else {
                self.sign_audit_again().await?;
                return Ok(done);
            };
            before = ListPosition {
                created_at: last.created_at,
                id: last.id.clone(),
            };
            for row in rows {
                done += u64::from(self.reencrypt(&vault, row).await?);
            }
        }
    }

    async fn reencrypt(&self, vault: &Vault, mut row: AccountRow) -> Result<bool> {
        loop {
            if row.key_id == vault.key_id() {
                return Ok(false);
            }
            let was_key = row.key_id.clone();
            Self::reseal(vault, &mut row)?;
            let done = self.0.store.reencrypt_account(&row, &was_key).await;
            if done? {
                return Ok(true);
            }
            // The account was changed in the meantime.
            match self.0.store.account(&row.id).await? {
                Some(changed) => row = changed,
                None => return Ok(false),
            }
        }
    }
}

impl From<VaultError> for ServiceError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::InvalidKey => ServiceError::invalid("key", error.to_string()),
            VaultError::UnknownKey(_) | VaultError::Broken | VaultError::NoRandom => {
                tracing::error!(%error, "credentials cannot be read or written");
                ServiceError::Unavailable(error.to_string())
            }
        }
    }
}
