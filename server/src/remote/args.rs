//! Arguments of `account`, `server`, `token` and `audit`. Secrets are read from the environment, a file or standard input, because the arguments of a program are visible to others.

use clap::{Args, Subcommand, ValueEnum};
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

use crate::cli::SelectionArgs;

/// Which gateway, and how to print.
#[derive(Debug, Args)]
#[command(next_help_heading = "Gateway")]
pub(crate) struct Remote {
    /// Where the gateway is.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "%PREFIX%_MCP_GATEWAY_URL",
        hide_env_values = true,
        default_value = "http://127.0.0.1:8787"
    )]
    pub(crate) gateway_url: String,

    /// File with an API token; a token itself is given as %PREFIX%_MCP_API_TOKEN.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "%PREFIX%_MCP_API_TOKEN_FILE",
        hide_env_values = true
    )]
    pub(crate) api_token_file: Option<String>,

    /// Print what the gateway answers, as JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// `%NAME% account`.
#[derive(Debug, Args)]
pub(crate) struct AccountArgs {
    #[command(subcommand)]
    pub(crate) command: AccountCommand,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Add %AN_API%.
    #[command(after_help = "\
Examples:
  %NAME% account create production --url https://%HOST%.example.org %LOGIN_FILE%
  %TOKEN_COMMAND% | %NAME% account create %TOKEN_FROM% --url https://… --token-stdin")]
    Create {
        /// Name, unique in the gateway.
        name: String,
        /// Where %API% is, with the path it is served under.
        #[arg(long, value_name = "URL")]
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
        /// Its id or name.
        account: String,
    },
    /// Change an account; what is not given stays.
    Update {
        /// Its id or name.
        account: String,
        /// Another name.
        #[arg(long)]
        name: Option<String>,
        /// Another address.
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        #[command(flatten)]
        sign_in: SignIn,
        #[command(flatten)]
        more: AccountMore,
        /// Trust the certificate authorities of the gateway's machine only.
        #[arg(long, conflicts_with = "ca_certificate")]
        no_ca_certificate: bool,
    },
    /// Delete an account with all its servers.
    Delete {
        /// Its id or name.
        account: String,
    },
    /// Let the gateway sign in, and show what works; the exit code is 1 if something does not.
    Check {
        /// Its id or name.
        account: String,
    },
}

/// How an account signs in. One way at a time.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Sign-in")]
pub(crate) struct SignIn {
    /// User name; its password is in %PREFIX%_PASSWORD unless given otherwise.
    #[arg(long, value_name = "NAME")]
    pub(crate) username: Option<String>,
    /// File with the password.
    #[arg(long, value_name = "FILE", conflicts_with = "password_stdin")]
    pub(crate) password_file: Option<String>,
    /// Read the password from standard input.
    #[arg(long)]
    pub(crate) password_stdin: bool,
    /// File with a bearer token, read now; %PREFIX%_TOKEN does it too when an account is created.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["token_stdin", "username"])]
    pub(crate) token_file: Option<String>,
    /// Read a bearer token from standard input.
    #[arg(long, conflicts_with_all = ["username", "password_stdin"])]
    pub(crate) token_stdin: bool,
    /// File of the gateway's machine with a bearer token, read again when it changes; the gateway has to run with --allow-local-credentials.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["username", "token_file", "token_stdin"])]
    pub(crate) gateway_token_file: Option<String>,
    /// Command of the gateway's machine that prints a bearer token; the gateway has to run with --allow-local-credentials.
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["username", "token_file", "token_stdin", "gateway_token_file"])]
    pub(crate) gateway_token_command: Option<String>,
    /// No sign-in, or one by an added header.
    #[arg(long, conflicts_with_all = ["username", "token_file", "token_stdin", "gateway_token_file", "gateway_token_command"])]
    pub(crate) no_sign_in: bool,
}

/// What else an account may have.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Account")]
pub(crate) struct AccountMore {
    /// File with headers to add to each request, as a JSON object or as `Name: value` lines.
    #[arg(long, value_name = "FILE")]
    pub(crate) headers_file: Option<String>,
    /// API of this %API%, %API_NAMES%; detected if left out, or if it is set to nothing.
    #[arg(long, value_name = "API")]
    pub(crate) api: Option<String>,
    /// File with the certificate authority of this %API% (PEM), if it is a private one.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_certificate: Option<String>,
}

