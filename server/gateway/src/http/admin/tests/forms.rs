//! The effects of the forms and their error messages.

use super::*;
use crate::model::audit::AuditQuery;

/// Name and value of a form field.
type Field<'a> = (&'a str, &'a str);

#[tokio::test]
async fn an_account_and_a_server_from_creation_to_deletion() {
    let site = Site::new().await;
    let browser = site.browser(Role::Admin).await;
    let shown = browser.post("/accounts", &account_form()).await;
    assert_eq!(shown.status, StatusCode::SEE_OTHER, "{}", shown.html);
    let path = shown.location().split('?').next().unwrap().to_owned();
    let account = path.strip_prefix("/accounts/").unwrap();
    // The sign-in was checked, and the result is shown once.
    for text in ["A check failed", "Failing"] {
        let page = browser.get(shown.location()).await.html;
        assert!(page.contains("Production") && page.contains(text), "{page}");
    }

    let fields = [
        ("name", "Audit bot"),
        ("account", account),
        ("methods", "read"),
        ("tags", "fleet"),
        ("expiry", "exact"),
        ("expires_at", "2031-02-03T04:05:06Z"),
        ("require_api_token_auth", "1"),
        ("discover", "1"),
    ];
    let shown = browser.post("/servers", &fields).await;
    let server = site.servers().await.pop().unwrap();
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.html);
    let (_, url) = shown.html.split_once("/mcp/amt_").unwrap();
    let token = format!("amt_{}", url.split('<').next().unwrap());
    assert!(site.gateway.resolve(&token).await.is_ok());
    let made = (
        server.name.as_str(),
        server.config.methods.join(","),
        server.config.require_api_token_auth && server.config.discover,
        server.expires_at.unwrap().to_string(),
    );
    let expected = "2031-02-03T04:05:06Z".to_owned();
    assert_eq!(made, ("Audit bot", "read".to_owned(), true, expected));

    let path = format!("{path}/servers/{}", server.id);
    let changed = [("name", "Bot"), ("methods", "get"), ("expiry", "keep")];
    let shown = browser.post(&path, &changed).await;
    assert_eq!(shown.location(), "/servers?done=server-updated");
    let after = site.servers().await.pop().unwrap();
    assert_eq!(
        (
            after.name.as_str(),
            after.expires_at,
            after.config.require_api_token_auth || after.config.discover
        ),
        ("Bot", server.expires_at, false)
    );

    let shown = browser.post(&format!("{path}/rotate"), &[]).await;
    assert_eq!(shown.html.matches("id=\"url\"").count(), 1);
    assert!(site.gateway.resolve(&token).await.is_err());
    let shown = browser.post(&format!("{path}/revoke"), &[]).await;
    assert_eq!(shown.location(), "/servers?done=server-revoked");
    assert_eq!(site.servers().await.len(), 0);
    let shown = browser
        .post(&format!("/accounts/{account}/delete"), &[])
        .await;
    assert_eq!(
        (shown.location(), site.accounts().await),
        ("/?done=account-deleted", 0)
    );
}

