//! Classifies the parts of a document by their JSON pointers, and replaces parts that cannot be read.
//!
//! An invalid part only prevents the operations that use it from being tools: the part is marked with `x-refused`, and every reader that meets the mark rejects the operation.

use openapiv3::{Operation, Parameter, PathItem, ReferenceOr, RequestBody, Response, Schema};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::normalise::{METHODS, escape, unescape};

/// Member of a part that says why the part is rejected.
pub(crate) const REFUSED: &str = "x-refused";

/// Kind of the value at a pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Document,
    Components,
    /// Map or list of parts of one kind.
    Each(Leaf),
    One(Leaf),
    /// Value on which no call depends.
    Other,
}

/// Part that can be marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaf {
    PathItem,
    Operation,
    Parameter,
    Body,
    Response,
    Media,
    Schema,
}

impl Kind {
    /// Returns the kind of a member.
    fn step(self, key: &str) -> Self {
        match self {
            Self::Document => match key {
                "paths" => Self::Each(Leaf::PathItem),
                "components" => Self::Components,
                _ => Self::Other,
            },
            Self::Components => match key {
                "schemas" => Self::Each(Leaf::Schema),
                "parameters" => Self::Each(Leaf::Parameter),
                "requestBodies" => Self::Each(Leaf::Body),
                "responses" => Self::Each(Leaf::Response),
                _ => Self::Other,
            },
            Self::Each(_) if key.starts_with("x-") => Self::Other,
            Self::Each(leaf) => Self::One(leaf),
            Self::One(leaf) => leaf.step(key),
            Self::Other => Self::Other,
        }
    }
}

impl Leaf {
    fn step(self, key: &str) -> Kind {
        match (self, key) {
            (Self::PathItem, "parameters") | (Self::Operation, "parameters") => {
                Kind::Each(Self::Parameter)
            }
            (Self::PathItem, key) if METHODS.contains(&key) => Kind::One(Self::Operation),
            (Self::Operation, "requestBody") => Kind::One(Self::Body),
            (Self::Operation, "responses") => Kind::Each(Self::Response),
            (Self::Parameter | Self::Body | Self::Response, "content") => Kind::Each(Self::Media),
            (Self::Parameter | Self::Media, "schema") => Kind::One(Self::Schema),
            (Self::Schema, "properties" | "allOf" | "anyOf" | "oneOf") => Kind::Each(Self::Schema),
            (Self::Schema, "items" | "not" | "additionalProperties") => Kind::One(Self::Schema),
            _ => Kind::Other,
        }
    }

    /// Returns why the part cannot be read, or `None` if it can.
    fn fails(self, value: &Value) -> Option<String> {
        match self {
            Self::PathItem => fails::<PathItem>(value),
            Self::Operation => fails::<Operation>(value),
            Self::Parameter => fails::<Parameter>(value),
            Self::Body => fails::<RequestBody>(value),
            Self::Response => fails::<Response>(value),
            Self::Media => fails::<openapiv3::MediaType>(value),
            Self::Schema => fails::<Schema>(value),
        }
    }

    /// Makes a readable replacement for a part that cannot be read.
    fn stand_in(self, value: &Value, reason: &str) -> Value {
        let refused = json!({ REFUSED: reason });
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        match self {
            Self::Schema | Self::Media => refused,
            Self::Body => json!({ "content": {}, REFUSED: reason }),
            Self::Response => json!({ "description": "", REFUSED: reason }),
            Self::Operation => {
                json!({ "operationId": text("operationId"), "responses": {}, REFUSED: reason })
            }
            Self::Parameter => json!({
                "name": text("name").unwrap_or("unreadable"),
                "in": text("in").filter(|place| PLACES.contains(place)).unwrap_or("query"),
                "required": value.get("required").is_some_and(|it| *it == true),
                "schema": refused,
            }),
            Self::PathItem => {
                let mut item = Map::from_iter([(REFUSED.to_owned(), reason.into())]);
                for (method, operation) in value.as_object().into_iter().flatten() {
                    if METHODS.contains(&method.as_str()) {
                        let operation = Self::Operation.stand_in(operation, reason);
                        item.insert(method.clone(), operation);
                    }
                }
                Value::Object(item)
            }
        }
    }
}

