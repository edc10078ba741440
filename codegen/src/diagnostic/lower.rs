//! Diagnostics about entries of tools that do not fit their operations.

use super::suggestion::did_you_mean;

/// Diagnostic about a decision that the operation of a tool does not permit or makes unnecessary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LowerDiagnostic {
    /// The operation does not have a parameter.
    #[error(
        "operation `{operation}` of {document} has no parameter `{parameter}`{}",
        did_you_mean(nearest.as_deref())
    )]
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
    /// Several parameters have the name of an override.
    #[error("several parameters are named `{parameter}`; add `in` to select one of them")]
    AmbiguousParameter {
        /// Name of the parameters.
        parameter: String,
    },
    /// A decision has no effect.
    #[error("{what} has no effect in {document}; remove it")]
    NoEffect {
        /// Key, and the entry to which it belongs.
        what: String,
        /// The document.
        document: String,
    },
    /// Values are recorded, but nothing reads them.
    #[error(
        "`recorded` requires that the object is read in {document}; add `read_back` to this operation"
    )]
    NotRead {
        /// The document.
        document: String,
    },
    /// A glob matches no parameter.
    #[error(
        "`{pattern}` matches no parameter of {document}{}; remove it",
        did_you_mean(nearest.as_deref())
    )]
    UnusedOmission {
        /// The glob.
        pattern: String,
        /// The document.
        document: String,
        /// Most similar name.
        nearest: Option<String>,
    },
    /// A required parameter is omitted.
    #[error(
        "`{pattern}` omits `{parameter}`, which operation `{operation}` of {document} requires; narrow the pattern, or set `when_omitted` or `fallback` for the parameter"
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
    #[error("{what} is already set on line {first}; remove one of the two")]
    Contradiction {
        /// Property that both set.
        what: String,
        /// Line of the first override.
        first: usize,
    },
    /// An override does not fit the type of its parameter.
    #[error("{what} is invalid for a parameter of type {ty}")]
    InvalidOverride {
        /// Key, and the parameter to which it belongs.
        what: String,
        /// Type of the parameter.
        ty: &'static str,
    },
    /// Two arguments have the same name.
    #[error(
        "tool `{tool}` has two arguments `{argument}` in {document} ({locations}); rename one of them in `parameters`"
    )]
    Collision {
        /// The tool.
        tool: String,
        /// Name of the arguments.
        argument: String,
        /// The document.
        document: String,
        /// Location of each argument.
        locations: String,
    },
    /// An argument has a reserved name.
    #[error(
        "argument `{argument}` of tool `{tool}` in {document} has a reserved name; rename it in `parameters`"
    )]
    ReservedName {
        /// The tool.
        tool: String,
        /// Name of the argument.
        argument: String,
        /// The document.
        document: String,
    },
    /// A parameter has no description.
    #[error(
        "parameter `{parameter}` of `{tool}` has no description in {document}; write one in `parameters`"
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
        "operation `{operation}` of {document} has {count} path parameters; name the one that is the id in `id`"
    )]
    AmbiguousId {
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// Number of path parameters.
        count: usize,
    },
    /// The items of a list tool cannot be found in the response.
    #[error("the response of operation `{operation}` of {document} {reason}")]
    NoItems {
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// Reason, as a predicate.
        reason: String,
    },
    /// The items of a list, or an object, do not have a field.
    #[error(
        "unknown {kind} `{field}`: the {} of operation `{operation}` of {document} have no such field{}",
        if *kind == "recorded member" { "objects" } else { "items" },
        did_you_mean(nearest.as_deref())
    )]
    UnknownField {
        /// Kind of the entry that names the field: filter, summary field or recorded member.
        kind: &'static str,
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
    #[error("filter `{field}` must be a field with a single value, but is {kind} in {document}")]
    FilterKind {
        /// The field.
        field: String,
        /// Kind of the field's type.
        kind: &'static str,
        /// The document.
        document: String,
    },
    /// A key is only for list tools.
    #[error("`{key}` is only for list tools; remove it")]
    ListOnly {
        /// The key.
        key: &'static str,
    },
    /// `merge_from` or `read_back` is used with an operation to which it does not apply.
    #[error(
        "`{key}` is only for operations that {does}, but `{operation}` of {document} is a {http}; remove it"
    )]
    NothingToRead {
        /// `merge_from` or `read_back`.
        key: &'static str,
        /// Action that the key needs.
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
    MethodMismatch {
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
    #[error(
        "operation `{operation}` of {document} does not return {format}; change or remove `response_format`"
    )]
    FormatMismatch {
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// Declared response format.
        format: &'static str,
    },
    /// The response is not JSON, and the allowlist does not declare its format.
    #[error(
        "operation `{operation}` of {document} returns `{media}`; add `response_format: {format}`"
    )]
    MissingFormat {
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// Media types of the response.
        media: String,
        /// Format that can be declared.
        format: &'static str,
    },
    /// A tool is declared as read-only, but its request always writes.
    #[error("a `{method}` tool that sends a {http} cannot be `read_only`; remove `read_only`")]
    NeverReadOnly {
        /// Method of the tool.
        method: String,
        /// HTTP method of its operation.
        http: String,
    },
    /// An operation cannot be used for `merge_from`, `read_back` or `for_each`.
    #[error("`{key}` cannot use operation `{operation}` of {document}: {reason}")]
    UnsuitableOperation {
        /// Key that names the operation.
        key: &'static str,
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// Reason.
        reason: String,
    },
    /// Two different types in one module have the same name.
    #[error("toolset `{toolset}` of {api} has two different types named `{name}`")]
    TypeClash {
        /// The toolset.
        toolset: String,
        /// The API.
        api: String,
        /// Name of the types.
        name: String,
    },
    /// Two modules of an API have the same name.
    #[error("module `{module}` of {api} already exists; rename `{name}`")]
    ModuleClash {
        /// The toolset or alternative document.
        name: String,
        /// The API.
        api: String,
        /// Name of the module.
        module: String,
    },
}
