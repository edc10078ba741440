//! Converts doc comments into descriptions.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// Returns the text of the doc comments. The lines of a paragraph are joined, empty lines between paragraphs are kept, and Markdown is unchanged.
pub(crate) fn description(attributes: &[Attribute]) -> String {
    mcp_schema::markdown::description(&lines(attributes).join("\n"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doc_comments_become_descriptions() {
        let rows: [(&[&str], &str); 5] = [
            (&[], ""),
            (&[" One."], "One."),
            (&[" One", " line. "], "One line."),
            (&[" One.", "", " Two."], "One.\n\nTwo."),
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
