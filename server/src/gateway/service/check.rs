//! Whether an account works.

use super::{Gateway, Result, require};
use crate::gateway::model::{Check, Principal, Role};

impl Gateway {
    /// Detects the API, signs in and lists one user, with a sign-in of its own.
    pub(crate) async fn check_account(&self, who: &Principal, id: &str) -> Result<Check> {
        require(who, Role::Admin)?;
        let row = self.account_row(id).await?;
        let account = self.sign_in_anew(&row)?;
        let _ = account;
        Err(crate::gateway::error::ServiceError::Internal(
            "not there yet".to_owned(),
        ))
    }
}
