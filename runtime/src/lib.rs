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
mod each;
mod encode;
pub mod error;
mod explain;
mod failure;
mod form;
mod json;
pub mod json_schema;
mod list;
mod log;
mod mask;
mod merge;
mod nearest;
mod number;
mod problem;
pub mod rate_limit;
pub mod registry;
pub mod request;
pub mod schema;
mod schema_impls;
pub mod secrets;
mod single_flight;
mod size;
#[cfg(test)]
mod test_support;
#[cfg(test)]
mod test_tools;
pub mod tool;
mod transport;
mod update;
mod verify;
mod version;
mod versions;

pub use account::{Account, Credentials, Failure, Known, Settings, SettingsError};
pub use api::Api;
pub use call::{Answer, Progress};
pub use error::{CallError, ErrorCode};
/// Turns a documented struct into a [`Tool`].
///
/// The doc comment is the description that the model reads, each field is an argument, and its doc comment is the argument's description. The block says what the OpenAPI document says; everything else follows: the input schema, the effects from the HTTP method, `limit` and `next_cursor` of a list. What is wrong does not compile: a placeholder without a field, a name used twice, a filter on a field that items do not have, a default that is not among the values of its type.
///
/// It stands in a module with [`macro@tools`], two levels below the `Tools` of its API, which gets a constant for each name, so that no name is there twice.
///
/// ```
/// # extern crate mcp_runtime as runtime;
/// /// Gets a constant from each tool.
/// pub struct Tools;
///
/// pub mod users {
///     #[runtime::tools]
///     pub mod tools {
///         use runtime::prelude::*;
///
///         /// List users. Returns name and roles of each.
///         #[tool(
///             name = "list_users",
///             title = "List users",
///             toolset = "users",
///             tags("people"),
///             method = "list",
///             document = "core",
///             operation = "get_users",
///             get = "/api/users",
///             list(
///                 items = "users",
///                 of = User,
///                 page = offset(limit = "limit", offset = "offset", max = 100),
///                 filter(name(unique), role = "roles.name"),
///                 summary(name, roles),
///             )
///         )]
///         pub struct ListUsers {
///             /// Attribute to order by.
///             #[param(query, default = "name")]
///             pub order_by: Option<String>,
///         }
///
///         /// Rename a user, or change the roles.
///         #[tool(
///             name = "update_user",
///             title = "Update a user",
///             toolset = "users",
///             method = "update",
///             document = "core",
///             operation = "patch_user",
///             patch = "/api/users/{name}",
///             body(json, required),
///             mask(update_mask = comma),
///             read_back = "/api/users/{name}",
///             returns = User
///         )]
///         pub struct UpdateUser {
///             /// Name as it is now.
///             #[param(path, wire = "name", min_length = 1)]
///             pub id: String,
///
///             /// New name.
///             #[param(body, or = "id")]
///             pub name: Option<String>,
///
///             /// All roles from now on.
///             #[param(body, min_items = 1)]
///             pub roles: Option<Vec<Role>>,
///         }
///
///         /// A user.
///         #[derive(Schema)]
///         pub struct User {
///             pub name: String,
///             pub roles: Vec<Role>,
///         }
///
///         /// A role.
///         #[derive(Schema)]
///         pub struct Role {
///             /// Name of the role.
///             pub name: String,
///         }
///     }
/// }
///
/// # fn main() {
/// let [list, update] = users::tools::TOOLS else {
///     panic!("two tools");
/// };
/// assert!(list.effect.read_only && update.effect.idempotent);
/// assert_eq!(update.params[1].or, "id");
/// # }
/// ```
///
/// # Keys of `#[tool(..)]`
///
/// | key | |
/// | --- | --- |
/// | `name`, `title`, `toolset`, `tags(..)` | what clients see and select by |
/// | `method` | `list`, `get`, `create`, `update`, `delete`, or a verb of its own |
/// | `document`, `operation` | where it comes from |
/// | `get`, `post`, `put`, `patch`, `delete` | path with its base and `{placeholders}` |
/// | `body(json)`, `body("text/plain")` | body; with `required` it is sent even if no argument of it is given |
/// | `fixed(action = "create")` | members of the body that are always sent |
/// | `list(items, of, page, filter, summary)` | member with the items, type of one, `offset(..)`, `body(..)`, `cursor(..)` or `whole`, filters applied here, fields returned by default |
/// | `merge`, `mask(..)`, `read_back` | how an update is made safe and its result true, see [`tool::Update`] |
/// | `verify(slash, except(member))` | how what is read back is compared, see [`tool::Verify`] |
/// | `not_applied` | what to do if a change was not applied: a text, or `not_applied(Product(before = "3.9") = "..", Product(since = "3.9") = "..")` |
/// | `notes(..)` | what the description adds for some versions, written as in `not_applied(..)` |
/// | `each(operation, patch, items)` | an operation on one object, called for each id of the field with `#[param(each)]`; `items` is the member of the result for the answers, see [`tool::Each`] |
/// | `require_any(a, b)` | arguments of which a call has to give at least one |
/// | `returns` | type of the answer; none if it has no content |
/// | `answer` | what the answer is, if it is no JSON, with its media type: `text("..")`, `lines("..")` of JSON, `log("..", token = "..", next = "..")` |
/// | `effect(..)` | stricter than the methods say: `destructive`, `not_idempotent`, `not_read_only`; or `read_only` for a verb of its own that only tries something |
///
/// # Keys of `#[param(..)]`
///
/// | key | |
/// | --- | --- |
/// | `path`, `path(slash)` | one segment of the path; with `slash` its value may have slashes |
/// | `query`, `query(comma)` | the query; several values as `repeat`, `comma`, `space`, `pipe` or `deep` say |
/// | `header`, `body`, `whole` | a header, a member of the body, the body itself |
/// | `each` | an array of ids, each one segment of the path of `each(..)` |
/// | `name`, `wire` | name of the argument if not that of the field; name in the request if not that of the argument |
/// | `or` | argument whose value is sent when this one is not given |
/// | `when_omitted` | value that is sent when this one is not given |
/// | `hidden` | no argument: what `or` or `when_omitted` says is always sent |
/// | `secret` | never shown again |
/// | `min`, `max`, `above`, `min_length`, `max_length`, `pattern`, `format`, `min_items`, `max_items`, `items(..)` | rules, as in JSON Schema; `items` has those of the items |
/// | `default`, `example` | a literal, or any JSON: `json("[1, 2]")` |
///
/// A field is a `String`, `i64`, `f64`, `bool`, [`Json`], `Vec`, `BTreeMap<String, _>` or a type with [`macro@Schema`]; `Option` if it may be left out, [`Nullable`] if it may be `null`, `Option<Nullable<_>>` if both.
pub use macros::tool;

