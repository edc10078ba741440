//! Sign-in methods of an API.

use crate::catalog::{Session, SignIn, TokenRequest};
use crate::diagnostic::ReadDiagnostic;
use crate::entry::Map;

use super::errors::pattern;
use super::rules::{HEADER, PATH, POINTER, SCHEME};

/// Keys of the sign-in methods.
const METHODS: [&str; 3] = ["token", "basic", "key"];

/// Reads `sign_in`.
pub(super) fn sign_in(map: &mut Map<'_, '_>) -> SignIn {
    let count = METHODS.into_iter().filter(|&key| map.has(key)).count();
    if count != 1 {
        let problem = "`sign_in` must have exactly one of the keys `token`, `basic` and `key`; for a bearer token, write `key: { header: Authorization, scheme: Bearer }`";
        map.defer(&METHODS, ReadDiagnostic::Invalid { problem });
    }
    let token = map.entry(
        "token",
        "`token`",
        &[("post", PATH), ("token", POINTER)],
        token,
    );
    let basic = map.entry("basic", "`basic`", &[], |map| SignIn::Basic {
        session: map.entry("session", "`session`", &[("get", PATH)], session),
    });
    let key = map.entry(
        "key",
        "`key`",
        &[("header", HEADER), ("scheme", SCHEME)],
        key,
    );
    let method = token.or(basic).or(key).filter(|_| count == 1);
    method.unwrap_or_else(|| {
        map.discard();
        SignIn::Basic { session: None }
    })
}

fn token(map: &mut Map<'_, '_>) -> SignIn {
    SignIn::Token(TokenRequest {
        path: map.required("post"),
        username: map.required("username"),
        password: map.required("password"),
        token: map.required("token"),
        renew: map.entries("renew", "a response pattern", &[], pattern),
    })
}

fn session(map: &mut Map<'_, '_>) -> Session {
    Session {
        path: map.required("get"),
        cookie: map.required("cookie"),
        denied: map.list("denied"),
    }
}

fn key(map: &mut Map<'_, '_>) -> SignIn {
    SignIn::Key {
        header: map.required("header"),
        scheme: map.optional("scheme").unwrap_or_default(),
    }
}
