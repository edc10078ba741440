//! Runtime accounts in use. Each is shared by all MCP servers of an account, and its state is shown to administrators.

use std::collections::HashMap;

use jiff::Timestamp;

use super::gateway::{Gateway, Result};
use super::state::{LastError, LiveAccount, LiveState};
use crate::store::StoreEvent;
use crate::store::rows::AccountRow;

impl Gateway {
    /// Returns the states of the accounts that this process has used, by account id.
    pub(crate) fn live_states(&self) -> HashMap<String, LiveState> {
        let live = self.0.live();
        let states = live.iter().map(|(id, live)| {
            let known = live.account.known();
            let state = LiveState {
                api: known.as_ref().map(|known| known.api.name),
                version: known
                    .map(|known| known.version.clone())
                    .filter(|version| !version.is_empty()),
                in_flight: live.account.in_flight(),
                last_error: live.account.last_error().map(LastError::from),
            };
            (id.clone(), state)
        });
        let mut states: HashMap<_, _> = states.collect();
        drop(live);
        for (id, why) in self.0.unusable().iter() {
            states.entry(id.clone()).or_insert(LiveState {
                api: None,
                version: None,
                in_flight: 0,
                last_error: Some(why.clone()),
            });
        }
        states
    }

    /// Returns the runtime account that all users of this version of the account share.
    pub(super) async fn live(&self, row: &AccountRow) -> Result<runtime::Account> {
        if let Some(account) = self
            .0
            .live()
            .get(&row.id)
            .and_then(|it| it.account_for(row))
        {
            return Ok(account);
        }
        let account = self.usable(row).await?;
        let mut live = self.0.live();
        // Another task may have added the account in the meantime.
        if let Some(account) = live.get(&row.id).and_then(|it| it.account_for(row)) {
            return Ok(account);
        }
        let entry = LiveAccount {
            version: row.updated_at,
            account: account.clone(),
        };
        live.insert(row.id.clone(), entry);
        Ok(account)
    }

    /// Creates a runtime account without cached state. If that fails, the error appears in the state of the account.
    pub(super) async fn usable(&self, row: &AccountRow) -> Result<runtime::Account> {
        let account = self.new_runtime_account(row).await;
        match &account {
            Ok(_) => {
                self.0.unusable().remove(&row.id);
            }
            Err(error) => {
                let why = LastError {
                    at: Timestamp::now(),
                    code: error.code(),
                    message: error.to_string(),
                };
                self.0.unusable().insert(row.id.clone(), why);
            }
        }
        account
    }

    /// Uses a runtime account that was just checked for all further requests, so that the state shows the result of the check. A current account with requests in flight is kept, because they count towards its limit, and the state shows their results.
    pub(super) async fn adopt(&self, row: &AccountRow, account: &runtime::Account) {
        // The account may have been changed or deleted during the check.
        let same = self.account_row(&row.id).await;
        if !same.is_ok_and(|it| it.updated_at == row.updated_at) {
            return;
        }
        let mut live = self.0.live();
        let stays =
            |there: &LiveAccount| there.version > row.updated_at || there.account.in_flight() > 0;
        if live.get(&row.id).is_some_and(stays) {
            return;
        }
        let entry = LiveAccount {
            version: row.updated_at,
            account: account.clone(),
        };
        live.insert(row.id.clone(), entry);
        drop(live);
        // The cached server tokens refer to the previous runtime account.
        self.0
            .directory
            .forget(&StoreEvent::Account(row.id.clone()));
    }
}
