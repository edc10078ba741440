//! Sessions of the admin page: sign-in with an API token, the session cookie, and the check that a page of this session has sent a form.
//!
//! The cookie contains the id of the API token, a random token for forms, and the end of the session. It is encrypted with the gateway's key, so that every gateway with this key can read it and none has to store sessions. The API token is looked up for each request, so revoking it ends its sessions. Only sessions whose visitors have signed out are stored, so that no gateway accepts their cookies any more.

use std::convert::Infallible;

use axum::extract::{Form, FromRequest, FromRequestParts, Query, Request};
use axum::http::HeaderMap;
use axum::http::header::{COOKIE, HeaderValue};
use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use subtle::ConstantTimeEq;

use super::form::Fields;
use super::rejection::FormRejection;
use super::site::Admin;
use crate::error::ServiceError;
use crate::model::{Principal, Role};

/// Duration of a session in seconds.
const SECONDS: i64 = 8 * 3600;

/// Purpose for which the cookie is encrypted, so that no other encrypted text can be used as a cookie.
const PURPOSE: &str = "admin session";

/// Content of the session cookie. The id of the API token is empty before sign-in.
pub(super) struct Session {
    token: String,
    pub(super) csrf: String,
    ends: i64,
}

impl Session {
    pub(super) fn new(token: &str) -> Result<Self, FormRejection> {
        let mut random = [0; 24];
        getrandom::fill(&mut random)
            .map_err(|error| ServiceError::Internal(format!("no random bytes: {error}")))?;
        Ok(Self {
            token: token.to_owned(),
            csrf: URL_SAFE_NO_PAD.encode(random),
            ends: Timestamp::now().as_second() + SECONDS,
        })
    }

    /// Returns the session of a request, if its cookie is valid and the session has not ended.
    pub(super) fn from_headers(admin: &Admin, headers: &HeaderMap) -> Option<Self> {
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

    pub(super) fn cookie(&self, admin: &Admin) -> Result<HeaderValue, FormRejection> {
        let plain = format!("{}.{}.{}", self.token, self.csrf, self.ends);
        let sealed = admin.gateway.seal(PURPOSE, &plain)?;
        cookie(admin, &sealed, SECONDS)
    }
}

pub(super) fn cookie(
    admin: &Admin,
    value: &str,
    seconds: i64,
) -> Result<HeaderValue, FormRejection> {
    let site = &admin.site;
    let secure = if site.secure { "; Secure" } else { "" };
    let text = format!(
        "{}={value}; Path={}/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}",
        site.cookie(),
        site.base
    );
    HeaderValue::from_str(&text).map_err(|_| {
        FormRejection::Service(ServiceError::Internal(
            "the session cookie is invalid".to_owned(),
        ))
    })
}

/// Visitor who is signed in as issuer or admin with an API token that is valid now.
pub(super) struct Visitor {
    pub(super) who: Principal,
    /// Token that every form of the page sends.
    pub(super) csrf: String,
    /// Second in which the session expires.
    ends: i64,
}

impl Visitor {
    /// Ends the session on all gateways.
    pub(super) async fn sign_out(&self, admin: &Admin) -> Result<(), FormRejection> {
        Ok(admin.gateway.end_session(&self.csrf, self.ends).await?)
    }

    /// Rejects visitors who are not administrators, so that they do not see forms that they cannot submit.
    pub(super) fn require_admin(&self) -> Result<(), FormRejection> {
        let needs = Role::Admin;
        match self.who.role < needs {
            true => Err(ServiceError::Forbidden { needs }.into()),
            false => Ok(()),
        }
    }
}

impl FromRequestParts<Admin> for Visitor {
    type Rejection = FormRejection;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, FormRejection> {
        let again = || {
            let next = parts.uri.path_and_query().map(ToString::to_string);
            // After signing in, the browser can return only to pages that are opened with GET.
            let next = next.filter(|_| parts.method == axum::http::Method::GET);
            FormRejection::SignIn(next.unwrap_or_else(|| "/".to_owned()))
        };
        let session = Session::from_headers(admin, &parts.headers).ok_or_else(again)?;
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
        let has_ended = admin.gateway.is_ended_session(&session.csrf).await?;
        if who.role < Role::Issuer || has_ended {
            return Err(again());
        }
        Ok(Self {
            who,
            csrf: session.csrf,
            ends: session.ends,
        })
    }
}

/// Form that a page of this session has sent.
pub(super) struct SubmittedForm {
    pub(super) visitor: Visitor,
    pub(super) fields: Fields,
}

impl FromRequest<Admin> for SubmittedForm {
    type Rejection = FormRejection;

    async fn from_request(request: Request, admin: &Admin) -> Result<Self, FormRejection> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, admin).await?;
        let csrf = visitor.csrf.clone();
        let fields = fields(admin, Request::from_parts(parts, body), &csrf).await?;
        Ok(Self { visitor, fields })
    }
}

impl SubmittedForm {
    /// Runs the work of the form unless the form was submitted before, so that reloading a page that shows a secret does not create another one.
    pub(super) async fn once<T>(
        &self,
        admin: &Admin,
        work: impl Future<Output = Result<T, ServiceError>>,
    ) -> Result<Result<T, ServiceError>, FormRejection> {
        let once = self.fields.text("once");
        if once.is_empty() {
            return Err(FormRejection::Unreadable);
        }
        // The id includes the session, so that nobody can use up the forms of other visitors.
        let form = format!("{}\n{once}", self.visitor.csrf);
        let done = admin.gateway.once(&form, work).await;
        done.transpose().ok_or(FormRejection::Repeated)
    }
}

/// Reads the fields of a form, if a page with this token has sent it.
pub(super) async fn fields(
    admin: &Admin,
    request: Request,
    csrf: &str,
) -> Result<Fields, FormRejection> {
    if !admin.site.sent(request.headers()) {
        return Err(FormRejection::Foreign);
    }
    let Form(fields) = Form::<Vec<(String, String)>>::from_request(request, admin)
        .await
        .map_err(|_| FormRejection::Unreadable)?;
    let fields = Fields(fields);
    let same = fields.text("csrf").as_bytes().ct_eq(csrf.as_bytes());
    if csrf.is_empty() || !bool::from(same) {
        return Err(FormRejection::Foreign);
    }
    Ok(fields)
}

/// Query of a link. An invalid query counts as empty.
pub(super) struct LinkQuery(pub(super) Fields);

impl FromRequestParts<Admin> for LinkQuery {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Admin) -> Result<Self, Infallible> {
        let fields = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        Ok(Self(Fields(fields.map(|it| it.0).unwrap_or_default())))
    }
}
