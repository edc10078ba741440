//! Arguments of `account`, `server` and `token`. Secrets are read from the environment, a file or standard input, because the arguments of a program are visible to others.

use clap::{Args, Subcommand, ValueEnum};
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

use mcp_server::environment::variable;
use mcp_server::product::product;

use super::connection::SelectionArgs;
use super::texts::{SignInExample, api_names, host};

/// Gateway and output format.
#[derive(Debug, Args)]
#[command(next_help_heading = "Gateway")]
pub(crate) struct Remote {
    /// URL of the gateway.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = variable("MCP_GATEWAY_URL"),
        default_value = "http://127.0.0.1:8787"
    )]
    pub(crate) gateway_url: String,

    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = variable("MCP_API_TOKEN_FILE"),
        help = format!("File with an API token; to pass the token itself, set {}", variable("MCP_API_TOKEN"))
    )]
    pub(crate) api_token_file: Option<String>,

    /// Print the response of the gateway as JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// Arguments of `account`.
#[derive(Debug, Args)]
pub(crate) struct AccountArgs {
    #[command(subcommand)]
    pub(crate) command: AccountCommand,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// Command of `account`.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    #[command(
        about = format!("Create an account of {}", product().an_upstream),
        after_help = account_examples()
    )]
    Create {
        /// Name, unique in the gateway.
        name: String,
        #[arg(
            long,
            value_name = "URL",
            help = format!("URL of {}, with its path prefix if it has one", product().upstream)
        )]
        url: String,
        #[command(flatten)]
        sign_in: SignIn,
        #[command(flatten)]
        more: AccountMore,
    },
    /// List the accounts.
    List,
    /// Show an account.
    Get {
        /// Id or name of the account.
        account: String,
    },
    /// Change an account. Options that are omitted leave their setting unchanged.
    Update {
        /// Id or name of the account.
        account: String,
        /// New name.
        #[arg(long)]
        name: Option<String>,
        /// New URL.
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        #[command(flatten)]
        sign_in: SignIn,
        #[command(flatten)]
        more: AccountMore,
        /// Trust only the certificate authorities of the gateway's machine.
        #[arg(long, conflicts_with = "ca_certificate")]
        no_ca_certificate: bool,
    },
    /// Delete an account and all its servers.
    Delete {
        /// Id or name of the account.
        account: String,
    },
    /// Check whether the gateway can use the account. The exit code is 1 if a check fails.
    Check {
        /// Id or name of the account.
        account: String,
    },
}

/// Sign-in method of an account. Only one method can be given.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Sign-in")]
pub(crate) struct SignIn {
    #[arg(
        long,
        value_name = "NAME",
        hide = !product().has_passwords(),
        help = format!("User name; by default its password is read from {}", variable("PASSWORD"))
    )]
    pub(crate) username: Option<String>,
    /// File with the password.
    #[arg(long, value_name = "FILE", conflicts_with = "password_stdin", hide = !product().has_passwords())]
    pub(crate) password_file: Option<String>,
    /// Read the password from standard input.
    #[arg(long, hide = !product().has_passwords())]
    pub(crate) password_stdin: bool,
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["token_stdin", "username"],
        help = format!("File with a bearer token, read once; for a new account, {} can contain the token instead", variable("TOKEN"))
    )]
    pub(crate) token_file: Option<String>,
    /// Read a bearer token from standard input.
    #[arg(long, conflicts_with_all = ["username", "password_stdin"])]
    pub(crate) token_stdin: bool,
    /// File on the gateway's machine with a bearer token; read again when it changes. Requires a gateway with --allow-local-credentials.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["username", "token_file", "token_stdin"])]
    pub(crate) gateway_token_file: Option<String>,
    /// Command on the gateway's machine that prints a bearer token. Requires a gateway with --allow-local-credentials.
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["username", "token_file", "token_stdin", "gateway_token_file"])]
    pub(crate) gateway_token_command: Option<String>,
    /// No credentials, or credentials in an added header.
    #[arg(long, conflicts_with_all = ["username", "token_file", "token_stdin", "gateway_token_file", "gateway_token_command"])]
    pub(crate) no_sign_in: bool,
}

/// Further settings of an account.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Account")]
pub(crate) struct AccountMore {
    /// File with headers to add to each request, as a JSON object or as `Name: value` lines.
    #[arg(long, value_name = "FILE")]
    pub(crate) headers_file: Option<String>,
    #[arg(
        long,
        value_name = "API",
        help = format!("API of this {}: {}; detected by default, or if the value is empty", product().upstream, api_names())
    )]
    pub(crate) api: Option<String>,
    #[arg(
        long,
        value_name = "FILE",
        help = format!("File with the private certificate authority of this {} (PEM)", product().upstream)
    )]
    pub(crate) ca_certificate: Option<String>,
}

