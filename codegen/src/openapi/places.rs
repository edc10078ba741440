//! Where in a document something stands, by its JSON pointer, and what stands in for a part that cannot be read.
//!
//! A part that is not understood keeps only the operations from being tools that have it: it is marked with `x-refused`, and who meets the mark refuses.

use openapiv3::{Operation, Parameter, PathItem, ReferenceOr, RequestBody, Response, Schema};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::normalise::{METHODS, escape, unescape};

/// The member of a part that says why it is refused.
pub(crate) const REFUSED: &str = "x-refused";

/// What stands at a pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Document,
    Components,
    /// A map or list of things of one kind.
    Each(Leaf),
    One(Leaf),
    /// Nothing that a call depends on.
    Other,
}

/// A thing that can be marked.
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
    /// What stands at a member.
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

    /// Why it cannot be read, if so.
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

    /// What can be read in the place of one that cannot.
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

/// The innermost parts that cannot be read, and why: the reader itself does not say where it stopped.
pub(crate) fn unreadable(document: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    search(document, Kind::Document, &mut String::new(), &mut found);
    found
}

/// Whether something was found in this part.
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

/// Puts a stand-in where something cannot be read; `false` if there is none for it.
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

/// Takes out what is not understood, and marks what it stands in if a call depends on that; `false` if it cannot be taken out.
pub(crate) fn take_out(document: &mut Value, pointer: &str, reason: &str) -> bool {
    let mut kind = Kind::Document;
    let mut at = String::new();
    let mut marked = None;
    for key in steps(pointer) {
        if let Kind::One(_) = kind {
            marked = Some(at.clone());
        }
        kind = kind.step(&key);
        // An unknown keyword may say anything, other members only what they are known to.
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

/// Members that a call does not depend on, whatever is in them.
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

/// What stands at a pointer, if it is something that can be marked.
pub(crate) fn at(pointer: &str) -> Option<Leaf> {
    match steps(pointer).fold(Kind::Document, |kind, key| kind.step(&key)) {
        Kind::One(leaf) => Some(leaf),
        _ => None,
    }
}

fn steps(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(unescape)
}
