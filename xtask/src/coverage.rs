//! `cargo xtask coverage`: shows the decision about every operation of every API, including those of other members of the workspace.

use anyhow::{Result, bail};
use codegen::{CoveredOperation, Decision, DocumentCoverage, Input, Workspace};

use crate::generate::{members, report};
use crate::lab::root;
use crate::specs;

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
    print!("{}", table(&documents));
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
        "{} operations are neither a tool nor excluded: document them in a file of `tools/`, or exclude them in `excluded.yaml`",
        undecided.len()
    )
}

fn documents(inputs: &[Input]) -> Result<Vec<DocumentCoverage>> {
    let coverage = Workspace::read(inputs).coverage();
    let coverage = coverage.map_err(|errors| report(&errors, "coverage cannot be told"))?;
    Ok(coverage.documents)
}

/// Lists every operation of a document with its tool, or the reason why it has none.
fn operations(document: &DocumentCoverage) -> String {
    let width = document
        .operations
        .iter()
        .map(|operation| operation.id.len())
        .max()
        .unwrap_or_default();
    let lines: String = document
        .operations
        .iter()
        .map(|operation| {
            let decision = match &operation.decision {
                Decision::Tool(name) => format!("tool {name}"),
                Decision::Excluded(reason) => format!("excluded: {reason}"),
                Decision::Undecided => "undecided".to_owned(),
            };
            let since = operation.since.as_deref();
            let since = since.map(|since| format!(" (since {since})"));
            let since = since.unwrap_or_default();
            let deprecated = match operation.deprecated {
                true => " (deprecated)",
                false => "",
            };
            format!("  {:width$}  {decision}{since}{deprecated}\n", operation.id)
        })
        .collect();
    format!("{}\n{lines}\n", document.name)
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
            "note: {} calls the operations of these tools deprecated: {}",
            document.name,
            codegen::listed(&tools)
        )
    })
}

/// Makes a table with a row per document and a sum.
fn table(documents: &[DocumentCoverage]) -> String {
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
    let name_width = rows
        .iter()
        .map(|row| row[0].len())
        .max()
        .unwrap_or_default();
    rows.iter()
        .map(|[name, numbers @ ..]| {
            let numbers: String = numbers
                .iter()
                .map(|number| format!("{number:>12}"))
                .collect();
            format!("{name:name_width$}{numbers}\n")
        })
        .collect()
}

fn counts(operations: &[CoveredOperation]) -> [usize; 4] {
    let count = |is: fn(&Decision) -> bool| {
        operations
            .iter()
            .filter(|operation| is(&operation.decision))
            .count()
    };
    [
        operations.len(),
        count(|decision| matches!(decision, Decision::Tool(_))),
        count(|decision| matches!(decision, Decision::Excluded(_))),
        count(|decision| matches!(decision, Decision::Undecided)),
    ]
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
            "note: shop calls the operations of these tools deprecated: list_items"
        );
        assert_eq!(
            undecided(&document).collect::<Vec<_>>(),
            ["specs/openapi/shop.yaml:7: `buy` (GET /buy)"]
        );
        assert_eq!(
            table(&[document]),
            "document  operations       tools    excluded   undecided
shop               3           1           1           1
all                3           1           1           1
"
        );
    }
}
