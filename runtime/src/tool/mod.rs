//! One tool as constant data, built by `#[tool]` from a block.

pub mod api;
pub mod constant;
pub(crate) mod inputs;
pub mod registry;
pub mod selection;

use crate::schema::{Field, Shape};
use crate::version::{is_known, is_older};

/// A tool: one operation of an API, with its presentation to models and its request.
#[derive(Debug, PartialEq)]
pub struct Tool {
    /// Name that clients call, unique in its API: `[a-z0-9_]`, at most 64 characters.
    pub name: &'static str,
    /// Former name, by which the tool can still be called; empty if the tool was not renamed.
    pub renamed_from: &'static str,
    /// Short name for people.
    pub title: &'static str,
    /// Description for the model: what the tool does, when to use it, what it returns.
    pub description: &'static str,
    /// Descriptions for known server versions; empty if the description does not depend on the version.
    pub descriptions: &'static [VersionedText],
    /// Group of tools to which the tool belongs.
    pub toolset: &'static str,
    /// Tags by which the tool can be selected.
    pub tags: &'static [&'static str],
    /// Kind of the operation: `list`, `get`, `create`, `update`, `delete` or another verb.
    pub method: &'static str,
    /// Id of the operation in its OpenAPI document.
    pub operation: &'static str,
    /// First release of the API that has the operation; empty if all supported releases have it.
    pub since: &'static str,
    /// Name of the OpenAPI document, as defined in `apis.yaml`.
    pub document: &'static str,
    /// Effect of a call.
    pub effect: Effect,
    /// HTTP method.
    pub http: Http,
    /// Path as in the document, with the base path: `/auth/fab/v1/users/{username}`.
    pub path: &'static str,
    /// Segments of the path.
    pub segments: &'static [Segment],
    /// Declared parameters, in the order of the document.
    pub parameters: &'static [Parameter],
    /// Argument that names the parameters for which `null` is sent, which clears a field; `None` if no field can be cleared.
    pub clear: Option<Field>,
    /// Construction of the request body.
    pub body: Body,
    /// Properties of a list tool.
    pub list: Option<List>,
    /// Reading before and after an update, to keep data and to verify the result.
    pub update: Update,
    /// Operation on one object that is called for each id of an argument; `None` if the tool has no argument with ids.
    pub each: Option<Each>,
    /// Arguments of which a call must give at least one; empty if there is no such rule.
    pub require_any: &'static [&'static str],
    /// Members of the result, at any depth, that can be secret. They are masked if results are redacted.
    pub secret_fields: &'static [&'static str],
    /// Members of the result, at any depth, that are masked in every result.
    pub hidden_fields: &'static [&'static str],
    /// Shape of the response; `None` if the response has no content. The shape of one item of a list tool is in [`List::item_type`].
    pub returns: Option<Shape>,
    /// Format of the response.
    pub response_format: ResponseFormat,
}

/// Format of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseFormat {
    /// JSON.
    Json,
    /// Text.
    Text {
        /// Accepted media type.
        accept: &'static str,
    },
    /// JSON values, one per line.
    Lines {
        /// Accepted media type.
        accept: &'static str,
    },
    /// A log, which the parser of the product divides into lines.
    Log {
        /// Accepted media type.
        accept: &'static str,
        /// Name of the query parameter with the continuation token; empty if the server sends the log at once.
        token: &'static str,
        /// Member of the response with the continuation token of the next part.
        next: &'static str,
    },
}

impl ResponseFormat {
    /// Returns the accepted media type.
    #[must_use]
    pub fn accept(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Text { accept } | Self::Lines { accept } | Self::Log { accept, .. } => accept,
        }
    }
}

impl Tool {
    /// Base of tools that send no request and are not operations of an API; set the other fields in each tool. The arguments of such tools are described and checked like those of other tools.
    pub const LOCAL: Self = Self {
        name: "",
        renamed_from: "",
        title: "",
        description: "",
        descriptions: &[],
        toolset: "",
        tags: &[],
        method: "",
        operation: "",
        document: "",
        since: "",
        effect: Effect {
            read_only: true,
            destructive: false,
            idempotent: true,
        },
        http: Http::Get,
        path: "",
        segments: &[],
        parameters: &[],
        clear: None,
        body: Body::NONE,
        list: None,
        update: Update::PLAIN,
        each: None,
        require_any: &[],
        secret_fields: &[],
        hidden_fields: &[],
        returns: None,
        response_format: ResponseFormat::Json,
    };

    /// Returns whether this is the name or former name of the tool.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        name == self.name || (!self.renamed_from.is_empty() && name == self.renamed_from)
    }
}

