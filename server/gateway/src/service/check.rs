//! Checks whether an account works.

use runtime::selection::Selection;

use super::gateway::{Gateway, Result, internal, require};
use crate::error::ServiceError;
use crate::model::{AccountCheck, CheckStep, Principal, Role};
use crate::store::rows::NewAudit;
use mcp_server::diagnosis::{self, DiagnosisStep, Report, StepOutcome};

impl Gateway {
    /// Detects the API, signs in separately from the account's current session, and lists one user, like `doctor`.
    pub(crate) async fn check_account(&self, who: &Principal, id: &str) -> Result<AccountCheck> {
        require(who, Role::Admin)?;
        let check = self.examine_account(who, id).await?;
        let record = NewAudit {
            account_id: Some(id.to_owned()),
            outcome: if check.ok { "ok" } else { "failed" }.to_owned(),
            ..self.record(who, "account.check")
        };
        self.record_later(record);
        Ok(check)
    }

    async fn examine_account(&self, who: &Principal, id: &str) -> Result<AccountCheck> {
        let row = self.account_row(id).await?;
        let account = match self.usable(&row).await {
            Ok(account) => account,
            Err(ServiceError::Unavailable(why)) => return Ok(AccountCheck::unusable(why)),
            Err(error) => return Err(error),
        };
        let mut steps = Steps::default();
        let token = self.account(who, id).await?.auth.kind != "password";
        diagnosis::examine(&account, &Selection::default(), token, None, &mut steps)
            .await
            .map_err(internal)?;
        self.adopt(&row, &account).await;
        let known = account.known();
        let documents = known.as_ref().map(|known| known.documents.iter());
        Ok(AccountCheck {
            ok: steps.0.iter().all(|step| step.ok),
            api: known.as_ref().map(|known| known.api.name.to_owned()),
            documents: documents
                .into_iter()
                .flatten()
                .map(|it| (*it).to_owned())
                .collect(),
            version: known
                .map(|known| known.version.clone())
                .filter(|version| !version.is_empty()),
            steps: steps.0,
        })
    }
}

impl AccountCheck {
    /// Creates the result for an account whose settings are invalid.
    fn unusable(why: String) -> Self {
        Self {
            steps: vec![CheckStep {
                name: "settings".to_owned(),
                ok: false,
                detail: why,
            }],
            ..Self::default()
        }
    }
}

#[derive(Default)]
struct Steps(Vec<CheckStep>);

impl Report for Steps {
    fn step(
        &mut self,
        DiagnosisStep { outcome, what, how }: DiagnosisStep<'_>,
    ) -> std::io::Result<()> {
        let (ok, advice) = match outcome {
            StepOutcome::Ok | StepOutcome::Note => (true, ""),
            StepOutcome::Failed { advice } => (false, advice),
        };
        self.0.push(CheckStep {
            name: what.to_owned(),
            ok,
            detail: sentences(how, advice),
        });
        Ok(())
    }
}

/// Joins a finding and its advice with a full stop.
fn sentences(how: &str, advice: &str) -> String {
    if advice.is_empty() {
        return how.to_owned();
    }
    let end = if how.ends_with(['.', '!', '?', '…']) {
        ""
    } else {
        "."
    };
    format!("{how}{end} {advice}")
}

#[cfg(test)]
mod tests {
    use super::sentences;

    #[test]
    fn sentences_end_once() {
        let rows = [
            ("works", "", "works"),
            ("no answer", "Check it.", "no answer. Check it."),
            (
                "No answer from x.",
                "Check it.",
                "No answer from x. Check it.",
            ),
        ];
        for (how, advice, expected) in rows {
            assert_eq!(sentences(how, advice), expected);
        }
    }
}
