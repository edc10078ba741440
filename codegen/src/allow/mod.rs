//! Creates allowlist entries for undecided operations. An entry contains what follows from the documents and from similar tools. A person must replace each `TODO` before the tool is generated.

mod derive;
mod error;
mod find;
mod write;

pub use error::AllowError;
pub use write::{Allowed, NewEntry};

use crate::input::Input;
use crate::workspace::Workspace;

/// Creates an entry for each operation, given as an id or as `DOCUMENT:ID`. Operations that are the same in several documents share an entry.
///
/// # Errors
///
/// All errors of the request. No entry is created if there is an error.
pub fn allow(
    inputs: &[Input],
    wanted: &[String],
    toolset: Option<&str>,
) -> Result<Allowed, Vec<AllowError>> {
    let workspace = &Workspace::read(inputs);
    let mut errors = Vec::new();
    if let Some(toolset) = toolset
        && !derive::is_name(toolset)
    {
        let toolset = toolset.to_owned();
        errors.push(AllowError::ToolsetName { toolset });
    }
    let groups = find::groups(workspace, wanted, &mut errors);
    let mut drafts = Vec::new();
    for group in &groups {
        match derive::draft(workspace, group, toolset, &drafts) {
            Ok(draft) => drafts.push(draft),
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    write::write(inputs, workspace, &drafts)
}
