//! Operations on API tokens.

use std::sync::Arc;

use jiff::Timestamp;

use super::gateway::{Gateway, Result, internal, require, require_found};
use super::revocation::PendingRevocation;
use crate::directory::RevokedObject;
use crate::error::ServiceError;
use crate::model::{
    ApiToken, ApiTokenInput, NewApiToken, PageQuery, Principal, ResultPage, Role, TokenBounds,
};
use crate::page::{self, List};
use crate::request_origin::RequestOrigin;
use crate::store::rows::{self, TokenRow};
use crate::token;
use crate::validate::{self, FieldErrors};

/// Name of the first API token.
const FIRST_TOKEN: &str = "bootstrap";
/// Lifetime of the first API token in microseconds. It is meant for creating the first token of a person.
const FIRST_TOKEN_LIFETIME: i64 = 24 * 3600 * 1_000_000;

const LIST: List<'_> = List::all("tokens");

impl Gateway {
    /// Returns the owner of an API token, if the token is valid now.
    pub(crate) async fn authenticate(&self, api_token: &str) -> Result<Principal> {
        if !token::is_complete(api_token, token::API) {
            return Err(ServiceError::Unauthenticated);
        }
        let hash = token::hash(api_token);
        let mut cached = self.0.directory.token(&hash);
        let mut lookup = None;
        if cached.is_none() {
            lookup = Some(self.lookup().await?);
            // Another request with this token may have looked it up in the meantime.
            cached = self.0.directory.token(&hash);
        }
        let token = match cached {
            Some(token) => token,
            None => {
                let ticket = self.0.directory.ticket();
                let row = self.0.store.token_by_hash(&hash).await?;
                let row = row
                    .filter(|row| token::same(&hash, &row.token_hash))
                    .ok_or(ServiceError::Unauthenticated)?;
                let token = Arc::new(row.view().map_err(internal)?);
                self.0.directory.put_token(ticket, hash, token.clone());
                token
            }
        };
        drop(lookup);
        self.good_now(&token)
    }

    pub(super) fn good_now(&self, token: &ApiToken) -> Result<Principal> {
        if self.0.directory.refuses_token(&token.id) {
            return Err(ServiceError::Unauthenticated);
        }
        let now = self.now();
        if token
            .expires_at
            .is_some_and(|at| at.as_microsecond() <= now)
        {
            return Err(ServiceError::Unauthenticated);
        }
        RequestOrigin::set_actor(&token.id, &token.name);
        Ok(Principal {
            id: token.id.clone(),
            name: token.name.clone(),
            role: token.role,
            bounds: token.bounds.clone(),
        })
    }

    /// Creates an API token. Only the response contains its text.
    pub(crate) async fn create_api_token(
        &self,
        who: &Principal,
        input: ApiTokenInput,
    ) -> Result<NewApiToken> {
        require(who, Role::Admin)?;
        let mut errors = FieldErrors::default();
        errors.name(&input.name);
        errors.expires_at(input.expires_at, self.now());
        let bounds = input.bounds.map(TokenBounds::completed);
        if let Some(bounds) = &bounds {
            errors.bounds(input.role, bounds, self.0.apis);
            for (index, id) in bounds.accounts.iter().enumerate() {
                if self.0.store.account(id).await?.is_none() {
                    let field = format!("bounds.accounts[{index}]");
                    errors.add(&field, format!("account `{id}` does not exist"));
                }
            }
        }
        errors.check()?;
        let input = ApiTokenInput { bounds, ..input };
        let (row, token) = self.token_row(who, input)?;
        let audit = self.record(who, "token.create");
        let inserted = self.0.store.insert_token(&row, &audit).await;
        inserted?;
        Ok(NewApiToken {
            api_token: row.view().map_err(internal)?,
            token,
        })
    }

    /// Lists the API tokens, newest first.
    pub(crate) async fn api_tokens(
        &self,
        who: &Principal,
        page: PageQuery,
    ) -> Result<ResultPage<ApiToken>> {
        require(who, Role::Admin)?;
        let limit = validate::limit(page.limit)?;
        let before = LIST.before(page.cursor.as_deref())?;
        let (created_by, rows) = (page.created_by.as_deref(), page::rows(limit));
        let found = self.0.store.tokens(created_by, &before, rows).await;
        LIST.page(found?, limit, |row| row.view().map_err(internal))
    }

