//! The intermediate representation (IR): all tools with all decisions taken. Emitters read only the IR.
//!
//! The IR is plain data, without `$ref`. All references are resolved, so emitters print what the IR contains.

use serde::Serialize;

/// Tools of all APIs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Catalog {
    /// The APIs, newest first, as in `apis.yaml`.
    pub apis: Vec<Api>,
    /// Documentation of each toolset, in the order of the allowlist.
    pub toolsets: Vec<ToolsetDoc>,
}

/// Documentation of a toolset: a section of the catalogue and a row of the table in the README.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToolsetDoc {
    /// Name of the toolset and of its module.
    pub name: String,
    /// Tags that all tools of the toolset have.
    pub tags: Vec<String>,
    /// Description of the toolset.
    pub description: String,
    /// File of the allowlist that declares the toolset, relative to the workspace: `specs/tools/users.yaml`.
    pub source: String,
    /// Names of the tools that any API has, in the order of the allowlist.
    pub tools: Vec<String>,
}

/// One API: the tools of one or more documents.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Api {
    /// Name as in `apis.yaml`: `airflow-3`.
    pub name: String,
    /// Name of the Rust module: `airflow_3`.
    pub module: String,
    /// Display name.
    pub title: String,
    /// Request that recognises an upstream of this API.
    pub version: VersionProbe,
    /// Documents of the API.
    pub documents: Vec<ApiDocument>,
    /// Sign-in method: how a user name and a password are used.
    pub sign_in: SignIn,
    /// Format of the API's errors, with hints.
    pub errors: ErrorShapes,
    /// Toolsets with their tools, in the order of the allowlist; never empty.
    pub toolsets: Vec<Toolset>,
    /// Named component schemas to which several toolsets refer with the same meaning, and all types that they contain, sorted by `rust_name`.
    pub types: Vec<TypeDef>,
    /// Tools of the alternative documents. They replace tools of the same name if an upstream has such a document.
    pub alternatives: Vec<Alternative>,
}

impl Api {
    /// Yields the name, the shared types and the toolsets of the API, then the same for each alternative document.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&str, &[TypeDef], &[Toolset])> {
        let usual = (self.name.as_str(), &self.types[..], &self.toolsets[..]);
        let alternatives = self.alternatives.iter();
        let instead = alternatives.map(|it| (it.document.as_str(), &[][..], &it.toolsets[..]));
        std::iter::once(usual).chain(instead)
    }
}

/// Tools of an alternative: a document that an upstream can have instead of another. Some of its tools have the same names as tools of the other document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alternative {
    /// Name of the document.
    pub document: String,
    /// Name of the Rust module inside the module of the API: `fab_2`.
    pub module: String,
    /// Display name of the component whose presence means that an upstream has this document.
    pub component: String,
    /// Toolsets with their tools, in the order of the allowlist.
    pub toolsets: Vec<Toolset>,
}

/// Request that recognises an API; becomes `runtime::api::VersionProbe`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct VersionProbe {
    /// Path of the GET; empty if upstreams of this API do not report their version.
    pub path: String,
    /// JSON pointer to the version.
    pub version: String,
    /// Display name of the product that has this version.
    pub product: String,
}

/// OpenAPI document of an API; becomes `runtime::api::Document`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ApiDocument {
    /// Name as in `apis.yaml`.
    pub name: String,
    /// File of the document, relative to the workspace.
    pub source: String,
    /// Request that shows whether an upstream has the document; `None` if every upstream has it.
    pub probe: Option<DocumentProbe>,
    /// Source of the version of the component that provides the document, if this component has its own version.
    pub version: Option<VersionSource>,
    /// Document to which this document is an alternative.
    pub alternative_to: Option<String>,
    /// Sign-in method for the operations of the document, if it differs from that of the API.
    pub sign_in: Option<SignIn>,
    /// Hints for known errors of the document's operations. They are tried before the hints of the API.
    pub hints: Vec<Hint>,
}

/// Request that shows whether an upstream has a document; becomes `runtime::api::DocumentProbe`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DocumentProbe {
    /// Path of the GET.
    pub path: String,
    /// JSON pointer that exists in the response if the upstream has the document.
    pub member: String,
    /// Display name of the component that is missing if the pointer does not exist.
    pub component: String,
}

