//! Who can sign in, what a form of another site can do, and what a page never contains.

use super::*;

#[tokio::test]
async fn the_cookie_is_hidden_from_scripts_and_other_sites() {
    let rows = [
        ("http://127.0.0.1:8787", "tidewater-mcp=", false),
        ("https://gateway.example", "__Host-tidewater-mcp=", true),
        ("https://gateway.example/mcp", "tidewater-mcp=", true),
    ];
    for (url, name, secure) in rows {
        let site = Site::at(url).await;
        let (token, _) = site.token(Role::Admin).await;
        let shown = site.sign_in(&token).await;
        let set = shown.header("set-cookie");
        assert_eq!(shown.status, StatusCode::SEE_OTHER, "{url}");
        let attributes = (
            set.starts_with(name),
            set.contains("; HttpOnly; SameSite=Strict"),
            set.contains("; Max-Age=28800;"),
            set.contains("; Secure"),
            set.contains(&token),
        );
        assert_eq!(attributes, (true, true, true, secure, false), "{set}");
    }
}

#[tokio::test]
async fn only_issuers_and_admins_get_in() {
    let site = Site::new().await;
    let (caller, _) = site.token(Role::Caller).await;
    let (issuer, _) = site.token(Role::Issuer).await;
    let rows = [
        (issuer.as_str(), StatusCode::SEE_OTHER, ""),
        (&caller, StatusCode::UNPROCESSABLE_ENTITY, "role caller"),
        ("amk_guess", StatusCode::UNPROCESSABLE_ENTITY, "is unknown"),
        ("", StatusCode::UNPROCESSABLE_ENTITY, "is unknown"),
    ];
    for (token, status, text) in rows {
        let shown = site.sign_in(token).await;
        let is_hidden = token.is_empty() || !shown.html.contains(token);
        assert_eq!((shown.status, is_hidden), (status, true), "{token}");
        assert!(shown.html.contains(text), "{}", shown.html);
    }
}

#[tokio::test]
async fn without_a_session_every_page_leads_to_the_sign_in() {
    let site = Site::new().await;
    let (account, server) = site.filled().await;
    let own = site.get("/login", "").await.cookie();
    for cookie in ["", "tidewater-mcp=forged", own.as_str()] {
        for path in pages(&account, &server.server.id, "tok_x") {
            let shown = site.get(&path, cookie).await;
            assert_eq!(shown.status, StatusCode::SEE_OTHER, "{path}");
            assert!(shown.location().starts_with("/login"), "{path}");
        }
    }
    let shown = site.get("/servers?account=a%26b", "").await;
    assert_eq!(
        shown.location(),
        "/login?next=%2Fservers%3Faccount%3Da%2526b"
    );
}

#[tokio::test]
async fn a_revoked_token_ends_its_sessions_at_once() {
    let site = Site::new().await;
    let (token, id) = site.token(Role::Admin).await;
    let cookie = site.sign_in(&token).await.cookie();
    assert_eq!(site.get("/", &cookie).await.status, StatusCode::OK);
    let who = Principal::gateway();
    let revoked = site.gateway.revoke_api_token(&who, &id);
    revoked.await.unwrap();
    assert_eq!(site.get("/", &cookie).await.location(), "/login");
}

#[tokio::test]
async fn signing_out_ends_the_session_on_every_gateway() {
    let site = Site::new().await;
    let browser = site.browser(Role::Admin).await;
    let other = site.browser(Role::Admin).await;
    assert_eq!(browser.get("/accounts").await.status, StatusCode::OK);
    let shown = browser.post("/logout", &[]).await;
    assert_eq!(shown.location(), "/login?done=signed-out");
    // Somebody has kept the cookie. A gateway that starts now knows the session only from the store and the cookie.
    let stolen = browser.cookie.clone();
    let other_cookie = other.cookie.clone();
    site.gateway.close().await;
    let store = StoreUrl::Sqlite(site.folder.join("gateway.db"));
    let (gateway, _) = Gateway::open(options(store)).await.unwrap();
    let again = super::super::router(gateway);
    for (cookie, expected) in [
        (stolen, StatusCode::SEE_OTHER),
        (other_cookie, StatusCode::OK),
    ] {
        let request = Request::get("/accounts").header(COOKIE, &cookie);
        let request = request.body(Body::empty()).unwrap();
        let response = again.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), expected);
    }
}

