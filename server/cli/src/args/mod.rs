//! Types of the command line. Their help texts are the manual of the program, so they are written for users who read nothing else.

pub(crate) mod audit;
pub(crate) mod connection;
pub(crate) mod key;
pub(crate) mod remote;
pub(crate) mod serve;
pub(crate) mod texts;

use clap::builder::StyledStr;
use clap::{Parser, Subcommand};
use mcp_server::environment::variable;
use mcp_server::product::product;

use self::audit::AuditArgs;
use self::connection::{ConnectArgs, SelectionArgs};
use self::key::KeyArgs;
use self::remote::{AccountArgs, ServerArgs, TokenArgs};
use self::serve::ServeArgs;
use self::texts::{SignInExample, api_names, host, row, table};

/// Command line of the program.
#[derive(Debug, Parser)]
#[command(
    name = product().name,
    version = product().version,
    long_about = long_about(),
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "`--help` prints more, with the environment variables and examples.",
    after_long_help = environment()
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Returns the command with the help texts that follow from others: the short help is the first line of the long one. The values of environment variables are hidden, because they can be secret.
pub(crate) fn completed(mut command: clap::Command) -> clap::Command {
    let first_line = |text: &StyledStr| {
        let text = text.to_string();
        let line = text.lines().next().unwrap_or_default();
        line.trim_end_matches('.').to_owned()
    };
    if let Some(long) = command.get_long_about() {
        let about = first_line(long);
        command = command.about(about);
    }
    let argument = |argument: clap::Arg| {
        let argument = argument.hide_env_values(true);
        match (argument.get_help(), argument.get_long_help()) {
            (None, Some(long)) => {
                let help = first_line(long);
                argument.help(help)
            }
            _ => argument,
        }
    };
    command.mut_args(argument).mut_subcommands(completed)
}

fn long_about() -> String {
    let product = product();
    format!(
        "MCP server that {}.\n\nMCP clients (Claude, ChatGPT, Cursor, VS Code …) use it to read and change {}.\n\nThe tools are generated from {}'s own OpenAPI documents; the version of {} is detected.",
        product.about, product.an_upstream, product.upstream, product.upstream
    )
}

