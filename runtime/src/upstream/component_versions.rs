//! Reads the versions of components that have their own documents, such as a plugin with an API. A version is read with the account's credentials when a text first depends on it, and is then stored.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::request::Request;
use crate::tool::Tool;
use crate::tool::api::VersionSource;
use crate::upstream::account::Account;
use crate::upstream::detected::DetectedServer;
use crate::upstream::error::CallError;

/// Maximum time for reading a version.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Minimum time before a failed read of a version is repeated.
const RETRY_INTERVAL: Duration = Duration::from_secs(60);

/// Time after which a version is read again, because the component may have been upgraded.
const REFRESH_INTERVAL: Duration = Duration::from_secs(600);

impl Account {
    /// Returns the documents whose versions should be read before the texts of these tools are shown.
    pub fn unread_versions<'t>(
        &self,
        tools: impl IntoIterator<Item = &'t Tool>,
    ) -> Vec<&'static str> {
        let Some(known) = self.known() else {
            return Vec::new();
        };
        let mut documents: Vec<&'static str> = Vec::new();
        for tool in tools {
            let depends = !tool.descriptions.is_empty() && !documents.contains(&tool.document);
            if depends && known.has(tool.document) && self.is_version_due(&known, tool.document) {
                documents.push(tool.document);
            }
        }
        documents.retain(|name| known.source(name).is_some());
        documents
    }

    /// Reads the version of the component that has this document, unless the version was read or requested recently. If the read fails, the stored version is kept.
    pub async fn read_version(&self, document: &str) {
        let detected = self.detected().await.ok();
        let Some(known) = detected.or_else(|| self.known()) else {
            return;
        };
        let Some((document, source)) = known.source(document) else {
            return;
        };
        let _turn = self.0.version_turn.lock().await;
        if !self
            .known()
            .is_some_and(|known| self.is_version_due(&known, document.name))
        {
            return;
        }
        let read = tokio::time::timeout(TIMEOUT, Box::pin(self.version_of(source))).await;
        self.record_asked(document.name);
        let product = source.product;
        match read {
            Ok(Ok(Some(version))) => {
                tracing::info!(product, version, "version read");
                self.set_version(&known, document.name, &version).await;
            }
            Ok(Ok(None)) => tracing::info!(
                product,
                "unknown version: the server does not list the component"
            ),
            Ok(Err(error)) => tracing::info!(product, %error, "unknown version"),
            Err(_) => tracing::info!(product, "unknown version: the response timed out"),
        }
    }

    fn is_version_due(&self, known: &DetectedServer, document: &str) -> bool {
        self.is_due(
            document,
            match known.own_version(document) {
                "" => RETRY_INTERVAL,
                _ => REFRESH_INTERVAL,
            },
        )
    }

    async fn version_of(&self, source: &VersionSource) -> Result<Option<String>, CallError> {
        // The request belongs to the API itself and therefore uses the API's sign-in method.
        let request = Request::get("", source.path.to_owned());
        let response = self.send(&request).await?;
        let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let items = body.pointer(source.items).and_then(Value::as_array);
        let mut items = items.into_iter().flatten();
        let item = items.find(|item| item.get(source.name) == Some(&source.component.into()));
        let version = item.and_then(|item| item.get(source.version)?.as_str());
        Ok(version.map(str::to_owned))
    }

    async fn set_version(&self, known: &DetectedServer, document: &'static str, version: &str) {
        let is_set = |known: &Arc<DetectedServer>| known.own_version(document) == version;
        let set = async || {
            let now = self.known();
            let mut now = now.map_or_else(|| known.clone(), |now| (*now).clone());
            now.versions.retain(|(name, _)| *name != document);
            now.versions.push((document, version.to_owned()));
            Ok(now)
        };
        // The work cannot fail.
        let _ = self.0.detection.run(is_set, set).await;
    }
}

#[cfg(test)]
mod tests;
