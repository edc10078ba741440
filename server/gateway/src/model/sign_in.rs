//! Sign-in methods of accounts.

use runtime::schema::{Kind, StringRules};
use runtime::{Schema, Shape};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// Shape of a secret.
pub(crate) struct Secret;

impl Schema for Secret {
    const SHAPE: Shape = <String as Schema>::SHAPE.format("password");
}

/// Sign-in method of an account as the client sends it. The store keeps it encrypted, and no response contains it.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum AuthInput {
    /// No credentials.
    None,
    /// User name and password.
    Password {
        /// User name.
        username: String,
        /// Password.
        password: SecretString,
    },
    /// Fixed bearer token.
    Bearer {
        /// Bearer token.
        token: SecretString,
    },
    /// Bearer token in a file on the gateway's machine; the file is read again when it changes.
    BearerFile {
        /// Path of the file.
        path: String,
    },
    /// Command on the gateway's machine that prints a bearer token.
    BearerCommand {
        /// Command line.
        command: String,
    },
}

/// Shape of a sign-in method: its name, its meaning and its fields.
macro_rules! sign_in_method {
    ($name:literal, $description:literal $(, $field:literal: $ty:ty = $meaning:literal)*) => {
        ::runtime::Shape::of(::runtime::schema::Kind::Object {
            fields: &[
                ::runtime::schema::Field {
                    shape: $crate::model::sign_in::strings(&[$name]),
                    ..::runtime::schema::Field::of::<String>("type", $description)
                },
                $(::runtime::schema::Field::of::<$ty>($field, $meaning)),*
            ],
            additional: ::runtime::schema::Additional::Closed,
        })
    };
}

pub(crate) use sign_in_method;

impl Schema for AuthInput {
    const SHAPE: Shape = Shape::of(Kind::OneOf(&[
        sign_in_method!("none", "No credentials, or credentials in an added header."),
        sign_in_method!(
            "password",
            "User name and password.",
            "username": String = "User name.",
            "password": Secret = "Password."
        ),
        sign_in_method!("bearer", "A fixed bearer token.", "token": Secret = "Bearer token."),
        sign_in_method!(
            "bearer_file",
            "A bearer token in a file on the gateway's machine; the file is read again when it changes. Requires a gateway with `--allow-local-credentials`.",
            "path": String = "Path of the file."
        ),
        sign_in_method!(
            "bearer_command",
            "A command on the gateway's machine that prints a bearer token. Requires a gateway with `--allow-local-credentials`.",
            "command": String = "Command."
        ),
    ]));
}

/// Returns the shape of a string that must be one of these values.
pub(crate) const fn strings(values: &'static [&'static str]) -> Shape {
    Shape::of(Kind::String(StringRules {
        values,
        ..StringRules::ANY
    }))
}

impl AuthInput {
    /// Returns the name of the sign-in method in JSON.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Password { .. } => "password",
            Self::Bearer { .. } => "bearer",
            Self::BearerFile { .. } => "bearer_file",
            Self::BearerCommand { .. } => "bearer_command",
        }
    }

    /// Returns whether this method reads a file or runs a command on the gateway's machine. The permission to change accounts does not include this.
    pub(crate) fn is_local(&self) -> bool {
        matches!(self, Self::BearerFile { .. } | Self::BearerCommand { .. })
    }
}

/// Shape of the name of a sign-in method.
struct AuthKind;

impl Schema for AuthKind {
    const SHAPE: Shape = strings(&[
        "none",
        "password",
        "bearer",
        "bearer_file",
        "bearer_command",
        AuthView::REFUSED,
    ]);
}

/// Sign-in method of an account as responses show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Schema)]
pub(crate) struct AuthView {
    /// `none`, `password`, `bearer`, `bearer_file` or `bearer_command`; `refused` if the stored credentials are not used.
    #[serde(rename = "type")]
    #[schema(name = "type", shape = AuthKind)]
    pub(crate) kind: String,
    /// User name, for `password`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) username: Option<String>,
}

impl AuthView {
    /// Stands for the sign-in method of an account whose stored credentials are not used.
    pub(crate) const REFUSED: &str = "refused";
}
