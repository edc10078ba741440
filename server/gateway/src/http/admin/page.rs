//! Shared parts of all pages: the frame, the security headers, and the error pages.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use axum::response::{IntoResponse, Response};

use super::assets::{ICON, SCRIPT, STYLE};
use super::form::Fields;
use super::rejection::{FormRejection, PageResult};
use super::session::Visitor;
use super::site::{Admin, Site};
use crate::error::ServiceError;
use crate::model::Role;
use crate::token;
use mcp_server::product::{Product, product};

/// Content security policy: a page can load only its own style sheet, script and icon, and submit forms only to this site. No other script can run.
const CONTENT_SECURITY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Headers of every page.
const HEADERS: [(&str, &str); 7] = [
    ("content-security-policy", CONTENT_SECURITY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// Frame around the content of every page.
pub(super) struct Frame {
    /// Prefix of each path.
    pub(super) base: String,
    pub(super) title: String,
    /// Entry of the navigation to which the page belongs.
    pub(super) section: &'static str,
    /// Signed-in visitor.
    pub(super) who: Option<SignedInVisitor>,
    /// Token that every form sends.
    pub(super) csrf: String,
    /// Unique id of the form, for forms that create something which is shown only once.
    pub(super) once: String,
    /// Notice about the last action.
    pub(super) notice: &'static str,
}

/// Signed-in visitor in the form that the page shows.
pub(super) struct SignedInVisitor {
    pub(super) name: String,
    pub(super) role: &'static str,
    pub(super) admin: bool,
}

impl Frame {
    /// Returns the product, whose names the pages show.
    pub(super) fn product(&self) -> &'static Product {
        product()
    }

    pub(super) fn new(
        admin: &Admin,
        visitor: &Visitor,
        section: &'static str,
        title: &str,
    ) -> Self {
        Self {
            section,
            who: Some(SignedInVisitor {
                name: visitor.who.name.clone(),
                role: visitor.who.role.as_str(),
                admin: visitor.who.role == Role::Admin,
            }),
            csrf: visitor.csrf.clone(),
            // Without random bytes the form cannot be submitted, and the error after submitting is more helpful than an error on this page.
            once: token::new("").unwrap_or_default(),
            ..Self::outside(&admin.site, title)
        }
    }

    /// Creates the frame of a page for visitors who are not signed in.
    pub(super) fn outside(site: &Site, title: &str) -> Self {
        Self {
            base: site.base.clone(),
            title: title.to_owned(),
            section: "",
            who: None,
            csrf: String::new(),
            once: String::new(),
            notice: "",
        }
    }

    /// Adds the notice that the query selects. The query selects one of these texts and cannot contain a text.
    pub(super) fn noticing(mut self, query: &Fields) -> Self {
        self.notice = match query.text("done") {
            "account-created" => "The account was added.",
            "account-updated" => "The account was changed.",
            "account-deleted" => "The account and its MCP servers were deleted.",
            "server-updated" => "The MCP server was changed.",
            "server-revoked" => "The MCP server was revoked. Its URL is rejected from now on.",
            "token-revoked" => "The API token was revoked. It is rejected from now on.",
            "signed-out" => "You have signed out.",
            _ => "",
        };
        self
    }

    /// Returns whether the visitor is an administrator.
    pub(super) fn admin(&self) -> bool {
        self.who.as_ref().is_some_and(|who| who.admin)
    }

    pub(super) fn style(&self) -> String {
        format!("{}/assets/{}", self.base, STYLE.name)
    }

    pub(super) fn script(&self) -> String {
        format!("{}/assets/{}", self.base, SCRIPT.name)
    }

    pub(super) fn icon(&self) -> String {
        format!("{}/assets/{}", self.base, ICON.name)
    }
}

/// Renders a page.
pub(super) fn html(template: &impl Template) -> PageResult {
    let html = [(CONTENT_TYPE, "text/html; charset=utf-8")];
    Ok((html, template.render()?).into_response())
}

/// Renders a form again with its errors.
pub(super) fn refused(template: &impl Template) -> PageResult {
    let mut response = html(template)?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

/// Redirects the browser to another page of the site with GET.
pub(super) fn go(admin: &Admin, path: &str) -> PageResult {
    Ok(redirect(&admin.site, path))
}

fn redirect(site: &Site, path: &str) -> Response {
    let to = HeaderValue::from_str(&format!("{}{path}", site.base))
        .unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
}

/// Percent-encodes a value for the query of a link.
pub(super) fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if plain(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}

#[derive(Template)]
#[template(path = "confirm.html")]
pub(super) struct ConfirmPage {
    pub(super) frame: Frame,
    /// Consequences of the action.
    pub(super) text: String,
    /// Name and label of a checkbox.
    pub(super) option: Option<(&'static str, &'static str)>,
    /// Path to which the form is sent.
    pub(super) action: String,
    /// Label of the button.
    pub(super) button: &'static str,
    /// Path of the link that cancels the action.
    pub(super) back: String,
}

#[derive(Template)]
#[template(path = "refused.html")]
struct RefusedPage {
    frame: Frame,
    text: String,
    hint: &'static str,
}

/// Renders the error page of a rejected request, and adds the headers of all pages.
pub(super) async fn finish(State(admin): State<Admin>, mut response: Response) -> Response {
    if let Some(refused) = response.extensions_mut().remove::<FormRejection>() {
        response = explain(&admin.site, refused);
    }
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        response
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
    }
    response
}

fn explain(site: &Site, refused: FormRejection) -> Response {
    let (status, title, text, hint) = match refused {
        FormRejection::SignIn(next) if next == "/" => return redirect(site, "/login"),
        FormRejection::SignIn(next) => return redirect(site, &format!("/login?next={}", encode(&next))),
        FormRejection::Foreign => (
            StatusCode::FORBIDDEN,
            "The form was rejected",
            "Another site sent the form, or you opened the form before you signed in."
                .to_owned(),
            "Nothing was changed. Open the page again and resubmit the form.",
        ),
        FormRejection::Repeated => (
            StatusCode::CONFLICT,
            "The form was already submitted",
            "The form can be submitted only once, so nothing was created or changed now. The lists show what the first submission created; its URL or token was shown only then.".to_owned(),
            "If nobody has copied the URL or token, rotate the URL of the server, or revoke the API token and create another.",
        ),
        FormRejection::Unreadable => (
            StatusCode::BAD_REQUEST,
            "The form cannot be read",
            "The form is too long or has an invalid format.".to_owned(),
            "Nothing was changed. Open the page again, shorten long fields, and resubmit the form.",
        ),
        FormRejection::Service(error) => {
            let title = match &error {
                ServiceError::Forbidden { .. } => "Not permitted",
                ServiceError::NotFound { .. } => "Not found",
                ServiceError::Unavailable(_) => "Temporarily unavailable",
                ServiceError::RevocationPending { .. } => "Revoked on this replica only",
                _ => "The request failed",
            };
            let status = StatusCode::from_u16(error.status());
            let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, title, error.to_string(), error.hint())
        }
        FormRejection::Template => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "The request failed",
            "The page cannot be rendered.".to_owned(),
            "See the log of the gateway for the cause.",
        ),
    };
    let frame = Frame::outside(site, title);
    match html(&RefusedPage { frame, text, hint }) {
        Ok(mut response) => {
            *response.status_mut() = status;
            response
        }
        Err(_) => status.into_response(),
    }
}
