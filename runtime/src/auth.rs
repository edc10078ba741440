//! Sign-in: turns the credentials of an account into a header, renews the header when necessary, and explains rejected credentials.
//!
//! Everything specific to an API is defined in its [`SignIn`]. Concurrent calls share one sign-in.

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

use crate::{
    account::{Credentials, SettingsError},
    api::{Api, Session, Sign, SignIn, TokenRequest},
    bearer::{self, Stamp},
    error::{CallError, ErrorCode},
    explain,
    secrets::Redactor,
    single_flight::SingleFlight,
    tool::Http,
    transport::{JSON, Outgoing, Response, Transport},
};

mod way;

pub(crate) use way::Way;

/// Time for which Basic credentials are used without a session if the request for a session failed.
const ASK_AGAIN: Duration = Duration::from_secs(30);
/// Time before its expiry at which a token is renewed; a tenth of its lifetime if that is shorter.
const BEFORE_END: Duration = Duration::from_secs(60);
/// Minimum length of an account header that is redacted, because shorter values are hardly secrets.
const MIN_HEADER_SECRET: usize = 8;

/// Credentials of an account and the grants obtained with them.
pub(crate) struct Auth {
    credentials: Credentials,
    timeout: Duration,
    grants: Mutex<Vec<(Of, Flight)>>,
}

/// Key of a grant: a header name with the word before its key; or an empty text with the name of a document that has its own sign-in method; or two empty texts for all other requests.
type Of = (&'static str, &'static str);

type Flight = Arc<SingleFlight<Grant>>;

/// Header that authenticates a request.
pub(crate) struct Grant {
    header: Option<(HeaderName, HeaderValue)>,
    /// Secret part of the header, without a word such as `Bearer`.
    secret: SecretString,
    kind: Kind,
    granted: Instant,
    renew_at: Option<Instant>,
}

enum Kind {
    /// Header that is never renewed.
    Fixed,
    /// Session cookie.
    Session,
    /// Token obtained with a user name and a password.
    Token,
    /// Token from a file, with the state of the file when it was read.
    File(Option<Stamp>),
    /// Token printed by a command.
    Command,
}

impl Grant {
    fn none() -> Self {
        Self::new(Kind::Fixed, None, "")
    }

    fn new(kind: Kind, header: Option<(HeaderName, HeaderValue)>, secret: &str) -> Self {
        Self {
            header,
            secret: secret.into(),
            kind,
            granted: Instant::now(),
            renew_at: None,
        }
    }

    /// Creates a grant with a token in the header that the API expects.
    fn token(kind: Kind, way: Option<Way>, token: &str, lives: Option<Duration>) -> Option<Self> {
        let header = match way.map(|way| way.sign_in()) {
            Some(SignIn::Key { header, scheme }) => {
                let name = HeaderName::from_bytes(header.as_bytes()).ok()?;
                (name, sensitive(format!("{scheme} {token}").trim_start())?)
            }
            _ => (AUTHORIZATION, sensitive(&format!("Bearer {token}"))?),
        };
        let mut grant = Self::new(kind, Some(header), token);
        grant.renew_at = lives.map(|it| grant.granted + it - BEFORE_END.min(it / 10));
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
    pub(crate) fn is_refused(&self, way: Way, response: &Response) -> bool {
        let status = response.status;
        match (&self.kind, way.sign_in()) {
            (Kind::Fixed, _) => false,
            (_, SignIn::Basic { session }) => {
                let denied = session.as_ref().map_or(&[][..], |it| it.denied);
                status == 401 || denied.contains(&status)
            }
            (_, SignIn::Token(token)) => {
                let means = |sign: &Sign| {
                    sign.status == status && explain::says(&way.api.errors, response, sign.says)
                };
                status == 401 || token.renew.iter().any(means)
            }
            (_, SignIn::Key { .. }) => status == 401,
        }
    }
}

impl Auth {
    pub(crate) fn new(credentials: Credentials, timeout: Duration) -> Result<Self, SettingsError> {
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
        way: Option<Way>,
        transport: &Transport,
    ) -> Result<Arc<Grant>, CallError> {
        let flight = self.flight(way);
        let stamp = match &self.credentials {
            Credentials::BearerFile(path) => Stamp::of(path).await,
            _ => None,
        };
        let good = |grant: &Arc<Grant>| {
            let is_read = match grant.kind {
                Kind::File(read) => read == stamp,
                _ => true,
            };
            is_read && !grant.is_due()
        };
        if let Some(grant) = flight.get().filter(&good) {
            return Ok(grant);
        }
        flight
            .run(good, async || self.obtain(way, transport).await)
            .await
    }

    /// Obtains a new grant after `refused` was rejected. If another call has renewed the grant in the meantime, returns that grant.
    pub(crate) async fn renew(
        &self,
        way: Way,
        transport: &Transport,
        refused: &Arc<Grant>,
    ) -> Result<Arc<Grant>, CallError> {
        let other = |grant: &Arc<Grant>| !Arc::ptr_eq(grant, refused);
        self.flight(Some(way))
            .run(other, async || self.obtain(Some(way), transport).await)
            .await
    }

