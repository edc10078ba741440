//! Tools that one client can list and call: the tools of the detected API that the upstream has, restricted by a selection.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, OnceLock};

use runtime::redaction::{LogMask, redact};
use runtime::registry;
use runtime::selection::Selection;
use runtime::{Api, DetectedServer, Tool, ToolOutput};

use crate::product::product;
use crate::rendering::{described, render};
use crate::search::{self, Index};
use crate::{discovery_tools, verbatim};

/// APIs of this program with their tools as clients receive them. The tools are converted once and shared by all connections.
#[derive(Debug)]
pub struct Catalogue {
    apis: &'static [&'static Api],
    /// Converted tools of each API, in the order of the allowlist.
    rendered: Vec<OnceLock<Vec<(&'static Tool, rmcp::model::Tool)>>>,
    /// Search index of each API, created at the first search.
    indexes: Vec<OnceLock<Index>>,
}

impl Catalogue {
    /// Creates the catalogue of these APIs, newest first.
    pub fn new(apis: &'static [&'static Api]) -> Self {
        Self {
            apis,
            rendered: apis.iter().map(|_| OnceLock::new()).collect(),
            indexes: apis.iter().map(|_| OnceLock::new()).collect(),
        }
    }

    fn tools(&self, name: &str) -> &[(&'static Tool, rmcp::model::Tool)] {
        self.apis
            .iter()
            .zip(&self.rendered)
            .find(|(api, _)| api.name == name)
            .map_or(&[], |(api, rendered)| {
                rendered.get_or_init(|| {
                    registry::tools(api)
                        .map(|tool| (tool, verbatim::tool(render(tool))))
                        .collect()
                })
            })
    }

    fn index(&self, name: &str) -> Option<&Index> {
        let (api, index) = self
            .apis
            .iter()
            .zip(&self.indexes)
            .find(|(api, _)| api.name == name)?;
        Some(index.get_or_init(|| search::index(distinct(api))))
    }
}

