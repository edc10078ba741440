//! Progress notifications, which tell a client how far a call that reads many pages is.

use std::time::Duration;

use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::RequestContext;
use rmcp::{Peer, RoleServer};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Maximum time that a finished call waits for a notification that is being written, so that no notification follows the result.
const LAST_PROGRESS: Duration = Duration::from_millis(50);

/// Sender of progress notifications for one call. A client receives them only if its request has a progress token.
pub(crate) struct Progress {
    /// Latest progress. A newer value replaces it, so that a slow client receives fewer notifications instead of late ones.
    latest: watch::Sender<Option<(u64, Option<u64>)>>,
    notifier: Option<JoinHandle<()>>,
}

impl Progress {
    /// Creates the sender for the call of `context`.
    pub(crate) fn new(context: &RequestContext<RoleServer>) -> Self {
        let (latest, receiver) = watch::channel(None);
        let notifier = context
            .meta
            .get_progress_token()
            .map(|token| tokio::spawn(notify(context.peer.clone(), token, receiver)));
        Self { latest, notifier }
    }

    /// Reports how many items have been read, and the total if it is known.
    pub(crate) fn report(&self, read: u64, of: Option<u64>) {
        self.latest.send_if_modified(|latest| {
            // The MCP specification requires that the progress increases with each notification.
            let increases = latest.is_none_or(|(before, _)| read > before);
            if increases {
                *latest = Some((read, of));
            }
            increases
        });
    }

    /// Stops the notifications, so that none follows the result.
    pub(crate) async fn finish(self) {
        drop(self.latest);
        if let Some(mut notifier) = self.notifier {
            // After the end of input, rmcp neither writes notifications nor returns an error, so the notifier may never finish.
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

/// Converts a count to the number type of JSON. The conversion is exact up to 2^53.
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