/// Request for the version of a component; becomes `runtime::api::VersionSource`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VersionSource {
    /// Path and query of the GET.
    pub path: String,
    /// JSON pointer to the array of components.
    pub items: String,
    /// Member with the name of a component.
    pub name: String,
    /// Name of the component to find.
    pub component: String,
    /// Member with the version of a component.
    pub version: String,
    /// Display name of the product that has this version.
    pub product: String,
}

/// Sign-in method of an API; becomes `runtime::api::SignIn`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SignIn {
    /// Basic authentication, with a session cookie if the upstream sets one.
    Basic {
        /// Request that obtains the cookie.
        session: Option<Session>,
    },
    /// Exchange of user name and password for a bearer token.
    Token(TokenRequest),
    /// No sign-in: each request has a key in a header.
    Key {
        /// Name of the header.
        header: String,
        /// Word before the key; empty if the header contains only the key.
        scheme: String,
    },
}

/// Request that obtains a session cookie; becomes `runtime::api::Session`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Session {
    /// Path and query of the GET.
    pub path: String,
    /// Name of the cookie.
    pub cookie: String,
    /// Status codes that mean wrong credentials if the response sets no cookie.
    pub denied: Vec<u16>,
}

/// Request that obtains a bearer token; becomes `runtime::api::TokenRequest`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TokenRequest {
    /// Path of the POST.
    pub path: String,
    /// Member of the body with the user name.
    pub username: String,
    /// Member of the body with the password.
    pub password: String,
    /// JSON pointer to the token.
    pub token: String,
    /// Responses to other requests that mean that the token is no longer valid.
    pub renew: Vec<ResponsePattern>,
}

/// Pattern that recognises an error response; becomes `runtime::api::Sign`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResponsePattern {
    /// HTTP status code.
    pub status: u16,
    /// Text that the error detail contains; empty for any text.
    pub contains: String,
}

/// Format of an API's errors, with hints; becomes `runtime::api::ErrorShapes`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ErrorShapes {
    /// JSON pointers to the detail.
    pub detail: Vec<String>,
    /// JSON pointers to the title.
    pub title: Vec<String>,
    /// Hints for known errors.
    pub hints: Vec<Hint>,
}

/// Hint for a known error; becomes `runtime::api::Hint`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hint {
    /// Pattern that recognises the error response.
    pub pattern: ResponsePattern,
    /// Error code; empty if the code follows from the status.
    pub code: String,
    /// Text of the hint: what to try.
    pub hint: String,
}

/// Tools of one toolset in one API. They become one generated module.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Toolset {
    /// Name of the toolset.
    pub name: String,
    /// Name of the Rust module: the name of the toolset in snake case.
    pub module: String,
    /// Files from which the module is generated, relative to the workspace: the allowlist first, then documents in the order of the API.
    pub sources: Vec<String>,
    /// Tools, in the order of the allowlist.
    pub operations: Vec<Operation>,
    /// Named component schemas to which the tools refer, directly or through each other, except those in `Api::types`; sorted by `rust_name`.
    pub types: Vec<TypeDef>,
}

