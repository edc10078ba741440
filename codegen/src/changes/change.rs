//! Changes that users of the tools notice.

/// Severity of a change for users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ApiChangeSeverity {
    /// Something can stop working or change its meaning.
    Breaking,
    /// Something works that did not work before.
    Additive,
    /// Only texts or the way in which a request is made changed.
    Cosmetic,
}

/// Subject of a change, as far as reports distinguish it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiChangeKind {
    /// A whole API was added or removed.
    Api,
    /// A tool was added.
    NewTool,
    /// A tool was removed.
    RemovedTool,
    /// A tool was renamed.
    RenamedTool,
    /// A parameter has another type, so that its rules cannot be compared.
    RetypedParameter,
    /// Part of a tool.
    Part,
}

/// Change that users of the tools notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiChange {
    /// Severity of the change.
    pub severity: ApiChangeSeverity,
    /// Subject of the change.
    pub kind: ApiChangeKind,
    /// Description of the change, without the name of the tool.
    pub text: String,
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
    pub change: ApiChange,
}

/// Changes of one tool in one API.
#[derive(Default)]
pub(super) struct FoundChanges(pub(super) Vec<ApiChange>);

impl FoundChanges {
    pub(super) fn add(&mut self, severity: ApiChangeSeverity, text: impl Into<String>) {
        self.add_kind(ApiChangeKind::Part, severity, text);
    }

    pub(super) fn add_kind(
        &mut self,
        kind: ApiChangeKind,
        severity: ApiChangeSeverity,
        text: impl Into<String>,
    ) {
        self.0.push(ApiChange {
            severity,
            kind,
            text: text.into(),
        });
    }

    pub(super) fn breaking(&mut self, text: impl Into<String>) {
        self.add(ApiChangeSeverity::Breaking, text);
    }

    pub(super) fn additive(&mut self, text: impl Into<String>) {
        self.add(ApiChangeSeverity::Additive, text);
    }

    pub(super) fn cosmetic(&mut self, text: impl Into<String>) {
        self.add(ApiChangeSeverity::Cosmetic, text);
    }

    /// Adds a change of a property that something has or does not have. `now` describes that the property is new, `no_longer` that it was removed.
    pub(super) fn property(
        &mut self,
        subject: &str,
        (old, new): (bool, bool),
        now: (ApiChangeSeverity, &str),
        no_longer: (ApiChangeSeverity, &str),
    ) {
        if old != new {
            let (severity, text) = if new { now } else { no_longer };
            self.add(severity, format!("{subject} {text}"));
        }
    }
}
