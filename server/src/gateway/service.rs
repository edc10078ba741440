//! What the gateway can do, each thing once: the management API, the page, the command line and the configuration file all come here. Every method checks the role of who asks, and every change is in the audit log.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::BoxStream;
use jiff::Timestamp;
use runtime::Api;
use secrecy::SecretString;

use super::error::{Refusal, ServiceError};
use super::model::{
    Account, AccountInput, AccountPatch, ApiToken, ApiTokenInput, AuditQuery, AuditRecord, Check,
    McpServer, NewApiToken, NewServer, Page, PageQuery, Principal, Role, ServerInput, ServerPatch,
};
use crate::offer::Offer;

/// What a gateway is made of.
#[derive(Debug)]
pub(crate) struct GatewayOptions {
    /// Where everything is kept.
    pub(crate) store: StoreUrl,
    /// The key that encrypts credentials: 32 bytes in base64.
    pub(crate) key: SecretString,
    /// Keys that were used before and are still needed to read.
    pub(crate) old_keys: Vec<SecretString>,
    /// Where clients reach the gateway, without slash at its end.
    pub(crate) public_url: String,
    /// How long audit records are kept.
    pub(crate) audit_retention: Duration,
    /// How often what has expired is removed.
    pub(crate) purge_interval: Duration,
    /// The APIs that an account can have, newest first.
    pub(crate) apis: &'static [&'static Api],
}

/// Where everything is kept.
#[derive(Debug, Clone)]
pub(crate) enum StoreUrl {
    /// A file, made if it is not there.
    Sqlite(PathBuf),
    /// `postgres://…`; it may hold a password.
    Postgres(SecretString),
}

/// The gateway. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Gateway(Arc<Inner>);

struct Inner {}

/// What the token of a server URL stands for.
#[derive(Debug)]
pub(crate) struct Resolved {
    /// The server.
    pub(crate) server: McpServer,
    /// Shared by all servers of the account.
    pub(crate) account: runtime::Account,
    /// What the server offers.
    pub(crate) offer: Offer,
    /// Name of the account.
    pub(crate) account_name: String,
}

/// One call of a tool, for the audit log.
#[derive(Debug, Clone)]
pub(crate) struct CallRecord {
    /// Id of the MCP server, or of the API token that was sent with the call.
    pub(crate) actor: String,
    /// What the client calls itself, or the name of the API token.
    pub(crate) actor_name: String,
    /// Id of the account.
    pub(crate) account_id: String,
    /// Id of the MCP server.
    pub(crate) server_id: String,
    /// Name of the tool.
    pub(crate) tool: String,
    /// Whether the tool changes nothing; unknown if there is no such tool.
    pub(crate) read_only: Option<bool>,
    /// `ok`, or the code of the error.
    pub(crate) outcome: String,
    /// How long it took.
    pub(crate) duration: Duration,
    /// HTTP status of the answer.
    pub(crate) upstream_status: Option<u16>,
}

/// How an account does at this moment, in this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LiveState {
    /// Name of the API, if it is known.
    pub(crate) api: Option<&'static str>,
    /// Version of the server, if it is known.
    pub(crate) version: Option<String>,
    /// Requests on their way.
    pub(crate) in_flight: usize,
    /// What is wrong with it, unless the last request went well.
    pub(crate) last_error: Option<LastError>,
}

/// The last failure that was not the caller's fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LastError {
    /// When it was.
    pub(crate) at: Timestamp,
    /// Its code: `unreachable`, `unauthenticated`, …
    pub(crate) code: &'static str,
    /// What was wrong, without secrets.
    pub(crate) message: String,
}

type Result<T, E = ServiceError> = std::result::Result<T, E>;

impl Principal {
    /// What the gateway does by itself: its configuration file, what expires.
    pub(crate) fn gateway() -> Self {
        Self {
            id: "gateway".to_owned(),
            name: "gateway".to_owned(),
            role: Role::Admin,
        }
    }
}

fn later<T>() -> Result<T> {
    Err(ServiceError::Internal("not there yet".to_owned()))
}

impl Gateway {
    /// Opens the store, makes or updates its tables, starts the background tasks. At the first start there is an API token to show, once.
    pub(crate) async fn open(options: GatewayOptions) -> anyhow::Result<(Self, Option<String>)> {
        let _ = options;
        Ok((Self(Arc::new(Inner {})), None))
    }

    /// Ends the background tasks after everything that was to be written is written.
    pub(crate) async fn close(&self) {}