/// One tool in one API.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Operation {
    /// Name of the tool.
    pub tool_name: String,
    /// Former name of the tool, which calls can still use.
    pub renamed_from: Option<String>,
    /// Name of the struct: `ListAllUsers`, `GetUser`, `CreateUser`, `UpdateUser`, `DeleteUser`, `{Verb}{Resource}`.
    pub rust_name: String,
    /// Display name.
    pub title: String,
    /// Description for the model, as far as it applies to all versions of an upstream.
    pub description: String,
    /// Additions to the description that apply to some versions.
    pub notes: Vec<VersionedText>,
    /// Name of the toolset.
    pub toolset: String,
    /// Tags of the toolset and of the tool.
    pub tags: Vec<String>,
    /// Method of the tool: `list`, `get`, `create`, `update`, `delete`, or another verb.
    pub method: String,
    /// Name of the document that has the operation.
    pub document: String,
    /// Id of the operation in the document.
    pub operation_id: String,
    /// First release that has the operation, if it is newer than the oldest supported release.
    pub since: Option<String>,
    /// HTTP method in lower case.
    pub http: String,
    /// Path that begins with the base path of the document: `/api/v1/users/{username}`.
    pub path: String,
    /// Effect of a call.
    pub effect: Effect,
    /// Parameters, in the order of the document: path, query, header, body.
    pub parameters: Vec<Parameter>,
    /// Request body; `None` if the operation takes none.
    pub body: Option<Body>,
    /// Properties of a list tool; `None` for other tools.
    pub list: Option<List>,
    /// Path of the GET whose response supplies the body fields for which a call has no arguments.
    pub merge: Option<String>,
    /// Query parameter that names the body fields to write.
    pub mask: Option<Mask>,
    /// Path of the GET whose response becomes the result of a write.
    pub read_back: Option<String>,
    /// Rules for the comparison of the read-back response with the arguments.
    pub verify: Verify,
    /// Operation on one object that is called for each id in the parameter whose location is [`ParameterLocation::ForEach`].
    pub for_each: Option<ForEach>,
    /// Names of the parameters of which a call must set at least one; empty if there is no such rule.
    pub require_any: Vec<String>,
    /// Type of the response; `None` if the response has no content or is not JSON, and for list tools.
    pub returns: Option<TypeRef>,
    /// Format of the response.
    pub response_format: ResponseFormat,
    /// Anonymous types of the operation, in the order of first use. They are emitted after the struct of the operation.
    pub types: Vec<TypeDef>,
}

impl Operation {
    /// Returns the description for an upstream whose version is unknown. The description contains the notes for all versions, in the same words as that of `#[tool]`.
    #[must_use]
    pub fn full_description(&self) -> String {
        let notes = self.notes.iter();
        notes.fold(self.description.clone(), |description, note| {
            format!("{description} {}: {}", note.versions(), note.text)
        })
    }
}

/// Text that applies to some versions of an upstream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VersionedText {
    /// Display name of the product that has these versions.
    pub product: String,
    /// First version to which the text applies.
    pub since: Option<String>,
    /// First version to which the text no longer applies.
    pub before: Option<String>,
    /// The text.
    pub text: String,
}

impl VersionedText {
    /// Returns the versions in words.
    fn versions(&self) -> String {
        let product = &self.product;
        match (&self.since, &self.before) {
            (Some(since), Some(before)) => format!("From {product} {since} to before {before}"),
            (Some(since), None) => format!("From {product} {since}"),
            (None, before) => format!("Before {product} {}", before.as_deref().unwrap_or_default()),
        }
    }
}

/// Rules for the comparison of the read-back response with the arguments.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verify {
    /// Whether the upstream can route a body value that contains `/` in the path of the GET.
    pub slash: bool,
    /// Members of the body that are not compared.
    pub ignore: Vec<String>,
    /// Hint if a change was not applied; empty for the default hint.
    pub hint: String,
    /// Hints that apply to some versions.
    pub hints: Vec<VersionedText>,
}

/// Operation on one object. Each request has the body and the mask of the tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ForEach {
    /// Id of the operation in the tool's document.
    pub operation_id: String,
    /// HTTP method in lower case.
    pub http: String,
    /// Path that begins with the base path of the document: `/api/v1/dags/{dag_id}`.
    pub path: String,
    /// Member of the tool result that contains the responses.
    pub items: String,
}

/// Format of a response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ResponseFormat {
    /// JSON.
    Json,
    /// Text of this media type.
    Text {
        /// Media type for the `Accept` header.
        accept: String,
    },
    /// JSON values, one on each line (NDJSON).
    Lines {
        /// Media type for the `Accept` header.
        accept: String,
    },
    /// Lines of a log.
    Log {
        /// Media type for the `Accept` header.
        accept: String,
        /// Continuation of the log, if the upstream returns it in parts.
        parts: Option<Parts>,
    },
}

/// Continuation of a log that the upstream returns in parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parts {
    /// Query parameter with the continuation token.
    pub parameter: String,
    /// Member of the response with the token of the next part.
    pub next: String,
}

/// Effect of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Effect {
    /// Whether a call changes nothing.
    pub read_only: bool,
    /// Whether a call can destroy data.
    pub destructive: bool,
    /// Whether a repeated call has the same effect as a single call.
    pub idempotent: bool,
}

