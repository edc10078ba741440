//! Pages of MCP servers: lists, the form that selects the tools, and the page that shows a URL only once.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use jiff::Timestamp;

use super::Admin;
use super::accounts::Confirm;
use super::connect::{Client, clients};
use super::expiry::{Chosen, Expiry, Moment};
use super::form::{Fields, Problems};
use super::page::{Answer, Frame, Refused, encode, go, html, refused};
use super::selection::{Choices, count};
use super::session::{Asked, Submitted, Visitor};
use crate::gateway::model::{
    Account, McpServer, NewServer, PageQuery, Principal, ServerConfig, ServerInput, ServerPatch,
};

/// Maximum number of names in a list; the store returns no more on one page.
const MOST: u32 = 1000;

/// MCP server in a list.
pub(super) struct Line {
    pub(super) server: McpServer,
    pub(super) account: String,
    /// Summary of the selected tools.
    pub(super) offers: String,
    pub(super) tools: usize,
    pub(super) expires: Option<Moment>,
    pub(super) created: Moment,
}

impl Line {
    pub(super) fn new(admin: &Admin, server: McpServer, account: String, now: Timestamp) -> Self {
        Self {
            account,
            offers: offers(&server.config),
            tools: count(admin.gateway.apis(), &server.config),
            expires: server.expires_at.map(|at| Moment::new(at, now)),
            created: Moment::new(server.created_at, now),
            server,
        }
    }
}

/// Returns a summary of the selected tools.
fn offers(config: &ServerConfig) -> String {
    let mut parts = Vec::new();
    if !config.methods.is_empty() {
        parts.push(config.methods.join(", "));
    }
    if !config.tags.is_empty() {
        parts.push(config.tags.join(", "));
    }
    match config.tools.len() {
        0 => {}
        1 => parts.push("1 named tool".to_owned()),
        many => parts.push(format!("{many} named tools")),
    }
    if parts.is_empty() {
        parts.push("everything".to_owned());
    }
    parts.join(" · ")
}

/// Returns the accounts to which a server can belong.
async fn accounts(admin: &Admin, who: &Principal) -> Result<Vec<Account>, Refused> {
    let page = PageQuery {
        limit: Some(MOST),
        cursor: None,
    };
    Ok(admin.gateway.accounts(who, page).await?.result)
}

#[derive(Template)]
#[template(path = "servers.html")]
struct ServersPage {
    frame: Frame,
    servers: Vec<Line>,
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
    Asked(query): Asked,
) -> Answer {
    let now = Timestamp::now();
    let account = query.text("account").to_owned();
    let page = PageQuery {
        limit: None,
        cursor: query.given("cursor"),
    };
    let accounts = accounts(&admin, &visitor.who).await?;
    let servers = if account.is_empty() {
        admin.gateway.all_servers(&visitor.who, page).await?
    } else {
        admin.gateway.servers(&visitor.who, &account, page).await?
    };
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
                Line::new(&admin, server, account, now)
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
    problems: Problems,
    accounts: Vec<Account>,
    /// Id of the selected account.
    account: String,
    /// Server that is changed; `None` for a new server.
    server: Option<McpServer>,
    created: Option<Moment>,
    name: String,
    choices: Choices,
    api_token: bool,
    discover: bool,
    expiry: Expiry,
    /// Whether the form was submitted only to count the tools.
    counted: bool,
}

impl ServerForm {
    fn new(admin: &Admin, visitor: &Visitor, accounts: Vec<Account>, account: &str) -> Self {
        Self {
            frame: Frame::new(admin, visitor, "servers", "Create an MCP server"),
            problems: Problems::default(),
            account: account.to_owned(),
            accounts,
            server: None,
            created: None,
            name: String::new(),
            choices: Choices::new(admin.gateway.apis(), &ServerConfig::default()),
            api_token: false,
            discover: false,
            expiry: Expiry::new("7d"),
            counted: false,
        }
    }

