//! One tool in one API.

use serde::Serialize;

use super::list::List;
use super::parameter::{Body, Mask, Parameter};
use super::types::{TypeDef, TypeRef};

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
    /// Members of the object that is read back whose values before and after a change are recorded.
    pub recorded: Vec<String>,
    /// Rules for the comparison of the read-back response with the arguments.
    pub verify: Verify,
    /// Operation on one object that is called for each id in the parameter whose location is [`ParameterLocation::ForEach`](super::ParameterLocation::ForEach).
    pub for_each: Option<ForEach>,
    /// Names of the parameters of which a call must set at least one; empty if there is no such rule.
    pub require_any: Vec<String>,
    /// Members of the response that are masked for clients whose results are redacted.
    pub secret_fields: Vec<String>,
    /// Members of the response that are masked in every result.
    pub hidden_fields: Vec<String>,
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