impl Effect {
    /// Effect of a call that only reads.
    pub const READS: Self = Self {
        read_only: true,
        destructive: false,
        idempotent: true,
    };

    /// Returns the effect that follows from the tool method and the HTTP method. The methods `list` and `get` change nothing, even if a POST has their filters in its body.
    #[must_use]
    pub fn usual(method: &str, http: &str) -> Self {
        if http == "get" || (http == "post" && matches!(method, "list" | "get")) {
            return Self::READS;
        }
        Self {
            read_only: false,
            destructive: http == "delete",
            idempotent: http != "post",
        }
    }

    /// Returns whether a tool with these methods can be read-only. A trial run has its own verb, and there is no trial run of a DELETE.
    #[must_use]
    pub fn can_read(method: &str, http: &str) -> bool {
        http != "delete" && !matches!(method, "create" | "update" | "delete")
    }
}

/// Declared input of a tool.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parameter {
    /// Name of the argument in a call.
    pub name: String,
    /// Name of the field in Rust.
    pub rust_name: String,
    /// Name of the parameter in the request.
    pub wire: String,
    /// Location of the parameter in the request.
    pub location: ParameterLocation,
    /// Description for the model; never empty for a tool.
    pub description: String,
    /// Whether each call must have an argument.
    pub required: bool,
    /// Whether the document marks the parameter as deprecated.
    pub deprecated: bool,
    /// Type of the parameter.
    pub ty: TypeRef,
    /// Value that the upstream uses if the parameter is omitted, as JSON.
    pub default: Option<serde_json::Value>,
    /// Example value, as JSON.
    pub example: Option<serde_json::Value>,
    /// Whether values are secret. Secret values never appear in errors or logs.
    pub secret: bool,
    /// Name of the parameter whose argument is sent if this one has none.
    pub fallback: Option<String>,
    /// Value that is sent if neither this parameter nor the one in `fallback` has an argument, as JSON.
    pub when_omitted: Option<serde_json::Value>,
    /// Whether the model cannot set the parameter. The request then always has the value of `fallback` or `when_omitted`.
    pub hidden: bool,
    /// Whether the argument `clear` can name this parameter, so that `null` is sent for it.
    pub clear: bool,
    /// First release that has the parameter, if it is newer than the operation.
    pub since: Option<String>,
}

impl Parameter {
    /// Makes an optional parameter without documentation, whose argument has the name in the request.
    pub(crate) fn new(wire: &str, location: ParameterLocation, ty: TypeRef) -> Self {
        Self {
            name: wire.to_owned(),
            rust_name: wire.to_owned(),
            wire: wire.to_owned(),
            location,
            description: String::new(),
            required: false,
            deprecated: false,
            ty,
            default: None,
            example: None,
            secret: false,
            fallback: None,
            when_omitted: None,
            hidden: false,
            clear: false,
            since: None,
        }
    }

    /// Returns the name and the location in the request; `None` for path parameters, which are as old as the path.
    pub(crate) fn request_key(&self) -> Option<(&str, &'static str)> {
        let location = self.location.name();
        (location != "path").then_some((self.wire.as_str(), location))
    }
}

/// Location of a parameter in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ParameterLocation {
    /// One segment of the path.
    Path {
        /// Whether the upstream can route a value that contains `/`.
        slash: bool,
    },
    /// Query string.
    Query {
        /// Serialization of arrays and objects.
        style: ParameterStyle,
    },
    /// Header.
    Header,
    /// Cookie.
    Cookie,
    /// Member of the object in the body.
    Body,
    /// Whole body.
    WholeBody,
    /// One segment of the path of [`ForEach`]. One request is sent for each item of the array.
    ForEach,
}

impl ParameterLocation {
    /// Returns the name as in `in` of a parameter, or `body`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Path { .. } | Self::ForEach => "path",
            Self::Query { .. } => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
            Self::Body | Self::WholeBody => "body",
        }
    }
}

/// Serialization of arrays and objects in a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterStyle {
    /// `a=1&a=2`
    Repeat,
    /// `a=1,2`
    Comma,
    /// `a=1%202`
    Space,
    /// `a=1|2`
    Pipe,
    /// `a[key]=value`
    Deep,
    /// `a={"key":"value"}`
    Json,
    /// `key=value`, without the name of the parameter
    Members,
}

