//! The IR: every tool with all decisions taken. Emitters see this and nothing else.
//!
//! Plain data without `$ref`, OpenAPI types or "not looked up yet": what stands here is what is written.

use serde::Serialize;

/// All tools of all APIs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Catalog {
    /// The APIs, newest first, as in `apis.yaml`.
    pub apis: Vec<Api>,
    /// What each toolset is about, in the order of the allowlist.
    pub toolsets: Vec<ToolsetDoc>,
}

/// A toolset for people: a section of the catalogue, a row of the README.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToolsetDoc {
    /// Name, also the name of its module.
    pub name: String,
    /// Tags of all its tools.
    pub tags: Vec<String>,
    /// What its tools deal with.
    pub description: String,
    /// File of the allowlist that declares it, relative to the workspace: `specs/tools/users.yaml`.
    pub source: String,
    /// Names of its tools, whichever API has them, in the order of the allowlist.
    pub tools: Vec<String>,
}

/// One API: the tools of one or more documents.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Api {
    /// Name as in `apis.yaml`: `airflow-3`.
    pub name: String,
    /// Module: `airflow_3`.
    pub module: String,
    /// Name for people.
    pub title: String,
    /// How a server of this API is recognised.
    pub version: VersionProbe,
    /// Its documents.
    pub documents: Vec<Document>,
    /// How user name and password are used.
    pub sign_in: SignIn,
    /// What its errors look like.
    pub errors: ErrorShapes,
    /// Its toolsets with their tools, in the order of the allowlist; never empty.
    pub toolsets: Vec<Toolset>,
    /// Named component schemas that several of its toolsets refer to and mean the same by, with all that they are made of, sorted by `rust_name`.
    pub types: Vec<TypeDef>,
    /// What stands in for some of these tools where a server has another document.
    pub alternatives: Vec<Alternative>,
}

impl Api {
    /// Its name with its toolsets and the types that they share; then the same for each document that is there instead of another.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&str, &[TypeDef], &[Toolset])> {
        let usual = (self.name.as_str(), &self.types[..], &self.toolsets[..]);
        let alternatives = self.alternatives.iter();
        let instead = alternatives.map(|it| (it.document.as_str(), &[][..], &it.toolsets[..]));
        std::iter::once(usual).chain(instead)
    }
}

/// The tools of a document that a server can have instead of another: some of them have the names of tools of that one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alternative {
    /// The document.
    pub document: String,
    /// Module in that of the API: `fab_2`.
    pub module: String,
    /// What a server has that has it, for people.
    pub what: String,
    /// Its toolsets with their tools, in the order of the allowlist.
    pub toolsets: Vec<Toolset>,
}

/// `runtime::api::VersionProbe`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VersionProbe {
    /// Path of the GET; empty if servers do not tell their version.
    pub path: String,
    /// JSON pointer of the version.
    pub version: String,
    /// What the version is of, for people.
    pub product: String,
}

/// `runtime::api::Document`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Document {
    /// Name as in `apis.yaml`.
    pub name: String,
    /// File of the document, relative to the workspace.
    pub source: String,
    /// How to see that a server has it.
    pub probe: Option<DocumentProbe>,
    /// How the version of what has it is read, if that has a version of its own.
    pub version: Option<VersionSource>,
    /// The document that it is there instead of.
    pub instead_of: Option<String>,
    /// How user name and password are used for its operations, if otherwise than for those of the API.
    pub sign_in: Option<SignIn>,
    /// Advice for known errors of its operations, before that of the API.
    pub hints: Vec<Hint>,
}

/// `runtime::api::DocumentProbe`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DocumentProbe {
    /// Path of the GET.
    pub path: String,
    /// JSON pointer that exists in the answer.
    pub has: String,
    /// What is missing otherwise, for people.
    pub what: String,
}

