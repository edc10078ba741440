//! Pages of accounts. A submitted secret is never written into a page.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use jiff::Timestamp;
use secrecy::SecretString;

use super::Admin;
use super::expiry::Moment;
use super::form::{Fields, Problems};
use super::overview::Live;
use super::page::{Answer, Frame, Refused, encode, go, html, refused};
use super::servers::Line;
use super::session::{Asked, Submitted, Visitor};
use crate::gateway::error::ServiceError;
use crate::gateway::model::{
    Account, AccountInput, AccountPatch, AuthInput, Check, PageQuery, Role,
};

/// Sign-in methods: value and label.
const WAYS: [(&str, &str); 5] = [
    ("password", "User name and password"),
    ("bearer", "Bearer token"),
    ("bearer_file", "Bearer token in a file"),
    ("bearer_command", "Bearer token from a command"),
    ("none", "No credentials"),
];

/// Sign-in methods that use the gateway's machine.
const LOCAL: [&str; 2] = ["bearer_file", "bearer_command"];

#[derive(Template)]
#[template(path = "account_form.html")]
struct AccountForm {
    frame: Frame,
    problems: Problems,
    /// Id of the account that is changed; `None` for a new account.
    id: Option<String>,
    name: String,
    base_url: String,
    auth: String,
    username: String,
    path: String,
    api: String,
    /// Certificate, which is public and may therefore be shown.
    ca_certificate: String,
    has_certificate: bool,
    /// Names of the stored headers.
    headers: Vec<String>,
    apis: Vec<(&'static str, &'static str)>,
    /// Whether credentials from the gateway's machine are allowed.
    local: bool,
}

impl AccountForm {
    fn new(admin: &Admin, visitor: &Visitor, account: Option<&Account>) -> Self {
        let title = account.map_or("Add an account".to_owned(), |it| {
            format!("Edit {}", it.name)
        });
        let apis = admin.gateway.apis();
        Self {
            frame: Frame::new(admin, visitor, "overview", &title),
            problems: Problems::default(),
            id: account.map(|it| it.id.clone()),
            name: account.map_or(String::new(), |it| it.name.clone()),
            base_url: account.map_or(String::new(), |it| it.base_url.clone()),
            auth: if account.is_some() {
                "keep"
            } else {
                "password"
            }
            .to_owned(),
            username: account
                .and_then(|it| it.auth.username.clone())
                .unwrap_or_default(),
            path: String::new(),
            api: account.and_then(|it| it.api.clone()).unwrap_or_default(),
            ca_certificate: String::new(),
            has_certificate: account.is_some_and(|it| it.ca_certificate),
            headers: account.map_or(Vec::new(), |it| it.headers.clone()),
            apis: apis.iter().map(|api| (api.name, api.title)).collect(),
            local: admin.gateway.local_credentials(),
        }
    }

    /// Fills the form with the submitted fields except secrets. A command is left out, too, because it can contain a secret.
    fn submitted(mut self, fields: &Fields, problems: Problems) -> Self {
        let text = |name: &str| fields.text(name).to_owned();
        self.problems = problems;
        self.name = text("name");
        self.base_url = text("base_url");
        self.auth = text("auth");
        self.username = text("username");
        self.path = text("path");
        self.api = text("api");
        self.ca_certificate = text("ca_certificate");
        self
    }

    fn ways(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let keep = self
            .id
            .is_some()
            .then_some(("keep", "Keep the stored credentials"));
        let offered = |(way, _): &(&str, &str)| self.local || !LOCAL.contains(way);
        keep.into_iter().chain(WAYS.into_iter().filter(offered))
    }
}

/// Reads the sign-in method; `None` keeps the stored credentials.
fn auth(fields: &Fields, problems: &mut Problems) -> Option<AuthInput> {
    let mut needed = |name: &str, text: &str| {
        if fields.text(name).is_empty() {
            problems.add(name, text);
        }
    };
    match fields.text("auth") {
        "password" => {
            needed("username", "write the user name");
            needed("password", "write the password");
            Some(AuthInput::Password {
                username: fields.text("username").to_owned(),
                password: fields.secret("password"),
            })
        }
        "bearer" => {
            needed("token", "write the token");
            let token = SecretString::from(fields.text("token").to_owned());
            Some(AuthInput::Bearer { token })
        }
        "bearer_file" => {
            needed("path", "write the path of the file");
            let path = fields.text("path").to_owned();
            Some(AuthInput::BearerFile { path })
        }
        "bearer_command" => {
            needed("command", "write the command");
            let command = fields.text("command").to_owned();
            Some(AuthInput::BearerCommand { command })
        }
        "none" => Some(AuthInput::None),
        "keep" => None,
        _ => {
            problems.add("auth", "choose how to sign in");
            None
        }
    }
}

