//! Notifies the client of one connection when its list of tools is out of date: the list was made before the API was detected, or the upstream has been upgraded since.

use std::sync::{Mutex, PoisonError};

use rmcp::service::SubscriptionSink;
use rmcp::{Peer, RoleServer};
use tokio::sync::watch;

use crate::offer::ListBasis;

/// List of tools that the client of one connection received, and the subscriptions to changes of the list.
#[derive(Debug, Default)]
pub(crate) struct ListChanges {
    shown: Mutex<Option<ShownList>>,
    count: watch::Sender<u64>,
    ended: watch::Sender<bool>,
}

#[derive(Debug)]
struct ShownList {
    basis: ListBasis,
    /// Peer of a client with an MCP revision before 2026-07-28. Such a client is notified without a subscription.
    older: Option<Peer<RoleServer>>,
}

impl ListChanges {
    /// Records that the client received the list that follows from `basis`.
    pub(crate) fn shown(&self, basis: ListBasis, older: Option<Peer<RoleServer>>) {
        *self.lock() = Some(ShownList { basis, older });
    }

    /// Notifies the client if its list does not follow from `basis`.
    pub(crate) fn update(&self, basis: ListBasis) {
        let mut shown = self.lock();
        let Some(shown) = shown.as_mut().filter(|shown| shown.basis != basis) else {
            return;
        };
        shown.basis = basis;
        self.count.send_modify(|count| *count += 1);
        if let Some(peer) = shown.older.clone() {
            tokio::spawn(async move {
                // An error means that the client has disconnected.
                let _ = peer.notify_tool_list_changed().await;
            });
        }
    }

    /// Notifies a subscriber of each change until the connection ends.
    pub(crate) async fn tell(&self, subscriber: &SubscriptionSink) {
        let mut count = self.count.subscribe();
        let mut ended = self.ended.subscribe();
        let tell = async {
            while count.changed().await.is_ok() {
                if subscriber.notify_tool_list_changed().await.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            _ = ended.wait_for(|ended| *ended) => {}
            () = tell => {}
        }
    }

    /// Ends the subscriptions, which would otherwise keep the connection open.
    pub(crate) fn end(&self) {
        self.ended.send_replace(true);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<ShownList>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
