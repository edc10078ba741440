//! What the gateway holds: accounts, MCP servers, API tokens, audit records. Plain data, as the management API and the page show it; nothing here holds a secret.

use std::collections::BTreeMap;

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// How an account signs in to its Airflow, as it is given. Stored encrypted, never returned.
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
    /// A bearer token that does not change.
    Bearer {
        /// The token.
        token: SecretString,
    },
    /// A bearer token in a file of the gateway's machine, read again when it changes.
    BearerFile {
        /// Path of the file.
        path: String,
    },
    /// A command of the gateway's machine that prints a bearer token.
    BearerCommand {
        /// The command.
        command: String,
    },
}

impl AuthInput {
    /// The name of the way to sign in, as it is written.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Password { .. } => "password",
            Self::Bearer { .. } => "bearer",
            Self::BearerFile { .. } => "bearer_file",
            Self::BearerCommand { .. } => "bearer_command",
        }
    }

    /// Whether it reads or runs something on the gateway's machine, which who may change accounts may not do by that alone.
    pub(crate) fn is_local(&self) -> bool {
        matches!(self, Self::BearerFile { .. } | Self::BearerCommand { .. })
    }
}

/// How an account signs in, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct AuthView {
    /// `none`, `password`, `bearer`, `bearer_file` or `bearer_command`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// User name, for `password`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) username: Option<String>,
}

/// A new integrated account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountInput {
    /// Name, unique in the gateway.
    pub(crate) name: String,
    /// Where Airflow is.
    pub(crate) base_url: String,
    /// How to sign in.
    pub(crate) auth: AuthInput,
    /// Headers to add to each request; stored encrypted.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, SecretString>,
    /// API of this Airflow; detected if not given.
    #[serde(default)]
    pub(crate) api: Option<String>,
    /// Certificate authority of this Airflow (PEM), if it is a private one.
    #[serde(default)]
    pub(crate) ca_certificate: Option<String>,
}

/// A change of an integrated account: what is not given stays.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AccountPatch {
    pub(crate) name: Option<String>,
    pub(crate) base_url: Option<String>,
    pub(crate) auth: Option<AuthInput>,
    pub(crate) headers: Option<BTreeMap<String, SecretString>>,
    /// `""` to detect again.
    pub(crate) api: Option<String>,
    /// `""` to remove it.
    pub(crate) ca_certificate: Option<String>,
}

/// An integrated account: one Airflow with its credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) base_url: String,
    pub(crate) auth: AuthView,
    /// Names of the added headers.
    pub(crate) headers: Vec<String>,
    pub(crate) api: Option<String>,
    /// Whether it has a certificate authority of its own.
    pub(crate) ca_certificate: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    /// Id of the API token that made it.
    pub(crate) created_by: String,
}

/// What a sign-in to an account's Airflow showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    /// Whether everything tried works.
    pub(crate) ok: bool,
    /// API and version, if Airflow answered.
    pub(crate) api: Option<String>,
    pub(crate) version: Option<String>,
    /// Documents that this Airflow has, for example the FAB auth manager's.
    pub(crate) documents: Vec<String>,
    /// Each thing tried, in order, with what to do if it failed.
    pub(crate) steps: Vec<CheckStep>,
}

/// One thing tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct CheckStep {
    pub(crate) name: String,
    pub(crate) ok: bool,
    pub(crate) detail: String,
}

/// What an MCP server offers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServerConfig {
    pub(crate) methods: Vec<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) tools: Vec<String>,
    /// Whether a client needs an API token beside the URL.
    pub(crate) require_api_token_auth: bool,
    /// Whether a client sees three tools by which it finds, describes and calls the others, instead of all. Not told where it is not so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) discover: bool,
}

/// A new MCP server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerInput {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) config: ServerConfig,
    /// From then on its URL is refused; never if not given.
    #[serde(default)]
    pub(crate) expires_at: Option<Timestamp>,
}

/// A change of an MCP server: what is not given stays.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServerPatch {
    pub(crate) name: Option<String>,
    pub(crate) config: Option<ConfigPatch>,
    /// `null` removes the expiry.
    #[serde(deserialize_with = "given")]
    pub(crate) expires_at: Option<Option<Timestamp>>,
}

fn given<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A change of what an MCP server offers: what is not given stays, since `{"tags": []}` must not give an agent the methods that it did not have.
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
    /// The configuration with the parts that are given.
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

/// All parts.
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

/// An MCP server: one account, narrowed, under a URL of its own.
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

/// A server as it is answered once, when it is made or its URL is rotated.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct NewServer {
    #[serde(flatten)]
    pub(crate) server: McpServer,
    /// The part of the URL that must stay secret.
    pub(crate) token: String,
    pub(crate) url: String,
}

/// What an API token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Call MCP servers that require an API token; nothing else.
    Caller,
    /// Make and change MCP servers of existing accounts, and read the audit log.
    Issuer,
    /// Everything.
    Admin,
}

/// A new API token.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiTokenInput {
    pub(crate) name: String,
    pub(crate) role: Role,
    #[serde(default)]
    pub(crate) expires_at: Option<Timestamp>,
}

/// An API token of a person or a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ApiToken {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
    pub(crate) created_by: String,
}

/// An API token as it is answered once.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct NewApiToken {
    #[serde(flatten)]
    pub(crate) api_token: ApiToken,
    pub(crate) token: String,
}

/// Who asks: an API token that is good now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Principal {
    /// Id of the API token; `gateway` for what the gateway does by itself.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) role: Role,
}

/// A page of something, newest first.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Page<T> {
    pub(crate) result: Vec<T>,
    /// Pass it back for the next page.
    pub(crate) next_cursor: Option<String>,
}

/// Which part of a list.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PageQuery {
    /// 1 to 1000; 50 if not given.
    pub(crate) limit: Option<u32>,
    pub(crate) cursor: Option<String>,
}

/// One call or one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct AuditRecord {
    /// Increases; gaps are possible.
    pub(crate) id: i64,
    pub(crate) at: Timestamp,
    /// Id of the MCP server's or the person's token: what it was done with.
    pub(crate) actor: String,
    /// Name of the MCP client, as it says, or of the API token.
    pub(crate) actor_name: String,
    /// `call` for a tool call, else what was done: `account.create`, `server.revoke`, ...
    pub(crate) action: String,
    pub(crate) account_id: Option<String>,
    pub(crate) server_id: Option<String>,
    pub(crate) tool: Option<String>,
    /// `read` or `write`, for a call.
    pub(crate) effect: Option<String>,
    /// `ok`, or the code of the error.
    pub(crate) outcome: String,
    pub(crate) duration_ms: i64,
    /// HTTP status of Airflow's answer.
    pub(crate) upstream_status: Option<i32>,
}

/// Which records of the audit log.
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
