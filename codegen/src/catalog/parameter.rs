//! Declared inputs of a tool and their places in the request.

use serde::Serialize;

use super::types::Field;

/// Declared input of a tool.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parameter {
    /// The argument of a call. Its description is never empty for a tool.
    pub field: Field,
    /// Name of the parameter in the request.
    pub wire: String,
    /// Location of the parameter in the request.
    pub location: ParameterLocation,
    /// Whether the document marks the parameter as deprecated.
    pub deprecated: bool,
    /// Whether values are secret. Secret values never appear in errors or logs.
    pub secret: bool,
    /// Name of the parameter whose argument is sent if this one has none.
    pub fallback: Option<String>,
    /// Value that is sent if neither this parameter nor the one in `fallback` has an argument, as JSON.
    pub when_omitted: Option<serde_json::Value>,
    /// Whether the model cannot set the parameter. The request then always has the value of `fallback` or `when_omitted`.
    pub hidden: bool,
    /// Whether the argument `clear` can name this parameter, so that `null` is sent for it.
    pub clear: bool,
    /// First release that has the parameter, if it is newer than the operation.
    pub since: Option<String>,
}

impl Parameter {
    /// Makes a parameter with this argument.
    pub(crate) fn new(wire: &str, location: ParameterLocation, field: Field) -> Self {
        Self {
            field,
            wire: wire.to_owned(),
            location,
            deprecated: false,
            secret: false,
            fallback: None,
            when_omitted: None,
            hidden: false,
            clear: false,
            since: None,
        }
    }

    /// Returns the name and the location in the request; `None` for path parameters, which are as old as the path.
    pub(crate) fn request_key(&self) -> Option<(&str, &'static str)> {
        let location = self.location.name();
        (location != "path").then_some((self.wire.as_str(), location))
    }
}

/// Location of a parameter in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ParameterLocation {
    /// One segment of the path.
    Path {
        /// Whether the upstream can route a value that contains `/`.
        slash: bool,
    },
    /// Query string.
    Query {
        /// Serialization of arrays and objects.
        style: ParameterStyle,
    },
    /// Header.
    Header,
    /// Cookie.
    Cookie,
    /// Member of the object in the body.
    Body,
    /// Whole body.
    WholeBody,
    /// One segment of the path of `ForEach`. One request is sent for each item of the array.
    ForEach,
}

impl ParameterLocation {
    /// Returns the name as in `in` of a parameter, or `body`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Path { .. } | Self::ForEach => "path",
            Self::Query { .. } => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
            Self::Body | Self::WholeBody => "body",
        }
    }
}

/// Serialization of arrays and objects in a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterStyle {
    /// `a=1&a=2`
    Repeat,
    /// `a=1,2`
    Comma,
    /// `a=1%202`
    Space,
    /// `a=1|2`
    Pipe,
    /// `a[key]=value`
    Deep,
    /// `a={"key":"value"}`
    Json,
    /// `key=value`, without the name of the parameter
    Members,
}

/// Request body.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Body {
    /// Media type.
    pub media_type: String,
    /// Whether a body is sent even if a call has no arguments for it.
    pub required: bool,
    /// Members with a constant value (`const`), as JSON.
    pub fixed: Vec<(String, serde_json::Value)>,
    /// Serialization of the form members that are not repeated for each value, by wire name.
    pub encoding: Vec<(String, ParameterStyle)>,
}

/// Query parameter that names the body fields to write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mask {
    /// Name of the query parameter.
    pub name: String,
    /// Serialization of several field names.
    pub style: ParameterStyle,
}
