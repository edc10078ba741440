//! Writes changes as text for a terminal or for the body of a pull request.

use super::change::{ApiChangeKind, ApiChangeSeverity, ToolChange};
use super::documents::{DocumentChanges, DocumentParameter};
use super::report_text::{ReportFormat, ReportText};
use crate::select::Decision;
use crate::text::listed;

/// Number of tools from which on a common change is reported once for all of them.
const FOLDED: usize = 3;

/// Compared releases of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentVersion {
    /// Name of the document.
    pub document: String,
    /// Release in the base; `None` if the document is new.
    pub base: Option<String>,
    /// Release in the head; `None` if the document was removed.
    pub head: Option<String>,
}

/// Content of a report.
#[derive(Debug, Clone, Copy)]
pub struct Report<'c> {
    /// Name of the base: `3f2a1bc`, `airflow-3 3.2.2`.
    pub base: &'c str,
    /// Compared releases of the documents.
    pub versions: &'c [DocumentVersion],
    /// Changes of the tools.
    pub tools: &'c [ToolChange],
    /// Changes in what the documents offer.
    pub documents: &'c [DocumentChanges],
    /// Errors in the head, as text.
    pub diagnostics: &'c [String],
    /// Number of undecided operations.
    pub undecided: usize,
}

impl Report<'_> {
    /// Returns the text, which ends with a line break.
    #[must_use]
    pub fn write(&self, form: ReportFormat) -> String {
        let mut out = ReportText::new(form);
        out.heading(2, "What changes for users of the tools");
        out.paragraph(&format!("Since {}: {}", self.base, self.summary()));
        if let Some(releases) = self.releases() {
            out.paragraph(&releases);
        }
        for (severity, title) in [
            (ApiChangeSeverity::Breaking, "Breaking"),
            (ApiChangeSeverity::Additive, "Additive"),
            (ApiChangeSeverity::Cosmetic, "Cosmetic"),
        ] {
            self.changes(&mut out, severity, title);
        }
        self.offers(&mut out);
        self.open(&mut out);
        out.finish()
    }

    fn count(&self, severity: ApiChangeSeverity) -> usize {
        let of = self.tools.iter();
        of.filter(|it| it.change.severity == severity).count()
    }

    fn summary(&self) -> String {
        if self.tools.is_empty() {
            return "nothing.".to_owned();
        }
        let tools = |kinds: &[ApiChangeKind]| {
            let changes = self
                .tools
                .iter()
                .filter(|it| kinds.contains(&it.change.kind));
            let mut names: Vec<&str> = changes.map(|it| it.tool.as_str()).collect();
            names.dedup();
            names.len()
        };
        let whole = [
            ApiChangeKind::Api,
            ApiChangeKind::NewTool,
            ApiChangeKind::RemovedTool,
        ];
        let changed = self.tools.iter();
        let changed = changed.filter(|it| !whole.contains(&it.change.kind));
        let mut changed: Vec<&str> = changed.map(|it| it.tool.as_str()).collect();
        changed.dedup();
        format!(
            "{} breaking, {} additive, {} cosmetic. Tools: {} new, {} removed, {} renamed, {} changed.",
            self.count(ApiChangeSeverity::Breaking),
            self.count(ApiChangeSeverity::Additive),
            self.count(ApiChangeSeverity::Cosmetic),
            tools(&[ApiChangeKind::NewTool]),
            tools(&[ApiChangeKind::RemovedTool]),
            tools(&[ApiChangeKind::RenamedTool]),
            changed.len()
        )
    }

    fn releases(&self) -> Option<String> {
        let changed = self.versions.iter().filter(|it| it.base != it.head);
        let versions: Vec<String> = changed
            .map(|it| {
                let name = &it.document;
                match (&it.base, &it.head) {
                    (Some(base), Some(head)) => format!("`{name}` {base} → {head}"),
                    (None, Some(head)) => format!("`{name}` {head}, new"),
                    (base, _) => format!("`{name}` {}, removed", base.as_deref().unwrap_or("")),
                }
            })
            .collect();
        (!versions.is_empty()).then(|| format!("Documents: {}.", versions.join(", ")))
    }

    fn changes(&self, out: &mut ReportText, severity: ApiChangeSeverity, title: &str) {
        let of = self.tools.iter();
        let of: Vec<&ToolChange> = of.filter(|it| it.change.severity == severity).collect();
        if of.is_empty() {
            return;
        }
        let hidden = severity == ApiChangeSeverity::Cosmetic;
        out.section(&format!("{title} ({})", of.len()), hidden);
        for change in of.iter().filter(|it| it.tool.is_empty()) {
            out.item(0, &change.change.text);
        }
        let (folded, single) = fold(&of);
        for tools in &folded {
            if let Some(first) = tools.first() {
                let text = format!("in {} tools: {}", tools.len(), line(first));
                out.item(0, &text);
                let names: Vec<String> = tools.iter().map(|it| format!("`{}`", it.tool)).collect();
                out.item(1, &names.join(", "));
            }
        }
        let mut toolset = "";
        let mut rest = single.as_slice();
        while let Some(first) = rest.first() {
            if first.toolset != toolset {
                toolset = &first.toolset;
                out.toolset(toolset);
            }
            let of_tool = rest.iter().take_while(|it| it.tool == first.tool).count();
            let (tool, others) = rest.split_at(of_tool);
            rest = others;
            if let [only] = tool {
                out.item(0, &format!("`{}`: {}", only.tool, line(only)));
                continue;
            }
            out.item(0, &format!("`{}`", first.tool));
            for change in tool {
                out.item(1, &line(change));
            }
        }
        out.end_of_section(hidden);
    }

    fn version(&self, document: &str) -> String {
        let mut versions = self.versions.iter();
        let found = versions.find(|it| it.document == document);
        let head = found.and_then(|it| it.head.as_deref().or(it.base.as_deref()));
        head.map_or_else(
            || format!("`{document}`"),
            |it| format!("`{document}` {it}"),
        )
    }

    /// Writes changes of the documents, whether or not they affect tools.
    fn offers(&self, out: &mut ReportText) {
        if self.documents.is_empty() {
            return;
        }
        out.section("Changes of the documents", false);
        for document in self.documents {
            let name = self.version(&document.name);
            if !document.new.is_empty() {
                let rows = document.new.iter().map(|it| {
                    let decision = match &it.decision {
                        Decision::Tool(tool) => format!("tool `{tool}`"),
                        Decision::Excluded(reason) => format!("excluded: {reason}"),
                        Decision::Undecided => "undecided".to_owned(),
                    };
                    [
                        format!("`{}`", it.id),
                        format!("`{}`", it.request),
                        it.summary.clone(),
                        decision,
                    ]
                });
                out.paragraph(&format!(
                    "{name} adds {}:",
                    counted(document.new.len(), "operation")
                ));
                out.table(["operation", "request", "summary", "decision"], rows);
            }
            let mut list = |what: &str, items: Vec<String>| {
                if !items.is_empty() {
                    out.paragraph(&format!("{name} {what}:"));
                    for item in items {
                        out.item(0, &item);
                    }
                    out.blank();
                }
            };
            let gone = document.removed.iter().map(|it| match &it.tool {
                Some(tool) => format!("`{}` (`{}`), which was `{tool}`", it.id, it.request),
                None => format!("`{}` (`{}`)", it.id, it.request),
            });
            list(
                &format!(
                    "no longer has {}",
                    counted(document.removed.len(), "operation")
                ),
                gone.collect(),
            );
            let renamed = document.renamed.iter();
            let renamed = renamed.map(|(now, before)| format!("`{now}`, was `{before}`"));
            list("renamed these operations", renamed.collect());
            let deprecated = document.deprecated.iter().map(|(id, tool)| match tool {
                Some(tool) => format!("`{id}`, which is `{tool}`"),
                None => format!("`{id}`"),
            });
            list("deprecates these operations", deprecated.collect());
            let ignored = document.ignored.iter().map(|(id, tool, parameters)| {
                let names: Vec<String> = parameters.iter().map(parameter).collect();
                format!("`{id}` (`{tool}`): {}", names.join(", "))
            });
            list(
                "adds parameters that their tools do not have",
                ignored.collect(),
            );
        }
        out.end_of_section(false);
    }

    /// Writes what is left to do.
    fn open(&self, out: &mut ReportText) {
        if self.diagnostics.is_empty() && self.undecided == 0 {
            return;
        }
        out.section("Open decisions", false);
        if self.undecided > 0 {
            out.paragraph(&format!(
                "{} neither a tool nor excluded yet: `cargo xtask allow OPERATION…` writes allowlist entries to fill in; to exclude an operation, add it to `specs/excluded.yaml`.",
                match self.undecided {
                    1 => "1 operation is".to_owned(),
                    count => format!("{count} operations are"),
                }
            ));
        }
        if !self.diagnostics.is_empty() {
            out.paragraph(&format!(
                "The specs do not fit the documents in {}:",
                counted(self.diagnostics.len(), "place")
            ));
            for diagnostic in self.diagnostics {
                out.item(0, diagnostic);
            }
        }
        out.end_of_section(false);
    }
}