    /// Revokes an API token and the MCP servers that it created. The servers are revoked first, so that the request can be repeated if it fails, and again afterwards, because the token may have created others in the meantime. A revocation that cannot be stored does not keep the others from taking effect.
    pub(crate) async fn revoke_api_token_and_servers(
        &self,
        who: &Principal,
        id: &str,
    ) -> Result<()> {
        let servers = unless_pending(self.revoke_servers_of(who, id).await)?;
        let token = unless_pending(self.revoke_api_token(who, id).await)?;
        let again = unless_pending(self.revoke_servers_of(who, id).await)?;
        match token.or(servers).or(again) {
            Some(pending) => Err(pending),
            None => Ok(()),
        }
    }

    async fn revoke_servers_of(&self, who: &Principal, token_id: &str) -> Result<()> {
        require(who, Role::Admin)?;
        let servers = self.every_server(who, None).await?;
        let mut pending = None;
        for server in servers.iter().filter(|it| it.created_by == token_id) {
            let revoked = self.delete_server(who, &server.integrated_account_id, &server.id);
            match unless_pending(revoked.await) {
                // Somebody else has revoked the server in the meantime.
                Err(ServiceError::NotFound { .. }) => {}
                other => pending = other?.or(pending),
            }
        }
        pending.map_or(Ok(()), Err)
    }

    /// Revokes an API token, which is rejected from now on.
    pub(crate) async fn revoke_api_token(&self, who: &Principal, id: &str) -> Result<()> {
        require(who, Role::Admin)?;
        let audit = self.record(who, "token.revoke");
        let revocation = PendingRevocation {
            refusal: RevokedObject::Token(id.to_owned()),
            new_hash: None,
            audit: audit.clone(),
        };
        let delete = async {
            let done = self.0.store.delete_token(id, &audit).await?;
            require_found(done, "token", id)
        };
        self.revoke(revocation, delete).await
    }

    /// Creates an API token for the first administrator if no valid one exists, so that a restart restores access.
    pub(super) async fn first_api_token(&self) -> Result<Option<String>> {
        let gateway = Principal::gateway();
        let input = ApiTokenInput {
            name: FIRST_TOKEN.to_owned(),
            role: Role::Admin,
            expires_at: Some(rows::time(self.now() + FIRST_TOKEN_LIFETIME)),
            bounds: None,
        };
        let (row, token) = self.token_row(&gateway, input)?;
        let audit = self.record(&gateway, "token.create");
        let made = self.0.store.insert_first_token(&row, &audit).await;
        Ok(made?.then_some(token))
    }

    /// Returns the API token of the caller if the gateway has created it at its first start.
    pub(crate) async fn first_token_of(&self, who: &Principal) -> Result<Option<ApiToken>> {
        let row = self.0.store.token(&who.id).await?;
        let is_first =
            |row: &TokenRow| row.name == FIRST_TOKEN && row.created_by == Principal::gateway().id;
        let row = row.filter(is_first);
        row.map(|row| row.view().map_err(internal)).transpose()
    }

    /// Revokes the first API token, because it was not handed out.
    pub(crate) async fn revoke_lost_token(&self, token: &str) -> Result<()> {
        let owner = self.authenticate(token).await?;
        self.revoke_api_token(&Principal::gateway(), &owner.id)
            .await
    }

    fn token_row(&self, who: &Principal, input: ApiTokenInput) -> Result<(TokenRow, String)> {
        let token = token::new(token::API)?;
        let row = TokenRow {
            id: token::new_id("tok_")?,
            name: input.name,
            role: input.role.as_str().to_owned(),
            token_hash: token::hash(&token).to_vec(),
            expires_at: input.expires_at.map(Timestamp::as_microsecond),
            bounds: match &input.bounds {
                Some(bounds) => Some(serde_json::to_string(bounds).map_err(internal)?),
                None => None,
            },
            created_at: self.now(),
            created_by: who.id.clone(),
        };
        Ok((row, token))
    }
}

/// Returns the error of a revocation that took effect but is not stored yet, so that further revocations can follow. Fails with any other error.
fn unless_pending(done: Result<()>) -> Result<Option<ServiceError>> {
    match done {
        Ok(()) => Ok(None),
        Err(pending @ ServiceError::RevocationPending { .. }) => Ok(Some(pending)),
        Err(other) => Err(other),
    }
}
