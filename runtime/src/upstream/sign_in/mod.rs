//! Sign-in: turns the credentials of an account into a header, renews the header when necessary, and explains rejected credentials.
//!
//! Everything specific to an API is defined in its [`SignIn`]. Concurrent calls share one sign-in.

mod bearer;
mod method;

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue, SET_COOKIE};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::request::Request;
use crate::secrets::Redactor;
use crate::tool::Http;
use crate::tool::api::{Api, Session, SignIn, TokenRequest};
use crate::upstream::error::{CallError, ErrorCode};
use crate::upstream::explain;
use crate::upstream::rate_limit;
use crate::upstream::response::{JSON, Response};
use crate::upstream::settings::{Credentials, SettingsError};
use crate::upstream::single_flight::SingleFlight;
use crate::upstream::transport::Transport;
use bearer::FileState;
pub(crate) use method::SignInMethod;

/// Time for which Basic credentials are used without a session if the request for a session failed.
const SESSION_RETRY_INTERVAL: Duration = Duration::from_secs(30);
/// Time before its expiry at which a token is renewed; a tenth of its lifetime if that is shorter.
const RENEWAL_MARGIN: Duration = Duration::from_secs(60);
/// Minimum length of an account header that is redacted, because shorter values are rarely secrets.
const MIN_HEADER_SECRET: usize = 8;

/// Credentials of an account and the grants obtained with them.
pub(crate) struct Authenticator {
    credentials: Credentials,
    command_variables: Option<Vec<String>>,
    timeout: Duration,
    grants: Mutex<Vec<(GrantKey, Flight)>>,
}

/// Key of a grant: a header name with the word before its key; or an empty text with the name of a document that has its own sign-in method; or two empty texts for all other requests.
type GrantKey = (&'static str, &'static str);

type Flight = Arc<SingleFlight<Grant>>;

/// Header that authenticates a request.
pub(crate) struct Grant {
    header: Option<(HeaderName, HeaderValue)>,
    /// Secret part of the header, without a word such as `Bearer`.
    secret: SecretString,
    kind: GrantKind,
    granted: Instant,
    renew_at: Option<Instant>,
}

enum GrantKind {
    /// Header that is never renewed.
    Fixed,
    /// Session cookie.
    Session,
    /// Token obtained with a user name and a password.
    Token,
    /// Token from a file, with the state of the file when it was read.
    File(Option<FileState>),
    /// Token printed by a command.
    Command,
}

impl Grant {
    fn none() -> Self {
        Self::new(GrantKind::Fixed, None, "")
    }

    fn new(kind: GrantKind, header: Option<(HeaderName, HeaderValue)>, secret: &str) -> Self {
        Self {
            header,
            secret: secret.into(),
            kind,
            granted: Instant::now(),
            renew_at: None,
        }
    }

    /// Creates a grant with a token in the header that the API expects.
    fn token(
        kind: GrantKind,
        method: Option<SignInMethod>,
        token: &str,
        lifetime: Option<Duration>,
    ) -> Option<Self> {
        let header = match method.map(|method| method.sign_in()) {
            Some(SignIn::Key { header, scheme }) => {
                let name = HeaderName::from_bytes(header.as_bytes()).ok()?;
                (name, sensitive(format!("{scheme} {token}").trim_start())?)
            }
            _ => (AUTHORIZATION, sensitive(&format!("Bearer {token}"))?),
        };
        let mut grant = Self::new(kind, Some(header), token);
        grant.renew_at = lifetime.map(|it| grant.granted + it - RENEWAL_MARGIN.min(it / 10));
        Some(grant)
    }

    /// Returns the header to send with a request.
    pub(crate) fn headers(&self) -> HeaderMap {
        self.header.iter().cloned().collect()
    }

    /// Returns whether the grant was obtained before `began`.
    pub(crate) fn is_older_than(&self, began: Instant) -> bool {
        self.granted < began
    }