/// `%NAME% server`.
#[derive(Debug, Args)]
pub(crate) struct ServerArgs {
    #[command(subcommand)]
    pub(crate) command: ServerCommand,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// What to do with MCP servers.
#[derive(Debug, Subcommand)]
pub(crate) enum ServerCommand {
    /// Make a URL for an agent. It is shown this once.
    #[command(after_help = "\
Example:
  %NAME% server create 'support agent' --account production --methods read --tags %TAG% --expires-in 30d")]
    Create {
        /// Name, for people.
        name: String,
        /// Id or name of the account.
        #[arg(long)]
        account: String,
        #[command(flatten)]
        selection: SelectionArgs,
        #[command(flatten)]
        expiry: Expiry,
        /// Whether a client needs an API token beside the URL.
        #[arg(long)]
        require_api_token: bool,
        /// Offer three tools instead of all, which find, describe and call them.
        #[arg(long, help_heading = "Tools")]
        discover: bool,
    },
    /// List the servers of an account, or of all.
    List {
        /// Id or name of an account.
        #[arg(long)]
        account: Option<String>,
    },
    /// Show a server.
    Get(ServerName),
    /// Change a server; what is not given stays. Its URL stays too.
    #[command(after_help = "\
Examples:
  %NAME% server update 'support agent' --expires-in 30d
  %NAME% server update 'support agent' --tags ''    any tag")]
    Update {
        #[command(flatten)]
        server: ServerName,
        /// Another name.
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        selection: SelectionArgs,
        #[command(flatten)]
        expiry: Expiry,
        /// No expiry.
        #[arg(long, conflicts_with_all = ["expires_in", "expires_at"])]
        no_expiry: bool,
        /// Whether a client needs an API token beside the URL.
        #[arg(long, value_name = "true|false")]
        require_api_token: Option<bool>,
        /// Whether to offer three tools instead of all, which find, describe and call them.
        #[arg(long, value_name = "true|false", help_heading = "Tools")]
        discover: Option<bool>,
    },
    /// Revoke a server: its URL is refused from that moment.
    Delete(ServerName),
    /// Give a server a new URL, shown this once; the old one is refused from that moment.
    Rotate(ServerName),
}

/// Which server.
#[derive(Debug, Args)]
pub(crate) struct ServerName {
    /// Its id or name.
    pub(crate) server: String,
    /// Id or name of its account, if several accounts have a server of this name.
    #[arg(long)]
    pub(crate) account: Option<String>,
}

/// Until when something is good.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Expiry")]
pub(crate) struct Expiry {
    /// How long it is good: 45m, 12h, 30d.
    #[arg(long, value_name = "DURATION", value_parser = from_now, conflicts_with = "expires_at")]
    pub(crate) expires_in: Option<Timestamp>,
    /// Until when it is good: 2026-12-31T23:59:59Z.
    #[arg(long, value_name = "TIME")]
    pub(crate) expires_at: Option<Timestamp>,
}

impl Expiry {
    pub(crate) fn time(&self) -> Option<Timestamp> {
        self.expires_in.or(self.expires_at)
    }
}

/// `%NAME% token`.
#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    #[command(subcommand)]
    pub(crate) command: TokenCommand,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// What to do with API tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make an API token. It is shown this once.
    Create {
        /// Name of the person or program.
        name: String,
        /// What it may do.
        #[arg(long, value_enum)]
        role: RoleName,
        #[command(flatten)]
        expiry: Expiry,
    },
    /// List the API tokens.
    List,
    /// Revoke an API token: it is refused from that moment.
    Revoke {
        /// Its id or name.
        token: String,
    },
}

/// A role.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum RoleName {
    /// Call MCP servers that require an API token; nothing else.
    Caller,
    /// Make and change MCP servers of existing accounts, and read the audit log.
    Issuer,
    /// Everything.
    Admin,
}

/// `%NAME% audit`.
#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// Not before: a time, or how long ago (30m, 24h, 7d).
    #[arg(long, value_name = "TIME", value_parser = time_or_ago)]
    pub(crate) since: Option<Timestamp>,
    /// Before: a time, or how long ago.
    #[arg(long, value_name = "TIME", value_parser = time_or_ago)]
    pub(crate) until: Option<Timestamp>,
    /// Only of this account, by id or name.
    #[arg(long)]
    pub(crate) account: Option<String>,
    /// Only of this MCP server, by id.
    #[arg(long)]
    pub(crate) server: Option<String>,
    /// Only by this MCP server or API token, by id.
    #[arg(long)]
    pub(crate) actor: Option<String>,
    /// Only this action: call, server.create …
    #[arg(long)]
    pub(crate) action: Option<String>,
    /// Only calls of this tool.
    #[arg(long)]
    pub(crate) tool: Option<String>,
    /// Only with this outcome: ok, or the code of an error.
    #[arg(long)]
    pub(crate) outcome: Option<String>,
    /// Most records to print, newest first; 50 if left out, all with --export.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: Option<u32>,
    /// Print JSON lines, one a record.
    #[arg(long)]
    pub(crate) export: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
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
        .map_err(|_| "that is too far away".to_owned())
}

fn time_or_ago(text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let ago = duration(text).map_err(|_| {
        "give a time like 2026-12-31T23:59:59Z, or how long ago like 24h".to_owned()
    })?;
    Timestamp::now()
        .checked_sub(ago)
        .map_err(|_| "that is too far away".to_owned())
}