#[tokio::test]
async fn a_cookie_is_valid_for_one_gateway() {
    let site = Site::new().await;
    let other = Site::new().await;
    let cookie = site.browser(Role::Admin).await.cookie;
    assert_eq!(other.get("/", &cookie).await.location(), "/login");
    let (last, rest) = (cookie.chars().last().unwrap(), &cookie[..cookie.len() - 1]);
    let changed = format!("{rest}{}", if last == 'A' { 'B' } else { 'A' });
    assert_eq!(site.get("/", &changed).await.location(), "/login");
}

#[tokio::test]
async fn only_forms_of_the_session_are_accepted() {
    let site = Site::new().await;
    let (account, server) = site.filled().await;
    let (_, token) = site.token(Role::Issuer).await;
    let browser = site.browser(Role::Admin).await;
    let other = site.browser(Role::Admin).await;
    let good = browser.csrf.as_str();
    let rows: [(&str, &[(&str, &str)]); 5] = [
        ("", &[]),
        ("wrong", &[]),
        (&other.csrf, &[]),
        (good, &[("origin", "https://evil.example")]),
        (
            good,
            &[("origin", "null"), ("sec-fetch-site", "cross-site")],
        ),
    ];
    for (csrf, headers) in rows {
        for path in forms(&account, &server.server.id, &token) {
            let mut fields = account_form();
            fields.extend([("csrf", csrf), ("account", &account), ("expiry", "1h")]);
            let shown = site.post_from(&path, &browser.cookie, &fields, headers);
            let shown = shown.await;
            assert_eq!(
                shown.status,
                StatusCode::FORBIDDEN,
                "{path} {csrf} {headers:?}"
            );
        }
    }
    let mut sign_in = vec![("csrf", ""), ("token", "amk_x")];
    for csrf in ["", "wrong"] {
        sign_in[0].1 = csrf;
        let shown = site.post("/login", "", &sign_in).await;
        assert_eq!(shown.status, StatusCode::FORBIDDEN);
    }
    assert_eq!((site.accounts().await, site.servers().await.len()), (1, 1));
}

#[tokio::test]
async fn issuers_have_only_their_permissions() {
    let site = Site::new().await;
    let (account, server) = site.filled().await;
    let (_, token) = site.token(Role::Caller).await;
    let issuer = site.browser(Role::Issuer).await;
    for path in pages(&account, &server.server.id, &token) {
        let refused = path.starts_with("/tokens")
            || ["/new", "/edit", "/delete"]
                .iter()
                .any(|end| path.starts_with("/accounts") && path.ends_with(end));
        let expected = if refused {
            StatusCode::FORBIDDEN
        } else {
            StatusCode::OK
        };
        let shown = issuer.get(&path).await;
        assert_eq!(shown.status, expected, "{path}");
        let offered = ["/tokens\"", "/accounts/new\"", "/delete\"", "/edit\""]
            .iter()
            .find(|link| shown.html.contains(*link));
        assert_eq!(offered, None, "{path}");
    }
    for path in forms(&account, &server.server.id, &token) {
        let refused = path.starts_with("/tokens")
            || (path.starts_with("/accounts") && !path.contains("/servers/"));
        let mut fields = account_form();
        fields.extend([("role", "admin"), ("expiry", "1h")]);
        if refused {
            let shown = issuer.post(&path, &fields).await;
            assert_eq!(shown.status, StatusCode::FORBIDDEN, "{path}");
        }
    }
    assert_eq!((site.accounts().await, site.servers().await.len()), (1, 1));
}

