//! `cargo xtask generate`: writes `generated/` and the table in the README, or compares them with the files on disk. Members of the workspace with their own `specs/` are generated too.

use std::fmt::Display;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, bail};
use codegen::Catalog;
use codegen::emit::{OutputFile, emit, readme};
use codegen::{Input, Workspace};
use fs_err as fs;
use serde::Deserialize;
use similar::TextDiff;

use crate::lab::root;
use crate::rustfmt::rustfmt;
use crate::specs;

/// Folders that contain only generated files.
const FOLDERS: &[&str] = &["generated/src", "generated/schemas"];
const README: &str = "README.md";

/// Generates the files or, with `check`, shows what generating would change and fails if there is a change.
///
/// An undecided operation is an error, but the tools are written nevertheless, so that the diff shows the effect of the decisions at once.
pub(crate) fn generate(check: bool) -> Result<()> {
    let root = root();
    let mut outcome = generate_in(&root, "", &specs::read(&root)?, check);
    for member in members(&root)? {
        let inputs = specs::read_member(&root, &member)?;
        outcome = outcome.and(generate_in(&root, &format!("{member}/"), &inputs, check));
    }
    outcome
}

/// Returns the members of the workspace that are generated from their own `specs/`.
pub(crate) fn members(root: &Path) -> Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Manifest {
        workspace: Workspace,
    }
    #[derive(Deserialize)]
    struct Workspace {
        members: Vec<String>,
    }
    let text = fs::read_to_string(root.join("Cargo.toml"))?;
    let manifest: Manifest = toml::from_str(&text).context("cannot read Cargo.toml")?;
    let members = manifest.workspace.members.into_iter();
    let has_specs = |member: &String| root.join(member).join("specs/apis.yaml").is_file();
    Ok(members.filter(has_specs).collect())
}

/// Generates the files of one folder of the workspace. `folder` ends with `/`.
#[expect(clippy::print_stdout, reason = "the result of the command")]
fn generate_in(root: &Path, folder: &str, inputs: &[Input], check: bool) -> Result<()> {
    let draft = Workspace::read(inputs).into_draft();
    let (catalog, undecided) = draft.map_err(|errors| report(&errors, "nothing was generated"))?;
    let files = print(root, folder, &catalog)?;
    let plan = plan(root, folder, &files)?;
    if check {
        print!("{}", plan.diff());
    } else {
        plan.apply(root)?;
    }
    println!(
        "{}; {}",
        summary(&catalog),
        plan.summary(files.len(), check)
    );
    if check && !plan.is_empty() {
        bail!("the generated files are outdated; run `cargo xtask generate`");
    }
    if !undecided.is_empty() {
        return Err(report(&undecided, "all other tools were generated"));
    }
    Ok(())
}

/// Prints errors, each on its own line, and counts them.
pub(crate) fn report(errors: &[impl Display], outcome: &str) -> anyhow::Error {
    for error in errors {
        eprintln!("{error}");
    }
    let plural = if errors.len() == 1 { "" } else { "s" };
    anyhow::anyhow!("{} error{plural} in the specs; {outcome}", errors.len())
}

/// Returns all generated files, including the README if it exists.
fn print(root: &Path, folder: &str, catalog: &Catalog) -> Result<Vec<OutputFile>> {
    let mut files = emit(catalog)?;
    let to_format = files.iter_mut();
    rustfmt(to_format.map(|file| (file.path.as_str(), &mut file.text)))
        .context("cannot format the generated files with rustfmt")?;
    for file in &mut files {
        file.path.insert_str(0, folder);
    }
    let path = format!("{folder}{README}");
    if folder.is_empty() || root.join(&path).is_file() {
        let current = fs::read_to_string(root.join(&path))?;
        let text = readme(catalog, &current)?;
        files.push(OutputFile { path, text });
    }
    Ok(files)
}

/// Changes to make on disk.
#[derive(Debug, PartialEq)]
struct Plan {
    /// Files to write, with their current content if they exist.
    changed: Vec<(OutputFile, Option<String>)>,
    /// Files to delete, with their content.
    orphans: Vec<OutputFile>,
}

