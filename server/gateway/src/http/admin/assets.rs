//! Style sheet, script and icon. Their names contain a hash of their content, so that browsers may cache them forever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

/// File that is part of the binary.
pub(super) struct Asset {
    /// File name, for example `admin.0123456789abcdef.css`.
    pub(super) name: String,
    media_type: &'static str,
    content: &'static str,
}

pub(super) static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    let content = include_str!("assets/admin.css");
    Asset::new("css", "text/css; charset=utf-8", content)
});
pub(super) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    let content = include_str!("assets/admin.js");
    Asset::new("js", "text/javascript; charset=utf-8", content)
});
pub(super) static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("svg", "image/svg+xml", include_str!("assets/icon.svg")));

impl Asset {
    fn new(extension: &str, media_type: &'static str, content: &'static str) -> Self {
        let hash = Sha256::digest(content);
        let hash: String = hash.iter().take(8).map(|it| format!("{it:02x}")).collect();
        Self {
            name: format!("admin.{hash}.{extension}"),
            media_type,
            content,
        }
    }
}

/// Handles `GET /assets/{name}`.
pub(super) async fn serve(Path(name): Path<String>) -> Response {
    let assets = [&*STYLE, &*SCRIPT, &*ICON];
    let Some(asset) = assets.into_iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (CONTENT_TYPE, asset.media_type),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, asset.content).into_response()
}
