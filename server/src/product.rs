//! Which product this program is: its names and its APIs. All that the server says of itself and of the API it stands for is made of it, so that it serves any API that tools were generated for.
//!
//! Texts of the server have places for its words: `%API%`, `%NAME%` and so on, see [`Product::fill`].

use std::sync::OnceLock;

use runtime::Api;
use runtime::api::SignIn;

mod command;
pub(crate) use command::command;

/// A server for one product: what differs from that for another.
#[derive(Debug)]
pub struct Product {
    /// The name of the program: `airflow-mcp`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The APIs that it has tools for, the newest first.
    pub apis: &'static [&'static Api],
    /// What MCP clients show as the name of the server: `Apache Airflow`.
    pub title: &'static str,
    /// What it does, as the end of a sentence: `administers Apache Airflow 2 and 3`.
    pub about: &'static str,
    /// What one calls the API: `Airflow`.
    pub api: &'static str,
    /// What one calls a server of it: `an Airflow`.
    pub an_api: &'static str,
    /// What variables of the environment begin with: `AIRFLOW`.
    pub prefix: &'static str,
    /// The names of the tools that find tools: `{verb}_apacheairflow_{resource}`.
    pub tool_names: &'static str,
    /// The tool whose permission one needs first; empty if any will do.
    pub probe: &'static str,
    /// What people say to a search for tools, where the catalogue has other words.
    pub words: Words,
    /// What the manual shows.
    pub examples: Examples,
}

/// Words that mean the same to a search for tools as those of the catalogue.
#[derive(Debug)]
pub struct Words {
    /// A word, in the order of the alphabet, and the words for it: `("dataset", "asset")`.
    pub same: &'static [(&'static str, &'static str)],
    /// A turn of phrase in lower case, and the words for it: `("turn off", "pause")`.
    pub phrases: &'static [(&'static str, &'static str)],
}

impl Words {
    /// None beside those that all catalogues have in common: `add` is `create`.
    pub const NONE: Self = Self {
        same: &[],
        phrases: &[],
    };
}

/// Examples for the manual.
#[derive(Debug)]
pub struct Examples {
    /// A tag, and what its tools are for.
    pub tag: (&'static str, &'static str),
    /// The names of two tools, with a comma between.
    pub tools: &'static str,
    /// A tool with its arguments as one would type them, each but the first; the last gets them from standard input.
    pub calls: [&'static str; 3],
    /// Where tokens come from, in a word and in full, and the command that prints one.
    pub token: (&'static str, &'static str, &'static str),
}

/// One program is one product, and every line that it writes may name it.
static PRODUCT: OnceLock<&'static Product> = OnceLock::new();

/// Says which one this is, once, at the start.
pub(crate) fn start(product: &'static Product) {
    let _ = PRODUCT.set(product);
}

/// The product that this program is.
pub(crate) fn product() -> &'static Product {
    PRODUCT.get_or_init(|| &UNNAMED)
}

/// A text of the server with the words of the product.
pub(crate) fn words(text: &str) -> String {
    product().fill(text)
}

/// The name of a variable of the environment: `URL` is `AIRFLOW_URL`.
pub(crate) fn variable(name: &str) -> String {
    format!("{}_{name}", product().prefix)
}

impl Product {
    /// A text with this product's words where it has places for them.
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

    /// How one signs in: before a command, in JSON variables, in JSON as a gateway has it, as arguments, and as the variables that there are.
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

    /// Whether any of its APIs takes user names and passwords.
    pub(crate) fn has_passwords(&self) -> bool {
        let key = |api: &&Api| matches!(api.sign_in, SignIn::Key { .. });
        !self.apis.iter().all(key)
    }
}

/// What there is before the start, which no command sees; tests do.
#[cfg(not(test))]
static UNNAMED: Product = Product {
    name: "",
    version: "",
    apis: &[],
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
