//! Splits paths into segments and checks that each placeholder has a field.

use syn::LitStr;

use super::block::Block;
use crate::errors::Errors;

/// A segment of a path.
#[derive(Debug, PartialEq)]
pub(crate) enum Segment {
    /// Text that is sent unchanged.
    Literal(String),
    /// Name of a placeholder.
    Placeholder(String),
}

/// Splits a path such as `/users/{username}` into segments.
pub(crate) fn segments(path: &LitStr, errors: &mut Errors) -> Vec<Segment> {
    let text = path.value();
    if !text.starts_with('/') || text.contains(['#', ' ']) {
        errors.push(
            path.span(),
            format_args!("invalid path `{text}`"),
            "write the path of the document after the base path: `/api/users/{username}`",
        );
    }
    let mut segments = Vec::new();
    let mut rest = text.as_str();
    while let Some((literal, behind)) = rest.split_once('{') {
        let Some((name, after)) = behind.split_once('}') else {
            break;
        };
        if !literal.is_empty() {
            segments.push(Segment::Literal(literal.to_owned()));
        }
        let name = Segment::Placeholder(name.to_owned());
        if segments.contains(&name) {
            errors.push(
                path.span(),
                format_args!("`{text}` has a duplicate placeholder"),
                "rename one of them",
            );
        }
        segments.push(name);
        rest = after;
    }
    if !rest.is_empty() {
        segments.push(Segment::Literal(rest.to_owned()));
    }
    let broken = segments.iter().any(|segment| match segment {
        Segment::Literal(literal) => literal.contains(['{', '}']),
        Segment::Placeholder(name) => name.is_empty() || name.contains(['{', '/']),
    });
    if broken {
        errors.push(
            path.span(),
            format_args!("unmatched brace in `{text}`"),
            "write each placeholder as `{name}`",
        );
    }
    segments
}

/// Returns the names of the placeholders.
pub(super) fn placeholders(segments: &[Segment]) -> impl Iterator<Item = &String> {
    segments.iter().filter_map(|segment| match segment {
        Segment::Placeholder(name) => Some(name),
        Segment::Literal(_) => None,
    })
}

/// Checks that placeholders and `path` fields correspond one to one, by their names in the request.
pub(super) fn check_placeholders(
    segments: &[Segment],
    path: &LitStr,
    block: Block<'_>,
    errors: &mut Errors,
) {
    let tool = block.tool;
    let in_path = || block.parameters.iter().filter(|it| it.is_in_path());
    for name in placeholders(segments) {
        if !in_path().any(|parameter| parameter.wire() == *name) {
            errors.push(
                path.span(),
                format_args!("tool `{tool}` has no field for path parameter `{name}`"),
                format_args!("add `#[param(path)] pub {name}: String`"),
            );
        }
    }
    for parameter in in_path() {
        let wire = parameter.wire();
        if !segments.contains(&Segment::Placeholder(wire.clone())) {
            errors.push(
                parameter.wire_span(),
                format_args!("the path of tool `{tool}` has no placeholder `{{{wire}}}`"),
                format_args!(
                    "add it to `{}`, or name another placeholder: `wire = \"..\"`",
                    path.value()
                ),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    #[test]
    fn paths_are_cut_at_placeholders() {
        let literal = |text: &str| Segment::Literal(text.to_owned());
        let param = |name: &str| Segment::Placeholder(name.to_owned());
        let rows = [
            ("/users", Some(vec![literal("/users")])),
            ("/users/{id}", Some(vec![literal("/users/"), param("id")])),
            (
                "/{a}/b/{c}.json",
                Some(vec![
                    literal("/"),
                    param("a"),
                    literal("/b/"),
                    param("c"),
                    literal(".json"),
                ]),
            ),
            ("/{a}{b}", Some(vec![literal("/"), param("a"), param("b")])),
            ("users", None),
            ("", None),
            ("/users?limit=1", Some(vec![literal("/users?limit=1")])),
            ("/users#a", None),
            ("/{a", None),
            ("/a}", None),
            ("/{}", None),
            ("/{{a}}", None),
            ("/{a}/{a}", None),
        ];
        for (path, expected) in rows {
            let mut errors = Errors::default();
            let segments = segments(&LitStr::new(path, Span::call_site()), &mut errors);
            let segments = errors.is_empty().then_some(segments);
            assert_eq!(segments, expected, "{path}");
        }
    }
}
