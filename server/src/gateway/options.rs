//! Options of `airflow-mcp serve` and the values derived from them. All invalid options are reported together.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::Uri;
use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};

use super::client::Proxies;
use super::config::{self, Declared};
use super::keys::{self, Keys};
use super::origin::Access;
use super::service::StoreUrl;
use crate::product::{product, words};
use crate::settings::{Environment, Problems, set};

/// File name of the database in the data directory.
const DATABASE: &str = "%NAME%.sqlite";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Options of the gateway.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Address and port to listen on.
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "%PREFIX%_MCP_LISTEN",
        hide_env_values = true,
        default_value = "127.0.0.1:8787"
    )]
    pub(crate) listen: String,

    /// Where clients reach the gateway; where it listens, if left out.
    ///
    /// Example: `https://%NAME%.example.org`.
    #[arg(
        long,
        value_name = "URL",
        env = "%PREFIX%_MCP_PUBLIC_URL",
        hide_env_values = true
    )]
    pub(crate) public_url: Option<String>,

    /// Further names that clients may reach the gateway by; this machine's own and that of the public URL need not be given.
    #[arg(
        long = "allowed-host",
        value_name = "HOST",
        env = "%PREFIX%_MCP_ALLOWED_HOSTS",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub(crate) allowed_hosts: Vec<String>,

    /// Web pages of other origins that may use MCP servers.
    ///
    /// Examples: `https://chat.example.org`, `http://localhost:*`.
    #[arg(
        long = "allowed-origin",
        value_name = "ORIGIN",
        env = "%PREFIX%_MCP_ALLOWED_ORIGINS",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub(crate) allowed_origins: Vec<String>,

    /// Proxies whose `X-Forwarded-For` is believed.
    ///
    /// Examples: `10.0.0.7`, `10.0.0.0/8`.
    #[arg(
        long = "trusted-proxy",
        value_name = "NETWORK",
        env = "%PREFIX%_MCP_TRUSTED_PROXIES",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub(crate) trusted_proxies: Vec<String>,

    #[command(flatten)]
    pub(crate) store: StoreArgs,

    /// TOML file that declares accounts and servers. Paths in it begin at its folder.
    #[arg(
        long,
        value_name = "FILE",
        env = "%PREFIX%_MCP_CONFIG",
        hide_env_values = true
    )]
    pub(crate) config: Option<PathBuf>,

    /// Allow accounts that are created through the management API or the page to read their token from a file on this machine, or to run a command on this machine that prints it.
    ///
    /// With this option, anyone with an API token of an administrator can read files and run commands with the permissions of the gateway. Accounts in --config may always do so.
    #[arg(
        long,
        env = "%PREFIX%_MCP_ALLOW_LOCAL_CREDENTIALS",
        hide_env_values = true,
        value_parser = FalseyValueParser::new()
    )]
    pub(crate) allow_local_credentials: bool,

    /// Days that audit records are kept.
    #[arg(
        long,
        value_name = "DAYS",
        env = "%PREFIX%_MCP_AUDIT_DAYS",
        hide_env_values = true,
        default_value = "365"
    )]
    pub(crate) audit_days: String,

    /// How the log is written.
    #[arg(
        long,
        value_name = "FORMAT",
        env = "%PREFIX%_MCP_LOG_FORMAT",
        hide_env_values = true,
        value_enum,
        default_value_t
    )]
    pub(crate) log_format: LogFormat,
}

/// Where everything is kept, and what it is encrypted with.
#[derive(Debug, Args)]
pub(crate) struct StoreArgs {
    /// Directory of the database and, unless it is given otherwise, of the key.
    ///
    /// With DATABASE_URL (`postgres://…`) the database is there instead.
    #[arg(
        long,
        value_name = "DIR",
        env = "%PREFIX%_MCP_DATA",
        hide_env_values = true,
        default_value = "%NAME%-data"
    )]
    pub(crate) data: PathBuf,

    /// File with the key that encrypts credentials: 32 bytes in base64.
    ///
    /// The key may also be in %PREFIX%_MCP_KEY, or be printed by the command in %PREFIX%_MCP_KEY_COMMAND. Without any, one is made in the data directory.
    #[arg(
        long,
        value_name = "FILE",
        env = "%PREFIX%_MCP_KEY_FILE",
        hide_env_values = true
    )]
    pub(crate) key_file: Option<PathBuf>,

    /// Files with previous keys, for credentials that are not re-encrypted yet.
    #[arg(
        long = "old-key-file",
        value_name = "FILE",
        env = "%PREFIX%_MCP_OLD_KEY_FILES",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub(crate) old_key_files: Vec<PathBuf>,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// A JSON object a line.
    Json,
}

/// Values derived from the options.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) listen: SocketAddr,
    /// URL without a trailing slash.
    pub(crate) public_url: Option<String>,
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) allowed_origins: Vec<String>,
    pub(crate) proxies: Proxies,
    pub(crate) store: StoreUrl,
    pub(crate) keys: Keys,
    pub(crate) config: Option<ConfigFile>,
    /// Whether accounts that are not declared in the configuration file may read files and run commands.
    pub(crate) local_credentials: bool,
    pub(crate) audit_retention: Duration,
}

