//! Data of the gateway: accounts, MCP servers, API tokens and audit records, as the management API and the admin page show them. Only the input types and the types of new tokens contain secrets.

pub(crate) mod audit;
pub(crate) mod sign_in;

use std::collections::BTreeMap;

use jiff::Timestamp;
use runtime::{Nullable, Schema, Shape};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use self::sign_in::{AuthInput, AuthView, Secret};

/// Shape of a time.
pub(crate) struct Time;

impl Schema for Time {
    const SHAPE: Shape = <String as Schema>::SHAPE.format("date-time");
}

/// Input that creates an account.
#[derive(Debug, Clone, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountInput {
    /// Name, unique in the gateway.
    #[schema(min_length = 1, max_length = 100)]
    pub(crate) name: String,
    /// URL of the upstream, with its path prefix if it has one.
    #[schema(example = "https://example.org/upstream")]
    pub(crate) base_url: String,
    /// Sign-in method.
    pub(crate) auth: AuthInput,
    /// Headers to add to each request. Stored encrypted.
    #[serde(default)]
    #[schema(shape = Option<BTreeMap<String, Secret>>)]
    pub(crate) headers: BTreeMap<String, SecretString>,
    /// Name of the API; detected if omitted.
    #[serde(default)]
    #[schema(shape = Option<Nullable<String>>)]
    pub(crate) api: Option<String>,
    /// Private certificate authority of the upstream (PEM).
    #[serde(default)]
    #[schema(shape = Option<Nullable<String>>)]
    pub(crate) ca_certificate: Option<String>,
}

/// Change of an account. Omitted fields keep their value.
#[derive(Debug, Clone, Default, Deserialize, Schema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AccountPatch {
    /// Name, unique in the gateway.
    #[schema(min_length = 1, max_length = 100)]
    pub(crate) name: Option<String>,
    /// URL of the upstream.
    pub(crate) base_url: Option<String>,
    pub(crate) auth: Option<AuthInput>,
    /// Replaces all added headers.
    #[schema(shape = Option<BTreeMap<String, Secret>>)]
    pub(crate) headers: Option<BTreeMap<String, SecretString>>,
    /// Name of the API; null to detect it.
    #[schema(shape = Option<Nullable<String>>)]
    pub(crate) api: Option<String>,
    /// Certificate authority (PEM); null to remove it.
    #[schema(shape = Option<Nullable<String>>)]
    pub(crate) ca_certificate: Option<String>,
}

/// Account: one upstream with its credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Schema)]
pub(crate) struct Account {
    /// Id.
    pub(crate) id: String,
    /// Name.
    pub(crate) name: String,
    /// URL of the upstream.
    pub(crate) base_url: String,
    pub(crate) auth: AuthView,
    /// Reason why the stored credentials are not used. Omitted if they are used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refused: Option<String>,
    /// Remarks on the settings. Omitted if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(shape = Option<Vec<String>>)]
    pub(crate) warnings: Vec<String>,
    /// Names of the added headers.
    pub(crate) headers: Vec<String>,
    /// Name of the API; null if it is detected.
    #[schema(shape = Nullable<String>)]
    pub(crate) api: Option<String>,
    /// Whether the account has a private certificate authority.
    pub(crate) ca_certificate: bool,
    /// Time of creation.
    #[schema(shape = Time)]
    pub(crate) created_at: Timestamp,
    /// Time of the last change.
    #[schema(shape = Time)]
    pub(crate) updated_at: Timestamp,
    /// Id of the API token that created the object.
    pub(crate) created_by: String,
}

/// Result of checking the sign-in to the upstream of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Schema)]
pub(crate) struct AccountCheck {
    /// Whether all steps succeeded.
    pub(crate) ok: bool,
    /// Name of the API, if the upstream responded.
    #[schema(shape = Nullable<String>)]
    pub(crate) api: Option<String>,
    /// Version of the upstream, if it responded.
    #[schema(shape = Nullable<String>)]
    pub(crate) version: Option<String>,
    /// Documents of the API that the upstream has.
    pub(crate) documents: Vec<String>,
    /// Steps in order.
    pub(crate) steps: Vec<CheckStep>,
}

