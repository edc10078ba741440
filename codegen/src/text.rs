//! Descriptions of a document, as they are fit for a model: no folded lines, no paragraphs about the document itself.

/// Joins the lines of each paragraph and leaves out those that begin with one of `boilerplate`.
pub(crate) fn tidy(text: &str, boilerplate: &[&str]) -> String {
    let mut paragraphs: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines().map(str::trim) {
        if line.is_empty() {
            open = false;
            continue;
        }
        let item = line.starts_with("- ") || line.starts_with("* ");
        match paragraphs.last_mut() {
            Some(last) if open && item => *last = format!("{last}\n{line}"),
            Some(last) if open => *last = format!("{last} {line}"),
            _ => paragraphs.push(line.to_owned()),
        }
        open = true;
    }
    paragraphs.retain(|paragraph| !boilerplate.iter().any(|start| paragraph.starts_with(start)));
    paragraphs.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::tidy;

    #[test]
    fn paragraphs() {
        for (text, expected) in [
            ("", ""),
            ("One line.", "One line."),
            ("  Folded\n  line.\n", "Folded line."),
            ("The name.\n\n*New in version 2.1.0*\n", "The name."),
            ("*New in version 2.1.0*", ""),
            ("One.\n\nTwo\nlines.", "One.\n\nTwo lines."),
            (
                "Either\n- this\n  or more\n- that",
                "Either\n- this or more\n- that",
            ),
            ("`New` is kept.", "`New` is kept."),
        ] {
            assert_eq!(tidy(text, &["*New in version"]), expected, "{text:?}");
        }
    }
}
