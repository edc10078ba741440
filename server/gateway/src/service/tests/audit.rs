//! Intents, and the hash chains of the audit log: what a check finds after the entries were changed in the database.

use futures_util::future::join_all;

use super::super::verify::{self, AuditCheck};
use super::*;
use crate::store::Store;
use crate::store::rows::{kind, outcome};

const DAY: Duration = Duration::from_secs(24 * 3600);

pub(super) fn write_call(id: &str, kind: &str, outcome: &str) -> NewAudit {
    NewAudit {
        kind: kind.to_owned(),
        call_id: Some(id.to_owned()),
        actor: "mcp_1".to_owned(),
        action: "call".to_owned(),
        tool: Some("delete_vessel".to_owned()),
        effect: Some("write".to_owned()),
        outcome: outcome.to_owned(),
        target: Some(r#"{"vessel":"7"}"#.to_owned()),
        ..NewAudit::default()
    }
}

/// Runs statements directly in the database, as somebody without the key could.
async fn tamper(gateway: &Gateway, statements: &[&'static str]) {
    for statement in statements {
        gateway.0.store.tamper(statement).await.unwrap();
    }
}

pub(super) async fn check(gateway: &Gateway) -> AuditCheck {
    gateway.check_audit().await.unwrap()
}

pub(super) fn first(check: &AuditCheck) -> String {
    let first = check.findings.first();
    first.map(ToString::to_string).unwrap_or_default()
}

pub(super) async fn outcomes(gateway: &Gateway) -> Vec<(String, String)> {
    let query = AuditQuery {
        action: Some("call".to_owned()),
        ..AuditQuery::default()
    };
    let page = gateway.audit(&Principal::gateway(), query).await.unwrap();
    let calls = page.result.into_iter().rev();
    calls
        .map(|record| (record.call_id.unwrap_or_default(), record.outcome))
        .collect()
}

#[test]
fn an_open_intent_is_pending_and_closed_as_unknown() {
    on_each_store(async |place| {
        let (gateway, _) = open(place).await;
        for (id, outcome) in [("call_1", Some("ok")), ("call_2", None), ("call_3", None)] {
            let intent = write_call(id, kind::INTENT, outcome::PENDING);
            gateway.record_intent(intent).await.unwrap();
            if let Some(outcome) = outcome {
                let ended = write_call(id, kind::OUTCOME, outcome);
                gateway.record_outcome(ended).await.unwrap();
            }
        }
        let expected = [
            ("call_1", "ok"),
            ("call_2", "pending"),
            ("call_3", "pending"),
        ];
        let expected = expected.map(|(id, outcome)| (id.to_owned(), outcome.to_owned()));
        assert_eq!(outcomes(&gateway).await, expected);
        // The intents of this process are still open.
        gateway.close_intents().await.unwrap();
        assert_eq!(outcomes(&gateway).await, expected);
        gateway.close().await;

        let (gateway, _) = open(place).await;
        let expected = [
            ("call_1", "ok"),
            ("call_2", "unknown"),
            ("call_3", "unknown"),
        ];
        let expected = expected.map(|(id, outcome)| (id.to_owned(), outcome.to_owned()));
        assert_eq!(outcomes(&gateway).await, expected);
        assert_eq!(first(&check(&gateway).await), "");
        gateway.close().await;
        // They are closed only once.
        let (gateway, _) = open(place).await;
        assert_eq!(outcomes(&gateway).await, expected);
        gateway.close().await;
    });
}

#[test]
fn replicas_close_the_intents_of_a_dead_gateway_after_its_lease() {
    on_postgres(async |place| {
        let (dead, _) = open(place).await;
        let intent = write_call("call_1", kind::INTENT, outcome::PENDING);
        dead.record_intent(intent).await.unwrap();
        dead.0.abort();
        let (one, _) = open(place).await;
        let (two, _) = open(place).await;
        for gateway in [&one, &two] {
            gateway.close_intents().await.unwrap();
        }
        let pending = [("call_1".to_owned(), "pending".to_owned())];
        assert_eq!(outcomes(&one).await, pending);
        let (chain, _) = dead.audit_head().unwrap();
        sqlx::query("UPDATE audit_chains SET leased_until = 1 WHERE chain = $1")
            .bind(&chain)
            .execute(one.0.store.shared().unwrap())
            .await
            .unwrap();
        // Of both, one closes the intent.
        let closed = join_all([one.close_intents(), two.close_intents()]).await;
        assert!(closed.iter().all(Result::is_ok));
        let unknown = [("call_1".to_owned(), "unknown".to_owned())];
        assert_eq!(outcomes(&one).await, unknown);
        assert_eq!(first(&check(&one).await), "");
        one.close().await;
        two.close().await;
    });
}

#[test]
fn a_check_finds_the_first_bad_entry() {
    let rows: [(&[&str], &str); 10] = [
        (&[], ""),
        (
            &["UPDATE audit_entries SET tool = 'get_vessel' WHERE number = 5"],
            "record 5 (entry 5 of A): was changed, or an entry before it",
        ),
        (
            &["UPDATE audit_entries SET at = at - 1 WHERE number = 5"],
            "record 5 (entry 5 of A): was changed, or an entry before it",
        ),
        (
            &["DELETE FROM audit_entries WHERE number = 5"],
            "record 6 (entry 6 of A): entry 5 is missing",
        ),
        (
            // Swaps two entries with everything but their place.
            &[
                "UPDATE audit_entries SET sequence = 1005 WHERE number = 5",
                "UPDATE audit_entries SET sequence = 5 WHERE number = 6",
                "UPDATE audit_entries SET sequence = 6 WHERE number = 1005 OR sequence = 1005",
            ],
            "record 5 (entry 6 of A): was reordered",
        ),
        (
            // Swaps two entries with their numbers, so that only their hashes are out of order.
            &[
                "UPDATE audit_entries SET sequence = 1005, number = 1005 WHERE number = 5",
                "UPDATE audit_entries SET sequence = 5, number = 5 WHERE number = 6",
                "UPDATE audit_entries SET sequence = 6, number = 6 WHERE number = 1005",
            ],
            "record 5 (entry 5 of A): was changed, or an entry before it",
        ),
        (
            &["DELETE FROM audit_entries WHERE number BETWEEN 6 AND 7"],
            "entry 6 of A: entries 6 to 7 are missing: the end of the chain was cut off",
        ),
        (
            &["DELETE FROM audit_entries WHERE number <= 7"],
            "entry 7 of A: the chain was removed; B states that it existed",
        ),
        (
            &["DELETE FROM audit_entries WHERE number <= 3"],
            "record 4 (entry 4 of A): entries 1 to 3 are missing",
        ),
        (
            &[
                "UPDATE audit_entries SET signature = (SELECT signature FROM audit_entries WHERE number = 4) WHERE number = 5",
            ],
            "record 5 (entry 5 of A): is not signed with the key of the gateway",
        ),
    ];
    for (statements, expected) in rows {
        on_each_store(async |place| {
            let (gateway, _) = open(place).await;
            for number in 0..5 {
                let event = write_call(&number.to_string(), kind::EVENT, "ok");
                gateway.record_outcome(event).await.unwrap();
            }
            let (a, head) = gateway.audit_head().unwrap();
            assert_eq!(head.sequence, 7);
            gateway.close().await;
            let (gateway, _) = open(place).await;
            let (b, _) = gateway.audit_head().unwrap();
            tamper(&gateway, statements).await;
            let found = check(&gateway).await;
            let text = first(&found).replace(&a, "A").replace(&b, "B");
            assert_eq!(text, expected, "{statements:?} {:?}", found.findings);
            gateway.close().await;
        });
    }
}

/// Checks that an end of the newest chain, which no other chain states, is noticed with the hash that was shown before.
#[test]
fn a_cut_off_end_is_found_with_a_known_hash() {
    on_each_store(async |place| {
        let (gateway, _) = open(place).await;
        for number in 0..3 {
            let event = write_call(&number.to_string(), kind::EVENT, "ok");
            gateway.record_outcome(event).await.unwrap();
        }
        let (chain, head) = gateway.audit_head().unwrap();
        let vault = gateway.vault();
        let known = [(chain.clone(), crate::store::chain::hex(&head.hash))];
        let store = Store::open_for_reading(&place.url).await.unwrap();
        let good = verify::check(&store, &vault, &known).await.unwrap();
        assert_eq!((good.entries, first(&good).as_str()), (5, ""));
        tamper(&gateway, &["DELETE FROM audit_entries WHERE number = 5"]).await;
        let unknown = verify::check(&store, &vault, &[]).await.unwrap();
        assert_eq!(first(&unknown), "");
        let cut = verify::check(&store, &vault, &known).await.unwrap();
        assert!(
            first(&cut).ends_with("the end of the chain was cut off"),
            "{cut:?}"
        );
        tamper(&gateway, &["DELETE FROM audit_entries"]).await;
        let removed = verify::check(&store, &vault, &known).await.unwrap();
        assert!(
            first(&removed).ends_with("the chain was removed"),
            "{removed:?}"
        );
        store.close().await;
        gateway.close().await;
    });
}

#[test]
fn a_purge_removes_one_day_and_the_log_stays_valid() {
    on_each_store(async |place| {
        let (gateway, _) = open(place).await;
        let fill = async |gateway: &Gateway| {
            for number in 0..3 {
                let event = write_call(&number.to_string(), kind::EVENT, "ok");
                gateway.record_outcome(event).await.unwrap();
            }
        };
        fill(&gateway).await;
        for _ in 0..3 {
            gateway.0.clock.forward(DAY);
            fill(&gateway).await;
        }
        gateway.close().await;
        let place_now = gateway.now();
        let (gateway, _) = open(place).await;
        // Only this test purges.
        gateway.0.abort();
        let ahead = u64::try_from(place_now - gateway.now()).unwrap();
        gateway.0.clock.forward(Duration::from_micros(ahead));
        // The clock was set forward in this process, so nothing is purged.
        assert_eq!(gateway.purge_audit(gateway.now()).await.unwrap(), 0);
        gateway.0.purge_clock.trust(gateway.now());
        let mut removed = Vec::new();
        loop {
            let days = gateway.purge_audit(gateway.now()).await.unwrap();
            assert_eq!(first(&check(&gateway).await), "");
            if days == 0 {
                break;
            }
            removed.push(days);
        }
        // The first day also has the entries of both starts.
        assert_eq!(removed, [6, 3, 3]);
        let actions = actions(&gateway).await;
        let purges = actions.iter().filter(|it| *it == "audit.purge").count();
        assert_eq!(purges, 3);
        // The check still finds what is missing from the rest.
        tamper(&gateway, &["DELETE FROM audit_entries WHERE action = 'call' AND number = (SELECT min(number) FROM audit_entries)"]).await;
        assert!(first(&check(&gateway).await).contains("missing"));
        gateway.close().await;
    });
}

/// Checks that the gateway does not remove the evidence itself if somebody changes the times of entries.
#[test]
fn nothing_is_purged_from_a_log_that_was_changed() {
    on_each_store(async |place| {
        let (gateway, _) = open(place).await;
        gateway.0.abort();
        tamper(&gateway, &["UPDATE audit_entries SET at = 0"]).await;
        gateway.0.purge_clock.trust(gateway.now());
        assert_eq!(gateway.purge_audit(gateway.now()).await.unwrap(), 0);
        assert_eq!(actions(&gateway).await, ["gateway.start", "token.create"]);
        gateway.close().await;
    });
}

#[test]
fn a_log_is_checked_without_the_previous_key_after_a_rotation() {
    on_each_store(async |place| {
        let (gateway, _) = open(place).await;
        gateway.rotate_key(&key(2)).await.unwrap();
        let event = write_call("1", kind::EVENT, "ok");
        gateway.record_outcome(event).await.unwrap();
        let new = Vault::new(&key(2), &[]).unwrap();
        let other = Vault::new(&key(3), &[]).unwrap();
        let store = &gateway.0.store;
        let good = verify::check(store, &new, &[]).await.unwrap();
        assert_eq!(first(&good), "");
        let unknown = verify::check(store, &other, &[]).await.unwrap();
        assert!(first(&unknown).contains("a key that was not given"));
        tamper(
            &gateway,
            &["UPDATE audit_entries SET outcome = 'x' WHERE number = 2"],
        )
        .await;
        let changed = verify::check(store, &new, &[]).await.unwrap();
        assert!(first(&changed).starts_with("record 2 "), "{changed:?}");
        gateway.close().await;
    });
}

#[test]
fn a_log_of_two_replicas_is_valid() {
    on_postgres(async |place| {
        let (one, _) = open(place).await;
        let (two, _) = open(place).await;
        let calls: Vec<_> = (0..200).map(|number| number.to_string()).collect();
        let records = calls.iter().enumerate().map(|(index, id)| {
            let gateway = if index % 2 == 0 { &one } else { &two };
            let event = write_call(id, kind::EVENT, "ok");
            async move {
                match index % 4 {
                    0 => gateway.record_read(event).await,
                    _ => gateway.record_outcome(event).await,
                }
            }
        });
        assert!(join_all(records).await.iter().all(Result::is_ok));
        let good = check(&one).await;
        assert_eq!((good.entries, good.chains), (203, 2));
        assert_eq!(first(&good), "");
        one.close().await;
        two.close().await;
    });
}

#[test]
fn refusals_are_counted_per_minute() {
    on_each_store(async |place| {
        let (gateway, _) = open(place).await;
        let origin = crate::request_origin::RequestOrigin::default();
        for _ in 0..5 {
            let refusal = crate::service::state::RequestRefusal {
                action: "request.refuse",
                outcome: "unauthenticated",
                route: "/audit".to_owned(),
                peer: None,
                actor: None,
            };
            gateway.record_refusal(refusal, &origin);
        }
        gateway.close().await;
        let (gateway, _) = open(place).await;
        let query = AuditQuery {
            action: Some("request.refuse".to_owned()),
            ..AuditQuery::default()
        };
        let page = gateway.audit(&Principal::gateway(), query).await.unwrap();
        let counts: Vec<_> = page
            .result
            .into_iter()
            .map(|record| record.target.unwrap()["count"].clone())
            .collect();
        assert_eq!(json!(counts), json!([4, 1]));
        gateway.close().await;
    });
}
