//! Records of the audit log, and the filter of a query.

use std::collections::BTreeMap;

use jiff::Timestamp;
use runtime::{Json, Nullable, Schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    /// Name of the API token, or name that the MCP client gives itself if no API token was used.
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
    /// `ok` or the error code; `pending` for a change that has not ended; `unknown` if the gateway ended during the change, so that nobody knows whether the upstream carried it out.
    pub(crate) outcome: String,
    /// Duration in milliseconds.
    pub(crate) duration_ms: i64,
    /// HTTP status of the upstream response.
    #[schema(shape = Nullable<i64>)]
    pub(crate) upstream_status: Option<i32>,
    /// Id of the call, for a call that can change something.
    #[schema(shape = Nullable<String>)]
    pub(crate) call_id: Option<String>,
    /// Name that the MCP client gives itself. Nothing proves it.
    #[schema(shape = Nullable<String>)]
    pub(crate) client: Option<String>,
    /// Ids of the objects that the action is about, by kind of object, for example `{"user": "ada"}`.
    #[schema(shape = Nullable<BTreeMap<String, Json>>)]
    pub(crate) target: Option<Value>,
    /// Names of the fields that a change sets. Their values are not recorded.
    #[schema(shape = Nullable<Vec<String>>)]
    pub(crate) fields: Option<Vec<String>>,
    /// Recorded values before the change, for example the roles of a user.
    #[schema(shape = Nullable<BTreeMap<String, Json>>)]
    pub(crate) before: Option<Value>,
    /// Recorded values after the change.
    #[schema(shape = Nullable<BTreeMap<String, Json>>)]
    pub(crate) after: Option<Value>,
    /// IP address of the client.
    #[schema(shape = Nullable<String>)]
    pub(crate) peer: Option<String>,
    /// Id of the HTTP request, as in the log and in the header `x-request-id`.
    #[schema(shape = Nullable<String>)]
    pub(crate) request_id: Option<String>,
    /// Id of the trace.
    #[schema(shape = Nullable<String>)]
    pub(crate) trace_id: Option<String>,
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
    /// Only records about this object: an id, or the kind of the object and its id, for example `user=ada`.
    pub(crate) target: Option<String>,
    /// Only records of clients that give themselves this name.
    pub(crate) client: Option<String>,
    /// Only records of clients with this IP address.
    pub(crate) peer: Option<String>,
    /// Only the records of this HTTP request.
    pub(crate) request_id: Option<String>,
    /// Start of the period, inclusive.
    #[schema(shape = Option<Time>)]
    pub(crate) since: Option<Timestamp>,
    /// End of the period, exclusive.
    #[schema(shape = Option<Time>)]
    pub(crate) until: Option<Timestamp>,
}
