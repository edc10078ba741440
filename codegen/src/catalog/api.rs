//! An API with its documents, its sign-in and its errors, and the toolsets with their documentation.

use serde::Serialize;

use super::operation::Operation;
use super::types::TypeDef;

/// Name of the module with the types that several toolsets of an API share.
pub(crate) const SHARED_MODULE: &str = "shared";

/// Documentation of a toolset: a section of the catalogue and a row of the table in the README.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToolsetDoc {
    /// Name of the toolset and of its module.
    pub name: String,
    /// Tags that all tools of the toolset have.
    pub tags: Vec<String>,
    /// Members of responses that are secret in all tools of the toolset.
    pub secret_fields: Vec<String>,
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
    /// Yields the toolsets of the API and of each alternative document, with the name of the API or document and the types that the toolsets share.
    pub(crate) fn modules(&self) -> impl Iterator<Item = (&str, &[TypeDef], &Toolset)> {
        let usual = self.toolsets.iter();
        let usual = usual.map(|it| (self.name.as_str(), &self.types[..], it));
        let alternatives = self.alternatives.iter().flat_map(|alternative| {
            let toolsets = alternative.toolsets.iter();
            toolsets.map(|it| (alternative.document.as_str(), &[][..], it))
        });
        usual.chain(alternatives)
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
