//! Checks the input of the gateway and reports all invalid fields at once.

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::Timestamp;
use mcp_server::characters::is_invisible;
use mcp_server::product::product;
use runtime::registry::tools;
use runtime::selection::{Selection, SelectionError};
use runtime::suggestion::{listed, nearest};
use runtime::{Api, Credentials, Settings, SettingsError};
use secrecy::ExposeSecret;

use crate::error::{FieldError, ServiceError, unless_empty};
use crate::model::sign_in::AuthInput;
use crate::model::{AccountInput, PageQuery, Role, ServerConfig, TokenBounds};

/// Longest name in characters.
const NAME: usize = 100;
/// Largest number of items on a page.
const MOST: u32 = PageQuery::MAX;
/// Number of items on a page if the limit is omitted.
const USUAL: u32 = 50;
/// Name of the bounds in messages.
const BOUNDS: &str = "the bounds of the API token";
/// Microseconds of a day.
pub(crate) const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// Collector of invalid fields.
#[derive(Debug, Default)]
pub(crate) struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    pub(crate) fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FieldError::new(field, message));
    }

    /// Fails if a field is invalid.
    pub(crate) fn check(self) -> Result<(), ServiceError> {
        unless_empty(self.0, ()).map_err(ServiceError::Invalid)
    }

    /// Checks a name that people read.
    pub(crate) fn name(&mut self, name: &str) {
        let length = name.chars().count();
        if name.trim().is_empty() {
            self.add("name", "is empty");
        } else if name.trim() != name {
            self.add("name", "begins or ends with white space");
        } else if length > NAME {
            self.add(
                "name",
                format!("has {length} characters; the maximum is {NAME}"),
            );
        } else if let Some(c) = name.chars().find(|c| is_invisible(*c)) {
            let code = c.escape_unicode();
            let message = format!(
                "contains the character {code}, which is invisible or changes the direction of the text; remove it"
            );
            self.add("name", message);
        }
    }

    /// Checks that the URL of an account has no link-local address and not that of a metadata service.
    pub(crate) fn address(&mut self, base_url: &str) {
        let settings = Settings {
            refuse_link_local: true,
            ..Settings::new(base_url, Credentials::None)
        };
        let checked = runtime::Account::new(settings, &[], product().log_format);
        if let Err(error @ SettingsError::LinkLocal) = checked {
            self.add(
                "base_url",
                format!("{error}; the operator of the gateway can allow it with `serve --allow-link-local`"),
            );
        }
    }

    /// Checks an expiry.
    pub(crate) fn expires_at(&mut self, at: Option<Timestamp>, now: i64) {
        if at.is_some_and(|at| at.as_microsecond() <= now) {
            self.add(
                "expires_at",
                "is in the past; give a future time, or null for no expiry",
            );
        }
    }

    /// Checks the configuration of a server: all names must exist, and at least one tool must be selected.
    pub(crate) fn config(&mut self, field: &str, config: &ServerConfig, apis: &[&'static Api]) {
        if !config.callers.is_empty() && !config.require_api_token_auth {
            self.add(
                &format!("{field}.callers"),
                "requires `require_api_token_auth`; otherwise, everybody who has the URL can call the server",
            );
        }
        for error in selection(config).check(apis).err().unwrap_or_default() {
            let field = match &error {
                SelectionError::Unknown { criterion, .. } => {
                    format!("{field}.{}", criterion.name())
                }
                _ => field.to_owned(),
            };
            self.add(&field, error.to_string());
        }
    }

    /// Checks that a server is within the bounds of the API token that creates or changes it.
    pub(crate) fn within(
        &mut self,
        bounds: &TokenBounds,
        config: &ServerConfig,
        expires_at: Option<Timestamp>,
        now: i64,
        apis: &[&'static Api],
    ) {
        if let Some(widest) = &bounds.config {
            let (given, allowed) = (selection(config), selection(widest));
            let all = apis.iter().copied().flat_map(tools);
            let beyond = all.filter(|tool| given.matches(tool) && !allowed.matches(tool));
            let beyond: BTreeSet<_> = beyond.map(|tool| tool.name).collect();
            if !beyond.is_empty() {
                let names = listed(beyond.iter().copied());
                self.add("config", format!("offers tools beyond {BOUNDS}: {names}"));
            }
            for (name, needed, given) in [
                (
                    "require_api_token_auth",
                    widest.require_api_token_auth,
                    config.require_api_token_auth,
                ),
                ("redact", widest.redact, config.redact),
            ] {
                if needed && !given {
                    self.add(
                        &format!("config.{name}"),
                        format!("must be true within {BOUNDS}"),
                    );
                }
            }
            let is_allowed = |id: &String| widest.callers.contains(id);
            if !widest.callers.is_empty()
                && (config.callers.is_empty() || !config.callers.iter().all(is_allowed))
            {
                let names = widest.callers.join(", ");
                self.add(
                    "config.callers",
                    format!("must be some of {names} within {BOUNDS}"),
                );
            }
        }
        if let Some(days) = bounds.max_days {
            let latest = now.saturating_add(i64::from(days) * DAY);
            if expires_at.is_none_or(|at| at.as_microsecond() > latest) {
                self.add(
                    "expires_at",
                    format!("must be within {days} days, within {BOUNDS}"),
                );
            }
        }
    }

    /// Checks the bounds of an API token.
    pub(crate) fn bounds(&mut self, role: Role, bounds: &TokenBounds, apis: &[&'static Api]) {
        if role != Role::Issuer {
            self.add("bounds", "only a token of the role issuer has bounds");
        }
        if let Some(config) = &bounds.config {
            self.config("bounds.config", config, apis);
        }
    }

    /// Checks each part of an account separately, and then all parts together.
    pub(crate) fn account(&mut self, account: &AccountInput, apis: &'static [&'static Api]) {
        let before = self.0.len();
        self.name(&account.name);
        let empty = match &account.auth {
            AuthInput::BearerFile { path } => path.trim().is_empty().then_some("path"),
            AuthInput::BearerCommand { command } => command.trim().is_empty().then_some("command"),
            AuthInput::Password { password, .. } => {
                password.expose_secret().is_empty().then_some("password")
            }
            AuthInput::None | AuthInput::Bearer { .. } => None,
        };
        if let Some(part) = empty {
            self.add(&format!("auth.{part}"), "is empty");
        }
        let other = || Settings::new(SOMEWHERE, Credentials::None);
        let mut each = vec![
            Settings::new(account.base_url.as_str(), Credentials::None),
            Settings::new(SOMEWHERE, credentials(&account.auth)),
        ];
        each.extend(account.headers.iter().map(|(name, value)| Settings {
            headers: vec![(name.clone(), value.clone())],
            ..other()
        }));
        each.push(Settings {
            api: account.api.clone(),
            ..other()
        });
        each.push(Settings {
            ca_certificate: account.ca_certificate.clone(),
            ..other()
        });
        for settings in each {
            self.settings(settings, apis);
        }
        if account.base_url.chars().any(char::is_control) {
            self.add("base_url", "contains a control character");
        }
        // PostgreSQL cannot store NUL in a text.
        let certificate = account.ca_certificate.as_deref();
        if certificate.is_some_and(|text| text.contains('\0')) {
            self.add("ca_certificate", "contains the character NUL");
        }
        if self.0.len() == before {
            self.settings(settings(account), apis);
        }
    }

    fn settings(&mut self, settings: Settings, apis: &'static [&'static Api]) {
        let Err(error) = runtime::Account::new(settings, apis, product().log_format) else {
            return;
        };
        let field = match &error {
            SettingsError::NotAUrl(_)
            | SettingsError::Scheme(_)
            | SettingsError::CredentialsInUrl
            | SettingsError::MoreThanPath
            | SettingsError::LinkLocal
            | SettingsError::InsideApi(_) => "base_url",
            SettingsError::UnknownApi { .. } => "api",
            SettingsError::HeaderName(_)
            | SettingsError::HeaderReserved(_)
            | SettingsError::HeaderValue(_) => "headers",
            SettingsError::NoUsername => "auth.username",
            SettingsError::Token => "auth.token",
            SettingsError::Certificate => "ca_certificate",
            SettingsError::SignedInTwice | SettingsError::Zero(_) => "auth",
        };
        self.add(field, error.to_string());
    }
}