/// `runtime::api::VersionSource`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VersionSource {
    /// Path and query of the GET.
    pub path: String,
    /// JSON pointer of the array of components.
    pub items: String,
    /// Member that names a component.
    pub name: String,
    /// Name of the component.
    pub component: String,
    /// Member with its version.
    pub version: String,
    /// What the version is of, for people.
    pub product: String,
}

/// `runtime::api::SignIn`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SignIn {
    /// Basic, with a session cookie where the server gives one.
    Basic {
        /// The request for the cookie.
        session: Option<Session>,
    },
    /// Exchanged for a bearer token.
    Token(TokenRequest),
    /// Not at all: there is a key, which a header of its own carries.
    Key {
        /// Name of the header.
        header: String,
        /// The word before the key; empty if it stands there as it is.
        scheme: String,
    },
}

/// `runtime::api::Session`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Session {
    /// Path and query of the GET.
    pub path: String,
    /// Name of the cookie.
    pub cookie: String,
    /// Statuses that mean wrong credentials when there is no cookie.
    pub denied: Vec<u16>,
}

/// `runtime::api::TokenRequest`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TokenRequest {
    /// Path of the POST.
    pub path: String,
    /// Body member with the user name.
    pub username: String,
    /// Body member with the password.
    pub password: String,
    /// JSON pointer of the token.
    pub token: String,
    /// Answers that mean that the token is no longer good.
    pub renew: Vec<Sign>,
}

/// `runtime::api::Sign`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sign {
    /// HTTP status.
    pub status: u16,
    /// Text its detail contains; empty for any.
    pub says: String,
}

/// `runtime::api::ErrorShapes`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorShapes {
    /// JSON pointers of the explanation.
    pub detail: Vec<String>,
    /// JSON pointers of the title.
    pub title: Vec<String>,
    /// Advice for known errors.
    pub hints: Vec<Hint>,
}

/// `runtime::api::Hint`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hint {
    /// The answer.
    pub sign: Sign,
    /// Code of the error; empty to keep the one of the status.
    pub code: String,
    /// What to try.
    pub hint: String,
}

/// The tools of one toolset in one API: one generated module.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Toolset {
    /// Name of the toolset.
    pub name: String,
    /// Module: the same in snake case.
    pub module: String,
    /// Files it is made from, relative to the workspace: allowlist first, then documents in the order of the API.
    pub sources: Vec<String>,
    /// The tools, in the order of the allowlist.
    pub operations: Vec<Operation>,
    /// Named component schemas that its tools refer to, directly or through each other, and that are not among the types of the API; sorted by `rust_name`.
    pub types: Vec<TypeDef>,
}

/// One tool in one API.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Operation {
    /// Name of the tool.
    pub tool_name: String,
    /// Name that it had before and still answers to.
    pub was: Option<String>,
    /// Struct: `ListAllUsers`, `GetUser`, `CreateUser`, `UpdateUser`, `DeleteUser`, `{Verb}{Resource}`.
    pub rust_name: String,
    /// Short name for people.
    pub title: String,
    /// For the model, as far as it holds for all versions of a server.
    pub description: String,
    /// What is added to the description for some versions.
    pub notes: Vec<VersionedText>,
    /// Toolset.
    pub toolset: String,
    /// Tags, of the toolset and its own.
    pub tags: Vec<String>,
    /// `list`, `get`, `create`, `update`, `delete`, or a verb.
    pub method: String,
    /// Document that has the operation.
    pub document: String,
    /// Its id there.
    pub operation_id: String,
    /// The first release that has it, if it is newer than the oldest one that is supported.
    pub since: Option<String>,
    /// HTTP method, lower case.
    pub http: String,
    /// Path with the document's base: `/api/v1/users/{username}`.
    pub path: String,
    /// What a call can change.
    pub effect: Effect,
    /// The arguments, in the order of the specification: path, query, header, body.
    pub parameters: Vec<Parameter>,
    /// The request body; `None` if the operation takes none.
    pub body: Option<Body>,
    /// Set on list tools.
    pub list: Option<List>,
    /// Path of the GET whose answer fills body fields that are not given.
    pub merge: Option<String>,
    /// Query parameter that names the body fields to write.
    pub mask: Option<Mask>,
    /// Path of the GET whose answer is the result of the write.
    pub read_back: Option<String>,
    /// How what is read back is compared with what was asked for.
    pub verify: Verify,
    /// The operation on one object that is called for each id of the argument whose place is [`Place::Each`].
    pub each: Option<Each>,
    /// Names of the arguments of which a call has to give at least one; empty if there is no such rule.
    pub require_any: Vec<String>,
    /// Shape of the answer; `None` for no content, for what is no JSON, and for list tools.
    pub returns: Option<TypeRef>,
    /// What the answer is written in.
    pub content: Content,
    /// Anonymous types of this operation, in the order of first use; emitted behind its struct.
    pub types: Vec<TypeDef>,
}

