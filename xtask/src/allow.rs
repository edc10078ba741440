//! `cargo xtask allow`: writes allowlist entries for operations, with placeholders to fill in.

use anyhow::{Result, bail};
use fs_err as fs;

use crate::generate::{members, report};
use crate::lab::root;
use crate::specs;

/// Writes an entry for each operation into the file of its toolset. If any argument is invalid, nothing is written.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(crate) fn allow(
    operations: &[String],
    toolset: Option<&str>,
    member: Option<&str>,
) -> Result<()> {
    let root = root();
    let inputs = match member.map(|it| it.trim_end_matches('/')) {
        Some(member) if members(&root)?.iter().any(|it| it == member) => {
            specs::read_member(&root, member)?
        }
        Some(member) => bail!(
            "{member} is not a member of the workspace with its own tools; use one of {}",
            members(&root)?.join(", ")
        ),
        None => specs::load(&root)?,
    };
    let allowed = codegen::allow::allow(&inputs, operations, toolset)
        .map_err(|errors| report(&errors, "nothing was written"))?;
    for file in &allowed.files {
        fs::write(root.join(&file.path), &file.text)?;
    }
    for entry in &allowed.entries {
        let operations = entry.operations.iter();
        let operations: Vec<String> = operations
            .map(|(document, id)| format!("{document} {id}"))
            .collect();
        println!(
            "{}:{}: `{}` ({})",
            entry.path,
            entry.line,
            entry.tool,
            operations.join(", ")
        );
    }
    println!("Replace each TODO; `cargo xtask generate` reports what is missing.");
    Ok(())
}
