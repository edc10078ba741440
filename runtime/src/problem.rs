//! What can be wrong with arguments, worded for the model that has to repair them.

use core::fmt;

use serde_json::Value;

/// Most characters of a value that are repeated in a message.
const ECHO: usize = 60;

/// Names are listed in a message up to this many.
const LISTED: usize = 20;

/// One thing that is wrong with the arguments of a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// An argument, a member of an object or a field of a list's items that does not exist.
    #[error("{}unknown {what} {}{}", place(at), quoted(name), suggestion(*nearest, known))]
    Unknown {
        /// Where, if not at the top.
        at: String,
        /// `argument`, `member` or `field`.
        what: &'static str,
        /// The name that was given.
        name: String,
        /// The existing name that is most like it.
        nearest: Option<&'static str>,
        /// All existing names.
        known: Vec<&'static str>,
    },
    /// Something required that was not given.
    #[error("{}missing {what} {}: {expected}", place(at), quoted(name))]
    Missing {
        /// Where, if not at the top.
        at: String,
        /// `argument` or `member`.
        what: &'static str,
        /// What was not given.
        name: &'static str,
        /// What it has to be.
        expected: String,
    },
    /// A value of the wrong type.
    #[error("{at}: expected {expected}, got {got}{advice}")]
    Type {
        /// Where.
        at: String,
        /// What the value has to be.
        expected: String,
        /// What came, without the value if it is secret.
        got: String,
        /// What to write instead, with the semicolon before it; empty if that is clear.
        advice: String,
    },
    /// A value that breaks a rule: range, length, pattern.
    #[error("{at}: {rule}, got {got}")]
    Rule {
        /// Where.
        at: String,
        /// What has to hold.
        rule: String,
        /// What came, without the value if it is secret.
        got: String,
    },
    /// A value that cannot be written where it has to go.
    #[error("{at}: {got} {reason}")]
    Unsendable {
        /// Where.
        at: String,
        /// What came, without the value if it is secret.
        got: String,
        /// Why it cannot be sent.
        reason: String,
    },
    /// A mask in place of a secret.
    #[error(
        "{at}: contains asterisks in place of a secret, and sending them would replace the secret; give the real value, or omit {at} to keep what is stored"
    )]
    Masked {
        /// Where.
        at: String,
    },
    /// A member that the server hides, for an operation that overwrites the whole object.
    #[error(
        "{name}: the server hides its present value, and this operation would overwrite it; give its value"
    )]
    Hidden {
        /// The argument.
        name: &'static str,
    },
    /// An argument that is both given and named in `clear`.
    #[error("clear: {} is also given; give it or clear it, not both", quoted(name))]
    ClearedAndGiven {
        /// The argument.
        name: String,
    },
    /// An update without anything to change.
    #[error("nothing to change: give at least one of {}", names.join(", "))]
    NothingToChange {
        /// The arguments that change something.
        names: Vec<&'static str>,
    },
    /// A call that gives none of the arguments that say what it affects.
    #[error("give at least one of {}", names.join(", "))]
    NoneOf {
        /// The arguments.
        names: &'static [&'static str],
    },
    /// Two arguments that exclude each other.
    #[error("{name}: cannot be combined with {other}; leave out one of them")]
    Excluded {
        /// The argument.
        name: &'static str,
        /// The argument that excludes it.
        other: &'static str,
    },
    /// An argument that the server is too old for.
    #[error("{name}: needs {needs}, this is {version}; leave it out")]
    TooNew {
        /// The argument.
        name: &'static str,
        /// The first release that knows it.
        needs: String,
        /// What the server is.
        version: String,
    },
    /// A piece of the path for which there is no value.
    #[error("no value for {{{name}}} in the path")]
    NoPathValue {
        /// Name of the placeholder.
        name: &'static str,
    },
    /// There are more problems than a reader can use.
    #[error("and {0} more problems")]
    More(usize),
}

/// Where in the arguments a value stands; it is only written out when something is wrong with it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum At<'a> {
    /// Among the arguments themselves.
    Top,
    /// A named member.
    Member(&'a At<'a>, &'a str),
    /// An item of an array, from 0.
    Item(&'a At<'a>, usize),
}

impl fmt::Display for At<'_> {
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

/// A value as a message repeats it: scalars shortened, and of objects, arrays and secrets only the type.
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

/// A text in JSON quotes, shortened.
pub(crate) fn quoted(text: &str) -> String {
    Value::from(shortened(text)).to_string()
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(ECHO) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn place(at: &str) -> String {
    if at.is_empty() {
        String::new()
    } else {
        format!("{at}: ")
    }
}

fn suggestion(nearest: Option<&str>, known: &[&str]) -> String {
    match (nearest, known.len()) {
        (Some(nearest), _) => format!(" (did you mean {}?)", quoted(nearest)),
        (None, 0) => " (there are none)".to_owned(),
        (None, count) if count <= LISTED => format!(" (there are {})", known.join(", ")),
        (None, _) => String::new(),
    }
}
