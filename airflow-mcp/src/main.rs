//! `airflow-mcp`: the server with the tools of Apache Airflow.

use std::process::ExitCode;

use server::Product;

static PRODUCT: Product = Product {
    name: "airflow-mcp",
    version: env!("CARGO_PKG_VERSION"),
    apis: airflow_tools::APIS,
};

fn main() -> ExitCode {
    server::run(&PRODUCT)
}
