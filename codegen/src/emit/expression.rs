//! Converts an API to a constant expression.

use serde::Serialize;

use super::text::string_literal;
use crate::catalog::{
    Api, Document, DocumentProbe, Hint, Session, Sign, SignIn, TokenRequest, VersionProbe,
    VersionSource,
};

/// Constant expression, which `expression.jinja` prints.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Expression {
    /// Literal or path.
    Plain { text: String },
    /// `Some(argument)`
    Call {
        path: &'static str,
        argument: Box<Expression>,
    },
    /// `&["a", "b"]`
    PlainSlice { items: Vec<String> },
    /// `&[ResponsePattern { .. }]`
    Slice { items: Vec<Expression> },
    /// `ResponsePattern { .. }`
    Struct {
        path: &'static str,
        fields: Vec<Member>,
    },
}

/// Field of a struct expression.
#[derive(Debug, Serialize)]
pub(super) struct Member {
    name: &'static str,
    value: Expression,
}

/// Returns the value of `runtime::Api`.
pub(super) fn api(api: &Api) -> Expression {
    structure(
        "Api",
        vec![
            ("name", text(&api.name)),
            ("title", text(&api.title)),
            ("version", version_probe(&api.version)),
            ("documents", slice(&api.documents, document)),
            ("sign_in", sign_in(&api.sign_in)),
            (
                "errors",
                structure(
                    "ErrorShapes",
                    vec![
                        ("detail", texts(&api.errors.detail)),
                        ("title", texts(&api.errors.title)),
                        ("hints", slice(&api.errors.hints, hint)),
                    ],
                ),
            ),
            (
                "toolsets",
                plain_slice(
                    in_order(api)
                        .into_iter()
                        .map(|module| format!("{module}::tools::TOOLS")),
                ),
            ),
        ],
    )
}

/// Returns the modules of the toolsets. Each module is followed by those that replace it in alternatives, so that the order of the tools does not depend on the documents of an upstream.
fn in_order(api: &Api) -> Vec<String> {
    let others = || {
        let alternatives = api.alternatives.iter();
        alternatives.flat_map(|alternative| {
            let toolsets = alternative.toolsets.iter();
            toolsets.map(|toolset| {
                let path = format!("{}::{}", alternative.module, toolset.module);
                (toolset.name.as_str(), path)
            })
        })
    };
    let mut modules = Vec::new();
    for toolset in &api.toolsets {
        modules.push(toolset.module.clone());
        let others = others().filter(|(name, _)| *name == toolset.name);
        modules.extend(others.map(|(_, path)| path));
    }
    let is_left = |name: &str| api.toolsets.iter().all(|toolset| toolset.name != name);
    let left = others().filter(|(name, _)| is_left(name));
    modules.extend(left.map(|(_, path)| path));
    modules
}

/// Returns the list of all APIs.
pub(super) fn apis(apis: &[Api]) -> Expression {
    plain_slice(apis.iter().map(|api| format!("&{}::API", api.module)))
}

fn version_probe(probe: &VersionProbe) -> Expression {
    structure(
        "VersionProbe",
        vec![
            ("path", text(&probe.path)),
            ("version", text(&probe.version)),
            ("product", text(&probe.product)),
        ],
    )
}

fn document(document: &Document) -> Expression {
    structure(
        "Document",
        vec![
            ("name", text(&document.name)),
            ("probe", option(document.probe.as_ref(), document_probe)),
            ("version", option(document.version.as_ref(), version_source)),
            (
                "alternative_to",
                option(document.instead_of.as_ref(), |it| text(it)),
            ),
            ("sign_in", option(document.sign_in.as_ref(), sign_in)),
            ("hints", slice(&document.hints, hint)),
        ],
    )
}

fn document_probe(probe: &DocumentProbe) -> Expression {
    structure(
        "DocumentProbe",
        vec![
            ("path", text(&probe.path)),
            ("has", text(&probe.has)),
            ("what", text(&probe.what)),
        ],
    )
}

fn version_source(source: &VersionSource) -> Expression {
    structure(
        "VersionSource",
        vec![
            ("path", text(&source.path)),
            ("items", text(&source.items)),
            ("name", text(&source.name)),
            ("component", text(&source.component)),
            ("version", text(&source.version)),
            ("product", text(&source.product)),
        ],
    )
}

fn sign_in(sign_in: &SignIn) -> Expression {
    match sign_in {
        SignIn::Basic { session: cookie } => structure(
            "SignIn::Basic",
            vec![("session", option(cookie.as_ref(), session))],
        ),
        SignIn::Token(request) => call("SignIn::Token", token_request(request)),
        SignIn::Key { header, scheme } => structure(
            "SignIn::Key",
            vec![("header", text(header)), ("scheme", text(scheme))],
        ),
    }
}

fn session(session: &Session) -> Expression {
    structure(
        "Session",
        vec![
            ("path", text(&session.path)),
            ("cookie", text(&session.cookie)),
            (
                "denied",
                plain_slice(session.denied.iter().map(ToString::to_string)),
            ),
        ],
    )
}

fn token_request(request: &TokenRequest) -> Expression {
    structure(
        "TokenRequest",
        vec![
            ("path", text(&request.path)),
            ("username", text(&request.username)),
            ("password", text(&request.password)),
            ("token", text(&request.token)),
            ("renew", slice(&request.renew, sign)),
        ],
    )
}

fn sign(sign: &Sign) -> Expression {
    structure(
        "ResponsePattern",
        vec![
            ("status", plain(sign.status.to_string())),
            ("contains", text(&sign.says)),
        ],
    )
}

fn hint(hint: &Hint) -> Expression {
    structure(
        "Hint",
        vec![
            ("pattern", sign(&hint.sign)),
            ("code", text(&hint.code)),
            ("hint", text(&hint.hint)),
        ],
    )
}

fn plain(text: String) -> Expression {
    Expression::Plain { text }
}

fn text(text: &str) -> Expression {
    plain(string_literal(text))
}

fn texts(all: &[String]) -> Expression {
    plain_slice(all.iter().map(|one| string_literal(one)))
}

fn plain_slice(items: impl Iterator<Item = String>) -> Expression {
    Expression::PlainSlice {
        items: items.collect(),
    }
}

fn slice<T>(all: &[T], print: fn(&T) -> Expression) -> Expression {
    if all.is_empty() {
        return plain("&[]".to_owned());
    }
    Expression::Slice {
        items: all.iter().map(print).collect(),
    }
}

fn option<T>(value: Option<&T>, print: fn(&T) -> Expression) -> Expression {
    match value {
        Some(value) => call("Some", print(value)),
        None => plain("None".to_owned()),
    }
}

fn call(path: &'static str, argument: Expression) -> Expression {
    Expression::Call {
        path,
        argument: Box::new(argument),
    }
}

fn structure(path: &'static str, fields: Vec<(&'static str, Expression)>) -> Expression {
    Expression::Struct {
        path,
        fields: fields
            .into_iter()
            .map(|(name, value)| Member { name, value })
            .collect(),
    }
}
