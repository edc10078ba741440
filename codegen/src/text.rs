//! Formats texts: prepares the descriptions of a document for a model (no folded lines, no paragraphs about the document itself), and lists names in sentences.

/// Joins the lines of each paragraph and leaves out paragraphs that begin with one of `boilerplate`.
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

/// Adds to a description that its argument is deprecated.
pub(crate) fn deprecated(mut description: String) -> String {
    if !description.to_lowercase().contains("deprecated") {
        if !description.is_empty() {
            description.push(' ');
        }
        description.push_str("Deprecated.");
    }
    description
}

/// Lists names in a sentence: `a`, `a and b`, `a, b and c`.
#[must_use]
pub fn listed<T: AsRef<str>>(names: &[T]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{listed, tidy};

    #[test]
    fn names() {
        for (names, expected) in [
            (&[][..], ""),
            (&["a"], "a"),
            (&["a", "b"], "a and b"),
            (&["a", "b", "c"], "a, b and c"),
            (&["a", "b", "c", "d"], "a, b, c and d"),
        ] {
            assert_eq!(listed(names), expected, "{names:?}");
        }
    }

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
