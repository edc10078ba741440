//! Names, APIs, examples and search words of the product that this program serves. Texts about the program and its API are composed from them, so that the server crates serve any API.

use std::sync::OnceLock;

use runtime::Api;
use runtime::api::SignIn;
use runtime::log::LogFormat;
use runtime::selection::Preset;

/// Description of one product: everything in which its program differs from that of another product.
#[derive(Debug)]
pub struct Product {
    /// Name of the program, for example `tidewater-mcp`.
    pub name: &'static str,
    /// Version of the program.
    pub version: &'static str,
    /// APIs that the program has tools for, newest first.
    pub apis: &'static [&'static Api],
    /// Presets: named selections of tools, in the order in which they are offered.
    pub presets: &'static [Preset],
    /// Format of the logs that the upstream returns.
    pub log_format: LogFormat,
    /// Words that a name contains if its value is secret: in logs, the values behind such names are masked if results are redacted.
    pub sensitive_words: &'static [&'static str],
    /// Name that MCP clients show, for example `Tidewater Port Systems`.
    pub title: &'static str,
    /// Description of the program as the end of a sentence, for example `runs a port through Tidewater`.
    pub about: &'static str,
    /// Name of the upstream, for example `Tidewater`.
    pub upstream: &'static str,
    /// Name of one upstream with its article, for example `a Tidewater`.
    pub an_upstream: &'static str,
    /// Prefix of the environment variables, for example `TIDEWATER`.
    pub env_prefix: &'static str,
    /// Pattern for the names of the discovery tools, for example `{verb}_{resource}`.
    pub tool_name_pattern: &'static str,
    /// Name of the list tool whose permission `doctor` checks first; empty if any list tool is suitable.
    pub probe_tool: &'static str,
    /// Words of search queries that differ from those of the catalogue.
    pub synonyms: Synonyms,
    /// Examples in the help texts.
    pub examples: Examples,
}

/// Words of search queries, each with the words that the catalogue uses instead.
#[derive(Debug)]
pub struct Synonyms {
    /// Words in alphabetical order, each with its replacements: `("dataset", "asset")`.
    pub words: &'static [(&'static str, &'static str)],
    /// Phrases in lower case, each with its replacement: `("turn off", "pause")`.
    pub phrases: &'static [(&'static str, &'static str)],
}

impl Synonyms {
    /// No words in addition to those that apply to all catalogues, such as `create` for `add`.
    pub const NONE: Self = Self {
        words: &[],
        phrases: &[],
    };
}

/// Examples in the help texts.
#[derive(Debug)]
pub struct Examples {
    /// Tag of a few tools.
    pub tag: &'static str,
    /// Subject of the tools with this tag, for example `vessels and their calls`.
    pub tag_subject: &'static str,
    /// Names of two tools, separated by a comma.
    pub tools: &'static str,
    /// Name of a tool that needs no arguments.
    pub call: &'static str,
    /// Tool with arguments as typed in a shell.
    pub call_with_arguments: &'static str,
    /// Whole command that reads the arguments from standard input.
    pub call_from_stdin: &'static str,
    /// Name of an account whose bearer token a command prints.
    pub token_account: &'static str,
    /// Service that the command asks for the bearer token.
    pub token_service: &'static str,
    /// Command that prints a bearer token.
    pub token_command: &'static str,
}

/// Product of this process. The value is global, because help texts, log lines and error messages name the product.
static PRODUCT: OnceLock<&'static Product> = OnceLock::new();

/// Sets the product. Only the first call has an effect.
pub fn set_product(product: &'static Product) {
    let _ = PRODUCT.set(product);
}

/// Returns the product of this program.
pub fn product() -> &'static Product {
    PRODUCT.get_or_init(|| &UNNAMED)
}

impl Product {
    /// Returns the name of a discovery tool.
    pub(crate) fn tool_name(&self, verb: &str, resource: &str) -> String {
        let name = self.tool_name_pattern.replace("{verb}", verb);
        name.replace("{resource}", resource)
    }

    /// Returns the name of the product in identifiers that do not permit a hyphen.
    pub fn identifier(&self) -> String {
        self.name.replace('-', "_")
    }

    /// Returns whether any API of the product accepts user names and passwords.
    pub fn has_passwords(&self) -> bool {
        let key = |api: &&Api| matches!(api.sign_in, SignIn::Key { .. });
        !self.apis.iter().all(key)
    }
}

/// Empty product, used until [`set_product`] is called.
#[cfg(not(test))]
static UNNAMED: Product = Product {
    name: "",
    version: "",
    apis: &[],
    presets: &[],
    log_format: runtime::log::PlainText::FORMAT,
    sensitive_words: &[],
    title: "",
    about: "",
    upstream: "",
    an_upstream: "",
    env_prefix: "",
    tool_name_pattern: "",
    probe_tool: "",
    synonyms: Synonyms::NONE,
    examples: Examples {
        tag: "",
        tag_subject: "",
        tools: "",
        call: "",
        call_with_arguments: "",
        call_from_stdin: "",
        token_account: "",
        token_service: "",
        token_command: "",
    },
};

#[cfg(test)]
use crate::tests::sample::PRODUCT as UNNAMED;
