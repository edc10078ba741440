//! Pages of accounts. A submitted secret is never written into a page.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use jiff::Timestamp;
use secrecy::SecretString;

use super::expiry::Moment;
use super::form::{Fields, FormErrors};
use super::overview::LiveView;
use super::page::{ConfirmPage, Frame, encode, go, html, refused};
use super::rejection::{FormRejection, PageResult};
use super::server_line::ServerLine;
use super::session::{LinkQuery, SubmittedForm, Visitor};
use super::site::Admin;
use crate::model::sign_in::AuthInput;
use crate::model::{Account, AccountCheck, AccountInput, AccountPatch, PageQuery};

/// Sign-in methods: value and label.
const SIGN_IN_METHODS: [(&str, &str); 5] = [
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
    errors: FormErrors,
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
            errors: FormErrors::default(),
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
    fn submitted(mut self, fields: &Fields, errors: FormErrors) -> Self {
        let text = |name: &str| fields.text(name).to_owned();
        self.errors = errors;
        self.name = text("name");
        self.base_url = text("base_url");
        self.auth = text("auth");
        self.username = text("username");
        self.path = text("path");
        self.api = text("api");
        self.ca_certificate = text("ca_certificate");
        self
    }

    fn methods(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let keep = self
            .id
            .is_some()
            .then_some(("keep", "Keep the stored credentials"));
        let offered = |(method, _): &(&str, &str)| self.local || !LOCAL.contains(method);
        keep.into_iter()
            .chain(SIGN_IN_METHODS.into_iter().filter(offered))
    }
}

/// Reads the sign-in method; `None` keeps the stored credentials.
fn auth(fields: &Fields, errors: &mut FormErrors) -> Option<AuthInput> {
    let mut needed = |name: &str, text: &str| {
        if fields.text(name).is_empty() {
            errors.add(name, text);
        }
    };
    match fields.text("auth") {
        "password" => {
            needed("username", "enter the user name");
            needed("password", "enter the password");
            Some(AuthInput::Password {
                username: fields.text("username").to_owned(),
                password: fields.secret("password"),
            })
        }
        "bearer" => {
            needed("token", "enter the token");
            let token = SecretString::from(fields.text("token").to_owned());
            Some(AuthInput::Bearer { token })
        }
        "bearer_file" => {
            needed("path", "enter the path of the file");
            let path = fields.text("path").to_owned();
            Some(AuthInput::BearerFile { path })
        }
        "bearer_command" => {
            needed("command", "enter the command");
            let command = fields.text("command").to_owned();
            Some(AuthInput::BearerCommand { command })
        }
        "none" => Some(AuthInput::None),
        "keep" => None,
        _ => {
            errors.add("auth", "choose a sign-in method");
            None
        }
    }
}

/// Reads headers, one per line. Errors do not quote the line, because it can contain a secret.
fn headers(text: &str, errors: &mut FormErrors) -> BTreeMap<String, SecretString> {
    let mut headers = BTreeMap::new();
    let lines = text.lines().enumerate();
    for (index, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        match line.split_once(':') {
            Some((name, value)) if !name.trim().is_empty() => {
                let value = SecretString::from(value.trim().to_owned());
                headers.insert(name.trim().to_owned(), value);
            }
            _ => errors.add(
                "headers",
                format!("line {}: write `Name: value`", index + 1),
            ),
        }
    }
    headers
}

/// Handles `GET /accounts/new`.
pub(super) async fn blank(State(admin): State<Admin>, visitor: Visitor) -> PageResult {
    visitor.require_admin()?;
    html(&AccountForm::new(&admin, &visitor, None))
}

/// Handles `POST /accounts`.
pub(super) async fn create(State(admin): State<Admin>, sent: SubmittedForm) -> PageResult {
    sent.visitor.require_admin()?;
    save(&admin, &sent, None).await
}

/// Creates an account, or changes the given one, checks its sign-in, and leads to its page, which shows the result.
async fn save(admin: &Admin, sent: &SubmittedForm, account: Option<&Account>) -> PageResult {
    let SubmittedForm { visitor, fields } = sent;
    let text = |name: &str| fields.text(name).to_owned();
    let mut errors = FormErrors::default();
    let auth = auth(fields, &mut errors);
    let headers = headers(fields.text("headers"), &mut errors);
    if account.is_none() && auth.is_none() && errors.for_field("auth").is_empty() {
        errors.add(
            "auth",
            "no credentials are stored; choose another sign-in method",
        );
    }
    if errors.is_empty() {
        let (done, saved) = if let Some(account) = account {
            let headers = Some(headers).filter(|it| !it.is_empty());
            let remove_headers = fields.has("remove_headers").then(BTreeMap::new);
            let remove_certificate = fields.has("remove_certificate").then(String::new);
            let mut patch = AccountPatch {
                name: Some(text("name")),
                base_url: Some(text("base_url")),
                auth,
                headers: remove_headers.or(headers),
                api: Some(text("api")),
                ca_certificate: remove_certificate.or_else(|| fields.given("ca_certificate")),
            };
            if account.refused.is_some() {
                // Nothing that is stored for a refused account can be kept.
                patch.headers.get_or_insert_default();
                patch.ca_certificate.get_or_insert_default();
            }
            let updated = admin
                .gateway
                .update_account(&visitor.who, &account.id, patch);
            ("account-updated", updated.await)
        } else {
            let input = AccountInput {
                name: text("name"),
                base_url: text("base_url"),
                auth: auth.unwrap_or(AuthInput::None),
                headers,
                api: fields.given("api"),
                ca_certificate: fields.given("ca_certificate"),
            };
            let created = admin.gateway.create_account(&visitor.who, input);
            ("account-created", created.await)
        };
        match saved {
            Ok(saved) => {
                let check = admin.gateway.check_account(&visitor.who, &saved.id).await?;
                admin.keep_check(&saved.id, check);
                return go(admin, &format!("/accounts/{}?done={done}", saved.id));
            }
            Err(error) => errors = FormErrors::from_error(error)?,
        }
    }
    refused(&AccountForm::new(admin, visitor, account).submitted(fields, errors))
}

