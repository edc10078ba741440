//! List tools: items, pagination, filters and summary.

use serde::Serialize;

use super::types::TypeRef;

/// Properties of a list tool.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct List {
    /// Member of the response that contains the items.
    pub items: String,
    /// Type of an item.
    pub item_type: TypeRef,
    /// Pagination style; `None` if the API returns all items at once, so that the runtime limits the result.
    pub pagination: Option<Pagination>,
    /// First release that supports the pagination, if it is newer than the operation. Earlier releases return all items at once.
    pub pages_since: Option<String>,
    /// Filters that the runtime applies.
    pub filters: Vec<Filter>,
    /// Wire names of the fields that are returned by default; empty for all.
    pub summary: Vec<String>,
}

/// Pagination style of an API. The parameters that it uses are never parameters of the tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pagination {
    /// Whether the parameters are members of the body; otherwise they are in the query.
    pub in_body: bool,
    /// Parameter with the number of items to return.
    pub limit: String,
    /// Maximum number of items in one response.
    pub max: u32,
    /// Member of the response with the total number of items, or its JSON pointer; `None` for `total_entries`.
    pub total: Option<String>,
    /// Parameters that select the items to return.
    pub style: PaginationStyle,
}

/// Parameters that select the items to return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PaginationStyle {
    /// Number of items to skip.
    Offset {
        /// Parameter with the number.
        offset: String,
    },
    /// Number of a page.
    Number {
        /// Parameter with the number.
        page: String,
        /// Number of the first page.
        first: u32,
    },
    /// Cursor that the upstream returned.
    Cursor {
        /// Parameter with the cursor.
        cursor: String,
        /// Member of the response with the cursor of the next page, or its JSON pointer.
        next: String,
        /// Parameter with the number of items to skip, for upstreams that do not know the cursor.
        offset: Option<String>,
    },
    /// Link in the `Link` header of the response.
    Link {
        /// Relation type of the link to the next page.
        rel: String,
        /// Query parameters of the link that contain the position of the next page. The document need not declare them.
        position: Vec<String>,
    },
}

impl Pagination {
    /// Returns the parameters of a link that contain the position of a page. The operation need not have them.
    pub(crate) fn position(&self) -> &[String] {
        match &self.style {
            PaginationStyle::Link { position, .. } => position,
            _ => &[],
        }
    }

    /// Returns the parameters that an operation must have to use this pagination.
    pub(crate) fn parameters(&self) -> Vec<&str> {
        let more = match &self.style {
            PaginationStyle::Offset { offset } => vec![offset],
            PaginationStyle::Number { page, .. } => vec![page],
            PaginationStyle::Cursor { cursor, offset, .. } => {
                offset.iter().chain([cursor]).collect()
            }
            PaginationStyle::Link { .. } => Vec::new(),
        };
        [&self.limit]
            .into_iter()
            .chain(more)
            .map(String::as_str)
            .collect()
    }
}

/// Filter that the runtime applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Filter {
    /// Name of the parameter.
    pub name: String,
    /// Field of the item, as a path with dots: `roles.name`.
    pub field: String,
    /// Whether no two items have the same value.
    pub unique: bool,
}
