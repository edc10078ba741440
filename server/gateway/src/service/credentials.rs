//! Stored credentials of accounts: encryption for their destination, and the refusal of rows that were changed outside the gateway.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::gateway::{Gateway, Result};
use crate::destination::Destination;
use crate::error::ServiceError;
use crate::model::Principal;
use crate::model::sign_in::AuthInput;
use crate::store::accounts::SEAL_FORMAT;
use crate::store::rows::AccountRow;
use crate::token;
use crate::vault::{KeyPurpose, SealedText, Vault, VaultError};

/// Encrypted part of an account.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Secrets {
    pub(super) auth: AuthInput,
    pub(super) headers: BTreeMap<String, SecretString>,
    /// Whether the configuration file declared that credentials come from the gateway's machine. The value is encrypted with the credentials, so that nobody else can set it.
    #[serde(default)]
    pub(super) declared: bool,
}

/// Account whose stored credentials are not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RefusedAccount {
    name: String,
    reason: RefusalReason,
}

/// Reason why stored credentials are not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RefusalReason {
    /// The row has the format of an older version, although all rows were converted.
    OlderFormat,
    /// The credentials were encrypted for another destination or account, or were changed.
    Mismatch,
}

impl fmt::Display for RefusedAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match self.reason {
            RefusalReason::OlderFormat => {
                "their format is that of an older version and is no longer accepted"
            }
            RefusalReason::Mismatch => {
                "they do not match the account: its base_url, its ca_certificate or the credentials themselves were changed outside the gateway"
            }
        };
        write!(
            f,
            "the stored credentials of account `{}` are refused, because {reason}; check the account and give auth, headers, base_url and ca_certificate again in one request",
            self.name
        )
    }
}

impl From<RefusedAccount> for ServiceError {
    fn from(refused: RefusedAccount) -> Self {
        Self::Unavailable(refused.to_string())
    }
}

impl Gateway {
    /// Decrypts the credentials of an account. If the row is refused, the first caller writes an audit record.
    pub(super) async fn opened(&self, row: &AccountRow) -> Result<Result<Secrets, RefusedAccount>> {
        self.known(&row.key_id).await?;
        let refused = match open(&self.vault(), row) {
            Ok(opened) => return Ok(Ok(opened)),
            Err(VaultError::Broken) => RefusedAccount {
                name: row.name.clone(),
                reason: match row.seal_format {
                    None => RefusalReason::OlderFormat,
                    Some(_) => RefusalReason::Mismatch,
                },
            },
            Err(error) => return Err(error.into()),
        };
        self.record_refused_account(row, &refused).await;
        Ok(Err(refused))
    }

    /// Decrypts the credentials of an account, and fails if the row is refused.
    pub(super) async fn secrets(&self, row: &AccountRow) -> Result<Secrets> {
        Ok(self.opened(row).await??)
    }

    pub(super) fn seal_secrets(&self, row: &mut AccountRow, secrets: &Secrets) -> Result<()> {
        set(row, seal(&self.vault(), row, secrets)?);
        Ok(())
    }

    /// Writes an audit record of a refused account, once for each state of its row.
    async fn record_refused_account(&self, row: &AccountRow, refused: &RefusedAccount) {
        let state = token::hash(&format!("{row:?}"));
        let last = self.0.refused().insert(row.id.clone(), state);
        if last == Some(state) {
            return;
        }
        tracing::error!(account = row.id, "{refused}");
        let mut record = self.record(&Principal::gateway(), "account.refused");
        record.account_id = Some(row.id.clone());
        "refused".clone_into(&mut record.outcome);
        if let Err(error) = self.0.store.insert_audit(vec![record], true).await {
            tracing::error!(%error, "the refusal of an account cannot be recorded");
            // The next use of the account records it.
            self.0.refused().remove(&row.id);
        }
    }

