//! Pages of API tokens for people who use the admin page and programs that call the gateway.

use askama::Template;
use axum::extract::{Path, State};
use jiff::Timestamp;

use super::Admin;
use super::accounts::Confirm;
use super::expiry::{Chosen, Expiry, Moment};
use super::form::{Fields, Problems};
use super::page::{Answer, Frame, Refused, encode, go, html, refused};
use super::session::{Asked, Submitted, Visitor};
use crate::gateway::error::ServiceError;
use crate::gateway::model::{ApiToken, ApiTokenInput, PageQuery, Role};

/// Roles with a description of what each permits.
const ROLES: [(Role, &str); 3] = [
    (Role::Caller, "calls MCP servers that need an API token"),
    (
        Role::Issuer,
        "makes and revokes MCP servers, reads the audit log",
    ),
    (Role::Admin, "everything"),
];

#[derive(Template)]
#[template(path = "tokens.html")]
struct TokensPage {
    frame: Frame,
    problems: Problems,
    tokens: Vec<Line>,
    next: Option<String>,
    name: String,
    role: String,
    expiry: Expiry,
}

/// API token in the list.
struct Line {
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
    Asked(query): Asked,
) -> Answer {
    html(&page(&admin, &visitor, &query).await?)
}

async fn page(admin: &Admin, visitor: &Visitor, query: &Fields) -> Result<TokensPage, Refused> {
    let now = Timestamp::now();
    let asked = PageQuery {
        limit: None,
        cursor: query.given("cursor"),
    };
    let tokens = admin.gateway.api_tokens(&visitor.who, asked).await?;
    Ok(TokensPage {
        frame: Frame::new(admin, visitor, "tokens", "API tokens").noticing(query),
        problems: Problems::default(),
        next: tokens.next_cursor.as_deref().map(encode),
        tokens: tokens
            .result
            .into_iter()
            .map(|token| Line {
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
pub(super) async fn create(State(admin): State<Admin>, sent: Submitted) -> Answer {
    let Submitted { visitor, fields } = &sent;
    let now = Timestamp::now();
    let mut problems = Problems::default();
    let expiry = Expiry::new("").submitted(fields);
    let chosen = expiry.chosen(now, &mut problems);
    let role = ROLES
        .iter()
        .find(|(role, _)| role.as_str() == fields.text("role"));
    match role {
        Some((role, _)) if problems.is_empty() => {
            let input = ApiTokenInput {
                name: fields.text("name").to_owned(),
                role: *role,
                expires_at: match chosen {
                    Chosen::At(at) => Some(at),
                    Chosen::Keep | Chosen::Never => None,
                },
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
                Err(error) => problems = Problems::of(error)?,
            }
        }
        Some(_) => {}
        None => problems.add("role", "choose a role"),
    }
    let mut page = page(&admin, visitor, &Fields::default()).await?;
    page.problems = problems;
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
) -> Answer {
    if visitor.who.role < Role::Admin {
        let needs = Role::Admin;
        return Err(Refused::Service(ServiceError::Forbidden { needs }));
    }
    let own = id == visitor.who.id;
    let text = if own {
        "You are signed in with this token: you are signed out at once, and whatever else uses it is refused."
    } else {
        "Whoever uses it is refused from that moment on, and signed out of this page. MCP servers that it made stay."
    };
    html(&Confirm {
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
    sent: Submitted,
) -> Answer {
    admin
        .gateway
        .revoke_api_token(&sent.visitor.who, &id)
        .await?;
    go(&admin, "/tokens?done=token-revoked")
}
