//! Operations on the audit log.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::gateway::{Gateway, Result, internal, require};
use crate::error::ServiceError;
use crate::model::audit::{AuditQuery, AuditRecord};
use crate::model::{Principal, ResultPage, Role};
use crate::page::{self, List};
use crate::store::Store;
use crate::store::rows::{AuditRow, NewAudit};
use crate::validate;

const LIST: List<'_> = List::all("audit");

/// Longest text in characters that a client can choose for a record.
const TEXT: usize = 200;
/// Number of records in one chunk of an export.
const PIECE: usize = 1000;

impl Gateway {
    /// Lists the records of the audit log, newest first.
    pub(crate) async fn audit(
        &self,
        who: &Principal,
        query: AuditQuery,
    ) -> Result<ResultPage<AuditRecord>> {
        require(who, Role::Issuer)?;
        let limit = validate::limit(query.limit)?;
        let before = LIST.before(query.cursor.as_deref())?.created_at;
        let found = self
            .0
            .store
            .audit(&query, before, page::rows(limit))
            .await?;
        LIST.page(found, limit, |row| Ok(row.into()))
    }

    /// Exports all records that match the query, newest first, as chunks of JSON lines. The limit of the query, if given, applies to the whole export.
    pub(crate) async fn export_audit(
        &self,
        who: &Principal,
        query: AuditQuery,
    ) -> Result<BoxStream<'static, Result<String>>> {
        require(who, Role::Issuer)?;
        let before = LIST.before(query.cursor.as_deref())?.created_at;
        let left = query.limit.map_or(usize::MAX, |limit| limit as usize);
        let store = self.0.store.clone();
        let pieces = stream::try_unfold((before, left), move |(before, left)| {
            let (store, query): (Arc<Store>, _) = (store.clone(), query.clone());
            async move {
                let limit = left.min(PIECE);
                let rows = i64::try_from(limit).unwrap_or(i64::MAX);
                let found = store.audit(&query, before, rows).await?;
                let Some(last) = found.last().map(|row| row.id) else {
                    return Ok(None);
                };
                let left = left - found.len();
                Ok(Some((json_lines(found)?, (last, left))))
            }
        });
        Ok(pieces.boxed())
    }

    /// Writes the audit record of a call, which has ended now, and returns after its commit.
    pub(crate) async fn record_call(&self, call: NewAudit) -> Result<()> {
        let record = NewAudit {
            at: self.now(),
            actor: text(call.actor),
            actor_name: text(call.actor_name),
            action: "call".to_owned(),
            tool: call.tool.map(text),
            outcome: text(call.outcome),
            ..call
        };
        let recorded = self.0.audit.record(record).await;
        recorded
            .map_err(|_| ServiceError::Unavailable("the audit log cannot be written".to_owned()))
    }
}

fn json_lines(rows: Vec<AuditRow>) -> Result<String> {
    let mut lines = String::new();
    for row in rows {
        let line = serde_json::to_string(&AuditRecord::from(row)).map_err(internal)?;
        lines.push_str(&line);
        lines.push('\n');
    }
    Ok(lines)
}

/// Makes a text from a client safe to store and show: one line of limited length.
fn text(text: String) -> String {
    let fits = text.chars().nth(TEXT).is_none();
    if fits && !text.contains(char::is_control) {
        return text;
    }
    let shown = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().take(TEXT).map(shown).collect()
}
