//! Environment variables of the program.

use crate::product::product;

/// Source of environment variables. Functions take it as a parameter, so that tests need no real variables.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Returns a variable from the environment of this process. A value that is not UTF-8 counts as not set, because no setting has such a value.
pub fn process_environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Returns the full name of an environment variable: `URL` becomes `TIDEWATER_URL`.
pub fn variable(name: &str) -> String {
    format!("{}_{name}", product().env_prefix)
}

/// Removes surrounding white space. An empty value counts as not set, because configuration files of clients cannot leave a variable out.
pub fn set(value: Option<String>) -> Option<String> {
    value
        .map(|value| value.trim().to_owned())
        .filter(|value| !value.is_empty())
}
