//! MCP server as lists show it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::expiry::Moment;
use super::selection::count;
use super::site::Admin;
use crate::model::{McpServer, ServerConfig};

/// MCP server in a list.
pub(super) struct ServerLine {
    pub(super) server: McpServer,
    pub(super) account: String,
    /// Summary of the selected tools.
    pub(super) offers: String,
    pub(super) tools: usize,
    pub(super) expires: Option<Moment>,
    pub(super) created: Moment,
    /// Whether a configuration file declares the server.
    pub(super) declared: bool,
}

impl ServerLine {
    pub(super) fn new(
        admin: &Admin,
        declared: &BTreeSet<String>,
        server: McpServer,
        account: String,
        now: Timestamp,
    ) -> Self {
        Self {
            declared: declared.contains(&server.id),
            account,
            offers: offers(&server.config),
            tools: count(admin.gateway.apis(), &server.config),
            expires: server.expires_at.map(|at| Moment::new(at, now)),
            created: Moment::new(server.created_at, now),
            server,
        }
    }
}

/// Returns a summary of the selected tools.
pub(super) fn offers(config: &ServerConfig) -> String {
    let mut parts: Vec<String> = config.preset.iter().cloned().collect();
    for names in [&config.methods, &config.tags] {
        if !names.is_empty() {
            parts.push(names.join(", "));
        }
    }
    match config.tools.len() {
        0 => {}
        1 => parts.push("1 named tool".to_owned()),
        many => parts.push(format!("{many} named tools")),
    }
    let excluded = [&config.exclude_tags[..], &config.exclude_tools].concat();
    if !excluded.is_empty() {
        parts.push(format!("without {}", excluded.join(", ")));
    }
    if config.include_secrets {
        parts.push("secrets".to_owned());
    }
    parts.join(" · ")
}
