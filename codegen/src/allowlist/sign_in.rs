//! Sign-in methods of an API, and patterns of the responses that mean that a token is no longer valid.

use crate::catalog::{Session, Sign, SignIn, TokenRequest};
use crate::diagnostic::Diagnostic;
use crate::reader::{At, Map, Reader};
use crate::yaml::Node;

use super::apis::{path, pointer};

/// Reads `sign_in`.
pub(super) fn read(r: &mut Reader<'_>, node: &Node) -> Option<SignIn> {
    let map = r.map(node, "`sign_in`", &["token", "basic", "key"])?;
    match (map.get("token"), map.get("basic"), map.get("key")) {
        (Some(node), None, None) => token(r, node).map(SignIn::Token),
        (None, None, Some(node)) => {
            let map = r.map(node, "`key`", &["header", "scheme"])?;
            let header = r.text(&map, "header");
            let scheme = r.text_if(&map, "scheme");
            let are_fit = [
                header.as_ref().is_none_or(|it| is_header(r, it)),
                scheme.as_ref().is_none_or(|it| is_scheme(r, it)),
            ];
            let header = header?;
            are_fit.iter().all(|is| *is).then_some(SignIn::Key {
                header: header.value,
                scheme: scheme.map(|scheme| scheme.value).unwrap_or_default(),
            })
        }
        (None, Some(node), None) => {
            let map = r.map(node, "`basic`", &["session"])?;
            let session = map.get("session").map(|node| session(r, node));
            match session {
                Some(session) => Some(SignIn::Basic {
                    session: Some(session?),
                }),
                None => Some(SignIn::Basic { session: None }),
            }
        }
        _ if ["token", "basic", "key"]
            .iter()
            .any(|key| r.is_misspelled(&map, key)) =>
        {
            None
        }
        _ => {
            let what = "`sign_in`".to_owned();
            let expected = "not one of `token`, `basic` and `key` (a bearer token is `key: { header: Authorization, scheme: Bearer }`)";
            r.error(map.line, Diagnostic::WrongKind { what, expected });
            None
        }
    }
}

/// Checks that a text can be the name of a header.
fn is_header(r: &mut Reader<'_>, name: &At<String>) -> bool {
    is_token(r, name, "no name of a header")
}

/// Checks that a text can precede a key, separated by a space.
fn is_scheme(r: &mut Reader<'_>, scheme: &At<String>) -> bool {
    is_token(r, scheme, "no word that can stand before a key")
}

/// Checks that a text is a token as defined by HTTP (RFC 9110).
fn is_token(r: &mut Reader<'_>, text: &At<String>, expected: &'static str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let is = !text.value.is_empty() && text.value.chars().all(is_part);
    if !is {
        let what = format!("`{}`", text.value);
        r.error(text.line, Diagnostic::WrongKind { what, expected });
    }
    is
}

fn token(r: &mut Reader<'_>, node: &Node) -> Option<TokenRequest> {
    let map = r.map(
        node,
        "`token`",
        &["post", "username", "password", "token", "renew"],
    )?;
    let path = path(r, &map, "post");
    let username = r.text(&map, "username");
    let password = r.text(&map, "password");
    let token = pointer(r, &map, "token");
    let renew = r.items(&map, "renew");
    let renew: Vec<_> = renew
        .iter()
        .filter_map(|node| {
            let map = r.map(node, "an answer", &["status", "says"])?;
            sign(r, &map)
        })
        .collect();
    Some(TokenRequest {
        path: path?,
        username: username?.value,
        password: password?.value,
        token: token?,
        renew,
    })
}

fn session(r: &mut Reader<'_>, node: &Node) -> Option<Session> {
    let map = r.map(node, "`session`", &["get", "cookie", "denied"])?;
    let path = path(r, &map, "get");
    let cookie = r.text(&map, "cookie");
    let denied = r.items(&map, "denied");
    let denied: Vec<_> = denied
        .iter()
        .filter_map(|node| {
            let number = r.number_of(node, "denied")?;
            status(r, &number)
        })
        .collect();
    Some(Session {
        path: path?,
        cookie: cookie?.value,
        denied,
    })
}

/// Reads the pattern of a response: its status and a text that it contains.
pub(super) fn sign(r: &mut Reader<'_>, map: &Map<'_>) -> Option<Sign> {
    let number = r
        .needed(map, "status")
        .and_then(|node| r.number_of(node, "status"));
    let says = r.text_if(map, "says");
    if r.is_misspelled(map, "says") {
        return None;
    }
    Some(Sign {
        status: status(r, &number?)?,
        says: says.map(|says| says.value).unwrap_or_default(),
    })
}

fn status(r: &mut Reader<'_>, number: &At<u32>) -> Option<u16> {
    let status = u16::try_from(number.value)
        .ok()
        .filter(|status| (100..600).contains(status));
    if status.is_none() {
        let what = format!("`{}`", number.value);
        let expected = "no HTTP status, which is 100 to 599";
        r.error(number.line, Diagnostic::WrongKind { what, expected });
    }
    status
}