/// Step of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Schema)]
pub(crate) struct CheckStep {
    /// Name of the step.
    pub(crate) name: String,
    pub(crate) ok: bool,
    /// Finding, and what to do if the step failed.
    pub(crate) detail: String,
}

/// Configuration of an MCP server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServerConfig {
    /// `read`, `write` or method names such as `list`, `get`, `create`, `update`, `delete`. Empty means all methods.
    pub(crate) methods: Vec<String>,
    /// Tags; a tool must have one of them. Empty means any tag.
    pub(crate) tags: Vec<String>,
    /// Names of tools. Empty means all tools.
    pub(crate) tools: Vec<String>,
    /// Whether a client needs an API token in addition to the URL.
    pub(crate) require_api_token_auth: bool,
    /// Whether clients see three tools that find, describe and call the other tools, instead of all tools; for clients without tool search. Omitted if false.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(shape = Option<bool>)]
    pub(crate) discover: bool,
}

/// Input that creates an MCP server.
#[derive(Debug, Clone, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerInput {
    /// Name.
    #[schema(min_length = 1, max_length = 100)]
    pub(crate) name: String,
    #[serde(default)]
    #[schema(shape = Option<ConfigPatch>)]
    pub(crate) config: ServerConfig,
    /// Time from which the URL is rejected; the URL does not expire if omitted.
    #[serde(default)]
    #[schema(shape = Option<Nullable<Time>>)]
    pub(crate) expires_at: Option<Timestamp>,
}

/// Change of an MCP server. Omitted fields keep their value.
#[derive(Debug, Clone, Default, Deserialize, Schema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServerPatch {
    /// Name.
    #[schema(min_length = 1, max_length = 100)]
    pub(crate) name: Option<String>,
    pub(crate) config: Option<ConfigPatch>,
    /// Time from which the URL is rejected; null removes the expiry.
    #[serde(deserialize_with = "given")]
    #[schema(shape = Option<Nullable<Time>>)]
    pub(crate) expires_at: Option<Option<Timestamp>>,
}

fn given<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Change of the configuration of an MCP server. Omitted fields keep their value, so that `{"tags": []}` does not give an agent methods that it did not have.
#[derive(Debug, Clone, Default, Deserialize, Schema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ConfigPatch {
    /// `read`, `write` or method names such as `list`, `get`, `create`, `update`, `delete`. Empty means all methods.
    pub(crate) methods: Option<Vec<String>>,
    /// Tags; a tool must have one of them. Empty means any tag.
    pub(crate) tags: Option<Vec<String>>,
    /// Names of tools. Empty means all tools.
    pub(crate) tools: Option<Vec<String>>,
    /// Whether a client needs an API token in addition to the URL.
    pub(crate) require_api_token_auth: Option<bool>,
    /// Whether clients see three tools that find, describe and call the other tools, instead of all tools; for clients without tool search.
    pub(crate) discover: Option<bool>,
}

impl ConfigPatch {
    /// Returns a configuration with the given fields of this change.
    pub(crate) fn applied_to(self, config: ServerConfig) -> ServerConfig {
        ServerConfig {
            methods: self.methods.unwrap_or(config.methods),
            tags: self.tags.unwrap_or(config.tags),
            tools: self.tools.unwrap_or(config.tools),
            require_api_token_auth: self
                .require_api_token_auth
                .unwrap_or(config.require_api_token_auth),
            discover: self.discover.unwrap_or(config.discover),
        }
    }
}

/// Converts a configuration to a change that sets every field.
impl From<ServerConfig> for ConfigPatch {
    fn from(config: ServerConfig) -> Self {
        Self {
            methods: Some(config.methods),
            tags: Some(config.tags),
            tools: Some(config.tools),
            require_api_token_auth: Some(config.require_api_token_auth),
            discover: Some(config.discover),
        }
    }
}