/// Compares the generated files with those on disk.
fn plan(root: &Path, folder: &str, files: &[OutputFile]) -> Result<Plan> {
    let mut changed = Vec::new();
    for file in files {
        // A file that is no longer valid UTF-8 is rewritten like any other.
        let current = match fs::read(root.join(&file.path)) {
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        if current.as_ref() != Some(&file.text) {
            changed.push((file.clone(), current));
        }
    }
    let mut orphans = Vec::new();
    for generated in FOLDERS {
        find_orphans(root, &format!("{folder}{generated}"), files, &mut orphans)?;
    }
    orphans.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(Plan { changed, orphans })
}

fn find_orphans(
    root: &Path,
    folder: &str,
    files: &[OutputFile],
    orphans: &mut Vec<OutputFile>,
) -> Result<()> {
    if !root.join(folder).exists() {
        return Ok(());
    }
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            find_orphans(root, &path, files, orphans)?;
        } else if !files.iter().any(|file| file.path == path) {
            let content = fs::read(entry.path())?;
            orphans.push(OutputFile {
                path,
                text: String::from_utf8_lossy(&content).into_owned(),
            });
        }
    }
    Ok(())
}

impl Plan {
    fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.orphans.is_empty()
    }

    /// Returns the changes as a unified diff.
    fn diff(&self) -> String {
        let changed = self
            .changed
            .iter()
            .map(|(file, current)| diff(&file.path, current.as_deref(), Some(&file.text)));
        let orphans = self
            .orphans
            .iter()
            .map(|file| diff(&file.path, Some(&file.text), None));
        changed.chain(orphans).collect()
    }

    fn apply(&self, root: &Path) -> Result<()> {
        for (file, _) in &self.changed {
            let path = root.join(&file.path);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(path, &file.text)?;
        }
        for file in &self.orphans {
            let path = root.join(&file.path);
            fs::remove_file(&path)?;
            // The folder of the last toolset is removed too; removing a folder that is not empty fails, and it stays.
            if let Some(folder) = path.parent() {
                let _ = fs::remove_dir(folder);
            }
        }
        Ok(())
    }

    fn summary(&self, files: usize, check: bool) -> String {
        let changed = self.changed.len();
        let will_be = if check { "to be " } else { "" };
        let mut text = format!(
            "files: {changed} {will_be}written, {} unchanged",
            files - changed
        );
        if !self.orphans.is_empty() {
            text.push_str(&format!(", {} {will_be}deleted", self.orphans.len()));
        }
        text
    }
}

/// Makes a unified diff. A missing old or new text means that the file does not exist on this side.
fn diff(path: &str, old: Option<&str>, new: Option<&str>) -> String {
    let name = |side: &str, text: Option<&str>| match text {
        None => "/dev/null".to_owned(),
        Some(_) => format!("{side}/{path}"),
    };
    let (old_name, new_name) = (name("a", old), name("b", new));
    let diff = TextDiff::from_lines(old.unwrap_or_default(), new.unwrap_or_default());
    let lines = diff.unified_diff().to_string();
    // The names are written here because the diff of an empty file has no lines.
    format!("--- {old_name}\n+++ {new_name}\n{lines}")
}

fn summary(catalog: &Catalog) -> String {
    let tools: usize = catalog
        .toolsets()
        .iter()
        .map(|toolset| toolset.tools.len())
        .sum();
    let apis: Vec<&str> = catalog.apis().iter().map(|api| api.name.as_str()).collect();
    format!(
        "{tools} tools in {} toolsets for {}",
        catalog.toolsets().len(),
        codegen::listed(&apis)
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn only_differences_are_written_and_orphans_are_deleted() {
        let root = std::env::temp_dir().join(format!("xtask-generate-{}", std::process::id()));
        let file = |path: &str, text: &str| OutputFile {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        let first = [
            file("generated/catalogue.md", "1\n"),
            file("generated/src/a/mod.rs", "1\n"),
            file("generated/src/b/mod.rs", "1\n"),
        ];
        plan(&root, "", &first).unwrap().apply(&root).unwrap();
        assert!(plan(&root, "", &first).unwrap().is_empty());
        std::fs::write(root.join(&first[0].path), b"1\xff\n").unwrap();
        let broken = plan(&root, "", &first).unwrap();
        assert_eq!(
            broken.summary(first.len(), false),
            "files: 1 written, 2 unchanged"
        );
        broken.apply(&root).unwrap();

        let second = [
            file("generated/catalogue.md", "1\n"),
            file("generated/src/a/mod.rs", "2\n"),
        ];
        let changes = plan(&root, "", &second).unwrap();
        assert_eq!(
            changes.diff(),
            "--- a/generated/src/a/mod.rs
+++ b/generated/src/a/mod.rs
@@ -1 +1 @@
-1
+2
--- a/generated/src/b/mod.rs
+++ /dev/null
@@ -1 +0,0 @@
-1
"
        );
        assert_eq!(
            changes.summary(second.len(), true),
            "files: 1 to be written, 1 unchanged, 1 to be deleted"
        );
        changes.apply(&root).unwrap();
        assert!(plan(&root, "", &second).unwrap().is_empty());
        assert!(!root.join("generated/src/b").exists());
        std::fs::remove_dir_all(root).unwrap();
    }
}
