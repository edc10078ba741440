//! Sessions of the admin page: sign-in with an API token, the session cookie, and the check that a page of this session has sent a form.
//!
//! The cookie contains the id of the API token, a random token for forms, and the end of the session. It is encrypted with the gateway's key, so that every gateway with this key can read it and none has to store sessions. The API token is looked up for each request, so revoking it ends its sessions.

use std::convert::Infallible;

use askama::Template;
use axum::extract::{Form, FromRequest, FromRequestParts, Query, Request, State};
use axum::http::HeaderMap;
use axum::http::header::{COOKIE, HeaderValue, SET_COOKIE};
use axum::http::request::Parts;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use subtle::ConstantTimeEq;

use super::Admin;
use super::form::{Fields, Problems};
use super::page::{Answer, Frame, Refused, go, html, refused};
use crate::gateway::error::ServiceError;
use crate::gateway::model::{Principal, Role};

/// Duration of a session in seconds.
const SECONDS: i64 = 8 * 3600;

/// Purpose for which the cookie is encrypted, so that no other encrypted text can be used as a cookie.
const PURPOSE: &str = "admin session";

/// Content of the session cookie. The id of the API token is empty before sign-in.
struct Session {
    token: String,
    csrf: String,
    ends: i64,
}

impl Session {
    fn new(token: &str) -> Result<Self, Refused> {
        let mut random = [0; 24];
        getrandom::fill(&mut random)
            .map_err(|error| ServiceError::Internal(format!("no randomness: {error}")))?;
        Ok(Self {
            token: token.to_owned(),
            csrf: URL_SAFE_NO_PAD.encode(random),
            ends: Timestamp::now().as_second() + SECONDS,
        })
    }

    /// Returns the session of a request, if its cookie is valid and the session has not ended.
    fn of(admin: &Admin, headers: &HeaderMap) -> Option<Self> {
        let name = admin.site.cookie();
        let sealed = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| **key == *name)
            .map(|(_, value)| value)?;
        let plain = admin.gateway.unseal(PURPOSE, sealed)?;
        let mut parts = plain.split('.');
        let session = Self {
            token: parts.next()?.to_owned(),
            csrf: parts.next()?.to_owned(),
            ends: parts.next()?.parse().ok()?,
        };
        (session.ends > Timestamp::now().as_second()).then_some(session)
    }

    fn cookie(&self, admin: &Admin) -> Result<HeaderValue, Refused> {
        let plain = format!("{}.{}.{}", self.token, self.csrf, self.ends);
        let sealed = admin.gateway.seal(PURPOSE, &plain)?;
        cookie(admin, &sealed, SECONDS)
    }
}

fn cookie(admin: &Admin, value: &str, seconds: i64) -> Result<HeaderValue, Refused> {
    let site = &admin.site;
    let secure = if site.secure { "; Secure" } else { "" };
    let text = format!(
        "{}={value}; Path={}/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}",
        site.cookie(),
        site.base
    );
    HeaderValue::from_str(&text)
        .map_err(|_| Refused::Service(ServiceError::Internal("no cookie can be made".to_owned())))
}

/// Visitor who is signed in as issuer or admin with an API token that is valid now.
pub(super) struct Visitor {
    pub(super) who: Principal,
    /// Token that every form of the page sends.
    pub(super) csrf: String,
}

impl FromRequestParts<Admin> for Visitor {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, Refused> {
        let again = || {
            let next = parts.uri.path_and_query().map(ToString::to_string);
            // After signing in, the browser can return only to pages that are opened with GET.
            let next = next.filter(|_| parts.method == axum::http::Method::GET);
            Refused::SignIn(next.unwrap_or_else(|| "/".to_owned()))
        };
        let session = Session::of(admin, &parts.headers).ok_or_else(again)?;
        if session.token.is_empty() {
            return Err(again());
        }
        let who = match admin.gateway.principal(&session.token).await {
            Ok(who) => who,
            Err(ServiceError::Unauthenticated | ServiceError::NotFound { .. }) => {
                return Err(again());
            }
            Err(error) => return Err(error.into()),
        };
        if who.role < Role::Issuer {
            return Err(again());
        }
        let csrf = session.csrf;
        Ok(Self { who, csrf })
    }
}

/// Form that a page of this session has sent.
pub(super) struct Submitted {
    pub(super) visitor: Visitor,
    pub(super) fields: Fields,
}

impl FromRequest<Admin> for Submitted {
    type Rejection = Refused;

    async fn from_request(request: Request, admin: &Admin) -> Result<Self, Refused> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, admin).await?;
        let csrf = visitor.csrf.clone();
        let fields = fields(admin, Request::from_parts(parts, body), &csrf).await?;
        Ok(Self { visitor, fields })
    }
}

