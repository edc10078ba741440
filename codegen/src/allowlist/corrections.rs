//! `corrections.yaml`: corrections of documents that describe their upstream wrongly.

use crate::corrections::{Change, Correction};
use crate::diagnostic::ReadDiagnostic;
use crate::entry::{Entry, Map, list_file};
use crate::reader::{Located, Reader, Rule};
use crate::yaml::Node;

use super::rules::POINTER;

/// Keys of the actions.
const ACTIONS: [&str; 3] = ["set", "remove", "rename"];

/// Correction of one or more documents.
struct CorrectionEntry {
    documents: Vec<Located<String>>,
    correction: Correction,
}

/// Reads the file. A correction of several documents is returned once for each of them.
pub(crate) fn read(r: &mut Reader<'_>, node: &Node) -> Vec<Correction> {
    let source = r.path.to_owned();
    let entries: Vec<CorrectionEntry> = list_file(r, node, "corrections");
    let corrections = entries.into_iter().flat_map(|entry| {
        let correction = Correction {
            source: source.clone(),
            ..entry.correction
        };
        entry.documents.into_iter().map(move |document| Correction {
            document: document.value,
            ..correction.clone()
        })
    });
    corrections.collect()
}

impl Entry for CorrectionEntry {
    const NAME: &'static str = "a correction";

    const RULES: &'static [(&'static str, Rule)] = &[("pointer", POINTER)];

    fn read(map: &mut Map<'_, '_>) -> Self {
        map.expect("documents");
        let documents = map.one_or_more("documents");
        let set = map.optional("set").map(Change::Set);
        let remove = map
            .optional("remove")
            .filter(|remove| *remove)
            .map(|_| Change::Remove);
        let rename = map.optional("rename").map(Change::Rename);
        let actions: Vec<Change> = [set, remove, rename].into_iter().flatten().collect();
        let action = match <[Change; 1]>::try_from(actions) {
            Ok([action]) => action,
            Err(_) => {
                let problem =
                    "a correction must have exactly one of `set`, `remove: true` and `rename`";
                map.defer(&ACTIONS, ReadDiagnostic::Invalid { problem });
                map.discard();
                Change::Remove
            }
        };
        let correction = Correction {
            source: String::new(),
            line: map.line,
            document: String::new(),
            pointer: map.required("pointer"),
            expect: map.optional("expect"),
            change: action,
            reason: map.required("reason"),
            link: map.required("link"),
        };
        Self {
            documents,
            correction,
        }
    }
}
