//! Pages of API tokens for people who use the admin page and programs that call the gateway.

use askama::Template;
use axum::extract::{Path, State};
use jiff::Timestamp;

use super::expiry::{Expiry, Moment};
use super::form::{Fields, FormErrors};
use super::page::{ConfirmPage, Frame, encode, go, html, refused};
use super::rejection::{FormRejection, PageResult};
use super::session::{LinkQuery, SubmittedForm, Visitor};
use super::site::Admin;
use crate::model::{ApiToken, ApiTokenInput, Role};

/// Roles with a description of what each permits.
const ROLES: [(Role, &str); 3] = [
    (Role::Caller, "calls MCP servers that require an API token"),
    (
        Role::Issuer,
        "creates and revokes MCP servers, reads the audit log",
    ),
    (Role::Admin, "has all permissions"),
];

#[derive(Template)]
#[template(path = "tokens.html")]
struct TokensPage {
    frame: Frame,
    errors: FormErrors,
    tokens: Vec<TokenLine>,
    next: Option<String>,
    name: String,
    role: String,
    expiry: Expiry,
}

/// API token in the list.
struct TokenLine {
    token: ApiToken,
    role: &'static str,
    expires: Option<Moment>,
    created: Moment,
    /// Whether the visitor is signed in with this API token.
    own: bool,
}

impl TokensPage {
    fn roles(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        ROLES.iter().map(|(role, text)| (role.as_str(), *text))
    }
}

/// Handles `GET /tokens`.
pub(super) async fn list(
    State(admin): State<Admin>,
    visitor: Visitor,
    LinkQuery(query): LinkQuery,
) -> PageResult {
    html(&page(&admin, &visitor, &query).await?)
}

async fn page(
    admin: &Admin,
    visitor: &Visitor,
    query: &Fields,
) -> Result<TokensPage, FormRejection> {
    let now = Timestamp::now();
    let asked = query.page();
    let tokens = admin.gateway.api_tokens(&visitor.who, asked).await?;
    Ok(TokensPage {
        frame: Frame::new(admin, visitor, "tokens", "API tokens").noticing(query),
        errors: FormErrors::default(),
        next: tokens.next_cursor.as_deref().map(encode),
        tokens: tokens
            .result
            .into_iter()
            .map(|token| TokenLine {
                role: token.role.as_str(),
                expires: token.expires_at.map(|at| Moment::new(at, now)),
                created: Moment::new(token.created_at, now),
                own: token.id == visitor.who.id,
                token,
            })
            .collect(),
        name: String::new(),
        role: Role::Issuer.as_str().to_owned(),
        expiry: Expiry::new("90d"),
    })
}

#[derive(Template)]
#[template(path = "token_made.html")]
struct MadePage {
    frame: Frame,
    token: String,
    role: &'static str,
    expires: Option<Moment>,
}

/// Handles `POST /tokens`.
pub(super) async fn create(State(admin): State<Admin>, sent: SubmittedForm) -> PageResult {
    let SubmittedForm { visitor, fields } = &sent;
    let now = Timestamp::now();
    let mut errors = FormErrors::default();
    let expiry = Expiry::new("").submitted(fields);
    let chosen = expiry.chosen(now, &mut errors);
    let role = ROLES
        .iter()
        .find(|(role, _)| role.as_str() == fields.text("role"));
    match role {
        Some((role, _)) if errors.is_empty() => {
            let input = ApiTokenInput {
                name: fields.text("name").to_owned(),
                role: *role,
                expires_at: chosen.time(),
            };
            let created = admin.gateway.create_api_token(&visitor.who, input);
            match sent.once(&admin, created).await? {
                Ok(new) => {
                    let title = format!("{} is ready", new.api_token.name);
                    return html(&MadePage {
                        frame: Frame::new(&admin, visitor, "tokens", &title),
                        token: new.token,
                        role: new.api_token.role.as_str(),
                        expires: new.api_token.expires_at.map(|at| Moment::new(at, now)),
                    });
                }
                Err(error) => errors = FormErrors::from_error(error)?,
            }
        }
        Some(_) => {}
        None => errors.add("role", "choose a role"),
    }
    let mut page = page(&admin, visitor, &Fields::default()).await?;
    page.errors = errors;
    page.name = fields.text("name").to_owned();
    page.role = fields.text("role").to_owned();
    page.expiry = expiry;
    refused(&page)
}

/// Handles `GET /tokens/{token}/revoke`.
pub(super) async fn confirm(
    State(admin): State<Admin>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> PageResult {
    visitor.require_admin()?;
    let own = id == visitor.who.id;
    let text = if own {
        "You are signed in with this token. You are signed out immediately, and all other uses of the token are rejected."
    } else {
        "All uses of the token are rejected immediately, and people who are signed in with it are signed out. MCP servers that were created with it remain."
    };
    html(&ConfirmPage {
        frame: Frame::new(&admin, &visitor, "tokens", "Revoke this API token?"),
        text: format!("{id}: {text}"),
        action: format!("/tokens/{}/revoke", encode(&id)),
        button: "Revoke token",
        back: "/tokens".to_owned(),
    })
}

/// Handles `POST /tokens/{token}/revoke`.
pub(super) async fn revoke(
    State(admin): State<Admin>,
    Path(id): Path<String>,
    sent: SubmittedForm,
) -> PageResult {
    admin
        .gateway
        .revoke_api_token(&sent.visitor.who, &id)
        .await?;
    go(&admin, "/tokens?done=token-revoked")
}
