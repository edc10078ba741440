//! Progress notifications: while a call reads many pages, its client learns how far it is.

use std::time::Duration;

use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::RequestContext;
use rmcp::{Peer, RoleServer};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long a finished call waits for a progress notification that is being written, so that none follows the result.
const LAST_PROGRESS: Duration = Duration::from_millis(50);

/// Progress of a call, on its way to a client that asked for it.
pub(crate) struct Progress {
    /// Only the latest matters: a slow client gets fewer notifications, not late ones.
    latest: watch::Sender<Option<(u64, Option<u64>)>>,
    notifier: Option<JoinHandle<()>>,
}

impl Progress {
    /// Of the call that `context` stands for; it goes nowhere if the client did not ask for it.
    pub(crate) fn new(context: &RequestContext<RoleServer>) -> Self {
        let (latest, receiver) = watch::channel(None);
        let notifier = context
            .meta
            .get_progress_token()
            .map(|token| tokio::spawn(notify(context.peer.clone(), token, receiver)));
        Self { latest, notifier }
    }

    /// So much is read, of so much if that is known.
    pub(crate) fn report(&self, read: u64, of: Option<u64>) {
        self.latest.send_if_modified(|latest| {
            // The specification wants it to increase with each notification.
            let increases = latest.is_none_or(|(before, _)| read > before);
            if increases {
                *latest = Some((read, of));
            }
            increases
        });
    }

    /// Sees to it that no notification follows the result.
    pub(crate) async fn finish(self) {
        drop(self.latest);
        if let Some(mut notifier) = self.notifier {
            // After the end of input rmcp writes no notification any more and says so to nobody.
            if tokio::time::timeout(LAST_PROGRESS, &mut notifier)
                .await
                .is_err()
            {
                notifier.abort();
            }
        }
    }
}

async fn notify(
    peer: Peer<RoleServer>,
    token: ProgressToken,
    mut latest: watch::Receiver<Option<(u64, Option<u64>)>>,
) {
    while latest.changed().await.is_ok() {
        let Some((read, of)) = *latest.borrow_and_update() else {
            continue;
        };
        let mut progress = ProgressNotificationParam::new(token.clone(), count(read));
        progress.total = of.map(count);
        if peer.notify_progress(progress).await.is_err() {
            break;
        }
    }
}

/// A count as JSON has numbers; exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "nobody counts that far")]
fn count(of: u64) -> f64 {
    of as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_only_increases() {
        let progress = Progress {
            latest: watch::Sender::new(None),
            notifier: None,
        };
        let seen: Vec<_> = [1, 3, 2, 3, 4]
            .into_iter()
            .map(|read| {
                progress.report(read, None);
                progress.latest.borrow().map(|(read, _)| read)
            })
            .collect();
        assert_eq!(seen, [1, 3, 3, 3, 4].map(Some));
    }
}