/// Request body.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Body {
    /// Media type.
    pub media_type: String,
    /// Whether a body is sent even if a call has no arguments for it.
    pub required: bool,
    /// Members with a constant value (`const`), as JSON.
    pub fixed: Vec<(String, serde_json::Value)>,
    /// Serialization of the form members that are not repeated for each value, by wire name.
    pub encoding: Vec<(String, ParameterStyle)>,
}

/// Properties of a list tool.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct List {
    /// Member of the response that contains the items.
    pub items: String,
    /// Type of an item.
    pub item_type: TypeRef,
    /// Pagination style; `None` if the API returns all items at once, so that the runtime limits the result.
    pub pagination: Option<Pagination>,
    /// First release that supports the pagination, if it is newer than the operation. Earlier releases return all items at once.
    pub pages_since: Option<String>,
    /// Filters that the runtime applies.
    pub filters: Vec<Filter>,
    /// Wire names of the fields that are returned by default; empty for all.
    pub summary: Vec<String>,
}

/// Pagination style of an API. The parameters that it uses are never parameters of the tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pagination {
    /// Whether the parameters are members of the body; otherwise they are in the query.
    pub in_body: bool,
    /// Parameter with the number of items to return.
    pub limit: String,
    /// Maximum number of items in one response.
    pub max: u32,
    /// Member of the response with the total number of items, or its JSON pointer; `None` for `total_entries`.
    pub total: Option<String>,
    /// Parameters that select the items to return.
    pub style: PaginationStyle,
}

/// Parameters that select the items to return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PaginationStyle {
    /// Number of items to skip.
    Offset {
        /// Parameter with the number.
        offset: String,
    },
    /// Number of a page.
    Number {
        /// Parameter with the number.
        page: String,
        /// Number of the first page.
        first: u32,
    },
    /// Cursor that the upstream returned.
    Cursor {
        /// Parameter with the cursor.
        cursor: String,
        /// Member of the response with the cursor of the next page, or its JSON pointer.
        next: String,
        /// Parameter with the number of items to skip, for upstreams that do not know the cursor.
        offset: Option<String>,
    },
    /// Link in the `Link` header of the response.
    Link {
        /// Relation type of the link to the next page.
        rel: String,
        /// Query parameters of the link that contain the position of the next page. The document need not declare them.
        position: Vec<String>,
    },
}

impl Pagination {
    /// Returns the parameters of a link that contain the position of a page. The operation need not have them.
    pub(crate) fn position(&self) -> &[String] {
        match &self.style {
            PaginationStyle::Link { position, .. } => position,
            _ => &[],
        }
    }

    /// Returns the parameters that an operation must have to use this pagination.
    pub(crate) fn parameters(&self) -> Vec<&str> {
        let more = match &self.style {
            PaginationStyle::Offset { offset } => vec![offset],
            PaginationStyle::Number { page, .. } => vec![page],
            PaginationStyle::Cursor { cursor, offset, .. } => {
                offset.iter().chain([cursor]).collect()
            }
            PaginationStyle::Link { .. } => Vec::new(),
        };
        [&self.limit]
            .into_iter()
            .chain(more)
            .map(String::as_str)
            .collect()
    }
}

/// Filter that the runtime applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Filter {
    /// Name of the parameter.
    pub name: String,
    /// Field of the item, as a path with dots: `roles.name`.
    pub field: String,
    /// Whether no two items have the same value.
    pub unique: bool,
}

/// Query parameter that names the body fields to write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mask {
    /// Name of the query parameter.
    pub name: String,
    /// Serialization of several field names.
    pub style: ParameterStyle,
}

/// Type with its validation rules.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TypeRef {
    /// Kind of the values that are not `null`.
    pub kind: TypeKind,
    /// Whether `null` is a valid value.
    pub nullable: bool,
    /// Validation rules beyond the kind.
    pub rules: Rules,
}

impl TypeRef {
    /// Returns the type of the items of an array, at any depth. A type that is not an array is returned unchanged.
    pub(crate) fn innermost(&self) -> &Self {
        match &self.kind {
            TypeKind::Array(items) => items.innermost(),
            _ => self,
        }
    }