impl Operation {
    /// The description where the version of the server is not known: it states all possibilities, in the words of `#[tool]`.
    #[must_use]
    pub fn full_description(&self) -> String {
        let notes = self.notes.iter();
        notes.fold(self.description.clone(), |description, note| {
            format!("{description} {}: {}", note.versions(), note.text)
        })
    }
}

/// A text that holds for some versions of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VersionedText {
    /// What the versions are of.
    pub product: String,
    /// The first version for which it holds.
    pub since: Option<String>,
    /// The first version for which it no longer holds.
    pub before: Option<String>,
    /// The text.
    pub text: String,
}

impl VersionedText {
    /// The versions in words.
    fn versions(&self) -> String {
        let product = &self.product;
        match (&self.since, &self.before) {
            (Some(since), Some(before)) => format!("From {product} {since} to before {before}"),
            (Some(since), None) => format!("From {product} {since}"),
            (None, before) => format!("Before {product} {}", before.as_deref().unwrap_or_default()),
        }
    }
}

/// How what is read back is compared with what was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verify {
    /// Whether the server can route a value of the body with `/` in the path of the GET.
    pub slash: bool,
    /// Members of the body that are not compared.
    pub except: Vec<String>,
    /// What to do if a change was not applied; empty for the usual advice.
    pub hint: String,
    /// The same for some versions.
    pub hints: Vec<VersionedText>,
}

/// An operation on one object, which takes the body and the mask of the tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Each {
    /// Id of the operation in the document of the tool.
    pub operation_id: String,
    /// HTTP method, lower case.
    pub http: String,
    /// Path with the document's base: `/api/v1/dags/{dag_id}`.
    pub path: String,
    /// Member of the tool's result that holds the answers.
    pub items: String,
}

/// What an answer is written in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// JSON.
    Json,
    /// Text of this media type.
    Text {
        /// Media type that is asked for.
        accept: String,
    },
    /// JSON values, one a line.
    Lines {
        /// Media type that is asked for.
        accept: String,
    },
    /// The lines of a log.
    Log {
        /// Media type that is asked for.
        accept: String,
        /// How it goes on, if it may come in parts.
        parts: Option<Parts>,
    },
}

/// How a log goes on that comes in parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parts {
    /// Query parameter that takes the token.
    pub token: String,
    /// Member of the answer with the token of the next part.
    pub next: String,
}

/// What a call can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Effect {
    /// Changes nothing.
    pub read_only: bool,
    /// May destroy.
    pub destructive: bool,
    /// Twice is the same as once.
    pub idempotent: bool,
}

impl Effect {
    /// That of what only reads.
    pub const READS: Self = Self {
        read_only: true,
        destructive: false,
        idempotent: true,
    };

    /// What follows from the method of the tool and that of its request. A list or a reading changes nothing, also where its filters are the body of a POST.
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

    /// Whether it can be that nothing is changed: a trial run is a verb of its own, and nothing is deleted on trial.
    #[must_use]
    pub fn can_read(method: &str, http: &str) -> bool {
        http != "delete" && !matches!(method, "create" | "update" | "delete")
    }
}

