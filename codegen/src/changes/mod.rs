//! Finds the changes between two catalogues that matter to users of the tools.
//!
//! There are three kinds of users: models that call tools with arguments, programs and people that read results, and administrators who restrict an MCP server to methods, tags or names of tools. A change is *breaking* if something that worked for a user can stop working or change its meaning, *additive* if something works that did not work before, and *cosmetic* if only texts or the way in which a request is made changed.
//!
//! | subject | breaking | additive | cosmetic |
//! | --- | --- | --- | --- |
//! | API | removed | new | |
//! | tool, in any API | removed | new; renamed with `renamed_from`, since the former name still works | title, description, toolset, `since` |
//! | former name (`renamed_from`) | removed | | |
//! | tag | removed: an MCP server restricted to this tag loses the tool | new | |
//! | method | changed: an MCP server restricted to this method loses the tool | | |
//! | effect | read-only ⇄ writing, newly destructive, no longer idempotent | no longer destructive, newly idempotent | |
//! | route | other HTTP method or path, since older upstreams have only the old route | | names of path parameters, id of the operation, how the request is made |
//! | parameter | removed, renamed, new and required, newly required | new, no longer required | description, example, location in the request |
//! | type of a parameter | other type, or fewer values: enum value removed, `null` rejected, narrower range, new pattern or format | more values: new enum value, `null` accepted, wider range, `integer` to `number`, any type to any value | |
//! | default of a parameter | other default, or other value sent if the argument is omitted | | documentation of the default added or removed |
//! | secret parameter | no longer secret | | newly secret |
//! | filter of a list | removed, or applied to another field | new | uniqueness of the field |
//! | result | removed, or in another format; list items under another name | new | |
//! | field of a result | removed, or other type | new; type documented that was any value before | description |
//! | enum in a result | | new value: readers must expect unknown values | value removed |
//! | fields that a list returns by default | fewer | more | |
//! | pagination of a list | | | style, location, maximum page size or first release |
//!
//! Output schemas contain no ranges and do not guarantee that a field is present or is not `null`. Changes of these are therefore not reported.

mod arguments;
mod collect;
mod documents;
mod inputs;
mod outputs;
mod report;
mod tools;
mod types;

pub(crate) use documents::states;
pub use documents::{
    DocumentChanges, DocumentOperation, DocumentParameter, DocumentState, GoneOperation,
    NewOperation, documents,
};
pub use report::{Form, Report, Version};
pub use tools::changes;

/// Severity of a change for users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Something can stop working or change its meaning.
    Breaking,
    /// Something works that did not work before.
    Additive,
    /// Only texts or the way in which a request is made changed.
    Cosmetic,
}

/// Kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the table of the module says what each is")]
pub enum Kind {
    ApiNew,
    ApiGone,
    ToolNew,
    ToolGone,
    ToolRenamed,
    OldNameGone,
    ToolText,
    TagNew,
    TagGone,
    Method,
    EffectStricter,
    EffectMilder,
    Route,
    Request,
    ArgumentNew,
    ArgumentNewRequired,
    ArgumentGone,
    ArgumentRenamed,
    ArgumentRequired,
    ArgumentOptional,
    ArgumentText,
    ArgumentRetyped,
    ArgumentNarrower,
    ArgumentWider,
    DefaultChanged,
    DefaultDocumented,
    SecretGone,
    SecretNew,
    FilterField,
    FilterUnique,
    ResultNew,
    ResultGone,
    ResultForm,
    FieldNew,
    FieldGone,
    FieldRetyped,
    FieldTyped,
    FieldText,
    FieldValueNew,
    FieldValueGone,
    SummaryNew,
    SummaryGone,
    Pages,
}

impl Kind {
    /// Returns the severity of this kind.
    #[must_use]
    pub fn weight(self) -> Weight {
        match self {
            Self::ApiGone
            | Self::ToolGone
            | Self::OldNameGone
            | Self::TagGone
            | Self::Method
            | Self::EffectStricter
            | Self::Route
            | Self::ArgumentNewRequired
            | Self::ArgumentGone
            | Self::ArgumentRenamed
            | Self::ArgumentRequired
            | Self::ArgumentRetyped
            | Self::ArgumentNarrower
            | Self::DefaultChanged
            | Self::SecretGone
            | Self::FilterField
            | Self::ResultGone
            | Self::ResultForm
            | Self::FieldGone
            | Self::FieldRetyped
            | Self::SummaryGone => Weight::Breaking,
            Self::ApiNew
            | Self::ToolNew
            | Self::ToolRenamed
            | Self::TagNew
            | Self::EffectMilder
            | Self::ArgumentNew
            | Self::ArgumentOptional
            | Self::ArgumentWider
            | Self::ResultNew
            | Self::FieldNew
            | Self::FieldTyped
            | Self::FieldValueNew
            | Self::SummaryNew => Weight::Additive,
            Self::ToolText
            | Self::Request
            | Self::ArgumentText
            | Self::DefaultDocumented
            | Self::SecretNew
            | Self::FilterUnique
            | Self::FieldText
            | Self::FieldValueGone
            | Self::Pages => Weight::Cosmetic,
        }
    }
}

/// Change that users of the tools notice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Kind of the change.
    pub kind: Kind,
    /// Description of the change, without the name of the tool.
    pub text: String,
}

impl Change {
    pub(crate) fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
        }
    }
}

/// Change with its tool and APIs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolChange {
    /// Toolset; empty if the change concerns a whole API.
    pub toolset: String,
    /// Current name of the tool; empty if the change concerns a whole API.
    pub tool: String,
    /// APIs in which the change occurs; empty if it occurs in all APIs that have the tool.
    pub apis: Vec<String>,
    /// Change of the tool or API.
    pub change: Change,
}