    /// Returns the name of a named type, or of the named type inside arrays and maps.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.kind {
            TypeKind::Array(inner) | TypeKind::Map(inner) => inner.name(),
            TypeKind::Named(name) | TypeKind::Boxed(name) => Some(name),
            _ => None,
        }
    }
}

impl From<TypeKind> for TypeRef {
    /// Makes a type that has no rules and does not allow `null`.
    fn from(kind: TypeKind) -> Self {
        Self {
            kind,
            nullable: false,
            rules: Rules::default(),
        }
    }
}

/// Kind of a value that is not `null`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", content = "of", rename_all = "snake_case")]
pub enum TypeKind {
    /// Any JSON value.
    Any,
    /// `true` or `false`.
    Boolean,
    /// Number without a fraction.
    Integer,
    /// Number.
    Number,
    /// String.
    String,
    /// Array of items of this type.
    Array(Box<TypeRef>),
    /// Object whose members all have this type (`additionalProperties`).
    Map(Box<TypeRef>),
    /// Struct or enum of this module or of the API, by `rust_name`.
    Named(String),
    /// The same as `Named`, for a type that contains itself and is therefore held by reference.
    Boxed(String),
}

/// Validation keywords of JSON Schema, as in the document.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Rules {
    /// `format`, for strings.
    pub format: Option<String>,
    /// `pattern`
    pub pattern: Option<String>,
    /// `minLength`
    pub min_length: Option<u32>,
    /// `maxLength`
    pub max_length: Option<u32>,
    /// `minimum`
    pub minimum: Option<serde_json::Number>,
    /// `maximum`
    pub maximum: Option<serde_json::Number>,
    /// `exclusiveMinimum`; converted to `minimum` for integers.
    pub exclusive_minimum: Option<serde_json::Number>,
    /// `minItems`
    pub min_items: Option<u32>,
    /// `maxItems`
    pub max_items: Option<u32>,
}

/// Struct or enum.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TypeDef {
    /// Name in Rust, unique in the module.
    pub rust_name: String,
    /// Name of the component schema that is this type or, if the type is anonymous, contains it; `None` for a type that only this operation has.
    pub schema: Option<String>,
    /// Description; can be empty.
    pub description: String,
    /// Content of the type.
    pub shape: TypeShape,
}

impl TypeDef {
    /// Returns the types that the definition directly contains.
    pub(crate) fn parts(&self) -> Vec<&TypeRef> {
        match &self.shape {
            TypeShape::Struct { fields, additional } => {
                let fields = fields.iter().map(|field| &field.ty);
                fields.chain(additional).collect()
            }
            TypeShape::Enum { .. } => Vec::new(),
            TypeShape::Union { variants } => variants.iter().map(|it| &it.ty).collect(),
        }
    }
}

/// Content of a type.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TypeShape {
    /// Object.
    Struct {
        /// Named members, in the order of the document.
        fields: Vec<Field>,
        /// Type of other members; `None` if an input cannot have other members.
        additional: Option<TypeRef>,
    },
    /// String with known values.
    Enum {
        /// Known values.
        values: Vec<EnumValue>,
    },
    /// One of several types (`oneOf`, `anyOf`).
    Union {
        /// Types, each with the name of its variant.
        variants: Vec<Variant>,
    },
}

/// Named member of an object.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Field {
    /// Name in JSON.
    pub name: String,
    /// Name in Rust.
    pub rust_name: String,
    /// Description; can be empty.
    pub description: String,
    /// Whether an input must have the member.
    pub required: bool,
    /// Type of the member.
    pub ty: TypeRef,
    /// Value that the upstream uses if the member is omitted.
    pub default: Option<serde_json::Value>,
    /// Example value.
    pub example: Option<serde_json::Value>,
}

/// Value of a string enum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EnumValue {
    /// Value as a string.
    pub name: String,
    /// Name of the variant in Rust.
    pub rust_name: String,
}

/// Variant of a union.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Variant {
    /// Name of the variant in Rust.
    pub rust_name: String,
    /// Type of the variant.
    pub ty: TypeRef,
}
