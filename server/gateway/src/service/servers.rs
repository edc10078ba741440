//! Operations on MCP servers.

use jiff::Timestamp;

use super::gateway::{Gateway, Result, every, internal, not_found, require, require_found};
use super::revocation::PendingRevocation;
use crate::error::ServiceError;
use crate::model::{
    McpServer, NewServer, PageQuery, Principal, ResultPage, Role, ServerInput, ServerPatch,
    TokenBounds,
};
use crate::page::{self, List};
use crate::store::StoreEvent;
use crate::store::rows::{self, NewAudit, ServerRow};
use crate::token;
use crate::validate::{self, DAY, FieldErrors};

/// Days until a server expires whose expiry is omitted.
const DEFAULT_DAYS: u32 = 90;

impl Gateway {
    /// Creates an MCP server. Only the response contains its URL.
    pub(crate) async fn create_server(
        &self,
        who: &Principal,
        account_id: &str,
        input: ServerInput,
    ) -> Result<NewServer> {
        require(who, Role::Issuer)?;
        let token = token::new(token::SERVER)?;
        let id = token::new_id("mcp_")?;
        self.insert_server(who, account_id, input, id, token).await
    }

    /// Fails if an issuer may not change or revoke a server: unless an issuer created it and the bounds of the token include its account. What an administrator or a configuration file created is theirs, and so is what a token created that no longer exists.
    async fn require_own(&self, who: &Principal, row: &ServerRow) -> Result<()> {
        require_account(who, &row.account_id)?;
        if who.role >= Role::Admin || row.created_by == who.id {
            return Ok(());
        }
        let creator = self.0.store.token(&row.created_by).await?;
        match creator.is_some_and(|token| token.role == Role::Issuer.as_str()) {
            true => Ok(()),
            false => Err(ServiceError::Forbidden { needs: Role::Admin }),
        }
    }

    pub(super) async fn insert_server(
        &self,
        who: &Principal,
        account_id: &str,
        input: ServerInput,
        id: String,
        token: String,
    ) -> Result<NewServer> {
        require_account(who, account_id)?;
        self.account_row(account_id).await?;
        let now = self.now();
        let config = input.config.completed();
        let expires_at = input.expires_at.unwrap_or_else(|| {
            let longest = who.bounds.as_ref().and_then(|bounds| bounds.max_days);
            let days = longest.unwrap_or(DEFAULT_DAYS).min(DEFAULT_DAYS);
            Some(rows::time(now + i64::from(days) * DAY))
        });
        let mut errors = FieldErrors::default();
        errors.name(&input.name);
        errors.config("config", &config, self.0.apis);
        errors.expires_at(expires_at, now);
        if let Some(bounds) = &who.bounds {
            errors.within(bounds, &config, expires_at, now, self.0.apis);
        }
        errors.check()?;
        let row = ServerRow {
            id,
            account_id: account_id.to_owned(),
            name: input.name,
            config: serde_json::to_string(&config).map_err(internal)?,
            token_hash: token::hash(&token).to_vec(),
            expires_at: expires_at.map(Timestamp::as_microsecond),
            created_at: now,
            updated_at: now,
            created_by: who.id.clone(),
        };
        let audit = self.server_record(who, "server.create", account_id, &row.id);
        if let Err(error) = self.0.store.insert_server(&row, &audit).await {
            let Some(database) = error.as_database_error() else {
                return Err(error.into());
            };
            // The account may have been deleted since it was checked, and a declared server may already exist.
            return Err(if database.is_foreign_key_violation() {
                not_found("account", account_id)
            } else if database.is_unique_violation() {
                ServiceError::Conflict {
                    what: "server",
                    name: row.name,
                }
            } else {
                error.into()
            });
        }
        self.new_server(&row, token)
    }

    /// Lists the servers of an account, newest first.
    pub(crate) async fn servers(
        &self,
        who: &Principal,
        account_id: &str,
        page: PageQuery,
    ) -> Result<ResultPage<McpServer>> {
        require(who, Role::Issuer)?;
        self.account_row(account_id).await?;
        self.list_servers(Some(account_id), page).await
    }

    /// Lists the servers of all accounts, newest first.
    pub(crate) async fn all_servers(
        &self,
        who: &Principal,
        page: PageQuery,
    ) -> Result<ResultPage<McpServer>> {
        require(who, Role::Issuer)?;
        self.list_servers(None, page).await
    }

    /// Returns all servers of one account or of all accounts, newest first.
    pub(crate) async fn every_server(
        &self,
        who: &Principal,
        account_id: Option<&str>,
    ) -> Result<Vec<McpServer>> {
        require(who, Role::Issuer)?;
        every(|page| self.list_servers(account_id, page)).await
    }

    /// Returns one server.
    pub(crate) async fn server(
        &self,
        who: &Principal,
        account_id: &str,
        id: &str,
    ) -> Result<McpServer> {
        require(who, Role::Issuer)?;
        let row = self.server_row(account_id, id).await?;
        row.view().map_err(internal)
    }