/// Configuration file with its parsed content.
#[derive(Debug)]
pub(crate) struct ConfigFile {
    pub(crate) path: PathBuf,
    pub(crate) declared: Declared,
}

impl Options {
    /// Checks all options and returns their values or all errors. If there is an error, nothing is created on disk.
    pub(crate) fn new(args: ServeArgs, environment: Environment<'_>) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let listen = args.listen.trim().parse().map_err(|_| {
            problems.push(format!(
                "--listen is `{}`: give an address and a port, for example 127.0.0.1:8787",
                args.listen
            ));
        });
        let public_url = args.public_url.filter(|url| !url.trim().is_empty());
        let public_url = public_url
            .map(|url| public_url_of(&url).map_err(|problem| problems.push(problem)))
            .transpose();
        let local = "http://127.0.0.1".to_owned();
        let assumed = match &public_url {
            Ok(Some(url)) => url,
            _ => &local,
        };
        if let Err(more) = access(assumed, &args.allowed_hosts, &args.allowed_origins) {
            problems.extend(more);
        }
        let proxies = Proxies::new(&args.trusted_proxies).map_err(|more| problems.extend(more));
        let retention = days(&args.audit_days).map_err(|problem| problems.push(problem));
        let config = args
            .config
            .map(|path| declared(path, environment).map_err(|more| problems.extend(more)));
        let config = config.transpose();
        let stored = stored(&args.store, environment, problems.is_empty())
            .map_err(|more| problems.extend(more.0));
        let (
            Ok(listen),
            Ok(public_url),
            Ok(proxies),
            Ok(audit_retention),
            Ok(config),
            Ok((store, keys)),
        ) = (listen, public_url, proxies, retention, config, stored)
        else {
            return Err(Problems(problems));
        };
        if !problems.is_empty() {
            return Err(Problems(problems));
        }
        Ok(Self {
            listen,
            public_url,
            allowed_hosts: args.allowed_hosts,
            allowed_origins: args.allowed_origins,
            proxies,
            store,
            keys,
            config,
            local_credentials: args.allow_local_credentials,
            audit_retention,
        })
    }
}

/// Checks the accepted hosts and origins.
pub(crate) fn access(
    public_url: &str,
    hosts: &[String],
    origins: &[String],
) -> Result<Access, Vec<String>> {
    let public_url: Uri = public_url
        .parse()
        .map_err(|_| vec![format!("`{public_url}` is no URL")])?;
    Access::new(&public_url, hosts, origins)
}

fn declared(path: PathBuf, environment: Environment<'_>) -> Result<ConfigFile, Vec<String>> {
    let say = |what: &dyn std::fmt::Display| format!("--config: {}: {what}", path.display());
    let read = || {
        let text = fs::read_to_string(&path)?;
        Ok((text, std::path::absolute(&path)?))
    };
    let (text, absolute) = read().map_err(|error: std::io::Error| vec![say(&error)])?;
    let folder = absolute.parent().unwrap_or(&absolute);
    match config::read(&text, folder, environment) {
        Ok(declared) => Ok(ConfigFile { path, declared }),
        Err(problems) => Err(problems.iter().map(|it| say(it)).collect()),
    }
}

/// Returns the store and the keys. If `make` is true, creates the data directory and a key if they do not exist.
pub(crate) fn stored(
    args: &StoreArgs,
    environment: Environment<'_>,
    make: bool,
) -> Result<(StoreUrl, Keys), Problems> {
    let mut problems = Vec::new();
    let store = match set(environment("DATABASE_URL")) {
        None => StoreUrl::Sqlite(args.data.join(words(DATABASE))),
        Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
            StoreUrl::Postgres(url.into())
        }
        Some(_) => {
            problems.push(
                "DATABASE_URL is no PostgreSQL URL: give postgres://…, or leave it out for a file in --data"
                    .to_owned(),
            );
            StoreUrl::Sqlite(args.data.join(words(DATABASE)))
        }
    };
    let keys = keys::given(args, environment, make && problems.is_empty());
    let keys = keys.map_err(|more| problems.extend(more));
    let (Ok(keys), []) = (keys, &*problems) else {
        return Err(Problems(problems));
    };
    if make && matches!(store, StoreUrl::Sqlite(_)) {
        directory(&args.data).map_err(|problem| Problems(vec![problem]))?;
    }
    Ok((store, keys))
}

/// Creates a directory that only its owner can read.
pub(super) fn directory(path: &Path) -> Result<(), String> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .map_err(|error| format!("--data: {}: {error}", path.display()))
}

fn public_url_of(text: &str) -> Result<String, String> {
    let url = text.trim().trim_end_matches('/');
    let sensible = url.parse::<Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.authority().is_some_and(|it| !it.as_str().contains('@'))
            && uri.query().is_none()
    });
    if sensible && !url.contains('#') {
        Ok(url.to_owned())
    } else {
        Err(format!(
            "--public-url is `{text}`: give scheme, name and path if there is one, for example https://{}.example.org",
            product().name
        ))
    }
}

fn days(text: &str) -> Result<Duration, String> {
    text.trim()
        .parse::<u32>()
        .ok()
        .filter(|days| (1..=36_500).contains(days))
        .map(|days| DAY * days)
        .ok_or_else(|| {
            format!("--audit-days is `{text}`: give a whole number of days, for example 365")
        })
}
