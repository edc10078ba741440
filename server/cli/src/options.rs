//! Converts the arguments of `serve` to options of the gateway. All invalid options are reported together.

use std::fs;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use axum::http::Uri;
use mcp_gateway::command::CommandVariables;
use mcp_gateway::config;
use mcp_gateway::first_token::FirstToken;
use mcp_gateway::http::client::Proxies;
use mcp_gateway::http::origin::Access;
use mcp_gateway::keys::{KeyOptions, Keys};
use mcp_gateway::private_files::Readability;
use mcp_gateway::serve::{ConfigFile, GatewayLimits, ServeOptions};
use mcp_gateway::slots::SlotLimits;
use mcp_gateway::store::StoreUrl;
use mcp_server::environment::{Environment, set, variable};
use mcp_server::product::product;

use crate::args::serve::{LimitArgs, ServeArgs, StoreArgs};
use crate::error::ConfigErrors;

/// Memory in MB that a large request counts as.
const LARGE_REQUEST: u32 = 4;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Checks all options and returns their values or all errors. If there is an error, nothing is created on disk.
pub(crate) fn serve_options(
    args: ServeArgs,
    environment: Environment<'_>,
) -> Result<ServeOptions, ConfigErrors> {
    let mut errors = Vec::new();
    let listen =
        address("listen", &args.listen, "127.0.0.1:8787").map_err(|error| errors.push(error));
    let public_url = args.public_url.filter(|url| !url.trim().is_empty());
    let public_url = public_url
        .map(|url| public_url_of(&url).map_err(|error| errors.push(error)))
        .transpose();
    let local = "http://127.0.0.1".to_owned();
    let assumed = match &public_url {
        Ok(Some(url)) => url,
        _ => &local,
    };
    if let Err(more) = Access::new(assumed, &args.allowed_hosts, &args.allowed_origins) {
        errors.extend(more);
    }
    let proxies = Proxies::new(&args.trusted_proxies).map_err(|more| errors.extend(more));
    let retention = days(&args.audit_days).map_err(|error| errors.push(error));
    let metrics_listen = args.metrics_listen.filter(|text| !text.trim().is_empty());
    let metrics_listen = metrics_listen
        .map(|text| address("metrics-listen", &text, "127.0.0.1:9090"))
        .transpose()
        .map_err(|error| errors.push(error));
    let limits = limits(&args.limits).map_err(|more| errors.extend(more));
    let config = args
        .config
        .map(|path| declared(path, environment).map_err(|more| errors.extend(more)));
    let config = config.transpose();
    let first_token = first_token(&args.store);
    let stored =
        stored(&args.store, environment, errors.is_empty()).map_err(|more| errors.extend(more.0));
    let (
        Ok(listen),
        Ok(public_url),
        Ok(proxies),
        Ok(audit_retention),
        Ok(metrics_listen),
        Ok((limits, shutdown)),
        Ok(config),
        Ok((store, keys)),
    ) = (
        listen,
        public_url,
        proxies,
        retention,
        metrics_listen,
        limits,
        config,
        stored,
    )
    else {
        return Err(ConfigErrors(errors));
    };
    if !errors.is_empty() {
        return Err(ConfigErrors(errors));
    }
    Ok(ServeOptions {
        listen,
        public_url,
        allowed_hosts: args.allowed_hosts,
        allowed_origins: args.allowed_origins,
        proxies,
        store,
        keys,
        config,
        local_credentials: args.allow_local_credentials,
        link_local: args.allow_link_local,
        first_token,
        audit_retention,
        metrics_listen,
        limits,
        shutdown,
    })
}

fn address(option: &str, text: &str, example: &str) -> Result<SocketAddr, String> {
    text.trim().parse().map_err(|_| {
        format!("invalid `--{option} {text}`; give an address and a port, for example {example}")
    })
}

