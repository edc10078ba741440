//! Data of the gateway: accounts, MCP servers, API tokens and audit records, as the management API and the admin page show them. Only the input types and the types of new tokens contain secrets.

pub(crate) mod audit;
pub(crate) mod sign_in;

use std::collections::BTreeMap;

use jiff::Timestamp;
use runtime::selection::READ;
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

/// Declares the configuration of an MCP server, and the change of one with the same members.
macro_rules! server_config {
    ($($(#[$meta:meta])* $name:ident: $type:ty,)*) => {
        /// Configuration of an MCP server.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
        #[serde(default, deny_unknown_fields)]
        pub(crate) struct ServerConfig {
            /// Name of a preset that must contain the tool; null for none.
            #[schema(shape = Nullable<String>)]
            pub(crate) preset: Option<String>,
            $($(#[$meta])* pub(crate) $name: $type,)*
        }

        /// Change of the configuration of an MCP server. Omitted fields keep their value, so that `{"tags": []}` does not give an agent methods that it did not have. For a new server, an omitted list is empty.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
        #[serde(default, deny_unknown_fields)]
        pub(crate) struct ConfigPatch {
            /// Name of a preset that must contain the tool; null for none.
            #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
            #[schema(shape = Option<Nullable<String>>)]
            pub(crate) preset: Option<Option<String>>,
            $(
                $(#[$meta])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub(crate) $name: Option<$type>,
            )*
        }

        impl ConfigPatch {
            /// Returns a configuration with the given fields of this change.
            pub(crate) fn applied_to(self, config: ServerConfig) -> ServerConfig {
                let config = ServerConfig {
                    preset: self.preset.unwrap_or(config.preset),
                    $($name: self.$name.unwrap_or(config.$name),)*
                };
                config.completed()
            }
        }

        /// Converts a configuration to a change that sets every field.
        impl From<ServerConfig> for ConfigPatch {
            fn from(config: ServerConfig) -> Self {
                Self {
                    preset: Some(config.preset),
                    $($name: Some(config.$name),)*
                }
            }
        }
    };
}

server_config! {
    /// `read`, `write` or method names such as `list`, `get`, `create`, `update`, `delete`. A server that names neither methods, tools nor a preset reads only; write `["read", "write"]` for all methods.
    methods: Vec<String>,
    /// Tags; a tool must have one of them. Empty means any tag.
    tags: Vec<String>,
    /// Names of tools. Empty means all tools.
    tools: Vec<String>,
    /// Tags; a tool must have none of them.
    exclude_tags: Vec<String>,
    /// Names of tools that are left out.
    exclude_tools: Vec<String>,
    /// Whether to offer tools with the tag `secrets` that neither `tags`, `tools` nor the preset names.
    include_secrets: bool,
    /// Whether a client needs an API token in addition to the URL.
    require_api_token_auth: bool,
    /// Ids of the API tokens that can call the server. Empty means every API token. Requires `require_api_token_auth`.
    callers: Vec<String>,
    /// Whether clients see a few tools that find, describe and call the other tools, instead of all tools; for clients without tool search.
    discover: bool,
    /// Whether secrets of the upstream are masked in results.
    redact: bool,
}

impl ServerConfig {
    /// Returns the configuration with the method `read` if it names neither methods, tools nor a preset, so that changes are possible only if somebody has asked for them.
    pub(crate) fn completed(mut self) -> Self {
        self.preset = self.preset.filter(|name| !name.trim().is_empty());
        if self.methods.is_empty() && self.tools.is_empty() && self.preset.is_none() {
            self.methods = vec![READ.to_owned()];
        }
        self
    }
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
    /// Time from which the URL is rejected; in 90 days if omitted. With null, the URL does not expire.
    #[serde(default, deserialize_with = "given")]
    #[schema(shape = Option<Nullable<Time>>)]
    pub(crate) expires_at: Option<Option<Timestamp>>,
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

/// Deserializes a member that may be `null`, so that a `null` differs from an omitted member.
pub(crate) fn given<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
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
    /// Creates MCP servers of existing accounts within the bounds of the token, changes those that issuers created, and reads the audit log.
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

/// Bounds of the MCP servers that a token of the role issuer can create and change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TokenBounds {
    /// Ids of accounts. Empty means all accounts.
    #[schema(shape = Option<Vec<String>>)]
    pub(crate) accounts: Vec<String>,
    /// Widest configuration: a server offers no tool that this configuration does not offer, and has its requirements for API tokens, callers and redaction. Null means any configuration.
    #[schema(shape = Option<Nullable<ConfigPatch>>)]
    pub(crate) config: Option<ServerConfig>,
    /// Longest time until the expiry of a server in days. Null means that a server need not expire.
    #[schema(shape = Option<Nullable<i64>>, min = 1, max = 36500)]
    pub(crate) max_days: Option<u32>,
}

impl TokenBounds {
    /// Returns the bounds with a complete configuration, see [`ServerConfig::completed`].
    pub(crate) fn completed(self) -> Self {
        Self {
            config: self.config.map(ServerConfig::completed),
            ..self
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
    /// Bounds of the servers that the token can create, for the role issuer. Null means no bounds.
    #[serde(default)]
    #[schema(shape = Option<Nullable<TokenBounds>>)]
    pub(crate) bounds: Option<TokenBounds>,
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
    /// Bounds of the servers that the token can create; null if it has none.
    #[schema(shape = Nullable<TokenBounds>)]
    pub(crate) bounds: Option<TokenBounds>,
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
    /// Bounds of the servers that the caller can create.
    pub(crate) bounds: Option<TokenBounds>,
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
    /// Only objects that the API token with this id created.
    pub(crate) created_by: Option<String>,
}

/// Query parameters of the revocation of an API token.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RevocationQuery {
    /// Whether to revoke the MCP servers that the token created: `revoke` or `keep`.
    pub(crate) servers: Option<String>,
}

impl PageQuery {
    /// Number of items on the largest page.
    pub(crate) const MAX: u32 = 1000;

    /// Creates the query of a page of maximum size.
    pub(crate) fn largest(cursor: Option<String>) -> Self {
        Self {
            limit: Some(Self::MAX),
            cursor,
            ..Self::default()
        }
    }
}
