//! Errors in the arguments of a call, written for the model that must correct them.

use core::fmt;

use serde_json::Value;

use crate::tool::Parameter;
use mcp_schema::suggestion::did_you_mean;

/// Maximum number of characters of a value in a message.
const ECHO: usize = 60;

/// Maximum number of errors that are reported. The check stops when there are more.
pub(super) const REPORTED: usize = 20;

/// One error in the arguments of a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArgumentError {
    /// An unknown argument, member of an object or field of the items of a list.
    #[error("{}unknown {what} {}{}", prefix(at), quoted(name), did_you_mean(name, known.iter().copied()))]
    Unknown {
        /// Location of the value; empty at the top level.
        at: String,
        /// Type of the name: `argument`, `member` or `field`.
        what: &'static str,
        /// Unknown name.
        name: String,
        /// All existing names.
        known: Vec<&'static str>,
    },
    /// A missing required argument or member.
    #[error("{}missing {what} {}: {expected}", prefix(at), quoted(name))]
    Missing {
        /// Location of the value; empty at the top level.
        at: String,
        /// Type of the name: `argument` or `member`.
        what: &'static str,
        /// Missing name.
        name: &'static str,
        /// Description of the expected value.
        expected: String,
    },
    /// A value of the wrong type.
    #[error("{at}: expected {expected}, got {got}{advice}")]
    Type {
        /// Location of the value.
        at: String,
        /// Description of the expected value.
        expected: String,
        /// Value of the caller; only its type if the value is secret.
        got: String,
        /// Correction, with a preceding semicolon; empty if the correction is evident.
        advice: String,
    },
    /// A value that violates a rule: range, length, pattern.
    #[error("{at}: {rule}, got {got}")]
    Rule {
        /// Location of the value.
        at: String,
        /// Rule that the value violates.
        rule: String,
        /// Value of the caller; only its type if the value is secret.
        got: String,
    },
    /// A value that cannot be serialized at its location in the request.
    #[error("{at}: {got} {reason}")]
    Unsendable {
        /// Location of the value.
        at: String,
        /// Value of the caller; only its type if the value is secret.
        got: String,
        /// Why the value cannot be sent.
        reason: String,
    },
    /// A mask instead of a secret.
    #[error(
        "{at}: contains a mask of asterisks, which would overwrite the stored secret; give the real value, or omit {at} to keep the stored one"
    )]
    Masked {
        /// Location of the value.
        at: String,
    },
    /// A missing argument of an operation that overwrites the whole object, while the server masks the current value.
    #[error(
        "{name}: the server masks the current value, and this operation would overwrite it; give the value"
    )]
    MaskedByServer {
        /// Name of the argument.
        name: &'static str,
    },
    /// An argument that is both given and named in `clear`.
    #[error("clear: {} also has a value; omit one of the two", quoted(name))]
    ClearedAndGiven {
        /// Name of the argument.
        name: String,
    },
    /// An update without changes.
    #[error("nothing to change: give at least one of {}", names.join(", "))]
    NothingToChange {
        /// Arguments that change the object.
        names: Vec<&'static str>,
    },
    /// A call with none of the arguments that select what the call affects.
    #[error("missing argument: give at least one of {}", names.join(", "))]
    NoneOf {
        /// Arguments of which at least one is required.
        names: &'static [&'static str],
    },
    /// Two arguments that exclude each other.
    #[error("{name}: cannot be combined with {other}; omit one of them")]
    Excluded {
        /// Name of the argument.
        name: &'static str,
        /// Name of the argument that excludes it.
        other: &'static str,
    },
    /// An argument that this version of the server does not support.
    #[error("{name}: requires {needs}, but the server has {version}; omit it")]
    TooNew {
        /// Name of the argument.
        name: &'static str,
        /// Product and first release that support the argument.
        needs: String,
        /// Version of the server.
        version: String,
    },
    /// A path placeholder without a value.
    #[error("missing value for {{{name}}} in the path")]
    NoPathValue {
        /// Name of the placeholder.
        name: &'static str,
    },
    /// More arguments than any tool accepts. They are not checked.
    #[error("{given} arguments were given; a call takes at most {max}")]
    TooMany {
        /// Number of given arguments.
        given: usize,
        /// Maximum number.
        max: usize,
    },
    /// Further errors, which are not listed.
    #[error("and more errors")]
    More,
}

impl ArgumentError {
    /// Creates the error for an unknown name.
    pub(crate) fn unknown(
        at: ValuePath<'_>,
        what: &'static str,
        name: &str,
        known: Vec<&'static str>,
    ) -> Self {
        Self::Unknown {
            at: at.to_string(),
            what,
            name: name.to_owned(),
            known,
        }
    }

    /// Creates the error for a value that cannot be serialized.
    pub(crate) fn unsendable(parameter: &Parameter, value: &Value, reason: String) -> Self {
        Self::Unsendable {
            at: ValuePath::Member(&ValuePath::Top, parameter.field.name).to_string(),
            got: echo(value, parameter.secret),
            reason,
        }
    }
}

/// Returns whether there are more errors than are reported, so that the check can stop.
pub(super) fn is_full(errors: &[ArgumentError]) -> bool {
    errors.len() > REPORTED
}

/// Location of a value in the arguments. The text is created only when an error is reported.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ValuePath<'a> {
    /// The top level.
    Top,
    /// A member of an object.
    Member(&'a ValuePath<'a>, &'a str),
    /// An item of an array, with its zero-based index.
    Item(&'a ValuePath<'a>, usize),
}

impl fmt::Display for ValuePath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Top => Ok(()),
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
            Self::Member(parent, name) => {
                let plain = !name.is_empty()
                    && name.len() <= ECHO
                    && name
                        .chars()
                        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
                match (plain, parent) {
                    (true, Self::Top) => f.write_str(name),
                    (true, _) => write!(f, "{parent}.{name}"),
                    (false, _) => write!(f, "{parent}[{}]", quoted(name)),
                }
            }
        }
    }
}

/// Formats a value for a message: shortens scalars and shows only the type of objects, arrays and secrets.
pub(crate) fn echo(value: &Value, secret: bool) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::Bool(_) if secret => "a boolean".to_owned(),
        Value::Number(_) if secret => "a number".to_owned(),
        Value::String(_) if secret => "a string".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => shortened(value.as_str()),
        Value::String(value) => quoted(value),
    }
}

/// Shortens a text and puts it in JSON quotes.
pub(crate) fn quoted(text: &str) -> String {
    Value::from(shortened(text)).to_string()
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(ECHO) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn prefix(at: &str) -> String {
    match at {
        "" => String::new(),
        at => format!("{at}: "),
    }
}
