//! Command `doctor`: checks the settings and diagnoses the connection to the upstream.

use std::io;

use mcp_server::diagnosis::{self, DiagnosisStep, Report, StepOutcome};
use mcp_server::environment::process_environment;

use crate::args::connection::ConnectArgs;
use crate::error::CommandError;
use crate::{output, settings};

/// Runs all applicable checks and fails if one of them failed.
pub(crate) async fn check(args: ConnectArgs) -> Result<(), CommandError> {
    let mut report = PrintedReport::default();
    let has_token = args.connection.username.is_none();
    let mut without_api = args.clone();
    without_api.connection.api = None;
    match settings::connect(args, &process_environment) {
        Ok((account, selection)) => {
            report.ok("settings", "valid")?;
            let detecting = settings::connect(without_api, &process_environment).ok();
            let detecting = detecting.as_ref().map(|(account, _)| account);
            diagnosis::examine(&account, &selection, has_token, detecting, &mut report).await?;
        }
        Err(errors) => {
            for error in errors.0 {
                report.failed("settings", &error, "")?;
            }
        }
    }
    match report.failed {
        true => Err(CommandError::Failed),
        false => Ok(()),
    }
}

/// Report that prints each result immediately and records whether a check failed.
#[derive(Debug, Default)]
struct PrintedReport {
    failed: bool,
}

impl Report for PrintedReport {
    fn step(&mut self, DiagnosisStep { outcome, what, how }: DiagnosisStep<'_>) -> io::Result<()> {
        let (mark, advice) = match outcome {
            StepOutcome::Ok => ("ok", ""),
            StepOutcome::Note => ("-", ""),
            StepOutcome::Failed { advice } => ("FAILED", advice),
        };
        self.failed |= mark == "FAILED";
        output::line(&format!("{mark:<6}  {what:<10}  {how}"))?;
        if advice.is_empty() {
            return Ok(());
        }
        output::line(&format!("        {:<10}  -> {advice}", ""))
    }
}
