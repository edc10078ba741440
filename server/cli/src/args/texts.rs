//! Parts of help texts that depend on the product.

use mcp_server::environment::variable;
use mcp_server::product::product;

/// Returns the names of the APIs: `v1 or v2`.
pub(crate) fn api_names() -> String {
    let mut names: Vec<_> = product().apis.iter().map(|api| api.name).collect();
    names.sort_unstable();
    names.join(" or ")
}

/// Returns the name of the upstream in host names and paths of examples.
pub(crate) fn host() -> String {
    product().env_prefix.to_ascii_lowercase()
}

/// Returns the presets with their titles.
pub(super) fn presets() -> String {
    let presets = product().presets.iter();
    let rows = presets.map(|it| (it.name.to_owned(), it.title.to_owned()));
    table(&rows.collect::<Vec<_>>())
}

/// Formats rows in two aligned columns. A row with an empty name continues the row before.
pub(super) fn table(rows: &[(String, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max();
    let width = width.unwrap_or_default();
    let lines = rows
        .iter()
        .map(|(name, text)| format!("  {name:width$}  {text}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns a row of a table about an environment variable of the product.
pub(super) fn row(name: &str, text: impl Into<String>) -> (String, String) {
    (variable(name), text.into())
}

/// Sign-in of an example.
pub(super) struct SignInExample {
    /// Variables before a command.
    pub(super) shell: String,
    /// Variables as members of a JSON object.
    pub(super) client: String,
    /// Sign-in method as JSON of the management API.
    pub(super) body: &'static str,
    /// Arguments of `account create`.
    pub(super) arguments: String,
}

impl SignInExample {
    /// Returns an example for the first sign-in method that the product supports: password or bearer token.
    pub(super) fn new() -> Self {
        let (user, password, token) = (
            variable("USERNAME"),
            variable("PASSWORD"),
            variable("TOKEN"),
        );
        let host = host();
        if product().has_passwords() {
            Self {
                shell: format!("{user}=admin {password}=…"),
                client: format!("\"{user}\": \"admin\", \"{password}\": \"…\""),
                body: "\"type\": \"password\", \"username\": \"admin\", \"password\": \"…\"",
                arguments: format!("--username mcp --password-file /run/secrets/{host}"),
            }
        } else {
            Self {
                shell: format!("{token}=…"),
                client: format!("\"{token}\": \"…\""),
                body: "\"type\": \"bearer\", \"token\": \"…\"",
                arguments: format!("--token-file /run/secrets/{host}"),
            }
        }
    }
}
