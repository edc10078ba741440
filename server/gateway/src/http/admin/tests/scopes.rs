//! Presets, declarations and bounds on the pages.

use super::*;
use crate::store::declarations::DeclarationKey;

#[tokio::test]
async fn presets_and_declarations_are_shown() {
    let site = Site::new().await;
    let (account, server) = site.filled().await;
    let browser = site.browser(Role::Admin).await;
    let fields = [
        ("name", "bot"),
        ("account", &account),
        ("preset", "fleet"),
        ("exclude_tools", "delete_vessel, create_vessel"),
        ("expiry", "never"),
    ];
    let shown = browser.post("/servers", &fields).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.html);
    let servers = site.servers().await;
    let made = servers.iter().find(|it| it.name == "bot").unwrap();
    let config =
        serde_json::json!({"preset": "fleet", "exclude_tools": ["delete_vessel", "create_vessel"]});
    assert_eq!(made.config, serde_json::from_value(config).unwrap());

    let edit = format!("/accounts/{account}/servers/{}", server.server.id);
    for (is_declared, id) in [(false, None), (true, Some(server.server.id.as_str()))] {
        let key = DeclarationKey {
            account: "a",
            server: "b",
        };
        site.gateway.applied(&key, &[0; 32], id).await.unwrap();
        let badge = "The configuration file of the gateway declares this server";
        for path in ["/servers", &edit] {
            let page = browser.get(path).await.html;
            assert_eq!(page.contains(badge), is_declared, "{path}");
        }
    }
}

#[tokio::test]
async fn an_issuer_with_bounds_is_created_and_revoked_with_its_servers() {
    let site = Site::new().await;
    let (account, _) = site.filled().await;
    let browser = site.browser(Role::Admin).await;
    let fields = [
        ("name", "Ana"),
        ("role", "issuer"),
        ("expiry", "30d"),
        ("bounds_accounts", account.as_str()),
        ("bounds_preset", "read"),
        ("bounds_days", "7"),
    ];
    let shown = browser.post("/tokens", &fields).await;
    let (_, token) = shown.html.split_once("id=\"token\">").unwrap();
    let token = token.split('<').next().unwrap();
    let issuer = site.gateway.authenticate(token).await.unwrap();
    let bounds =
        serde_json::json!({"accounts": [account], "config": {"preset": "read"}, "max_days": 7});
    assert_eq!(issuer.bounds, Some(serde_json::from_value(bounds).unwrap()));
    let input = serde_json::json!({"name": "x"});
    let input = serde_json::from_value(input).unwrap();
    let new = site.gateway.create_server(&issuer, &account, input).await;
    let new = new.unwrap();
    let revoke = format!("/tokens/{}/revoke", issuer.id);
    browser.post(&revoke, &[("servers", "1")]).await;
    assert!(site.gateway.authenticate(token).await.is_err());
    assert!(site.gateway.resolve(&new.token).await.is_err());
}
