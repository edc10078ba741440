//! Page that signs visitors in.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::header::{HeaderValue, SET_COOKIE};
use axum::response::Response;

use super::form::FormErrors;
use super::page::{Frame, go, html, refused};
use super::rejection::PageResult;
use super::session::{LinkQuery, Session, SubmittedForm, cookie, fields};
use super::site::Admin;
use crate::error::ServiceError;
use crate::http::limits::WrongToken;
use crate::model::Role;

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    frame: Frame,
    next: String,
    errors: FormErrors,
}

/// Handles `GET /login`.
pub(super) async fn show(State(admin): State<Admin>, LinkQuery(query): LinkQuery) -> PageResult {
    let frame = Frame::outside(&admin.site, "Sign in").noticing(&query);
    ask(&admin, frame, query.text("next"), FormErrors::default())
}

/// Renders the sign-in form with a new session, so that another site cannot sign a visitor in.
fn ask(admin: &Admin, mut frame: Frame, next: &str, errors: FormErrors) -> PageResult {
    let session = Session::new("")?;
    frame.csrf.clone_from(&session.csrf);
    let next = next.to_owned();
    let wrong = !errors.is_empty();
    let page = LoginPage {
        frame,
        next,
        errors,
    };
    let response = if wrong { refused(&page) } else { html(&page) };
    with_cookie(response?, session.cookie(admin)?)
}

fn with_cookie(mut response: Response, cookie: HeaderValue) -> PageResult {
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

/// Handles `POST /login`.
pub(super) async fn sign_in(State(admin): State<Admin>, request: Request) -> PageResult {
    let csrf = Session::from_headers(&admin, request.headers()).map(|session| session.csrf);
    let fields = fields(&admin, request, &csrf.unwrap_or_default()).await?;
    let mut errors = FormErrors::default();
    let frame = Frame::outside(&admin.site, "Sign in");
    match admin.gateway.authenticate(fields.text("token")).await {
        Ok(who) if who.role >= Role::Issuer => {
            let record = admin.gateway.record(&who, "page.sign_in");
            admin.gateway.record_later(record);
            let response = go(&admin, inside(fields.text("next")))?;
            return with_cookie(response, Session::new(&who.id)?.cookie(&admin)?);
        }
        Ok(_) => errors.add(
            "token",
            "this API token has the role caller, which permits calling MCP servers but not opening this page; use a token with the role issuer or admin",
        ),
        Err(ServiceError::Unauthenticated) => {
            let message = "the API token is unknown, expired or revoked; enter a valid token";
            errors.add("token", message);
            let mut response = ask(&admin, frame, fields.text("next"), errors)?;
            response.extensions_mut().insert(WrongToken);
            return Ok(response);
        }
        Err(error) => return Err(error.into()),
    }
    ask(&admin, frame, fields.text("next"), errors)
}

/// Handles `POST /logout`.
pub(super) async fn sign_out(State(admin): State<Admin>, form: SubmittedForm) -> PageResult {
    form.visitor.sign_out(&admin).await?;
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
