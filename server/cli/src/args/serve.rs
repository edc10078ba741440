//! Arguments of `serve`, and those of the store, which `key rotate` has too.

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};
use mcp_server::environment::variable;
use mcp_server::product::product;

/// Options of the gateway.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Address and port to listen on.
    #[arg(
        long,
        value_name = "ADDRESS",
        env = variable("MCP_LISTEN"),
        default_value = "127.0.0.1:8787"
    )]
    pub(crate) listen: String,

    #[arg(
        long,
        value_name = "URL",
        env = variable("MCP_PUBLIC_URL"),
        long_help = format!(
            "URL at which clients reach the gateway; by default the URL of the address it listens on.\n\nExample: `https://{}.example.org`.",
            product().name
        )
    )]
    pub(crate) public_url: Option<String>,

    /// Additional host names under which clients reach the gateway; the names of this machine and of the public URL are always allowed.
    #[arg(
        long = "allowed-host",
        value_name = "HOST",
        env = variable("MCP_ALLOWED_HOSTS"),
        value_delimiter = ','
    )]
    pub(crate) allowed_hosts: Vec<String>,

    /// Origins of web pages that may use MCP servers.
    ///
    /// Examples: `https://chat.example.org`, `http://localhost:*`.
    #[arg(
        long = "allowed-origin",
        value_name = "ORIGIN",
        env = variable("MCP_ALLOWED_ORIGINS"),
        value_delimiter = ','
    )]
    pub(crate) allowed_origins: Vec<String>,

    /// Proxies whose `X-Forwarded-For` is trusted.
    ///
    /// Examples: `10.0.0.7`, `10.0.0.0/8`.
    #[arg(
        long = "trusted-proxy",
        value_name = "NETWORK",
        env = variable("MCP_TRUSTED_PROXIES"),
        value_delimiter = ','
    )]
    pub(crate) trusted_proxies: Vec<String>,

    #[command(flatten)]
    pub(crate) store: StoreArgs,

    /// TOML file that declares accounts and servers. Paths in the file are relative to its folder.
    #[arg(long, value_name = "FILE", env = variable("MCP_CONFIG"))]
    pub(crate) config: Option<PathBuf>,

    /// Allow accounts that are created with the management API or the admin page to read their token from a file on this machine, or to run a command on this machine that prints it.
    ///
    /// With this option, anyone with an API token of an administrator can read files and run commands with the permissions of the gateway. Accounts in --config can always do both.
    #[arg(
        long,
        env = variable("MCP_ALLOW_LOCAL_CREDENTIALS"),
        value_parser = FalseyValueParser::new()
    )]
    pub(crate) allow_local_credentials: bool,

    /// Allow accounts with link-local addresses (169.254.0.0/16, fe80::/10) and those of the metadata services of cloud providers.
    ///
    /// Without this option, such an account is refused, also if its host name resolves to such an address, because metadata services hand out the credentials of the machine.
    #[arg(
        long,
        env = variable("MCP_ALLOW_LINK_LOCAL"),
        value_parser = FalseyValueParser::new()
    )]
    pub(crate) allow_link_local: bool,

    /// Days for which audit records are kept.
    #[arg(long, value_name = "DAYS", env = variable("MCP_AUDIT_DAYS"), default_value = "365")]
    pub(crate) audit_days: String,

    /// Address and port that serve only `/metrics`, which is then missing at `--listen`.
    ///
    /// Example: `127.0.0.1:9090`.
    #[arg(long, value_name = "ADDRESS", env = variable("MCP_METRICS_LISTEN"))]
    pub(crate) metrics_listen: Option<String>,

    #[command(flatten)]
    pub(crate) limits: LimitArgs,

    /// Format of the log.
    #[arg(
        long,
        value_name = "FORMAT",
        env = variable("MCP_LOG_FORMAT"),
        value_enum,
        default_value_t
    )]
    pub(crate) log_format: LogFormat,
}

