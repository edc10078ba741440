//! An API as constant data: how it is recognised, how one signs in, how it pages and what its errors say. Generated from `apis.yaml`.

use crate::tool::Tool;

/// One version of an API, with all its tools.
#[derive(Debug)]
pub struct Api {
    /// Name as in `apis.yaml`.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// How a server of this API is recognised, without credentials. An API whose servers do not tell their version has no path here: what is not recognised before is taken for it.
    pub version: VersionProbe,
    /// Its documents; tools of one whose probe fails are not offered.
    pub documents: &'static [Document],
    /// How a user name and a password are used.
    pub sign_in: SignIn,
    /// What its errors say and what to do about them.
    pub errors: ErrorShapes,
    /// All tools, a slice per toolset, in the order of the allowlist.
    pub toolsets: &'static [&'static [Tool]],
}

impl Api {
    /// A document by name.
    #[must_use]
    pub fn document(&self, name: &str) -> Option<&'static Document> {
        self.documents.iter().find(|it| it.name == name)
    }

    /// Names of the documents that a server is taken to have until it is asked: all but those that are there instead of others.
    pub fn usual_documents(&self) -> impl Iterator<Item = &'static str> {
        let documents = self.documents.iter();
        let usual = documents.filter(|it| it.instead_of.is_none());
        usual.map(|it| it.name)
    }
}

/// A GET that only a server of this API answers with 200 and JSON.
#[derive(Debug)]
pub struct VersionProbe {
    /// Path of the request.
    pub path: &'static str,
    /// JSON pointer of the version in the answer.
    pub version: &'static str,
    /// What the version is of, for people.
    pub product: &'static str,
}

/// One OpenAPI document of an API.
#[derive(Debug)]
pub struct Document {
    /// Name as in `apis.yaml`.
    pub name: &'static str,
    /// How to see that a server has it; `None` if every server has.
    pub probe: Option<DocumentProbe>,
    /// How the version of what has this document is read, if it has a version of its own.
    pub version: Option<VersionSource>,
    /// The document that it is there instead of: of the two, and of others instead of that one, a server has at most one. Their tools may have the same names.
    pub instead_of: Option<&'static str>,
    /// How a user name and a password are used for its operations, if otherwise than for the others.
    pub sign_in: Option<SignIn>,
    /// Advice for known errors of its operations, before that of the API.
    pub hints: &'static [Hint],
}

/// A GET that shows whether a server has a document.
#[derive(Debug)]
pub struct DocumentProbe {
    /// Path of the request.
    pub path: &'static str,
    /// JSON pointer that exists in the answer if the server has the document.
    pub has: &'static str,
    /// What is missing, for people: `the FAB auth manager`.
    pub what: &'static str,
}

/// A GET whose answer lists components of the server with their versions. The request is sent with the credentials of the account.
#[derive(Debug)]
pub struct VersionSource {
    /// Path and query of the request.
    pub path: &'static str,
    /// JSON pointer of the array in the answer.
    pub items: &'static str,
    /// Member that names a component.
    pub name: &'static str,
    /// Name of the component.
    pub component: &'static str,
    /// Member with its version.
    pub version: &'static str,
    /// What the version is of, for people.
    pub product: &'static str,
}

/// How a user name and a password are used.
#[derive(Debug)]
pub enum SignIn {
    /// Sent with each request (RFC 7617), or once for a session cookie.
    Basic {
        /// The request that answers with a session cookie.
        session: Option<Session>,
    },
    /// Exchanged for a bearer token.
    Token(TokenRequest),
    /// Not at all: instead of a bearer token there is a key, which a header of its own carries.
    Key {
        /// Name of the header.
        header: &'static str,
        /// The word before the key, as `Bearer`; empty if the key stands there as it is.
        scheme: &'static str,
    },
}

/// A request with Basic credentials that answers with a session cookie, whatever its status, if they are right.
#[derive(Debug)]
pub struct Session {
    /// Path and query of the GET.
    pub path: &'static str,
    /// Name of the cookie.
    pub cookie: &'static str,
    /// Status that, without the cookie, means wrong credentials. Any other answer means that this server has no sessions: Basic is sent with each request.
    pub denied: &'static [u16],
}

/// A POST that exchanges user name and password for a bearer token.
#[derive(Debug)]
pub struct TokenRequest {
    /// Path of the request.
    pub path: &'static str,
    /// Member of the JSON body with the user name.
    pub username: &'static str,
    /// Member of the JSON body with the password.
    pub password: &'static str,
    /// JSON pointer of the token in the answer. Its own `exp` (RFC 7519) says when to renew.
    pub token: &'static str,
    /// Answers to other requests that mean that the token is no longer good: renew once.
    pub renew: &'static [Sign],
}

/// An error answer that is recognised by its status and text.
#[derive(Debug)]
pub struct Sign {
    /// HTTP status.
    pub status: u16,
    /// Text that its detail contains; empty for any.
    pub says: &'static str,
}

/// What an API's errors say and what to do about them.
#[derive(Debug)]
pub struct ErrorShapes {
    /// JSON pointers of the explanation, in the order tried.
    pub detail: &'static [&'static str],
    /// JSON pointers of the title, in the order tried.
    pub title: &'static [&'static str],
    /// Advice for known errors, first match wins.
    pub hints: &'static [Hint],
}

/// Advice for an error answer.
#[derive(Debug)]
pub struct Hint {
    /// The answer.
    pub sign: Sign,
    /// Code as in the closed list of tool errors; empty to keep the one that follows from the status.
    pub code: &'static str,
    /// What to try.
    pub hint: &'static str,
}
