//! Names and APIs of the product that this program serves. All texts about the program and its API are made from them, so that the program can serve any API with generated tools.
//!
//! Texts contain placeholders for these words, such as `%API%` and `%NAME%`; see [`Product::fill`].

use std::sync::OnceLock;

use runtime::Api;
use runtime::api::SignIn;
use runtime::log::LogFormat;

mod command;
pub(crate) use command::command;

/// Description of one product: everything in which its program differs from that of another product.
#[derive(Debug)]
pub struct Product {
    /// Name of the program, for example `airflow-mcp`.
    pub name: &'static str,
    /// Version of the program.
    pub version: &'static str,
    /// APIs that the program has tools for, newest first.
    pub apis: &'static [&'static Api],
    /// Format of the logs that the upstream returns.
    pub log_format: LogFormat,
    /// Name that MCP clients show, for example `Apache Airflow`.
    pub title: &'static str,
    /// Description of the program as the end of a sentence, for example `administers Apache Airflow 2 and 3`.
    pub about: &'static str,
    /// Name of the API, for example `Airflow`.
    pub api: &'static str,
    /// Name of one upstream, for example `an Airflow`.
    pub an_api: &'static str,
    /// Prefix of the environment variables, for example `AIRFLOW`.
    pub prefix: &'static str,
    /// Pattern for the names of the discovery tools, for example `{verb}_apacheairflow_{resource}`.
    pub tool_names: &'static str,
    /// Name of the list tool whose permission `doctor` checks first; empty if any list tool is suitable.
    pub probe: &'static str,
    /// Words of search queries that differ from those of the catalogue.
    pub words: Words,
    /// Examples in the help texts.
    pub examples: Examples,
}

/// Words of search queries, each with the words that the catalogue uses instead.
#[derive(Debug)]
pub struct Words {
    /// Words in alphabetical order, each with its replacements: `("dataset", "asset")`.
    pub same: &'static [(&'static str, &'static str)],
    /// Phrases in lower case, each with its replacement: `("turn off", "pause")`.
    pub phrases: &'static [(&'static str, &'static str)],
}

impl Words {
    /// No words in addition to those that apply to all catalogues, such as `create` for `add`.
    pub const NONE: Self = Self {
        same: &[],
        phrases: &[],
    };
}

