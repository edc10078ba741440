//! Telling the client of one connection that the list of tools it has is not the right one any more: it was made before Airflow could be asked, or Airflow has been upgraded since.

use std::sync::{Mutex, PoisonError};

use rmcp::service::SubscriptionSink;
use rmcp::{Peer, RoleServer};
use tokio::sync::watch;

use crate::offer::Basis;

/// What the client of one connection has been shown, and who wants to hear of a change.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    shown: Mutex<Option<Shown>>,
    count: watch::Sender<u64>,
    ended: watch::Sender<bool>,
}

#[derive(Debug)]
struct Shown {
    basis: Basis,
    /// Clients older than 2026-07-28 are told without having asked.
    older: Option<Peer<RoleServer>>,
}

impl Changes {
    /// The client was shown the list that follows from `basis`.
    pub(crate) fn shown(&self, basis: Basis, older: Option<Peer<RoleServer>>) {
        *self.lock() = Some(Shown { basis, older });
    }

    /// The list would now follow from `basis`: tells the client if that is another one.
    pub(crate) fn update(&self, basis: Basis) {
        let mut shown = self.lock();
        let Some(shown) = shown.as_mut().filter(|shown| shown.basis != basis) else {
            return;
        };
        shown.basis = basis;
        self.count.send_modify(|count| *count += 1);
        if let Some(peer) = shown.older.clone() {
            tokio::spawn(async move {
                // A client that is gone needs no news.
                let _ = peer.notify_tool_list_changed().await;
            });
        }
    }

    /// Tells a subscriber of each change, until the connection ends.
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

    /// The connection ends: subscriptions must not keep it open.
    pub(crate) fn end(&self) {
        self.ended.send_replace(true);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Shown>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
