//! The gateway: accounts, scoped and expiring server URLs, API tokens and an audit log, behind HTTP.
#![allow(dead_code, reason = "its parts are joined one by one")]

pub(crate) mod admin;
pub(crate) mod answers;
mod audit;
pub(crate) mod client;
mod clock;
pub(crate) mod config;
mod directory;
pub(crate) mod error;
pub(crate) mod key;
pub(crate) mod limits;
pub(crate) mod manage;
pub(crate) mod mcp;
pub(crate) mod model;
pub(crate) mod ops;
pub(crate) mod options;
pub(crate) mod origin;
mod page;
pub(crate) mod serve;
pub(crate) mod service;
mod store;
pub(crate) mod telemetry;
mod token;
mod validate;
mod vault;
