//! Pages of MCP servers: lists, the form that selects the tools, and the page that shows a URL only once.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use jiff::Timestamp;

use super::connect::{Client, clients};
use super::expiry::{ChosenExpiry, Expiry, Moment};
use super::form::{Fields, FormErrors};
use super::page::{ConfirmPage, Frame, encode, go, html, refused};
use super::rejection::{FormRejection, PageResult};
use super::selection::Choices;
use super::server_line::ServerLine;
use super::session::{LinkQuery, SubmittedForm, Visitor};
use super::site::Admin;
use crate::model::{Account, McpServer, NewServer, ServerConfig, ServerInput, ServerPatch};

#[derive(Template)]
#[template(path = "servers.html")]
struct ServersPage {
    frame: Frame,
    servers: Vec<ServerLine>,
    accounts: Vec<Account>,
    /// Id of the account to which the list is restricted; empty for all accounts.
    account: String,
    /// Query string of the next page.
    next: Option<String>,
    first: bool,
}

/// Handles `GET /servers`.
pub(super) async fn list(
    State(admin): State<Admin>,
    visitor: Visitor,
    LinkQuery(query): LinkQuery,
) -> PageResult {
    let now = Timestamp::now();
    let account = query.text("account").to_owned();
    let page = query.page();
    let accounts = admin.gateway.every_account(&visitor.who).await?;
    let servers = if account.is_empty() {
        admin.gateway.all_servers(&visitor.who, page).await?
    } else {
        admin.gateway.servers(&visitor.who, &account, page).await?
    };
    let declared = admin.gateway.declared_servers().await?;
    let name = |id: &str| {
        let account = accounts.iter().find(|account| account.id == id);
        account.map_or_else(|| id.to_owned(), |account| account.name.clone())
    };
    html(&ServersPage {
        frame: Frame::new(&admin, &visitor, "servers", "MCP servers").noticing(&query),
        servers: servers
            .result
            .into_iter()
            .map(|server| {
                let account = name(&server.integrated_account_id);
                ServerLine::new(&admin, &declared, server, account, now)
            })
            .collect(),
        next: servers
            .next_cursor
            .map(|cursor| format!("account={}&cursor={}", encode(&account), encode(&cursor))),
        first: query.text("cursor").is_empty(),
        account,
        accounts,
    })
}

#[derive(Template)]
#[template(path = "server_form.html")]
struct ServerForm {
    frame: Frame,
    errors: FormErrors,
    accounts: Vec<Account>,
    /// Id of the selected account.
    account: String,
    /// Server that is changed; `None` for a new server.
    server: Option<McpServer>,
    created: Option<Moment>,
    /// Whether a configuration file declares the server.
    declared: bool,
    name: String,
    config: ServerConfig,
    choices: Choices,
    expiry: Expiry,
    /// Whether the form was submitted only to count the tools.
    counted: bool,
}

impl ServerForm {
    fn new(admin: &Admin, visitor: &Visitor, accounts: Vec<Account>, account: &str) -> Self {
        let config = ServerConfig::default();
        Self {
            frame: Frame::new(admin, visitor, "servers", "Create an MCP server"),
            errors: FormErrors::default(),
            account: account.to_owned(),
            accounts,
            server: None,
            created: None,
            declared: false,
            name: String::new(),
            choices: Choices::new(admin.gateway.apis(), &config),
            config,
            expiry: Expiry::new("7d"),
            counted: false,
        }
    }

    fn for_server(
        admin: &Admin,
        visitor: &Visitor,
        account: Account,
        server: McpServer,
        declared: bool,
    ) -> Self {
        let now = Timestamp::now();
        let id = account.id.clone();
        Self {
            frame: Frame::new(admin, visitor, "servers", &server.name),
            created: Some(Moment::new(server.created_at, now)),
            name: server.name.clone(),
            declared,
            choices: Choices::new(admin.gateway.apis(), &server.config),
            config: server.config.clone(),
            expiry: Expiry::keep(server.expires_at, now),
            server: Some(server),
            ..Self::new(admin, visitor, vec![account], &id)
        }
    }

