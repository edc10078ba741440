//! Operations on API tokens.

use std::sync::Arc;

use jiff::Timestamp;

use super::gateway::{Gateway, Result, require, require_found};
use crate::error::ServiceError;
use crate::model::{ApiToken, ApiTokenInput, NewApiToken, PageQuery, Principal, ResultPage, Role};
use crate::page::{self, List};
use crate::store::StoreEvent;
use crate::store::rows::TokenRow;
use crate::token;
use crate::validate::{self, FieldErrors};

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
                let token = Arc::new(row.view());
                self.0.directory.put_token(ticket, hash, token.clone());
                token
            }
        };
        drop(lookup);
        self.good_now(&token)
    }

    pub(super) fn good_now(&self, token: &ApiToken) -> Result<Principal> {
        let now = self.now();
        if token
            .expires_at
            .is_some_and(|at| at.as_microsecond() <= now)
        {
            return Err(ServiceError::Unauthenticated);
        }
        Ok(Principal {
            id: token.id.clone(),
            name: token.name.clone(),
            role: token.role,
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
        errors.check()?;
        let (row, token) = self.token_row(who, input)?;
        let audit = self.record(who, "token.create");
        let inserted = self.0.store.insert_token(&row, &audit).await;
        inserted?;
        Ok(NewApiToken {
            api_token: row.view(),
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
        let found = self.0.store.tokens(&before, page::rows(limit)).await;
        LIST.page(found?, limit, |row| Ok(row.view()))
    }

    /// Revokes an API token, which is rejected from now on.
    pub(crate) async fn revoke_api_token(&self, who: &Principal, id: &str) -> Result<()> {
        require(who, Role::Admin)?;
        let audit = self.record(who, "token.revoke");
        let done = self.0.store.delete_token(id, &audit).await;
        self.forget(&StoreEvent::Token(id.to_owned()));
        require_found(done?, "token", id)
    }

    /// Creates an API token for the first administrator if no valid one exists, so that a restart restores access.
    pub(super) async fn first_api_token(&self) -> Result<Option<String>> {
        let gateway = Principal::gateway();
        let input = ApiTokenInput {
            name: "bootstrap".to_owned(),
            role: Role::Admin,
            expires_at: None,
        };
        let (row, token) = self.token_row(&gateway, input)?;
        let audit = self.record(&gateway, "token.create");
        let made = self.0.store.insert_first_token(&row, &audit).await;
        Ok(made?.then_some(token))
    }

    fn token_row(&self, who: &Principal, input: ApiTokenInput) -> Result<(TokenRow, String)> {
        let token = token::new(token::API)?;
        let row = TokenRow {
            id: token::new_id("tok_")?,
            name: input.name,
            role: input.role.as_str().to_owned(),
            token_hash: token::hash(&token).to_vec(),
            expires_at: input.expires_at.map(Timestamp::as_microsecond),
            created_at: self.now(),
            created_by: who.id.clone(),
        };
        Ok((row, token))
    }
}
