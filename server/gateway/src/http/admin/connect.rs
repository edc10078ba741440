//! Instructions for connecting a client to the URL of an MCP server.

use mcp_server::product::product;
use serde_json::json;

/// Instructions for one client.
pub(super) struct Client {
    /// Id for the copy button and the heading.
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    /// Steps before pasting the text.
    pub(super) steps: &'static str,
    /// Text to paste.
    pub(super) text: String,
    /// Limitations or requirements of the client.
    pub(super) note: &'static str,
}

/// Returns the instructions for common clients.
pub(super) fn clients(name: &str, url: &str, api_token: bool) -> Vec<Client> {
    let name = slug(name);
    let header = "Authorization: Bearer <API token>";
    let note = if api_token {
        "This client cannot send an API token. It can use only servers that do not require one."
    } else {
        "The URL must be reachable from the internet over HTTPS."
    };
    let claude_code = if api_token {
        format!("claude mcp add --transport http {name} {url} --header \"{header}\"")
    } else {
        format!("claude mcp add --transport http {name} {url}")
    };
    let mut server = json!({ "url": url });
    if api_token {
        server["headers"] = json!({ "Authorization": "Bearer <API token>" });
    }
    let cursor = json!({ "mcpServers": { name: server } });
    vec![
        Client {
            id: "claude",
            name: "Claude",
            steps: "Settings → Connectors → Add custom connector, then paste the URL.",
            text: url.to_owned(),
            note,
        },
        Client {
            id: "chatgpt",
            name: "ChatGPT",
            steps: "Settings → Apps & Connectors → Advanced settings → Developer mode, then Create, paste the URL and choose “No authentication”.",
            text: url.to_owned(),
            note,
        },
        Client {
            id: "claude-code",
            name: "Claude Code",
            steps: "In a terminal:",
            text: claude_code,
            note: "",
        },
        Client {
            id: "cursor",
            name: "Cursor",
            steps: "In ~/.cursor/mcp.json:",
            text: serde_json::to_string_pretty(&cursor).unwrap_or_default(),
            note: "",
        },
    ]
}

/// Converts a name so that neither shells nor clients have to quote it.
fn slug(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|it| {
            if it.is_ascii_alphanumeric() {
                it.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    let words: Vec<_> = plain.split('-').filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        product().env_prefix.to_ascii_lowercase()
    } else {
        words.join("-")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn names_need_no_quotes() {
        crate::tests::sample::apis();
        let rows = [
            ("Audit bot", "audit-bot"),
            ("a; rm -rf /", "a-rm-rf"),
            ("$(id)", "id"),
            ("é", "tidewater"),
            ("", "tidewater"),
        ];
        for (name, expected) in rows {
            assert_eq!(slug(name), expected, "{name}");
        }
    }

    #[test]
    fn instructions_contain_the_url_and_the_place_of_the_api_token() {
        let url = "https://gateway.example/mcp/amt_x";
        for (api_token, expected) in [(false, [false; 4]), (true, [false, false, true, true])] {
            let clients = clients("a", url, api_token);
            assert!(clients.iter().all(|client| client.text.contains(url)));
            let named: Vec<_> = clients
                .iter()
                .map(|client| client.text.contains("Bearer <API token>"))
                .collect();
            assert_eq!(named, expected);
        }
    }
}
