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
//! | preset | removed; contains a tool no longer | new; contains another tool | |
//! | method | changed: an MCP server restricted to this method loses the tool | | |
//! | effect | read-only → writing, newly destructive, no longer idempotent | writing → read-only, no longer destructive, newly idempotent | |
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
mod change;
mod collect;
mod documents;
mod inputs;
mod outputs;
mod presets;
mod report;
mod report_text;
mod side;
mod tools;
mod types;

pub use change::{ApiChange, ApiChangeKind, ApiChangeSeverity, ToolChange};
pub use documents::{
    DocumentChanges, DocumentParameter, NewOperation, RemovedOperation, document_changes,
};
pub use report::{DocumentVersion, Report};
pub use report_text::ReportFormat;
pub use tools::tool_changes;
