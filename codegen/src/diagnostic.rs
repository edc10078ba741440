//! Diagnostics about the inputs. Each has its file and line, so that one run reports all of them.

use std::fmt;

use crate::error::DocumentError;

/// Diagnostic and its location.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub struct Error {
    /// File, relative to the workspace.
    pub path: String,
    /// Line, from 1; 0 if the diagnostic concerns no line.
    pub line: usize,
    /// Diagnostic.
    #[source]
    pub diagnostic: Diagnostic,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            line,
            diagnostic,
        } = self;
        match (diagnostic, line) {
            (Diagnostic::Document(error), _) => write!(f, "{error}"),
            (diagnostic, 0) => write!(f, "{path}: {diagnostic}"),
            (diagnostic, line) => write!(f, "{path}:{line}: {diagnostic}"),
        }
    }
}

/// Diagnostic about an input.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Diagnostic {
    /// A required file is not among the inputs.
    #[error("there is no file `{file}`")]
    NoFile {
        /// Path of the file, relative to the workspace.
        file: String,
    },
    /// The text is not YAML.
    #[error("this is not YAML: {detail}")]
    Syntax {
        /// Message of the parser.
        detail: String,
    },
    /// The file uses a YAML construct beyond plain data.
    #[error("{what} are not read here; write the value out")]
    Unsupported {
        /// The construct.
        what: &'static str,
    },
    /// A key occurs twice in one mapping.
    #[error("`{key}` stands here twice, first in line {first}")]
    DuplicateKey {
        /// The key.
        key: String,
        /// Line of its first occurrence.
        first: usize,
    },
    /// A key is unknown.
    #[error("{of} has no key `{key}`{}", did_you_mean(nearest.as_deref()))]
    UnknownKey {
        /// The key.
        key: String,
        /// Entry that has the key.
        of: &'static str,
        /// Most similar known key.
        nearest: Option<String>,
    },
    /// A required key is missing.
    #[error("{of} needs `{key}`")]
    MissingKey {
        /// The key.
        key: &'static str,
        /// Entry in which the key is missing.
        of: &'static str,
    },
    /// A value has the wrong type.
    #[error("{what} is {expected}")]
    WrongKind {
        /// Key or value that is wrong.
        what: String,
        /// How the value differs from what is expected, such as `no list`.
        expected: &'static str,
    },
    /// A text is empty.
    #[error("`{key}` is empty")]
    Empty {
        /// Key of the text.
        key: String,
    },
    /// A text still has its placeholder.
    #[error("`{key}` is still to be written: put what it says in the place of `TODO`")]
    Unwritten {
        /// Key of the text.
        key: String,
    },
    /// A text has a character that reviewers cannot see.
    #[error("`{key}` has a character that does not show, U+{:04X}; leave it out", u32::from(*character))]
    Hidden {
        /// Key of the text.
        key: String,
        /// The character.
        character: char,
    },
    /// A word is not one of the known words.
    #[error("`{word}` is no {of}{}", did_you_mean(nearest.as_deref()))]
    UnknownWord {
        /// The word.
        word: String,
        /// Kind of word that is expected.
        of: &'static str,
        /// Most similar known word.
        nearest: Option<String>,
    },
    /// A name is already used.
    #[error("{what} `{name}` is used twice, first in {first}")]
    Taken {
        /// Kind of thing that has the name.
        what: &'static str,
        /// The name.
        name: String,
        /// File and line where the name is first used.
        first: String,
    },
    /// A tool has no documentation.
    #[error("tool `{tool}` has no {key}: say what it does, when to use it and what it returns")]
    Undocumented {
        /// Tool, by method and resource.
        tool: String,
        /// Key that is missing.
        key: &'static str,
    },
    /// Clients would reject a tool name.
    #[error("`{name}` cannot be the name of a tool: 1 to 64 characters of a-z, 0-9 and _")]
    ToolName {
        /// The name.
        name: String,
    },
    /// A pattern lacks its placeholder or has an unknown one.
    #[error("`{pattern}` must hold {placeholders} and nothing else in braces")]
    NamePattern {
        /// The pattern.
        pattern: String,
        /// Placeholders that the pattern must have.
        placeholders: &'static str,
    },
    /// A hint precedes a more specific one that matches some of the same responses.
    #[error("with this hint the one in line {special} is never given: put it behind that one")]
    NeverGiven {
        /// Line of the more specific hint.
        special: usize,
    },
    /// A pagination style is invalid.
    #[error("{why}")]
    Pagination {
        /// Keys that cannot be combined, or the reason.
        why: &'static str,
    },
    /// No API has a document.
    #[error("document `{document}` belongs to no API")]
    DocumentWithoutApi {
        /// Name of the document.
        document: String,
    },
    /// A document is an alternative to one that does not exist, or to another alternative.
    #[error(
        "`{document}` is there instead of `{original}`, which is no document before it in its API that is always looked for{}", did_you_mean(nearest.as_deref())
    )]
    NoSuchOriginal {
        /// The document.
        document: String,
        /// Document that it should replace.
        original: String,
        /// Most similar document that can have alternatives.
        nearest: Option<String>,
    },
    /// An alternative document has no probe, although a server has either this document or the one that it replaces.
    #[error("`{document}` needs `probe`: of it and the one instead of it a server has only one")]
    AlwaysThere {
        /// Document without a probe.
        document: String,
    },
    /// `base` repeats the base path of the document.
    #[error("`{document}` says itself what its paths begin with: leave out `base`")]
    BaseTwice {
        /// The document.
        document: String,
    },
    /// A document is not declared.
    #[error("`{document}` is not a document of {of}{}", did_you_mean(nearest.as_deref()))]
    UnknownDocument {
        /// Name of the document.
        document: String,
        /// Tool or file that should have the document.
        of: String,
        /// Most similar known name.
        nearest: Option<String>,
    },
    /// A tool has two operations in one API.
    #[error(
        "`{document}` and `{other}` are both of {api}, and neither is there instead of the other: a tool is one operation there"
    )]
    BoundTwice {
        /// Second document.
        document: String,
        /// First document.
        other: String,
        /// API of both documents.
        api: String,
    },
    /// The document does not have an operation.
    #[error("operation `{operation}` is not in {document}{}", did_you_mean(nearest.as_deref()))]
    UnknownOperation {
        /// Operation ID.
        operation: String,
        /// The document.
        document: String,
        /// Most similar operation ID.
        nearest: Option<String>,
    },
    /// Two tools use one operation.
    #[error("operation `{operation}` of {document} is tool `{tool}` already")]
    ToolAlready {
        /// Operation ID.
        operation: String,
        /// The document.
        document: String,
        /// The other tool.
        tool: String,
    },
    /// An operation is neither a tool nor excluded.
    #[error(
        "operation `{operation}` of {document} is neither a tool nor excluded: document it under {tools}, or exclude it with a reason in {excluded}"
    )]
    Undecided {
        /// Operation ID.
        operation: String,
        /// The document.
        document: String,
        /// Directory in which the tools are declared.
        tools: String,
        /// File in which exclusions are declared.
        excluded: String,
    },
    /// An operation is excluded although a tool uses it.
    #[error(
        "`{pattern}` excludes operation `{operation}` of {document}, which is a tool ({tool}): remove one of the two; just `*` excludes what is no tool"
    )]
    ExcludedTool {
        /// Operation ID or glob.
        pattern: String,
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// File and line of the tool.
        tool: String,
    },
    /// An exclusion has no effect.
    #[error("`{pattern}` excludes no operation of {document} that is not excluded already{}", did_you_mean(nearest.as_deref()))]
    IdleExclusion {
        /// Operation ID or glob.
        pattern: String,
        /// The document.
        document: String,
        /// Most similar operation ID.
        nearest: Option<String>,
    },
    /// The operation does not have a parameter.
    #[error("operation `{operation}` of {document} has no parameter `{parameter}`{}", did_you_mean(nearest.as_deref()))]
    UnknownParameter {
        /// Name of the parameter.
        parameter: String,
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// Most similar name.
        nearest: Option<String>,
    },
    /// An entry has no effect.
    #[error("{what} changes nothing in {document}: it is so already")]
    NoChange {
        /// Key, and the entry to which it belongs.
        what: String,
        /// The document.
        document: String,
    },
    /// A glob matches no parameter.
    #[error("`{pattern}` matches no parameter of {document}{}", did_you_mean(nearest.as_deref()))]
    IdleOmission {
        /// The glob.
        pattern: String,
        /// The document.
        document: String,
        /// Most similar name.
        nearest: Option<String>,
    },
    /// A required parameter is omitted.
    #[error(
        "`{pattern}` leaves out `{parameter}`, which operation `{operation}` of {document} needs"
    )]
    OmitsRequired {
        /// The glob.
        pattern: String,
        /// The parameter.
        parameter: String,
        /// The operation.
        operation: String,
        /// The document.
        document: String,
    },
    /// Two overrides contradict each other.
    #[error("{what} was already set in line {first}")]
    Contradiction {
        /// Property that both set.
        what: String,
        /// Line of the first override.
        first: usize,
    },
    /// An override does not fit the type of its parameter.
    #[error("{what} does not fit a parameter of type {ty}")]
    Unfitting {
        /// Key, and the parameter to which it belongs.
        what: String,
        /// Type of the parameter.
        ty: &'static str,
    },
    /// Two arguments have the same name.
    #[error(
        "tool `{tool}` has two arguments `{argument}` in {document} ({places}): rename one of them under `parameters`"
    )]
    Collision {
        /// The tool.
        tool: String,
        /// Name of the arguments.
        argument: String,
        /// The document.
        document: String,
        /// Location of each argument.
        places: String,
    },
    /// An argument has a reserved name.
    #[error(
        "tool `{tool}` has an argument `{argument}` in {document}, a name that is kept for paging: rename it under `parameters`"
    )]
    Reserved {
        /// The tool.
        tool: String,
        /// Name of the argument.
        argument: String,
        /// The document.
        document: String,
    },
    /// A parameter has no description.
    #[error(
        "parameter `{parameter}` of `{tool}` has no description in {document}: write one under `parameters`"
    )]
    UndescribedParameter {
        /// The argument.
        parameter: String,
        /// The tool.
        tool: String,
        /// The document.
        document: String,
    },
    /// A tool uses an id, but which parameter is the id is ambiguous.
    #[error(
        "operation `{operation}` of {document} has {count} path parameters: say with `id` which of them is the id"
    )]
    NoId {
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// Number of path parameters.
        count: usize,
    },
    /// The items of a list tool cannot be found in the response.
    #[error("the answer of operation `{operation}` of {document} {why}")]
    NoItems {
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// Reason.
        why: String,
    },
    /// The items do not have a field.
    #[error("{what} `{field}` is not in what operation `{operation}` of {document} lists{}", did_you_mean(nearest.as_deref()))]
    UnknownField {
        /// Kind of entry that names the field: filter or summary.
        what: &'static str,
        /// The field.
        field: String,
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// Most similar field.
        nearest: Option<String>,
    },
    /// A filter uses a field that is not a single value.
    #[error("filter `{field}` is on {what} in {document}; a filter compares single values")]
    FilterKind {
        /// The field.
        field: String,
        /// Kind of the field's type.
        what: &'static str,
        /// The document.
        document: String,
    },
    /// A key is only for list tools.
    #[error("`{key}` is for list tools only")]
    ListOnly {
        /// The key.
        key: &'static str,
    },
    /// `merge_from` or `read_back` is used with an operation to which it does not apply.
    #[error("`{key}` is for operations that {does}; `{operation}` of {document} is a {http}")]
    NothingToRead {
        /// `merge_from` or `read_back`.
        key: &'static str,
        /// What the operation would have to do.
        does: &'static str,
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// HTTP method of the operation.
        http: String,
    },
    /// The tool's method does not fit the HTTP method.
    #[error(
        "method `{method}` does not fit operation `{operation}` of {document}, which is a {http}"
    )]
    MethodOfRequest {
        /// Method of the tool.
        method: String,
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// HTTP method of the operation.
        http: String,
    },
    /// The document does not have the declared response format.
    #[error("operation `{operation}` of {document} does not answer with {what}")]
    NoSuchAnswer {
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// Declared response format.
        what: &'static str,
    },
    /// The response is not JSON, and the allowlist does not declare its format.
    #[error(
        "operation `{operation}` of {document} answers with `{media}`: say with `answer: {answer}` how it is read"
    )]
    AnswerUnsaid {
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// Media types of the response.
        media: String,
        /// Format that can be declared.
        answer: &'static str,
    },
    /// A tool is declared as read-only, but its request always writes.
    #[error("a `{method}` tool that sends a {http} is not `read_only`")]
    Writes {
        /// Method of the tool.
        method: String,
        /// HTTP method of its operation.
        http: String,
    },
    /// An operation cannot be a source for `merge_from` or `read_back`.
    #[error("`{key}` names `{operation}` of {document}, {why}")]
    UnreadableSource {
        /// `merge_from` or `read_back`.
        key: &'static str,
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// Reason.
        why: String,
    },
    /// An operation cannot do for one object what another operation does for many.
    #[error("`each` names `{operation}` of {document}, {why}")]
    UnfitForEach {
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// Reason.
        why: String,
    },
    /// Two different types in one module have the same name.
    #[error("toolset `{toolset}` of {api} would have two different types `{name}`")]
    TypeClash {
        /// The toolset.
        toolset: String,
        /// The API.
        api: String,
        /// Name of the types.
        name: String,
    },
    /// An OpenAPI document cannot be read or used.
    #[error(transparent)]
    Document(#[from] DocumentError),
}

impl Diagnostic {
    /// Returns whether this diagnostic means that an entry of a file, or an operation in an entry, may be missing from what was read.
    pub(crate) fn loses_entries(&self) -> bool {
        let keys = [
            "excluded",
            "document",
            "toolset",
            "tools",
            "method",
            "resource",
            "operations",
            "id",
        ];
        match self {
            Self::Syntax { .. } | Self::Unsupported { .. } | Self::WrongKind { .. } => true,
            Self::UnknownKey { nearest, .. } => {
                nearest.as_deref().is_some_and(|key| keys.contains(&key))
            }
            Self::MissingKey { key, .. } => keys.contains(key),
            _ => false,
        }
    }
}

/// Returns the end of a message, with the name that was probably meant.
fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| {
        format!(" (did you mean `{nearest}`?)")
    })
}

/// Returns the candidate that is most similar to a word, unless all differ too much.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let allowed = (word.chars().count() / 3).max(2);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| {
            *distance <= allowed && *distance < candidate.chars().count()
        })
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}
