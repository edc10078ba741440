//! Operations of the gateway, each implemented once. The management API, the admin page, the command line and the configuration file all use them. Every method with a caller checks the caller's role, and every change by a caller is written to the audit log.

mod accounts;
mod audit_upkeep;
mod check;
pub(crate) mod gateway;
mod keys;
mod live;
mod records;
mod refusals;
mod servers;
mod session;
pub(crate) mod state;
#[cfg(test)]
mod tests;
mod tokens;
pub(crate) mod verify;