/// Examples in the help texts.
#[derive(Debug)]
pub struct Examples {
    /// Tag, and a description of its tools.
    pub tag: (&'static str, &'static str),
    /// Names of two tools, separated by a comma.
    pub tools: &'static str,
    /// Three calls: the name of a tool, a tool with arguments as typed in a shell, and a whole command that reads the arguments from standard input.
    pub calls: [&'static str; 3],
    /// Source of bearer tokens as one word and in full, and a command that prints a bearer token.
    pub token: (&'static str, &'static str, &'static str),
}

/// Product of this process. The value is global, because every line of output may name the product.
static PRODUCT: OnceLock<&'static Product> = OnceLock::new();

/// Sets the product. Only the first call has an effect.
pub(crate) fn start(product: &'static Product) {
    let _ = PRODUCT.set(product);
}

/// Returns the product of this program.
pub(crate) fn product() -> &'static Product {
    PRODUCT.get_or_init(|| &UNNAMED)
}

/// Replaces the placeholders of a text with the words of the product.
pub(crate) fn words(text: &str) -> String {
    product().fill(text)
}

/// Returns the full name of an environment variable: `URL` becomes `AIRFLOW_URL`.
pub(crate) fn variable(name: &str) -> String {
    format!("{}_{name}", product().prefix)
}

impl Product {
    /// Replaces the placeholders of a text with the words of this product.
    pub(crate) fn fill(&self, text: &str) -> String {
        let mut names: Vec<_> = self.apis.iter().map(|api| api.name).collect();
        names.sort_unstable();
        let codes: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        let host = self.prefix.to_ascii_lowercase();
        let examples = &self.examples;
        let tool = |verb: &str, resource: &str| {
            let named = self.tool_names.replace("{verb}", verb);
            named.replace("{resource}", resource)
        };
        let [login, login_json, login_auth, login_file, login_variables] = self.logins();
        let pairs = [
            ("%NAME%", self.name),
            ("%TITLE%", self.title),
            ("%ABOUT%", self.about),
            ("%API%", self.api),
            ("%AN_API%", self.an_api),
            ("%PREFIX%", self.prefix),
            ("%HOST%", &host),
            ("%API_NAMES%", &names.join(" or ")),
            ("%API_CODES%", &codes.join(" or ")),
            ("%API_NAME%", names.last().copied().unwrap_or_default()),
            ("%LOGIN%", &login),
            ("%LOGIN_JSON%", &login_json),
            ("%LOGIN_AUTH%", &login_auth),
            ("%LOGIN_FILE%", &login_file),
            ("%LOGIN_VARIABLES%", &login_variables),
            ("%TAG%", examples.tag.0),
            ("%TAG_MEANS%", examples.tag.1),
            ("%TOOLS%", examples.tools),
            ("%TOOL%", examples.calls[0]),
            ("%CALL_1%", examples.calls[1]),
            ("%CALL_2%", examples.calls[2]),
            ("%TOKEN_FROM%", examples.token.0),
            ("%TOKEN_SOURCE%", examples.token.1),
            ("%TOKEN_COMMAND%", examples.token.2),
            ("%FIND%", &tool("find", "tools")),
            ("%DESCRIBE%", &tool("describe", "tool")),
            ("%CALL%", &tool("call", "tool")),
        ];
        let mut filled = text.to_owned();
        if filled.contains('%') {
            for (place, word) in pairs {
                filled = filled.replace(place, word);
            }
        }
        filled
    }

    /// Returns examples of a sign-in: before a command, as JSON with environment variables, as JSON of the management API, as arguments, and as a list of the environment variables.
    fn logins(&self) -> [String; 5] {
        let prefix = self.prefix;
        let host = prefix.to_ascii_lowercase();
        match self.has_passwords() {
            true => [
                format!("{prefix}_USERNAME=admin {prefix}_PASSWORD=…"),
                format!("\"{prefix}_USERNAME\": \"admin\", \"{prefix}_PASSWORD\": \"…\""),
                "\"type\": \"password\", \"username\": \"admin\", \"password\": \"…\"".to_owned(),
                format!("--username mcp --password-file /run/secrets/{host}"),
                format!(
                    "  {prefix}_USERNAME  signs in with a user name …\n  {prefix}_PASSWORD  … and its password\n  {prefix}_TOKEN  or: a bearer token"
                ),
            ],
            false => [
                format!("{prefix}_TOKEN=…"),
                format!("\"{prefix}_TOKEN\": \"…\""),
                "\"type\": \"bearer\", \"token\": \"…\"".to_owned(),
                format!("--token-file /run/secrets/{host}"),
                format!("  {prefix}_TOKEN  the key that signs in"),
            ],
        }
    }

    /// Returns whether any API of the product accepts user names and passwords.
    pub(crate) fn has_passwords(&self) -> bool {
        let key = |api: &&Api| matches!(api.sign_in, SignIn::Key { .. });
        !self.apis.iter().all(key)
    }
}

/// Empty product, used until [`start`] is called. Commands run only afterwards. Tests use the product of Airflow instead.
#[cfg(not(test))]
static UNNAMED: Product = Product {
    name: "",
    version: "",
    apis: &[],
    log_format: runtime::log::PlainText::FORMAT,
    title: "",
    about: "",
    api: "",
    an_api: "",
    prefix: "",
    tool_names: "",
    probe: "",
    words: Words::NONE,
    examples: Examples {
        tag: ("", ""),
        tools: "",
        calls: ["", "", ""],
        token: ("", "", ""),
    },
};

#[cfg(test)]
use sample::PRODUCT as UNNAMED;

#[cfg(test)]
#[path = "../../airflow-mcp/src/product.rs"]
mod sample;