    /// Returns the shared grant of a sign-in method. A token is the same for all methods except those with a key header.
    fn flight(&self, way: Option<Way>) -> Flight {
        let wanted: Of = match way.map(|way| (way, way.sign_in())) {
            Some((_, SignIn::Key { header, scheme })) => (header, scheme),
            Some((way, _)) if !self.is_bearer() => ("", way.name()),
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

    async fn obtain(&self, way: Option<Way>, transport: &Transport) -> Result<Grant, CallError> {
        let made = match &self.credentials {
            Credentials::None => return Ok(Grant::none()),
            Credentials::Bearer(token) => {
                Grant::token(Kind::Fixed, way, token.expose_secret(), None)
            }
            Credentials::BearerFile(path) => return from_file(path, way, self.timeout).await,
            Credentials::BearerCommand(command) => {
                let token = bearer::of_command(command, self.timeout).await?;
                let lives = bearer::lives(&token, None);
                Grant::token(Kind::Command, way, &token, lives)
            }
            Credentials::Password { username, password } => {
                return match way.map(|way| (way.api, way.sign_in())) {
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
    pub(crate) fn refusal(&self, way: Way, transport: &Transport, error: CallError) -> CallError {
        let status = error.status.unwrap_or_default();
        let denied = match way.sign_in() {
            SignIn::Basic { session } => session.as_ref().map_or(&[][..], |it| it.denied),
            SignIn::Token(_) | SignIn::Key { .. } => &[],
        };
        let is_key = matches!(way.sign_in(), SignIn::Key { .. });
        let wanted = match is_key {
            true => "a key",
            false => "a user name and password, or a token",
        };
        match &self.credentials {
            // Another header of the account may contain the credentials.
            Credentials::None
                if transport.headers().is_empty()
                    && (status == 401 || status == 403 && is_key || denied.contains(&status)) =>
            {
                CallError {
                    code: ErrorCode::Unauthenticated,
                    ..error
                }
                .hint(format!("This account has no credentials, so that the server lets it in as nobody. Whoever runs these tools has to give it {wanted}."))
            }
            _ if self.is_bearer() && denied.contains(&status) => error.hint("The server says the same of a token that it does not accept and of a user without the permission. Whoever runs these tools has to check both; calling again does not help."),
            _ => error,
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
        .ok_or_else(|| CallError::new(ErrorCode::Internal, "Basic credentials are no header"))?;
    let mut grant = Grant::new(Kind::Fixed, Some((AUTHORIZATION, header)), &pair);
    let Some(session) = session else {
        return Ok(grant);
    };
    let mut outgoing = Outgoing::get(session.path);
    outgoing.headers = grant.headers();
    let response = transport.exchange(outgoing).await?;
    // If the path does not exist, the upstream has not checked the credentials, and the cookie is an anonymous one (seen with version 2.7.3 of an upstream).
    let asked = response.status != 404;
    let cookie = cookie(&response.headers, session.cookie).filter(|_| asked);
    if let Some(cookie) = cookie {
        let session = cookie.to_str().ok().and_then(|it| it.split_once('='));
        let session = session.map_or("", |(_, value)| value).to_owned();
        return Ok(Grant::new(Kind::Session, Some((COOKIE, cookie)), &session));
    }
    if session.denied.contains(&response.status) {
        let error = explain::error_of(&api.errors, transport.base(), Http::Get, &response);
        return Err(refused(error));
    }
    if response.status == 429 || response.status >= 500 {
        grant.renew_at = Some(grant.granted + ASK_AGAIN);
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
    request: &TokenRequest,
    username: &str,
    password: &SecretString,
) -> Result<Grant, CallError> {
    let body = json!({ request.username: username, request.password: password.expose_secret() });
    let response = transport
        // A sign-in can be repeated without harm if its response is lost, so it keeps the guarantees of GET.
        .exchange(Outgoing {
            http: Http::Post,
            body: Some((JSON, body.to_string().into_bytes())),
            ..Outgoing::get(request.path)
        })
        .await?;
    if response.status >= 300 {
        let error = explain::error_of(&api.errors, transport.base(), Http::Get, &response);
        return Err(match response.status {
            400 | 401 | 403 | 422 => refused(error),
            404 | 405 | 406 | 415 | 501 => no_token(error),
            _ => error,
        });
    }
    let answer: Option<Value> = serde_json::from_slice(&response.body).ok();
    let token = answer.as_ref().and_then(|it| it.pointer(request.token));
    let Some(token) = token.and_then(Value::as_str).and_then(bearer::token) else {
        let error = CallError::new(ErrorCode::UnexpectedResponse, "");
        let error = CallError {
            status: Some(response.status),
            rate_limit: Box::new(response.rate_limit),
            ..error
        };
        return Err(no_token(error));
    };
    let lives = bearer::lives(&token, crate::rate_limit::date(&response.headers));
    Grant::token(Kind::Token, None, &token, lives).ok_or_else(bearer::not_a_token)
}

async fn from_file(path: &Path, way: Option<Way>, timeout: Duration) -> Result<Grant, CallError> {
    // The state is recorded before the file is read. If the file changes in between, it is read again at the next call.
    let stamp = Stamp::of(path).await;
    let token = bearer::of_file(path, timeout).await?;
    Grant::token(Kind::File(stamp), way, &token, None).ok_or_else(bearer::not_a_token)
}

fn refused(error: CallError) -> CallError {
    CallError {
        code: ErrorCode::Unauthenticated,
        title: "Sign-in refused".to_owned(),
        hint: "User name or password of this account are wrong, or the user is not active. Calling again does not help: somebody has to correct them.".to_owned(),
        retryable: false,
        ..error
    }
}

fn no_key() -> CallError {
    CallError::new(ErrorCode::Unauthenticated, "No key").hint("This API is used with a key, not with user name and password. Whoever runs these tools has to give the account the key as its token.")
}

fn no_token(error: CallError) -> CallError {
    CallError {
        code: ErrorCode::UnexpectedResponse,
        title: "No token for user name and password".to_owned(),
        hint: "This server does not exchange user name and password for a token in the way its API has it. Check the base URL, also its path; or give the account a bearer token.".to_owned(),
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
