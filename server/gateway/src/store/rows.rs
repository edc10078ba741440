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

/// Row of `audit`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct AuditRow {
    pub(crate) id: i64,
    #[sqlx(flatten)]
    pub(crate) record: NewAudit,
}

/// Row of `audit` before it has a number.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct NewAudit {
    pub(crate) at: i64,
    /// Id of the MCP server or of the API token that was used.
    pub(crate) actor: String,
    /// Name that the client gives itself, or name of the API token.
    pub(crate) actor_name: String,
    pub(crate) action: String,
    pub(crate) account_id: Option<String>,
    pub(crate) server_id: Option<String>,
    pub(crate) tool: Option<String>,
    pub(crate) effect: Option<String>,
    /// `ok`, or the error code.
    pub(crate) outcome: String,
    pub(crate) duration_ms: i64,
    pub(crate) upstream_status: Option<i32>,
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
            created_at: self.id,
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
    fn from(AuditRow { id, record: row }: AuditRow) -> Self {
        Self {
            id,
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
        }
    }
}
