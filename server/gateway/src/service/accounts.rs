//! Operations on accounts.

use std::collections::BTreeMap;

use mcp_server::product::product;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::gateway::{Gateway, Result, every, internal, not_found, require, require_found};
use crate::error::ServiceError;
use crate::model::sign_in::{AuthInput, AuthView};
use crate::model::{Account, AccountInput, AccountPatch, PageQuery, Principal, ResultPage, Role};
use crate::page::{self, List};
use crate::store::StoreEvent;
use crate::store::rows::{self, AccountRow};
use crate::validate::{self, FieldErrors};
use crate::{token, vault};

const LIST: List<'_> = List::all("accounts");

/// Encrypted part of an account.
#[derive(Debug, Clone, Deserialize)]
struct Secrets {
    auth: AuthInput,
    headers: BTreeMap<String, SecretString>,
    /// Whether the configuration file declared that credentials come from the gateway's machine. The value is encrypted with the credentials, so that nobody else can set it.
    #[serde(default)]
    declared: bool,
}

impl Gateway {
    /// Creates an account for an upstream with its credentials. No request is sent to the upstream; `check_account` does that.
    pub(crate) async fn create_account(
        &self,
        who: &Principal,
        input: AccountInput,
    ) -> Result<Account> {
        require(who, Role::Admin)?;
        let now = self.now();
        let mut row = AccountRow {
            id: token::new_id("acc_")?,
            name: input.name,
            base_url: input.base_url.trim().to_owned(),
            api: given(input.api),
            ca_certificate: given(input.ca_certificate),
            key_id: String::new(),
            secrets: Vec::new(),
            created_at: now,
            updated_at: now,
            created_by: who.id.clone(),
        };
        let secrets = Secrets::given_by(who, input.auth, input.headers);
        let mut errors = self.check_parts(&row, &secrets);
        self.check_local(&secrets, &mut errors);
        errors.check()?;
        self.seal_secrets(&mut row, &secrets)?;
        let mut audit = self.record(who, "account.create");
        audit.account_id = Some(row.id.clone());
        let inserted = self.0.store.insert_account(&row, &audit).await;
        inserted.map_err(|error| taken(error, &row.name))?;
        Ok(view(&row, &secrets))
    }

    /// Lists the accounts, newest first.
    pub(crate) async fn accounts(
        &self,
        who: &Principal,
        page: PageQuery,
    ) -> Result<ResultPage<Account>> {
        require(who, Role::Issuer)?;
        let limit = validate::limit(page.limit)?;
        let before = LIST.before(page.cursor.as_deref())?;
        let (created_by, rows) = (page.created_by.as_deref(), page::rows(limit));
        let found = self.0.store.accounts(created_by, &before, rows).await;
        let found = found?;
        for row in &found {
            self.readable(row).await?;
        }
        LIST.page(found, limit, |row| {
            Ok(view(&row, &self.open_secrets(&row)?))
        })
    }

    /// Returns all accounts, newest first.
    pub(crate) async fn every_account(&self, who: &Principal) -> Result<Vec<Account>> {
        every(|page| self.accounts(who, page)).await
    }

    /// Returns one account.
    pub(crate) async fn account(&self, who: &Principal, id: &str) -> Result<Account> {
        require(who, Role::Issuer)?;
        let row = self.readable_row(id).await?;
        Ok(view(&row, &self.open_secrets(&row)?))
    }

    /// Changes the given fields. Calls in flight keep the previous account.
    pub(crate) async fn update_account(
        &self,
        who: &Principal,
        id: &str,
        patch: AccountPatch,
    ) -> Result<Account> {
        require(who, Role::Admin)?;
        loop {
            let was = self.readable_row(id).await?;
            let (mut row, secrets) = self.patched(who, &was, patch.clone())?;
            row.updated_at = self.now().max(was.updated_at + 1);
            self.seal_secrets(&mut row, &secrets)?;
            let mut audit = self.record(who, "account.update");
            audit.account_id = Some(row.id.clone());
            let store = &self.0.store;
            let done = store
                .update_account(&row, was.updated_at, Some(&audit))
                .await;
            // If another change was committed in the meantime, the loop applies the patch to the newer version.
            if done.map_err(|error| taken(error, &row.name))? {
                self.forget(&StoreEvent::Account(row.id.clone()));
                return Ok(view(&row, &secrets));
            }
        }
    }

