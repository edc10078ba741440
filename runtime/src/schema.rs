//! Shapes of arguments and results. `#[derive(Schema)]` and `#[tool]` build them as constants, and arguments are checked against them.

pub use mcp_schema::writer::{bounds, type_name};
pub use mcp_schema::{Bound, Json, Nullable, Schema};

/// Shape of a JSON value, in constants.
pub type Shape = mcp_schema::Shape<'static>;

/// Type and rules of a value that is not `null`.
pub type Kind = mcp_schema::ShapeKind<'static>;

/// Members of an object other than the named ones.
pub type Additional = mcp_schema::Additional<'static>;

/// Rules for a string.
pub type StringRules = mcp_schema::StringRules<'static>;

/// A named member of an object.
pub type Field = mcp_schema::Field<'static>;
