//! What can be wrong with the inputs: each problem with its file and line, so that one run reports them all.

use std::fmt;

use crate::error::DocumentError;

/// A problem and where it is.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub struct Error {
    /// File, relative to the workspace.
    pub path: String,
    /// Line, from 1; 0 if the problem has none.
    pub line: usize,
    /// What is wrong.
    #[source]
    pub problem: Problem,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            line,
            problem,
        } = self;
        match (problem, line) {
            (Problem::Document(error), _) => write!(f, "{error}"),
            (problem, 0) => write!(f, "{path}: {problem}"),
            (problem, line) => write!(f, "{path}:{line}: {problem}"),
        }
    }
}

/// What is wrong with an input.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Problem {
    /// A file that is always there is not among the inputs.
    #[error("there is no file `{file}`")]
    NoFile {
        /// Its path, relative to the workspace.
        file: String,
    },
    /// Not YAML.
    #[error("this is not YAML: {detail}")]
    Syntax {
        /// The parser's words.
        detail: String,
    },
    /// YAML that says more than data.
    #[error("{what} are not read here; write the value out")]
    Unsupported {
        /// The construct.
        what: &'static str,
    },
    /// A key that stands twice in one mapping.
    #[error("`{key}` stands here twice, first in line {first}")]
    DuplicateKey {
        /// The key.
        key: String,
        /// Where it stands first.
        first: usize,
    },
    /// A key that means nothing here.
    #[error("{of} has no key `{key}`{}", did_you_mean(nearest.as_deref()))]
    UnknownKey {
        /// The key.
        key: String,
        /// What it was written in.
        of: &'static str,
        /// The known key most like it.
        nearest: Option<String>,
    },
    /// A key that has to be there.
    #[error("{of} needs `{key}`")]
    MissingKey {
        /// The key.
        key: &'static str,
        /// What it is missing from.
        of: &'static str,
    },
    /// A value of another kind.
    #[error("{what} is {expected}")]
    WrongKind {
        /// The key, or what stands here.
        what: String,
        /// How it differs from what belongs here: `no list`.
        expected: &'static str,
    },
    /// A text without content.
    #[error("`{key}` is empty")]
    Empty {
        /// Its key.
        key: String,
    },
    /// A text that was left to be written.
    #[error("`{key}` is still to be written: put what it says in the place of `TODO`")]
    Unwritten {
        /// Its key.
        key: String,
    },
    /// A text with a character that a reviewer does not see.
    #[error("`{key}` has a character that does not show, U+{:04X}; leave it out", u32::from(*character))]
    Hidden {
        /// Its key.
        key: String,
        /// The character.
        character: char,
    },
    /// A word that is none of those known.
    #[error("`{word}` is no {of}{}", did_you_mean(nearest.as_deref()))]
    UnknownWord {
        /// The word.
        word: String,
        /// What it should be.
        of: &'static str,
        /// The known word most like it.
        nearest: Option<String>,
    },
    /// A name that is taken.
    #[error("{what} `{name}` is used twice, first in {first}")]
    Taken {
        /// What has the name.
        what: &'static str,
        /// The name.
        name: String,
        /// File and line of its first use.
        first: String,
    },
    /// A tool without documentation.
    #[error("tool `{tool}` has no {key}: say what it does, when to use it and what it returns")]
    Undocumented {
        /// The tool, by method and resource.
        tool: String,
        /// What is missing.
        key: &'static str,
    },
    /// A tool name that clients would refuse.
    #[error("`{name}` cannot be the name of a tool: 1 to 64 characters of a-z, 0-9 and _")]
    ToolName {
        /// The name.
        name: String,
    },
    /// A pattern without its placeholder, or with an unknown one.
    #[error("`{pattern}` must hold {placeholders} and nothing else in braces")]
    NamePattern {
        /// The pattern.
        pattern: String,
        /// What it has to hold.
        placeholders: &'static str,
    },
    /// A hint before one that is for some of the same answers.
    #[error("with this hint the one in line {special} is never given: put it behind that one")]
    NeverGiven {
        /// The line of the other.
        special: usize,
    },
    /// A way to page that is none.
    #[error("{why}")]
    Pagination {
        /// What does not go together.
        why: &'static str,
    },
    /// A document that no API has.
    #[error("document `{document}` belongs to no API")]
    DocumentWithoutApi {
        /// Its name.
        document: String,
    },
    /// A document that stands in for none, or for one that stands in for another itself.
    #[error(
        "`{document}` is there instead of `{original}`, which is no document before it in its API that is always looked for{}", did_you_mean(nearest.as_deref())
    )]
    NoSuchOriginal {
        /// The document.
        document: String,
        /// The one that it should stand in for.
        original: String,
        /// The possible one most like it.
        nearest: Option<String>,
    },
    /// One of two documents of which a server has one is on every server.
    #[error("`{document}` needs `probe`: of it and the one instead of it a server has only one")]
    AlwaysThere {
        /// The document without.
        document: String,
    },
    /// A base beside that of the document.
    #[error("`{document}` says itself what its paths begin with: leave out `base`")]
    BaseTwice {
        /// The document.
        document: String,
    },
    /// A document that is not declared.
    #[error("`{document}` is not a document of {of}{}", did_you_mean(nearest.as_deref()))]
    UnknownDocument {
        /// The name.
        document: String,
        /// What should have it.
        of: String,
        /// The known name most like it.
        nearest: Option<String>,
    },
    /// A tool bound twice in one API.
    #[error(
        "`{document}` and `{other}` are both of {api}, and neither is there instead of the other: a tool is one operation there"
    )]
    BoundTwice {
        /// The second document.
        document: String,
        /// The first document.
        other: String,
        /// The API.
        api: String,
    },
    /// An operation that the document does not have.
    #[error("operation `{operation}` is not in {document}{}", did_you_mean(nearest.as_deref()))]
    UnknownOperation {
        /// The id.
        operation: String,
        /// The document.
        document: String,
        /// The id most like it.
        nearest: Option<String>,
    },
    /// An operation that two tools would be.
    #[error("operation `{operation}` of {document} is tool `{tool}` already")]
    ToolAlready {
        /// The id.
        operation: String,
        /// The document.
        document: String,
        /// The other tool.
        tool: String,
    },
    /// An operation for which nothing was decided.
    #[error(
        "operation `{operation}` of {document} is neither a tool nor excluded: document it under {tools}, or exclude it with a reason in {excluded}"
    )]
    Undecided {
        /// The id.
        operation: String,
        /// The document.
        document: String,
        /// Where the tools are declared.
        tools: String,
        /// Where exclusions are declared.
        excluded: String,
    },
    /// An operation that is excluded although there is a tool for it.
    #[error(
        "`{pattern}` excludes operation `{operation}` of {document}, which is a tool ({tool}): remove one of the two; just `*` excludes what is no tool"
    )]
    ExcludedTool {
        /// The id or glob.
        pattern: String,
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// File and line of the tool.
        tool: String,
    },
    /// An exclusion that excludes nothing.
    #[error("`{pattern}` excludes no operation of {document} that is not excluded already{}", did_you_mean(nearest.as_deref()))]
    IdleExclusion {
        /// The id or glob.
        pattern: String,
        /// The document.
        document: String,
        /// The id most like it.
        nearest: Option<String>,
    },
    /// A parameter that the operation does not have.
    #[error("operation `{operation}` of {document} has no parameter `{parameter}`{}", did_you_mean(nearest.as_deref()))]
    UnknownParameter {
        /// The name.
        parameter: String,
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// The name most like it.
        nearest: Option<String>,
    },
    /// Something that makes no difference.
    #[error("{what} changes nothing in {document}: it is so already")]
    NoChange {
        /// The key and what it was for.
        what: String,
        /// The document.
        document: String,
    },
    /// A glob that leaves out nothing.
    #[error("`{pattern}` matches no parameter of {document}{}", did_you_mean(nearest.as_deref()))]
    IdleOmission {
        /// The glob.
        pattern: String,
        /// The document.
        document: String,
        /// The name most like it.
        nearest: Option<String>,
    },
    /// A required parameter that is left out.
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
    /// Two overrides that cannot both hold.
    #[error("{what} was already set in line {first}")]
    Contradiction {
        /// What they are about.
        what: String,
        /// The other one.
        first: usize,
    },
    /// A change that does not fit its parameter.
    #[error("{what} does not fit a parameter of type {ty}")]
    Unfitting {
        /// The key and what it was for.
        what: String,
        /// The type.
        ty: &'static str,
    },
    /// Two arguments with one name.
    #[error(
        "tool `{tool}` has two arguments `{argument}` in {document} ({places}): rename one of them under `parameters`"
    )]
    Collision {
        /// The tool.
        tool: String,
        /// The name.
        argument: String,
        /// The document.
        document: String,
        /// Where each goes.
        places: String,
    },
    /// A name that every tool uses for something else.
    #[error(
        "tool `{tool}` has an argument `{argument}` in {document}, a name that is kept for paging: rename it under `parameters`"
    )]
    Reserved {
        /// The tool.
        tool: String,
        /// The name.
        argument: String,
        /// The document.
        document: String,
    },
    /// A parameter that a model could only guess at.
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
    /// A tool by id whose id is not evident.
    #[error(
        "operation `{operation}` of {document} has {count} path parameters: say with `id` which of them is the id"
    )]
    NoId {
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// How many there are.
        count: usize,
    },
    /// A list tool whose answer has no evident items.
    #[error("the answer of operation `{operation}` of {document} {why}")]
    NoItems {
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// What is in the way.
        why: String,
    },
    /// A field that the items do not have.
    #[error("{what} `{field}` is not in what operation `{operation}` of {document} lists{}", did_you_mean(nearest.as_deref()))]
    UnknownField {
        /// What names the field: a filter, the summary.
        what: &'static str,
        /// The field.
        field: String,
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// The field most like it.
        nearest: Option<String>,
    },
    /// A filter on something that is no single value.
    #[error("filter `{field}` is on {what} in {document}; a filter compares single values")]
    FilterKind {
        /// The field.
        field: String,
        /// What it is.
        what: &'static str,
        /// The document.
        document: String,
    },
    /// Something that only list tools have.
    #[error("`{key}` is for list tools only")]
    ListOnly {
        /// The key.
        key: &'static str,
    },
    /// A reading besides a write, of an operation that does not write.
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
        /// Its HTTP method.
        http: String,
    },
    /// A method that says something else about a tool than its request does.
    #[error(
        "method `{method}` does not fit operation `{operation}` of {document}, which is a {http}"
    )]
    MethodOfRequest {
        /// The method.
        method: String,
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// Its HTTP method.
        http: String,
    },
    /// An answer in a form that the document does not have.
    #[error("operation `{operation}` of {document} does not answer with {what}")]
    NoSuchAnswer {
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// What it should answer with.
        what: &'static str,
    },
    /// An answer that is no JSON, and the allowlist does not say so.
    #[error(
        "operation `{operation}` of {document} answers with `{media}`: say with `answer: {answer}` how it is read"
    )]
    AnswerUnsaid {
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// What it answers with.
        media: String,
        /// What can be said.
        answer: &'static str,
    },
    /// A tool that cannot but write.
    #[error("a `{method}` tool that sends a {http} is not `read_only`")]
    Writes {
        /// The method.
        method: String,
        /// HTTP method of its operation.
        http: String,
    },
    /// An operation that cannot be read from.
    #[error("`{key}` names `{operation}` of {document}, {why}")]
    UnreadableSource {
        /// `merge_from` or `read_back`.
        key: &'static str,
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// What is in the way.
        why: String,
    },
    /// An operation that cannot do for one object what another does for many.
    #[error("`each` names `{operation}` of {document}, {why}")]
    UnfitForEach {
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// What is in the way.
        why: String,
    },
    /// Two different types with one name in one module.
    #[error("toolset `{toolset}` of {api} would have two different types `{name}`")]
    TypeClash {
        /// The toolset.
        toolset: String,
        /// The API.
        api: String,
        /// The name.
        name: String,
    },
    /// An OpenAPI document that is not understood.
    #[error(transparent)]
    Document(#[from] DocumentError),
}

impl Problem {
    /// Whether an entry of a file, or an operation in it, may be missing from what was read because of it.
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

/// The end of a message: what was probably meant.
fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| {
        format!(" (did you mean `{nearest}`?)")
    })
}

/// The candidate most like a word, if any is like it at all.
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