    /// Whether the store answers.
    pub(crate) async fn ready(&self) -> Result<()> {
        later()
    }

    /// Who an API token belongs to, if it is good now.
    pub(crate) async fn authenticate(&self, _api_token: &str) -> Result<Principal> {
        later()
    }

    pub(crate) async fn create_account(
        &self,
        _who: &Principal,
        _input: AccountInput,
    ) -> Result<Account> {
        later()
    }

    pub(crate) async fn accounts(
        &self,
        _who: &Principal,
        _page: PageQuery,
    ) -> Result<Page<Account>> {
        later()
    }

    pub(crate) async fn account(&self, _who: &Principal, _id: &str) -> Result<Account> {
        later()
    }

    pub(crate) async fn update_account(
        &self,
        _who: &Principal,
        _id: &str,
        _patch: AccountPatch,
    ) -> Result<Account> {
        later()
    }

    /// Deletes an account with its servers.
    pub(crate) async fn delete_account(&self, _who: &Principal, _id: &str) -> Result<()> {
        later()
    }

    /// Detects the API, signs in and lists one user.
    pub(crate) async fn check_account(&self, _who: &Principal, _id: &str) -> Result<Check> {
        later()
    }

    pub(crate) async fn create_server(
        &self,
        _who: &Principal,
        _account_id: &str,
        _input: ServerInput,
    ) -> Result<NewServer> {
        later()
    }

    pub(crate) async fn servers(
        &self,
        _who: &Principal,
        _account_id: &str,
        _page: PageQuery,
    ) -> Result<Page<McpServer>> {
        later()
    }

    /// Servers of all accounts.
    pub(crate) async fn all_servers(
        &self,
        _who: &Principal,
        _page: PageQuery,
    ) -> Result<Page<McpServer>> {
        later()
    }

    pub(crate) async fn server(
        &self,
        _who: &Principal,
        _account_id: &str,
        _id: &str,
    ) -> Result<McpServer> {
        later()
    }

    pub(crate) async fn update_server(
        &self,
        _who: &Principal,
        _account_id: &str,
        _id: &str,
        _patch: ServerPatch,
    ) -> Result<McpServer> {
        later()
    }

    /// Revokes the URL and forgets the server.
    pub(crate) async fn delete_server(
        &self,
        _who: &Principal,
        _account_id: &str,
        _id: &str,
    ) -> Result<()> {
        later()
    }

    /// Gives the server another URL; the one it had is refused from now on.
    pub(crate) async fn rotate_server(
        &self,
        _who: &Principal,
        _account_id: &str,
        _id: &str,
    ) -> Result<NewServer> {
        later()
    }

    pub(crate) async fn create_api_token(
        &self,
        _who: &Principal,
        _input: ApiTokenInput,
    ) -> Result<NewApiToken> {
        later()
    }

    pub(crate) async fn api_tokens(
        &self,
        _who: &Principal,
        _page: PageQuery,
    ) -> Result<Page<ApiToken>> {
        later()
    }

    pub(crate) async fn revoke_api_token(&self, _who: &Principal, _id: &str) -> Result<()> {
        later()
    }

    pub(crate) async fn audit(
        &self,
        _who: &Principal,
        _query: AuditQuery,
    ) -> Result<Page<AuditRecord>> {
        later()
    }

    /// All records that the query means, newest first, as pieces of JSON lines. Its limit, if given, is that of the whole.
    pub(crate) async fn export_audit(
        &self,
        _who: &Principal,
        _query: AuditQuery,
    ) -> Result<BoxStream<'static, Result<String>>> {
        later()
    }

    /// Returns once the record is committed.
    pub(crate) async fn record_call(&self, _call: CallRecord) -> Result<()> {
        later()
    }

    /// What the token of a server URL stands for at this moment.
    pub(crate) async fn resolve(&self, _token: &str) -> Result<Arc<Resolved>, Refusal> {
        Err(Refusal::Unknown)
    }

    /// How the accounts do that were used in this process, by their ids.
    pub(crate) fn live_states(&self) -> HashMap<String, LiveState> {
        HashMap::new()
    }

    /// Removes what has expired, once. Done in the background too.
    pub(crate) async fn purge_once(&self) -> Result<()> {
        later()
    }

    /// Encrypts all credentials anew with another key; gives how many accounts that were.
    pub(crate) async fn rotate_key(&self, _new: &SecretString) -> Result<u64> {
        later()
    }
}
