//! Reads the versions of server parts that have their own documents, such as a plugin with an API. A version is read with the account's credentials when a text first depends on it, and is then stored.

use std::borrow::Cow;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::account::{Account, Known};
use crate::api::{Document, VersionSource};
use crate::error::CallError;
use crate::request::Request;
use crate::tool::{Content, Http, Tool, VersionedText};

/// Maximum time for reading a version.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Minimum time before a failed read of a version is repeated.
const AGAIN: Duration = Duration::from_secs(60);

/// Time after which a version is read again, because the part may have been upgraded.
const KEPT: Duration = Duration::from_secs(600);

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
            if depends && known.has(tool.document) && self.is_due(&known, tool.document) {
                documents.push(tool.document);
            }
        }
        documents.retain(|name| known.source(name).is_some());
        documents
    }

    /// Reads the version of the part that has this document, unless the version was read or requested recently. If the read fails, the stored version is kept.
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
            .is_some_and(|known| self.is_due(&known, document.name))
        {
            return;
        }
        let read = tokio::time::timeout(TIMEOUT, Box::pin(self.version_of(source))).await;
        {
            let asked = self.0.versions_asked.lock();
            let mut asked = asked.unwrap_or_else(PoisonError::into_inner);
            asked.retain(|(name, _)| *name != document.name);
            asked.push((document.name, Instant::now()));
        }
        let product = source.product;
        match read {
            Ok(Ok(Some(version))) => {
                tracing::info!(product, version, "version read");
                self.set_version(&known, document.name, &version).await;
            }
            Ok(Ok(None)) => tracing::info!(product, "version unknown: the server does not list it"),
            Ok(Err(error)) => tracing::info!(product, %error, "version unknown"),
            Err(_) => tracing::info!(product, "version unknown: no answer in time"),
        }
    }

    fn is_due(&self, known: &Known, document: &str) -> bool {
        let asked = self.0.versions_asked.lock();
        let asked = asked.unwrap_or_else(PoisonError::into_inner);
        let at = asked.iter().find(|(name, _)| *name == document);
        let wait = match known.own_version(document) {
            "" => AGAIN,
            _ => KEPT,
        };
        at.is_none_or(|(_, at)| at.elapsed() >= wait)
    }

    async fn version_of(&self, source: &VersionSource) -> Result<Option<String>, CallError> {
        let request = Request {
            // The request belongs to the API itself and therefore uses the API's sign-in method.
            document: "",
            http: Http::Get,
            promises: Http::Get,
            path_and_query: source.path.to_owned(),
            headers: Vec::new(),
            body: None,
            media_type: Cow::Borrowed(""),
            accept: Content::Json.accept(),
            partial: false,
        };
        let response = self.send(&request).await?;
        let answer: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let items = answer.pointer(source.items).and_then(Value::as_array);
        let mut items = items.into_iter().flatten();
        let item = items.find(|item| item.get(source.name) == Some(&source.component.into()));
        let version = item.and_then(|item| item.get(source.version)?.as_str());
        Ok(version.map(str::to_owned))
    }

    async fn set_version(&self, known: &Known, document: &'static str, version: &str) {
        let is_set = |known: &std::sync::Arc<Known>| known.own_version(document) == version;
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

impl Known {
    /// Returns the description of a tool for this server.
    #[must_use]
    pub fn description(&self, tool: &Tool) -> &'static str {
        VersionedText::find(tool.descriptions, self.version_for(tool)).unwrap_or(tool.description)
    }

    /// Returns the version that selects the texts of a tool: the version of the part that has its document, or otherwise that of the server. Empty if unknown.
    pub(crate) fn version_for(&self, tool: &Tool) -> &str {
        match self.source(tool.document) {
            Some(_) => self.own_version(tool.document),
            None => &self.version,
        }
    }

    fn own_version(&self, document: &str) -> &str {
        let mut versions = self.versions.iter();
        let found = versions.find(|(name, _)| *name == document);
        found.map_or("", |(_, version)| version)
    }

    fn source(&self, document: &str) -> Option<(&'static Document, &'static VersionSource)> {
        let document = self.api.document(document)?;
        Some((document, document.version.as_ref()?))
    }
}

#[cfg(test)]
mod tests;
