//! Operations on the audit log.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::gateway::{Gateway, Result, internal, require};
use crate::audit::NotWritten;
use crate::model::audit::{AuditQuery, AuditRecord};
use crate::model::{Principal, ResultPage, Role};
use crate::page::{self, List};
use crate::request_origin::RequestOrigin;
use crate::store::Store;
use crate::store::chain::Head;
use crate::store::rows::{AuditRow, NewAudit, kind};
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
        self.record_reading(who, "audit.read");
        LIST.page(found, limit, |row| Ok(row.into()))
    }

    /// Records that somebody read the audit log. The gateway itself leaves no record.
    fn record_reading(&self, who: &Principal, action: &str) {
        if !who.is_gateway() {
            self.record_later(self.record(who, action));
        }
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
        self.record_reading(who, "audit.export");
        let store = self.0.store.clone();
        let pieces = stream::try_unfold((before, left), move |(before, left)| {
            let (store, query): (Arc<Store>, _) = (store.clone(), query.clone());
            async move {
                let limit = left.min(PIECE);
                let rows = i64::try_from(limit).unwrap_or(i64::MAX);
                let found = store.audit(&query, before, rows).await?;
                let Some(last) = found.last().map(|row| row.number) else {
                    return Ok(None);
                };
                let left = left - found.len();
                Ok(Some((json_lines(found)?, (last, left))))
            }
        });
        Ok(pieces.boxed())
    }

    /// Creates an audit record of a successful action at this moment.
    pub(crate) fn record(&self, who: &Principal, action: &str) -> NewAudit {
        let origin = RequestOrigin::current();
        NewAudit {
            peer: origin.peer().map(|peer| peer.to_string()),
            request_id: origin.request_id().map(str::to_owned),
            trace_id: origin.trace_id().map(str::to_owned),
            kind: kind::EVENT.to_owned(),
            at: self.now(),
            actor: who.id.clone(),
            actor_name: who.name.clone(),
            action: action.to_owned(),
            outcome: "ok".to_owned(),
            ..NewAudit::default()
        }
    }

    /// Returns the id of the audit chain of this process and its last entry.
    pub(crate) fn audit_head(&self) -> Option<(String, Head)> {
        self.0.store.chain_head()
    }

    /// Writes the record of a call that can change something, and returns after the disk has it. After an error, nothing may be sent.
    pub(crate) async fn record_intent(&self, call: NewAudit) -> Result<(), NotWritten> {
        self.0.audit.record_intent(self.safe(call)).await
    }

    /// Writes the record of a call that has ended, and returns after the disk has it. After an error, the record is written as soon as the store works again.
    pub(crate) async fn record_outcome(&self, call: NewAudit) -> Result<(), NotWritten> {
        self.0.audit.record_kept(self.safe(call)).await
    }

    /// Writes the record of a call that changes nothing, and returns after its commit.
    pub(crate) async fn record_read(&self, call: NewAudit) -> Result<(), NotWritten> {
        self.0.audit.record_read(self.safe(call)).await
    }

    /// Records something that happened without waiting for it.
    pub(crate) fn record_later(&self, event: NewAudit) {
        self.0.audit.queue(self.safe(event));
    }

    /// Returns the record with the present time, and with texts that are safe to store and show.
    fn safe(&self, record: NewAudit) -> NewAudit {
        let kind = match record.kind.is_empty() {
            true => kind::EVENT.to_owned(),
            false => record.kind,
        };
        NewAudit {
            at: self.now(),
            kind,
            actor: text(record.actor),
            actor_name: text(record.actor_name),
            client: record.client.map(text),
            tool: record.tool.map(text),
            outcome: text(record.outcome),
            request_id: record.request_id.map(text),
            ..record
        }
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