    /// Returns whether an account equals the input, including its secrets. Only the configuration file may use this, because the result reveals whether a secret is correct.
    pub(crate) async fn holds(&self, id: &str, input: &AccountInput) -> Result<bool> {
        let row = self.readable_row(id).await?;
        let who = Principal::gateway();
        let secrets = Secrets::given_by(&who, input.auth.clone(), input.headers.clone());
        let same = row.name == input.name
            && row.base_url == input.base_url.trim()
            && row.api == given(input.api.clone())
            && row.ca_certificate == given(input.ca_certificate.clone());
        Ok(same && self.open_secrets(&row)?.to_json() == secrets.to_json())
    }

    /// Deletes an account and its servers.
    pub(crate) async fn delete_account(&self, who: &Principal, id: &str) -> Result<()> {
        require(who, Role::Admin)?;
        let mut audit = self.record(who, "account.delete");
        audit.account_id = Some(id.to_owned());
        let done = self.0.store.delete_account(id, &audit).await;
        self.forget(&StoreEvent::Account(id.to_owned()));
        require_found(done?, "account", id)
    }

    pub(super) async fn account_row(&self, id: &str) -> Result<AccountRow> {
        let row = self.0.store.account(id).await?;
        row.ok_or_else(|| not_found("account", id))
    }

    /// Returns an account whose credentials can be decrypted.
    pub(super) async fn readable_row(&self, id: &str) -> Result<AccountRow> {
        let row = self.account_row(id).await?;
        self.readable(&row).await?;
        Ok(row)
    }

    /// Creates a runtime account without cached state.
    pub(super) fn new_runtime_account(&self, row: &AccountRow) -> Result<runtime::Account> {
        let secrets = self.open_secrets(row)?;
        if let Some(why) = self.not_allowed(&secrets) {
            return Err(ServiceError::Unavailable(format!(
                "account `{}` cannot be used: {why}",
                row.name
            )));
        }
        let settings = validate::settings(&input(row, &secrets));
        let account = runtime::Account::new(settings, self.0.apis, product().log_format);
        account.map_err(|error| {
            // The settings were valid when they were stored, so the program has changed since then: their API was removed.
            tracing::error!(account = row.id, %error, "the account cannot be used");
            ServiceError::Unavailable(format!("account `{}` cannot be used: {error}", row.name))
        })
    }

    fn patched(
        &self,
        who: &Principal,
        was: &AccountRow,
        patch: AccountPatch,
    ) -> Result<(AccountRow, Secrets)> {
        let mut row = was.clone();
        let stored = self.open_secrets(was)?;
        let auth_given = patch.auth.is_some();
        let headers_given = patch.headers.is_some();
        let headers = patch.headers.unwrap_or(stored.headers);
        let secrets = match patch.auth {
            Some(auth) => Secrets::given_by(who, auth, headers),
            None => Secrets { headers, ..stored },
        };
        if let Some(name) = patch.name {
            row.name = name;
        }
        if let Some(base_url) = patch.base_url {
            row.base_url = base_url.trim().to_owned();
        }
        if let Some(api) = patch.api {
            row.api = given(Some(api));
        }
        if let Some(certificate) = patch.ca_certificate {
            row.ca_certificate = given(Some(certificate));
        }
        let mut errors = self.check_parts(&row, &secrets);
        if auth_given {
            self.check_local(&secrets, &mut errors);
        }
        // Without this rule, anyone who may change accounts could send the stored credentials to a server of their own and read them.
        if row.base_url != was.base_url && origin(&row.base_url) != origin(&was.base_url) {
            let again = "must be given again, because base_url is on another server";
            if !auth_given && !matches!(secrets.auth, AuthInput::None) {
                errors.add("auth", again);
            }
            if !headers_given && !secrets.headers.is_empty() {
                errors.add("headers", again);
            }
        }
        errors.check()?;
        Ok((row, secrets))
    }

