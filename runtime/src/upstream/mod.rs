//! The upstream of an account: signing in, detecting its API, sending requests and explaining failures.

pub(crate) mod account;
pub(crate) mod addresses;
pub(crate) mod base_url;
pub(crate) mod body;
pub(crate) mod component_versions;
pub(crate) mod detect;
pub(crate) mod detected;
pub(crate) mod error;
pub(crate) mod explain;
pub(crate) mod failure;
pub(crate) mod rate_limit;
pub(crate) mod response;
pub(crate) mod send;
pub(crate) mod settings;
pub(crate) mod sign_in;
pub(crate) mod single_flight;
pub(crate) mod transport;