/// An argument.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parameter {
    /// Name for the model.
    pub name: String,
    /// Name of the Rust field.
    pub rust_name: String,
    /// Name in the request.
    pub wire: String,
    /// Where it goes.
    pub place: Place,
    /// For the model; never empty for a tool.
    pub description: String,
    /// Whether a call has to give it.
    pub required: bool,
    /// Whether the document says that it will go.
    pub deprecated: bool,
    /// What it is.
    pub ty: TypeRef,
    /// What the server assumes when it is left out, as JSON.
    pub default: Option<serde_json::Value>,
    /// An example, as JSON.
    pub example: Option<serde_json::Value>,
    /// Never shown again.
    pub secret: bool,
    /// Argument whose value is sent when this one is not given.
    pub or: Option<String>,
    /// Value that is sent when this one is not given, as JSON.
    pub when_omitted: Option<serde_json::Value>,
    /// Whether it is no argument: what is sent is always the value of `or` or `when_omitted`.
    pub hidden: bool,
    /// Whether the argument `clear` can name this one, to send `null` for it.
    pub clear: bool,
    /// The first release that has it, if it is newer than its operation.
    pub since: Option<String>,
}

/// Where an argument goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Place {
    /// One segment of the path.
    Path {
        /// Whether the server can route a value with `/`.
        slash: bool,
    },
    /// The query.
    Query {
        /// How several values are written.
        separator: Separator,
    },
    /// A header.
    Header,
    /// A cookie.
    Cookie,
    /// A member of the body's object.
    Body,
    /// The whole body.
    WholeBody,
    /// One segment of the path of [`Each`], a request for each item.
    Each,
}

/// How several values of one query parameter are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Separator {
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

/// The request body.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Body {
    /// Media type.
    pub media_type: String,
    /// Whether one is sent even without arguments.
    pub required: bool,
    /// Members with a value that never changes (`const`), as JSON.
    pub fixed: Vec<(String, serde_json::Value)>,
    /// How members of a form are written that are not repeated for each of their values, by wire name.
    pub encoding: Vec<(String, Separator)>,
}

/// A list in pages.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct List {
    /// Member of the answer that holds the items.
    pub items: String,
    /// Shape of an item.
    pub of: TypeRef,
    /// How the API pages; `None` if it gives everything at once, which the runtime cuts.
    pub pagination: Option<Pagination>,
    /// The first release that pages it, if that is newer than the operation; older ones give everything at once.
    pub pages_since: Option<String>,
    /// Filters applied by the runtime.
    pub filters: Vec<Filter>,
    /// Wire names of the fields returned by default; empty for all.
    pub summary: Vec<String>,
}

/// How the API pages. Parameters for paging are never arguments of the tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pagination {
    /// Whether the parameters are members of the body; else they stand in the query.
    pub in_body: bool,
    /// Parameter with the number of items.
    pub limit: String,
    /// Most items the server gives at once.
    pub max: u32,
    /// Member of the answer with the number of all entries, or its JSON pointer; `None` for the usual one.
    pub total: Option<String>,
    /// How a request says which items it wants.
    pub way: Way,
}

/// How a request says which items it wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Way {
    /// By the number of items to leave out.
    Offset {
        /// Parameter with it.
        offset: String,
    },
    /// By the number of a page.
    Number {
        /// Parameter with it.
        page: String,
        /// Number of the first page.
        first: u32,
    },
    /// By a cursor that the server hands out.
    Cursor {
        /// Parameter with it.
        cursor: String,
        /// Member of the answer with the cursor of the next page, or its JSON pointer.
        next: String,
        /// Parameter with the number of items to leave out, for servers that do not know the cursor.
        offset: Option<String>,
    },
    /// By a link in a header of the answer.
    Link {
        /// Relation of the link to the next page.
        rel: String,
        /// Parameters of the link that say where that begins. The document need not have them.
        position: Vec<String>,
    },
}

