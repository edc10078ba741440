//! Splits paths into segments and checks that each placeholder has a field.

use syn::LitStr;

use super::param::{Param, Place};
use crate::errors::Errors;

/// A segment of a path.
#[derive(Debug, PartialEq)]
pub(crate) enum Segment {
    /// Text that is sent unchanged.
    Literal(String),
    /// Name of a placeholder.
    Param(String),
}

/// Splits a path such as `/users/{username}` into segments.
pub(crate) fn segments(path: &LitStr, errors: &mut Errors) -> Vec<Segment> {
    let text = path.value();
    if !text.starts_with('/') || text.contains(['#', ' ']) {
        errors.push(
            path.span(),
            format_args!("`{text}` is no path"),
            "write it as in the document, with its base: `/api/users/{username}`",
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
        let name = Segment::Param(name.to_owned());
        if segments.contains(&name) {
            errors.push(
                path.span(),
                format_args!("`{text}` has a placeholder twice"),
                "give each its own name",
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
        Segment::Param(name) => name.is_empty() || name.contains(['{', '/']),
    });
    if broken {
        errors.push(
            path.span(),
            format_args!("the braces in `{text}` do not match"),
            "write each placeholder as `{name}`",
        );
    }
    segments
}

/// Checks that placeholders and `path` fields correspond one to one, by their names in the request.
pub(crate) fn check_placeholders(
    segments: &[Segment],
    path: &LitStr,
    params: &[(Param, Place)],
    tool: &str,
    errors: &mut Errors,
) {
    let in_path = || {
        let params = params.iter();
        params.filter(|(_, place)| matches!(place, Place::Path { .. }))
    };
    for segment in segments {
        if let Segment::Param(name) = segment
            && !in_path().any(|(param, _)| param.wire() == *name)
        {
            errors.push(
                path.span(),
                format_args!("tool `{tool}` has no field for path parameter `{name}`"),
                format_args!("add `#[param(path)] pub {name}: String`"),
            );
        }
    }
    for (param, _) in in_path() {
        let wire = param.wire();
        if !segments.contains(&Segment::Param(wire.clone())) {
            let span = param.wire.as_ref().map_or(param.name_span(), LitStr::span);
            errors.push(
                span,
                format_args!("the path of tool `{tool}` has no placeholder `{{{wire}}}`"),
                format_args!(
                    "add it to `{}`, or say which one it is: `wire = \"..\"`",
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
        let param = |name: &str| Segment::Param(name.to_owned());
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
