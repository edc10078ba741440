//! Regular work on the audit log: the lease of this process, intents that ended processes left open, and old entries.

use super::gateway::{Gateway, Result, chain_key};
use super::verify::{self, AuditCheck};
use crate::model::Principal;

impl Gateway {
    /// Checks the audit log with the keys of this gateway.
    pub(super) async fn check_audit(&self) -> Result<AuditCheck> {
        Ok(verify::check(&self.0.store, &self.vault(), &[]).await?)
    }

    /// Signs the audit chain with the present key, and repeats under this key what earlier checkpoints state, so that the earlier entries can be checked without the previous key.
    pub(super) async fn sign_audit_again(&self) -> Result<()> {
        let vault = self.vault();
        if self.0.store.chain_key_id().await.as_deref() == Some(vault.key_id()) {
            return Ok(());
        }
        let purged = self.check_audit().await?.purged;
        let checkpoint = self.record(&Principal::gateway(), "key.change");
        let key = chain_key(&vault);
        Ok(self
            .0
            .store
            .change_chain_key(key, checkpoint, purged)
            .await?)
    }

    /// Extends the lease of this process, and closes the intents of processes whose lease has ended.
    pub(super) async fn keep_lease(&self) {
        let kept = async {
            self.0.store.extend_lease().await?;
            self.close_intents().await
        };
        if let Err(error) = kept.await {
            tracing::warn!(%error, "open calls of other gateways cannot be closed");
        }
    }

    /// Closes the intents of gateways that have ended.
    pub(super) async fn close_intents(&self) -> sqlx::Result<()> {
        let calls = self.0.store.close_intents(self.now()).await?;
        if calls > 0 {
            tracing::warn!(
                calls,
                "a gateway ended during calls; their outcome in the audit log is `unknown`"
            );
        }
        Ok(())
    }

    /// Removes the oldest day of the audit log if it is older than the retention. Removes nothing while the clock is in doubt, because a wrong clock must not empty the log.
    pub(super) async fn purge_audit(&self, now: i64) -> Result<u64> {
        if !self.0.purge_clock.is_trusted(now) {
            return Ok(0);
        }
        let retention = i64::try_from(self.0.audit_retention.as_micros()).unwrap_or(i64::MAX);
        let before = now.saturating_sub(retention);
        let store = &self.0.store;
        if !store.has_audit_day_before(before).await? || self.0.purge_clock.is_paused() {
            return Ok(0);
        }
        // Otherwise somebody could let the gateway itself remove the evidence, and a checkpoint would confirm it.
        let check = self.check_audit().await?;
        if let Some(finding) = check.findings.first() {
            tracing::error!(%finding, "nothing is purged from the audit log, because its check failed");
            self.0.purge_clock.pause();
            return Ok(0);
        }
        let checkpoint = self.record(&Principal::gateway(), "audit.purge");
        Ok(store.purge_audit(before, &checkpoint, check.purged).await?)
    }
}
