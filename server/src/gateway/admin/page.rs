//! Shared parts of all pages: the frame, the security headers, and the error pages.

use askama::Template;
use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Extensions, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, http};

use super::Admin;
use super::assets::{ICON, SCRIPT, STYLE};
use super::form::Fields;
use super::session::Visitor;
use super::site::Site;
use crate::gateway::error::ServiceError;
use crate::gateway::model::Role;
use crate::gateway::token;
use crate::product;

/// Content security policy: a page can load only its own style sheet, script and icon, and submit forms only to this site. No other script can run.
const CONTENT_SECURITY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Result of a handler.
pub(super) type Answer = Result<Response, Refused>;

/// Reason why a page is not shown to a visitor.
#[derive(Debug, Clone)]
pub(super) enum Refused {
    /// Visitor who is not signed in, with the path to which to return after signing in.
    SignIn(String),
    /// Form that another site or a page of another session has sent.
    Foreign,
    /// Form that was submitted before and may be submitted only once.
    Repeated,
    /// Form that cannot be parsed.
    Unreadable,
    /// Error of the service.
    Service(ServiceError),
    /// Error of a template, which no input can cause.
    Template,
}

impl From<ServiceError> for Refused {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Unauthenticated => Self::SignIn("/".to_owned()),
            error => Self::Service(error),
        }
    }
}

impl From<askama::Error> for Refused {
    fn from(error: askama::Error) -> Self {
        tracing::error!(%error, "a page cannot be made");
        Self::Template
    }
}

/// Defers the page to [`finish`], which knows the site.
impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        Extension(self).into_response()
    }
}

/// Frame around the content of every page.
pub(super) struct Frame {
    /// Prefix of each path.
    pub(super) base: String,
    pub(super) title: String,
    /// Entry of the navigation to which the page belongs.
    pub(super) section: &'static str,
    /// Signed-in visitor.
    pub(super) who: Option<Signed>,
    /// Token that every form sends.
    pub(super) csrf: String,
    /// Unique id of the form, for forms that create something which is shown only once.
    pub(super) once: String,
    /// Notice about the last action.
    pub(super) notice: &'static str,
}

/// Signed-in visitor in the form that the page shows.
pub(super) struct Signed {
    pub(super) name: String,
    pub(super) role: &'static str,
    pub(super) admin: bool,
}

impl Frame {
    /// Inserts the names of the product into a text.
    pub(super) fn words(&self, text: &str) -> String {
        product::words(text)
    }

    pub(super) fn new(
        admin: &Admin,
        visitor: &Visitor,
        section: &'static str,
        title: &str,
    ) -> Self {
        Self {
            base: admin.site.base.clone(),
            title: title.to_owned(),
            section,
            who: Some(Signed {
                name: visitor.who.name.clone(),
                role: visitor.who.role.as_str(),
                admin: visitor.who.role == Role::Admin,
            }),
            csrf: visitor.csrf.clone(),
            // Without random bytes the form cannot be submitted, and the error after submitting is more helpful than one here.
            once: token::new("").unwrap_or_default(),
            notice: "",
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

    /// Adds the notice that the query selects. The query only selects one of the texts here and cannot contain a text.
    pub(super) fn noticing(mut self, query: &Fields) -> Self {
        self.notice = match query.text("done") {
            "account-created" => "The account is there. Check that it can sign in.",
            "account-updated" => "The account is changed.",
            "account-deleted" => "The account and its servers are gone.",
            "server-updated" => "The server is changed.",
            "server-revoked" => "The server is revoked. Its URL is refused from now on.",
            "token-revoked" => "The API token is revoked. It is refused from now on.",
            "signed-out" => "You are signed out.",
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
pub(super) fn html(template: &impl Template) -> Answer {
    let html = [(CONTENT_TYPE, "text/html; charset=utf-8")];
    Ok((html, template.render()?).into_response())
}

/// Renders a form again with its errors.
pub(super) fn refused(template: &impl Template) -> Answer {
    let mut response = html(template)?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

/// Redirects the browser to another page of the site with GET.
pub(super) fn go(admin: &Admin, path: &str) -> Answer {
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
#[template(path = "refused.html")]
struct RefusedPage {
    frame: Frame,
    text: String,
    hint: &'static str,
}

/// Renders the error page of a rejected request, and adds the headers of all pages.
pub(super) async fn finish(State(admin): State<Admin>, mut response: Response) -> Response {
    if let Some(refused) = take(response.extensions_mut()) {
        response = explain(&admin.site, refused);
    }
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(CONTENT_SECURITY_POLICY, CONTENT_SECURITY);
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(REFERRER_POLICY, "no-referrer");
    set(CACHE_CONTROL, "no-store");
    set(http::header::X_FRAME_OPTIONS, "DENY");
    set(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    set(
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    response
}

fn take(extensions: &mut Extensions) -> Option<Refused> {
    extensions.remove::<Refused>()
}

fn explain(site: &Site, refused: Refused) -> Response {
    let (status, title, text, hint) = match refused {
        Refused::SignIn(next) if next == "/" => return redirect(site, "/login"),
        Refused::SignIn(next) => return redirect(site, &format!("/login?next={}", encode(&next))),
        Refused::Foreign => (
            StatusCode::FORBIDDEN,
            "This form is not accepted",
            "It was sent by another site, or from a page that was opened before you signed in."
                .to_owned(),
            "Nothing was changed. Open the page again and repeat it.",
        ),
        Refused::Repeated => (
            StatusCode::CONFLICT,
            "This form was sent before",
            "It does its work once, so nothing was made or changed now. What it made is in the lists; its URL or token was shown the first time only.".to_owned(),
            "If nobody kept that, give the server another URL, or revoke the API token and create another.",
        ),
        Refused::Unreadable => (
            StatusCode::BAD_REQUEST,
            "This form cannot be read",
            "It is too long or not written as browsers write forms.".to_owned(),
            "Nothing was changed.",
        ),
        Refused::Service(error) => {
            let title = match &error {
                ServiceError::Forbidden { .. } => "You may not do this",
                ServiceError::NotFound { .. } => "It is not there",
                ServiceError::Unavailable(_) => "Not possible right now",
                _ => "This did not work",
            };
            let status = StatusCode::from_u16(error.status());
            let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, title, error.to_string(), error.hint())
        }
        Refused::Template => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "This did not work",
            "The page cannot be made.".to_owned(),
            "The log of the gateway says more.",
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
