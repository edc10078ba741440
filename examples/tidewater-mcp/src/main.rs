//! Program `tidewater-mcp`: MCP tools for Tidewater.

use std::process::ExitCode;

use mcp_server::product::{Examples, Product, Synonyms};
use runtime::log::PlainText;

static PRODUCT: Product = Product {
    name: "tidewater-mcp",
    version: env!("CARGO_PKG_VERSION"),
    apis: tidewater_tools::APIS,
    presets: &[],
    log_format: PlainText::FORMAT,
    sensitive_words: &["password", "secret", "token"],
    title: "Tidewater",
    about: "runs a port through Tidewater",
    upstream: "Tidewater",
    an_upstream: "a Tidewater",
    env_prefix: "TIDEWATER",
    tool_name_pattern: "{verb}_{resource}",
    probe_tool: "list_vessels",
    synonyms: Synonyms::NONE,
    examples: Examples {
        tag: "fleet",
        tag_subject: "vessels and their calls",
        tools: "list_vessels,list_berths",
        call: "list_vessels",
        call_with_arguments: "list_vessels '{\"flag\": \"NL\"}'",
        call_from_stdin: "echo '{\"id\": \"9000001\"}' | tidewater-mcp call get_vessel -",
        token_account: "office",
        token_service: "A keyring",
        token_command: "secret-tool lookup service tidewater",
    },
};

fn main() -> ExitCode {
    mcp_cli::run(&PRODUCT)
}
