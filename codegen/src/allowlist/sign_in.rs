//! Sign-in methods of an API.

use crate::catalog::{Session, SignIn, TokenRequest};
use crate::diagnostic::ReadDiagnostic;
use crate::entry::{Entry, Map};
use crate::reader::Rule;

use super::rules::{HEADER, PATH, POINTER, SCHEME};

/// Keys of the sign-in methods.
const METHODS: [&str; 3] = ["token", "basic", "key"];

impl Entry for SignIn {
    const NAME: &'static str = "`sign_in`";

    fn read(map: &mut Map<'_, '_>) -> Self {
        let count = METHODS.into_iter().filter(|&key| map.has(key)).count();
        if count != 1 {
            let problem = "`sign_in` must have exactly one of the keys `token`, `basic` and `key`; for a bearer token, write `key: { header: Authorization, scheme: Bearer }`";
            map.defer(&METHODS, ReadDiagnostic::Invalid { problem });
        }
        let token = map.optional("token").map(Self::Token);
        let basic = map.nested("basic", "`basic`", &[], |map| Self::Basic {
            session: map.optional("session"),
        });
        let rules = &[("header", HEADER), ("scheme", SCHEME)];
        let key = map.nested("key", "`key`", rules, |map| Self::Key {
            header: map.required("header"),
            scheme: map.optional("scheme").unwrap_or_default(),
        });
        let method = token.or(basic).or(key).filter(|_| count == 1);
        method.unwrap_or_else(|| {
            map.discard();
            Self::Basic { session: None }
        })
    }
}

impl Entry for TokenRequest {
    const NAME: &'static str = "`token`";

    const RULES: &'static [(&'static str, Rule)] = &[("post", PATH), ("token", POINTER)];

    fn read(map: &mut Map<'_, '_>) -> Self {
        Self {
            path: map.required("post"),
            username: map.required("username"),
            password: map.required("password"),
            token: map.required("token"),
            renew: map.list("renew"),
        }
    }
}

impl Entry for Session {
    const NAME: &'static str = "`session`";

    const RULES: &'static [(&'static str, Rule)] = &[("get", PATH)];

    fn read(map: &mut Map<'_, '_>) -> Self {
        Self {
            path: map.required("get"),
            cookie: map.required("cookie"),
            denied: map.list("denied"),
        }
    }
}
