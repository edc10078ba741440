//! Gateway: HTTP server with accounts, scoped and expiring server URLs, API tokens and an audit log.
//!
//! Each module uses only modules above it in this list: the model, keys and tokens; the store; the services; the configuration file and HTTP; [`serve`].

mod audit;
mod clock;
pub mod command;
pub mod config;
mod destination;
mod directory;
mod error;
pub mod first_token;
pub mod http;
pub mod keys;
mod model;
mod page;
pub mod private_files;
mod request_origin;
mod schema;
pub mod serve;
mod service;
pub mod slots;
pub mod store;
#[cfg(test)]
mod tests;
mod token;
mod validate;
mod vault;