#[tokio::test]
async fn service_errors_appear_at_their_fields_and_values_are_kept() {
    let site = Site::new().await;
    let (account, _) = site.filled().await;
    let browser = site.browser(Role::Admin).await;
    let rows: [(&str, &[Field<'_>], &[&str]); 6] = [
        (
            "/accounts",
            &[("name", ""), ("base_url", "nonsense"), ("auth", "none")],
            &[
                "id=\"name-wrong\"",
                "id=\"base_url-wrong\"",
                "value=\"nonsense\"",
            ],
        ),
        (
            "/accounts",
            &[
                ("name", "Kept"),
                ("base_url", "http://a"),
                ("auth", "password"),
            ],
            &[
                "id=\"username-wrong\"",
                "id=\"password-wrong\"",
                "value=\"Kept\"",
            ],
        ),
        (
            "/accounts",
            &[("name", "Kept"), ("base_url", "http://a"), ("auth", "keep")],
            &["id=\"auth-wrong\""],
        ),
        (
            "/servers",
            &[
                ("name", "Kept"),
                ("account", &account),
                ("methods", "write"),
                ("tools", "get_vessel"),
                ("expiry", "never"),
            ],
            &[
                "no tool matches all criteria",
                "value=\"Kept\"",
                "value=\"write\" checked",
            ],
        ),
        (
            "/servers",
            &[
                ("name", "a"),
                ("account", &account),
                ("expiry", "exact"),
                ("expires_at", "soon"),
            ],
            &["id=\"expires_at-wrong\"", "value=\"soon\""],
        ),
        (
            "/tokens",
            &[("name", "Kept"), ("role", "king"), ("expiry", "1d")],
            &[
                "id=\"role-wrong\"",
                "value=\"Kept\"",
                "value=\"1d\" checked",
            ],
        ),
    ];
    for (path, fields, expected) in rows {
        let shown = browser.post(path, fields).await;
        assert_eq!(shown.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        for text in expected {
            assert!(shown.html.contains(text), "{text} {}", shown.html);
        }
    }
}

#[tokio::test]
async fn counting_tools_creates_nothing() {
    let site = Site::new().await;
    let (account, server) = site.filled().await;
    let browser = site.browser(Role::Issuer).await;
    let edit = format!("/accounts/{account}/servers/{}", server.server.id);
    for path in ["/servers", &edit] {
        let fields = [("count", "1"), ("account", &account), ("methods", "write")];
        let shown = browser.post(path, &fields).await;
        assert!(
            shown.html.contains("<strong>12</strong> of 24 tools"),
            "{path}"
        );
    }
    let servers = site.servers().await;
    assert_eq!((servers.len(), servers[0].clone()), (1, server.server));
}

#[tokio::test]
async fn editing_an_account_keeps_omitted_secrets() {
    let site = Site::new().await;
    let (account, _) = site.filled().await;
    let browser = site.browser(Role::Admin).await;
    let path = format!("/accounts/{account}");
    let fields = [
        ("name", "New"),
        ("base_url", "http://127.0.0.1:1"),
        ("auth", "keep"),
    ];
    let rows: [(&[(&str, &str)], usize); 2] = [(&[], 1), (&[("remove_headers", "1")], 0)];
    for (more, headers) in rows {
        let shown = browser.post(&path, &[&fields, more].concat()).await;
        assert_eq!(shown.status, StatusCode::SEE_OTHER, "{}", shown.html);
        let account = site.gateway.account(&Principal::gateway(), &account).await;
        let account = account.unwrap();
        assert_eq!(
            (
                account.name.as_str(),
                account.auth.kind.as_str(),
                account.headers.len()
            ),
            ("New", "password", headers)
        );
    }
}

#[tokio::test]
async fn api_tokens_are_shown_once() {
    let site = Site::new().await;
    let browser = site.browser(Role::Admin).await;
    let fields = [("name", "Ana"), ("role", "issuer"), ("expiry", "30d")];
    let shown = browser.post("/tokens", &fields).await;
    let (_, token) = shown.html.split_once("id=\"token\">amk_").unwrap();
    let token = format!("amk_{}", token.split('<').next().unwrap());
    let who = site.gateway.authenticate(&token).await.unwrap();
    assert_eq!((who.name.as_str(), who.role), ("Ana", Role::Issuer));
    let list = browser.get("/tokens").await;
    assert!(list.html.contains(&who.id) && !list.html.contains(&token));
    let shown = browser
        .post(&format!("/tokens/{}/revoke", who.id), &[])
        .await;
    assert_eq!(shown.location(), "/tokens?done=token-revoked");
    assert!(site.gateway.authenticate(&token).await.is_err());
}

#[tokio::test]
async fn the_audit_log_is_filtered_and_exported() {
    let site = Site::new().await;
    let (account, _) = site.filled().await;
    let browser = site.browser(Role::Issuer).await;
    let rows = [
        ("", "server.create</code>", true),
        ("action=account.create", "server.create</code>", false),
        ("action=account.create", "account.create</code>", true),
        ("until=24h", "account.create</code>", false),
        ("since=24h", "account.create</code>", true),
    ];
    for (query, text, expected) in rows {
        let shown = browser.get(&format!("/audit-log?{query}")).await;
        assert_eq!(shown.html.contains(text), expected, "{query} {text}");
    }
    let path = format!("/audit-log/export?action=server.create&account={account}");
    let shown = browser.get(&path).await;
    let query = AuditQuery {
        action: Some("server.create".to_owned()),
        ..AuditQuery::default()
    };
    let page = site.gateway.audit(&Principal::gateway(), query).await;
    let lines: Vec<serde_json::Value> = shown
        .html
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let records = serde_json::to_value(page.unwrap().result).unwrap();
    assert_eq!(serde_json::Value::Array(lines), records);
    assert_eq!(shown.header("content-type"), "application/x-ndjson");
}

#[tokio::test]
async fn signing_in_leads_back_and_signing_out_ends_it() {
    let site = Site::new().await;
    let (token, _) = site.token(Role::Issuer).await;
    let form = site.get("/login?next=%2Fservers", "").await;
    assert!(form.html.contains("name=\"next\" value=\"/servers\""));
    let csrf = form.csrf();
    let fields = [
        ("csrf", csrf.as_str()),
        ("token", &token),
        ("next", "/servers"),
    ];
    let shown = site.post("/login", &form.cookie(), &fields).await;
    assert_eq!(shown.location(), "/servers");
    let browser = site.browser(Role::Issuer).await;
    let shown = browser.post("/logout", &[]).await;
    assert_eq!(shown.location(), "/login?done=signed-out");
    assert!(shown.header("set-cookie").contains("=; Path=/; Max-Age=0;"));
}

#[tokio::test]
async fn assets_are_cached_by_hash() {
    let site = Site::at("https://gateway.example/mcp").await;
    let html = site.get("/login", "").await.html;
    let names: Vec<_> = html
        .split('"')
        .filter_map(|text| text.strip_prefix("/mcp/assets/"))
        .collect();
    assert_eq!(names.len(), 4);
    for name in names {
        let shown = site.get(&format!("/assets/{name}"), "").await;
        let sent = (shown.status, shown.header("cache-control"));
        assert_eq!(
            sent,
            (StatusCode::OK, "public, max-age=31536000, immutable")
        );
    }
    let gone = site.get("/assets/admin.0000000000000000.css", "").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn credentials_of_the_machine_are_not_offered_unless_allowed() {
    let site = Site::new().await;
    let browser = site.browser(Role::Admin).await;
    let form = browser.get("/accounts/new").await.html;
    assert!(form.contains("value=\"bearer\""), "{form}");
    for method in ["bearer_file", "bearer_command"] {
        assert!(!form.contains(&format!("value=\"{method}\"")), "{form}");
    }
    let fields = [
        ("name", "Production"),
        ("base_url", "http://127.0.0.1:1"),
        ("auth", "bearer_file"),
        ("path", "/etc/hostname"),
    ];
    let shown = browser.post("/accounts", &fields).await;
    assert_eq!(shown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(shown.html.contains("--allow-local-credentials"));
}

#[tokio::test]
async fn a_check_that_fails_shows_in_the_state() {
    let site = Site::new().await;
    let (account, _) = site.filled().await;
    let browser = site.browser(Role::Admin).await;
    assert!(browser.get("/").await.html.contains("Not used yet"));
    let shown = browser
        .post(&format!("/accounts/{account}/check"), &[])
        .await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(!shown.html.contains(".. "), "{}", shown.html);
    for html in [shown.html, browser.get("/").await.html] {
        assert!(html.contains("Failing"), "{html}");
        assert!(!html.contains("Not used yet"), "{html}");
    }
}

/// Checks that a form that creates a secret works only once, because a reload of the page with the secret submits its form again.
#[tokio::test]
async fn a_form_that_creates_a_secret_works_once() {
    let site = Site::new().await;
    let (account, server) = site.filled().await;
    let browser = site.browser(Role::Admin).await;
    let old_url_works = async || site.gateway.resolve(&server.token).await.is_ok();
    let tokens = async || {
        let who = Principal::gateway();
        let page = site.gateway.api_tokens(&who, PageQuery::default()).await;
        page.unwrap().result.len()
    };
    let rotate = format!("/accounts/{account}/servers/{}/rotate", server.server.id);
    let server_form = [
        ("name", "bot"),
        ("account", account.as_str()),
        ("expiry", "never"),
    ];
    let token_form = [("name", "ci"), ("role", "caller"), ("expiry", "never")];
    let rows: [(&str, &str, &[Field<'_>]); 3] = [
        ("/servers/new", "/servers", &server_form),
        ("/tokens", "/tokens", &token_form),
        (&rotate, &rotate, &[]),
    ];
    for (page, path, fields) in rows {
        let once = browser.get(page).await.once();
        assert!(!once.is_empty(), "{page}");
        let mut form = vec![("once", once.as_str())];
        form.extend(fields);
        // A form with errors does not use up its `once` value.
        if !fields.is_empty() {
            let mut wrong = form.clone();
            wrong[1].1 = "";
            let shown = browser.post(path, &wrong).await;
            assert_eq!(shown.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
            assert_ne!(shown.once(), once, "{path}");
        }
        let shown = browser.post(path, &form).await;
        assert_eq!(shown.status, StatusCode::OK, "{path}: {}", shown.html);
        let (servers, tokens_made) = (site.servers().await, tokens().await);
        let again = browser.post(path, &form).await;
        assert_eq!(again.status, StatusCode::CONFLICT, "{path}");
        assert!(again.html.contains("already submitted"), "{}", again.html);
        assert!(!again.html.contains("amt_") && !again.html.contains("amk_"));
        assert_eq!(site.servers().await, servers, "{path}");
        assert_eq!(tokens().await, tokens_made, "{path}");
        // The same form in another session counts as another form.
        let other = site.browser(Role::Admin).await;
        let shown = other.post(path, &form).await;
        assert_eq!(shown.status, StatusCode::OK, "{path}");
    }
    assert!(!old_url_works().await);
}
