//! Records of the call in one MCP request: its intent before a change is sent, and its outcome before the client receives the result.

use std::sync::{Arc, OnceLock};

use axum::http::header;
use axum::http::request::Parts;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rmcp::RoleServer;
use rmcp::model::ErrorData;
use rmcp::service::RequestContext;
use runtime::{
    CallError, CallSubject, ErrorCode, IntendedChange, NotRecorded, RateLimit, ToolOutput,
};
use tokio::sync::OwnedSemaphorePermit;

use super::client::ClientAddress;
use super::ops::Metrics;
use super::telemetry::REQUEST_ID;
use super::traces::{self, Traces};
use crate::audit::NotWritten;
use crate::directory::ResolvedServer;
use crate::model::Principal;
use crate::service::gateway::Gateway;
use crate::slots::{CallSlots, CountedRequest, LargeSlot};
use crate::store::chain::hex;
use crate::store::rows::{NewAudit, kind, outcome};
use crate::token;
use mcp_server::handler::observer::{CallRejection, EndedCall, Observer};
use mcp_server::offer::UnavailableTool;

/// Sentence in a result whose record is not in the audit log yet.
const LATE: &str = "The call has ended, but its outcome is not in the audit log yet, because the log cannot be written at present; it is written as soon as possible.";

/// Request and response of one call, with everything that its metrics and audit records need.
pub(super) struct Exchange {
    pub(super) gateway: Gateway,
    pub(super) metrics: Arc<Metrics>,
    pub(super) traces: Traces,
    pub(super) resolved: Arc<ResolvedServer>,
    pub(super) principal: Option<Principal>,
    pub(super) rate_limit: OnceLock<RateLimit>,
    /// Record of the change that the call makes.
    pub(super) intent: OnceLock<NewAudit>,
    /// Slots of the call, if the request is one.
    pub(super) slots: OnceLock<CallSlots>,
    /// Places of the request in all limits, held until the handler has ended, even if the client disconnects earlier.
    pub(super) _held: (OwnedSemaphorePermit, CountedRequest, Option<LargeSlot>),
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exchange")
            .field("server", &self.resolved.server.id)
            .finish_non_exhaustive()
    }
}

impl Observer for Exchange {
    fn admit(&self) -> BoxFuture<'_, Result<(), CallError>> {
        let admit = async {
            let slots = self.resolved.slots.call().await.map_err(|error| {
                CallError::overloaded(format!("Nothing was sent, because {error}."))
            })?;
            let _ = self.slots.set(slots);
            Ok(())
        };
        admit.boxed()
    }

    fn intended<'a>(
        &'a self,
        change: &'a IntendedChange<'a>,
        context: &'a RequestContext<RoleServer>,
    ) -> BoxFuture<'a, Result<(), NotRecorded>> {
        self.record_intent(change, context).boxed()
    }

    fn called<'a>(
        &'a self,
        call: EndedCall<'a>,
    ) -> BoxFuture<'a, Result<Option<&'static str>, ErrorData>> {
        self.record(call).boxed()
    }
}

impl Exchange {
    async fn record_intent(
        &self,
        change: &IntendedChange<'_>,
        context: &RequestContext<RoleServer>,
    ) -> Result<(), NotRecorded> {
        let mut intent = NewAudit {
            kind: kind::INTENT.to_owned(),
            call_id: Some(token::new_id("call_").map_err(|_| NotRecorded)?),
            tool: Some(change.tool.name.to_owned()),
            effect: Some("write".to_owned()),
            outcome: outcome::PENDING.to_owned(),
            ..self.base(context)
        };
        describe(&mut intent, change.subject);
        intent.value_before = text(change.before);
        let intent = self.intent.get_or_init(|| intent);
        let recorded = self.gateway.record_intent(intent.clone()).await;
        recorded.map_err(|NotWritten| NotRecorded)
    }

