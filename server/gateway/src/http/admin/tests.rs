//! The admin page as a browser uses it, on a gateway with its own store.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use tower::ServiceExt;

use crate::model::{ApiTokenInput, NewServer, PageQuery, Principal, Role, ServerInput};
use crate::service::gateway::{Gateway, GatewayOptions};
use crate::store::StoreUrl;
use crate::tests::sample::options;
use crate::token;

mod forms;
mod safety;
mod scopes;

/// Text that must not become markup.
const MARKUP: &str = "<script>alert(\"1\")</script>";
/// Secret that no page may contain.
const PASSWORD: &str = "planted-password";
const HEADER: &str = "planted-header";

/// A gateway with its admin page. The store is deleted at the end of the test.
struct Site {
    gateway: Gateway,
    router: Router,
    folder: PathBuf,
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// HTTP response of the admin page.
struct ShownPage {
    status: StatusCode,
    headers: HeaderMap,
    html: String,
}

impl ShownPage {
    fn location(&self) -> &str {
        self.header(LOCATION.as_str())
    }

    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// Returns the session cookie as the browser sends it back.
    fn cookie(&self) -> String {
        let set = self.header(SET_COOKIE.as_str());
        set.split(';').next().unwrap_or_default().to_owned()
    }

    /// Returns the CSRF token of the page's forms.
    fn csrf(&self) -> String {
        self.hidden("csrf")
    }

    /// Returns the value that distinguishes this form from others.
    fn once(&self) -> String {
        self.hidden("once")
    }

    fn hidden(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.html.split_once(&start).unwrap_or_default();
        rest.split('"').next().unwrap_or_default().to_owned()
    }
}

/// A signed-in browser.
struct Browser<'a> {
    site: &'a Site,
    cookie: String,
    csrf: String,
}

impl Site {
    async fn new() -> Self {
        Self::at("http://127.0.0.1:8787").await
    }

    async fn at(public_url: &str) -> Self {
        let folder = std::env::temp_dir().join(token::new_id("gateway-page-").unwrap());
        std::fs::create_dir(&folder).unwrap();
        let options = GatewayOptions {
            public_url: public_url.to_owned(),
            ..options(StoreUrl::Sqlite(folder.join("gateway.db")))
        };
        let (gateway, _) = Gateway::open(options).await.unwrap();
        let router = super::router(gateway.clone());
        Self {
            gateway,
            router,
            folder,
        }
    }

    async fn send(&self, request: Request<Body>) -> ShownPage {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        ShownPage {
            status: parts.status,
            headers: parts.headers,
            html: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    async fn get(&self, path: &str, cookie: &str) -> ShownPage {
        let request = Request::get(path).header(COOKIE, cookie);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> ShownPage {
        self.post_from(path, cookie, fields, &[]).await
    }

    async fn post_from(
        &self,
        path: &str,
        cookie: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> ShownPage {
        let pairs: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", super::page::encode(value)))
            .collect();
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(COOKIE, cookie)
            .header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(pairs.join("&"))).unwrap())
            .await
    }

    /// Creates an API token with this role and returns the token and its id.
    async fn token(&self, role: Role) -> (String, String) {
        let input = ApiTokenInput {
            name: format!("{} {MARKUP}", role.as_str()),
            role,
            expires_at: None,
            bounds: None,
        };
        let who = Principal::gateway();
        let new = self.gateway.create_api_token(&who, input);
        let new = new.await.unwrap();
        (new.token, new.api_token.id)
    }

    async fn sign_in(&self, token: &str) -> ShownPage {
        let form = self.get("/login", "").await;
        let fields = [("csrf", form.csrf()), ("token", token.to_owned())];
        let fields = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect::<Vec<_>>();
        self.post("/login", &form.cookie(), &fields).await
    }

    async fn browser(&self, role: Role) -> Browser<'_> {
        let (token, _) = self.token(role).await;
        let cookie = self.sign_in(&token).await.cookie();
        let csrf = self.get("/", &cookie).await.csrf();
        Browser {
            site: self,
            cookie,
            csrf,
        }
    }

    /// Creates an account and an MCP server whose names are markup. The account has the planted credentials.
    async fn filled(&self) -> (String, NewServer) {
        let who = Principal::gateway();
        let input = serde_json::from_value(serde_json::json!({
            "name": MARKUP,
            "base_url": "http://127.0.0.1:1",
            "auth": {"type": "password", "username": MARKUP, "password": PASSWORD},
            "headers": {"X-Key": HEADER},
        }));
        let account = self.gateway.create_account(&who, input.unwrap());
        let account = account.await.unwrap();
        let input = ServerInput {
            name: MARKUP.to_owned(),
            config: serde_json::from_value(serde_json::json!({"methods": ["read"]})).unwrap(),
            expires_at: Some(None),
        };
        let server = self.gateway.create_server(&who, &account.id, input);
        let server = server.await.unwrap();
        (account.id, server)
    }

    async fn servers(&self) -> Vec<crate::model::McpServer> {
        let who = Principal::gateway();
        let page = self.gateway.all_servers(&who, PageQuery::default());
        page.await.unwrap().result
    }

    async fn accounts(&self) -> usize {
        let who = Principal::gateway();
        let page = self.gateway.accounts(&who, PageQuery::default());
        page.await.unwrap().result.len()
    }
}

impl Browser<'_> {
    async fn get(&self, path: &str) -> ShownPage {
        self.site.get(path, &self.cookie).await
    }

    /// Submits a form of the page.
    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> ShownPage {
        let once = token::new("").unwrap();
        let mut all = vec![("csrf", self.csrf.as_str())];
        all.extend(fields);
        // Of two fields with this name, the first one counts.
        all.push(("once", &once));
        self.site.post(path, &self.cookie, &all).await
    }
}

/// Returns the paths of all pages, with these ids.
fn pages(account: &str, server: &str, token: &str) -> Vec<String> {
    vec![
        "/".to_owned(),
        "/accounts".to_owned(),
        "/accounts/new".to_owned(),
        format!("/accounts/{account}"),
        format!("/accounts/{account}/edit"),
        format!("/accounts/{account}/delete"),
        "/servers".to_owned(),
        format!("/servers?account={account}"),
        "/servers/new".to_owned(),
        format!("/accounts/{account}/servers/{server}"),
        format!("/accounts/{account}/servers/{server}/revoke"),
        format!("/accounts/{account}/servers/{server}/rotate"),
        "/audit-log".to_owned(),
        "/audit-log/export".to_owned(),
        "/tokens".to_owned(),
        format!("/tokens/{token}/revoke"),
    ]
}

/// Returns the paths of all forms, with these ids.
fn forms(account: &str, server: &str, token: &str) -> Vec<String> {
    vec![
        "/logout".to_owned(),
        "/accounts".to_owned(),
        format!("/accounts/{account}"),
        format!("/accounts/{account}/check"),
        format!("/accounts/{account}/delete"),
        "/servers".to_owned(),
        format!("/accounts/{account}/servers/{server}"),
        format!("/accounts/{account}/servers/{server}/revoke"),
        format!("/accounts/{account}/servers/{server}/rotate"),
        "/tokens".to_owned(),
        format!("/tokens/{token}/revoke"),
    ]
}

/// Returns the fields of a form that creates an account.
fn account_form() -> Vec<(&'static str, &'static str)> {
    vec![
        ("name", "Production"),
        ("base_url", "http://127.0.0.1:1"),
        ("auth", "password"),
        ("username", "mcp"),
        ("password", PASSWORD),
        ("headers", "X-Key: planted-header"),
    ]
}