impl Pagination {
    /// The parameters that say where a page begins, if an operation has them.
    pub(crate) fn position(&self) -> &[String] {
        match &self.way {
            Way::Link { position, .. } => position,
            _ => &[],
        }
    }

    /// The parameters that it needs.
    pub(crate) fn parameters(&self) -> Vec<&str> {
        let more = match &self.way {
            Way::Offset { offset } => vec![offset],
            Way::Number { page, .. } => vec![page],
            Way::Cursor { cursor, offset, .. } => offset.iter().chain([cursor]).collect(),
            Way::Link { .. } => Vec::new(),
        };
        [&self.limit]
            .into_iter()
            .chain(more)
            .map(String::as_str)
            .collect()
    }
}

/// A filter applied by the runtime.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Filter {
    /// Argument.
    pub name: String,
    /// Field of the item, with dots: `roles.name`.
    pub field: String,
    /// No two items have the same value.
    pub unique: bool,
}

/// A query parameter that names the body fields to write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mask {
    /// Query parameter.
    pub name: String,
    /// How several names are written.
    pub separator: Separator,
}

/// A type, with the rules that its values keep to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TypeRef {
    /// What it is when it is not `null`.
    pub kind: TypeKind,
    /// Whether `null` is a value.
    pub nullable: bool,
    /// What its values keep to, beyond their type.
    pub rules: Rules,
}

/// What a value is when it is not `null`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", content = "of", rename_all = "snake_case")]
pub enum TypeKind {
    /// Any JSON value.
    Any,
    /// `true` or `false`.
    Boolean,
    /// A number without fraction.
    Integer,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array of these.
    Array(Box<TypeRef>),
    /// An object whose members all are these (`additionalProperties`).
    Map(Box<TypeRef>),
    /// A struct or enum of this module or of the API, by its `rust_name`.
    Named(String),
    /// The same, where the type contains itself: held by reference.
    Boxed(String),
}

/// JSON Schema validation keywords, as in the specification.
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
    /// `exclusiveMinimum`; for integers it is turned into `minimum`.
    pub exclusive_minimum: Option<serde_json::Number>,
    /// `minItems`
    pub min_items: Option<u32>,
    /// `maxItems`
    pub max_items: Option<u32>,
}

/// A struct or an enum.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TypeDef {
    /// Name in Rust, unique in its module.
    pub rust_name: String,
    /// Name of the component schema that it is or, for an anonymous type, stands in; `None` for one that only this operation has.
    pub schema: Option<String>,
    /// What it is; may be empty.
    pub description: String,
    /// Its content.
    pub shape: TypeShape,
}

/// The content of a type.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TypeShape {
    /// An object.
    Struct {
        /// Named members, in the order of the specification.
        fields: Vec<Field>,
        /// Type of other members; `None` if there can be none in an input.
        additional: Option<TypeRef>,
    },
    /// A string with known values.
    Enum {
        /// The values.
        values: Vec<EnumValue>,
    },
    /// One of several types (`oneOf`, `anyOf`).
    Union {
        /// The types, each with the name of its variant.
        variants: Vec<Variant>,
    },
}

/// A named member of an object.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Field {
    /// Name in JSON.
    pub name: String,
    /// Name in Rust.
    pub rust_name: String,
    /// What it means; may be empty.
    pub description: String,
    /// Whether an input has to have it.
    pub required: bool,
    /// What it is.
    pub ty: TypeRef,
    /// What the server assumes when it is left out.
    pub default: Option<serde_json::Value>,
    /// An example.
    pub example: Option<serde_json::Value>,
}

/// A value of a string enum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EnumValue {
    /// The string.
    pub name: String,
    /// Variant in Rust.
    pub rust_name: String,
}

/// A variant of a union.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Variant {
    /// Variant in Rust.
    pub rust_name: String,
    /// Its type.
    pub ty: TypeRef,
}
