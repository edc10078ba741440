//! Types of the command line. Their help texts are the manual of the program, so they are written for users who read nothing else.

use clap::{Args, Parser, Subcommand};

use crate::gateway::key::KeyArgs;
use crate::gateway::options::ServeArgs;
use crate::remote::args::{AccountArgs, AuditArgs, ServerArgs, TokenArgs};

/// MCP server that %ABOUT%.
///
/// It lets an MCP client (Claude, ChatGPT, Cursor, VS Code …) read and change what %AN_API% holds.
///
/// The tools are made from %API%'s own OpenAPI documents; the version of %API% is detected.
#[derive(Debug, Parser)]
#[command(
    name = "%NAME%",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "`--help` says more, with the environment variables and examples.",
    after_long_help = ENVIRONMENT
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const ENVIRONMENT: &str = "\
Environment:
  Everything can be set in the environment, which is how MCP clients do it. A variable that is set
  to nothing counts as not set. Secrets can only be given here, in a file or by a command, since the
  arguments of a program are visible to others.

  %PREFIX%_URL            where %API% is: http://localhost:8080, https://example.org/%HOST%
%LOGIN_VARIABLES%
  %PREFIX%_TOKEN_FILE     or: a file with it, read again when it changes
  %PREFIX%_TOKEN_COMMAND  or: a command that prints it, run again when the token expires
  %PREFIX%_HEADERS        headers to add to each request, as a JSON object or as `Name: value` lines
  %PREFIX%_API            %API_NAMES%; detected if not set
  %PREFIX%_TIMEOUT        seconds that a request to %API% may take; 30 if not set
  %PREFIX%_MCP_LOG        off, error, warn, info, debug or trace; warn if not set, info for serve

  account, server, token and audit talk to a gateway:
  %PREFIX%_MCP_GATEWAY_URL     where it is; http://127.0.0.1:8787 if not set
  %PREFIX%_MCP_API_TOKEN       an API token of it …
  %PREFIX%_MCP_API_TOKEN_FILE  … or a file with one

Examples:
  What a client runs:
    %PREFIX%_URL=http://localhost:8080 %LOGIN% %NAME% stdio

  The entry of a client's configuration file:
    {\"mcpServers\": {\"%HOST%\": {\"command\": \"%NAME%\", \"args\": [\"stdio\"], \"env\": {
      \"%PREFIX%_URL\": \"http://localhost:8080\", %LOGIN_JSON%}}}}

  An agent that may look but not touch, and only at %TAG_MEANS%:
    %NAME% stdio --methods read --tags %TAG%

  %TOKEN_SOURCE%:
    %PREFIX%_TOKEN_COMMAND='%TOKEN_COMMAND%' %NAME% doctor

  A proxy that wants a header of its own:
    %PREFIX%_HEADERS='{\"X-Proxy-Key\": \"…\"}' %NAME% doctor

Exit codes:
  0  done
  1  it failed: the call, a check of doctor
  2  the settings or the arguments make no sense; nothing was sent";

const SERVE: &str = "\
Environment:
  DATABASE_URL                 postgres://… to keep everything there instead of in a file; any number
                               of gateways can share it
  %PREFIX%_MCP_KEY              key that encrypts credentials: 32 bytes in base64
  %PREFIX%_MCP_KEY_COMMAND      or: a command that prints it
  %PREFIX%_MCP_LOG              off, error, warn, info, debug or trace; info if not set
  OTEL_EXPORTER_OTLP_ENDPOINT  where traces go; the other variables of OpenTelemetry count too

Paths:
  /                            the admin page
  /openapi.json                the management API
  /mcp/<token>                 MCP servers
  /healthz /readyz /metrics    for operations; who may not see them has to be kept out by a proxy

SIGTERM and SIGINT end it: calls in flight may finish, for at most 30 seconds or until a second signal.

Examples:
  On this machine, then an account and a URL for an agent that may only read:
    %NAME% serve
    curl -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\
      -d '{\"name\": \"local\", \"base_url\": \"http://localhost:8080\", \"auth\": {%LOGIN_AUTH%}}' \\
      http://127.0.0.1:8787/integrated-account
    curl -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\
      -d '{\"name\": \"agent\", \"config\": {\"methods\": [\"read\"]}, \"expires_at\": \"2027-01-01T00:00:00Z\"}' \\
      http://127.0.0.1:8787/integrated-account/$ID/mcp

  Behind a proxy that does TLS:
    %NAME% serve --public-url https://%NAME%.example.org --trusted-proxy 10.0.0.0/8";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve one %API% to the MCP client that started this program.
    ///
    /// Speaks MCP 2026-07-28 and all older revisions on standard input and output.
    ///
    /// Ends when its input ends. The log goes to standard error.
    Stdio {
        #[command(flatten)]
        connected: Connected,

        /// Offer three tools instead of all: one finds tools, one describes a tool, one calls it.
        ///
        /// For clients that show their model every tool at once. What can be called stays the same, also by its own name.
        #[arg(long, help_heading = "Tools")]
        discover: bool,
    },

    /// Serve many %API%s over HTTP, under URLs that are scoped, expire and can be revoked.
    ///
    /// Speaks MCP 2026-07-28 and all older revisions with streamable HTTP. Accounts and URLs are made over its management API; the first start prints the API token for it. The log goes to standard error.
    #[command(after_long_help = SERVE)]
    Serve(Box<ServeArgs>),

    /// Print the tools and what they cost a model.
    ///
    /// Needs no %API%. The last lines are the sizes of what a model reads of them.
    Tools {
        /// Print all that is known of each tool, with its schemas and its HTTP request, as a JSON array.
        #[arg(long)]
        json: bool,

        /// API to print the tools of: %API_NAMES%; the newest if left out.
        #[arg(long, value_name = "API", env = "%PREFIX%_API", hide_env_values = true)]
        api: Option<String>,

        #[command(flatten)]
        selection: SelectionArgs,

        /// Print the three tools of `stdio --discover` instead.
        #[arg(long, help_heading = "Tools")]
        discover: bool,
    },

    /// Call one tool and print its result.
    ///
    /// Standard output gets the structured content: in a readable form on a terminal, else as one line.
    ///
    /// If the call failed this is the error object, and the exit code is 1.
    #[command(after_help = "\
Examples:
  %NAME% call %TOOL%
  %NAME% call %CALL_1%
  %CALL_2%")]
    Call {
        /// Name of the tool; `%NAME% tools` prints them.
        tool: String,

        /// Arguments as a JSON object; `-` reads them from standard input, nothing means none.
        #[arg(value_name = "JSON|-", allow_hyphen_values = true)]
        arguments: Option<String>,

        #[command(flatten)]
        connected: Connected,
    },

    /// Check the settings, the connection, the sign-in and the permissions.
    ///
    /// A line for each check; for one that failed also what to do. The exit code is 1 if one failed.
    Doctor(Connected),

    /// Add, change and check the %API%s of a running gateway.
    Account(Box<AccountArgs>),

    /// Make, change and revoke the URLs of a running gateway.
    Server(Box<ServerArgs>),

    /// Make and revoke the API tokens of a running gateway.
    Token(TokenArgs),

    /// Read the audit log of a running gateway.
    Audit(Box<AuditArgs>),

    /// Change the key that a gateway encrypts credentials with.
    Key(KeyArgs),
}

