//! HTTP: the MCP endpoint, the management API, the admin page, and monitoring.

pub(crate) mod admin;
pub(crate) mod bearer;
mod body;
pub mod client;
pub(crate) mod connections;
pub(crate) mod error_response;
mod exchange;
pub(crate) mod front;
pub(crate) mod limits;
pub(crate) mod listen;
pub(crate) mod manage;
pub(crate) mod mcp;
mod message;
pub(crate) mod ops;
pub mod origin;
pub(crate) mod routes;
mod stream;
pub(crate) mod telemetry;
pub(crate) mod traces;
