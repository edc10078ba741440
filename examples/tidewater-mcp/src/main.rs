//! Program `tidewater-mcp`: MCP tools for Tidewater.

use std::process::ExitCode;

use runtime::log::PlainText;
use server::{Examples, Product, Words};

static PRODUCT: Product = Product {
    name: "tidewater-mcp",
    version: env!("CARGO_PKG_VERSION"),
    apis: tidewater_mcp::APIS,
    log_format: PlainText::FORMAT,
    title: "Tidewater",
    about: "runs a port through Tidewater",
    api: "Tidewater",
    an_api: "a Tidewater",
    prefix: "TIDEWATER",
    tool_names: "{verb}_{resource}",
    probe: "list_vessels",
    words: Words::NONE,
    examples: Examples {
        tag: ("fleet", "vessels and their calls"),
        tools: "list_vessels,list_berths",
        calls: [
            "list_vessels",
            "list_vessels '{\"flag\": \"NL\"}'",
            "echo '{\"id\": \"9000001\"}' | tidewater-mcp call get_vessel -",
        ],
        token: (
            "office",
            "A keyring",
            "secret-tool lookup service tidewater",
        ),
    },
};

fn main() -> ExitCode {
    server::run(&PRODUCT)
}