/// Limits of the gateway.
#[derive(Debug, Args)]
pub(crate) struct LimitArgs {
    /// Maximum number of open connections. The limit of open files, of which 64 are reserved for the store and for upstreams, can reduce it.
    #[arg(
        long,
        value_name = "NUMBER",
        env = variable("MCP_MAX_CONNECTIONS"),
        default_value = "8192"
    )]
    pub(crate) max_connections: String,

    /// Maximum number of open connections of one client address. Trusted proxies have no such limit.
    #[arg(
        long,
        value_name = "NUMBER",
        env = variable("MCP_CONNECTIONS_PER_ADDRESS"),
        default_value = "128"
    )]
    pub(crate) connections_per_address: String,

    /// Maximum number of concurrent calls of one account. Further calls wait for up to 10 seconds, then they fail with the code `overloaded`.
    #[arg(
        long,
        value_name = "NUMBER",
        env = variable("MCP_ACCOUNT_SLOTS"),
        default_value = "64"
    )]
    pub(crate) account_slots: String,

    /// Maximum number of concurrent calls of one MCP server.
    #[arg(
        long,
        value_name = "NUMBER",
        env = variable("MCP_SERVER_SLOTS"),
        default_value = "32"
    )]
    pub(crate) server_slots: String,

    /// Memory in MB for the bodies of concurrent large requests. A large request counts as 4 MB.
    #[arg(
        long,
        value_name = "MB",
        env = variable("MCP_REQUEST_MEMORY"),
        default_value = "64"
    )]
    pub(crate) request_memory: String,

    /// Memory in MB for the upstream responses of all accounts together. One account can use half of it; a call beyond it fails with the code `overloaded`.
    #[arg(
        long,
        value_name = "MB",
        env = variable("MCP_RESPONSE_MEMORY"),
        default_value = "256"
    )]
    pub(crate) response_memory: String,

    /// Seconds between a signal to stop and the end of the process.
    #[arg(
        long,
        value_name = "SECONDS",
        env = variable("MCP_SHUTDOWN_SECONDS"),
        default_value = "25"
    )]
    pub(crate) shutdown_seconds: String,
}

/// Location of the store, and the keys that encrypt credentials.
#[derive(Debug, Args)]
pub(crate) struct StoreArgs {
    /// Directory of the database and, by default, of the key.
    ///
    /// If DATABASE_URL (`postgres://…`) is set, PostgreSQL is used instead of a database in this directory.
    #[arg(
        long,
        value_name = "DIR",
        env = variable("MCP_DATA"),
        default_value = format!("{}-data", product().name)
    )]
    pub(crate) data: PathBuf,

    #[arg(
        long,
        value_name = "FILE",
        env = variable("MCP_KEY_FILE"),
        long_help = format!(
            "File with the key that encrypts credentials: 32 bytes in base64.\n\nThe key can also be in {}, or be printed by the command in {}. If no key is given, one is created in the data directory.",
            variable("MCP_KEY"),
            variable("MCP_KEY_COMMAND")
        )
    )]
    pub(crate) key_file: Option<PathBuf>,

    /// Files with previous keys, for credentials that are not re-encrypted yet.
    #[arg(
        long = "old-key-file",
        value_name = "FILE",
        env = variable("MCP_OLD_KEY_FILES"),
        value_delimiter = ','
    )]
    pub(crate) old_key_files: Vec<PathBuf>,

    /// File to which the first API token is written. By default, the token is shown if the output is a terminal, and is otherwise written to `first-api-token` in the data directory.
    #[arg(long, value_name = "FILE", env = variable("MCP_FIRST_TOKEN_FILE"))]
    pub(crate) first_token_file: Option<PathBuf>,

    /// Accept key files and a data directory that other users can read, for secrets and volumes that an orchestrator mounts.
    #[arg(
        long,
        env = variable("MCP_ALLOW_READABLE_KEY"),
        value_parser = FalseyValueParser::new()
    )]
    pub(crate) allow_readable_key: bool,

    #[arg(
        long = "command-variable",
        value_name = "NAME",
        env = variable("MCP_COMMAND_VARIABLES"),
        value_delimiter = ',',
        long_help = format!(
            "Environment variables that the commands which print the key or a bearer token inherit, in addition to PATH, HOME, USER, LOGNAME, LANG, LC_ALL, LC_CTYPE, TZ, TMPDIR, XDG_CONFIG_HOME, SSL_CERT_FILE and SSL_CERT_DIR.\n\nNo other variable is inherited, so that a command does not learn the secrets of the gateway.\n\nExample: `AWS_PROFILE,AWS_REGION`."
        )
    )]
    pub(crate) command_variables: Vec<String>,
}

/// Format of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Text for people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}
