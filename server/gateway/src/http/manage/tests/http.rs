//! Requests to the routes, on a gateway with its own store. Every response is compared with the OpenAPI document.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::http::manage::{document, router};
use crate::model::{ApiTokenInput, Principal, Role};
use crate::schema;
use crate::service::gateway::Gateway;
use crate::store::StoreUrl;
use crate::tests::sample::options;

const PLANTED: [&str; 4] = [
    "planted-password",
    "planted-token",
    "planted-header",
    "planted-other",
];

/// The management API of a new gateway, with an API token of each role.
struct Api {
    router: Router,
    admin: String,
    issuer: String,
    caller: String,
    folder: std::path::PathBuf,
}

struct TestResponse {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl TestResponse {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    fn errors(&self) -> Vec<String> {
        let json = self.json();
        let errors = json["error"]["problems"].as_array().unwrap().iter();
        errors
            .map(|it| {
                format!(
                    "{}: {}",
                    it["field"].as_str().unwrap(),
                    it["problem"].as_str().unwrap()
                )
            })
            .collect()
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Api {
    async fn start(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("gateway-manage-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let store = StoreUrl::Sqlite(folder.join("gateway.db"));
        let (gateway, admin) = Gateway::open(options(store)).await.unwrap();
        let token = async |role| {
            let input = ApiTokenInput {
                name: format!("{role:?}"),
                role,
                expires_at: None,
                bounds: None,
            };
            let who = Principal::gateway();
            let made = gateway.create_api_token(&who, input).await;
            made.unwrap().token
        };
        Self {
            admin: admin.unwrap(),
            issuer: token(Role::Issuer).await,
            caller: token(Role::Caller).await,
            router: router(gateway),
            folder,
        }
    }

    async fn send(&self, request: Request<Body>) -> TestResponse {
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let answer = TestResponse {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        };
        let told = format!("{method} {path} {} {}", answer.status, answer.text);
        for secret in PLANTED {
            assert!(!answer.text.contains(secret), "{told}");
        }
        if answer.status.is_success() {
            check_answer(&path, method.as_str(), &answer, &told);
        } else {
            let error = &document::document()["components"]["schemas"]["Error"];
            let errors = schema::check(document::document(), error, &answer.json(), "");
            assert!(errors.is_empty(), "{errors:?}: {told}");
            assert_eq!(answer.header("content-type"), "application/json", "{told}");
        }
        answer
    }

    async fn call(
        &self,
        token: &str,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> TestResponse {
        let request = Request::builder().method(method).uri(path);
        let request = match token {
            "" => request,
            token => request.header("authorization", format!("Bearer {token}")),
        };
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(request.body(body).unwrap()).await
    }

    async fn admin(&self, method: &str, path: &str, body: Value) -> TestResponse {
        let body = (!body.is_null()).then_some(body);
        self.call(&self.admin, method, path, body).await
    }

    async fn account(&self, name: &str) -> String {
        let answer = self
            .admin("POST", "/integrated-account", account(name))
            .await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.header("location").to_owned()
    }
}

fn account(name: &str) -> Value {
    json!({
        "name": name,
        "base_url": "http://127.0.0.1:9",
        "auth": {"type": "password", "username": "mcp", "password": "planted-password"},
        "headers": {"X-Proxy-Key": "planted-header"},
    })
}

/// Checks that a response is as the OpenAPI document describes it.
fn check_answer(path: &str, method: &str, answer: &TestResponse, told: &str) {
    let fits = |route: &str| {
        let (route, path): (Vec<_>, Vec<_>) =
            (route.split('/').collect(), path.split('/').collect());
        route.len() == path.len()
            && route
                .iter()
                .zip(&path)
                .all(|(a, b)| a == b || a.starts_with('{'))
    };
    let paths = document::document()["paths"].as_object().unwrap();
    let route = paths.keys().find(|it| fits(it)).unwrap();
    let operation = &paths[route][method.to_lowercase()];
    let documented = &operation["responses"][answer.status.as_str()];
    assert!(documented.is_object(), "not documented: {told}");
    let Some(content) = documented["content"].as_object() else {
        assert!(answer.text.is_empty(), "{told}");
        return;
    };
    let (media, content) = content.iter().next().unwrap();
    assert_eq!(answer.header("content-type"), media, "{told}");
    for line in answer.text.lines() {
        let value = serde_json::from_str(line).unwrap();
        let errors = schema::check(document::document(), &content["schema"], &value, "");
        assert!(errors.is_empty(), "{errors:?}: {told}");
    }
}

#[tokio::test]
async fn an_account_from_beginning_to_end() {
    let api = Api::start("account").await;
    let made = api
        .admin("POST", "/integrated-account", account("production"))
        .await;
    assert_eq!(made.status, 201);
    let path = made.header("location").to_owned();
    assert_eq!(
        path,
        format!(
            "/integrated-account/{}",
            made.json()["id"].as_str().unwrap()
        )
    );
    assert_eq!(
        api.admin("GET", &path, Value::Null).await.json(),
        made.json()
    );

    let again = api
        .admin("POST", "/integrated-account", account("production"))
        .await;
    assert_eq!(
        (again.status.as_u16(), &again.json()["error"]["code"]),
        (409, &json!("conflict"))
    );

    let rows = [
        (json!({"name": "test"}), "name", json!("test")),
        (json!({"api": "tidewater"}), "api", json!("tidewater")),
        (json!({"api": null}), "api", json!(null)),
        (json!({"headers": {}}), "headers", json!([])),
        (
            json!({"auth": {"type": "bearer", "token": "planted-token"}}),
            "auth",
            json!({"type": "bearer"}),
        ),
        (json!({}), "name", json!("test")),
    ];
    for (patch, field, expected) in rows {
        let changed = api.admin("PATCH", &path, patch.clone()).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
        assert_eq!(changed.json()[field], expected, "{patch}");
    }
    let check = api
        .admin("POST", &format!("{path}/check"), Value::Null)
        .await;
    assert_eq!(
        (check.status.as_u16(), &check.json()["ok"]),
        (200, &json!(false))
    );

    assert_eq!(api.admin("DELETE", &path, Value::Null).await.status, 204);
    for (method, body) in [
        ("GET", Value::Null),
        ("DELETE", Value::Null),
        ("PATCH", json!({})),
    ] {
        let gone = api.admin(method, &path, body).await;
        assert_eq!(
            (gone.status.as_u16(), &gone.json()["error"]["code"]),
            (404, &json!("not_found"))
        );
    }
}

#[tokio::test]
async fn a_server_from_beginning_to_end() {
    let api = Api::start("server").await;
    let servers = format!("{}/mcp", api.account("production").await);
    let input = json!({
        "name": "agent",
        "config": {"methods": ["read"], "tags": ["fleet"]},
        "expires_at": "2999-01-01T00:00:00Z",
    });
    let made = api.call(&api.issuer, "POST", &servers, Some(input)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let path = made.header("location").to_owned();
    let new = made.json();
    assert_eq!(
        new["url"],
        format!("http://gateway.test/mcp/{}", new["token"].as_str().unwrap())
    );
    let got = api.admin("GET", &path, Value::Null).await.json();
    assert_eq!(
        (got["token"].clone(), got["url"].clone()),
        (Value::Null, Value::Null)
    );

    // Keys that are omitted keep their values, so that omitting a key never widens a selection.
    let config = |methods: &[&str], tags: &[&str], require: bool| json!({"methods": methods, "tags": tags, "require_api_token_auth": require});
    let rows = [
        (
            json!({"config": {"require_api_token_auth": true}}),
            config(&["read"], &["fleet"], true),
        ),
        (
            json!({"config": {"methods": ["list"]}}),
            config(&["list"], &["fleet"], true),
        ),
        (
            json!({"config": {"tags": []}}),
            config(&["list"], &[], true),
        ),
        (json!({"name": "other"}), config(&["list"], &[], true)),
        (
            json!({"config": {"discover": true}}),
            json!({"methods": ["list"], "tags": [], "require_api_token_auth": true, "discover": true}),
        ),
        (
            json!({"config": {"discover": false}}),
            config(&["list"], &[], true),
        ),
        (
            json!({"config": {"preset": "read", "methods": [], "exclude_tags": ["fleet"]}}),
            json!({"preset": "read", "require_api_token_auth": true, "exclude_tags": ["fleet"]}),
        ),
    ];
    for (patch, expected) in rows {
        let changed = api.admin("PATCH", &path, patch.clone()).await;
        let mut whole = json!({"preset": null, "methods": [], "tags": [], "tools": [], "exclude_tags": [], "exclude_tools": [], "include_secrets": false, "require_api_token_auth": false, "callers": [], "discover": false, "redact": false});
        for (key, value) in expected.as_object().unwrap() {
            whole[key] = value.clone();
        }
        assert_eq!(changed.json()["config"], whole, "{patch}");
        assert_eq!(
            changed.json()["expires_at"],
            "2999-01-01T00:00:00Z",
            "{patch}"
        );
    }
    let changed = api.admin("PATCH", &path, json!({"expires_at": null})).await;
    assert_eq!(changed.json()["expires_at"], Value::Null);

    let rotated = api
        .admin("POST", &format!("{path}/rotate"), Value::Null)
        .await;
    assert_eq!(rotated.status, 200);
    assert_ne!(rotated.json()["token"], new["token"]);
    assert_eq!(api.admin("DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(api.admin("GET", &path, Value::Null).await.status, 404);
}

/// Checks two requests that narrow the same MCP server at the same time.
#[tokio::test]
async fn concurrent_changes_are_not_lost() {
    let api = Api::start("at-once").await;
    let servers = format!("{}/mcp", api.account("a").await);
    let input = json!({"name": "agent"});
    let new = api.admin("POST", &servers, input).await;
    let path = new.header("location").to_owned();
    for _ in 0..20 {
        let wide = json!({"config": {"methods": [], "tags": []}});
        api.admin("PATCH", &path, wide).await;
        let (one, two) = tokio::join!(
            api.admin("PATCH", &path, json!({"config": {"methods": ["read"]}})),
            api.admin("PATCH", &path, json!({"config": {"tags": ["fleet"]}})),
        );
        assert_eq!((one.status.as_u16(), two.status.as_u16()), (200, 200));
        let config = &api.admin("GET", &path, Value::Null).await.json()["config"];
        let narrowed = (config["methods"].clone(), config["tags"].clone());
        assert_eq!(narrowed, (json!(["read"]), json!(["fleet"])));
    }
}

#[tokio::test]
async fn lists_have_pages() {
    let api = Api::start("lists").await;
    for name in ["a", "b", "c"] {
        api.account(name).await;
    }
    let mut names = Vec::new();
    let mut path = "/integrated-account?limit=2".to_owned();
    loop {
        let page = api.admin("GET", &path, Value::Null).await.json();
        let found = page["result"].as_array().unwrap();
        names.push(
            found
                .iter()
                .map(|it| it["name"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>(),
        );
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/integrated-account?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(names, [vec!["c", "b"], vec!["a"]]);
}

#[tokio::test]
async fn the_audit_log_is_read_and_exported() {
    let api = Api::start("audit").await;
    let path = api.account("production").await;
    let id = path.rsplit('/').next().unwrap();
    api.admin("DELETE", &path, Value::Null).await;
    let rows = [
        ("action=account.create".to_owned(), 1),
        (format!("account_id={id}"), 2),
        (format!("account_id={id}&limit=1"), 1),
        ("tool=none".to_owned(), 0),
        ("since=2999-01-01T00:00:00Z".to_owned(), 0),
        (
            format!("account_id={id}&until=2999-01-01T00:00:00Z&outcome=ok"),
            2,
        ),
    ];
    for (query, expected) in rows {
        let page = api
            .call(&api.issuer, "GET", &format!("/audit?{query}"), None)
            .await;
        assert_eq!(
            page.json()["result"].as_array().unwrap().len(),
            expected,
            "{query}"
        );
        let export = api
            .call(&api.issuer, "GET", &format!("/audit/export?{query}"), None)
            .await;
        assert_eq!(export.text.lines().count(), expected, "{query}");
    }
}

#[tokio::test]
async fn each_operation_requires_its_role() {
    let api = Api::start("roles").await;
    let paths = document::document()["paths"].as_object().unwrap();
    for (path, operations) in paths {
        for (method, operation) in operations.as_object().unwrap() {
            let needs = operation["x-required-role"].as_str();
            let uri = path.replace("{id}", "none").replace("{mcp_id}", "none");
            let rows = [
                ("", 0, "Bearer realm=\"tidewater-mcp\""),
                (
                    "amk_unknown",
                    0,
                    "Bearer realm=\"tidewater-mcp\", error=\"invalid_token\"",
                ),
                (&api.caller, 1, ""),
                (&api.issuer, 2, ""),
                (&api.admin, 3, ""),
            ];
            for (token, rank, challenge) in rows {
                let answer = api.call(token, &method.to_uppercase(), &uri, None).await;
                let told = format!(
                    "{method} {path} as {rank}: {} {}",
                    answer.status, answer.text
                );
                match (needs, rank) {
                    (None, _) => assert_eq!(answer.status, 200, "{told}"),
                    (Some(_), 0) => {
                        assert_eq!(answer.status, 401, "{told}");
                        assert_eq!(answer.header("www-authenticate"), challenge, "{told}");
                    }
                    (Some("admin"), 1..=2) | (Some("issuer"), 1) => {
                        assert_eq!(answer.status, 403, "{told}");
                        let needs = needs.unwrap();
                        assert!(
                            answer.text.contains(&format!("requires the role {needs}")),
                            "{told}"
                        );
                        assert!(
                            answer
                                .header("www-authenticate")
                                .contains(&format!("scope=\"{needs}\""))
                        );
                    }
                    _ => assert!(
                        ![401, 403, 404, 405, 500].contains(&answer.status.as_u16())
                            || (answer.status == 404 && uri.contains("none")),
                        "{told}"
                    ),
                }
            }
        }
    }
}

/// Checks that the document has exactly the methods of the routes.
#[tokio::test]
async fn other_methods_are_refused() {
    let api = Api::start("methods").await;
    for (path, operations) in document::document()["paths"].as_object().unwrap() {
        let answer = api.call(&api.admin, "PUT", path, None).await;
        assert_eq!(answer.status, 405, "{path}");
        assert_eq!(answer.json()["error"]["code"], "method_not_allowed");
        let mut allowed: Vec<_> = answer
            .header("allow")
            .split(',')
            .map(str::to_lowercase)
            .collect();
        allowed.retain(|method| method != "head");
        allowed.sort();
        let mut documented: Vec<_> = operations.as_object().unwrap().keys().cloned().collect();
        documented.sort();
        assert_eq!(allowed, documented, "{path}");
    }
}

#[tokio::test]
async fn invalid_requests_are_explained() {
    let api = Api::start("senseless").await;
    let account = api.account("production").await;
    let servers = format!("{account}/mcp");
    let rows = [
        (
            "GET",
            "/integrated-account?limit=0".to_owned(),
            Value::Null,
            vec!["limit: expected 1 to 1000, got 0"],
        ),
        (
            "GET",
            "/audit?limt=1&since=today&tool=a&tool=b".to_owned(),
            Value::Null,
            vec![
                "limt: unknown parameter; did you mean `limit`?",
                "since: expected a time with its offset like 2026-12-31T23:59:59Z, got `today`",
                "tool: given more than once",
            ],
        ),
        (
            "GET",
            "/integrated-account?limit=many".to_owned(),
            Value::Null,
            vec!["limit: expected an integer, got a string"],
        ),
        (
            "POST",
            servers.clone(),
            json!({"name": "a", "config": {"methods": "read"}, "expires": 1}),
            vec![
                "config.methods: expected an array, got a string",
                "expires: unknown field; did you mean `expires_at`?",
            ],
        ),
        (
            "POST",
            "/api-token".to_owned(),
            json!({"name": "a", "role": "root"}),
            vec!["role: expected one of caller, issuer, admin, got `root`"],
        ),
        (
            "POST",
            "/integrated-account".to_owned(),
            json!({"name": "b", "base_url": "http://a", "auth": {"type": "password", "username": "a", "pasword": "planted-other"}}),
            vec![
                "auth.password: expected a string, got nothing",
                "auth.pasword: unknown field; did you mean `password`?",
            ],
        ),
    ];
    for (method, path, body, expected) in rows {
        let answer = api.admin(method, &path, body).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        assert_eq!(answer.errors(), expected, "{path}");
    }
    // Errors that the gateway itself finds have the same form.
    let fields = [
        (
            json!({"name": "a", "config": {"methods": ["raed"]}}),
            "config.methods",
        ),
        (
            json!({"name": "a", "config": {"methods": ["delete"], "tools": ["list_vessels"]}}),
            "config",
        ),
        (
            json!({"name": "a", "expires_at": "2020-01-01T00:00:00Z"}),
            "expires_at",
        ),
    ];
    for (body, field) in fields {
        let answer = api.admin("POST", &servers, body).await;
        assert_eq!(
            answer.json()["error"]["problems"][0]["field"],
            field,
            "{}",
            answer.text
        );
    }
    let bodies = [
        ("{", 400, "bad_request"),
        ("", 400, "bad_request"),
        ("name=a", 400, "bad_request"),
        ("[]", 422, "invalid"),
    ];
    for (body, status, code) in bodies {
        let request = Request::post("/integrated-account")
            .header("authorization", format!("bearer {}", api.admin))
            .body(Body::from(body));
        let answer = api.send(request.unwrap()).await;
        assert_eq!(
            (
                answer.status.as_u16(),
                answer.json()["error"]["code"].as_str().unwrap()
            ),
            (status, code)
        );
    }
    let large = json!({"name": "a".repeat(300_000)});
    assert_eq!(api.admin("POST", "/api-token", large).await.status, 413);
    let wrong = Request::get("/audit")
        .header("authorization", "Basic abc")
        .body(Body::empty());
    assert_eq!(api.send(wrong.unwrap()).await.status, 401);
}

#[tokio::test]
async fn tokens_are_shown_once() {
    let api = Api::start("tokens").await;
    let made = api
        .admin(
            "POST",
            "/api-token",
            json!({"name": "pipeline", "role": "issuer"}),
        )
        .await;
    assert_eq!(made.status, 201);
    let token = made.json()["token"].as_str().unwrap().to_owned();
    let list = api.admin("GET", "/api-token", Value::Null).await;
    assert!(!list.text.contains(&token));
    assert_eq!(api.call(&token, "GET", "/audit", None).await.status, 200);
    assert_eq!(
        api.admin("DELETE", made.header("location"), Value::Null)
            .await
            .status,
        204
    );
    assert_eq!(api.call(&token, "GET", "/audit", None).await.status, 401);
}