    /// Returns whether the grant has the same header as `other`.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.header == other.header
    }

    fn is_due(&self) -> bool {
        self.renew_at.is_some_and(|it| it <= Instant::now())
    }

    /// Returns whether `response` means that the grant is no longer valid.
    pub(crate) fn is_rejected(&self, method: SignInMethod, response: &Response) -> bool {
        let status = response.status;
        match (&self.kind, method.sign_in()) {
            (GrantKind::Fixed, _) => false,
            (_, SignIn::Token(token)) => {
                let shapes = &method.api.errors;
                let mut patterns = token.renew.iter();
                status == 401 || patterns.any(|it| explain::is_match(it, shapes, response))
            }
            (_, sign_in) => status == 401 || sign_in.denied().contains(&status),
        }
    }
}

impl Authenticator {
    pub(crate) fn new(
        credentials: Credentials,
        command_variables: Option<Vec<String>>,
        timeout: Duration,
    ) -> Result<Self, SettingsError> {
        let credentials = match credentials {
            Credentials::Password { username, .. } if username.is_empty() => {
                return Err(SettingsError::NoUsername);
            }
            Credentials::Bearer(given) => {
                let token = bearer::token(given.expose_secret()).ok_or(SettingsError::Token)?;
                Credentials::Bearer(token.into())
            }
            other => other,
        };
        Ok(Self {
            credentials,
            command_variables,
            timeout,
            grants: Mutex::default(),
        })
    }

    /// Returns the user name, if the account has one.
    pub(crate) fn username(&self) -> Option<&str> {
        match &self.credentials {
            Credentials::Password { username, .. } => Some(username),
            _ => None,
        }
    }

    /// Returns whether the credentials are a token. A token can be used before the API is known.
    pub(crate) fn is_bearer(&self) -> bool {
        !matches!(
            self.credentials,
            Credentials::None | Credentials::Password { .. }
        )
    }

    /// Returns the current grant if it is valid, otherwise obtains a new one.
    pub(crate) async fn grant(
        &self,
        method: Option<SignInMethod>,
        transport: &Transport,
    ) -> Result<Arc<Grant>, CallError> {
        let flight = self.flight(method);
        let stamp = match &self.credentials {
            Credentials::BearerFile(path) => FileState::read(path).await,
            _ => None,
        };
        let good = |grant: &Arc<Grant>| {
            let is_read = match grant.kind {
                GrantKind::File(read) => read == stamp,
                _ => true,
            };
            is_read && !grant.is_due()
        };
        if let Some(grant) = flight.get().filter(&good) {
            return Ok(grant);
        }
        flight
            .run(good, async || self.obtain(method, transport).await)
            .await
    }

    /// Obtains a new grant after `refused` was rejected. If another call has renewed the grant in the meantime, returns that grant.
    pub(crate) async fn renew(
        &self,
        method: SignInMethod,
        transport: &Transport,
        refused: &Arc<Grant>,
    ) -> Result<Arc<Grant>, CallError> {
        let other = |grant: &Arc<Grant>| !Arc::ptr_eq(grant, refused);
        self.flight(Some(method))
            .run(other, async || self.obtain(Some(method), transport).await)
            .await
    }

