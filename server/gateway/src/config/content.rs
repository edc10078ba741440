//! Content of a configuration file as Rust types. The schema of the file and the table of its keys in the documentation follow from these types.

use std::collections::BTreeMap;

use jiff::Timestamp;
use runtime::schema::Kind;
use runtime::{Nullable, Schema, Shape};
use secrecy::SecretString;
use serde::Deserialize;

use crate::model::sign_in::{Secret, sign_in_method};
use crate::model::{ConfigPatch, Time, given};

/// Content of a configuration file. Missing and invalid values have defaults, because their errors are already reported.
#[derive(Debug, Default, Deserialize, Schema)]
#[serde(default)]
pub(super) struct FileContent {
    /// Account: one upstream with its credentials.
    #[schema(shape = Option<Vec<FileAccount>>)]
    pub(super) account: Vec<FileAccount>,
}

/// Account.
#[derive(Debug, Default, Deserialize, Schema)]
#[serde(default)]
pub(super) struct FileAccount {
    /// Name, unique in the gateway.
    pub(super) name: String,
    /// URL of the upstream, with its path prefix if it has one.
    pub(super) base_url: String,
    /// Sign-in method; `none` if omitted.
    #[schema(shape = Option<FileAuth>)]
    pub(super) auth: FileAuth,
    /// Headers to add to each request: the value as a string, or a table that says where the value is.
    #[schema(shape = Option<BTreeMap<String, FileHeader>>)]
    pub(super) headers: BTreeMap<String, FileHeader>,
    /// Name of the API; detected if omitted.
    pub(super) api: Option<String>,
    /// Private certificate authority of the upstream (PEM).
    pub(super) ca_certificate: Option<String>,
    /// File with the certificate authority.
    pub(super) ca_certificate_file: Option<String>,
    /// MCP server of the account.
    #[schema(shape = Option<Vec<FileServer>>)]
    pub(super) server: Vec<FileServer>,
}

/// Sign-in method, with the keys of all methods.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FileAuth {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) username: String,
    pub(super) password: Option<SecretString>,
    pub(super) password_file: Option<String>,
    pub(super) password_env: Option<String>,
    pub(super) token: Option<SecretString>,
    pub(super) token_file: Option<String>,
    pub(super) token_env: Option<String>,
    pub(super) path: String,
    pub(super) command: String,
}

impl Schema for FileAuth {
    const SHAPE: Shape = Shape::of(Kind::OneOf(&[
        sign_in_method!("none", "No credentials, or credentials in an added header."),
        sign_in_method!(
            "password",
            "User name and password. One of the three keys gives the password.",
            "username": String = "User name.",
            "password": Option<Secret> = "Password.",
            "password_file": Option<String> = "File with the password.",
            "password_env": Option<String> = "Environment variable with the password."
        ),
        sign_in_method!(
            "bearer",
            "A fixed bearer token. One of the three keys gives the token.",
            "token": Option<Secret> = "Bearer token.",
            "token_file": Option<String> = "File with the bearer token, read at the start.",
            "token_env": Option<String> = "Environment variable with the bearer token."
        ),
        sign_in_method!(
            "bearer_file",
            "A bearer token in a file on the gateway's machine; the file is read again when it changes.",
            "path": String = "Path of the file."
        ),
        sign_in_method!(
            "bearer_command",
            "A command on the gateway's machine that prints a bearer token.",
            "command": String = "Command."
        ),
    ]));
}

/// Value of a header.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum FileHeader {
    Text(SecretString),
    Source(HeaderSource),
}

impl Schema for FileHeader {
    const SHAPE: Shape = Shape::of(Kind::OneOf(&[Secret::SHAPE, HeaderSource::SHAPE]));
}

/// Location of the value of a header.
#[derive(Debug, Default, Deserialize, Schema)]
#[serde(default)]
pub(super) struct HeaderSource {
    /// Value of the header. One of the three keys gives the value.
    #[schema(shape = Option<Secret>)]
    pub(super) value: Option<SecretString>,
    /// File with the value.
    pub(super) file: Option<String>,
    /// Environment variable with the value.
    pub(super) env: Option<String>,
}

/// MCP server.
#[derive(Debug, Default, Deserialize, Schema)]
#[serde(default)]
pub(super) struct FileServer {
    /// Name, unique in the account.
    pub(super) name: String,
    #[serde(flatten)]
    #[schema(name = "")]
    pub(super) config: ConfigPatch,
    /// Time from which the URL is rejected; 90 days after the server is created if omitted. With `"never"`, the URL does not expire.
    #[serde(deserialize_with = "given")]
    #[schema(shape = Option<Nullable<Time>>)]
    pub(super) expires_at: Option<Option<Timestamp>>,
    /// File to which the URL is written, or from which it is read if it exists. Only its owner can read it.
    pub(super) token_file: Option<String>,
}