/// Returns the limits, and the time to stop.
fn limits(args: &LimitArgs) -> Result<(GatewayLimits, Duration), Vec<String>> {
    let mut errors = Vec::new();
    let mut number = |option: &str, text: &str, max: u32, example: u32| {
        let number = text.trim().parse::<u32>().ok();
        let number = number.filter(|number| (1..=max).contains(number));
        number.unwrap_or_else(|| {
            errors.push(format!(
                "invalid `--{option} {text}`; give a number from 1 to {max}, for example {example}"
            ));
            example
        })
    };
    let connections = number("max-connections", &args.max_connections, 1_000_000, 8192);
    let text = &args.connections_per_address;
    let per_address = number("connections-per-address", text, 1_000_000, 128);
    let account_slots = number("account-slots", &args.account_slots, 10_000, 64);
    let server_slots = number("server-slots", &args.server_slots, 10_000, 32);
    let memory = number("request-memory", &args.request_memory, 1_000_000, 64);
    let responses = number("response-memory", &args.response_memory, 1_000_000, 256);
    let shutdown = number("shutdown-seconds", &args.shutdown_seconds, 3600, 25);
    let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let limits = GatewayLimits {
        connections: size(connections),
        connections_per_address: size(per_address),
        response_memory: size(responses) << 20,
        slots: SlotLimits {
            account: size(account_slots),
            server: size(server_slots),
            large: size(memory.div_ceil(LARGE_REQUEST)),
        },
    };
    match errors.is_empty() {
        true => Ok((limits, Duration::from_secs(shutdown.into()))),
        false => Err(errors),
    }
}

/// Returns where the first API token is handed out. Only a terminal shows it, because other outputs end in logs.
pub(crate) fn first_token(args: &StoreArgs) -> FirstToken {
    let file = args.first_token_file.clone();
    match file.filter(|path| !path.as_os_str().is_empty()) {
        Some(path) => FirstToken::File(path),
        None if std::io::stdout().is_terminal() => FirstToken::Shown,
        None => FirstToken::File(args.data.join("first-api-token")),
    }
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
        Err(errors) => Err(errors.iter().map(|it| say(it)).collect()),
    }
}

/// Returns the store and the keys. If `make` is true, creates the data directory and a key if they do not exist.
pub(crate) fn stored(
    args: &StoreArgs,
    environment: Environment<'_>,
    make: bool,
) -> Result<(StoreUrl, Keys), ConfigErrors> {
    let mut errors = Vec::new();
    let file = args.data.join(format!("{}.sqlite", product().name));
    let store = match set(environment("DATABASE_URL")) {
        None => StoreUrl::Sqlite(file),
        Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
            StoreUrl::Postgres(url.into())
        }
        Some(_) => {
            errors.push(
                "DATABASE_URL is not a PostgreSQL URL; write it like `postgres://user@host/database`, or remove it to use a file in --data"
                    .to_owned(),
            );
            StoreUrl::Sqlite(file)
        }
    };
    let key_options = KeyOptions {
        data: args.data.clone(),
        key: set(environment(&variable("MCP_KEY"))),
        command: set(environment(&variable("MCP_KEY_COMMAND"))),
        file: args.key_file.clone(),
        old_files: args.old_key_files.clone(),
        variables: CommandVariables::new(&args.command_variables),
        readability: readability(args),
    };
    let keys = Keys::read(&key_options, make && errors.is_empty());
    let keys = keys.map_err(|more| errors.extend(more));
    let (Ok(keys), []) = (keys, &*errors) else {
        return Err(ConfigErrors(errors));
    };
    if make && matches!(store, StoreUrl::Sqlite(_)) {
        let created = readability(args).directory(&args.data);
        created.map_err(ConfigErrors::one)?;
    }
    Ok((store, keys))
}

/// Returns whether other users may read the key and the data directory.
pub(crate) fn readability(args: &StoreArgs) -> Readability {
    match args.allow_readable_key {
        true => Readability::Any,
        false => Readability::Private,
    }
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
            "invalid `--public-url {text}`; give scheme, host name and, if needed, port and path, for example https://{}.example.org",
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
            format!("invalid `--audit-days {text}`; give a number of days from 1 to 36500, for example 365")
        })
}
