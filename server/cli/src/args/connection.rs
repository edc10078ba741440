//! Arguments of the commands that use an upstream.

use clap::Args;
use mcp_server::environment::variable;
use mcp_server::product::product;

use super::texts::{api_names, host, presets};

/// Upstream and selection of tools.
#[derive(Debug, Clone, Args)]
pub(crate) struct ConnectArgs {
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,

    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
}

/// Upstream and sign-in method. Secrets are read only from the environment.
#[derive(Debug, Default, Clone, Args)]
#[command(next_help_heading = product().upstream)]
pub(crate) struct ConnectionArgs {
    #[arg(
        long,
        value_name = "URL",
        env = variable("URL"),
        long_help = format!(
            "URL of {}, with its path prefix if it has one.\n\nExamples: `http://localhost:8080`, `https://example.org/{}`.",
            product().upstream,
            host()
        )
    )]
    pub(crate) url: Option<String>,

    #[arg(
        long,
        value_name = "NAME",
        env = variable("USERNAME"),
        hide = !product().has_passwords(),
        help = format!("User name for the sign-in; the password is read from {}", variable("PASSWORD"))
    )]
    pub(crate) username: Option<String>,

    #[arg(
        long,
        value_name = "FILE",
        env = variable("TOKEN_FILE"),
        long_help = format!(
            "File with a bearer token; read again when it changes.\n\nExample: `/run/secrets/{}-token`. To pass the token itself, set {}.",
            host(),
            variable("TOKEN")
        )
    )]
    pub(crate) token_file: Option<String>,

    #[arg(
        long,
        value_name = "COMMAND",
        env = variable("TOKEN_COMMAND"),
        long_help = format!(
            "Shell command that prints a bearer token; run again when the token expires.\n\nExample: `{}`.",
            product().examples.token_command
        )
    )]
    pub(crate) token_command: Option<String>,

    #[arg(
        long,
        value_name = "API",
        env = variable("API"),
        help = format!("API of this {}: {}; detected by default", product().upstream, api_names())
    )]
    pub(crate) api: Option<String>,

    #[arg(
        long,
        value_name = "SECONDS",
        env = variable("TIMEOUT"),
        long_help = format!(
            "Maximum duration of a request to {} in seconds; 30 by default.\n\nExamples: `10`, `0.5`.",
            product().upstream
        )
    )]
    pub(crate) timeout: Option<String>,
}

/// Selection of tools. A tool must satisfy each given option.
#[derive(Debug, Default, Clone, Args)]
#[command(next_help_heading = "Tools")]
pub(crate) struct SelectionArgs {
    #[arg(
        long,
        value_name = "NAME",
        hide = product().presets.is_empty(),
        long_help = format!("Only tools in this preset.\n\nPresets:\n{}", presets())
    )]
    pub(crate) preset: Option<String>,

    /// Only tools with these methods: read, write, list, get, create, update, delete or another verb.
    ///
    /// Other tools are neither listed nor callable.
    ///
    /// Examples: `read`, `list,get,create`.
    #[arg(long, value_name = "METHODS", value_delimiter = ',')]
    pub(crate) methods: Vec<String>,

    #[arg(
        long,
        value_name = "TAGS",
        value_delimiter = ',',
        long_help = format!("Only tools with one of these tags.\n\nExample: `{}`.", product().examples.tag)
    )]
    pub(crate) tags: Vec<String>,

    #[arg(
        long,
        value_name = "TOOLS",
        value_delimiter = ',',
        long_help = format!("Only the tools with these names.\n\nExample: `{}`.", product().examples.tools)
    )]
    pub(crate) tools: Vec<String>,

    #[arg(
        long,
        value_name = "TAGS",
        value_delimiter = ',',
        long_help = format!("No tools with one of these tags.\n\nExample: `{}`.", product().examples.tag)
    )]
    pub(crate) exclude_tags: Vec<String>,

    #[arg(
        long,
        value_name = "TOOLS",
        value_delimiter = ',',
        long_help = format!("Not the tools with these names.\n\nExample: `{}`.", product().examples.tools)
    )]
    pub(crate) exclude_tools: Vec<String>,

    /// Include tools with the tag `secrets`, whose arguments or results can contain secrets.
    ///
    /// If another option restricts the tools, such a tool is offered only with this option, or if `--tags secrets`, `--tools` or `--preset` names it.
    #[arg(
        long,
        value_name = "true|false",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub(crate) include_secrets: Option<bool>,
}
