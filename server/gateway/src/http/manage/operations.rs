//! Runs the operations of the management API.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use serde_json::Value;

use super::request::ApiRequest;
use super::response::{ApiResult, created, deleted, ok};
use crate::error::ServiceError;
use crate::model::RevocationQuery;

/// Runs the operation of a request.
pub(super) async fn run(mut request: ApiRequest) -> ApiResult {
    let gateway = request.gateway.clone();
    let ids = std::mem::take(&mut request.ids);
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let who = request.who.clone();
    match (request.operation.id(), ids.as_slice()) {
        ("listAccounts", []) => ok(&gateway.accounts(&who, request.query()?).await?),
        ("createAccount", []) => {
            let account = gateway.create_account(&who, request.body()?).await?;
            created(&format!("/integrated-account/{}", account.id), &account)
        }
        ("getAccount", [id]) => ok(&gateway.account(&who, id).await?),
        ("updateAccount", [id]) => {
            // A client removes a field with `null`, and the gateway expects an empty string for that.
            for field in ["api", "ca_certificate"] {
                if let Some(value) = request.body.get_mut(field).filter(|it| it.is_null()) {
                    *value = Value::from("");
                }
            }
            ok(&gateway.update_account(&who, id, request.body()?).await?)
        }
        ("deleteAccount", [id]) => deleted(gateway.delete_account(&who, id).await?),
        ("checkAccount", [id]) => ok(&gateway.check_account(&who, id).await?),
        ("listMcpServers", [account]) => {
            ok(&gateway.servers(&who, account, request.query()?).await?)
        }
        ("createMcpServer", [account]) => {
            let new = gateway.create_server(&who, account, request.body()?);
            let new = new.await?;
            let id = &new.server.id;
            created(&format!("/integrated-account/{account}/mcp/{id}"), &new)
        }
        ("getMcpServer", [account, id]) => ok(&gateway.server(&who, account, id).await?),
        ("updateMcpServer", [account, id]) => {
            let patch = request.body()?;
            ok(&gateway.update_server(&who, account, id, patch).await?)
        }
        ("deleteMcpServer", [account, id]) => {
            deleted(gateway.delete_server(&who, account, id).await?)
        }
        ("rotateMcpServer", [account, id]) => ok(&gateway.rotate_server(&who, account, id).await?),
        ("listApiTokens", []) => ok(&gateway.api_tokens(&who, request.query()?).await?),
        ("createApiToken", []) => {
            let new = gateway.create_api_token(&who, request.body()?).await?;
            created(&format!("/api-token/{}", new.api_token.id), &new)
        }
        ("revokeApiToken", [id]) => {
            let query: RevocationQuery = request.query()?;
            match query.servers.as_deref() {
                Some("revoke") => gateway.revoke_api_token_and_servers(&who, id).await?,
                _ => gateway.revoke_api_token(&who, id).await?,
            }
            deleted(())
        }
        ("listAudit", []) => ok(&gateway.audit(&who, request.query()?).await?),
        ("exportAudit", []) => {
            // The log is streamed while it is read, so that a log of any length can be exported. If reading fails, the connection is aborted, so that the client does not take an incomplete log for a complete one.
            let lines = gateway.export_audit(&who, request.query()?).await?;
            let headers = [
                (CONTENT_TYPE, "application/x-ndjson"),
                (CACHE_CONTROL, "no-store"),
            ];
            Ok((headers, Body::from_stream(lines)).into_response())
        }
        (id, _) => Err(ServiceError::Internal(format!("operation `{id}` has no code")).into()),
    }
}
