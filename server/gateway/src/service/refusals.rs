//! Records of refused requests. The first refusal is recorded at once, and further ones of the same kind are counted for a minute, so that guesses cannot fill the audit log.

use std::sync::PoisonError;
use std::time::Duration;

use serde_json::json;

use super::gateway::Gateway;
use super::state::RequestRefusal;
use crate::request_origin::RequestOrigin;
use crate::store::rows::{NewAudit, kind};

/// Time for which refusals of the same kind are counted.
const COUNTED: Duration = Duration::from_secs(60);

/// Maximum number of kinds of refusals that are counted separately.
const MOST_KINDS: usize = 1000;

impl Gateway {
    /// Records a refused request.
    pub(crate) fn record_refusal(&self, mut refusal: RequestRefusal, origin: &RequestOrigin) {
        let mut counts = self.0.refusals.0.lock();
        let counts = counts.as_mut();
        let Ok(counts) = counts else {
            return;
        };
        if counts.len() >= MOST_KINDS && !counts.contains_key(&refusal) {
            (refusal.peer, refusal.actor) = (None, None);
        }
        if let Some(count) = counts.get_mut(&refusal) {
            *count += 1;
            return;
        }
        counts.insert(refusal.clone(), 0);
        let first = NewAudit {
            request_id: origin.request_id().map(str::to_owned),
            trace_id: origin.trace_id().map(str::to_owned),
            ..record(&refusal, 1)
        };
        self.record_later(first);
        let gateway = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(COUNTED).await;
            let mut counts = gateway.0.refusals.0.lock();
            let count = counts
                .as_mut()
                .ok()
                .and_then(|counts| counts.remove(&refusal));
            drop(counts);
            gateway.record_count(&refusal, count.unwrap_or_default());
        });
    }

    /// Records the refusals that were counted so far.
    pub(super) fn record_refusals(&self) {
        let counts = self.0.refusals.0.lock();
        let counts = std::mem::take(&mut *counts.unwrap_or_else(PoisonError::into_inner));
        for (refusal, count) in counts {
            self.record_count(&refusal, count);
        }
    }

    fn record_count(&self, refusal: &RequestRefusal, count: u64) {
        if count > 0 {
            self.record_later(record(refusal, count));
        }
    }
}

fn record(refusal: &RequestRefusal, count: u64) -> NewAudit {
    let (actor, actor_name) = refusal.actor.clone().unwrap_or_default();
    NewAudit {
        kind: kind::EVENT.to_owned(),
        actor,
        actor_name,
        action: refusal.action.to_owned(),
        outcome: refusal.outcome.to_owned(),
        target: Some(json!({"route": refusal.route, "count": count}).to_string()),
        peer: refusal.peer.map(|peer| peer.to_string()),
        ..NewAudit::default()
    }
}