/// Arguments of `server`.
#[derive(Debug, Args)]
pub(crate) struct ServerArgs {
    #[command(subcommand)]
    pub(crate) command: ServerCommand,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// Command of `server`.
#[derive(Debug, Subcommand)]
pub(crate) enum ServerCommand {
    /// Create an MCP server. Its URL is shown only once.
    #[command(after_help = server_example())]
    Create {
        /// Name of the server.
        name: String,
        /// Id or name of the account.
        #[arg(long)]
        account: String,
        #[command(flatten)]
        selection: SelectionArgs,
        #[command(flatten)]
        expiry: Expiry,
        /// Require an API token in addition to the URL.
        #[arg(long)]
        require_api_token: bool,
        /// Offer three tools that find, describe and call the other tools, instead of all tools.
        #[arg(long, help_heading = "Tools")]
        discover: bool,
    },
    /// List the servers of one account or of all accounts.
    List {
        /// Id or name of an account.
        #[arg(long)]
        account: Option<String>,
    },
    /// Show a server.
    Get(ServerName),
    /// Change a server. Options that are omitted leave their setting unchanged, and the URL does not change.
    #[command(after_help = server_update_examples())]
    Update {
        #[command(flatten)]
        server: ServerName,
        /// New name.
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        selection: SelectionArgs,
        #[command(flatten)]
        expiry: Expiry,
        /// Remove the expiry.
        #[arg(long, conflicts_with_all = ["expires_in", "expires_at"])]
        no_expiry: bool,
        /// Require an API token in addition to the URL.
        #[arg(long, value_name = "true|false")]
        require_api_token: Option<bool>,
        /// Whether to offer three tools that find, describe and call the other tools, instead of all tools.
        #[arg(long, value_name = "true|false", help_heading = "Tools")]
        discover: Option<bool>,
    },
    /// Revoke a server. Its URL is rejected immediately.
    Delete(ServerName),
    /// Give a server a new URL, which is shown only once. The previous URL is rejected immediately.
    Rotate(ServerName),
}

/// Server.
#[derive(Debug, Args)]
pub(crate) struct ServerName {
    /// Id or name of the server.
    pub(crate) server: String,
    /// Id or name of the account; needed if several accounts have a server with this name.
    #[arg(long)]
    pub(crate) account: Option<String>,
}

/// Expiry.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Expiry")]
pub(crate) struct Expiry {
    /// Duration until the expiry: 45m, 12h, 30d.
    #[arg(long, value_name = "DURATION", value_parser = from_now, conflicts_with = "expires_at")]
    pub(crate) expires_in: Option<Timestamp>,
    /// Time of the expiry: 2026-12-31T23:59:59Z.
    #[arg(long, value_name = "TIME")]
    pub(crate) expires_at: Option<Timestamp>,
}

impl Expiry {
    pub(crate) fn time(&self) -> Option<Timestamp> {
        self.expires_in.or(self.expires_at)
    }
}

/// Arguments of `token`.
#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    #[command(subcommand)]
    pub(crate) command: TokenCommand,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// Command of `token`.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Create an API token. It is shown only once.
    Create {
        /// Name of the person or program.
        name: String,
        /// Permissions of the token.
        #[arg(long, value_enum)]
        role: RoleName,
        #[command(flatten)]
        expiry: Expiry,
    },
    /// List the API tokens.
    List,
    /// Revoke an API token. It is rejected immediately.
    Revoke {
        /// Id or name of the token.
        token: String,
    },
}

/// Role of an API token.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum RoleName {
    /// Calls MCP servers that require an API token; nothing else.
    Caller,
    /// Creates and changes MCP servers of existing accounts, and reads the audit log.
    Issuer,
    /// Has all permissions.
    Admin,
}

fn account_examples() -> String {
    let (name, examples) = (product().name, &product().examples);
    format!(
        "Examples:\n  {name} account create production --url https://{}.example.org {}\n  {} | {name} account create {} --url https://… --token-stdin",
        host(),
        SignInExample::new().arguments,
        examples.token_command,
        examples.token_account
    )
}

fn server_example() -> String {
    format!(
        "Example:\n  {} server create 'support agent' --account production --methods read --tags {} --expires-in 30d",
        product().name,
        product().examples.tag
    )
}

fn server_update_examples() -> String {
    let name = product().name;
    format!(
        "Examples:\n  {name} server update 'support agent' --expires-in 30d\n  {name} server update 'support agent' --tags ''    # allows all tags again"
    )
}

fn duration(text: &str) -> Result<SignedDuration, String> {
    text.parse::<Span>()
        .and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()))
        .ok()
        .filter(SignedDuration::is_positive)
        .ok_or_else(|| "give a duration like 45m, 12h or 30d".to_owned())
}

fn from_now(text: &str) -> Result<Timestamp, String> {
    Timestamp::now()
        .checked_add(duration(text)?)
        .map_err(|_| "the time is out of range; give a shorter duration".to_owned())
}

pub(super) fn time_or_ago(text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let ago = duration(text).map_err(|_| {
        "give a time like 2026-12-31T23:59:59Z, or how long ago like 24h".to_owned()
    })?;
    Timestamp::now()
        .checked_sub(ago)
        .map_err(|_| "the time is out of range; give a shorter duration".to_owned())
}