/// Placeholder URL for checking the other parts of an account.
const SOMEWHERE: &str = "https://localhost";

/// Converts an account to settings of the runtime.
pub(crate) fn settings(account: &AccountInput) -> Settings {
    let headers = account.headers.iter();
    Settings {
        headers: headers
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        api: account.api.clone(),
        ca_certificate: account.ca_certificate.clone(),
        ..Settings::new(account.base_url.as_str(), credentials(&account.auth))
    }
}

fn credentials(auth: &AuthInput) -> Credentials {
    match auth.clone() {
        AuthInput::None => Credentials::None,
        AuthInput::Password { username, password } => Credentials::Password { username, password },
        AuthInput::Bearer { token } => Credentials::Bearer(token),
        AuthInput::BearerFile { path } => Credentials::BearerFile(PathBuf::from(path)),
        AuthInput::BearerCommand { command } => Credentials::BearerCommand(command),
    }
}

/// Converts a configuration to a selection of tools.
pub(crate) fn selection(config: &ServerConfig) -> Selection {
    Selection {
        presets: product().presets,
        preset: config.preset.clone(),
        methods: config.methods.clone(),
        tags: config.tags.clone(),
        tools: config.tools.clone(),
        exclude_tags: config.exclude_tags.clone(),
        exclude_tools: config.exclude_tools.clone(),
        include_secrets: config.include_secrets,
    }
}

/// Checks the number of items on a page.
pub(crate) fn limit(limit: Option<u32>) -> Result<usize, ServiceError> {
    match limit.unwrap_or(USUAL) {
        limit @ 1..=MOST => Ok(limit as usize),
        limit => Err(ServiceError::invalid(
            "limit",
            format!("is {limit}; it must be 1 to {MOST}"),
        )),
    }
}

/// Describes what to write instead of an unknown name.
pub(crate) fn alternatives(name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None if known.is_empty() => "none is allowed".to_owned(),
        None => format!("allowed are {}", known.join(", ")),
    }
}