const PLACES: [&str; 4] = ["path", "query", "header", "cookie"];

fn fails<T: DeserializeOwned>(value: &Value) -> Option<String> {
    ReferenceOr::<T>::deserialize(value)
        .err()
        .map(|error| error.to_string())
}

use serde::Deserialize;

/// Returns the innermost parts that cannot be read, with reasons, because the deserializer does not report where it failed.
pub(crate) fn unreadable(document: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    search(document, Kind::Document, &mut String::new(), &mut found);
    found
}

/// Searches a part and returns whether an error was found in it.
fn search(
    value: &Value,
    kind: Kind,
    pointer: &mut String,
    found: &mut Vec<(String, String)>,
) -> bool {
    let reason = match kind {
        Kind::Other => return false,
        Kind::One(leaf) => match leaf.fails(value) {
            None => return false,
            reason => reason,
        },
        _ => None,
    };
    let before = found.len();
    let length = pointer.len();
    let mut inner = |key: &str, value: &Value| {
        pointer.push('/');
        pointer.push_str(&escape(key));
        search(value, kind.step(key), pointer, found);
        pointer.truncate(length);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| inner(key, value)),
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                inner(&index.to_string(), value);
            }
        }
        _ => {}
    }
    if found.len() == before {
        found.extend(reason.map(|reason| (pointer.clone(), reason)));
    }
    found.len() > before
}

/// Replaces a part that cannot be read; returns `false` if no replacement exists.
pub(crate) fn replace(document: &mut Value, pointer: &str, reason: &str) -> bool {
    let kind = steps(pointer).fold(Kind::Document, |kind, key| kind.step(&key));
    match (kind, document.pointer_mut(pointer)) {
        (Kind::One(leaf), Some(value)) => {
            *value = leaf.stand_in(value, reason);
            true
        }
        _ => false,
    }
}

/// Removes an unsupported member and, if a call depends on it, marks the part that contains it; returns `false` if the member cannot be removed.
pub(crate) fn take_out(document: &mut Value, pointer: &str, reason: &str) -> bool {
    let mut kind = Kind::Document;
    let mut at = String::new();
    let mut marked = None;
    for key in steps(pointer) {
        if let Kind::One(_) = kind {
            marked = Some(at.clone());
        }
        kind = kind.step(&key);
        // An unknown keyword can have any meaning. The members listed here have a known meaning that does not affect calls.
        if kind == Kind::Other && HARMLESS.contains(&key.as_str()) {
            marked = None;
            break;
        }
        at = format!("{at}/{}", escape(&key));
    }
    let Some((parent, key)) = pointer.rsplit_once('/') else {
        return false;
    };
    let taken = match document.pointer_mut(parent) {
        Some(Value::Object(map)) => map.shift_remove(&unescape(key)).is_some(),
        _ => false,
    };
    let marked = marked.and_then(|at| document.pointer_mut(&at)?.as_object_mut());
    if let Some(map) = marked.filter(|_| taken) {
        map.entry(REFUSED).or_insert_with(|| reason.into());
    }
    taken
}

/// Members that do not affect calls, whatever they contain.
const HARMLESS: [&str; 12] = [
    "callbacks",
    "contact",
    "discriminator",
    "example",
    "examples",
    "externalDocs",
    "headers",
    "info",
    "links",
    "security",
    "servers",
    "tags",
];

/// Returns the kind of the part at a pointer, if the part can be marked.
pub(crate) fn at(pointer: &str) -> Option<Leaf> {
    match steps(pointer).fold(Kind::Document, |kind, key| kind.step(&key)) {
        Kind::One(leaf) => Some(leaf),
        _ => None,
    }
}

fn steps(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(unescape)
}