fn parameter(parameter: &DocumentParameter) -> String {
    let needed = if parameter.required { ", needed" } else { "" };
    format!("`{}` ({}{needed})", parameter.name, parameter.location)
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

/// Returns the text of a change and the APIs in which it occurs.
fn line(change: &ToolChange) -> String {
    let apis: Vec<String> = change.apis.iter().map(|it| format!("`{it}`")).collect();
    match apis.as_slice() {
        [] => change.change.text.clone(),
        apis => format!("{} (on {})", change.change.text, listed(apis)),
    }
}

/// Separates changes that many tools share from the others. Both keep their order.
fn fold<'c>(changes: &[&'c ToolChange]) -> (Vec<Vec<&'c ToolChange>>, Vec<&'c ToolChange>) {
    let mut groups: Vec<Vec<&ToolChange>> = Vec::new();
    // A new or removed tool is always reported individually, even if another tool has the same title.
    let own = |it: &ToolChange| {
        matches!(
            it.change.kind,
            ApiChangeKind::NewTool | ApiChangeKind::RemovedTool
        )
    };
    for &change in changes.iter().filter(|it| !it.tool.is_empty() && !own(it)) {
        let same = |group: &&mut Vec<&ToolChange>| {
            let first = group.first();
            first.is_some_and(|it| it.change == change.change && it.apis == change.apis)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(change),
            None => groups.push(vec![change]),
        }
    }
    groups.retain(|group| group.len() >= FOLDED);
    let is_folded = |change: &ToolChange| {
        let first = groups.iter().filter_map(|group| group.first());
        let mut first = first.copied();
        first.any(|it| it.change == change.change && it.apis == change.apis)
    };
    let single = changes.iter().copied();
    let single = single.filter(|it| !it.tool.is_empty() && !is_folded(it));
    (groups.clone(), single.collect())
}