/// A text that applies to some versions of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionedText {
    /// First version to which the text applies; empty for no bound.
    pub since: &'static str,
    /// First version to which the text no longer applies; empty for no bound.
    pub before: &'static str,
    /// The text.
    pub text: &'static str,
}

impl VersionedText {
    /// Returns the first text that applies to a version; `None` if the version is unknown.
    #[must_use]
    pub fn find(texts: &[Self], version: &str) -> Option<&'static str> {
        if !is_known(version) {
            return None;
        }
        let holds = |it: &&Self| {
            let from = it.since.is_empty() || !is_older(version, it.since);
            from && (it.before.is_empty() || is_older(version, it.before))
        };
        texts.iter().find(holds).map(|it| it.text)
    }
}

/// A struct with `#[tool]`.
pub trait ToolBlock {
    /// Tool that the struct describes.
    const TOOL: Tool;
}

/// Effect of a call, which becomes the MCP annotations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    /// Whether a call changes nothing.
    pub read_only: bool,
    /// Whether a call may destroy data that cannot be restored.
    pub destructive: bool,
    /// Whether a repeated call has no further effect.
    pub idempotent: bool,
}

/// HTTP method of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Http {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
}

/// A segment of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment {
    /// A text that is sent unchanged, including slashes: `/auth/fab/v1/users/`.
    Literal(&'static str),
    /// The percent-encoded value of the parameter with this name in the request.
    Parameter(&'static str),
}

/// A declared parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameter {
    /// Name, description and shape, as shown to the model.
    pub field: Field,
    /// Name in the request.
    pub wire: &'static str,
    /// Location in the request.
    pub location: ParameterLocation,
    /// Whether the value is secret, so that errors and logs never contain it.
    pub secret: bool,
    /// Argument whose value is sent if this one is omitted; empty for none.
    pub fallback: &'static str,
    /// Value that is sent if neither this argument nor that of `fallback` is given, as JSON text; empty for none.
    pub when_omitted: &'static str,
    /// Whether callers cannot set the parameter, so that the value of `fallback` or `when_omitted` is always sent.
    pub hidden: bool,
    /// First release of the API that supports the parameter; empty if all releases with the operation support it.
    pub since: &'static str,
}

impl Parameter {
    /// Creates a parameter of a tool that sends no request.
    #[must_use]
    pub const fn local(field: Field) -> Self {
        Self {
            wire: field.name,
            field,
            location: ParameterLocation::Body,
            secret: false,
            fallback: "",
            when_omitted: "",
            hidden: false,
            since: "",
        }
    }
}

/// Location of a parameter in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterLocation {
    /// One segment of the path.
    Path {
        /// Whether the server can route a value with `/` (sent as `%2F`).
        slash: bool,
    },
    /// A query parameter.
    Query(ParameterStyle),
    /// A request header.
    Header,
    /// A cookie of the request.
    Cookie,
    /// A member of the body's object.
    Body,
    /// The complete body.
    WholeBody,
    /// One segment of the path of [`Each`], with one request per item.
    Each,
}

/// Serialization of arrays and objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterStyle {
    /// `a=1&a=2` (`explode: true`).
    Repeat,
    /// `a=1,2` (`explode: false`).
    Comma,
    /// `a=1%202` (`spaceDelimited`).
    Space,
    /// `a=1|2` (`pipeDelimited`).
    Pipe,
    /// `a[key]=value` (`deepObject`). Items of arrays are numbered: `a[0]=value`.
    Deep,
    /// `a={"key":"value"}` (`content`).
    Json,
    /// `key=value`, without the name of the parameter (`style: form` for an object).
    Members,
}

/// Construction of the request body.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Body {
    /// Media type; empty if the operation has no request body.
    pub media_type: &'static str,
    /// Whether a body is sent even if no argument of the body is given.
    pub required: bool,
    /// Members that are always sent, as JSON text: `("action", "\"create\"")`.
    pub fixed: &'static [(&'static str, &'static str)],
    /// Serialization of form members by their names in the request. Members that are not listed are repeated for each of their values.
    pub encoding: &'static [(&'static str, ParameterStyle)],
}

impl Body {
    /// No body, and therefore no `Content-Type`.
    pub const NONE: Self = Self {
        media_type: "",
        required: false,
        fixed: &[],
        encoding: &[],
    };
}

/// Properties of a list tool.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct List {
    /// Member of the response that contains the items.
    pub items: &'static str,
    /// Shape of an item.
    pub item_type: Shape,
    /// Pagination of the API; `None` if the server returns all items at once and the runtime divides them into pages.
    pub pagination: Option<Pagination>,
    /// First release of the API that has pagination for the list; older releases return all items at once. Empty if all releases with the operation have pagination.
    pub pages_since: &'static str,
    /// Filters that the runtime applies, because the API does not have them.
    pub filters: &'static [Filter],
    /// Fields of an item that are returned by default; empty for all.
    pub summary: &'static [&'static str],
}