    /// Changes the given fields. The change takes effect with the next request.
    pub(crate) async fn update_server(
        &self,
        who: &Principal,
        account_id: &str,
        id: &str,
        patch: ServerPatch,
    ) -> Result<McpServer> {
        require(who, Role::Issuer)?;
        let now = self.now();
        // The change is applied to the version that is replaced. Otherwise, of two concurrent changes one could undo a restriction that the other has made.
        let change = |row: &mut ServerRow| {
            let mut errors = FieldErrors::default();
            if let Some(name) = &patch.name {
                errors.name(name);
                row.name.clone_from(name);
            }
            if let Some(given) = &patch.config {
                let config = row.view().map_err(internal)?.config;
                let config = given.clone().applied_to(config);
                errors.config("config", &config, self.0.apis);
                row.config = serde_json::to_string(&config).map_err(internal)?;
            }
            if let Some(expires_at) = patch.expires_at {
                errors.expires_at(expires_at, now);
                row.expires_at = expires_at.map(Timestamp::as_microsecond);
            }
            errors.check()
        };
        let row = self.change_server(who, "server.update", (account_id, id), change);
        row.await?.view().map_err(internal)
    }

    /// Revokes the URL and deletes the server.
    pub(crate) async fn delete_server(
        &self,
        who: &Principal,
        account_id: &str,
        id: &str,
    ) -> Result<()> {
        require(who, Role::Issuer)?;
        if who.role < Role::Admin {
            let row = self.server_row(account_id, id).await?;
            self.require_own(who, &row).await?;
        }
        let audit = self.server_record(who, "server.revoke", account_id, id);
        let revocation = PendingRevocation::server(account_id, id, None, &audit);
        let delete = async {
            let done = self.0.store.delete_server(account_id, id, &audit).await?;
            require_found(done, "server", id)
        };
        self.revoke(revocation, delete).await
    }

    /// Creates another URL for the server. The previous URL is rejected from now on.
    pub(crate) async fn rotate_server(
        &self,
        who: &Principal,
        account_id: &str,
        id: &str,
    ) -> Result<NewServer> {
        require(who, Role::Issuer)?;
        // The URL is refused before the change is stored, so the permission is checked first.
        if who.role < Role::Admin {
            let row = self.server_row(account_id, id).await?;
            self.require_own(who, &row).await?;
        }
        let token = token::new(token::SERVER)?;
        let hash = token::hash(&token).to_vec();
        let change = |row: &mut ServerRow| {
            row.token_hash.clone_from(&hash);
            Ok(())
        };
        let audit = self.server_record(who, "server.rotate", account_id, id);
        let new_hash = Some(hash.clone());
        let revocation = PendingRevocation::server(account_id, id, new_hash, &audit);
        let row = self.change_server(who, "server.rotate", (account_id, id), change);
        self.new_server(&self.revoke(revocation, row).await?, token)
    }

    async fn change_server(
        &self,
        who: &Principal,
        action: &str,
        (account_id, id): (&str, &str),
        change: impl Fn(&mut ServerRow) -> Result<()>,
    ) -> Result<ServerRow> {
        let audit = self.server_record(who, action, account_id, id);
        loop {
            let mut row = self.server_row(account_id, id).await?;
            self.require_own(who, &row).await?;
            let now = self.now();
            // An expired server counts as deleted even before the purge.
            if row.expires_at.is_some_and(|at| at <= now) {
                return Err(ServiceError::invalid(
                    "expires_at",
                    "the server has expired; create a new one",
                ));
            }
            let was = row.updated_at;
            change(&mut row)?;
            if let Some(bounds) = &who.bounds {
                let server = row.view().map_err(internal)?;
                let mut errors = FieldErrors::default();
                errors.within(bounds, &server.config, server.expires_at, now, self.0.apis);
                errors.check()?;
            }
            row.updated_at = now.max(was + 1);
            let done = self.0.store.update_server(&row, was, &audit).await;
            // If another change was committed in the meantime, the loop applies the change to the newer version.
            if done? {
                self.forget(&StoreEvent::Server(row.id.clone()));
                return Ok(row);
            }
        }
    }

    async fn server_row(&self, account_id: &str, id: &str) -> Result<ServerRow> {
        let row = self.0.store.server(account_id, id).await?;
        row.ok_or_else(|| not_found("server", id))
    }

    async fn list_servers(
        &self,
        account_id: Option<&str>,
        page: PageQuery,
    ) -> Result<ResultPage<McpServer>> {
        let list = List {
            what: "servers",
            parent: account_id.unwrap_or_default(),
        };
        let limit = validate::limit(page.limit)?;
        let before = list.before(page.cursor.as_deref())?;
        let (created_by, rows) = (page.created_by.as_deref(), page::rows(limit));
        let found = self.0.store.servers(account_id, created_by, &before, rows);
        let found = found.await;
        list.page(found?, limit, |row| row.view().map_err(internal))
    }

    fn new_server(&self, row: &ServerRow, token: String) -> Result<NewServer> {
        Ok(NewServer {
            server: row.view().map_err(internal)?,
            url: format!("{}/mcp/{token}", self.0.public_url),
            token,
        })
    }

    fn server_record(&self, who: &Principal, action: &str, account_id: &str, id: &str) -> NewAudit {
        let mut record = self.record(who, action);
        record.account_id = Some(account_id.to_owned());
        record.server_id = Some(id.to_owned());
        record
    }
}

/// Fails unless the bounds of the caller include an account.
fn require_account(who: &Principal, account_id: &str) -> Result<()> {
    let allowed = |bounds: &TokenBounds| {
        bounds.accounts.is_empty() || bounds.accounts.iter().any(|id| id == account_id)
    };
    match who.bounds.as_ref().is_none_or(allowed) {
        true => Ok(()),
        false => Err(ServiceError::Forbidden { needs: Role::Admin }),
    }
}
