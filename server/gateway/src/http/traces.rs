//! Creates a span for each tool call, with the attribute names of the OpenTelemetry conventions for MCP, and sends it over OTLP if the environment names an endpoint. A span contains neither arguments nor results.

use std::collections::HashMap;
use std::time::SystemTime;

use axum::http::request::Parts;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{Span, SpanKind, Status, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::runtime::Tokio;
use opentelemetry_sdk::trace::span_processor_with_async_runtime::BatchSpanProcessor;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use rmcp::RoleServer;
use rmcp::service::RequestContext;

use mcp_server::environment::Environment;
use mcp_server::handler::observer::{CallRejection, EndedCall};
use mcp_server::product::product;

/// Error that keeps traces from being exported.
#[derive(Debug, thiserror::Error)]
#[error("traces cannot be exported")]
pub struct TraceError(#[from] opentelemetry_otlp::ExporterBuildError);

/// Exporter of traces; `None` inside if traces are not exported.
#[derive(Debug, Clone, Default)]
pub(crate) struct Traces(Option<Pipeline>);

#[derive(Debug, Clone)]
struct Pipeline {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

impl Traces {
    /// Starts the export if OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is set. The other variables of OpenTelemetry apply, too.
    pub(crate) fn start(environment: Environment<'_>) -> Result<Self, TraceError> {
        let set = |name| environment(name).is_some_and(|value| !value.trim().is_empty());
        let wanted =
            set("OTEL_EXPORTER_OTLP_ENDPOINT") || set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        let disabled = environment("OTEL_SDK_DISABLED")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        if !wanted || disabled {
            return Ok(Self::default());
        }
        // The HTTP client of the exporter needs a crypto provider. If one is already installed, this call changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(opentelemetry_otlp::Protocol::HttpBinary)
            .build()?;
        let mut resource =
            Resource::builder().with_attribute(KeyValue::new("service.version", product().version));
        if !set("OTEL_SERVICE_NAME") {
            resource = resource.with_service_name(product().name);
        }
        let provider = SdkTracerProvider::builder()
            .with_span_processor(BatchSpanProcessor::builder(exporter, Tokio).build())
            .with_resource(resource.build())
            .build();
        let tracer = provider.tracer(product().name);
        Ok(Self(Some(Pipeline { provider, tracer })))
    }

    /// Creates the span of a call that has ended, and returns the id of its trace.
    pub(crate) fn called(&self, call: &EndedCall<'_>, outcome: &'static str) -> Option<String> {
        let Pipeline { tracer, .. } = self.0.as_ref()?;
        let ended = SystemTime::now();
        let started = ended.checked_sub(call.took).unwrap_or(ended);
        let mut span = tracer
            .span_builder(match call.tool {
                Some(tool) => format!("tools/call {}", tool.name),
                // The name of an unknown tool is arbitrary text from the client and is left out.
                None => "tools/call".to_owned(),
            })
            .with_kind(SpanKind::Server)
            .with_start_time(started)
            .with_attributes(attributes(call, outcome))
            .start_with_context(tracer, &parent(call.context));
        if outcome != "ok" {
            span.set_status(Status::error(outcome));
        }
        span.end_with_timestamp(ended);
        Some(span.span_context().trace_id().to_string())
    }

    /// Sends the remaining spans.
    pub(crate) async fn end(self) {
        if let Some(Pipeline { provider, .. }) = self.0 {
            let ended = tokio::task::spawn_blocking(move || provider.shutdown()).await;
            if let Ok(Err(error)) = ended {
                tracing::warn!(%error, "the last traces were not exported");
            }
        }
    }
}

/// Returns the name of an attribute for which no convention exists.
fn attribute(name: &str) -> String {
    format!("{}.{name}", product().identifier())
}

fn attributes(call: &EndedCall<'_>, outcome: &'static str) -> Vec<KeyValue> {
    let mut attributes = vec![
        KeyValue::new("mcp.method.name", "tools/call"),
        KeyValue::new("gen_ai.operation.name", "execute_tool"),
        KeyValue::new("network.protocol.name", "http"),
        KeyValue::new("network.transport", "tcp"),
        KeyValue::new("jsonrpc.request.id", call.context.id.to_string()),
        KeyValue::new(attribute("outcome"), outcome),
    ];
    if let Some(tool) = call.tool {
        attributes.push(KeyValue::new("gen_ai.tool.name", tool.name));
    }
    if let Some(version) = call.context.protocol_version() {
        attributes.push(KeyValue::new("mcp.protocol.version", version.to_string()));
    }
    if let Some(status) = call.outcome.ok().and_then(|answer| answer.status) {
        attributes.push(KeyValue::new(
            attribute("upstream.status_code"),
            i64::from(status),
        ));
    }
    match call.outcome {
        Ok(answer) if answer.error.is_some() => {
            // A tool error is a success for HTTP and JSON-RPC, so it has no status code of its own.
            attributes.push(KeyValue::new("error.type", "tool_error"));
        }
        Ok(_) => {}
        Err(refused) => {
            let code = match refused {
                CallRejection::UnavailableTool(_) => "-32602",
                CallRejection::Cancelled | CallRejection::Panicked => "-32603",
            };
            attributes.push(KeyValue::new("error.type", code));
            attributes.push(KeyValue::new("rpc.response.status_code", code));
        }
    }
    attributes
}

/// Returns the id of the trace to which the client assigns the call, if it does.
pub(crate) fn parent_id(context: &RequestContext<RoleServer>) -> Option<String> {
    let parts = context.extensions.get::<Parts>();
    let in_header = parts.is_some_and(|parts| parts.headers.contains_key("traceparent"));
    if !in_header && context.meta.get_traceparent().is_none() {
        return None;
    }
    let parent = parent(context);
    let span = parent.span();
    let parent = span.span_context();
    parent.is_valid().then(|| parent.trace_id().to_string())
}

/// Returns the trace context of the call: from the MCP message if present, otherwise from the HTTP request.
fn parent(context: &RequestContext<RoleServer>) -> Context {
    let names = ["traceparent", "tracestate"];
    let parts = context.extensions.get::<Parts>();
    let header = |name| parts?.headers.get(name)?.to_str().ok();
    let values = match context.meta.get_traceparent() {
        Some(parent) => [Some(parent), context.meta.get_tracestate()],
        None => names.map(header),
    };
    let fields = names.into_iter().zip(values);
    let fields = fields.filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    let fields: HashMap<_, _> = fields.collect();
    TraceContextPropagator::new().extract_with_context(&Context::new(), &fields)
}
