//! What changed for the users of the tools between two catalogues.
//!
//! Users are three: a model that calls tools with arguments, a program or person that reads results, and whoever has narrowed a server to methods, tags or names of tools. A change is *breaking* if something that worked for one of them can stop working or mean something else, *additive* if something works that did not, and *cosmetic* if only words changed or the way in which a request is made.
//!
//! | what | breaking | additive | cosmetic |
//! | --- | --- | --- | --- |
//! | API | gone | new | |
//! | tool, in any API | gone | new; renamed with `was`, since the old name goes on working | title, description, toolset, `since` |
//! | old name (`was`) | given up | | |
//! | tag | gone: a server narrowed to it loses the tool | new | |
//! | method | another: a server narrowed to it loses the tool | | |
//! | effect | reads ⇄ writes, newly destructive, no longer idempotent | no longer destructive, newly idempotent | |
//! | route | another HTTP method or path, since an older server has only the old one | | names in the path, id of the operation, how the request is made |
//! | argument | gone, renamed, new and required, newly required | new, no longer required | description, example, where it is sent |
//! | type of an argument | another, or fewer values: a value of an enum gone, `null` refused, a narrower range, a new pattern or format | more values: a new one of an enum, `null` taken, a wider range, `integer` to `number`, anything to any | |
//! | default of an argument | another, or another value sent where it is left out | | only now documented, or no longer |
//! | secret argument | no longer kept secret | | newly kept secret |
//! | filter of a list | gone, or on another field | new | unique or not |
//! | result | gone, or in another form; the items of a list under another name | new | |
//! | field of a result | gone, or of another type | new; of a known type where it was any | description |
//! | enum in a result | | new value: readers have to expect unknown ones | value gone |
//! | fields that a list returns by default | fewer | more | |
//! | pages of a list | | | another way |
//!
//! Results promise neither `null` nor its absence, no field is certain, and ranges mean nothing in them; so a change of these is none.

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

/// How much a change matters to users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Something can stop working, or mean something else.
    Breaking,
    /// Something works that did not.
    Additive,
    /// Only words, or the way in which a request is made.
    Cosmetic,
}

/// What kind of change it is.
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
    /// How much it matters.
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

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Its kind.
    pub kind: Kind,
    /// What changed, without the tool.
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

/// A change and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolChange {
    /// Toolset; empty if it is about a whole API.
    pub toolset: String,
    /// Tool, by its name of now; empty if it is about a whole API.
    pub tool: String,
    /// The APIs in which it changed; empty if in all that have the tool.
    pub apis: Vec<String>,
    /// What changed.
    pub change: Change,
}