    fn submitted(mut self, admin: &Admin, fields: &Fields, errors: FormErrors) -> Self {
        let config = config(fields);
        self.errors = errors;
        self.name = fields.text("name").to_owned();
        self.choices = Choices::new(admin.gateway.apis(), &config);
        self.config = config;
        self.expiry = self.expiry.submitted(fields);
        self.counted = fields.has("count");
        self
    }
}

fn config(fields: &Fields) -> ServerConfig {
    ServerConfig {
        preset: fields.given("preset"),
        methods: fields.all("methods"),
        tags: fields.all("tags"),
        tools: fields.all("tools"),
        exclude_tags: fields.all("exclude_tags"),
        exclude_tools: fields.names("exclude_tools"),
        include_secrets: fields.has("include_secrets"),
        require_api_token_auth: fields.has("require_api_token_auth"),
        callers: fields.names("callers"),
        discover: fields.has("discover"),
        redact: fields.has("redact"),
    }
}

/// Handles `GET /servers/new`.
pub(super) async fn blank(
    State(admin): State<Admin>,
    visitor: Visitor,
    LinkQuery(query): LinkQuery,
) -> PageResult {
    let accounts = admin.gateway.every_account(&visitor.who).await?;
    html(&ServerForm::new(
        &admin,
        &visitor,
        accounts,
        query.text("account"),
    ))
}

/// Handles `POST /servers`.
pub(super) async fn create(State(admin): State<Admin>, sent: SubmittedForm) -> PageResult {
    let SubmittedForm { visitor, fields } = &sent;
    let accounts = admin.gateway.every_account(&visitor.who).await?;
    let form = ServerForm::new(&admin, visitor, accounts, fields.text("account"));
    if fields.has("count") {
        return html(&form.submitted(&admin, fields, FormErrors::default()));
    }
    let mut errors = FormErrors::default();
    let expiry = form.expiry.clone().submitted(fields);
    let chosen = expiry.chosen(Timestamp::now(), &mut errors);
    if form.account.is_empty() {
        errors.add("account", "choose an account");
    }
    if errors.is_empty() {
        let input = ServerInput {
            name: fields.text("name").to_owned(),
            config: config(fields),
            expires_at: Some(chosen.time()),
        };
        let created = admin
            .gateway
            .create_server(&visitor.who, &form.account, input);
        match sent.once(&admin, created).await? {
            Ok(new) => return made(&admin, visitor, new, "is ready"),
            Err(error) => errors = FormErrors::from_error(error)?,
        }
    }
    refused(&form.submitted(&admin, fields, errors))
}

#[derive(Template)]
#[template(path = "server_made.html")]
struct MadePage {
    frame: Frame,
    line: ServerLine,
    url: String,
    clients: Vec<Client>,
}

/// Renders the page that shows the URL of a server only once.
fn made(
    admin: &Admin,
    visitor: &Visitor,
    new: NewServer,
    what: &str,
) -> Result<Response, FormRejection> {
    let now = Timestamp::now();
    let title = format!("{} {what}", new.server.name);
    let api_token = new.server.config.require_api_token_auth;
    html(&MadePage {
        frame: Frame::new(admin, visitor, "servers", &title),
        clients: clients(&new.server.name, &new.url, api_token),
        url: new.url,
        line: ServerLine::new(admin, &BTreeSet::new(), new.server, String::new(), now),
    })
}

/// Handles `GET /accounts/{account}/servers/{server}`.
pub(super) async fn edit(
    State(admin): State<Admin>,
    visitor: Visitor,
    Path((account, server)): Path<(String, String)>,
) -> PageResult {
    html(&form_of(&admin, &visitor, &account, &server).await?)
}

async fn form_of(
    admin: &Admin,
    visitor: &Visitor,
    account: &str,
    server: &str,
) -> Result<ServerForm, FormRejection> {
    let server = admin.gateway.server(&visitor.who, account, server).await?;
    let account = admin.gateway.account(&visitor.who, account).await?;
    let declared = admin.gateway.declared_servers().await?.contains(&server.id);
    Ok(ServerForm::for_server(
        admin, visitor, account, server, declared,
    ))
}

