//! Data of the gateway: accounts, MCP servers, API tokens and audit records, as the management API and the admin page show them. Only the input types and the types of new tokens contain secrets.

use std::collections::BTreeMap;

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// Sign-in method of an account as the client sends it. The store keeps it encrypted, and no response contains it.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum AuthInput {
    /// No credentials.
    None,
    /// User name and password.
    Password {
        /// User name.
        username: String,
        /// Password.
        password: SecretString,
    },
    /// Fixed bearer token.
    Bearer {
        /// Bearer token.
        token: SecretString,
    },
    /// Bearer token in a file on the gateway's machine; the file is read again when it changes.
    BearerFile {
        /// Path of the file.
        path: String,
    },
    /// Command on the gateway's machine that prints a bearer token.
    BearerCommand {
        /// Command line.
        command: String,
    },
}

impl AuthInput {
    /// Returns the name of the sign-in method in JSON.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Password { .. } => "password",
            Self::Bearer { .. } => "bearer",
            Self::BearerFile { .. } => "bearer_file",
            Self::BearerCommand { .. } => "bearer_command",
        }
    }

    /// Returns whether this method reads a file or runs a command on the gateway's machine. The permission to change accounts does not include this.
    pub(crate) fn is_local(&self) -> bool {
        matches!(self, Self::BearerFile { .. } | Self::BearerCommand { .. })
    }
}

/// Sign-in method of an account as responses show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct AuthView {
    /// `none`, `password`, `bearer`, `bearer_file` or `bearer_command`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// User name, for `password`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) username: Option<String>,
}

/// Input that creates an account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountInput {
    /// Name, unique in the gateway.
    pub(crate) name: String,
    /// URL of the upstream.
    pub(crate) base_url: String,
    /// Sign-in method.
    pub(crate) auth: AuthInput,
    /// Headers that are added to each request; stored encrypted.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, SecretString>,
    /// API of the upstream; detected if omitted.
    #[serde(default)]
    pub(crate) api: Option<String>,
    /// Private certificate authority of the upstream (PEM).
    #[serde(default)]
    pub(crate) ca_certificate: Option<String>,
}

/// Change of an account. Omitted fields keep their value.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AccountPatch {
    pub(crate) name: Option<String>,
    pub(crate) base_url: Option<String>,
    pub(crate) auth: Option<AuthInput>,
    pub(crate) headers: Option<BTreeMap<String, SecretString>>,
    /// API of the upstream; `""` makes the gateway detect it again.
    pub(crate) api: Option<String>,
    /// Private certificate authority (PEM); `""` removes it.
    pub(crate) ca_certificate: Option<String>,
}

/// Account: one upstream with its credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) base_url: String,
    pub(crate) auth: AuthView,
    /// Names of the added headers.
    pub(crate) headers: Vec<String>,
    pub(crate) api: Option<String>,
    /// Whether the account has its own certificate authority.
    pub(crate) ca_certificate: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    /// Id of the API token that created the account.
    pub(crate) created_by: String,
}

/// Result of checking the sign-in to the upstream of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct AccountCheck {
    /// Whether all steps succeeded.
    pub(crate) ok: bool,
    /// Name of the API, if the upstream responded.
    pub(crate) api: Option<String>,
    pub(crate) version: Option<String>,
    /// Documents that the upstream has, for example the document of the FAB auth manager.
    pub(crate) documents: Vec<String>,
    /// Steps of the check in order. A failed step says what to do.
    pub(crate) steps: Vec<CheckStep>,
}

/// Step of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct CheckStep {
    pub(crate) name: String,
    pub(crate) ok: bool,
    pub(crate) detail: String,
}

/// Configuration of an MCP server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServerConfig {
    pub(crate) methods: Vec<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) tools: Vec<String>,
    /// Whether clients need an API token in addition to the URL.
    pub(crate) require_api_token_auth: bool,
    /// Whether clients see three tools that find, describe and call the other tools, instead of all tools. Omitted from responses if false.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) discover: bool,
}

/// Input that creates an MCP server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerInput {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) config: ServerConfig,
    /// Time from which the URL is rejected; the URL does not expire if omitted.
    #[serde(default)]
    pub(crate) expires_at: Option<Timestamp>,
}