    /// Encrypts the credentials that an older version has stored, for their destination. The store does so only once.
    pub(super) async fn convert_credentials(&self) -> Result<()> {
        let vault = self.vault();
        let convert = |row: &AccountRow| {
            let secrets = vault.open_older(&older_context(&row.id), &row.sealed());
            let secrets = secrets.and_then(|text| parsed(&text));
            let sealed = secrets.and_then(|secrets| seal(&vault, row, &secrets));
            sealed
                .inspect_err(|error| {
                    tracing::error!(account = row.id, %error, "the credentials of the account cannot be converted");
                })
                .ok()
        };
        let audit = self.record(&Principal::gateway(), "account.seal");
        let converted = self.0.store.convert_seals(convert, &audit).await?;
        if converted > 0 {
            tracing::info!(
                accounts = converted,
                "encrypted the credentials for their destinations"
            );
        }
        Ok(())
    }

    /// Encrypts credentials again with the first key of this vault, and returns whether they can be decrypted. Credentials that are refused stay refused, and the row gets the new key, so that the old key is not needed any more.
    pub(super) fn reseal(vault: &Vault, row: &mut AccountRow) -> Result<()> {
        match open(vault, row) {
            Ok(secrets) => set(row, seal(vault, row, &secrets)?),
            Err(VaultError::Broken) => vault.key_id().clone_into(&mut row.key_id),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

impl Secrets {
    /// Returns the secrets of an account without credentials.
    pub(super) fn none() -> Self {
        Self {
            auth: AuthInput::None,
            headers: BTreeMap::new(),
            declared: false,
        }
    }

    pub(super) fn given_by(
        who: &Principal,
        auth: AuthInput,
        headers: BTreeMap<String, SecretString>,
    ) -> Self {
        Self {
            declared: who.is_gateway() && auth.is_local(),
            auth,
            headers,
        }
    }

    pub(super) fn to_json(&self) -> Value {
        let auth = match &self.auth {
            AuthInput::None => json!({"type": "none"}),
            AuthInput::Password { username, password } => {
                json!({"type": "password", "username": username, "password": password.expose_secret()})
            }
            AuthInput::Bearer { token } => {
                json!({"type": "bearer", "token": token.expose_secret()})
            }
            AuthInput::BearerFile { path } => json!({"type": "bearer_file", "path": path}),
            AuthInput::BearerCommand { command } => {
                json!({"type": "bearer_command", "command": command})
            }
        };
        let headers = self.headers.iter();
        let headers: BTreeMap<_, _> = headers
            .map(|(name, value)| (name, value.expose_secret()))
            .collect();
        json!({"auth": auth, "headers": headers, "declared": self.declared})
    }
}

/// Returns the destination of an account with these headers.
pub(super) fn destination(
    row: &AccountRow,
    headers: &BTreeMap<String, SecretString>,
) -> Destination {
    Destination::new(&row.base_url, row.ca_certificate.as_deref(), headers)
}

/// Returns the data with which the credentials of a row are authenticated. The row binds them to their account and their destination, so that they cannot be moved to another one, not even in the database.
pub(super) fn context(row: &AccountRow) -> Vec<u8> {
    destination(row, &BTreeMap::new()).context(&row.id)
}

/// Returns the data with which older versions authenticated the credentials of an account.
fn older_context(account_id: &str) -> Vec<u8> {
    format!("account\n{account_id}").into_bytes()
}

fn seal(vault: &Vault, row: &AccountRow, secrets: &Secrets) -> Result<SealedText, VaultError> {
    let text = secrets.to_json().to_string();
    vault.seal(KeyPurpose::Credentials, &context(row), text.as_bytes())
}

fn set(row: &mut AccountRow, sealed: SealedText) {
    row.key_id = sealed.key_id;
    row.secrets = sealed.bytes;
    row.seal_format = Some(SEAL_FORMAT);
}

fn open(vault: &Vault, row: &AccountRow) -> Result<Secrets, VaultError> {
    if row.seal_format != Some(SEAL_FORMAT) {
        return Err(VaultError::Broken);
    }
    let text = vault.open(KeyPurpose::Credentials, &context(row), &row.sealed())?;
    parsed(&text)
}

/// Parses decrypted credentials. The error of serde is dropped, because it could quote the secrets.
fn parsed(text: &[u8]) -> Result<Secrets, VaultError> {
    serde_json::from_slice(text).map_err(|_| VaultError::Broken)
}
