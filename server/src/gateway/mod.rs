//! The gateway: accounts, scoped and expiring server URLs, API tokens and an audit log, behind HTTP.
#![allow(dead_code, reason = "its parts are joined one by one")]

pub(crate) mod admin;
pub(crate) mod config;
pub(crate) mod error;
pub(crate) mod manage;
pub(crate) mod model;
pub(crate) mod sealed;
pub(crate) mod service;
