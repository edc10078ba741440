//! Detection of the API of the upstream in the background.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use runtime::DetectedServer;
use tokio::sync::watch;

use super::Handler;
use super::panics::panic_text;

/// Maximum time that `tools/list` waits for a running detection. An upstream usually responds to the probe within milliseconds. While a client waits for an unreachable upstream, it shows no tools.
const DETECTION_WAIT: Duration = Duration::from_millis(300);

/// Maximum time that `tools/list` waits for versions on which descriptions depend. The account may have to sign in first. Without the versions, the descriptions state all possibilities.
const VERSION_WAIT: Duration = Duration::from_secs(2);

impl Handler {
    /// Notifies the client if its list of tools is out of date.
    pub(super) fn announce_changes(&self) {
        if let Some(changes) = &self.0.changes {
            let known = self.0.account.known();
            changes.update(self.0.offer.basis(known.as_deref()));
        }
    }

    /// Starts to detect the API of the upstream in the background, or returns the running detection.
    ///
    /// The value of the receiver becomes true when the detection ends, even if it failed.
    pub fn start_detection(&self) -> watch::Receiver<bool> {
        let mut detection = self.detection();
        if let Some(under_way) = detection.as_ref().filter(|done| !*done.borrow()) {
            return under_way.clone();
        }
        let (sender, receiver) = watch::channel(false);
        *detection = Some(receiver.clone());
        drop(detection);

        let this = self.clone();
        tokio::spawn(async move {
            let detect = this.0.account.detect();
            // After a panic, waiting requests must still receive a response.
            match AssertUnwindSafe(detect).catch_unwind().await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => tracing::warn!(%error, "the API is not known yet"),
                Err(panic) => tracing::error!(panic = panic_text(&*panic), "detection panicked"),
            }
            sender.send_replace(true);
            this.announce_changes();
        });
        receiver
    }

    /// Returns the detected API of the upstream. If the API is not known or is being detected, waits for at most [`DETECTION_WAIT`].
    pub(super) async fn known_soon(&self) -> Option<Arc<DetectedServer>> {
        let mut detection = if self.0.account.known().is_none() {
            self.start_detection()
        } else if let Some(under_way) = self.detection_under_way() {
            under_way
        } else {
            return self.0.account.known();
        };
        let _ = tokio::time::timeout(DETECTION_WAIT, detection.wait_for(|done| *done)).await;
        self.0.account.known()
    }

    /// Returns the detected API with the versions on which descriptions of the offered tools depend. If versions are not read yet, waits for at most [`VERSION_WAIT`] more.
    pub(super) async fn known_with_versions(&self) -> Option<Arc<DetectedServer>> {
        let known = self.known_soon().await?;
        let tools = self.0.offer.tools(Some(&known));
        let unread = self.0.account.unread_versions(tools);
        if unread.is_empty() {
            return Some(known);
        }
        let this = self.clone();
        // Spawned, so that reading continues after the wait has ended.
        let reading = tokio::spawn(async move {
            for document in unread {
                this.0.account.read_version(document).await;
            }
            this.announce_changes();
        });
        let _ = tokio::time::timeout(VERSION_WAIT, reading).await;
        self.0.account.known()
    }

    fn detection_under_way(&self) -> Option<watch::Receiver<bool>> {
        self.detection().clone().filter(|done| !*done.borrow())
    }

    fn detection(&self) -> MutexGuard<'_, Option<watch::Receiver<bool>>> {
        self.0
            .detection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
