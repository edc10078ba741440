//! Text of a report, for a terminal or in Markdown.

use std::fmt::Write as _;

/// Format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    /// Plain text for a terminal.
    Terminal,
    /// Markdown.
    Markdown,
}

/// Text that is being written in a format.
pub(super) struct ReportText {
    out: String,
    form: ReportFormat,
}

impl ReportText {
    pub(super) fn new(form: ReportFormat) -> Self {
        let out = String::new();
        Self { out, form }
    }

    /// Returns the text, which ends with one line break.
    pub(super) fn finish(&self) -> String {
        format!("{}\n", self.out.trim_end())
    }

    pub(super) fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    pub(super) fn heading(&mut self, level: usize, text: &str) {
        self.blank();
        match self.form {
            ReportFormat::Markdown => {
                let _ = writeln!(self.out, "{} {text}\n", "#".repeat(level));
            }
            ReportFormat::Terminal => {
                let _ = writeln!(self.out, "{text}\n{}\n", "-".repeat(text.chars().count()));
            }
        }
    }

    pub(super) fn paragraph(&mut self, text: &str) {
        self.blank();
        let _ = writeln!(self.out, "{text}\n");
    }

    /// Begins a section. A `hidden` section is collapsed in Markdown.
    pub(super) fn section(&mut self, title: &str, hidden: bool) {
        if hidden && self.form == ReportFormat::Markdown {
            self.blank();
            let _ = writeln!(self.out, "<details><summary>{title}</summary>\n");
        } else {
            self.heading(3, title);
        }
    }

    pub(super) fn end_of_section(&mut self, hidden: bool) {
        if hidden && self.form == ReportFormat::Markdown {
            self.blank();
            self.out.push_str("</details>\n");
        }
    }

    pub(super) fn toolset(&mut self, name: &str) {
        self.blank();
        let _ = match self.form {
            ReportFormat::Markdown => writeln!(self.out, "**{name}**\n"),
            ReportFormat::Terminal => writeln!(self.out, "{name}"),
        };
    }

    pub(super) fn item(&mut self, depth: usize, text: &str) {
        let _ = writeln!(self.out, "{}- {text}", "  ".repeat(depth));
    }

    pub(super) fn table<const N: usize>(
        &mut self,
        head: [&str; N],
        rows: impl Iterator<Item = [String; N]>,
    ) {
        if self.form == ReportFormat::Terminal {
            for row in rows {
                let cells: Vec<String> = row.into_iter().filter(|it| !it.is_empty()).collect();
                self.item(0, &cells.join("; "));
            }
        } else {
            let _ = writeln!(self.out, "| {} |", head.join(" | "));
            let _ = writeln!(self.out, "|{}", " --- |".repeat(N));
            for row in rows {
                // A table cell cannot contain line breaks or unescaped vertical bars.
                let cells = row.map(|cell| cell.replace('|', "\\|").replace('\n', " "));
                let _ = writeln!(self.out, "| {} |", cells.join(" | "));
            }
        }
        self.blank();
    }
}