    async fn record(&self, call: EndedCall<'_>) -> Result<Option<&'static str>, ErrorData> {
        let outcome = outcome(call.outcome);
        let status = call.outcome.ok().and_then(|answer| answer.status);
        if let Ok(answer) = call.outcome {
            let _ = self.rate_limit.set(answer.rate_limit);
        }
        self.metrics.called(call.tool, outcome, status, call.took);
        let trace_id = self.traces.called(&call, outcome);

        let subject = call.outcome.ok();
        let subject = subject.and_then(|answer| answer.subject.as_deref());
        let is_read = call.tool.is_some_and(|tool| tool.effect.read_only);
        let mut record = match self.intent.get() {
            Some(intent) => NewAudit {
                kind: kind::OUTCOME.to_owned(),
                ..intent.clone()
            },
            None => {
                let mut record = NewAudit {
                    kind: kind::EVENT.to_owned(),
                    tool: Some(shown_name(&call)),
                    effect: call
                        .tool
                        .map(|_| if is_read { "read" } else { "write" }.to_owned()),
                    ..self.base(call.context)
                };
                if let Some(subject) = subject {
                    describe(&mut record, subject);
                }
                record
            }
        };
        record.value_after = subject.and_then(|subject| text(&subject.after));
        outcome.clone_into(&mut record.outcome);
        record.duration_ms = i64::try_from(call.took.as_millis()).unwrap_or(i64::MAX);
        record.upstream_status = status.map(i32::from);
        record.trace_id = record.trace_id.or(trace_id);
        let recorded = match outcome {
            _ if is_read => self.gateway.record_read(record).await,
            // The caller has already waited for the store.
            _ if outcome == ErrorCode::NotRecorded.as_str() => {
                self.gateway.record_later(record);
                Ok(())
            }
            _ => self.gateway.record_outcome(record).await,
        };
        match recorded {
            Ok(()) => Ok(None),
            Err(NotWritten) if is_read => {
                tracing::error!(
                    server = %self.resolved.server.id,
                    tool = call.tool.map(|tool| tool.name),
                    outcome,
                    "a call is not in the audit log"
                );
                Err(ErrorData::internal_error(
                    "the call has ended, but its audit record could not be written, so its result is withheld",
                    None,
                ))
            }
            Err(NotWritten) => {
                tracing::error!(
                    server = %self.resolved.server.id,
                    tool = call.tool.map(|tool| tool.name),
                    outcome,
                    "the outcome of a call is not in the audit log yet"
                );
                Ok(Some(LATE))
            }
        }
    }

    /// Returns what all records of this request have in common.
    fn base(&self, context: &RequestContext<RoleServer>) -> NewAudit {
        let parts = context.extensions.get::<Parts>();
        let header = |name| parts?.headers.get(name)?.to_str().ok().map(str::to_owned);
        let named = context.meta.get("io.modelcontextprotocol/clientInfo");
        let named = named.and_then(|client| client.get("name")?.as_str());
        // Older clients send their name only in the handshake, which is a different request.
        let client = named
            .map(str::to_owned)
            .or_else(|| header(header::USER_AGENT));
        let server_id = self.resolved.server.id.clone();
        let (actor, actor_name) = match &self.principal {
            Some(principal) => (principal.id.clone(), principal.name.clone()),
            None => (server_id.clone(), client.clone().unwrap_or_default()),
        };
        let peer = parts.and_then(|parts| parts.extensions.get::<ClientAddress>());
        NewAudit {
            actor,
            actor_name,
            client,
            action: "call".to_owned(),
            account_id: Some(self.resolved.server.integrated_account_id.clone()),
            server_id: Some(server_id),
            peer: peer.map(|address| address.0.to_canonical().to_string()),
            request_id: header(REQUEST_ID),
            trace_id: traces::parent_id(context),
            ..NewAudit::default()
        }
    }
}

/// Returns a text unless it is empty.
fn text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// Adds what a call is about to its record.
fn describe(record: &mut NewAudit, subject: &CallSubject) {
    record.target = text(&subject.target);
    let fields = serde_json::to_string(&subject.fields).ok();
    record.fields = fields.filter(|_| !subject.fields.is_empty());
}

/// Returns the name of the tool. An unknown name is replaced by its hash, because it can be a misplaced secret.
fn shown_name(call: &EndedCall<'_>) -> String {
    match call.outcome {
        Err(CallRejection::UnavailableTool(UnavailableTool::Unknown { .. })) => {
            format!("sha256:{}", hex(&token::hash(call.name)))
        }
        _ => call.name.to_owned(),
    }
}

/// Returns the outcome of a call as one word of a closed list.
fn outcome(outcome: Result<&ToolOutput, &CallRejection>) -> &'static str {
    match outcome {
        Ok(answer) => answer.error.map_or("ok", ErrorCode::as_str),
        Err(CallRejection::UnavailableTool(UnavailableTool::Unknown { .. })) => "unknown_tool",
        Err(CallRejection::UnavailableTool(UnavailableTool::NotSelected)) => "not_offered",
        Err(CallRejection::Cancelled) => ErrorCode::Cancelled.as_str(),
        Err(CallRejection::Panicked) => ErrorCode::Internal.as_str(),
    }
}
