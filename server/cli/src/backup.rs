//! Command `backup`: copies the store of a gateway that may be running.

use mcp_gateway::store::backup;
use mcp_server::environment::{process_environment, set};
use mcp_server::product::product;

use crate::args::backup::BackupArgs;
use crate::error::{CommandError, ConfigErrors};
use crate::output;

/// Copies the SQLite store.
pub(crate) async fn copy(args: BackupArgs) -> Result<(), CommandError> {
    if set(process_environment("DATABASE_URL")).is_some() {
        let error = "DATABASE_URL is set, so the store is PostgreSQL; use `pg_dump`, or remove the variable to copy the store in --data";
        return Err(ConfigErrors::one(error.to_owned()).into());
    }
    let store = args.data.join(format!("{}.sqlite", product().name));
    let bytes = backup::copy(&store, &args.file).await;
    let bytes = bytes.map_err(anyhow::Error::from)?;
    output::line(&format!(
        "Copied {} to {} ({bytes} bytes). The key is not part of the copy.",
        store.display(),
        args.file.display()
    ))?;
    Ok(())
}