/// MCP server: selected tools of one account at a URL of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Schema)]
pub(crate) struct McpServer {
    /// Id.
    pub(crate) id: String,
    /// Id of the account.
    pub(crate) integrated_account_id: String,
    /// Name.
    pub(crate) name: String,
    pub(crate) config: ServerConfig,
    /// Time from which the URL is rejected; null if it does not expire.
    #[schema(shape = Nullable<Time>)]
    pub(crate) expires_at: Option<Timestamp>,
    /// Time of creation.
    #[schema(shape = Time)]
    pub(crate) created_at: Timestamp,
    /// Time of the last change.
    #[schema(shape = Time)]
    pub(crate) updated_at: Timestamp,
    /// Id of the API token that created the object.
    pub(crate) created_by: String,
}

/// MCP server with its URL, which is returned only when the server is created or its URL is rotated.
#[derive(Debug, Clone, Serialize, Schema)]
pub(crate) struct NewServer {
    #[serde(flatten)]
    #[schema(name = "")]
    pub(crate) server: McpServer,
    /// Server token: the secret part of the URL. Shown only once.
    pub(crate) token: String,
    /// URL for an MCP client. Shown only once.
    pub(crate) url: String,
}

/// Permissions of an API token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Schema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Calls MCP servers that require an API token.
    #[schema(name = "caller")]
    Caller,
    /// Creates and changes MCP servers of existing accounts, and reads the audit log.
    #[schema(name = "issuer")]
    Issuer,
    /// Has all permissions.
    #[schema(name = "admin")]
    Admin,
}

impl Role {
    /// Returns the name of the role in JSON.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Issuer => "issuer",
            Self::Admin => "admin",
        }
    }
}

/// Input that creates an API token.
#[derive(Debug, Clone, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiTokenInput {
    /// Name.
    #[schema(min_length = 1, max_length = 100)]
    pub(crate) name: String,
    pub(crate) role: Role,
    /// Time from which the token is rejected; the token does not expire if omitted.
    #[serde(default)]
    #[schema(shape = Option<Nullable<Time>>)]
    pub(crate) expires_at: Option<Timestamp>,
}

/// API token of a person or a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Schema)]
pub(crate) struct ApiToken {
    /// Id.
    pub(crate) id: String,
    /// Name.
    pub(crate) name: String,
    pub(crate) role: Role,
    /// Time from which the token is rejected; null if it does not expire.
    #[schema(shape = Nullable<Time>)]
    pub(crate) expires_at: Option<Timestamp>,
    /// Time of creation.
    #[schema(shape = Time)]
    pub(crate) created_at: Timestamp,
    /// Id of the API token that created the object.
    pub(crate) created_by: String,
}

/// API token with its secret text, which is returned only when the token is created.
#[derive(Debug, Clone, Serialize, Schema)]
pub(crate) struct NewApiToken {
    #[serde(flatten)]
    #[schema(name = "")]
    pub(crate) api_token: ApiToken,
    /// API token. Shown only once.
    pub(crate) token: String,
}

/// Identity of the caller: a valid API token, or the gateway itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Principal {
    /// Id of the API token; `gateway` for actions of the gateway itself.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) role: Role,
}

/// Page of a list, newest items first.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ResultPage<T> {
    pub(crate) result: Vec<T>,
    /// Cursor of the next page.
    pub(crate) next_cursor: Option<String>,
}

/// Query parameters of a list.
#[derive(Debug, Clone, Default, Deserialize, Schema)]
#[serde(default)]
pub(crate) struct PageQuery {
    /// Maximum number of items to return.
    #[schema(shape = Option<i64>, min = 1, max = 1000, default = 50)]
    pub(crate) limit: Option<u32>,
    /// `next_cursor` of the previous page, unchanged.
    pub(crate) cursor: Option<String>,
}

impl PageQuery {
    /// Number of items on the largest page.
    pub(crate) const MAX: u32 = 1000;

    /// Creates the query of a page of maximum size.
    pub(crate) fn largest(cursor: Option<String>) -> Self {
        Self {
            limit: Some(Self::MAX),
            cursor,
        }
    }
}