/// Reads headers, one per line. Errors do not quote the line, because it can contain a secret.
fn headers(text: &str, problems: &mut Problems) -> BTreeMap<String, SecretString> {
    let mut headers = BTreeMap::new();
    let lines = text.lines().enumerate();
    for (index, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        match line.split_once(':') {
            Some((name, value)) if !name.trim().is_empty() => {
                let value = SecretString::from(value.trim().to_owned());
                headers.insert(name.trim().to_owned(), value);
            }
            _ => problems.add(
                "headers",
                format!("line {}: write it as Name: value", index + 1),
            ),
        }
    }
    headers
}

/// Handles `GET /accounts/new`.
pub(super) async fn blank(State(admin): State<Admin>, visitor: Visitor) -> Answer {
    may_change(&visitor)?;
    html(&AccountForm::new(&admin, &visitor, None))
}

/// Rejects visitors who are not administrators, so that they do not see forms that they cannot submit.
fn may_change(visitor: &Visitor) -> Result<(), Refused> {
    if visitor.who.role < Role::Admin {
        let needs = Role::Admin;
        return Err(Refused::Service(ServiceError::Forbidden { needs }));
    }
    Ok(())
}

/// Handles `POST /accounts`.
pub(super) async fn create(State(admin): State<Admin>, sent: Submitted) -> Answer {
    let Submitted { visitor, fields } = sent;
    may_change(&visitor)?;
    let mut problems = Problems::default();
    let auth = auth(&fields, &mut problems);
    let headers = headers(fields.text("headers"), &mut problems);
    if auth.is_none() && problems.at("auth").is_empty() {
        problems.add("auth", "there are no stored credentials to keep");
    }
    if problems.is_empty() {
        let input = AccountInput {
            name: fields.text("name").to_owned(),
            base_url: fields.text("base_url").to_owned(),
            auth: auth.unwrap_or(AuthInput::None),
            headers,
            api: fields.given("api"),
            ca_certificate: fields.given("ca_certificate"),
        };
        match admin.gateway.create_account(&visitor.who, input).await {
            Ok(account) => {
                return go(
                    &admin,
                    &format!("/accounts/{}?done=account-created", account.id),
                );
            }
            Err(error) => problems = Problems::of(error)?,
        }
    }
    refused(&AccountForm::new(&admin, &visitor, None).submitted(&fields, problems))
}

