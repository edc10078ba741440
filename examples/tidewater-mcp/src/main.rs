//! `tidewater-mcp`: the server with the tools of Tidewater.

use std::process::ExitCode;

use server::Product;

static PRODUCT: Product = Product {
    name: "tidewater-mcp",
    version: env!("CARGO_PKG_VERSION"),
    apis: tidewater_mcp::APIS,
};

fn main() -> ExitCode {
    server::run(&PRODUCT)
}
