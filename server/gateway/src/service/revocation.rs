//! Revocation: the tokens of an object are refused in the memory of this replica first, and then the change is stored, which other replicas learn within a second. If the store cannot be written, this replica continues to refuse the tokens and repeats the change until it is stored.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::gateway::{Gateway, Result};
use crate::directory::RevokedObject;
use crate::error::ServiceError;
use crate::store::StoreEvent;
use crate::store::rows::NewAudit;

/// Revocations that are not stored yet.
#[derive(Debug, Default)]
pub(super) struct Revocations {
    pending: Mutex<Vec<PendingRevocation>>,
    /// Turn to store a revocation, so that a pending one cannot undo a later change of the same object.
    turn: tokio::sync::Mutex<()>,
}

/// Revocation that could not be stored, with everything that must be stored.
#[derive(Debug, Clone)]
pub(super) struct PendingRevocation {
    pub(super) refusal: RevokedObject,
    /// Hash of the token that replaces the revoked one, if the object remains.
    pub(super) new_hash: Option<Vec<u8>>,
    pub(super) audit: NewAudit,
}

impl PendingRevocation {
    /// Creates the revocation of a server, or of its current URL if the token with the new hash replaces it.
    pub(super) fn server(
        account_id: &str,
        id: &str,
        new_hash: Option<Vec<u8>>,
        audit: &NewAudit,
    ) -> Self {
        Self {
            refusal: RevokedObject::Server {
                account_id: account_id.to_owned(),
                id: id.to_owned(),
            },
            new_hash,
            audit: audit.clone(),
        }
    }
}

impl Revocations {
    fn pending(&self) -> MutexGuard<'_, Vec<PendingRevocation>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remove(&self, refusal: &RevokedObject) {
        self.pending().retain(|it| it.refusal != *refusal);
    }

    fn add(&self, revocation: PendingRevocation) {
        let mut pending = self.pending();
        // A deletion that is pending includes a rotation.
        let is_included = pending
            .iter()
            .any(|it| it.refusal == revocation.refusal && it.new_hash.is_none());
        if !is_included {
            pending.retain(|it| it.refusal != revocation.refusal);
            pending.push(revocation);
        }
    }
}

impl Gateway {
    /// Refuses the tokens of an object from now on, and runs the work that stores the revocation. If the store cannot be written, the revocation stays pending.
    pub(super) async fn revoke<T>(
        &self,
        revocation: PendingRevocation,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let refusal = revocation.refusal.clone();
        self.refuse(&refusal);
        let _turn = self.0.revocations.turn.lock().await;
        // An earlier revocation of the same object may have ended in the meantime.
        self.refuse(&refusal);
        let done = work.await;
        match done {
            Err(ServiceError::Unavailable(_) | ServiceError::Internal(_)) => {
                tracing::error!(
                    ?refusal,
                    "the revocation cannot be stored and is pending; this replica refuses the object and tries again"
                );
                let (what, id) = refusal.object();
                let id = id.to_owned();
                self.0.revocations.add(revocation);
                return Err(ServiceError::RevocationPending { what, id });
            }
            Ok(_) => self.0.revocations.remove(&refusal),
            Err(_) => {}
        }
        self.end_refusal(&refusal);
        done
    }

    fn refuse(&self, refusal: &RevokedObject) {
        self.0.directory.refuse(refusal);
        if let RevokedObject::Account(id) = refusal {
            self.0.live().remove(id);
        }
    }

    /// Removes the refusal of an object whose state in the store is valid again, unless its revocation is pending.
    fn end_refusal(&self, refusal: &RevokedObject) {
        let is_pending = |it: &PendingRevocation| it.refusal == *refusal;
        if !self.0.revocations.pending().iter().any(is_pending) {
            self.forget(&refusal.event());
            self.0.directory.end_refusal(refusal);
        }
    }

    /// Tries once to store the pending revocations.
    pub(super) async fn store_pending(&self) {
        let pending = self.0.revocations.pending().clone();
        for revocation in pending {
            let _turn = self.0.revocations.turn.lock().await;
            let refusal = &revocation.refusal;
            // The object may have been changed while this task waited for its turn.
            let is_pending = |it: &PendingRevocation| it.refusal == *refusal;
            if !self.0.revocations.pending().iter().any(is_pending) {
                continue;
            }
            if self.store_revocation(&revocation).await.is_ok() {
                tracing::info!(?refusal, "stored the pending revocation");
                self.0.revocations.remove(refusal);
                self.end_refusal(refusal);
            }
        }
    }

    /// Stores a revocation with its audit record. An object that does not exist needs no revocation.
    async fn store_revocation(&self, revocation: &PendingRevocation) -> sqlx::Result<()> {
        let store = &self.0.store;
        let audit = &revocation.audit;
        match (&revocation.refusal, &revocation.new_hash) {
            (RevokedObject::Account(id), _) => store.delete_account(id, audit).await?,
            (RevokedObject::Token(id), _) => store.delete_token(id, audit).await?,
            (RevokedObject::Server { account_id, id }, None) => {
                store.delete_server(account_id, id, audit).await?
            }
            (RevokedObject::Server { account_id, id }, Some(hash)) => loop {
                let Some(mut row) = store.server(account_id, id).await? else {
                    break false;
                };
                let was = row.updated_at;
                row.token_hash.clone_from(hash);
                row.updated_at = self.now().max(was + 1);
                if store.update_server(&row, was, audit).await? {
                    break true;
                }
            },
        };
        Ok(())
    }

    /// Reports the revocations that are lost because the gateway ends.
    pub(super) async fn last_revocations(&self) {
        if self.0.revocations.pending().is_empty() {
            return;
        }
        self.store_pending().await;
        for revocation in self.0.revocations.pending().iter() {
            tracing::error!(
                refusal = ?revocation.refusal,
                "the gateway ends before the revocation is stored; revoke the object again"
            );
        }
    }
}

impl RevokedObject {
    /// Returns the kind and the id of the object.
    fn object(&self) -> (&'static str, &str) {
        match self {
            Self::Account(id) => ("account", id),
            Self::Server { id, .. } => ("server", id),
            Self::Token(id) => ("token", id),
        }
    }

    /// Returns the event that affects the same cached data.
    pub(crate) fn event(&self) -> StoreEvent {
        match self {
            Self::Account(id) => StoreEvent::Account(id.clone()),
            Self::Server { id, .. } => StoreEvent::Server(id.clone()),
            Self::Token(id) => StoreEvent::Token(id.clone()),
        }
    }
}