#[tokio::test]
async fn every_response_has_security_headers_and_no_inline_code() {
    let site = Site::new().await;
    let (account, server) = site.filled().await;
    let (_, token) = site.token(Role::Caller).await;
    let browser = site.browser(Role::Admin).await;
    let mut paths = pages(&account, &server.server.id, &token);
    paths.extend(["/login", "/accounts/acc_none", "/audit-log?since=soon"].map(str::to_owned));
    for path in paths {
        for shown in [browser.get(&path).await, site.get(&path, "").await] {
            let policy = shown.header("content-security-policy");
            let sent = (
                policy.contains("default-src 'none'") && !policy.contains("unsafe"),
                shown.header("x-content-type-options"),
                shown.header("referrer-policy"),
                shown.header("cache-control"),
            );
            assert_eq!(sent, (true, "nosniff", "no-referrer", "no-store"), "{path}");
            for inline in [
                "<style",
                " style=",
                " onclick=",
                "javascript:",
                "http-equiv",
            ] {
                assert!(!shown.html.contains(inline), "{path}: {inline}");
            }
            if !shown.header("content-type").starts_with("text/html") {
                continue;
            }
            let scripts = shown.html.matches("<script").count();
            let own = shown.html.matches("<script src=\"/assets/admin.").count();
            assert_eq!(scripts, own, "{path}");
        }
    }
}

#[tokio::test]
async fn names_that_are_markup_stay_text() {
    let site = Site::new().await;
    let (account, server) = site.filled().await;
    let (_, token) = site.token(Role::Caller).await;
    let browser = site.browser(Role::Admin).await;
    // This form puts the name of the session's API token into the audit log.
    let fields = [("name", MARKUP), ("role", "caller"), ("expiry", "1d")];
    browser.post("/tokens", &fields).await;
    let mut shown = Vec::new();
    for path in pages(&account, &server.server.id, &token) {
        shown.push(browser.get(&path).await);
    }
    let markup = [("name", MARKUP), ("base_url", MARKUP), ("auth", MARKUP)];
    shown.push(browser.post("/accounts", &markup).await);
    shown.push(browser.post("/servers", &markup).await);
    shown.push(browser.post("/tokens", &markup).await);
    let query = super::super::page::encode(MARKUP);
    for path in [
        "/audit-log?tool=",
        "/login?next=",
        "/servers?account=",
        "/?done=",
    ] {
        shown.push(browser.get(&format!("{path}{query}")).await);
    }
    for shown in &shown {
        let type_ = shown.header("content-type");
        let html = type_.starts_with("text/html");
        assert!(!html || !shown.html.contains("<script>"), "{}", shown.html);
    }
    let escaped = shown
        .iter()
        .filter(|it| it.html.contains("&#60;script&#62;alert"));
    assert!(escaped.count() > 10);
}

#[tokio::test]
async fn pages_contain_no_secrets() {
    let site = Site::new().await;
    let (account, server) = site.filled().await;
    let (secret, token) = site.token(Role::Caller).await;
    let browser = site.browser(Role::Admin).await;
    let mut shown = Vec::new();
    for path in pages(&account, &server.server.id, &token) {
        shown.push(browser.get(&path).await);
    }
    let mut fields = account_form();
    fields[0].1 = "";
    fields.extend([("token", PASSWORD), ("command", PASSWORD)]);
    shown.push(browser.post("/accounts", &fields).await);
    let path = format!("/accounts/{account}");
    shown.push(browser.post(&path, &fields).await);
    shown.push(browser.post(&format!("{path}/check"), &[]).await);
    for shown in shown {
        for planted in [PASSWORD, HEADER, &secret, &server.token] {
            assert!(!shown.html.contains(planted), "{planted}: {}", shown.html);
        }
    }
}
