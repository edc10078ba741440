//! Accounts in use: what signs in, once for all servers of an account, and how it does.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{Gateway, Result};
use crate::gateway::store::Change;
use crate::gateway::store::rows::AccountRow;

/// What signs in to an account's server, shared by all its MCP servers, as of one version of the account.
pub(super) struct Live {
    version: i64,
    account: runtime::Account,
}

impl Live {
    /// The account, if it is not of an older version.
    fn of(&self, row: &AccountRow) -> Option<runtime::Account> {
        (self.version >= row.updated_at).then(|| self.account.clone())
    }
}

/// How an account does at this moment, in this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LiveState {
    /// Name of the API, if it is known.
    pub(crate) api: Option<&'static str>,
    /// Version of the server, if it is known.
    pub(crate) version: Option<String>,
    /// Requests on their way.
    pub(crate) in_flight: usize,
    /// What is wrong with it, unless the last request went well.
    pub(crate) last_error: Option<LastError>,
}

/// The last failure that was not the caller's fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LastError {
    /// When it was.
    pub(crate) at: Timestamp,
    /// Its code: `unreachable`, `unauthenticated`, …
    pub(crate) code: &'static str,
    /// What was wrong, without secrets.
    pub(crate) message: String,
}

impl Gateway {
    /// How the accounts do that were used in this process, by their ids.
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
                last_error: live.account.last_failure().map(LastError::from),
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

    /// The account as it signs in: one for all who use this version of it.
    pub(super) async fn live(&self, row: &AccountRow) -> Result<runtime::Account> {
        if let Some(account) = self.0.live().get(&row.id).and_then(|it| it.of(row)) {
            return Ok(account);
        }
        let account = self.usable(row).await?;
        let mut live = self.0.live();
        // Somebody may have been faster.
        if let Some(account) = live.get(&row.id).and_then(|it| it.of(row)) {
            return Ok(account);
        }
        let entry = Live {
            version: row.updated_at,
            account: account.clone(),
        };
        live.insert(row.id.clone(), entry);
        Ok(account)
    }

    /// A runtime account that knows nothing yet; that there can be none shows in the state.
    pub(super) async fn usable(&self, row: &AccountRow) -> Result<runtime::Account> {
        let account = self.readable(row).await;
        let account = account.and_then(|()| self.sign_in_anew(row));
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

    /// Uses an account that was just tried from now on, so that what was found out shows. One with requests on their way stays, since they count for its limit; how they end shows as well.
    pub(super) async fn adopt(&self, row: &AccountRow, account: &runtime::Account) {
        // Changed or deleted while it was tried.
        let same = self.account_row(&row.id).await;
        if !same.is_ok_and(|it| it.updated_at == row.updated_at) {
            return;
        }
        let mut live = self.0.live();
        let stays = |there: &Live| there.version > row.updated_at || there.account.in_flight() > 0;
        if live.get(&row.id).is_some_and(stays) {
            return;
        }
        let entry = Live {
            version: row.updated_at,
            account: account.clone(),
        };
        live.insert(row.id.clone(), entry);
        drop(live);
        // What was looked up has the account that was used before.
        self.0.directory.forget(&Change::Account(row.id.clone()));
    }
}

impl From<runtime::Failure> for LastError {
    fn from(failure: runtime::Failure) -> Self {
        let runtime::CallError { title, detail, .. } = &failure.error;
        let separator = if detail.is_empty() { "" } else { ": " };
        Self {
            at: Timestamp::try_from(failure.at).unwrap_or(Timestamp::UNIX_EPOCH),
            code: failure.error.code.as_str(),
            message: format!("{title}{separator}{detail}"),
        }
    }
}
