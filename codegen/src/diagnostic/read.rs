//! Diagnostics about single files of the allowlist.

use super::suggestion::did_you_mean;

/// Keys without which an entry, or an operation in an entry, may be missing from what was read.
const ESSENTIAL_KEYS: [&str; 8] = [
    "excluded",
    "document",
    "toolset",
    "tools",
    "method",
    "resource",
    "operations",
    "id",
];

/// Diagnostic about a file of the allowlist that does not depend on the documents.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadDiagnostic {
    /// A file does not exist.
    #[error("file `{file}` does not exist")]
    MissingFile {
        /// Path of the file, relative to the workspace.
        file: String,
    },
    /// The text is not YAML.
    #[error("invalid YAML: {detail}")]
    Syntax {
        /// Message of the parser.
        detail: String,
    },
    /// The file uses a YAML construct beyond plain data.
    #[error("{construct} are not supported; write the value out")]
    Unsupported {
        /// The construct, in the plural.
        construct: &'static str,
    },
    /// A key occurs twice in a mapping, or a text in a list.
    #[error("duplicate `{key}`, first on line {first}; remove one of the two")]
    DuplicateKey {
        /// The key or the text.
        key: String,
        /// Line of the first occurrence.
        first: usize,
    },
    /// A key is unknown.
    #[error("unknown key `{key}` in {entry}{}", did_you_mean(nearest.as_deref()))]
    UnknownKey {
        /// The key.
        key: String,
        /// Entry that has the key.
        entry: &'static str,
        /// Most similar known key.
        nearest: Option<String>,
    },
    /// A key was renamed.
    #[error("the key `{key}` of {entry} was renamed; write `{now}`")]
    RenamedKey {
        /// The former key.
        key: &'static str,
        /// Entry that has the key.
        entry: &'static str,
        /// The present key.
        now: &'static str,
    },
    /// A required key is missing.
    #[error("{entry} must have the key `{key}`")]
    MissingKey {
        /// The key.
        key: &'static str,
        /// Entry in which the key is missing.
        entry: &'static str,
    },
    /// A key has no effect without another.
    #[error("`{key}` is unused without `{other}`; remove it")]
    Unused {
        /// The key.
        key: &'static str,
        /// The other key.
        other: &'static str,
    },
    /// A value is invalid.
    #[error("{subject} must be {expected}")]
    MustBe {
        /// The value, its key or its entry.
        subject: String,
        /// Description of valid values.
        expected: &'static str,
    },
    /// A text is empty.
    #[error("`{key}` must not be empty")]
    Empty {
        /// Key of the text.
        key: String,
    },
    /// A text still has its placeholder.
    #[error("replace the `TODO` in `{key}`")]
    Unwritten {
        /// Key of the text.
        key: String,
    },
    /// A text has a character that reviewers cannot see.
    #[error("`{key}` contains the invisible character U+{:04X}; remove it", u32::from(*character))]
    Hidden {
        /// Key of the text.
        key: String,
        /// The character.
        character: char,
    },
    /// A word is not one of the known words.
    #[error("unknown {kind} `{word}`{}", did_you_mean(nearest.as_deref()))]
    UnknownWord {
        /// The word.
        word: String,
        /// Noun for the words.
        kind: &'static str,
        /// Most similar known word.
        nearest: Option<String>,
    },
    /// Keys of an entry contradict each other.
    #[error("{problem}")]
    Invalid {
        /// The problem, and what to do.
        problem: &'static str,
    },
    /// A name is already used.
    #[error("duplicate {kind} `{name}`, first in {first}; choose another name")]
    DuplicateName {
        /// Kind of the object that has the name.
        kind: &'static str,
        /// The name.
        name: String,
        /// File and line where the name is first used.
        first: String,
    },
    /// A hint precedes a more specific one that matches some of the same responses.
    #[error("this hint shadows the more specific hint on line {special}; move it below that line")]
    ShadowedHint {
        /// Line of the more specific hint.
        special: usize,
    },
    /// A document is not declared.
    #[error("{owner} has no document `{document}`{}", did_you_mean(nearest.as_deref()))]
    UnknownDocument {
        /// Name of the document.
        document: String,
        /// Tool or file that should have the document.
        owner: String,
        /// Most similar known name.
        nearest: Option<String>,
    },
    /// No API has a document.
    #[error("document `{document}` belongs to no API; add it to the `documents` of an API")]
    UnusedDocument {
        /// Name of the document.
        document: String,
    },
    /// An API before others has no version probe.
    #[error(
        "API `{api}` must have `version`, or be the last one: without `version`, the APIs after it are never detected"
    )]
    MissingVersion {
        /// Name of the API.
        api: String,
    },
    /// A document is an alternative to one that does not exist, or to another alternative.
    #[error(
        "`alternative_to` of `{document}` must be an earlier document of the same API that is not an alternative itself, not `{original}`{}",
        did_you_mean(nearest.as_deref())
    )]
    UnknownOriginal {
        /// The alternative.
        document: String,
        /// Document that it should replace.
        original: String,
        /// Most similar document that can have alternatives.
        nearest: Option<String>,
    },
    /// An alternative or its original has no probe.
    #[error(
        "document `{document}` must have `probe`, because an upstream may have its alternative"
    )]
    MissingProbe {
        /// The document.
        document: String,
    },
    /// `base` repeats the base path of the document.
    #[error("`base` of `{document}` is unused, because the document has `servers`; remove `base`")]
    UnusedBase {
        /// The document.
        document: String,
    },
}

impl ReadDiagnostic {
    /// Returns whether this diagnostic means that an entry of a file, or an operation in an entry, may be missing from what was read.
    pub(crate) fn loses_entries(&self) -> bool {
        match self {
            Self::Syntax { .. } | Self::Unsupported { .. } | Self::MustBe { .. } => true,
            Self::UnknownKey { nearest, .. } => {
                let nearest = nearest.as_deref();
                nearest.is_some_and(|key| ESSENTIAL_KEYS.contains(&key))
            }
            Self::MissingKey { key, .. } => ESSENTIAL_KEYS.contains(key),
            _ => false,
        }
    }
}
