//! MCP server for the tools of any API: which tools a client is offered, how they are listed and called, and the transport over standard input and output. Other transports use [`handler::Handler`].

mod changes;
pub mod characters;
pub mod diagnosis;
mod discovery;
pub mod discovery_tools;
pub mod environment;
#[cfg(feature = "conformance-fixtures")]
mod fixtures;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod handler;
mod lines;
pub mod offer;
pub mod product;
mod progress;
mod rendering;
mod search;
pub mod stdio;
#[cfg(test)]
mod tests;
mod verbatim;
