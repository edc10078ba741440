//! HTTP client for the management API of a gateway, and the output if a request fails.

use std::time::Duration;

use reqwest::{Method, Response, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::table::text;
use crate::args::remote::Remote;
use crate::error::{CommandError, ConfigErrors};
use crate::output;
use mcp_server::environment::{Environment, variable};
use mcp_server::product::product;

/// Maximum time without data from a gateway. A check signs in to an upstream, which may be slow.
const SILENCE: Duration = Duration::from_secs(90);

/// Client of one gateway.
pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    token: SecretString,
    /// Whether to print the responses of the gateway as JSON.
    json: bool,
}

impl Client {
    pub(super) fn new(remote: &Remote, environment: Environment<'_>) -> Result<Self, CommandError> {
        let mut errors = Vec::new();
        let base = base(&remote.gateway_url).map_err(|error| errors.push(error));
        let token = token(remote, environment).map_err(|error| errors.push(error));
        let (Ok(base), Ok(token)) = (base, token) else {
            return Err(ConfigErrors(errors).into());
        };
        // An error means that a provider is already installed, which is sufficient.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(format!("{}/{}", product().name, product().version))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(SILENCE);
        if matches!(base.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")) {
            builder = builder.no_proxy();
        }
        if base.scheme() == "http" {
            builder = builder.tls_certs_only([]);
        }
        Ok(Self {
            http: builder.build().map_err(anyhow::Error::from)?,
            base,
            token,
            json: remote.json,
        })
    }

