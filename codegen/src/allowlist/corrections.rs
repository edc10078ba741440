//! `corrections.yaml`: corrections of documents that describe their upstream wrongly.

use crate::corrections::{Correction, CorrectionAction};
use crate::diagnostic::ReadDiagnostic;
use crate::entry::{Map, read_list};
use crate::reader::Reader;
use crate::yaml::Node;

use super::rules::POINTER;

/// Keys of the actions.
const ACTIONS: [&str; 3] = ["set", "remove", "rename"];

/// Reads the file. A correction of several documents is returned once for each of them.
pub(crate) fn read(r: &mut Reader<'_>, node: &Node) -> Vec<Correction> {
    let source = r.path.to_owned();
    let rules = &[("pointer", POINTER)];
    let entries = read_list(r, node, "corrections", "a correction", rules, correction);
    let corrections = entries.into_iter().flat_map(|(documents, correction)| {
        let source = source.clone();
        documents.into_iter().map(move |document| Correction {
            source: source.clone(),
            document,
            ..correction.clone()
        })
    });
    corrections.collect()
}

/// Reads a correction without its source and document; returns it with the documents.
fn correction(map: &mut Map<'_, '_>) -> (Vec<String>, Correction) {
    map.expect("documents");
    let documents = map.one_or_more("documents");
    let set = map.optional("set").map(CorrectionAction::Set);
    let remove = map.optional("remove").filter(|remove| *remove);
    let rename = map.optional("rename").map(CorrectionAction::Rename);
    let actions = [set, remove.map(|_| CorrectionAction::Remove), rename];
    let mut actions: Vec<CorrectionAction> = actions.into_iter().flatten().collect();
    if actions.len() != 1 {
        let problem = "a correction must have exactly one of `set`, `remove: true` and `rename`";
        map.defer(&ACTIONS, ReadDiagnostic::Invalid { problem });
        map.discard();
    }
    let correction = Correction {
        source: String::new(),
        line: map.line,
        document: String::new(),
        pointer: map.required("pointer"),
        expect: map.optional("expect"),
        action: actions.pop().unwrap_or(CorrectionAction::Remove),
        reason: map.required("reason"),
        link: map.required("link"),
    };
    (documents, correction)
}