/// Gives a module with [`macro@tool`] blocks the list of them, in its order: `pub static TOOLS: &[Tool]`.
///
/// ```
/// # extern crate mcp_runtime as runtime;
/// # pub struct Tools;
/// pub mod health {
///     #[runtime::tools]
///     pub mod tools {
///         use runtime::prelude::*;
///
///         /// Tells whether the server is up.
///         #[tool(
///             name = "get_health",
///             title = "Health",
///             toolset = "health",
///             method = "get",
///             document = "core",
///             operation = "get_health",
///             get = "/health"
///         )]
///         pub struct GetHealth;
///     }
/// }
///
/// # fn main() {
/// assert_eq!(health::tools::TOOLS[0].name, "get_health");
/// # }
/// ```
pub use macros::tools;

/// Derives the trait [`trait@Schema`] for the shapes that JSON has.
///
/// - A struct is an object. `#[schema(additional)]` lets it have other members, `#[schema(additional = Type)]` of this type. A field takes `#[schema(..)]` with `name` and the rules, `default` and `example` of [`macro@tool`].
/// - An enum of names is a string; `#[schema(name = "..")]` where the string is no name.
/// - An enum of types is one of them; a variant can have rules.
///
/// ```
/// # extern crate mcp_runtime as runtime;
/// use runtime::prelude::*;
///
/// /// Who may enter.
/// #[derive(Schema)]
/// #[schema(additional)]
/// pub struct Guest {
///     /// Name to sign in with.
///     #[schema(name = "userName", min_length = 1)]
///     pub user_name: String,
///     pub badge: Option<Badge>,
///     pub kind: Nullable<Kind>,
/// }
///
/// #[derive(Schema)]
/// pub enum Kind {
///     #[schema(name = "one-day")]
///     OneDay,
///     #[schema(name = "regular")]
///     Regular,
/// }
///
/// #[derive(Schema)]
/// pub enum Badge {
///     Number(i64),
///     Text(String),
/// }
///
/// let kind = <Guest as Schema>::SHAPE.kind;
/// assert!(matches!(kind, runtime::schema::Kind::Object { fields: [_, _, _], .. }));
/// ```
pub use macros::Schema;
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
    pub use crate::arguments::{clear_field, one_of};
    pub use crate::checks::{STUB, Value, check, check_filter, field, fits, has_field, is_array};
    pub use crate::schema::{Additional, Bound, Field, Json, Kind, Schema, Shape, StringRules};
    pub use crate::tool::{
        Body, Content, Each, Effect, Filter, Http, List, Mask, PagePlace, Pager, Param, Place,
        Segment, Separator, Tool, ToolBlock, Update, Verify, VersionedText, Way,
    };
}
