//! Operations on accounts.

use mcp_server::diagnosis::PLAIN_HTTP;
use mcp_server::product::product;

use super::credentials::{RefusedAccount, Secrets, destination};
use super::gateway::{Gateway, Result, every, not_found, require, require_found};
use super::revocation::PendingRevocation;
use crate::directory::RevokedObject;
use crate::error::ServiceError;
use crate::model::sign_in::{AuthInput, AuthView};
use crate::model::{Account, AccountInput, AccountPatch, PageQuery, Principal, ResultPage, Role};
use crate::page::{self, List};
use crate::store::StoreEvent;
use crate::store::rows::{self, AccountRow};
use crate::token;
use crate::validate::{self, FieldErrors};

const LIST: List<'_> = List::all("accounts");

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
            seal_format: None,
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
        Ok(view(&row, Ok(&secrets)))
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
        let (created_by, number) = (page.created_by.as_deref(), page::rows(limit));
        let found = self.0.store.accounts(created_by, &before, number).await;
        let rows = LIST.page(found?, limit, Ok::<_, ServiceError>)?;
        let mut result = Vec::new();
        for row in rows.result {
            let opened = self.opened(&row).await?;
            result.push(view(&row, opened.as_ref()));
        }
        Ok(ResultPage {
            result,
            next_cursor: rows.next_cursor,
        })
    }

    /// Returns all accounts, newest first.
    pub(crate) async fn every_account(&self, who: &Principal) -> Result<Vec<Account>> {
        every(|page| self.accounts(who, page)).await
    }

    /// Returns one account.
    pub(crate) async fn account(&self, who: &Principal, id: &str) -> Result<Account> {
        require(who, Role::Issuer)?;
        let row = self.account_row(id).await?;
        let opened = self.opened(&row).await?;
        Ok(view(&row, opened.as_ref()))
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
            let was = self.account_row(id).await?;
            let stored = self.opened(&was).await?;
            let (mut row, secrets) = self.patched(who, &was, stored, patch.clone())?;
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
                return Ok(view(&row, Ok(&secrets)));
            }
        }
    }

    /// Returns whether an account equals the input, including its secrets. Only the configuration file may use this, because the result reveals whether a secret is correct.
    pub(crate) async fn holds(&self, id: &str, input: &AccountInput) -> Result<bool> {
        let row = self.account_row(id).await?;
        let Ok(stored) = self.opened(&row).await? else {
            return Ok(false);
        };
        let who = Principal::gateway();
        let secrets = Secrets::given_by(&who, input.auth.clone(), input.headers.clone());
        let same = row.name == input.name
            && row.base_url == input.base_url.trim()
            && row.api == given(input.api.clone())
            && row.ca_certificate == given(input.ca_certificate.clone());
        Ok(same && stored.to_json() == secrets.to_json())
    }

    /// Deletes an account and its servers.
    pub(crate) async fn delete_account(&self, who: &Principal, id: &str) -> Result<()> {
        require(who, Role::Admin)?;
        let mut audit = self.record(who, "account.delete");
        audit.account_id = Some(id.to_owned());
        let revocation = PendingRevocation {
            refusal: RevokedObject::Account(id.to_owned()),
            new_hash: None,
            audit: audit.clone(),
        };
        let delete = async {
            let done = self.0.store.delete_account(id, &audit).await?;
            require_found(done, "account", id)
        };
        self.revoke(revocation, delete).await
    }

    pub(super) async fn account_row(&self, id: &str) -> Result<AccountRow> {
        let row = self.0.store.account(id).await?;
        row.ok_or_else(|| not_found("account", id))
    }

    /// Creates a runtime account without cached state.
    pub(super) async fn new_runtime_account(&self, row: &AccountRow) -> Result<runtime::Account> {
        let secrets = self.secrets(row).await?;
        if let Some(why) = self.not_allowed(&secrets) {
            return Err(ServiceError::Unavailable(format!(
                "account `{}` cannot be used: {why}",
                row.name
            )));
        }
        let settings = runtime::Settings {
            refuse_link_local: !self.0.link_local,
            command_variables: Some(self.0.rereading.sources.variables.names().to_vec()),
            ..validate::settings(&input(row, &secrets))
        };
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
        stored: Result<Secrets, RefusedAccount>,
        patch: AccountPatch,
    ) -> Result<(AccountRow, Secrets)> {
        let mut row = was.clone();
        let auth_given = patch.auth.is_some();
        let headers_given = patch.headers.is_some();
        let (stored, is_refused) = match stored {
            Ok(stored) => (stored, false),
            Err(refused) => {
                require_complete(&patch, &refused)?;
                (Secrets::none(), true)
            }
        };
        let earlier = destination(was, &stored.headers);
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
        let required = destination(&row, &secrets.headers).required_again(&earlier);
        let again = |field: &str| {
            format!(
                "must be given again in this request, because it changes {field}; stored credentials are sent only to the destination that they were given for"
            )
        };
        if let Some(field) = required.auth.filter(|_| !is_refused && !auth_given)
            && !matches!(secrets.auth, AuthInput::None)
        {
            errors.add("auth", again(field));
        }
        if let Some(field) = required.headers.filter(|_| !is_refused && !headers_given)
            && !secrets.headers.is_empty()
        {
            errors.add("headers", again(field));
        }
        errors.check()?;
        Ok((row, secrets))
    }

    fn check_parts(&self, row: &AccountRow, secrets: &Secrets) -> FieldErrors {
        let mut errors = FieldErrors::default();
        errors.account(&input(row, secrets), self.0.apis);
        if !self.0.link_local {
            errors.address(&row.base_url);
        }
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

/// Fails unless a change replaces everything that was stored for an account whose row is refused, because none of it can be trusted.
fn require_complete(patch: &AccountPatch, refused: &RefusedAccount) -> Result<()> {
    let given = [
        ("auth", patch.auth.is_some()),
        ("headers", patch.headers.is_some()),
        ("base_url", patch.base_url.is_some()),
        ("ca_certificate", patch.ca_certificate.is_some()),
    ];
    let mut errors = FieldErrors::default();
    for (field, _) in given.iter().filter(|(_, is_given)| !is_given) {
        errors.add(field, format!("must be given again: {refused}"));
    }
    errors.check()
}

fn view(row: &AccountRow, secrets: Result<&Secrets, &RefusedAccount>) -> Account {
    let (kind, username) = match secrets.map(|it| &it.auth) {
        Ok(AuthInput::Password { username, .. }) => ("password", Some(username.clone())),
        Ok(other) => (other.kind(), None),
        Err(_) => (AuthView::REFUSED, None),
    };
    Account {
        id: row.id.clone(),
        name: row.name.clone(),
        base_url: row.base_url.clone(),
        auth: AuthView {
            kind: kind.to_owned(),
            username,
        },
        warnings: match runtime::is_readable_on_its_way(&row.base_url) {
            true => vec![PLAIN_HTTP.to_owned()],
            false => Vec::new(),
        },
        refused: secrets.err().map(ToString::to_string),
        headers: secrets.map_or(Vec::new(), |it| it.headers.keys().cloned().collect()),
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
