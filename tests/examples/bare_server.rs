//! A bare rmcp server over streamable HTTP: one tool that does nothing, no tokens, no audit log. What the gateway is measured against.
//!
//! Prints its URL, and serves until it is stopped.

#![allow(clippy::print_stdout, reason = "the URL is the result")]

use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData,
    ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{RoleServer, ServerHandler};
use serde_json::json;

/// Answers any call with the same small result.
#[derive(Clone)]
struct Nothing(Arc<CallToolResult>);

impl ServerHandler for Nothing {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(vec![nothing()]))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        (name == "nothing").then(nothing)
    }

    async fn call_tool(
        &self,
        _request: CallToolRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        Ok(CallToolResult::clone(&self.0).into())
    }
}

fn nothing() -> Tool {
    let schema = json!({"type": "object", "properties": {"id": {"type": "string"}}});
    let schema = schema.as_object().cloned().unwrap_or_default();
    Tool::new("nothing", "Does nothing.", Arc::new(schema))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    // As large as the small answers that the gateway is asked for.
    let content = json!({"username": "user00001", "email": "user00001@example.org", "first_name": "Given", "last_name": "Family 1", "active": true});
    let mut result = CallToolResult::success(vec![ContentBlock::text(content.to_string())]);
    result.structured_content = Some(content);
    let handler = Nothing(Arc::new(result));
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true);
    let service = StreamableHttpService::new(
        move || Ok(handler.clone()),
        Arc::new(NeverSessionManager::default()),
        config,
    );
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("http://{}/mcp", listener.local_addr()?);
    axum::serve(listener, axum::Router::new().route_service("/mcp", service)).await
}
