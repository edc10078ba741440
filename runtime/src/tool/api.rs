//! Constant data that describes an API: how its upstreams are recognised, how to sign in, and what its error responses contain. Generated from `apis.yaml`.

use crate::tool::Tool;

/// One version of an API with all its tools.
#[derive(Debug)]
pub struct Api {
    /// Name in `apis.yaml`.
    pub name: &'static str,
    /// Name shown to people.
    pub title: &'static str,
    /// Request that recognises an upstream of this API, without credentials. If upstreams of this API do not report a version, the path is empty; this API is then assumed for every upstream that no earlier API recognises.
    pub version: VersionProbe,
    /// Documents of the API. If the probe of a document fails, its tools are not offered.
    pub documents: &'static [Document],
    /// Sign-in method for a user name and a password.
    pub sign_in: SignIn,
    /// Locations of the texts in error responses, and hints for known errors.
    pub errors: ErrorShapes,
    /// All tools: one slice per toolset, in the order of the allowlist.
    pub toolsets: &'static [&'static [Tool]],
}

impl Api {
    /// Finds a document by name.
    #[must_use]
    pub fn document(&self, name: &str) -> Option<&'static Document> {
        self.documents.iter().find(|it| it.name == name)
    }

    /// Returns the names of the documents that an upstream is assumed to have until it is detected: all documents except alternatives.
    pub fn usual_documents(&self) -> impl Iterator<Item = &'static str> {
        let documents = self.documents.iter();
        let usual = documents.filter(|it| it.alternative_to.is_none());
        usual.map(|it| it.name)
    }
}

/// GET request that only an upstream of this API answers with status 200 and JSON.
#[derive(Debug)]
pub struct VersionProbe {
    /// Path of the request.
    pub path: &'static str,
    /// JSON pointer to the version in the response.
    pub version: &'static str,
    /// Name of the product that has this version, for people.
    pub product: &'static str,
}

/// One OpenAPI document of an API.
#[derive(Debug)]
pub struct Document {
    /// Name in `apis.yaml`.
    pub name: &'static str,
    /// Request that shows whether the upstream has this document; `None` if every upstream has it.
    pub probe: Option<DocumentProbe>,
    /// Request for the version of the component that has this document; `None` if the component has no version of its own.
    pub version: Option<VersionSource>,
    /// Document to which this one is an alternative. An upstream has at most one of a document and its alternatives, so their tools may have the same names.
    pub alternative_to: Option<&'static str>,
    /// Sign-in method for the operations of this document, if it differs from that of the API.
    pub sign_in: Option<SignIn>,
    /// Hints for known errors of this document's operations. They take precedence over the hints of the API.
    pub hints: &'static [Hint],
}

/// GET request that shows whether an upstream has a document.
#[derive(Debug)]
pub struct DocumentProbe {
    /// Path of the request.
    pub path: &'static str,
    /// JSON pointer that exists in the response if the upstream has the document.
    pub has: &'static str,
    /// Name of the missing component, for people: `the FAB auth manager`.
    pub what: &'static str,
}

/// GET request for a list of the upstream's components with their versions. The request is sent with the credentials of the account.
#[derive(Debug)]
pub struct VersionSource {
    /// Path and query of the request.
    pub path: &'static str,
    /// JSON pointer to the array in the response.
    pub items: &'static str,
    /// Member with the name of a component.
    pub name: &'static str,
    /// Name of the component.
    pub component: &'static str,
    /// Member with the version of a component.
    pub version: &'static str,
    /// Name of the product that has this version, for people.
    pub product: &'static str,
}

/// Sign-in method: how a user name and a password are used.
#[derive(Debug)]
pub enum SignIn {
    /// Basic authentication with each request (RFC 7617), or once to obtain a session cookie.
    Basic {
        /// Request for a session cookie; `None` if the API has no sessions.
        session: Option<Session>,
    },
    /// Exchange for a bearer token.
    Token(TokenRequest),
    /// Key in its own header, given as the bearer token of the account. A user name and a password cannot be used.
    Key {
        /// Name of the header.
        header: &'static str,
        /// Word before the key, such as `Bearer`; empty if the header contains only the key.
        scheme: &'static str,
    },
}

impl SignIn {
    /// Returns the statuses besides 401 that may mean rejected credentials.
    pub(crate) fn denied(&self) -> &'static [u16] {
        match self {
            Self::Basic {
                session: Some(session),
            } => session.denied,
            _ => &[],
        }
    }
}

/// Request with Basic credentials for a session cookie. If the credentials are valid, the response sets the cookie, whatever its status.
#[derive(Debug)]
pub struct Session {
    /// Path and query of the GET request.
    pub path: &'static str,
    /// Name of the cookie.
    pub cookie: &'static str,
    /// Statuses that mean wrong credentials if the response does not set the cookie. With any other status, a response without the cookie means that the upstream has no sessions; Basic credentials are then sent with each request.
    pub denied: &'static [u16],
}

/// POST request that exchanges a user name and a password for a bearer token.
#[derive(Debug)]
pub struct TokenRequest {
    /// Path of the request.
    pub path: &'static str,
    /// Member of the JSON body for the user name.
    pub username: &'static str,
    /// Member of the JSON body for the password.
    pub password: &'static str,
    /// JSON pointer to the token in the response. The `exp` claim of the token (RFC 7519) determines when the token is renewed.
    pub token: &'static str,
    /// Responses to other requests that mean that the token is no longer valid. The token is then renewed once.
    pub renew: &'static [ResponsePattern],
}

/// Pattern that recognises an error response by its status and text.
#[derive(Debug)]
pub struct ResponsePattern {
    /// HTTP status.
    pub status: u16,
    /// Text that the title or the detail of the error contains; empty to match any text.
    pub contains: &'static str,
}

/// Locations of the texts in the error responses of an API, and hints for known errors.
#[derive(Debug)]
pub struct ErrorShapes {
    /// JSON pointers to the explanation, in the order in which they are tried.
    pub detail: &'static [&'static str],
    /// JSON pointers to the title, in the order in which they are tried.
    pub title: &'static [&'static str],
    /// Hints for known errors; the first match applies.
    pub hints: &'static [Hint],
}

/// Hint for an error response.
#[derive(Debug)]
pub struct Hint {
    /// Pattern that recognises the response.
    pub pattern: ResponsePattern,
    /// Error code, from the closed list of tool errors; empty to keep the code that follows from the status.
    pub code: &'static str,
    /// Text of the hint: what to do about the error.
    pub hint: &'static str,
}
