//! `cargo xtask coverage`: shows the decision about every operation of every API, including those of other members of the workspace.

use anyhow::{Result, bail};
use codegen::{CoveredOperation, Decision, DocumentCoverage, Input, Workspace};

use crate::generate::{members, report};
use crate::lab::root;
use crate::specs;
use crate::table::table;

/// Prints a row per document and all undecided operations, which are an error; with `all`, every operation.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(crate) fn coverage(all: bool) -> Result<()> {
    let root = root();
    let mut documents = documents(&specs::read(&root)?)?;
    for member in members(&root)? {
        documents.extend(self::documents(&specs::read_member(&root, &member)?)?);
    }
    if all {
        for document in &documents {
            print!("{}", operations(document));
        }
    }
    print!("{}", table(&rows(&documents)));
    for note in documents.iter().filter_map(deprecated) {
        println!("{note}");
    }
    let undecided: Vec<String> = documents.iter().flat_map(undecided).collect();
    if undecided.is_empty() {
        return Ok(());
    }
    println!();
    for line in &undecided {
        println!("{line}");
    }
    bail!(
        "{} operations are neither tools nor excluded; document them in a file of `tools/`, or exclude them in `excluded.yaml`",
        undecided.len()
    )
}

fn documents(inputs: &[Input]) -> Result<Vec<DocumentCoverage>> {
    let coverage = Workspace::read(inputs).coverage();
    let coverage = coverage.map_err(|errors| report(&errors, "the coverage is unknown"))?;
    Ok(coverage.documents)
}

/// Lists every operation of a document with its tool, or the reason why it has none.
fn operations(document: &DocumentCoverage) -> String {
    let row = |operation: &CoveredOperation| {
        let mut decision = match &operation.decision {
            Decision::Tool(name) => format!("tool {name}"),
            Decision::Excluded(reason) => format!("excluded: {reason}"),
            Decision::Undecided => "undecided".to_owned(),
        };
        if let Some(since) = &operation.since {
            decision += &format!(" (since {since})");
        }
        if operation.deprecated {
            decision += " (deprecated)";
        }
        [String::new(), operation.id.clone(), decision]
    };
    let rows: Vec<[String; 3]> = document.operations.iter().map(row).collect();
    format!("{}\n{}\n", document.name, table(&rows))
}

/// Returns the tools whose operations a document marks as deprecated.
fn deprecated(document: &DocumentCoverage) -> Option<String> {
    let tools = document.operations.iter().filter(|it| it.deprecated);
    let tools = tools.filter_map(|operation| match &operation.decision {
        Decision::Tool(name) => Some(name.as_str()),
        _ => None,
    });
    let tools: Vec<&str> = tools.collect();
    (!tools.is_empty()).then(|| {
        format!(
            "note: {} marks the operations of these tools as deprecated: {}",
            document.name,
            codegen::listed(&tools)
        )
    })
}

/// Makes a table with a row per document and a sum.
fn rows(documents: &[DocumentCoverage]) -> Vec<[String; 5]> {
    let mut rows =
        vec![["document", "operations", "tools", "excluded", "undecided"].map(str::to_owned)];
    let mut sum = [0; 4];
    for document in documents {
        let counts = counts(&document.operations);
        for (sum, count) in sum.iter_mut().zip(counts) {
            *sum += count;
        }
        rows.push(row(&document.name, counts));
    }
    rows.push(row("all", sum));
    rows
}

fn counts(operations: &[CoveredOperation]) -> [usize; 4] {
    let mut counts = [operations.len(), 0, 0, 0];
    for operation in operations {
        counts[match operation.decision {
            Decision::Tool(_) => 1,
            Decision::Excluded(_) => 2,
            Decision::Undecided => 3,
        }] += 1;
    }
    counts
}

fn row(name: &str, counts: [usize; 4]) -> [String; 5] {
    let [operations, tools, excluded, undecided] = counts.map(|count| count.to_string());
    [name.to_owned(), operations, tools, excluded, undecided]
}

/// Returns the location of each undecided operation.
fn undecided(document: &DocumentCoverage) -> impl Iterator<Item = String> {
    document
        .operations
        .iter()
        .filter(|operation| operation.decision == Decision::Undecided)
        .map(|operation| {
            format!(
                "{}:{}: `{}` ({} {})",
                document.source,
                operation.line,
                operation.id,
                operation.http.to_uppercase(),
                operation.path
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_counted() {
        let operation = |id: &str, decision| CoveredOperation {
            id: id.to_owned(),
            http: "get".to_owned(),
            path: format!("/{id}"),
            line: 7,
            since: (id == "buy").then(|| "2.1".to_owned()),
            deprecated: id != "health",
            decision,
        };
        let document = DocumentCoverage {
            name: "shop".to_owned(),
            source: "specs/openapi/shop.yaml".to_owned(),
            operations: vec![
                operation("list", Decision::Tool("list_items".to_owned())),
                operation("health", Decision::Excluded("no use to a model".to_owned())),
                operation("buy", Decision::Undecided),
            ],
        };
        assert_eq!(
            operations(&document),
            "shop
  list    tool list_items (deprecated)
  health  excluded: no use to a model
  buy     undecided (since 2.1) (deprecated)

"
        );
        assert_eq!(
            deprecated(&document).unwrap_or_default(),
            "note: shop marks the operations of these tools as deprecated: list_items"
        );
        assert_eq!(
            undecided(&document).collect::<Vec<_>>(),
            ["specs/openapi/shop.yaml:7: `buy` (GET /buy)"]
        );
        assert_eq!(
            table(&rows(&[document])),
            "document  operations  tools  excluded  undecided
shop               3      1         1          1
all                3      1         1          1
"
        );
    }
}
