//! `corrections.yaml`: corrections of documents that describe their upstream wrongly.

use crate::corrections::{Correction, CorrectionAction};
use crate::diagnostic::ReadDiagnostic;
use crate::reader::{Entry, Located, Map, Reader};
use crate::yaml::Node;

use super::rules::{ANY, POINTER};

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
    let entries: Vec<CorrectionEntry> = r.list_file(node, "corrections");
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

    fn read(map: &mut Map<'_, '_>) -> Self {
        map.expect("documents");
        let documents = map.text_or_texts("documents", ANY);
        let set = map.optional("set").map(CorrectionAction::Set);
        let remove = map
            .optional("remove")
            .filter(|remove| *remove)
            .map(|_| CorrectionAction::Remove);
        let rename = map.optional("rename").map(CorrectionAction::Rename);
        let actions: Vec<CorrectionAction> = [set, remove, rename].into_iter().flatten().collect();
        let action = match <[CorrectionAction; 1]>::try_from(actions) {
            Ok([action]) => action,
            Err(_) => {
                let problem =
                    "a correction must have exactly one of `set`, `remove: true` and `rename`";
                map.defer(&ACTIONS, ReadDiagnostic::Invalid { problem });
                map.discard();
                CorrectionAction::Remove
            }
        };
        let correction = Correction {
            source: String::new(),
            line: map.line,
            document: String::new(),
            pointer: map.required_text("pointer", POINTER).value,
            expect: map.optional("expect"),
            action,
            reason: map.required("reason"),
            link: map.required("link"),
        };
        Self {
            documents,
            correction,
        }
    }
}