    fn check_parts(&self, row: &AccountRow, secrets: &Secrets) -> FieldErrors {
        let mut errors = FieldErrors::default();
        errors.account(&input(row, secrets), self.0.apis);
        errors
    }

    fn check_local(&self, secrets: &Secrets, errors: &mut FieldErrors) {
        if let Some(why) = self.not_allowed(secrets) {
            errors.add("auth", why);
        }
    }

    /// Returns why an account may not use its sign-in method. Without this rule, anyone who may change accounts could read any file and run any command on the gateway's machine.
    fn not_allowed(&self, secrets: &Secrets) -> Option<String> {
        let allowed = self.0.local_credentials || secrets.declared || !secrets.auth.is_local();
        (!allowed).then(|| {
            format!(
                "`{}` takes the token from the gateway's machine, which this gateway does not allow; its operator can allow it with `serve --allow-local-credentials`, or declare the account in the file of `serve --config`",
                secrets.auth.kind()
            )
        })
    }

    fn seal_secrets(&self, row: &mut AccountRow, secrets: &Secrets) -> Result<()> {
        let text = secrets.to_json().to_string();
        let sealed = self.vault().seal(&owner(&row.id), text.as_bytes());
        let sealed = sealed?;
        row.key_id = sealed.key_id;
        row.secrets = sealed.bytes;
        Ok(())
    }

    fn open_secrets(&self, row: &AccountRow) -> Result<Secrets> {
        let text = self.vault().open(&owner(&row.id), &row.sealed());
        // The error of serde is dropped, because it could quote the secrets.
        serde_json::from_slice(&text?).map_err(|_| internal(vault::VaultError::Broken))
    }
}

impl Secrets {
    fn given_by(who: &Principal, auth: AuthInput, headers: BTreeMap<String, SecretString>) -> Self {
        Self {
            declared: who.is_gateway() && auth.is_local(),
            auth,
            headers,
        }
    }

    fn to_json(&self) -> Value {
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

/// Returns the owner for encryption. The owner binds the credentials to their account, so that the credentials cannot be moved to another one, not even in the database.
pub(super) fn owner(account_id: &str) -> String {
    format!("account\n{account_id}")
}

fn input(row: &AccountRow, secrets: &Secrets) -> AccountInput {
    AccountInput {
        name: row.name.clone(),
        base_url: row.base_url.clone(),
        auth: secrets.auth.clone(),
        headers: secrets.headers.clone(),
        api: row.api.clone(),
        ca_certificate: row.ca_certificate.clone(),
    }
}

fn view(row: &AccountRow, secrets: &Secrets) -> Account {
    let username = match &secrets.auth {
        AuthInput::Password { username, .. } => Some(username.clone()),
        _ => None,
    };
    Account {
        id: row.id.clone(),
        name: row.name.clone(),
        base_url: row.base_url.clone(),
        auth: AuthView {
            kind: secrets.auth.kind().to_owned(),
            username,
        },
        headers: secrets.headers.keys().cloned().collect(),
        api: row.api.clone(),
        ca_certificate: row.ca_certificate.is_some(),
        created_at: rows::time(row.created_at),
        updated_at: rows::time(row.updated_at),
        created_by: row.created_by.clone(),
    }
}

/// Trims a text. A text of only white space counts as omitted.
fn given(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}

/// Returns scheme, host and port as the HTTP client parses them, because a URL can be written so that it seems to lead to another host.
fn origin(base_url: &str) -> Option<String> {
    let url = reqwest::Url::parse(base_url).ok()?;
    Some(url.origin().ascii_serialization())
}

fn taken(error: sqlx::Error, name: &str) -> ServiceError {
    let unique = error.as_database_error();
    if unique.is_some_and(sqlx::error::DatabaseError::is_unique_violation) {
        return ServiceError::Conflict {
            what: "account",
            name: name.to_owned(),
        };
    }
    error.into()
}
