//! Rows of the tables. Times are microseconds since 1970.

use jiff::Timestamp;

use crate::model::audit::AuditRecord;
use crate::model::{ApiToken, McpServer, Role};
use crate::vault::SealedText;

/// Row of `accounts`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct AccountRow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) base_url: String,
    pub(crate) api: Option<String>,
    pub(crate) ca_certificate: Option<String>,
    pub(crate) key_id: String,
    pub(crate) secrets: Vec<u8>,
    /// Format of the encryption; `None` if an older version has stored the credentials.
    pub(crate) seal_format: Option<i64>,
    pub(crate) created_at: i64,
    /// Time of the last change. It increases with every change and therefore identifies a version.
    pub(crate) updated_at: i64,
    pub(crate) created_by: String,
}

/// Row of `servers`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct ServerRow {
    pub(crate) id: String,
    pub(crate) account_id: String,
    pub(crate) name: String,
    pub(crate) config: String,
    pub(crate) token_hash: Vec<u8>,
    pub(crate) expires_at: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) created_by: String,
}

/// Row of `api_tokens`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct TokenRow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) token_hash: Vec<u8>,
    pub(crate) expires_at: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) created_by: String,
    /// Bounds of the servers that the token can create, as JSON.
    pub(crate) bounds: Option<String>,
}

/// Row of `audit_entries`, as the audit log shows it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct AuditRow {
    pub(crate) number: i64,
    #[sqlx(flatten)]
    pub(crate) record: NewAudit,
}

/// Row of `audit_entries`, with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct EntryRow {
    pub(crate) number: i64,
    pub(crate) chain: String,
    pub(crate) sequence: i64,
    pub(crate) key_id: String,
    pub(crate) hash: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    #[sqlx(flatten)]
    pub(crate) record: NewAudit,
}

/// Row of `audit_entries` before it is in a chain.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct NewAudit {
    /// One of [`kind`].
    pub(crate) kind: String,
    /// Id that the intent and the outcome of a call share.
    pub(crate) call_id: Option<String>,
    pub(crate) at: i64,
    /// Id of the MCP server or of the API token that was used.
    pub(crate) actor: String,
    /// Name of the API token, or name that the client of an MCP server gives itself.
    pub(crate) actor_name: String,
    /// Name that the client gives itself.
    pub(crate) client: Option<String>,
    pub(crate) action: String,
    pub(crate) account_id: Option<String>,
    pub(crate) server_id: Option<String>,
    pub(crate) tool: Option<String>,
    pub(crate) effect: Option<String>,
    /// `ok`, an error code, or one of [`outcome`].
    pub(crate) outcome: String,
    pub(crate) duration_ms: i64,
    pub(crate) upstream_status: Option<i32>,
    /// Ids of the objects, as a JSON object.
    pub(crate) target: Option<String>,
    /// Names of the changed fields, as a JSON array.
    pub(crate) fields: Option<String>,
    /// Values before the change, as JSON.
    pub(crate) value_before: Option<String>,
    /// Values after the change, as JSON.
    pub(crate) value_after: Option<String>,
    /// Address of the client.
    pub(crate) peer: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) trace_id: Option<String>,
    /// Statement of a checkpoint about chains, as JSON.
    pub(crate) statement: Option<String>,
}

/// Kinds of audit entries.
pub(crate) mod kind {
    /// Change that is about to be sent.
    pub(crate) const INTENT: &str = "intent";
    /// End of a call whose intent was recorded.
    pub(crate) const OUTCOME: &str = "outcome";
    /// Anything else that happened.
    pub(crate) const EVENT: &str = "event";
    /// Statement about chains.
    pub(crate) const CHECKPOINT: &str = "checkpoint";
}

/// Outcomes of calls that are not known yet or were never known.
pub(crate) mod outcome {
    /// Call that has not ended.
    pub(crate) const PENDING: &str = "pending";
    /// Call whose process ended before the call.
    pub(crate) const UNKNOWN: &str = "unknown";
}