/// Returns the tools of an API without duplicates. Several documents can have the same tool, and words that occur twice would count less.
fn distinct(api: &'static Api) -> impl Iterator<Item = &'static Tool> {
    let mut seen = BTreeSet::new();
    registry::tools(api).filter(move |tool| seen.insert(tool.name))
}

/// Tools that one client can list and call.
#[derive(Debug, Clone)]
pub struct OfferedTools {
    catalogue: Arc<Catalogue>,
    selection: Selection,
    /// Whether the discovery tools are listed instead of the tools themselves.
    discover: bool,
    /// Whether secrets of the upstream are masked in results.
    redact: bool,
}

/// Data that determine a list of tools; see [`OfferedTools::basis`].
pub type ListBasis = (
    &'static str,
    String,
    Vec<&'static str>,
    Vec<(&'static str, String)>,
);

/// Reason why a name does not match an offered tool.
#[derive(Debug, PartialEq)]
pub enum UnavailableTool {
    /// Name that does not exist in any API.
    Unknown {
        /// Tool with the most similar name.
        nearest: Option<&'static str>,
    },
    /// Tool that the selection excludes.
    NotSelected,
}

impl UnavailableTool {
    /// Returns the message for the client.
    pub fn message(&self, name: &str) -> String {
        match self {
            Self::Unknown { nearest: None } => format!("unknown tool `{name}`"),
            Self::Unknown {
                nearest: Some(nearest),
            } => format!("unknown tool `{name}`; did you mean `{nearest}`?"),
            Self::NotSelected => {
                format!("tool `{name}` is not offered: the selection of this server excludes it")
            }
        }
    }
}

impl OfferedTools {
    /// Creates the tools of a catalogue that match a selection.
    pub fn new(catalogue: Arc<Catalogue>, selection: Selection) -> Self {
        Self {
            catalogue,
            selection,
            discover: false,
            redact: false,
        }
    }

    /// Sets whether secrets of the upstream are masked in results.
    pub fn with_redaction(self, redact: bool) -> Self {
        Self { redact, ..self }
    }

    /// Returns the result of a call as the client may see it.
    pub fn redacted(&self, tool: &Tool, output: ToolOutput) -> ToolOutput {
        static LOG: LazyLock<LogMask> = LazyLock::new(|| LogMask::new(product().sensitive_words));
        match (self.redact, output.error) {
            (true, None) => ToolOutput {
                json: redact(tool, &output.json, &LOG),
                ..output
            },
            _ => output,
        }
    }

    /// Sets whether the discovery tools are listed instead of the tools themselves.
    pub fn with_discovery(self, discover: bool) -> Self {
        Self { discover, ..self }
    }

    /// Returns whether the discovery tools are listed instead of the tools themselves.
    pub fn has_discovery(&self) -> bool {
        self.discover
    }

    /// Returns the discovery tools if they are listed instead of the tools themselves. They do not depend on the API of the upstream.
    fn discovery(&self) -> Option<[&'static Tool; 3]> {
        let read_only = || self.selected().all(|tool| tool.effect.read_only);
        self.discover.then(|| discovery_tools::tools(read_only()))
    }

    /// Returns the discovery tool with this name.
    pub fn discovery_tool(&self, name: &str) -> Option<&'static Tool> {
        let mut tools = self.discovery().into_iter().flatten();
        tools.find(|tool| tool.name == name)
    }

    /// Returns the data that determine the list: the name and version of the API, the names of the documents that the upstream has, and the versions of the documents.
    pub fn basis(&self, known: Option<&DetectedServer>) -> ListBasis {
        match (known, self.catalogue.apis.first()) {
            _ if self.discover => ListBasis::default(),
            (Some(known), _) => (
                known.api.name,
                known.version.clone(),
                known.documents.clone(),
                known.versions.clone(),
            ),
            (None, Some(api)) => {
                let documents = api.usual_documents().collect();
                (api.name, String::new(), documents, Vec::new())
            }
            (None, None) => ListBasis::default(),
        }
    }

    /// Returns the tools to list, in the order of the allowlist. They are tools of the detected API, or of the newest API before detection. Tools that the upstream is known not to have are left out.
    pub fn listed(&self, known: Option<&DetectedServer>) -> Vec<rmcp::model::Tool> {
        match self.discovery() {
            Some(tools) => tools.into_iter().map(discovery_tools::render).collect(),
            None => self.rendered(known).collect(),
        }
    }

    /// Returns the listed tool with this name.
    pub fn listed_tool(
        &self,
        known: Option<&DetectedServer>,
        name: &str,
    ) -> Option<rmcp::model::Tool> {
        if let Some(tool) = self.discovery_tool(name) {
            return Some(discovery_tools::render(tool));
        }
        // The name is compared first, because checking whether a tool is offered takes longer and this function runs for each call over HTTP.
        let mut rendered = self.catalogue.tools(self.api(known)).iter();
        let (tool, rendered) = rendered.find(|(tool, _)| tool.name == name)?;
        self.offers(known, tool)
            .then(|| described(tool, rendered, known))
    }

    fn rendered<'a>(
        &'a self,
        known: Option<&'a DetectedServer>,
    ) -> impl Iterator<Item = rmcp::model::Tool> + use<'a> {
        self.catalogue
            .tools(self.api(known))
            .iter()
            .filter(move |(tool, _)| self.offers(known, tool))
            .map(move |(tool, rendered)| described(tool, rendered, known))
    }

    /// Returns the tools that the client can call, whether they are listed or only found.
    pub fn tools<'a>(
        &'a self,
        known: Option<&'a DetectedServer>,
    ) -> impl Iterator<Item = &'static Tool> + use<'a> {
        self.catalogue
            .tools(self.api(known))
            .iter()
            .map(|(tool, _)| *tool)
            .filter(move |tool| self.offers(known, tool))
    }

    /// Returns the tools that the client can call and that match a query, best first.
    pub fn search(&self, known: Option<&DetectedServer>, query: &str) -> Vec<&'static Tool> {
        let api = self.api(known);
        let Some(index) = self.catalogue.index(api) else {
            return Vec::new();
        };
        let api = self.catalogue.apis.iter().find(|it| it.name == api);
        let offered = api.into_iter().flat_map(|api| distinct(api)).map(|tool| {
            let mut named = registry::tools(api?).filter(|it| it.name == tool.name);
            named.find(|tool| self.offers(known, tool))
        });
        search::search(index, query, offered)
    }

    /// Returns the name of the API whose tools are offered: the detected API, or the newest API before detection.
    fn api(&self, known: Option<&DetectedServer>) -> &'static str {
        let api = known.map(|known| known.api);
        let api = api.or(self.catalogue.apis.first().copied());
        api.map_or("", |api| api.name)
    }

    fn offers(&self, known: Option<&DetectedServer>, tool: &Tool) -> bool {
        let is_there = match (known, self.catalogue.apis.first()) {
            (Some(known), _) => known.offers(tool),
            (None, Some(api)) => api.usual_documents().any(|name| name == tool.document),
            (None, None) => false,
        };
        is_there && self.selection.matches(tool)
    }

    /// Returns the tool for a call with this name. The lookup needs no network, so that an unknown name is rejected even while the upstream is down. The call itself checks whether the upstream has the tool.
    pub fn find(
        &self,
        known: Option<&DetectedServer>,
        name: &str,
    ) -> Result<&'static Tool, UnavailableTool> {
        let here = known.and_then(|known| known.find(name));
        let apis = self.catalogue.apis.iter();
        let mut named = here
            .into_iter()
            .chain(apis.filter_map(|api| registry::find(api, name)))
            .peekable();
        let is_known = named.peek().is_some();
        let selected = named.find(|tool| self.selection.matches(tool));
        selected.ok_or_else(|| match is_known {
            true => UnavailableTool::NotSelected,
            false => UnavailableTool::Unknown {
                nearest: registry::nearest_tool(name, self.selected()),
            },
        })
    }

    fn selected(&self) -> impl Iterator<Item = &'static Tool> {
        self.catalogue
            .apis
            .iter()
            .flat_map(|api| registry::tools(api))
            .filter(|tool| self.selection.matches(tool))
    }
}

#[cfg(test)]
mod tests;
