//! Schemas of the management API, from the Rust types of the model.

use runtime::schema::Kind;
use runtime::{Schema, Shape};
use serde_json::{Value, json};

use crate::model::audit::{AuditQuery, AuditRecord};
use crate::model::sign_in::{AuthInput, AuthView};
use crate::model::{
    Account, AccountCheck, AccountInput, AccountPatch, ApiToken, ApiTokenInput, ConfigPatch,
    McpServer, NewApiToken, NewServer, PageQuery, Role, ServerConfig, ServerInput, ServerPatch,
    TokenBounds,
};
use crate::schema::writer::{SchemaWriter, reference};

const WRITER: SchemaWriter = SchemaWriter {
    components: &COMPONENTS,
};

/// Named schemas of the document.
const COMPONENTS: [(&str, Shape); 18] = [
    ("AccountInput", AccountInput::SHAPE),
    ("AccountPatch", AccountPatch::SHAPE),
    ("AuthInput", AuthInput::SHAPE),
    ("Auth", AuthView::SHAPE),
    ("Account", Account::SHAPE),
    ("Check", AccountCheck::SHAPE),
    ("McpConfigInput", ConfigPatch::SHAPE),
    ("McpConfig", ServerConfig::SHAPE),
    ("McpServerInput", ServerInput::SHAPE),
    ("McpServerPatch", ServerPatch::SHAPE),
    ("McpServer", McpServer::SHAPE),
    ("NewMcpServer", NewServer::SHAPE),
    ("Role", Role::SHAPE),
    ("TokenBounds", TokenBounds::SHAPE),
    ("ApiTokenInput", ApiTokenInput::SHAPE),
    ("ApiToken", ApiToken::SHAPE),
    ("NewApiToken", NewApiToken::SHAPE),
    ("AuditRecord", AuditRecord::SHAPE),
];

/// Named schemas of pages, with those of their items.
const PAGES: [(&str, &str); 4] = [
    ("AccountPage", "Account"),
    ("McpServerPage", "McpServer"),
    ("ApiTokenPage", "ApiToken"),
    ("AuditPage", "AuditRecord"),
];

/// Returns the named schemas.
pub(super) fn components() -> impl Iterator<Item = (&'static str, Value)> {
    let types = COMPONENTS
        .iter()
        .map(|(name, shape)| (*name, WRITER.definition(shape)));
    let pages = PAGES.iter().map(|(name, item)| {
        let schema = json!({
            "type": "object",
            "description": "A page, newest items first.",
            "properties": {
                "result": {"type": "array", "items": reference(item)},
                "next_cursor": {
                    "type": ["string", "null"],
                    "description": "Cursor of the next page; null on the last page.",
                },
            },
            "required": ["result", "next_cursor"],
            "additionalProperties": false,
        });
        (*name, schema)
    });
    types.chain(pages)
}

/// Returns the name of the items of a page, if the schema with this name is a page.
pub(super) fn page_item(name: &str) -> Option<&'static str> {
    let page = PAGES.iter().find(|(page, _)| *page == name);
    page.map(|(_, item)| *item)
}

/// Adds the query parameters of a type. An export has its own limit and no pages.
pub(super) fn add_query(name: &str, parameters: &mut Vec<Value>) {
    let shape = match name {
        "AuditQuery" => AuditQuery::SHAPE,
        _ => PageQuery::SHAPE,
    };
    let Kind::Object { fields, .. } = shape.kind else {
        return;
    };
    let is_export = parameters.iter().any(|it| it["name"] == "limit");
    for field in fields {
        if is_export && matches!(field.name, "limit" | "cursor") {
            continue;
        }
        let mut schema = WRITER.schema(&field.shape);
        if let Ok(default) = serde_json::from_str::<Value>(field.default) {
            schema["default"] = default;
        }
        parameters.push(json!({
            "name": field.name,
            "in": "query",
            "description": field.description,
            "schema": schema,
        }));
    }
}