impl NewAudit {
    /// Removes from texts what PostgreSQL cannot store.
    pub(super) fn make_storable(&mut self) {
        let optional = [
            &mut self.client,
            &mut self.account_id,
            &mut self.server_id,
            &mut self.tool,
            &mut self.target,
            &mut self.fields,
            &mut self.value_before,
            &mut self.value_after,
            &mut self.request_id,
        ];
        let texts = [&mut self.actor, &mut self.actor_name, &mut self.outcome];
        for text in optional.into_iter().flatten().chain(texts) {
            if !is_storable(text) {
                *text = text.replace('\0', " ");
            }
        }
    }
}

/// Position before which a page begins: time and id of the last item of the previous page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListPosition {
    pub(crate) created_at: i64,
    pub(crate) id: String,
}

impl ListPosition {
    /// Returns the position of the first page.
    pub(crate) fn first() -> Self {
        Self {
            created_at: i64::MAX,
            id: String::new(),
        }
    }
}

/// Row of a list, which determines the cursor of the page after it.
pub(crate) trait ListRow {
    /// Returns the position of the row in its list.
    fn position(&self) -> ListPosition;
}

macro_rules! list_rows {
    ($($row:ty),*) => {$(
        impl ListRow for $row {
            fn position(&self) -> ListPosition {
                ListPosition {
                    created_at: self.created_at,
                    id: self.id.clone(),
                }
            }
        }
    )*};
}

list_rows!(AccountRow, ServerRow, TokenRow);

/// Audit records are in the order of their numbers.
impl ListRow for AuditRow {
    fn position(&self) -> ListPosition {
        ListPosition {
            created_at: self.number,
            id: String::new(),
        }
    }
}

/// Returns whether the store can contain this text. PostgreSQL cannot store NUL in a text, so no object has such an id.
pub(crate) fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}

/// Converts a stored time. A time out of range becomes the nearest valid one.
pub(crate) fn time(microseconds: i64) -> Timestamp {
    Timestamp::from_microsecond(microseconds).unwrap_or(if microseconds < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

impl AccountRow {
    /// Returns the credentials in the form that the vault decrypts.
    pub(crate) fn sealed(&self) -> SealedText {
        SealedText {
            key_id: self.key_id.clone(),
            bytes: self.secrets.clone(),
        }
    }
}

impl ServerRow {
    /// Converts the row to the type that responses show.
    pub(crate) fn view(&self) -> serde_json::Result<McpServer> {
        Ok(McpServer {
            id: self.id.clone(),
            integrated_account_id: self.account_id.clone(),
            name: self.name.clone(),
            config: serde_json::from_str(&self.config)?,
            expires_at: self.expires_at.map(time),
            created_at: time(self.created_at),
            updated_at: time(self.updated_at),
            created_by: self.created_by.clone(),
        })
    }
}

impl TokenRow {
    /// Converts the row to the type that responses show. An unknown role of a newer version counts as the lowest role.
    pub(crate) fn view(&self) -> serde_json::Result<ApiToken> {
        let roles = [Role::Admin, Role::Issuer];
        let role = roles.into_iter().find(|role| role.as_str() == self.role);
        let bounds = self.bounds.as_deref().map(serde_json::from_str);
        Ok(ApiToken {
            id: self.id.clone(),
            name: self.name.clone(),
            role: role.unwrap_or(Role::Caller),
            expires_at: self.expires_at.map(time),
            bounds: bounds.transpose()?,
            created_at: time(self.created_at),
            created_by: self.created_by.clone(),
        })
    }
}

impl From<AuditRow> for AuditRecord {
    fn from(
        AuditRow {
            number,
            record: row,
        }: AuditRow,
    ) -> Self {
        // The texts were written by the gateway, so that they are JSON.
        let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
        Self {
            id: number,
            at: time(row.at),
            actor: row.actor,
            actor_name: row.actor_name,
            action: row.action,
            account_id: row.account_id,
            server_id: row.server_id,
            tool: row.tool,
            effect: row.effect,
            outcome: row.outcome,
            duration_ms: row.duration_ms,
            upstream_status: row.upstream_status,
            call_id: row.call_id,
            client: row.client,
            target: json(row.target),
            fields: row.fields.and_then(|text| serde_json::from_str(&text).ok()),
            before: json(row.value_before),
            after: json(row.value_after),
            peer: row.peer,
            request_id: row.request_id,
            trace_id: row.trace_id,
        }
    }
}
