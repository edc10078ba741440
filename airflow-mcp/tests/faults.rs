//! Faults at random moments under load: what the upstream received is compared with the audit log.
//!
//! CI runs a part; with the variable `TEST_LONG`, the tests run at full length.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::gateway::{Gateway, LEGACY};
use common::{FakeAirflow, request};
use serde_json::{Value, json};

/// Number of clients.
const CLIENTS: u64 = 8;

/// Number of times that the gateway is killed.
fn kills() -> usize {
    match std::env::var_os("TEST_LONG") {
        Some(_) => 200,
        None => 40,
    }
}

/// Pseudorandom numbers, whose seed is part of the message of a failure.
struct Random(u64);

impl Random {
    fn new() -> (Self, u64) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let seed = u64::from(now.subsec_nanos()) | 1;
        (Self(seed), seed)
    }

    /// Returns a number below `end` (xorshift64).
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// State that the clients share.
struct Load {
    address: Mutex<String>,
    path: String,
    is_over: AtomicBool,
    next: AtomicU64,
    /// Users whose deletion was answered, and whether the answer says that its outcome is recorded later.
    answered: Mutex<BTreeMap<String, bool>>,
}

impl Load {
    /// Makes one call, and returns the result if the gateway answers.
    fn call(&self, name: &str, arguments: &Value) -> Option<Value> {
        let address = self.address.lock().unwrap().clone();
        let body = request(
            1,
            "tools/call",
            json!({"name": name, "arguments": arguments}),
        );
        let mut head = format!(
            "POST {} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n",
            self.path,
            body.len()
        );
        for (name, value) in LEGACY {
            head += &format!("{name}: {value}\r\n");
        }
        let mut stream = TcpStream::connect(address).ok()?;
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        write!(stream, "{head}\r\n{body}").ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        let (_, body) = text.split_once("\r\n\r\n")?;
        let message: Value = serde_json::from_str(body).ok()?;
        message.get("result").cloned()
    }

    /// Deletes users, each another one, and lists users in between, until the load is over.
    fn run(&self) {
        while !self.is_over.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let user = format!("user{number}");
            if let Some(result) =
                self.call("delete_a_apacheairflow_user_by_id", &json!({"id": user}))
            {
                let is_late = result["structuredContent"]["notes"].is_array();
                self.answered.lock().unwrap().insert(user, is_late);
            }
            if self
                .call("list_all_apacheairflow_users", &json!({}))
                .is_none()
            {
                // The gateway is being started again.
                thread::sleep(Duration::from_millis(10));
            }
        }
    }
}

/// Returns the outcomes of the deletions in the audit log by user.
fn recorded(gateway: &Gateway) -> BTreeMap<String, BTreeSet<String>> {
    let mut outcomes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/audit?limit=1000&action=call{cursor}");
        let page = gateway.manage("GET", &path, Value::Null);
        for record in page["result"].as_array().unwrap() {
            if let Some(user) = record["target"]["user"].as_str() {
                let outcome = record["outcome"].as_str().unwrap().to_owned();
                outcomes.entry(user.to_owned()).or_default().insert(outcome);
            }
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return outcomes,
        }
    }
}

#[test]
fn no_change_is_without_a_record_after_kills() {
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let mut gateway = Gateway::start("kills", &[("AIRFLOW_MCP_LOG", "error")], &[]);
    let account = gateway.account(&airflow);
    let config = json!({"methods": ["read", "write"]});
    let (_, path) = gateway.server(&account, config, Value::Null);
    let load = Arc::new(Load {
        address: Mutex::new(gateway.address.clone()),
        path,
        is_over: AtomicBool::new(false),
        next: AtomicU64::new(0),
        answered: Mutex::default(),
    });
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let load = Arc::clone(&load);
            thread::spawn(move || load.run())
        })
        .collect();
    let (mut random, seed) = Random::new();
    for _ in 0..kills() {
        // The moment is random on purpose; nothing is waited for.
        thread::sleep(Duration::from_millis(random.below(300)));
        gateway = gateway.killed();
        gateway
            .address
            .clone_into(&mut load.address.lock().unwrap());
    }
    load.is_over.store(true, Ordering::Relaxed);
    for client in clients {
        client.join().unwrap();
    }
    let recorded = recorded(&gateway);
    let received: BTreeSet<String> = airflow
        .requests()
        .iter()
        .filter_map(|line| line.strip_prefix("DELETE /auth/fab/v1/users/"))
        .map(str::to_owned)
        .collect();
    let answered = load.answered.lock().unwrap();
    assert!(received.len() > kills(), "{} changes", received.len());
    assert!(answered.len() > kills(), "{} answers", answered.len());
    for user in &received {
        let outcomes = recorded.get(user);
        assert!(
            outcomes.is_some_and(|it| it.iter().all(|outcome| outcome != "pending")),
            "seed {seed}: {user}: {outcomes:?}"
        );
    }
    for (user, is_late) in answered.iter() {
        let outcomes = recorded.get(user);
        let is_known = outcomes.is_some_and(|it| !it.contains("unknown"));
        assert!(is_known || *is_late, "seed {seed}: {user}: {outcomes:?}");
    }
    let unknown = recorded
        .values()
        .filter(|it| it.contains("unknown"))
        .count();
    assert!(
        unknown > 0,
        "no call was interrupted, so nothing was tested"
    );
    let (code, text) = gateway.verify(&[]);
    assert_eq!(code, Some(0), "{text}");
}