    /// Sends a request and returns the JSON of the response, or null if the response has no content.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, String)],
        body: Option<&Value>,
    ) -> Result<Value, CommandError> {
        let response = self.request(method, path, query, body).await?;
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(Value::Null);
        }
        let bytes = response.bytes().await.map_err(|error| self.lost(&error))?;
        serde_json::from_slice(&bytes).map_err(|_| self.stranger(StatusCode::OK))
    }

    /// Deletes an object, whose id is the end of the path, and prints what was done.
    pub(super) async fn delete(
        &self,
        path: &[&str],
        query: &[(&str, String)],
        done: String,
    ) -> Result<(), CommandError> {
        self.send(Method::DELETE, path, query, None).await?;
        self.print(&json!({"id": path.last(), "deleted": true}), || done)
    }

    /// Returns all items of a list, or the first `most` items.
    pub(super) async fn list(
        &self,
        path: &[&str],
        query: &[(&str, String)],
        most: Option<usize>,
    ) -> Result<Vec<Value>, CommandError> {
        let mut found = Vec::new();
        let mut cursor = None;
        loop {
            let left = most.map_or(1000, |most| (most - found.len()).min(1000));
            let mut query = query.to_vec();
            query.push(("limit", left.to_string()));
            query.extend(cursor.map(|cursor| ("cursor", cursor)));
            let mut page = self.send(Method::GET, path, &query, None).await?;
            match page["result"].take() {
                Value::Array(entries) => found.extend(entries),
                _ => return Err(self.stranger(StatusCode::OK)),
            }
            cursor = page["next_cursor"].as_str().map(str::to_owned);
            if cursor.is_none() || most.is_some_and(|most| found.len() >= most) {
                return Ok(found);
            }
        }
    }

    /// Copies a response to standard output while it arrives.
    pub(super) async fn copy(
        &self,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<(), CommandError> {
        let mut response = self.request(Method::GET, path, query, None).await?;
        while let Some(chunk) = response.chunk().await.map_err(|error| self.lost(&error))? {
            output::bytes(&chunk)?;
        }
        Ok(())
    }

    async fn request(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, String)],
        body: Option<&Value>,
    ) -> Result<Response, CommandError> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut request = self
            .http
            .request(method, url)
            .bearer_auth(self.token.expose_secret());
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let response = request.send().await.map_err(|error| self.lost(&error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let bytes = response.bytes().await.map_err(|error| self.lost(&error))?;
        match serde_json::from_slice::<Value>(&bytes) {
            Ok(answer) if answer["error"]["message"].is_string() => {
                Err(self.refused(status, &answer))
            }
            _ => Err(self.stranger(status)),
        }
    }

    /// Prints an error of the gateway: as JSON with `--json`, otherwise as text.
    fn refused(&self, status: StatusCode, answer: &Value) -> CommandError {
        if self.json {
            return match output::json(&answer.to_string()) {
                Ok(()) => CommandError::Failed,
                Err(error) => error.into(),
            };
        }
        let error = &answer["error"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let problems = error["problems"].as_array().map_or(&[][..], Vec::as_slice);
        for problem in problems {
            let (field, problem) = (text(&problem["field"]), text(&problem["problem"]));
            output::error(&format!("error: {field}: {problem}"));
        }
        if problems.is_empty() {
            output::error(&format!("error: {}", text(&error["message"])));
        }
        let hint = match status {
            StatusCode::UNAUTHORIZED => {
                format!(
                    "Set {} to an API token that is not expired.",
                    variable("MCP_API_TOKEN")
                )
            }
            _ => text(&error["hint"]),
        };
        if !hint.is_empty() {
            output::error(&format!("hint: {hint}"));
        }
        CommandError::Failed
    }

    /// Reports that the connection failed.
    fn lost(&self, error: &reqwest::Error) -> CommandError {
        let mut cause: &dyn std::error::Error = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        let what = if error.is_connect() {
            "cannot connect to"
        } else {
            "incomplete response from"
        };
        self.failed(
            "unreachable",
            &format!("{what} the gateway at {}: {cause}", self.base),
            &format!(
                "Start the gateway with `{} serve`, or set {} to its URL.",
                product().name,
                variable("MCP_GATEWAY_URL")
            ),
        )
    }

    /// Reports a response that is not from a gateway.
    fn stranger(&self, status: StatusCode) -> CommandError {
        self.failed(
            "unexpected_answer",
            &format!(
                "the response of {} is not from a gateway (status {status})",
                self.base
            ),
            &format!(
                "Set {} to the URL of the gateway. A proxy may have sent the response.",
                variable("MCP_GATEWAY_URL")
            ),
        )
    }

    /// Prints a response: as JSON with `--json`, otherwise as text for people.
    pub(super) fn print(
        &self,
        answer: &Value,
        text: impl FnOnce() -> String,
    ) -> Result<(), CommandError> {
        if self.json {
            output::json(&answer.to_string())?;
        } else {
            output::line(&text())?;
        }
        Ok(())
    }

    /// Prints a list: as JSON with `--json`, otherwise as a table.
    pub(super) fn print_list(
        &self,
        items: &[Value],
        table: impl FnOnce() -> String,
    ) -> Result<(), CommandError> {
        self.print(&json!({"result": items, "next_cursor": null}), table)
    }

    /// Returns the item with this id, or else the only item with this name.
    pub(super) fn find(
        &self,
        what: &str,
        wanted: &str,
        entries: Vec<Value>,
    ) -> Result<Value, CommandError> {
        let mut named = Vec::new();
        for entry in entries {
            if entry["id"] == wanted {
                return Ok(entry);
            }
            if entry["name"] == wanted {
                named.push(entry);
            }
        }
        if named.len() > 1 {
            let ids: Vec<_> = named.iter().map(|it| text(&it["id"])).collect();
            return Err(self.failed(
                "ambiguous",
                &format!("{} {what}s have the name `{wanted}`", named.len()),
                &format!("Use one of their ids: {}.", ids.join(", ")),
            ));
        }
        named.pop().ok_or_else(|| {
            self.failed(
                "not_found",
                &format!("no {what} has the id or name `{wanted}`"),
                &format!("`{} {what} list` lists the {what}s.", product().name),
            )
        })
    }

    /// Reports an error of this program in the format of the gateway's errors.
    fn failed(&self, code: &str, message: &str, hint: &str) -> CommandError {
        let error =
            json!({"error": {"code": code, "message": message, "hint": hint, "problems": []}});
        self.refused(StatusCode::OK, &error)
    }
}

fn base(text: &str) -> Result<Url, String> {
    let url = Url::parse(text.trim())
        .map_err(|error| format!("{}: {error}", variable("MCP_GATEWAY_URL")))?;
    if matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.password().is_none()
    {
        return Ok(url);
    }
    Err(format!(
        "{} is not the URL of a gateway; write it like `https://mcp.example.org`",
        variable("MCP_GATEWAY_URL")
    ))
}

fn token(remote: &Remote, environment: Environment<'_>) -> Result<SecretString, String> {
    let given = environment(&variable("MCP_API_TOKEN")).filter(|token| !token.trim().is_empty());
    let file = remote.api_token_file.as_ref().filter(|it| !it.is_empty());
    let text = match (given, file) {
        (Some(token), _) => token,
        (None, Some(path)) => std::fs::read_to_string(path)
            .map_err(|error| format!("the API token in `{path}` cannot be read: {error}"))?,
        (None, None) => {
            return Err(format!(
                "{} is not set; set it to an API token of the gateway; the first start of the gateway prints one",
                variable("MCP_API_TOKEN")
            ));
        }
    };
    let token = text.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("the API token is empty or has invalid characters; copy it again".to_owned());
    }
    Ok(SecretString::from(token))
}
