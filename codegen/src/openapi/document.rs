//! Content of a document, with all references resolved: the operations with their parameters, bodies, responses and types.

use std::collections::BTreeSet;

use super::component_types::ComponentTypes;
use crate::catalog::{Body, Parameter, TypeDef, TypeRef};
use crate::error::DocumentError;

/// OpenAPI document.
#[derive(Debug)]
pub struct Document {
    /// Name in `apis.yaml`.
    pub name: String,
    /// File, relative to the workspace.
    pub source: String,
    /// `title` of the document; can be empty.
    pub title: String,
    /// Whether the document declares servers. If not, `apis.yaml` can declare the base path.
    pub has_servers: bool,
    /// Operations in the order of the document.
    pub operations: Vec<DocumentOperation>,
    pub(super) components: ComponentTypes,
}

/// Operation of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct DocumentOperation {
    /// Operation ID.
    pub id: String,
    /// HTTP method in lower case.
    pub http: String,
    /// Path including the base path of the document.
    pub path: String,
    /// JSON pointer to the operation.
    pub pointer: String,
    /// Line in which the operation is declared; 0 if the line is unknown.
    pub line: usize,
    /// Whether the operation is marked as deprecated.
    pub deprecated: bool,
    /// `summary`; can be empty.
    pub summary: String,
    /// `tags`.
    pub tags: Vec<String>,
    /// Details of the operation without the types of components, or all reasons why no tool can call it.
    pub facts: Result<OperationFacts, Vec<DocumentError>>,
}

/// Facts in a document about the request and the response of an operation, in the terms of the catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct OperationFacts {
    /// Operation ID.
    pub operation_id: String,
    /// HTTP method in lower case.
    pub http: String,
    /// Path including the base path of the document. Parameters with only one value are filled in.
    pub path: String,
    /// Path, query, header and cookie parameters in the order of the document, then the members of the body.
    ///
    /// `name` is the wire name, restricted to the characters that are allowed in argument names; two parameters in different locations can have the same name. `description` may be empty. A body that is not an object with named members is one parameter `body`. A value in a URL or a header is never nullable, because `null` cannot be written there.
    pub parameters: Vec<Parameter>,
    /// Request body; `None` if the operation has none.
    pub body: Option<Body>,
    /// Type of the successful response; `None` if the response has no content or no JSON content.
    pub response: Option<TypeRef>,
    /// Media types of the successful response; empty if it has no content.
    pub response_media: Vec<String>,
    /// JSON pointer to the media types of the successful response; empty if it has no content.
    pub response_pointer: String,
    /// The operation's own types in the order of first use. In the result of [`Document::facts`], followed by the types of the components by name, which are the same for every operation of the document.
    pub types: Vec<TypeDef>,
    /// Components to which the operation refers, by Rust name.
    pub components: BTreeSet<String>,
    /// `summary` of the operation; may be empty.
    pub summary: String,
    /// `description` of the operation; may be empty.
    pub description: String,
}

impl Document {
    /// Finds an operation by its ID.
    #[must_use]
    pub fn operation(&self, id: &str) -> Option<&DocumentOperation> {
        self.operations.iter().find(|operation| operation.id == id)
    }

    /// Returns the details of an operation with all types to which it refers.
    ///
    /// # Errors
    ///
    /// All reasons why no tool can call the operation.
    pub fn facts(&self, id: &str) -> Result<OperationFacts, Vec<DocumentError>> {
        let Some(operation) = self.operation(id) else {
            return Err(vec![DocumentError::UnknownOperation {
                file: self.source.clone(),
                operation_id: id.to_owned(),
            }]);
        };
        let mut facts = operation.facts.clone()?;
        let reached = self.components.reached(&facts.components);
        let types = reached.iter().flat_map(|it| it.types.iter().cloned());
        facts.types.extend(types);
        Ok(facts)
    }

    /// Returns the IDs of all operations.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.operations
            .iter()
            .map(|operation| operation.id.as_str())
    }
}
