//! Records of the audit log, and the filter of a query.

use jiff::Timestamp;
use runtime::{Nullable, Schema};
use serde::{Deserialize, Serialize};

use super::Time;

/// Audit record of one call or one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Schema)]
pub(crate) struct AuditRecord {
    /// Number of the record. Numbers increase and may have gaps.
    pub(crate) id: i64,
    /// Time.
    #[schema(shape = Time)]
    pub(crate) at: Timestamp,
    /// Id of the MCP server or API token that was used.
    pub(crate) actor: String,
    /// Name that the MCP client gives itself, or name of the API token.
    pub(crate) actor_name: String,
    /// `call` for a tool call, otherwise the name of the change, for example `account.create` or `server.revoke`.
    pub(crate) action: String,
    /// Id of the account.
    #[schema(shape = Nullable<String>)]
    pub(crate) account_id: Option<String>,
    /// Id of the MCP server.
    #[schema(shape = Nullable<String>)]
    pub(crate) server_id: Option<String>,
    /// Name of the tool, for a call.
    #[schema(shape = Nullable<String>)]
    pub(crate) tool: Option<String>,
    /// `read` or `write`, for a call.
    #[schema(shape = Nullable<String>)]
    pub(crate) effect: Option<String>,
    /// `ok` or the error code.
    pub(crate) outcome: String,
    /// Duration in milliseconds.
    pub(crate) duration_ms: i64,
    /// HTTP status of the upstream response.
    #[schema(shape = Nullable<i64>)]
    pub(crate) upstream_status: Option<i32>,
}

/// Filter of the audit log.
#[derive(Debug, Clone, Default, Deserialize, Schema)]
#[serde(default)]
pub(crate) struct AuditQuery {
    /// Maximum number of items to return.
    #[schema(shape = Option<i64>, min = 1, max = 1000, default = 50)]
    pub(crate) limit: Option<u32>,
    /// `next_cursor` of the previous page, unchanged.
    pub(crate) cursor: Option<String>,
    /// Only records of this account.
    pub(crate) account_id: Option<String>,
    /// Only records of this MCP server.
    pub(crate) server_id: Option<String>,
    /// Only records of actions with this MCP server or API token.
    pub(crate) actor: Option<String>,
    /// Only records of this action, for example `call` or `server.create`.
    pub(crate) action: Option<String>,
    /// Only calls of this tool.
    pub(crate) tool: Option<String>,
    /// Only records with this outcome: `ok` or an error code.
    pub(crate) outcome: Option<String>,
    /// Start of the period, inclusive.
    #[schema(shape = Option<Time>)]
    pub(crate) since: Option<Timestamp>,
    /// End of the period, exclusive.
    #[schema(shape = Option<Time>)]
    pub(crate) until: Option<Timestamp>,
}
