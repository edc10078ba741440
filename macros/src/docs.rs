//! Converts doc comments into descriptions.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// Returns the text of the doc comments. The lines of a paragraph are joined, empty lines between paragraphs are kept, and Markdown is unchanged.
pub(crate) fn description(attributes: &[Attribute]) -> String {
    let mut text = String::new();
    let mut paragraph_ended = false;
    let mut in_code = false;
    for line in lines(attributes) {
        let fence = line.trim_start().starts_with("```");
        if line.trim().is_empty() && !in_code {
            paragraph_ended = true;
            continue;
        }
        if !text.is_empty() {
            let own_line = fence || in_code || starts_a_line(&line) || text.ends_with("```");
            text.push_str(match (paragraph_ended, own_line) {
                (true, _) => "\n\n",
                (false, true) => "\n",
                (false, false) => " ",
            });
        }
        paragraph_ended = false;
        in_code ^= fence;
        text.push_str(if in_code || fence {
            line.trim_end()
        } else {
            line.trim()
        });
    }
    text.trim_end().to_owned()
}

/// Returns the lines of all doc comments, without the space after `///`.
fn lines(attributes: &[Attribute]) -> Vec<String> {
    let mut lines = Vec::new();
    for attribute in attributes {
        if let Meta::NameValue(doc) = &attribute.meta
            && doc.path.is_ident("doc")
            && let Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) = &doc.value
        {
            let text = text.value();
            lines.extend(
                text.split('\n')
                    .map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned()),
            );
        }
    }
    lines
}

/// Returns whether a line starts a Markdown block that would be lost if the line were joined to another: a list item, a heading, a table.
fn starts_a_line(line: &str) -> bool {
    let line = line.trim_start();
    let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    ["- ", "* ", "+ ", "#", "|", ">"]
        .iter()
        .any(|mark| line.starts_with(mark))
        || (number.len() < line.len() && (number.starts_with(". ") || number.starts_with(") ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doc_comments_become_descriptions() {
        let rows: [(&[&str], &str); 8] = [
            (&[], ""),
            (&[" One."], "One."),
            (&[" One", " line. "], "One line."),
            (&[" One.", "", " Two."], "One.\n\nTwo."),
            (&["", " One.", ""], "One."),
            (&[" One of:", " - a", "   b", " - c"], "One of:\n- a b\n- c"),
            (&[" As", " 1. a", " 2) b"], "As\n1. a\n2) b"),
            (
                &[" Like", " ```", " a:", "", "   b", " ```", " this."],
                "Like\n```\na:\n\n  b\n```\nthis.",
            ),
        ];
        for (lines, expected) in rows {
            let attributes: Vec<Attribute> = lines
                .iter()
                .map(|line| syn::parse_quote!(#[doc = #line]))
                .collect();
            assert_eq!(description(&attributes), expected, "{lines:?}");
        }
    }
}