    fn of(admin: &Admin, visitor: &Visitor, account: Account, server: McpServer) -> Self {
        let now = Timestamp::now();
        Self {
            frame: Frame::new(admin, visitor, "servers", &server.name),
            problems: Problems::default(),
            account: account.id.clone(),
            accounts: vec![account],
            created: Some(Moment::new(server.created_at, now)),
            name: server.name.clone(),
            choices: Choices::new(admin.gateway.apis(), &server.config),
            api_token: server.config.require_api_token_auth,
            discover: server.config.discover,
            expiry: Expiry::keep(server.expires_at, now),
            server: Some(server),
            counted: false,
        }
    }

    fn submitted(mut self, admin: &Admin, fields: &Fields, problems: Problems) -> Self {
        let config = config(fields);
        self.problems = problems;
        self.name = fields.text("name").to_owned();
        self.choices = Choices::new(admin.gateway.apis(), &config);
        self.api_token = config.require_api_token_auth;
        self.discover = config.discover;
        self.expiry = self.expiry.submitted(fields);
        self.counted = fields.has("count");
        self
    }
}

fn config(fields: &Fields) -> ServerConfig {
    ServerConfig {
        methods: fields.all("methods"),
        tags: fields.all("tags"),
        tools: fields.all("tools"),
        require_api_token_auth: fields.has("require_api_token_auth"),
        discover: fields.has("discover"),
    }
}

/// Handles `GET /servers/new`.
pub(super) async fn blank(
    State(admin): State<Admin>,
    visitor: Visitor,
    Asked(query): Asked,
) -> Answer {
    let accounts = accounts(&admin, &visitor.who).await?;
    html(&ServerForm::new(
        &admin,
        &visitor,
        accounts,
        query.text("account"),
    ))
}

/// Handles `POST /servers`.
pub(super) async fn create(State(admin): State<Admin>, sent: Submitted) -> Answer {
    let Submitted { visitor, fields } = &sent;
    let accounts = accounts(&admin, &visitor.who).await?;
    let form = ServerForm::new(&admin, visitor, accounts, fields.text("account"));
    if fields.has("count") {
        return html(&form.submitted(&admin, fields, Problems::default()));
    }
    let mut problems = Problems::default();
    let expiry = form.expiry.clone().submitted(fields);
    let chosen = expiry.chosen(Timestamp::now(), &mut problems);
    if form.account.is_empty() {
        problems.add("account", "choose an account");
    }
    if problems.is_empty() {
        let input = ServerInput {
            name: fields.text("name").to_owned(),
            config: config(fields),
            expires_at: match chosen {
                Chosen::At(at) => Some(at),
                Chosen::Keep | Chosen::Never => None,
            },
        };
        let created = admin
            .gateway
            .create_server(&visitor.who, &form.account, input);
        match sent.once(&admin, created).await? {
            Ok(new) => return made(&admin, visitor, new, "is ready"),
            Err(error) => problems = Problems::of(error)?,
        }
    }
    refused(&form.submitted(&admin, fields, problems))
}

#[derive(Template)]
#[template(path = "server_made.html")]
struct MadePage {
    frame: Frame,
    line: Line,
    url: String,
    clients: Vec<Client>,
}

/// Renders the page that shows the URL of a server only once.
fn made(admin: &Admin, visitor: &Visitor, new: NewServer, what: &str) -> Result<Response, Refused> {
    let now = Timestamp::now();
    let title = format!("{} {what}", new.server.name);
    let api_token = new.server.config.require_api_token_auth;
    html(&MadePage {
        frame: Frame::new(admin, visitor, "servers", &title),
        clients: clients(&new.server.name, &new.url, api_token),
        url: new.url,
        line: Line::new(admin, new.server, String::new(), now),
    })
}

/// Handles `GET /accounts/{account}/servers/{server}`.
pub(super) async fn edit(
    State(admin): State<Admin>,
    visitor: Visitor,
    Path((account, server)): Path<(String, String)>,
) -> Answer {
    html(&form_of(&admin, &visitor, &account, &server).await?)
}

