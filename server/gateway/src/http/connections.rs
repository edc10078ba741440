//! Limits of open connections: in total and per client address. If a limit is reached, a connection that waits for a request gives way to a new one, so that silent connections cannot keep clients out.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::client::{Proxies, block};
use super::stream::ConnectionState;

/// Interval at which a new connection looks for one that can give way, while all have a request in progress.
const RETRY: Duration = Duration::from_millis(50);

/// Number of open files that are reserved for the store, for the connections to upstreams and for everything else that is not a connection of a client.
const RESERVED_FILES: u64 = 64;

/// Table of open connections.
#[derive(Debug)]
pub(crate) struct Connections {
    /// Maximum number of connections of one address. Trusted proxies have no such limit, because they carry the requests of many clients.
    per_address: usize,
    proxies: Proxies,
    slots: Arc<Semaphore>,
    open: Mutex<HashMap<IpAddr, AddressConnections>>,
}

/// Connections of one address, oldest first.
#[derive(Debug, Default)]
struct AddressConnections {
    is_trusted: bool,
    states: Vec<Arc<ConnectionState>>,
}

/// Connection in the table. It is removed when this value is dropped.
#[derive(Debug)]
pub(crate) struct OpenConnection {
    connections: Arc<Connections>,
    address: IpAddr,
    pub(crate) state: Arc<ConnectionState>,
    _slot: Option<OwnedSemaphorePermit>,
}

impl Connections {
    pub(crate) fn new(max: usize, per_address: usize, proxies: Proxies) -> Self {
        Self {
            per_address,
            proxies,
            slots: Arc::new(Semaphore::new(max.min(Semaphore::MAX_PERMITS))),
            open: Mutex::default(),
        }
    }

    /// Adds a connection. Returns `None` if its address has too many connections and all of them have a request in progress.
    pub(crate) async fn add(self: &Arc<Self>, peer: SocketAddr) -> Option<OpenConnection> {
        let mut connection = self.add_to_address(peer.ip())?;
        let slot = loop {
            if let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
                break slot;
            }
            self.make_room();
            let slot = Arc::clone(&self.slots).acquire_owned();
            if let Ok(slot) = tokio::time::timeout(RETRY, slot).await {
                // This cannot fail, because the semaphore is never closed.
                break slot.ok()?;
            }
        };
        connection._slot = Some(slot);
        Some(connection)
    }

    fn add_to_address(self: &Arc<Self>, peer: IpAddr) -> Option<OpenConnection> {
        let address = block(Some(peer));
        let state = Arc::new(ConnectionState::default());
        let mut open = self.open();
        let connections = open.entry(address).or_insert_with(|| AddressConnections {
            is_trusted: self.proxies.trusts(peer),
            states: Vec::new(),
        });
        if !connections.is_trusted && connections.states.len() >= self.per_address {
            connections.close_waiting()?;
        }
        connections.states.push(Arc::clone(&state));
        drop(open);
        Some(OpenConnection {
            connections: Arc::clone(self),
            address,
            state,
            _slot: None,
        })
    }

    /// Closes a waiting connection of the address that has the most connections. Trusted proxies come last.
    fn make_room(&self) {
        let mut open = self.open();
        let crowded = open
            .values_mut()
            .filter(|it| it.states.iter().any(|state| state.is_waiting()))
            .max_by_key(|it| (!it.is_trusted, it.states.len()));
        if let Some(crowded) = crowded {
            crowded.close_waiting();
        }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<IpAddr, AddressConnections>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AddressConnections {
    /// Closes the oldest waiting connection. Returns `None` if no connection waits.
    fn close_waiting(&mut self) -> Option<()> {
        let waiting = self.states.iter().position(|state| state.is_waiting())?;
        self.states.remove(waiting).close();
        Some(())
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        let Some(connections) = open.get_mut(&self.address) else {
            return;
        };
        connections
            .states
            .retain(|state| !Arc::ptr_eq(state, &self.state));
        if connections.states.is_empty() {
            open.remove(&self.address);
        }
    }
}

/// Raises the limit of open files as far as possible, and returns how many connections it allows.
pub(crate) fn max_connections(wanted: usize) -> usize {
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or_else(|error| {
        tracing::warn!(%error, "the limit of open files cannot be raised");
        rlimit::Resource::NOFILE
            .get_soft()
            .unwrap_or(4 * RESERVED_FILES)
    });
    let connections = files.saturating_sub(RESERVED_FILES).max(1);
    usize::try_from(connections).map_or(wanted, |connections| connections.min(wanted))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn connections(max: usize) -> Arc<Connections> {
        let proxies = Proxies::new(&["192.0.2.9".to_owned()]).unwrap();
        Arc::new(Connections::new(max, 3, proxies))
    }

    fn peer(last: u8) -> SocketAddr {
        ([192, 0, 2, last], 1).into()
    }

    /// Returns whether the connection was asked to close.
    async fn is_closing(connection: &OpenConnection) -> bool {
        tokio::time::timeout(Duration::ZERO, connection.state.closing())
            .await
            .is_ok()
    }

    #[tokio::test]
    async fn a_waiting_connection_of_the_same_address_gives_way() {
        let connections = connections(100);
        let mut open = Vec::new();
        for _ in 0..3 {
            open.push(connections.add(peer(1)).await.unwrap());
        }
        open[0].state.request_begins();
        let newest = connections.add(peer(1)).await.unwrap();
        assert!(!is_closing(&open[0]).await);
        assert!(is_closing(&open[1]).await);
        assert!(!is_closing(&open[2]).await);

        for connection in [&open[2], &newest] {
            connection.state.request_begins();
        }
        assert!(connections.add(peer(1)).await.is_none());
        assert!(connections.add(peer(2)).await.is_some());
        drop(open);
        assert!(connections.add(peer(1)).await.is_some());
    }

    #[tokio::test]
    async fn the_address_with_the_most_connections_makes_room() {
        let connections = connections(5);
        let mut open = Vec::new();
        for last in [2, 1, 9, 9, 1] {
            open.push(connections.add(peer(last)).await.unwrap());
        }
        let newcomer = connections.add(peer(3));
        tokio::pin!(newcomer);
        assert!(
            tokio::time::timeout(RETRY / 2, newcomer.as_mut())
                .await
                .is_err()
        );
        // Trusted proxies are spared although they have as many connections.
        let mut closing = Vec::new();
        for connection in &open {
            closing.push(is_closing(connection).await);
        }
        assert_eq!(closing, [false, true, false, false, false]);
        open.remove(1);
        assert!(newcomer.await.is_some());
    }

    #[tokio::test]
    async fn trusted_proxies_have_no_limit_of_their_own() {
        let connections = connections(100);
        let mut open = Vec::new();
        for _ in 0..50 {
            open.push(connections.add(peer(9)).await.unwrap());
        }
        assert!(!is_closing(&open[0]).await);
        drop(open);
        assert!(connections.open().is_empty());
    }
}