/// Change of an MCP server. Omitted fields keep their value.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServerPatch {
    pub(crate) name: Option<String>,
    pub(crate) config: Option<ConfigPatch>,
    /// New expiry; `null` removes the expiry.
    #[serde(deserialize_with = "given")]
    pub(crate) expires_at: Option<Option<Timestamp>>,
}

fn given<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Change of the configuration of an MCP server. Omitted fields keep their value, so that `{"tags": []}` does not give an agent methods that it did not have.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ConfigPatch {
    #[serde(deserialize_with = "given")]
    pub(crate) methods: Option<Vec<String>>,
    #[serde(deserialize_with = "given")]
    pub(crate) tags: Option<Vec<String>>,
    #[serde(deserialize_with = "given")]
    pub(crate) tools: Option<Vec<String>>,
    #[serde(deserialize_with = "given")]
    pub(crate) require_api_token_auth: Option<bool>,
    #[serde(deserialize_with = "given")]
    pub(crate) discover: Option<bool>,
}

impl ConfigPatch {
    /// Applies the given fields to a configuration.
    pub(crate) fn apply(&self, config: &mut ServerConfig) {
        let texts = [
            (&self.methods, &mut config.methods),
            (&self.tags, &mut config.tags),
            (&self.tools, &mut config.tools),
        ];
        for (given, part) in texts {
            if let Some(given) = given {
                part.clone_from(given);
            }
        }
        let switches = [
            (
                self.require_api_token_auth,
                &mut config.require_api_token_auth,
            ),
            (self.discover, &mut config.discover),
        ];
        for (given, part) in switches {
            *part = given.unwrap_or(*part);
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct McpServer {
    pub(crate) id: String,
    pub(crate) integrated_account_id: String,
    pub(crate) name: String,
    pub(crate) config: ServerConfig,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) created_by: String,
}

/// MCP server with its URL, which is returned only when the server is created or its URL is rotated.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct NewServer {
    #[serde(flatten)]
    pub(crate) server: McpServer,
    /// Server token: the secret part of the URL.
    pub(crate) token: String,
    pub(crate) url: String,
}

/// Permissions of an API token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Calls MCP servers that require an API token.
    Caller,
    /// Creates and changes MCP servers of existing accounts, and reads the audit log.
    Issuer,
    /// Has all permissions.
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
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiTokenInput {
    pub(crate) name: String,
    pub(crate) role: Role,
    #[serde(default)]
    pub(crate) expires_at: Option<Timestamp>,
}

/// API token of a person or a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ApiToken {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
    pub(crate) created_by: String,
}

/// API token with its secret text, which is returned only when the token is created.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct NewApiToken {
    #[serde(flatten)]
    pub(crate) api_token: ApiToken,
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
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PageQuery {
    /// Items per page, 1 to 1000; 50 if omitted.
    pub(crate) limit: Option<u32>,
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

/// Audit record of one call or one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct AuditRecord {
    /// Number of the record. Numbers increase and may have gaps.
    pub(crate) id: i64,
    pub(crate) at: Timestamp,
    /// Id of the MCP server or the API token that was used.
    pub(crate) actor: String,
    /// Name that the MCP client gives itself, or name of the API token.
    pub(crate) actor_name: String,
    /// `call` for a tool call, otherwise the name of the change, for example `account.create` or `server.revoke`.
    pub(crate) action: String,
    pub(crate) account_id: Option<String>,
    pub(crate) server_id: Option<String>,
    pub(crate) tool: Option<String>,
    /// `read` or `write` for a call.
    pub(crate) effect: Option<String>,
    /// `ok`, or the error code.
    pub(crate) outcome: String,
    pub(crate) duration_ms: i64,
    /// HTTP status of the upstream response.
    pub(crate) upstream_status: Option<i32>,
}

/// Filter of the audit log.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AuditQuery {
    pub(crate) limit: Option<u32>,
    pub(crate) cursor: Option<String>,
    pub(crate) account_id: Option<String>,
    pub(crate) server_id: Option<String>,
    pub(crate) actor: Option<String>,
    pub(crate) action: Option<String>,
    pub(crate) tool: Option<String>,
    pub(crate) outcome: Option<String>,
    pub(crate) since: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
}
