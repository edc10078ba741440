//! Slots for the requests of MCP servers, so that the requests of one server or one slow account cannot keep out those of all others.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// Time for which a call waits for a slot.
const DEADLINE: Duration = Duration::from_secs(10);

/// Requests that an account or a server may have for each of its slots: those with a slot, those that wait for one, and those that need none, such as `tools/list`.
const REQUESTS_PER_SLOT: usize = 4;

/// Maximum number of large messages of one server.
const LARGE_MESSAGES: usize = 2;

/// Numbers of slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotLimits {
    /// Concurrent calls of an account.
    pub account: usize,
    /// Concurrent calls of an MCP server.
    pub server: usize,
    /// Concurrent requests with a large message, of all servers together.
    pub large: usize,
}

impl Default for SlotLimits {
    fn default() -> Self {
        Self {
            account: 64,
            server: 32,
            large: 16,
        }
    }
}

/// Request for which no slot is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Overloaded {
    #[error("this MCP server has too many concurrent requests")]
    Server,
    #[error("the account of this MCP server has too many concurrent requests")]
    Account,
    #[error("too many large requests are in progress")]
    Large,
}

/// Slots of all accounts and MCP servers. Those of unused servers are removed.
#[derive(Debug)]
pub(crate) struct SlotTable {
    limits: SlotLimits,
    large: Arc<Semaphore>,
    used: Mutex<UsedSlots>,
}

#[derive(Debug, Default)]
struct UsedSlots {
    accounts: HashMap<String, Weak<Slots>>,
    servers: HashMap<String, Weak<ServerSlots>>,
}

/// Slots of an MCP server and of its account.
#[derive(Debug)]
pub(crate) struct ServerSlots {
    server: Slots,
    account: Arc<Slots>,
    /// Slots for large messages of this server and of all servers.
    large: [Arc<Semaphore>; 2],
}

/// Slots of one account or one MCP server, with a queue for as many calls as there are slots.
#[derive(Debug)]
struct Slots {
    number: usize,
    calls: Arc<Semaphore>,
    waiting: AtomicUsize,
    requests: AtomicUsize,
}

/// Slots of a call.
#[derive(Debug)]
pub(crate) struct CallSlots {
    _server: OwnedSemaphorePermit,
    _account: OwnedSemaphorePermit,
}

/// Slots of a request with a large message.
#[derive(Debug)]
pub(crate) struct LargeSlot {
    _permits: [OwnedSemaphorePermit; 2],
}

/// Request of an MCP server, counted until this value is dropped.
#[derive(Debug)]
pub(crate) struct CountedRequest(Arc<ServerSlots>);

impl SlotTable {
    pub(crate) fn new(limits: SlotLimits) -> Self {
        Self {
            limits,
            large: semaphore(limits.large),
            used: Mutex::default(),
        }
    }

    /// Returns the slots of an MCP server. All users of the server share them, also after the server has changed.
    pub(crate) fn of(&self, account: &str, server: &str) -> Arc<ServerSlots> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slots) = used.servers.get(server).and_then(Weak::upgrade) {
            return slots;
        }
        used.servers.retain(|_, slots| slots.strong_count() > 0);
        used.accounts.retain(|_, slots| slots.strong_count() > 0);
        let of_account = used.accounts.get(account).and_then(Weak::upgrade);
        let of_account = of_account.unwrap_or_else(|| {
            let slots = Arc::new(Slots::new(self.limits.account));
            let weak = Arc::downgrade(&slots);
            used.accounts.insert(account.to_owned(), weak);
            slots
        });
        let slots = Arc::new(ServerSlots {
            server: Slots::new(self.limits.server),
            account: of_account,
            large: [semaphore(LARGE_MESSAGES), Arc::clone(&self.large)],
        });
        let weak = Arc::downgrade(&slots);
        used.servers.insert(server.to_owned(), weak);
        slots
    }
}

impl ServerSlots {
    /// Counts a request, unless the server or its account has too many.
    pub(crate) fn request(self: &Arc<Self>) -> Result<CountedRequest, Overloaded> {
        if !self.server.count() {
            return Err(Overloaded::Server);
        }
        if !self.account.count() {
            self.server.requests.fetch_sub(1, Ordering::Relaxed);
            return Err(Overloaded::Account);
        }
        Ok(CountedRequest(Arc::clone(self)))
    }

    /// Waits for the slots of a call.
    pub(crate) async fn call(&self) -> Result<CallSlots, Overloaded> {
        let deadline = Instant::now() + DEADLINE;
        let server = self.server.call(deadline).await.ok_or(Overloaded::Server)?;
        let account = self.account.call(deadline).await;
        Ok(CallSlots {
            _server: server,
            _account: account.ok_or(Overloaded::Account)?,
        })
    }

