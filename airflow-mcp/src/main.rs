//! `airflow-mcp`: the server with the tools of Apache Airflow.

use std::process::ExitCode;

mod product;

fn main() -> ExitCode {
    server::run(&product::PRODUCT)
}