    /// Returns the shared grant of a sign-in method. A token is the same for all methods except those with a key header.
    fn flight(&self, method: Option<SignInMethod>) -> Flight {
        let wanted: GrantKey = match method.map(|method| (method, method.sign_in())) {
            Some((_, SignIn::Key { header, scheme })) => (header, scheme),
            Some((method, _)) if !self.is_bearer() => ("", method.name()),
            _ => ("", ""),
        };
        let mut grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, flight)) = grants.iter().find(|(of, _)| *of == wanted) {
            return flight.clone();
        }
        let flight = Arc::new(SingleFlight::new());
        grants.push((wanted, flight.clone()));
        flight
    }

    async fn obtain(
        &self,
        method: Option<SignInMethod>,
        transport: &Transport,
    ) -> Result<Grant, CallError> {
        let made = match &self.credentials {
            Credentials::None => return Ok(Grant::none()),
            Credentials::Bearer(token) => {
                Grant::token(GrantKind::Fixed, method, token.expose_secret(), None)
            }
            Credentials::BearerFile(path) => return from_file(path, method, self.timeout).await,
            Credentials::BearerCommand(command) => {
                let token =
                    bearer::run_command(command, self.command_variables.as_deref(), self.timeout)
                        .await?;
                let lifetime = bearer::lifetime(&token, None);
                Grant::token(GrantKind::Command, method, &token, lifetime)
            }
            Credentials::Password { username, password } => {
                return match method.map(|method| (method.api, method.sign_in())) {
                    Some((api, SignIn::Basic { session })) => {
                        let session = session.as_ref();
                        basic(api, transport, session, username, password).await
                    }
                    Some((api, SignIn::Token(request))) => {
                        exchange(api, transport, request, username, password).await
                    }
                    Some((_, SignIn::Key { .. })) => Err(no_key()),
                    None => Ok(Grant::none()),
                };
            }
        };
        made.ok_or_else(bearer::not_a_token)
    }

    /// Adds to the error of a response what it means for these credentials, if the upstream cannot know that.
    pub(crate) fn explain(
        &self,
        method: SignInMethod,
        transport: &Transport,
        error: CallError,
    ) -> CallError {
        let status = error.status.unwrap_or_default();
        let is_denied = method.sign_in().denied().contains(&status);
        let is_key = matches!(method.sign_in(), SignIn::Key { .. });
        // Another header of the account may contain the credentials.
        let is_anonymous =
            matches!(self.credentials, Credentials::None) && transport.headers().is_empty();
        if is_anonymous && (status == 401 || status == 403 && is_key || is_denied) {
            let needed = match is_key {
                true => "a key",
                false => "a user name and password, or a token",
            };
            let hint = format!(
                "This account has no credentials, so that the server treats it as anonymous. The administrator of these tools must set {needed}."
            );
            return CallError {
                code: ErrorCode::Unauthenticated,
                ..error.hint(hint)
            };
        }
        match self.is_bearer() && is_denied {
            true => error.hint("The server gives the same response for a rejected token and for a user without the permission. The administrator of these tools must check both; do not repeat the call."),
            false => error,
        }
    }

    /// Returns `text` without the credentials of this account.
    pub(crate) fn redact(&self, transport: &Transport, text: &str) -> String {
        let mut secrets: Vec<String> = Vec::new();
        match &self.credentials {
            // If the password equals the user name, redacting it would hide nothing, but would remove every occurrence of the user name.
            Credentials::Password { username, password } => {
                // A proxy may show the Basic header even after it has been exchanged for a session.
                secrets.push(encoded_pair(username, password));
                if password.expose_secret() != username {
                    secrets.push(password.expose_secret().to_owned());
                }
            }
            Credentials::Bearer(token) => secrets.push(token.expose_secret().to_owned()),
            Credentials::BearerCommand(command) => secrets.push(command.clone()),
            _ => {}
        }
        let grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        for grant in grants.iter().filter_map(|(_, flight)| flight.get()) {
            secrets.push(grant.secret.expose_secret().to_owned());
        }
        drop(grants);
        let headers = transport
            .headers()
            .values()
            .filter_map(|it| it.to_str().ok());
        let headers = headers.filter(|it| it.len() >= MIN_HEADER_SECRET);
        secrets.extend(headers.map(str::to_owned));
        Redactor::new(secrets).redact(text).into_owned()
    }
}

/// Exchanges Basic credentials for a session cookie if the upstream has sessions; otherwise returns the Basic header.
async fn basic(
    api: &'static Api,
    transport: &Transport,
    session: Option<&Session>,
    username: &str,
    password: &SecretString,
) -> Result<Grant, CallError> {
    let pair = encoded_pair(username, password);
    let header = sensitive(&format!("Basic {pair}"))
        .ok_or_else(|| CallError::new(ErrorCode::Internal, "Invalid Basic credentials"))?;
    let mut grant = Grant::new(GrantKind::Fixed, Some((AUTHORIZATION, header)), &pair);
    let Some(session) = session else {
        return Ok(grant);
    };
    let request = Request::get("", session.path.to_owned());
    let response = transport.exchange(&request, &grant.headers()).await?;
    // If the path does not exist, the upstream has not checked the credentials, and the cookie is an anonymous one (seen with version 2.7.3 of an upstream).
    let asked = response.status != 404;
    let cookie = cookie(&response.headers, session.cookie).filter(|_| asked);
    if let Some(cookie) = cookie {
        let session = cookie.to_str().ok().and_then(|it| it.split_once('='));
        let session = session.map_or("", |(_, value)| value).to_owned();
        return Ok(Grant::new(
            GrantKind::Session,
            Some((COOKIE, cookie)),
            &session,
        ));
    }
    if session.denied.contains(&response.status) {
        let error = explain::error_of(&api.errors, transport.base_url(), Http::Get, &response);
        return Err(rejected(error));
    }
    if response.status == 429 || response.status >= 500 {
        grant.renew_at = Some(grant.granted + SESSION_RETRY_INTERVAL);
    }
    Ok(grant)
}

