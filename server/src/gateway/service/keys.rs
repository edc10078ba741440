//! The keys that encrypt credentials: the change to another one, and reading them again when another gateway has changed to one.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use secrecy::SecretString;

use super::{Gateway, Result, accounts};
use crate::gateway::error::{FieldProblem, ServiceError};
use crate::gateway::keys::KeyPlaces;
use crate::gateway::store::rows::{AccountRow, Before};
use crate::gateway::vault::{Vault, VaultError};

/// How long what was read again is what there is.
const PAUSE: Duration = Duration::from_secs(1);

/// Where the keys are, and what the last reading of them gave.
#[derive(Debug)]
pub(super) struct Rereading {
    places: KeyPlaces,
    pub(super) last: tokio::sync::Mutex<Option<Reading>>,
}

/// A reading of the keys.
#[derive(Debug)]
pub(super) struct Reading {
    at: Instant,
    /// Why a key that is still unknown is not there.
    why: String,
}

impl Rereading {
    pub(super) fn of(places: KeyPlaces) -> Self {
        Self {
            places,
            last: tokio::sync::Mutex::default(),
        }
    }
}

impl Gateway {
    pub(super) fn vault(&self) -> Arc<Vault> {
        let vault = self.0.vault.read();
        vault.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_vault(&self, vault: Arc<Vault>) {
        *self.0.vault.write().unwrap_or_else(PoisonError::into_inner) = vault;
    }

    /// Makes sure that an account's credentials can be decrypted. Another gateway may have encrypted them with a key that was put where this one has its key from.
    pub(super) async fn readable(&self, row: &AccountRow) -> Result<()> {
        self.known(&row.key_id).await
    }

    /// The same for all accounts.
    pub(super) async fn keys_in_use(&self) -> Result<()> {
        for id in self.0.store.key_ids().await? {
            self.known(&id).await?;
        }
        Ok(())
    }

    async fn known(&self, key_id: &str) -> Result<()> {
        if self.vault().has(key_id) {
            return Ok(());
        }
        let mut last = self.0.rereading.last.lock().await;
        if self.vault().has(key_id) {
            return Ok(());
        }
        let why = match &*last {
            Some(Reading { at, why }) if at.elapsed() < PAUSE => why.clone(),
            _ => {
                let why = match self.read_keys().await {
                    Ok(()) => format!("nor is it in {}", self.0.rereading.places),
                    Err(why) => why,
                };
                let at = Instant::now();
                let why = last.insert(Reading { at, why }).why.clone();
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

    /// Takes the keys from where they are. Those there were stay, to read what is not encrypted anew yet.
    async fn read_keys(&self) -> Result<(), String> {
        let places = self.0.rereading.places.clone();
        let read = tokio::task::spawn_blocking(move || places.read());
        let keys = read.await.map_err(|error| error.to_string())??;
        let mut vault = Vault::clone(&self.vault());
        for key in keys.iter().rev() {
            vault = vault.with_key(key).map_err(|error| error.to_string())?;
        }
        self.set_vault(Arc::new(vault));
        Ok(())
    }

    /// Encrypts all credentials anew with another key; gives how many accounts that were.
    pub(crate) async fn rotate_key(&self, new: &SecretString) -> Result<u64> {
        let vault = self.vault().with_key(new)?;
        let vault = Arc::new(vault);
        // From here on new credentials take the new key, so that none is missed below.
        self.set_vault(vault.clone());
        let mut done = 0;
        let mut before = Before::first();
        loop {
            let rows = self.0.store.accounts(&before, 100).await?;
            let Some(last) = rows.last() else {
                return Ok(done);
            };
            before = Before {
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
            let owner = accounts::owner(&row.id);
            let text = vault.open(&owner, &row.sealed())?;
            let sealed = vault.seal(&owner, &text)?;
            let was_key = std::mem::replace(&mut row.key_id, sealed.key_id);
            row.secrets = sealed.bytes;
            let done = self.0.store.reencrypt_account(&row, &was_key).await;
            if done? {
                return Ok(true);
            }
            // Somebody changed it meanwhile.
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
            VaultError::NotAKey => {
                ServiceError::Invalid(vec![FieldProblem::new("key", error.to_string())])
            }
            VaultError::UnknownKey(_) | VaultError::Broken | VaultError::NoRandom => {
                tracing::error!(%error, "credentials cannot be read or written");
                ServiceError::Unavailable(error.to_string())
            }
        }
    }
}