/// Handles `POST /accounts/{account}/servers/{server}`.
pub(super) async fn update(
    State(admin): State<Admin>,
    Path((account, server)): Path<(String, String)>,
    sent: SubmittedForm,
) -> PageResult {
    let SubmittedForm { visitor, fields } = sent;
    let form = form_of(&admin, &visitor, &account, &server).await?;
    if fields.has("count") {
        return html(&form.submitted(&admin, &fields, FormErrors::default()));
    }
    let mut errors = FormErrors::default();
    let expiry = form.expiry.clone().submitted(&fields);
    let chosen = expiry.chosen(Timestamp::now(), &mut errors);
    if errors.is_empty() {
        let patch = ServerPatch {
            name: Some(fields.text("name").to_owned()),
            config: Some(config(&fields).into()),
            expires_at: (chosen != ChosenExpiry::Keep).then(|| chosen.time()),
        };
        let updated = admin
            .gateway
            .update_server(&visitor.who, &account, &server, patch)
            .await;
        match updated {
            Ok(_) => return go(&admin, "/servers?done=server-updated"),
            Err(error) => errors = FormErrors::from_error(error)?,
        }
    }
    refused(&form.submitted(&admin, &fields, errors))
}

/// Handles `GET /accounts/{account}/servers/{server}/revoke`.
pub(super) async fn confirm_revoke(
    State(admin): State<Admin>,
    visitor: Visitor,
    Path(ids): Path<(String, String)>,
) -> PageResult {
    let text = "The URL is rejected immediately, also on open connections. The server is deleted; to give the agent access again, create another server.";
    let title = |name: &str| format!("Revoke {name}?");
    confirm(
        &admin,
        &visitor,
        ids,
        title,
        text,
        ("revoke", "Revoke server"),
    )
    .await
}

/// Renders the page that asks for a confirmation of an action on a server.
async fn confirm(
    admin: &Admin,
    visitor: &Visitor,
    (account, server): (String, String),
    title: impl Fn(&str) -> String,
    text: &str,
    (action, button): (&str, &'static str),
) -> PageResult {
    let server = admin
        .gateway
        .server(&visitor.who, &account, &server)
        .await?;
    html(&ConfirmPage {
        frame: Frame::new(admin, visitor, "servers", &title(&server.name)),
        text: text.to_owned(),
        option: None,
        action: format!("{}/{action}", path(&server)),
        button,
        back: path(&server),
    })
}

/// Handles `POST /accounts/{account}/servers/{server}/revoke`.
pub(super) async fn revoke(
    State(admin): State<Admin>,
    Path((account, server)): Path<(String, String)>,
    sent: SubmittedForm,
) -> PageResult {
    let who = &sent.visitor.who;
    admin.gateway.delete_server(who, &account, &server).await?;
    go(&admin, "/servers?done=server-revoked")
}

/// Handles `GET /accounts/{account}/servers/{server}/rotate`.
pub(super) async fn confirm_rotate(
    State(admin): State<Admin>,
    visitor: Visitor,
    Path(ids): Path<(String, String)>,
) -> PageResult {
    let text = "The current URL is rejected immediately. The new URL is shown only once. Name, tools and expiry do not change.";
    let title = |name: &str| format!("Rotate the URL of {name}?");
    confirm(&admin, &visitor, ids, title, text, ("rotate", "Rotate URL")).await
}

/// Handles `POST /accounts/{account}/servers/{server}/rotate`.
pub(super) async fn rotate(
    State(admin): State<Admin>,
    Path((account, server)): Path<(String, String)>,
    sent: SubmittedForm,
) -> PageResult {
    let who = &sent.visitor.who;
    let rotated = admin.gateway.rotate_server(who, &account, &server);
    let new = sent.once(&admin, rotated).await??;
    made(&admin, &sent.visitor, new, "has a new URL")
}

fn path(server: &McpServer) -> String {
    format!(
        "/accounts/{}/servers/{}",
        server.integrated_account_id, server.id
    )
}