/// Handles `GET /accounts/{account}/edit`.
pub(super) async fn edit(
    State(admin): State<Admin>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Answer {
    may_change(&visitor)?;
    let account = admin.gateway.account(&visitor.who, &id).await?;
    html(&AccountForm::new(&admin, &visitor, Some(&account)))
}

/// Handles `POST /accounts/{account}`.
pub(super) async fn update(
    State(admin): State<Admin>,
    Path(id): Path<String>,
    sent: Submitted,
) -> Answer {
    let Submitted { visitor, fields } = sent;
    may_change(&visitor)?;
    let account = admin.gateway.account(&visitor.who, &id).await?;
    let mut problems = Problems::default();
    let auth = auth(&fields, &mut problems);
    let given = headers(fields.text("headers"), &mut problems);
    if problems.is_empty() {
        let headers = if fields.has("remove_headers") {
            Some(BTreeMap::new())
        } else {
            Some(given).filter(|given| !given.is_empty())
        };
        let certificate = if fields.has("remove_certificate") {
            Some(String::new())
        } else {
            fields.given("ca_certificate")
        };
        let patch = AccountPatch {
            name: Some(fields.text("name").to_owned()),
            base_url: Some(fields.text("base_url").to_owned()),
            auth,
            headers,
            api: Some(fields.text("api").to_owned()),
            ca_certificate: certificate,
        };
        match admin.gateway.update_account(&visitor.who, &id, patch).await {
            Ok(_) => {
                return go(
                    &admin,
                    &format!("/accounts/{}?done=account-updated", account.id),
                );
            }
            Err(error) => problems = Problems::of(error)?,
        }
    }
    refused(&AccountForm::new(&admin, &visitor, Some(&account)).submitted(&fields, problems))
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    account: Account,
    auth: &'static str,
    live: Live,
    created: Moment,
    updated: Moment,
    check: Option<Check>,
    servers: Vec<Line>,
    /// Whether there are more servers than the page shows.
    more: bool,
    link: String,
}

/// Handles `GET /accounts/{account}`.
pub(super) async fn show(
    State(admin): State<Admin>,
    visitor: Visitor,
    Path(id): Path<String>,
    Asked(query): Asked,
) -> Answer {
    let mut page = page(&admin, &visitor, &id, None).await?;
    page.frame = page.frame.noticing(&query);
    html(&page)
}

/// Handles `POST /accounts/{account}/check`.
pub(super) async fn check(
    State(admin): State<Admin>,
    Path(id): Path<String>,
    sent: Submitted,
) -> Answer {
    let check = admin.gateway.check_account(&sent.visitor.who, &id).await?;
    html(&page(&admin, &sent.visitor, &id, Some(check)).await?)
}

async fn page(
    admin: &Admin,
    visitor: &Visitor,
    id: &str,
    check: Option<Check>,
) -> Result<AccountPage, Refused> {
    let now = Timestamp::now();
    let account = admin.gateway.account(&visitor.who, id).await?;
    let servers = admin
        .gateway
        .servers(&visitor.who, id, PageQuery::default())
        .await?;
    let live = admin.gateway.live_states();
    let way = WAYS.iter().find(|(kind, _)| *kind == account.auth.kind);
    Ok(AccountPage {
        frame: Frame::new(admin, visitor, "overview", &account.name),
        auth: way.map_or("", |(_, label)| label),
        live: Live::new(live.get(id), now),
        created: Moment::new(account.created_at, now),
        updated: Moment::new(account.updated_at, now),
        check,
        more: servers.next_cursor.is_some(),
        servers: servers
            .result
            .into_iter()
            .map(|server| Line::new(admin, server, account.name.clone(), now))
            .collect(),
        link: encode(&account.id),
        account,
    })
}

#[derive(Template)]
#[template(path = "confirm.html")]
pub(super) struct Confirm {
    pub(super) frame: Frame,
    /// Consequences of the action.
    pub(super) text: String,
    /// Path to which the form is sent.
    pub(super) action: String,
    /// Label of the button.
    pub(super) button: &'static str,
    /// Path of the link that cancels the action.
    pub(super) back: String,
}

/// Handles `GET /accounts/{account}/delete`.
pub(super) async fn confirm(
    State(admin): State<Admin>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Answer {
    may_change(&visitor)?;
    let account = admin.gateway.account(&visitor.who, &id).await?;
    let title = format!("Delete {}?", account.name);
    html(&Confirm {
        frame: Frame::new(&admin, &visitor, "overview", &title),
        text: "Its credentials are forgotten and all its MCP servers are revoked at once: every agent that uses one of their URLs is refused from then on. This cannot be undone. The audit log keeps its records.".to_owned(),
        action: format!("/accounts/{}/delete", account.id),
        button: "Delete account",
        back: format!("/accounts/{}", account.id),
    })
}

/// Handles `POST /accounts/{account}/delete`.
pub(super) async fn delete(
    State(admin): State<Admin>,
    Path(id): Path<String>,
    sent: Submitted,
) -> Answer {
    admin.gateway.delete_account(&sent.visitor.who, &id).await?;
    go(&admin, "/?done=account-deleted")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_cannot_be_read_is_told_by_its_line() {
        let rows = [
            ("X-A: 1\n\nX-B: 2:3", 2, ""),
            ("hunter2", 0, "line 1: write it as Name: value"),
            ("X-A: 1\n: 2", 1, "line 2: write it as Name: value"),
        ];
        for (text, count, expected) in rows {
            let mut problems = Problems::default();
            let headers = headers(text, &mut problems);
            assert_eq!(
                (headers.len(), problems.at("headers")),
                (count, expected.to_owned())
            );
        }
    }
}
