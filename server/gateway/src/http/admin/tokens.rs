//! Pages of API tokens for people who use the admin page and programs that call the gateway.

use askama::Template;
use axum::extract::{Path, State};
use jiff::Timestamp;

use super::expiry::{Expiry, Moment};
use super::form::{Fields, FormErrors};
use super::page::{ConfirmPage, Frame, encode, go, html, refused};
use super::rejection::{FormRejection, PageResult};
use super::server_line::offers;
use super::session::{LinkQuery, SubmittedForm, Visitor};
use super::site::Admin;
use crate::model::{Account, ApiToken, ApiTokenInput, Role, ServerConfig, TokenBounds};

/// Roles with a description of what each permits.
const ROLES: [(Role, &str); 3] = [
    (Role::Caller, "calls MCP servers that require an API token"),
    (
        Role::Issuer,
        "creates MCP servers within its bounds, changes and revokes those of issuers, reads the audit log",
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
    /// Accounts, each with whether it is ticked in the bounds.
    accounts: Vec<(Account, bool)>,
    /// Name of the preset that is the widest selection; empty for none.
    bounds_preset: String,
    bounds_days: String,
}

/// API token in the list.
struct TokenLine {
    token: ApiToken,
    role: &'static str,
    expires: Option<Moment>,
    created: Moment,
    /// Summary of the bounds; empty if the token has none.
    bounds: String,
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
    let accounts = admin.gateway.every_account(&visitor.who).await?;
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
                bounds: token.bounds.as_ref().map_or(String::new(), summary),
                own: token.id == visitor.who.id,
                token,
            })
            .collect(),
        name: String::new(),
        role: Role::Issuer.as_str().to_owned(),
        expiry: Expiry::new("90d"),
        accounts: accounts.into_iter().map(|it| (it, false)).collect(),
        bounds_preset: String::new(),
        bounds_days: String::new(),
    })
}

/// Reads the bounds of an issuer; `None` if no field is filled in.
fn bounds(fields: &Fields, errors: &mut FormErrors) -> Option<TokenBounds> {
    let preset = fields.given("bounds_preset");
    let days = fields.given("bounds_days");
    let max_days = days.and_then(|days| {
        let number = days.parse().ok().filter(|days| (1..=36_500).contains(days));
        if number.is_none() {
            errors.add("bounds_days", "enter a number of days from 1 to 36500");
        }
        number
    });
    let bounds = TokenBounds {
        accounts: fields.all("bounds_accounts"),
        config: preset.map(|name| ServerConfig {
            preset: Some(name),
            ..ServerConfig::default()
        }),
        max_days,
    };
    (bounds != TokenBounds::default()).then_some(bounds)
}

/// Returns a summary of bounds.
fn summary(bounds: &TokenBounds) -> String {
    let mut parts = Vec::new();
    match bounds.accounts.len() {
        0 => {}
        1 => parts.push("1 account".to_owned()),
        many => parts.push(format!("{many} accounts")),
    }
    parts.extend(bounds.config.as_ref().map(offers));
    parts.extend(bounds.max_days.map(|days| format!("{days} days")));
    parts.join(" · ")
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
    let bounds = bounds(fields, &mut errors);
    let role = ROLES
        .iter()
        .find(|(role, _)| role.as_str() == fields.text("role"));
    match role {
        Some((role, _)) if errors.is_empty() => {
            let input = ApiTokenInput {
                name: fields.text("name").to_owned(),
                role: *role,
                expires_at: chosen.time(),
                bounds: bounds.filter(|_| *role == Role::Issuer),
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
    let accounts = fields.all("bounds_accounts");
    for (account, ticked) in &mut page.accounts {
        *ticked = accounts.contains(&account.id);
    }
    page.bounds_preset = fields.text("bounds_preset").to_owned();
    page.bounds_days = fields.text("bounds_days").to_owned();
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
        "All uses of the token are rejected immediately, and people who are signed in with it are signed out."
    };
    html(&ConfirmPage {
        frame: Frame::new(&admin, &visitor, "tokens", "Revoke this API token?"),
        text: format!("{id}: {text}"),
        option: Some((
            "servers",
            "Also revoke the MCP servers that the token created",
        )),
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
    let (gateway, who) = (&admin.gateway, &sent.visitor.who);
    if sent.fields.has("servers") {
        gateway.revoke_api_token_and_servers(who, &id).await?;
    } else {
        gateway.revoke_api_token(who, &id).await?;
    }
    go(&admin, "/tokens?done=token-revoked")
}
