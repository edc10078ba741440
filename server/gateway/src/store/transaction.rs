//! Transaction that ends with its audit records, so that the chain is locked only for the commit.

use std::ops::{Deref, DerefMut};

use super::rows::NewAudit;

/// Transaction with the audit records that are written at its end.
pub(super) struct Change<'c, Db: sqlx::Database> {
    pub(super) transaction: sqlx::Transaction<'c, Db>,
    pub(super) records: Vec<NewAudit>,
}

impl<'c, Db: sqlx::Database> Change<'c, Db> {
    pub(super) fn new(transaction: sqlx::Transaction<'c, Db>) -> Self {
        Self {
            transaction,
            records: Vec::new(),
        }
    }

    /// Adds an audit record to the transaction.
    pub(super) fn record(&mut self, record: NewAudit) {
        self.records.push(record);
    }
}

impl<Db: sqlx::Database> Deref for Change<'_, Db> {
    type Target = Db::Connection;

    fn deref(&self) -> &Self::Target {
        &self.transaction
    }
}

impl<Db: sqlx::Database> DerefMut for Change<'_, Db> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.transaction
    }
}
