//! What a generated tool block runs on: static descriptions of tools and their APIs, and the behaviour every call shares.
//!
//! The macros write [`Tool`] and [`Shape`] values into constants; the runtime reads them and never sees an endpoint by name.

// Expansions say `::runtime`; tests in this crate, too, are to find it.
#[allow(unused_extern_crates)]
extern crate self as runtime;

pub mod account;
pub mod api;
pub mod arguments;
mod auth;
mod bearer;
pub mod call;
mod check;
mod checks;
mod client;
mod cursor;
mod describe;
mod detect;
mod encode;
pub mod error;
mod explain;
mod failure;
mod json;
mod list;
mod merge;
mod nearest;
mod number;
mod problem;
pub mod rate_limit;
pub mod request;
pub mod schema;
mod schema_impls;
mod single_flight;
mod size;
#[cfg(test)]
mod test_support;
#[cfg(test)]
mod test_tools;
pub mod tool;
mod transport;
mod update;

pub use account::{Account, Credentials, Known, Settings, SettingsError};
pub use api::Api;
pub use call::{Answer, Progress};
pub use error::{CallError, ErrorCode};
pub use macros::{Schema, tool, tools};
pub use rate_limit::RateLimit;
pub use schema::{Json, Nullable, Schema, Shape};
pub use tool::Tool;

/// What every generated module imports, whatever its blocks need, so that one block more changes no other line.
pub mod prelude {
    pub use std::collections::BTreeMap;

    pub use crate::{Json, Nullable, Schema, tool};
}

/// What expansions of the macros refer to; not for people.
#[doc(hidden)]
pub mod __private {
    pub use crate::checks::{STUB, Value, check, check_filter, field, fits, has_field};
    pub use crate::schema::{Additional, Bound, Field, Json, Kind, Schema, Shape, StringRules};
    pub use crate::tool::{
        Body, Effect, Filter, Http, List, Mask, Pager, Param, Place, Segment, Separator, Tool,
        ToolBlock, Update,
    };
}
