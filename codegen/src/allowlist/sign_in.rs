//! Sign-in methods of an API.

use crate::catalog::{Session, SignIn, TokenRequest};
use crate::diagnostic::ReadDiagnostic;
use crate::entry::{Entry, Map};

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
        let basic = map
            .optional("basic")
            .map(|Basic { session }| Self::Basic { session });
        let key = map
            .optional("key")
            .map(|Key { header, scheme }| Self::Key { header, scheme });
        let method = token.or(basic).or(key).filter(|_| count == 1);
        method.unwrap_or_else(|| {
            map.discard();
            Self::Basic { session: None }
        })
    }
}

struct Basic {
    session: Option<Session>,
}

impl Entry for Basic {
    const NAME: &'static str = "`basic`";

    fn read(map: &mut Map<'_, '_>) -> Self {
        Self {
            session: map.optional("session"),
        }
    }
}

struct Key {
    header: String,
    scheme: String,
}

impl Entry for Key {
    const NAME: &'static str = "`key`";

    fn read(map: &mut Map<'_, '_>) -> Self {
        let scheme = map.optional_text("scheme", SCHEME);
        Self {
            header: map.required_text("header", HEADER).value,
            scheme: scheme.map(|scheme| scheme.value).unwrap_or_default(),
        }
    }
}

impl Entry for TokenRequest {
    const NAME: &'static str = "`token`";

    fn read(map: &mut Map<'_, '_>) -> Self {
        Self {
            path: map.required_text("post", PATH).value,
            username: map.required("username"),
            password: map.required("password"),
            token: map.required_text("token", POINTER).value,
            renew: map.list("renew"),
        }
    }
}

impl Entry for Session {
    const NAME: &'static str = "`session`";

    fn read(map: &mut Map<'_, '_>) -> Self {
        Self {
            path: map.required_text("get", PATH).value,
            cookie: map.required("cookie"),
            denied: map.list("denied"),
        }
    }
}
