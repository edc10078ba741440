//! Pagination, and the audit log.

use std::collections::BTreeSet;

use futures_util::TryStreamExt;

use super::*;

fn page(limit: u32, cursor: Option<String>) -> PageQuery {
    PageQuery {
        limit: Some(limit),
        cursor,
        created_by: None,
    }
}

#[test]
fn pages_are_stable_while_items_are_added_and_removed() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        let mut ids = Vec::new();
        for number in 0..7 {
            let name = format!("account {number}");
            let account = gateway.create_account(&admin, account_input(&name)).await;
            ids.push(account.unwrap().id);
        }
        ids.reverse();
        let first = gateway.accounts(&admin, page(3, None)).await.unwrap();
        // Deletes one account that was listed and one that was not listed yet, and creates a new one.
        gateway.delete_account(&admin, &ids[1]).await.unwrap();
        gateway.delete_account(&admin, &ids[4]).await.unwrap();
        let new = gateway.create_account(&admin, account_input("new")).await;
        let second = gateway
            .accounts(&admin, page(3, first.next_cursor.clone()))
            .await
            .unwrap();
        let shown: Vec<_> = first.result.iter().chain(&second.result).collect();
        let shown: Vec<_> = shown.iter().map(|account| account.id.as_str()).collect();
        assert_eq!(
            shown,
            [&ids[0], &ids[1], &ids[2], &ids[3], &ids[5], &ids[6]]
        );
        assert_eq!(second.next_cursor, None);
        let newest = gateway.accounts(&admin, page(1, None)).await.unwrap();
        assert_eq!(newest.result[0].id, new.unwrap().id);

        let cursor = first.next_cursor.unwrap();
        let tokens = gateway.api_tokens(&admin, page(3, Some(cursor.clone())));
        assert!(matches!(tokens.await, Err(ServiceError::Invalid(_))));
        for wrong in ["x", "!", &cursor[1..]] {
            let found = gateway.accounts(&admin, page(3, Some(wrong.to_owned())));
            assert!(
                matches!(found.await, Err(ServiceError::Invalid(_))),
                "{wrong}"
            );
        }
        for (limit, good) in [(0, false), (1, true), (1000, true), (1001, false)] {
            let found = gateway.accounts(&admin, page(limit, None)).await;
            assert_eq!(found.is_ok(), good, "{limit}");
        }
        gateway.close().await;
    });
}

fn call(tool: &str, outcome: &str) -> NewAudit {
    NewAudit {
        actor: "mcp_1".to_owned(),
        actor_name: "cl\u{0}ient".to_owned(),
        action: "call".to_owned(),
        account_id: Some("acc_1".to_owned()),
        server_id: Some("mcp_1".to_owned()),
        tool: Some(tool.to_owned()),
        effect: Some("write".to_owned()),
        outcome: outcome.to_owned(),
        duration_ms: 12,
        upstream_status: Some(200),
        ..NewAudit::default()
    }
}

#[test]
fn records_are_committed_together_before_the_response() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        let tools: Vec<_> = (0..2500).map(|number| format!("tool_{number}")).collect();
        let records = tools
            .iter()
            .map(|tool| gateway.record_outcome(call(tool, "ok")));
        for result in futures_util::future::join_all(records).await {
            result.unwrap();
        }
        // Another connection sees the records immediately.
        let query = AuditQuery {
            action: Some("call".to_owned()),
            ..AuditQuery::default()
        };
        let pieces = gateway.export_audit(&admin, query.clone()).await.unwrap();
        let pieces: Vec<String> = pieces.try_collect().await.unwrap();
        let lines: Vec<_> = pieces.iter().flat_map(|piece| piece.lines()).collect();
        assert_eq!((pieces.len(), lines.len()), (3, 2500));
        let read = |line: &&str| serde_json::from_str::<Value>(line).unwrap();
        let records: Vec<_> = lines.iter().map(read).collect();
        let written: BTreeSet<_> = records.iter().map(|it| it["tool"].as_str()).collect();
        assert_eq!(written.len(), 2500);
        let shown = ["actor_name", "effect", "duration_ms"].map(|key| &records[0][key]);
        assert_eq!(json!(shown), json!(["cl ient", "write", 12]));
        let limited = AuditQuery {
            limit: Some(1200),
            ..query
        };
        let pieces = gateway.export_audit(&admin, limited).await.unwrap();
        let pieces: Vec<String> = pieces.try_collect().await.unwrap();
        let lines = pieces.iter().map(|piece| piece.lines().count());
        assert_eq!(lines.collect::<Vec<_>>(), [1000, 200]);
        gateway.close().await;
        let late = gateway.record_outcome(call("late", "ok")).await;
        assert_eq!(late, Err(NotWritten));
    });
}

#[test]
fn records_that_cannot_be_written_are_not_acknowledged() {
    on_each_store(async |place| {
        let (gateway, _) = open(place).await;
        gateway.0.store.close().await;
        let read = gateway.record_read(call("tool", "ok")).await;
        assert_eq!(read, Err(NotWritten));
        let intent = gateway.record_intent(call("tool", "pending")).await;
        assert_eq!(intent, Err(NotWritten));
    });
}

#[test]
fn the_audit_log_is_filtered() {
    on_each_store(async |place| {
        let (gateway, _) = open(place).await;
        // The gateway itself leaves no record of reading the log.
        let admin = Principal::gateway();
        for (tool, outcome) in [("a", "ok"), ("b", "forbidden"), ("a", "forbidden")] {
            let call = NewAudit {
                client: Some("cursor".to_owned()),
                target: Some(format!(r#"{{"user":"ada-{tool}"}}"#)),
                peer: Some("192.0.2.1".to_owned()),
                ..call(tool, outcome)
            };
            gateway.record_outcome(call).await.unwrap();
        }
        let now = rows::time(gateway.now());
        let rows = [
            (json!({"action": "call"}), 3),
            (json!({"tool": "a"}), 2),
            (json!({"tool": "a", "outcome": "forbidden"}), 1),
            (json!({"account_id": "acc_1"}), 3),
            (json!({"server_id": "mcp_1", "actor": "mcp_1"}), 3),
            (json!({"target": "user=ada-a"}), 2),
            (json!({"target": "ada-b", "client": "cursor"}), 1),
            (json!({"target": "user=ada"}), 0),
            (json!({"target": "role=ada-a"}), 0),
            (json!({"peer": "192.0.2.1"}), 3),
            (json!({"peer": "192.0.2.2"}), 0),
            (json!({"actor": "nobody"}), 0),
            (json!({"actor": "' OR 1 = 1 --"}), 0),
            (json!({"actor": "\u{0}"}), 0),
            (json!({"until": now}), 5),
            (json!({"since": now}), 0),
        ];
        for (query, expected) in rows {
            let parsed: AuditQuery = serde_json::from_value(query.clone()).unwrap();
            let page = gateway.audit(&admin, parsed).await.unwrap();
            assert_eq!(page.result.len(), expected, "{query}");
        }
        // Page by page, each record is returned exactly once.
        let mut seen = Vec::new();
        let mut cursor = None;
        loop {
            let query = AuditQuery {
                limit: Some(2),
                cursor,
                ..AuditQuery::default()
            };
            let page = gateway.audit(&admin, query).await.unwrap();
            seen.extend(page.result.iter().map(|record| record.id));
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), 5);
        assert!(seen.is_sorted_by(|a, b| a > b), "{seen:?}");
        gateway.close().await;
    });
}