/// Handles `GET /accounts/{account}/edit`.
pub(super) async fn edit(
    State(admin): State<Admin>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> PageResult {
    visitor.require_admin()?;
    let account = admin.gateway.account(&visitor.who, &id).await?;
    html(&AccountForm::new(&admin, &visitor, Some(&account)))
}

/// Handles `POST /accounts/{account}`.
pub(super) async fn update(
    State(admin): State<Admin>,
    Path(id): Path<String>,
    sent: SubmittedForm,
) -> PageResult {
    sent.visitor.require_admin()?;
    let account = admin.gateway.account(&sent.visitor.who, &id).await?;
    save(&admin, &sent, Some(&account)).await
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    account: Account,
    auth: &'static str,
    live: LiveView,
    created: Moment,
    updated: Moment,
    check: Option<AccountCheck>,
    servers: Vec<ServerLine>,
    /// Whether there are more servers than the page shows.
    more: bool,
    link: String,
}

/// Handles `GET /accounts/{account}`.
pub(super) async fn show(
    State(admin): State<Admin>,
    visitor: Visitor,
    Path(id): Path<String>,
    LinkQuery(query): LinkQuery,
) -> PageResult {
    let check = admin.take_check(&id);
    let mut page = page(&admin, &visitor, &id, check).await?;
    page.frame = page.frame.noticing(&query);
    html(&page)
}

/// Handles `POST /accounts/{account}/check`.
pub(super) async fn check(
    State(admin): State<Admin>,
    Path(id): Path<String>,
    sent: SubmittedForm,
) -> PageResult {
    let check = admin.gateway.check_account(&sent.visitor.who, &id).await?;
    html(&page(&admin, &sent.visitor, &id, Some(check)).await?)
}

async fn page(
    admin: &Admin,
    visitor: &Visitor,
    id: &str,
    check: Option<AccountCheck>,
) -> Result<AccountPage, FormRejection> {
    let now = Timestamp::now();
    let account = admin.gateway.account(&visitor.who, id).await?;
    let servers = admin
        .gateway
        .servers(&visitor.who, id, PageQuery::default())
        .await?;
    let declared = admin.gateway.declared_servers().await?;
    let live = admin.gateway.live_states();
    let method = SIGN_IN_METHODS
        .iter()
        .find(|(kind, _)| *kind == account.auth.kind);
    Ok(AccountPage {
        frame: Frame::new(admin, visitor, "overview", &account.name),
        auth: method.map_or("", |(_, label)| label),
        live: LiveView::new(live.get(id), now),
        created: Moment::new(account.created_at, now),
        updated: Moment::new(account.updated_at, now),
        check,
        more: servers.next_cursor.is_some(),
        servers: servers
            .result
            .into_iter()
            .map(|server| ServerLine::new(admin, &declared, server, account.name.clone(), now))
            .collect(),
        link: encode(&account.id),
        account,
    })
}

/// Handles `GET /accounts/{account}/delete`.
pub(super) async fn confirm(
    State(admin): State<Admin>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> PageResult {
    visitor.require_admin()?;
    let account = admin.gateway.account(&visitor.who, &id).await?;
    let title = format!("Delete {}?", account.name);
    html(&ConfirmPage {
        frame: Frame::new(&admin, &visitor, "overview", &title),
        text: "The credentials are deleted and all MCP servers of the account are revoked immediately; requests to their URLs are rejected. This cannot be undone. The audit log keeps the records of the account.".to_owned(),
        option: None,
        action: format!("/accounts/{}/delete", account.id),
        button: "Delete account",
        back: format!("/accounts/{}", account.id),
    })
}

/// Handles `POST /accounts/{account}/delete`.
pub(super) async fn delete(
    State(admin): State<Admin>,
    Path(id): Path<String>,
    sent: SubmittedForm,
) -> PageResult {
    admin.gateway.delete_account(&sent.visitor.who, &id).await?;
    go(&admin, "/?done=account-deleted")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_headers_are_reported_by_line() {
        let rows = [
            ("X-A: 1\n\nX-B: 2:3", 2, ""),
            ("hunter2", 0, "line 1: write `Name: value`"),
            ("X-A: 1\n: 2", 1, "line 2: write `Name: value`"),
        ];
        for (text, count, expected) in rows {
            let mut errors = FormErrors::default();
            let headers = headers(text, &mut errors);
            assert_eq!(
                (headers.len(), errors.for_field("headers")),
                (count, expected.to_owned())
            );
        }
    }
}
