//! Signing in: what makes credentials into a header, when that is made anew, and what a refusal means.
//!
//! Everything peculiar to an API stands in its [`SignIn`]. One login runs at a time, however many calls wait for it.

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

/// How long Basic is used without a session when the server could not be asked for one.
const ASK_AGAIN: Duration = Duration::from_secs(30);
/// A token is renewed this long before its end, or a tenth of its life if that is shorter.
const BEFORE_END: Duration = Duration::from_secs(60);
/// Headers of the account that are shorter are hardly secrets.
const MIN_HEADER_SECRET: usize = 8;

/// The credentials of an account and what they were exchanged for.
pub(crate) struct Auth {
    credentials: Credentials,
    timeout: Duration,
    grants: Mutex<Vec<(Of, Flight)>>,
}

/// What a grant is for: a header with the word before its key, or a document that has a way of its own, or anything else.
type Of = (&'static str, &'static str);

type Flight = Arc<SingleFlight<Grant>>;

/// What lets a request in.
pub(crate) struct Grant {
    header: Option<(HeaderName, HeaderValue)>,
    /// What of the header nobody may see, which is not all of it: `Bearer` hides nothing.
    secret: SecretString,
    kind: Kind,
    granted: Instant,
    renew_at: Option<Instant>,
}

enum Kind {
    /// Nothing to renew.
    Fixed,
    /// A session cookie.
    Session,
    /// A token that user name and password were exchanged for.
    Token,
    /// A token out of a file as it was then.
    File(Option<Stamp>),
    /// A token that a command printed.
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

    /// A token, in the header where the API wants it.
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

    /// The header that goes with a request.
    pub(crate) fn headers(&self) -> HeaderMap {
        self.header.iter().cloned().collect()
    }

    /// Whether it was there before `began`.
    pub(crate) fn is_older_than(&self, began: Instant) -> bool {
        self.granted < began
    }

    /// Whether it lets in the same way as `other`.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.header == other.header
    }

    fn is_due(&self) -> bool {
        self.renew_at.is_some_and(|it| it <= Instant::now())
    }

    /// Whether `response` means that this is no longer good.
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

    /// Name of the user, if the account has one.
    pub(crate) fn username(&self) -> Option<&str> {
        match &self.credentials {
            Credentials::Password { username, .. } => Some(username),
            _ => None,
        }
    }

    /// Whether the credentials are a token, which needs no API to be used.
    pub(crate) fn is_bearer(&self) -> bool {
        !matches!(
            self.credentials,
            Credentials::None | Credentials::Password { .. }
        )
    }

    /// What lets a request in: the one there is while it is good, else a new one.
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

    /// Another grant, after `refused` was; the one there is by now if another call has renewed it.
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

    /// The grant for a way. A token is the same for all.
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

    /// The error of an answer, with what it means for these credentials where the server does not know that.
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
            // Another header may be what lets in.
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

    /// `text` without what this account signs in with.
    pub(crate) fn redact(&self, transport: &Transport, text: &str) -> String {
        let mut secrets: Vec<String> = Vec::new();
        match &self.credentials {
            // A password that is the user name hides nothing, but would be found wherever the user is.
            Credentials::Password { username, password } => {
                // A proxy may show the header, of which there may be a session by now.
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

/// Basic credentials, exchanged for a session cookie where the server has sessions.
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
    // Where the path does not exist nobody has looked at the credentials, and the cookie is one for anybody (2.7.3).
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

/// User name and password, exchanged for a token.
async fn exchange(
    api: &'static Api,
    transport: &Transport,
    request: &TokenRequest,
    username: &str,
    password: &SecretString,
) -> Result<Grant, CallError> {
    let body = json!({ request.username: username, request.password: password.expose_secret() });
    let response = transport
        // A login that was lost is simply done again: it promises what a GET does.
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
    // Looked at before it is read: if it changes in between, it is read once more.
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

/// `name=value` of the cookie of this name, if it is set to something.
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
