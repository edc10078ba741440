//! Runtime of generated tool blocks: static descriptions of tools and their APIs, and the behaviour that all calls share.
//!
//! The macros write [`Tool`] and [`Shape`] values into constants. The runtime reads these constants and contains no endpoint name.
//!
//! Data flows in one direction, and each module uses only those before it: `tool` describes tools and APIs; `args` checks the arguments of a call and decides what can be sent; `request` builds requests; `upstream` signs in, sends requests and explains failures; `output` converts responses to results; `call` combines them.

// Macro expansions refer to `::runtime`. This name must also resolve in the tests of this crate.
#[allow(unused_extern_crates)]
extern crate self as runtime;

pub mod args;
pub mod call;
mod describe;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod json;
pub mod json_schema;
pub mod log;
mod mask;
mod output;
mod quoted;
pub mod redaction;
pub mod request;
pub mod schema;
pub mod secrets;
#[cfg(test)]
mod tests;
pub mod tool;
mod upstream;
mod version;

pub use call::ToolOutput;
pub use call::recorder::{ChangeRecorder, IntendedChange, NotRecorded};
pub use call::subject::CallSubject;
/// Turns a documented struct into a [`Tool`].
///
/// The doc comment of the struct is the description that the model reads. Each field is a parameter, and its doc comment is the description of the parameter. The block states what the OpenAPI document says; everything else is derived from it: the input schema, the effects from the HTTP method, `limit` and `next_cursor` of a list. Mistakes are compile errors: a placeholder without a field, a duplicate name, a filter on a field that items do not have, a default that is not a value of its type.
///
/// The block must be in a module with [`macro@tools`], two levels below the `Tools` of its API. `Tools` gets a constant for each tool name, so that a duplicate name is a compile error.
///
/// ```
/// # extern crate mcp_runtime as runtime;
/// /// Type that gets a constant for each tool.
/// pub struct Tools;
///
/// pub mod users {
///     #[runtime::tools(toolset = "users", document = "core")]
///     pub mod tools {
///         use runtime::prelude::*;
///
///         /// List users. Returns name and roles of each.
///         #[tool(
///             name = "list_users",
///             title = "List users",
///             tags("people"),
///             method = "list",
///             operation = "get_users",
///             get = "/api/users",
///             list(
///                 items = "users",
///                 of = User,
///                 page = offset(max = 100),
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
///             method = "update",
///             operation = "patch_user",
///             patch = "/api/users/{name}",
///             body(json, required),
///             mask(update_mask = comma),
///             read_back = "/api/users/{name}",
///             returns = User
///         )]
///         pub struct UpdateUser {
///             /// Current name.
///             #[param(path, wire = "name", min_length = 1)]
///             pub id: String,
///
///             /// New name.
///             #[param(body, fallback = "id")]
///             pub name: Option<String>,
///
///             /// All roles of the user.
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
/// assert_eq!(update.parameters[1].fallback, "id");
/// # }
/// ```
///
/// # Keys of `#[tool(..)]`
///
/// | key | |
/// | --- | --- |
/// | `name`, `title`, `tags(..)` | what clients see; tags beside those of the module |
/// | `renamed_from` | former name, which callers can still use |
/// | `since` | first release of the API that has the operation, if not all supported releases have it |
/// | `method` | `list`, `get`, `create`, `update`, `delete`, or another verb |
/// | `operation`, `document` | operation id; its OpenAPI document, if it differs from that of the module |
/// | `get`, `post`, `put`, `patch`, `delete` | path including the base path, with `{placeholders}` |
/// | `body(json)`, `body("text/plain")` | media type of the body; with `required`, the body is sent even if none of its arguments is given |
/// | `fixed(action = "create")` | members of the body that are always sent |
/// | `list(items, of, page, filter, summary)` | member with the items, item type, pagination (`offset(max = 100)`, `number(..)`, `cursor(..)`, `link(..)` or `whole`), filters that the runtime applies, fields returned by default |
/// | `merge`, `mask(..)`, `read_back` | how an update is made safe and its result correct, see [`tool::Update`] |
/// | `recorded(roles)` | members of the object that is read back whose values before and after the change are recorded, see [`tool::Update`] |
/// | `verify(slash, except(member))` | how the object that is read back is compared, see [`tool::Verify`] |
/// | `not_applied` | hint for a change that was not applied: a text, or `not_applied(Product(before = "3.9") = "..", Product(since = "3.9") = "..")` |
/// | `notes(..)` | additions to the description for some versions, written as in `not_applied(..)` |
/// | `each(operation, patch, items)` | operation on one object, called once per id in the field with `#[param(each)]`; `items` is the member of the result for the responses, see [`tool::Each`] |
/// | `require_any(a, b)` | arguments of which a call must give at least one |
/// | `secret_fields(a, b)` | members of the response that are masked for clients whose results are redacted |
/// | `hidden_fields(a, b)` | members of the response that are masked in every result |
/// | `returns` | type of the response; omitted if the response has no content |
/// | `response_format` | format of a response other than JSON, with its media type: `text("..")`, `lines("..")` of JSON, `log("..", token = "..", next = "..")` |
/// | `effect(..)` | stricter effects than those of the HTTP method: `destructive`, `not_idempotent`, `not_read_only`; or `read_only` for another verb that only simulates a change |
///
/// # Keys of `#[param(..)]`
///
/// | key | |
/// | --- | --- |
/// | `path`, `path(slash)` | one segment of the path; with `slash`, its value may contain slashes |
/// | `query`, `query(comma)` | query parameter; `repeat`, `comma`, `space`, `pipe` or `deep` selects the serialization of several values |
/// | `header`, `cookie`, `body`, `whole` | header, cookie, member of the body, whole body |
/// | `each` | array of ids; each id is one segment of the path of `each(..)` |
/// | `name`, `wire` | name of the argument, if it differs from the field; name in the request, if it differs from the argument |
/// | `fallback` | argument whose value is sent if this one is omitted |
/// | `when_omitted` | value that is sent if the argument is omitted |
/// | `hidden` | not an argument: the value of `fallback` or `when_omitted` is always sent |
/// | `clear` | body member that the argument `clear` can name: `null` is sent for it, which empties a field |
/// | `secret` | value that is never shown again, and in which a mask such as `***` is rejected |
/// | `since` | first release of the API that has the parameter, if it is newer than the operation |
/// | `min`, `max`, `above`, `min_length`, `max_length`, `pattern`, `format`, `min_items`, `max_items`, `items(..)` | rules as in JSON Schema; `items` contains the rules of the items |
/// | `default`, `example` | literal, or any JSON value: `json("[1, 2]")` |
///
/// The type of a field is `String`, `i64`, `f64`, `bool`, [`Json`], `Vec`, `BTreeMap<String, _>` or a type with [`macro@Schema`]. The type is wrapped in `Option` if the argument may be omitted; `null` for such an argument means that it is omitted. A member of an object that the upstream requires, if only as `null`, is [`Nullable`].
pub use macros::tool;
/// Suggestions for unknown names.
pub use mcp_schema::suggestion;

