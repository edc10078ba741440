//! Command `audit verify`: checks the hash chains of the audit log in the store of a gateway on this machine.

use mcp_gateway::serve::verify_audit;
use mcp_server::environment::process_environment;

use crate::args::audit::VerifyArgs;
use crate::error::CommandError;
use crate::{options, output};

/// Number of bad records that are printed.
const SHOWN: usize = 10;

/// Checks the audit log and prints the first bad records.
pub(crate) async fn run(args: VerifyArgs) -> Result<(), CommandError> {
    let (store, keys) = options::stored(&args.store, &process_environment, false)?;
    let check = verify_audit(store, keys, &args.heads)
        .await
        .map_err(anyhow::Error::from)?;
    let (entries, chains) = (check.entries, check.chains);
    let Some((first, others)) = check.findings.split_first() else {
        let plural = if chains == 1 { "" } else { "s" };
        output::line(&format!(
            "The audit log is intact: {entries} entries in {chains} chain{plural}."
        ))?;
        return Ok(());
    };
    output::line(&format!("First bad record: {first}"))?;
    for finding in others.iter().take(SHOWN) {
        output::line(&format!("Also: {finding}"))?;
    }
    let more = others.len().saturating_sub(SHOWN);
    if more > 0 {
        output::line(&format!("Also: {more} more"))?;
    }
    Err(CommandError::Failed)
}
