//! Reads every operation of the published documents twice, with the generator and by hand from the YAML, and compares the results.
mod by_hand;
mod found;

use std::path::Path;

use mcp_codegen::openapi::{DocumentSource, OperationFacts, read};

const DOCUMENTS: [(&str, usize); 3] =
    [("airflow-2", 89), ("airflow-3", 128), ("airflow-3-fab", 14)];

fn text(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../specs/openapi/{name}.yaml"));
    std::fs::read_to_string(file).unwrap()
}

/// Returns all operations of a document as the generator reads them.
fn operations(name: &str, text: &str) -> Vec<OperationFacts> {
    let document = read(&DocumentSource {
        name,
        file: &format!("specs/openapi/{name}.yaml"),
        text,
        ..DocumentSource::default()
    })
    .unwrap_or_else(|errors| panic!("{errors:#?}"));
    let read = document.ids().map(|id| {
        let facts = document.facts(id);
        facts.unwrap_or_else(|errors| panic!("{errors:#?}"))
    });
    read.collect()
}

#[test]
fn both_readings_agree() {
    let mut differences = Vec::new();
    let mut compared = 0;
    for (name, count) in DOCUMENTS {
        let text = text(name);
        let operations = operations(name, &text);
        let by_hand = by_hand::operations(&serde_yaml::from_str(&text).unwrap());
        let ids: Vec<&String> = operations.iter().map(|facts| &facts.operation_id).collect();
        assert_eq!(
            ids,
            by_hand.iter().map(|(id, _)| id).collect::<Vec<_>>(),
            "{name}: other operations, or in another order"
        );
        assert_eq!(operations.len(), count, "{name}: number of operations");
        for (facts, (_, by_hand)) in operations.iter().zip(by_hand) {
            let found = found::lines(facts);
            compared += by_hand.len();
            let missing = by_hand
                .iter()
                .filter(|line| !found.contains(line))
                .map(|line| format!("  - {line}"));
            let more = found
                .iter()
                .filter(|line| !by_hand.contains(line))
                .map(|line| format!("  + {line}"));
            let mut lines: Vec<String> = missing.chain(more).collect();
            if lines.is_empty() && found != by_hand {
                lines.push(format!("  order: {found:#?}"));
            }
            if !lines.is_empty() {
                differences.push(format!(
                    "{name} {}\n{}",
                    facts.operation_id,
                    lines.join("\n")
                ));
            }
        }
    }
    assert!(
        differences.is_empty(),
        "by hand (-) and by the generator (+) in {} operations:\n{}",
        differences.len(),
        differences.join("\n")
    );
    // Two readers that find nothing would also agree.
    assert!(compared > 1500, "only {compared} lines were compared");
}

#[test]
fn types_are_complete_and_named_once() {
    for (name, _) in DOCUMENTS {
        let mut components = std::collections::BTreeMap::new();
        for facts in operations(name, &text(name)) {
            let id = &facts.operation_id;
            let names: std::collections::BTreeSet<&str> = facts
                .types
                .iter()
                .map(|def| def.rust_name.as_str())
                .collect();
            assert_eq!(
                names.len(),
                facts.types.len(),
                "{name} {id}: a name is used twice"
            );
            let used = found::named(&facts);
            assert_eq!(
                used.iter()
                    .map(String::as_str)
                    .collect::<std::collections::BTreeSet<_>>(),
                names,
                "{name} {id}: types used and types given"
            );
            for def in facts.types.into_iter().filter(|def| def.schema.is_some()) {
                let known = components
                    .entry(def.rust_name.clone())
                    .or_insert_with(|| def.clone());
                assert_eq!(
                    *known, def,
                    "{name} {id}: a component is another type than for other operations"
                );
            }
        }
    }
}