impl Submitted {
    /// Runs the work of the form unless the form was submitted before, so that reloading a page that shows a secret does not create another one.
    pub(super) async fn once<T>(
        &self,
        admin: &Admin,
        work: impl Future<Output = Result<T, ServiceError>>,
    ) -> Result<Result<T, ServiceError>, Refused> {
        let once = self.fields.text("once");
        if once.is_empty() {
            return Err(Refused::Unreadable);
        }
        // The id includes the session, so that nobody can use up the forms of other visitors.
        let form = format!("{}\n{once}", self.visitor.csrf);
        let done = admin.gateway.once(&form, work).await;
        done.transpose().ok_or(Refused::Repeated)
    }
}

/// Reads the fields of a form, if a page with this token has sent it.
async fn fields(admin: &Admin, request: Request, csrf: &str) -> Result<Fields, Refused> {
    if !admin.site.sent(request.headers()) {
        return Err(Refused::Foreign);
    }
    let Form(fields) = Form::<Vec<(String, String)>>::from_request(request, admin)
        .await
        .map_err(|_| Refused::Unreadable)?;
    let fields = Fields(fields);
    let same = fields.text("csrf").as_bytes().ct_eq(csrf.as_bytes());
    if csrf.is_empty() || !bool::from(same) {
        return Err(Refused::Foreign);
    }
    Ok(fields)
}

/// Query of a link. An invalid query counts as empty.
pub(super) struct Asked(pub(super) Fields);

impl FromRequestParts<Admin> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Admin) -> Result<Self, Infallible> {
        let fields = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        Ok(Self(Fields(fields.map(|it| it.0).unwrap_or_default())))
    }
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    frame: Frame,
    next: String,
    problems: Problems,
}

/// Handles `GET /login`.
pub(super) async fn form(State(admin): State<Admin>, Asked(query): Asked) -> Answer {
    let frame = Frame::outside(&admin.site, "Sign in").noticing(&query);
    ask(&admin, frame, query.text("next"), Problems::default())
}

/// Renders the sign-in form with a new session, so that another site cannot sign a visitor in.
fn ask(admin: &Admin, mut frame: Frame, next: &str, problems: Problems) -> Answer {
    let session = Session::new("")?;
    frame.csrf.clone_from(&session.csrf);
    let next = next.to_owned();
    let wrong = !problems.is_empty();
    let page = LoginPage {
        frame,
        next,
        problems,
    };
    let response = if wrong { refused(&page) } else { html(&page) };
    with_cookie(response?, session.cookie(admin)?)
}

fn with_cookie(mut response: Response, cookie: HeaderValue) -> Answer {
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

/// Handles `POST /login`.
pub(super) async fn sign_in(State(admin): State<Admin>, request: Request) -> Answer {
    let csrf = Session::of(&admin, request.headers()).map(|session| session.csrf);
    let fields = fields(&admin, request, &csrf.unwrap_or_default()).await?;
    let mut problems = Problems::default();
    match admin.gateway.authenticate(fields.text("token")).await {
        Ok(who) if who.role >= Role::Issuer => {
            let response = go(&admin, inside(fields.text("next")))?;
            return with_cookie(response, Session::new(&who.id)?.cookie(&admin)?);
        }
        Ok(_) => problems.add(
            "token",
            "this API token has the role caller: it can call MCP servers, but not open this page",
        ),
        Err(ServiceError::Unauthenticated) => problems.add(
            "token",
            "this API token is not known, or it is expired or revoked",
        ),
        Err(error) => return Err(error.into()),
    }
    let frame = Frame::outside(&admin.site, "Sign in");
    ask(&admin, frame, fields.text("next"), problems)
}

/// Handles `POST /logout`.
pub(super) async fn sign_out(State(admin): State<Admin>, _: Submitted) -> Answer {
    let response = go(&admin, "/login?done=signed-out")?;
    with_cookie(response, cookie(&admin, "", 0)?)
}

/// Returns the path if it belongs to this site, otherwise the path of the overview page.
fn inside(next: &str) -> &str {
    let safe = next.starts_with('/')
        && !next.starts_with("//")
        && next
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if safe { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_pages_of_this_site_only() {
        let rows = [
            ("/servers?account=acc_1", "/servers?account=acc_1"),
            ("", "/"),
            ("https://evil.example/", "/"),
            ("//evil.example/", "/"),
            ("/\\evil.example/", "/"),
            ("/a\r\nSet-Cookie: b", "/"),
        ];
        for (next, expected) in rows {
            assert_eq!(inside(next), expected, "{next:?}");
        }
    }
}
