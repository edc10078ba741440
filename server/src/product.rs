//! Which product this program is: its names and its APIs. All that the server says of itself and of the API it stands for is made of it, so that it serves any API that tools were generated for.

use std::sync::OnceLock;

use runtime::Api;

/// A server for one product: what differs from that for another.
#[derive(Debug)]
pub struct Product {
    /// The name of the program.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The APIs that it has tools for, the newest first.
    pub apis: &'static [&'static Api],
}

/// One program is one product, and every line that it writes may name it.
static PRODUCT: OnceLock<&'static Product> = OnceLock::new();

/// Says which one this is, once, at the start.
pub(crate) fn start(product: &'static Product) {
    let _ = PRODUCT.set(product);
}

/// The product that this program is.
pub(crate) fn product() -> &'static Product {
    PRODUCT.get_or_init(|| &UNNAMED)
}

/// What there is before the start, which no command sees; tests do.
#[cfg(not(test))]
static UNNAMED: Product = Product {
    name: "",
    version: "",
    apis: &[],
};

#[cfg(test)]
static UNNAMED: Product = Product {
    name: "airflow-mcp",
    version: env!("CARGO_PKG_VERSION"),
    apis: airflow_tools::APIS,
};