/// Adds to a module with [`macro@tool`] blocks the list of its tools in source order: `pub static TOOLS: &[Tool]`. The arguments state what all tools of the module have in common: `toolset`, `document`, and, if there are any, `tags(..)`.
///
/// ```
/// # extern crate mcp_runtime as runtime;
/// # pub struct Tools;
/// pub mod health {
///     #[runtime::tools(toolset = "health", document = "core")]
///     pub mod tools {
///         use runtime::prelude::*;
///
///         /// Get whether the server is running.
///         #[tool(
///             name = "get_health",
///             title = "Health",
///             method = "get",
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

/// Derives the trait [`trait@Schema`], which describes the JSON form of a type.
///
/// - A struct is an object. `#[schema(additional)]` allows other members, `#[schema(additional = Type)]` only those of this type. A field accepts `#[schema(..)]` with `name`, with `shape = Type` if its JSON is described by another type, and with the rules, `default` and `example` of [`macro@tool`].
/// - An enum of unit variants is a string; `#[schema(name = "..")]` gives the string if it is not the name of the variant.
/// - An enum of types is a union of these types; a variant can have rules.
///
/// ```
/// # extern crate mcp_runtime as runtime;
/// use runtime::prelude::*;
///
/// /// A person who may enter.
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
pub use output::Progress;
pub use schema::{Json, Nullable, Schema, Shape};
pub use tool::api::{self, Api};
pub use tool::{Tool, registry, selection};
pub use upstream::account::{Account, RecordedError};
pub use upstream::base_url::is_readable_on_its_way;
pub use upstream::body::set_body_memory;
pub use upstream::detected::DetectedServer;
pub use upstream::error::{CallError, ErrorCode};
pub use upstream::rate_limit::RateLimit;
pub use upstream::settings::{Credentials, Settings, SettingsError};

/// Imports of every generated module. The list is the same for all modules, so that adding a block changes no other line.
pub mod prelude {
    pub use std::collections::BTreeMap;

    pub use crate::{Json, Nullable, Schema, tool};
}

/// Items that macro expansions refer to; not part of the public API.
#[doc(hidden)]
pub mod __private {
    pub use mcp_schema::arguments::{clear_field, one_of};

    pub use crate::schema::{Additional, Bound, Field, Json, Kind, Schema, Shape, StringRules};
    pub use crate::tool::constant::{
        STUB, Value, check, check_filter, field, fits, has_field, is_array,
    };
    pub use crate::tool::{
        Body, Each, Effect, Filter, Http, List, Mask, Pagination, PaginationLocation,
        PaginationStyle, Parameter, ParameterLocation, ParameterStyle, ResponseFormat, Segment,
        Tool, ToolBlock, Update, Verify, VersionedText,
    };
}