/// Options of everything that talks to %AN_API%.
#[derive(Debug, Clone, Args)]
pub(crate) struct Connected {
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,

    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
}

/// Which %API%, and how to sign in. What is secret is read from the environment alone.
#[derive(Debug, Default, Clone, Args)]
#[command(next_help_heading = "%API%")]
pub(crate) struct ConnectionArgs {
    /// Where %API% is, with the path it is served under.
    ///
    /// Examples: `http://localhost:8080`, `https://example.org/%HOST%`.
    #[arg(long, value_name = "URL", env = "%PREFIX%_URL", hide_env_values = true)]
    pub(crate) url: Option<String>,

    /// User name to sign in with; the password is read from %PREFIX%_PASSWORD.
    #[arg(
        long,
        value_name = "NAME",
        env = "%PREFIX%_USERNAME",
        hide_env_values = true
    )]
    pub(crate) username: Option<String>,

    /// File with a bearer token, read again when it changes.
    ///
    /// Example: `/run/secrets/%HOST%-token`. A token itself is given as %PREFIX%_TOKEN.
    #[arg(
        long,
        value_name = "FILE",
        env = "%PREFIX%_TOKEN_FILE",
        hide_env_values = true
    )]
    pub(crate) token_file: Option<String>,

    /// Shell command that prints a bearer token, run again when the token expires.
    ///
    /// Example: `%TOKEN_COMMAND%`.
    #[arg(
        long,
        value_name = "COMMAND",
        env = "%PREFIX%_TOKEN_COMMAND",
        hide_env_values = true
    )]
    pub(crate) token_command: Option<String>,

    /// API of this %API%, %API_CODES%; detected if left out.
    #[arg(long, value_name = "API", env = "%PREFIX%_API", hide_env_values = true)]
    pub(crate) api: Option<String>,

    /// Seconds that a request to %API% may take; 30 if left out.
    ///
    /// Examples: `10`, `0.5`.
    #[arg(
        long,
        value_name = "SECONDS",
        env = "%PREFIX%_TIMEOUT",
        hide_env_values = true
    )]
    pub(crate) timeout: Option<String>,
}

/// Which tools there are. A tool has to satisfy each option that is given.
#[derive(Debug, Default, Clone, Args)]
#[command(next_help_heading = "Tools")]
pub(crate) struct SelectionArgs {
    /// Only tools of these methods: read, write, list, get, create, update, delete or another verb.
    ///
    /// What is not selected is neither listed nor can it be called.
    ///
    /// Examples: `read`, `list,get,create`.
    #[arg(long, value_name = "METHODS", value_delimiter = ',')]
    pub(crate) methods: Vec<String>,

    /// Only tools with one of these tags.
    ///
    /// Example: `%TAG%`.
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    pub(crate) tags: Vec<String>,

    /// Only the tools with these names.
    ///
    /// Example: `%TOOLS%`.
    #[arg(long, value_name = "TOOLS", value_delimiter = ',')]
    pub(crate) tools: Vec<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
