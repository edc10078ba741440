//! API, version and documents of an upstream, and the tools that follow from them.

use core::fmt;

use serde_json::{Map, Value};

use crate::tool::api::{Api, Document, VersionSource};
use crate::tool::{Tool, VersionedText, registry};
use crate::upstream::error::{CallError, ErrorCode};
use crate::version::is_older;

/// API, version and documents that were detected on an upstream.
#[derive(Clone)]
pub struct DetectedServer {
    /// API of the upstream.
    pub api: &'static Api,
    /// Version as the upstream reports it; empty if the settings name the API, because the version is then not requested.
    pub version: String,
    /// Names of the documents that the upstream has.
    pub documents: Vec<&'static str>,
    /// Versions of components that have their own documents, by document name; only those read so far.
    pub versions: Vec<(&'static str, String)>,
}

impl fmt::Debug for DetectedServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The whole API would fill thousands of lines.
        f.debug_struct("DetectedServer")
            .field("api", &self.api.name)
            .field("version", &self.version)
            .field("documents", &self.documents)
            .field("versions", &self.versions)
            .finish()
    }
}

impl DetectedServer {
    /// Creates the state before detection: the API with its usual documents.
    pub(crate) fn assumed(api: &'static Api) -> Self {
        Self {
            api,
            version: String::new(),
            documents: api.usual_documents().collect(),
            versions: Vec::new(),
        }
    }

    /// Returns whether the upstream has this document of its API.
    pub fn has(&self, document: &str) -> bool {
        self.documents.contains(&document)
    }

    /// Finds the tool with this name or former name. If several tools match, one of a document that the upstream has takes precedence.
    pub fn find(&self, name: &str) -> Option<&'static Tool> {
        let named = || registry::tools(self.api).filter(|tool| tool.is_called(name));
        let here = named().find(|tool| self.has(tool.document));
        here.or_else(|| named().next())
    }

    /// Finds the tool of this API that corresponds to `tool`, which may belong to another API or to a document that the upstream does not have.
    pub(crate) fn find_for(&self, tool: &'static Tool) -> Option<&'static Tool> {
        let is_of_this = || {
            self.api
                .toolsets
                .iter()
                .any(|it| it.as_ptr_range().contains(&core::ptr::from_ref(tool)))
        };
        match self.has(tool.document) && is_of_this() {
            true => Some(tool),
            false => self.find(tool.name),
        }
    }

    /// Returns whether the upstream has the document of the tool and a version that is new enough. The tool must belong to the API of the upstream.
    pub fn offers(&self, tool: &Tool) -> bool {
        self.has(tool.document) && !is_older(&self.version, tool.since)
    }

    /// Returns whether the upstream is too old for a tool, or for one of the given arguments.
    pub(crate) fn is_older(&self, tool: &Tool, arguments: &Map<String, Value>) -> bool {
        let mut parameters = tool.parameters.iter();
        is_older(&self.version, tool.since)
            || parameters.any(|it| {
                let given = arguments.get(it.field.name);
                is_older(&self.version, it.since) && given.is_some_and(|value| !value.is_null())
            })
    }

    /// Returns an error if the upstream does not have the operation of the tool.
    pub(crate) fn require(&self, tool: &Tool) -> Result<(), CallError> {
        if self.offers(tool) {
            return Ok(());
        }
        if self.has(tool.document) {
            let product = self.api.version.product;
            let title = format!("Requires {product} {}", tool.since);
            let detail = format!(
                "The operation requires {product} {}, but the server has {}.",
                tool.since, self.version
            );
            let error = CallError::new(ErrorCode::NotFound, title).detail(detail);
            return Err(error.hint("Nothing was sent. The tool cannot be used with this server until the server is upgraded."));
        }
        let document = self.api.document(tool.document);
        let probe = document.and_then(|it| it.probe.as_ref());
        let component = probe.map_or(tool.document, |it| it.what);
        Err(
            CallError::new(ErrorCode::NotFound, "Not available on this server")
                .detail(format!("The server does not have {component}."))
                .hint("The tool cannot be used with this account; use another tool."),
        )
    }

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

    pub(crate) fn own_version(&self, document: &str) -> &str {
        let mut versions = self.versions.iter();
        let found = versions.find(|(name, _)| *name == document);
        found.map_or("", |(_, version)| version)
    }

    pub(crate) fn source(
        &self,
        document: &str,
    ) -> Option<(&'static Document, &'static VersionSource)> {
        let document = self.api.document(document)?;
        Some((document, document.version.as_ref()?))
    }
}