async fn form_of(
    admin: &Admin,
    visitor: &Visitor,
    account: &str,
    server: &str,
) -> Result<ServerForm, Refused> {
    let server = admin.gateway.server(&visitor.who, account, server).await?;
    let account = admin.gateway.account(&visitor.who, account).await?;
    Ok(ServerForm::of(admin, visitor, account, server))
}

/// Handles `POST /accounts/{account}/servers/{server}`.
pub(super) async fn update(
    State(admin): State<Admin>,
    Path((account, server)): Path<(String, String)>,
    sent: Submitted,
) -> Answer {
    let Submitted { visitor, fields } = sent;
    let form = form_of(&admin, &visitor, &account, &server).await?;
    if fields.has("count") {
        return html(&form.submitted(&admin, &fields, Problems::default()));
    }
    let mut problems = Problems::default();
    let expiry = form.expiry.clone().submitted(&fields);
    let chosen = expiry.chosen(Timestamp::now(), &mut problems);
    if problems.is_empty() {
        let patch = ServerPatch {
            name: Some(fields.text("name").to_owned()),
            config: Some(config(&fields).into()),
            expires_at: match chosen {
                Chosen::Keep => None,
                Chosen::Never => Some(None),
                Chosen::At(at) => Some(Some(at)),
            },
        };
        let updated = admin
            .gateway
            .update_server(&visitor.who, &account, &server, patch)
            .await;
        match updated {
            Ok(_) => return go(&admin, "/servers?done=server-updated"),
            Err(error) => problems = Problems::of(error)?,
        }
    }
    refused(&form.submitted(&admin, &fields, problems))
}

/// Handles `GET /accounts/{account}/servers/{server}/revoke`.
pub(super) async fn confirm_revoke(
    State(admin): State<Admin>,
    visitor: Visitor,
    Path((account, server)): Path<(String, String)>,
) -> Answer {
    let server = admin
        .gateway
        .server(&visitor.who, &account, &server)
        .await?;
    let title = format!("Revoke {}?", server.name);
    html(&Confirm {
        frame: Frame::new(&admin, &visitor, "servers", &title),
        text: "Its URL is refused from that moment on, also on connections that are open. The server is gone for good; to let the agent in again, create another.".to_owned(),
        action: format!("{}/revoke", path(&server)),
        button: "Revoke server",
        back: path(&server),
    })
}

/// Handles `POST /accounts/{account}/servers/{server}/revoke`.
pub(super) async fn revoke(
    State(admin): State<Admin>,
    Path((account, server)): Path<(String, String)>,
    sent: Submitted,
) -> Answer {
    let who = &sent.visitor.who;
    admin.gateway.delete_server(who, &account, &server).await?;
    go(&admin, "/servers?done=server-revoked")
}

/// Handles `GET /accounts/{account}/servers/{server}/rotate`.
pub(super) async fn confirm_rotate(
    State(admin): State<Admin>,
    visitor: Visitor,
    Path((account, server)): Path<(String, String)>,
) -> Answer {
    let server = admin
        .gateway
        .server(&visitor.who, &account, &server)
        .await?;
    let title = format!("Give {} another URL?", server.name);
    html(&Confirm {
        frame: Frame::new(&admin, &visitor, "servers", &title),
        text: "The URL it has is refused from that moment on. The new one is shown once; name, tools and expiry stay.".to_owned(),
        action: format!("{}/rotate", path(&server)),
        button: "Make another URL",
        back: path(&server),
    })
}

/// Handles `POST /accounts/{account}/servers/{server}/rotate`.
pub(super) async fn rotate(
    State(admin): State<Admin>,
    Path((account, server)): Path<(String, String)>,
    sent: Submitted,
) -> Answer {
    let who = &sent.visitor.who;
    let rotated = admin.gateway.rotate_server(who, &account, &server);
    let new = sent.once(&admin, rotated).await??;
    made(&admin, &sent.visitor, new, "has another URL")
}

fn path(server: &McpServer) -> String {
    format!(
        "/accounts/{}/servers/{}",
        server.integrated_account_id, server.id
    )
}