/// Pagination of a list in the API: where and how the request states the number of items and the position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pagination {
    /// Location of the pagination parameters.
    pub location: PaginationLocation,
    /// Name of the parameter with the number of items.
    pub limit: &'static str,
    /// Maximum number of items that the server returns at once.
    pub max: u32,
    /// Member of the response with the total number of items, or its JSON pointer; empty for the default member.
    pub total: &'static str,
    /// Pagination style.
    pub style: PaginationStyle,
}

/// Location of the pagination parameters in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaginationLocation {
    /// A query parameter.
    Query,
    /// A member of the body's object.
    Body,
}

/// Pagination style: how a request states the position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaginationStyle {
    /// The number of items to skip.
    Offset {
        /// Name of the parameter with the number of items to skip.
        offset: &'static str,
    },
    /// The number of a page, whose size is set by the request.
    Number {
        /// Name of the parameter with the page number.
        page: &'static str,
        /// Number of the first page.
        first: u32,
    },
    /// A cursor from the previous response.
    Cursor {
        /// Name of the parameter with the cursor.
        cursor: &'static str,
        /// Member of the response with the cursor of the next page, or its JSON pointer. On the last page the cursor is `null`, empty or absent.
        next: &'static str,
        /// Name of the parameter with the number of items to skip, for servers that do not support the cursor; empty if all servers support it. If the name is set, the request for the first page has an empty cursor, which selects cursor pagination on servers that support it.
        offset: &'static str,
    },
    /// The query of a link in the header of the previous response (RFC 8288).
    Link {
        /// Relation of the link to the next page.
        rel: &'static str,
        /// Parameters of the link that state the position of the next page. Apart from the number of items, no other parameters are taken from a link, nor from a cursor, which a caller can forge.
        position: &'static [&'static str],
    },
}

/// A filter that the runtime applies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Filter {
    /// Name and shape of the argument.
    pub field: Field,
    /// Path of the field in an item, with dots into objects and arrays of objects: `roles.name`.
    pub path: &'static str,
    /// Whether no two items have the same value, so that reading stops at the first match.
    pub unique: bool,
}

/// Reading before and after an update, to keep data and to verify the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Update {
    /// Path segments of the GET whose response supplies the body fields that the caller omitted; empty for none.
    pub merge: &'static [Segment],
    /// Query parameter that names the body fields to write: those whose arguments were given.
    pub mask: Option<Mask>,
    /// Path segments of the GET whose response is the result, because the response to the write is not reliable; empty for none.
    ///
    /// A placeholder takes the value of the body parameter that falls back on the path parameter or has its name in the request, if that value is sent, and otherwise the value of the path parameter.
    pub read_back: &'static [Segment],
    /// Members of the object that is read back whose values before and after the change are recorded.
    pub recorded: &'static [&'static str],
    /// Comparison of the object that is read back with the arguments.
    pub verify: Verify,
}

impl Update {
    /// No reading before or after: the request contains the given arguments, and the result is the response to the write.
    pub const PLAIN: Self = Self {
        merge: &[],
        mask: None,
        read_back: &[],
        recorded: &[],
        verify: Verify::PLAIN,
    };
}

/// Comparison of the object that is read back with the arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verify {
    /// Whether the server can route a body value with `/` in the path of the GET.
    pub slash: bool,
    /// Members of the body that are not compared, because the server changes their notation.
    pub except: &'static [&'static str],
    /// Advice if a change was not applied; empty for the default advice.
    pub hint: &'static str,
    /// Advice for known server versions; empty if the advice does not depend on the version.
    pub hints: &'static [VersionedText],
}

impl Verify {
    /// Comparison of all members, with the default advice.
    pub const PLAIN: Self = Self {
        slash: false,
        except: &[],
        hint: "",
        hints: &[],
    };
}

/// An operation on one object, called for each id of the argument whose location is [`ParameterLocation::Each`]. The requests have the body and the mask of the tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Each {
    /// Id of the operation in the tool's OpenAPI document.
    pub operation: &'static str,
    /// HTTP method.
    pub http: Http,
    /// Segments of the path.
    pub segments: &'static [Segment],
    /// Member of the tool's result that contains the responses.
    pub items: &'static str,
}

/// A query parameter that names the body fields to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mask {
    /// Name of the query parameter.
    pub name: &'static str,
    /// Serialization of several names.
    pub style: ParameterStyle,
}
