//! Program `airflow-mcp`: MCP tools for Apache Airflow.

use std::process::ExitCode;

mod log_format;
mod product;

fn main() -> ExitCode {
    mcp_cli::run(&product::PRODUCT)
}