    /// Waits for the slot of a large message.
    pub(crate) async fn large(&self) -> Result<LargeSlot, Overloaded> {
        let deadline = Instant::now() + DEADLINE;
        let [server, all] = self.large.each_ref().map(Arc::clone);
        let server = timeout_at(deadline, server.acquire_owned()).await;
        let server = server.ok().and_then(Result::ok).ok_or(Overloaded::Server)?;
        let all = timeout_at(deadline, all.acquire_owned()).await;
        let all = all.ok().and_then(Result::ok).ok_or(Overloaded::Large)?;
        Ok(LargeSlot {
            _permits: [server, all],
        })
    }
}

impl Slots {
    fn new(number: usize) -> Self {
        Self {
            number,
            calls: semaphore(number),
            waiting: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
        }
    }

    /// Counts a request. Returns `false` if there are too many.
    fn count(&self) -> bool {
        let before = self.requests.fetch_add(1, Ordering::Relaxed);
        let fits = before < self.number.saturating_mul(REQUESTS_PER_SLOT);
        if !fits {
            self.requests.fetch_sub(1, Ordering::Relaxed);
        }
        fits
    }

    /// Waits for the slot of a call until the deadline. Returns `None` without waiting if the queue is full.
    async fn call(&self, deadline: Instant) -> Option<OwnedSemaphorePermit> {
        if let Ok(slot) = Arc::clone(&self.calls).try_acquire_owned() {
            return Some(slot);
        }
        let _waiting = QueuedCall::new(self)?;
        let slot = Arc::clone(&self.calls).acquire_owned();
        timeout_at(deadline, slot).await.ok()?.ok()
    }
}

/// Call in the queue for a slot.
struct QueuedCall<'a>(&'a Slots);

impl<'a> QueuedCall<'a> {
    fn new(slots: &'a Slots) -> Option<Self> {
        let before = slots.waiting.fetch_add(1, Ordering::Relaxed);
        let call = Self(slots);
        (before < slots.number).then_some(call)
    }
}

impl Drop for QueuedCall<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for CountedRequest {
    fn drop(&mut self) {
        for slots in [&self.0.server, &*self.0.account] {
            slots.requests.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn semaphore(permits: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn table() -> SlotTable {
        SlotTable::new(SlotLimits {
            account: 3,
            server: 2,
            large: 3,
        })
    }

    #[tokio::test(start_paused = true)]
    async fn calls_wait_in_a_bounded_queue_until_the_deadline() {
        let table = table();
        let slots = table.of("a", "1");
        let _first = slots.call().await.unwrap();
        let second = slots.call().await.unwrap();
        let started = Instant::now();
        let (third, fourth, fifth) = tokio::join!(slots.call(), slots.call(), async {
            let result = slots.call().await;
            (result, started.elapsed())
        });
        assert_eq!(third.unwrap_err(), Overloaded::Server);
        assert_eq!(fourth.unwrap_err(), Overloaded::Server);
        assert_eq!(fifth.0.unwrap_err(), Overloaded::Server);
        // The queue was full, so the last call did not wait.
        assert_eq!(fifth.1, Duration::ZERO);
        assert_eq!(started.elapsed().as_secs(), 10);
        let (sixth, ()) = tokio::join!(slots.call(), async { drop(second) });
        assert!(sixth.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn servers_share_the_slots_of_their_account() {
        let table = table();
        let servers = ["1", "2"].map(|server| table.of("a", server));
        let mut calls = Vec::new();
        for server in [0, 0, 1] {
            calls.push(servers[server].call().await.unwrap());
        }
        assert_eq!(servers[1].call().await.unwrap_err(), Overloaded::Account);
        assert!(table.of("b", "3").call().await.is_ok());
        // The slots stay the same as long as somebody uses them.
        assert!(Arc::ptr_eq(&servers[0], &table.of("a", "1")));
        drop((servers, calls));
        table.of("b", "3");
        assert_eq!(table.used.lock().unwrap().accounts.len(), 1);
    }

    #[tokio::test]
    async fn the_requests_of_a_server_and_an_account_are_bounded() {
        let table = table();
        let servers = ["1", "2"].map(|server| table.of("a", server));
        let mut requests: Vec<_> = (0..8).map(|_| servers[0].request().unwrap()).collect();
        assert_eq!(servers[0].request().unwrap_err(), Overloaded::Server);
        for _ in 0..4 {
            requests.push(servers[1].request().unwrap());
        }
        assert_eq!(servers[1].request().unwrap_err(), Overloaded::Account);
        drop(requests);
        assert!(servers.iter().all(|server| server.request().is_ok()));
    }

    #[tokio::test(start_paused = true)]
    async fn large_messages_are_bounded() {
        let table = table();
        let servers = ["1", "2"].map(|server| table.of("a", server));
        let mut large = Vec::new();
        for server in [0, 0, 1] {
            large.push(servers[server].large().await.unwrap());
        }
        assert_eq!(servers[0].large().await.unwrap_err(), Overloaded::Server);
        assert_eq!(servers[1].large().await.unwrap_err(), Overloaded::Large);
        drop(large);
        assert!(servers[1].large().await.is_ok());
    }
}
