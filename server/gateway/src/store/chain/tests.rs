//! Hashes and signatures of entries, and the place where a chain continues.

use super::*;

fn record(action: &str) -> NewAudit {
    NewAudit {
        action: action.to_owned(),
        ..NewAudit::default()
    }
}

fn chain() -> Chain {
    Chain::new("chain_1".to_owned(), ChainKey::new("key", &[7; 32]))
}

#[test]
fn the_hash_covers_every_column() {
    let text = || Some("x".to_owned());
    let some = |text: &str| Some(text.to_owned());
    let rows = [
        NewAudit {
            kind: "x".to_owned(),
            ..record("")
        },
        NewAudit {
            call_id: text(),
            ..record("")
        },
        NewAudit {
            at: 1,
            ..record("")
        },
        NewAudit {
            actor: "x".to_owned(),
            ..record("")
        },
        NewAudit {
            actor_name: "x".to_owned(),
            ..record("")
        },
        NewAudit {
            client: text(),
            ..record("")
        },
        NewAudit {
            client: some(""),
            ..record("")
        },
        record("x"),
        NewAudit {
            account_id: text(),
            ..record("")
        },
        NewAudit {
            server_id: text(),
            ..record("")
        },
        NewAudit {
            tool: text(),
            ..record("")
        },
        NewAudit {
            effect: text(),
            ..record("")
        },
        NewAudit {
            outcome: "x".to_owned(),
            ..record("")
        },
        NewAudit {
            duration_ms: 1,
            ..record("")
        },
        NewAudit {
            upstream_status: Some(1),
            ..record("")
        },
        NewAudit {
            target: text(),
            ..record("")
        },
        NewAudit {
            fields: text(),
            ..record("")
        },
        NewAudit {
            value_before: text(),
            ..record("")
        },
        NewAudit {
            value_after: text(),
            ..record("")
        },
        NewAudit {
            peer: text(),
            ..record("")
        },
        NewAudit {
            request_id: text(),
            ..record("")
        },
        NewAudit {
            trace_id: text(),
            ..record("")
        },
        NewAudit {
            statement: text(),
            ..record("")
        },
        record(""),
    ];
    let hash = |record| digest(&EntryHash::default(), "c", 1, "k", record);
    let mut hashes: Vec<_> = rows.iter().map(hash).collect();
    hashes.push(digest(&[1; 32], "c", 1, "k", &record("")));
    hashes.push(digest(&EntryHash::default(), "d", 1, "k", &record("")));
    hashes.push(digest(&EntryHash::default(), "c", 2, "k", &record("")));
    hashes.push(digest(&EntryHash::default(), "c", 1, "l", &record("")));
    let count = hashes.len();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), count);
}

#[test]
fn entries_are_linked_and_signed() {
    let key = ChainKey::new("key", &[7; 32]);
    let mut chain = chain();
    let first = chain.link(vec![record("a"), record("b")]);
    assert_eq!(first[0].head.sequence, 1);
    let expected = digest(&first[0].head.hash, "chain_1", 2, "key", &record("b"));
    assert_eq!(first[1].head.hash, expected);
    assert!(key.has_signed(&first[1].head.hash, &first[1].signature));
    assert!(!key.has_signed(&first[0].head.hash, &first[1].signature));
    let other = ChainKey::new("key", &[8; 32]);
    assert!(!other.has_signed(&first[1].head.hash, &first[1].signature));
    assert_eq!(chain.confirm(true), first[1].head);
}

/// Checks where a chain continues after a write whose outcome is unknown, and after a crash of the database.
#[test]
fn a_chain_continues_after_its_last_entry_in_the_store() {
    let mut chain = chain();
    chain.link(vec![record("a")]);
    let one = chain.confirm(true);
    chain.link(vec![record("read")]);
    let two = chain.confirm(false);
    let lost = chain.link(vec![record("lost")])[0].head;
    let other = chain.link(vec![record("other"), record("more")])[1].head;
    assert!(!chain.is_certain());
    for last in [one, two, lost, other] {
        let mut chain = Chain {
            id: chain.id.clone(),
            key: chain.key.clone(),
            head: chain.head,
            attempts: chain.attempts.clone(),
            returns: chain.returns.clone(),
        };
        assert!(chain.settle(Some(last)), "{last:?}");
        assert!(chain.is_certain());
        assert_eq!(
            chain.link(vec![record("next")])[0].head.sequence,
            last.sequence + 1
        );
    }
    let foreign = Head {
        sequence: 9,
        hash: [9; 32],
    };
    assert!(!chain.settle(Some(foreign)));
    assert_eq!(chain.link(vec![record("next")])[0].head.sequence, 10);

    // After a commit that waited for the disk, the database cannot return to an earlier entry.
    chain.confirm(true);
    assert!(!chain.settle(Some(two)));
}