fn encoded_pair(username: &str, password: &SecretString) -> String {
    STANDARD.encode(format!("{username}:{}", password.expose_secret()))
}

/// Exchanges a user name and a password for a token.
async fn exchange(
    api: &'static Api,
    transport: &Transport,
    token_request: &TokenRequest,
    username: &str,
    password: &SecretString,
) -> Result<Grant, CallError> {
    let body = json!({ token_request.username: username, token_request.password: password.expose_secret() });
    // A sign-in can be repeated without harm if its response is lost, so it keeps the guarantees of GET.
    let request = Request {
        http: Http::Post,
        body: Some(body.to_string().into_bytes()),
        media_type: JSON.into(),
        ..Request::get("", token_request.path.to_owned())
    };
    let response = transport.exchange(&request, &HeaderMap::new()).await?;
    if response.status >= 300 {
        let error = explain::error_of(&api.errors, transport.base_url(), Http::Get, &response);
        return Err(match response.status {
            400 | 401 | 403 | 422 => rejected(error),
            404 | 405 | 406 | 415 | 501 => no_token(error),
            _ => error,
        });
    }
    let body: Option<Value> = serde_json::from_slice(&response.body).ok();
    let token = body.as_ref().and_then(|it| it.pointer(token_request.token));
    let Some(token) = token.and_then(Value::as_str).and_then(bearer::token) else {
        let error = CallError::new(ErrorCode::UnexpectedResponse, "").status(response.status);
        return Err(no_token(CallError {
            rate_limit: Box::new(response.rate_limit),
            ..error
        }));
    };
    let lifetime = bearer::lifetime(&token, rate_limit::date(&response.headers));
    Grant::token(GrantKind::Token, None, &token, lifetime).ok_or_else(bearer::not_a_token)
}

async fn from_file(
    path: &Path,
    method: Option<SignInMethod>,
    timeout: Duration,
) -> Result<Grant, CallError> {
    // The state is recorded before the file is read. If the file changes in between, it is read again at the next call.
    let stamp = FileState::read(path).await;
    let token = bearer::read_file(path, timeout).await?;
    Grant::token(GrantKind::File(stamp), method, &token, None).ok_or_else(bearer::not_a_token)
}

fn rejected(error: CallError) -> CallError {
    CallError {
        code: ErrorCode::Unauthenticated,
        title: "Sign-in rejected".to_owned(),
        hint: "The user name or the password of this account is wrong, or the user is not active. Do not repeat the call: the administrator of these tools must correct them.".to_owned(),
        retryable: false,
        ..error
    }
}

fn no_key() -> CallError {
    CallError::new(ErrorCode::Unauthenticated, "No key").hint("This API requires a key instead of user name and password. The administrator of these tools must set the key as the token of the account.")
}

fn no_token(error: CallError) -> CallError {
    CallError {
        code: ErrorCode::UnexpectedResponse,
        title: "No token for user name and password".to_owned(),
        hint: "The server does not exchange user name and password for a token as its API defines. Check the base URL with its path, or set a bearer token for the account.".to_owned(),
        retryable: false,
        ..error
    }
}

/// Returns `name=value` of the cookie with this name, unless the value is empty.
fn cookie(headers: &HeaderMap, name: &str) -> Option<HeaderValue> {
    let set = headers.get_all(SET_COOKIE).iter();
    let pairs = set.filter_map(|it| it.to_str().ok()?.split(';').next());
    let mut values = pairs.filter_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='));
    let value = values.find(|value| !value.is_empty())?;
    sensitive(&format!("{name}={value}"))
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod key_tests;
#[cfg(test)]
mod tests;