fn environment() -> String {
    let product = product();
    let (name, upstream, examples) = (product.name, product.upstream, &product.examples);
    let (host, sign_in) = (host(), SignInExample::new());
    let mut rows = vec![row(
        "URL",
        format!("URL of {upstream}: http://localhost:8080, https://example.org/{host}"),
    )];
    if product.has_passwords() {
        rows.push(row("USERNAME", "user name for the sign-in …"));
        rows.push(row("PASSWORD", "… and its password"));
        rows.push(row("TOKEN", "or: a bearer token"));
    } else {
        rows.push(row("TOKEN", "the key for the sign-in"));
    }
    rows.extend([
        row(
            "TOKEN_FILE",
            "or: a file with the token; read again when it changes",
        ),
        row(
            "TOKEN_COMMAND",
            "or: a command that prints the token; run again when the token expires",
        ),
        row(
            "HEADERS",
            "headers to add to each request, as a JSON object or as `Name: value` lines",
        ),
        row("API", format!("{}; detected by default", api_names())),
        row(
            "TIMEOUT",
            format!("maximum duration of a request to {upstream} in seconds; 30 by default"),
        ),
        row(
            "MCP_LOG",
            "off, error, warn, info, debug or trace; warn by default, info for serve",
        ),
    ]);
    let gateway = [
        row(
            "MCP_GATEWAY_URL",
            "URL of the gateway; http://127.0.0.1:8787 by default",
        ),
        row("MCP_API_TOKEN", "an API token of the gateway …"),
        row("MCP_API_TOKEN_FILE", "… or a file with one"),
    ];
    format!(
        "\
Environment:
  Each setting can be given as an environment variable, as MCP clients do. A variable with an empty
  value counts as not set. Secrets can be given only in the environment, in a file or by a command,
  because other users can see the arguments of a program.

{}

  account, server, token and audit use a gateway:
{}

Examples:
  Command that a client runs:
    {}=http://localhost:8080 {} {name} stdio

  Entry in the configuration file of a client:
    {{\"mcpServers\": {{\"{host}\": {{\"command\": \"{name}\", \"args\": [\"stdio\"], \"env\": {{
      \"{}\": \"http://localhost:8080\", {}}}}}}}}}

  An agent that only reads, and only {}:
    {name} stdio --methods read --tags {}

  {}:
    {}='{}' {name} doctor

  A proxy that requires a header:
    {}='{{\"X-Proxy-Key\": \"…\"}}' {name} doctor

Exit codes:
  0  success
  1  the call or a check of doctor failed
  2  invalid settings or arguments; nothing was sent",
        table(&rows),
        table(&gateway),
        variable("URL"),
        sign_in.shell,
        variable("URL"),
        sign_in.client,
        examples.tag_subject,
        examples.tag,
        examples.token_service,
        variable("TOKEN_COMMAND"),
        examples.token_command,
        variable("HEADERS"),
    )
}

fn serve_environment() -> String {
    let name = product().name;
    let plain = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let rows = [
        plain(
            "DATABASE_URL",
            "postgres://… to store everything in PostgreSQL instead of a file; any number",
        ),
        plain("", "of gateways can share it"),
        row(
            "MCP_KEY",
            "key that encrypts credentials: 32 bytes in base64",
        ),
        row("MCP_KEY_COMMAND", "or: a command that prints the key"),
        row(
            "MCP_LOG",
            "off, error, warn, info, debug or trace; info by default",
        ),
        plain(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "receiver of traces; the other variables of OpenTelemetry apply, too",
        ),
    ];
    format!(
        "\
Environment:
{}

Paths:
  /                            admin page
  /openapi.json                description of the management API
  /mcp/<token>                 MCP servers
  /healthz /readyz /metrics    for monitoring; restrict access with a proxy

SIGTERM and SIGINT stop the gateway. Calls in flight may finish, for at most 30 seconds or until a second signal.

Examples:
  On this machine, then an account and a URL for an agent that may only read:
    {name} serve
    curl -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\
      -d '{{\"name\": \"local\", \"base_url\": \"http://localhost:8080\", \"auth\": {{{}}}}}' \\
      http://127.0.0.1:8787/integrated-account
    curl -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\
      -d '{{\"name\": \"agent\", \"config\": {{\"methods\": [\"read\"]}}, \"expires_at\": \"2027-01-01T00:00:00Z\"}}' \\
      http://127.0.0.1:8787/integrated-account/$ID/mcp

  Behind a proxy that terminates TLS:
    {name} serve --public-url https://{name}.example.org --trusted-proxy 10.0.0.0/8",
        table(&rows),
        SignInExample::new().body,
    )
}

fn call_examples() -> String {
    let (name, examples) = (product().name, &product().examples);
    format!(
        "Examples:\n  {name} call {}\n  {name} call {}\n  {}",
        examples.call, examples.call_with_arguments, examples.call_from_stdin
    )
}

/// Command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(
        long_about = format!(
            "Serve one {} to the MCP client that started this program.\n\nSupports MCP 2026-07-28 and all older revisions on standard input and output.\n\nStops at the end of its input. The log goes to standard error.",
            product().upstream
        )
    )]
    Stdio {
        #[command(flatten)]
        connect: ConnectArgs,

        /// Offer three tools instead of all: one finds tools, one describes a tool, one calls a tool.
        ///
        /// For clients that pass all tools to their model at once. The same tools can be called as without this option, also by their own names.
        #[arg(long, help_heading = "Tools")]
        discover: bool,
    },

    #[command(
        long_about = format!(
            "Serve many {}s over HTTP, at URLs that are scoped, expire and can be revoked.\n\nSupports MCP 2026-07-28 and all older revisions with streamable HTTP. Accounts and URLs are created with the management API or the admin page; the first start prints the API token for both. The log goes to standard error.",
            product().upstream
        ),
        after_long_help = serve_environment()
    )]
    Serve(Box<ServeArgs>),

    #[command(
        long_about = format!(
            "Print the tools and their sizes.\n\nDoes not connect to {}. The last lines are the sizes of the texts that a model reads.",
            product().upstream
        )
    )]
    Tools {
        /// Print each tool with its schemas and its HTTP request, as a JSON array.
        #[arg(long)]
        json: bool,

        #[arg(
            long,
            value_name = "API",
            env = variable("API"),
            help = format!("API whose tools are printed: {}; the newest by default", api_names())
        )]
        api: Option<String>,

        #[command(flatten)]
        selection: SelectionArgs,

        /// Print the three tools of `stdio --discover` instead.
        #[arg(long, help_heading = "Tools")]
        discover: bool,
    },

    /// Call one tool and print its result.
    ///
    /// The structured content goes to standard output: indented on a terminal, otherwise on one line.
    ///
    /// If the call fails, the error object is printed and the exit code is 1.
    #[command(after_help = call_examples())]
    Call {
        #[arg(help = format!("Name of the tool; `{} tools` prints the names", product().name))]
        tool: String,

        /// Arguments as a JSON object; `-` reads them from standard input; none by default.
        #[arg(value_name = "JSON|-", allow_hyphen_values = true)]
        arguments: Option<String>,

        #[command(flatten)]
        connect: ConnectArgs,
    },

    /// Check the settings, the connection, the sign-in and the permissions.
    ///
    /// Prints one line for each check, and for a failed check also what to do. The exit code is 1 if a check failed.
    Doctor(ConnectArgs),

    #[command(about = format!("Create, change and check the {}s of a running gateway", product().upstream))]
    Account(Box<AccountArgs>),

    /// Create, change and revoke the MCP servers of a running gateway.
    Server(Box<ServerArgs>),

    /// Create and revoke the API tokens of a running gateway.
    Token(TokenArgs),

    /// Read the audit log of a running gateway.
    Audit(Box<AuditArgs>),

    /// Change the key with which a gateway encrypts credentials.
    Key(KeyArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
