//! Checks the request body and the keys for reading before and after an update.

use proc_macro2::Ident;
use syn::LitStr;

use super::ast::{Keys, Mask};
use super::param::{Param, Place, Separator, separator};
use super::path::{Segment, segments};
use super::versions::{self, Texts};
use crate::errors::Errors;

/// Media types other than JSON whose bodies have members.
const FORMS: [&str; 2] = ["application/x-www-form-urlencoded", "multipart/form-data"];

/// Checks the serialization of form members and returns it.
pub(super) fn check_encoding(
    keys: &Keys,
    params: &[(Param, Place)],
    tool: &str,
    errors: &mut Errors,
) -> Vec<(String, Separator)> {
    let mut all = Vec::new();
    for (name, how) in keys.body.iter().flat_map(|body| &body.encoding) {
        let is_member = |(param, place): &(Param, Place)| {
            *place == Place::Whole || (*place == Place::Body && param.wire() == name.text)
        };
        if !params.iter().any(is_member) {
            errors.push(
                name.span,
                format_args!("the body of tool `{tool}` has no member `{}`", name.text),
                "write the name of a `#[param(body)]` as it is in the request",
            );
        }
        match separator(&how.to_string()) {
            Some(how) => all.push((name.text.clone(), how)),
            None => errors.push(
                how.span(),
                format_args!("`{how}` is no way to write several values"),
                "write `repeat`, `comma`, `space`, `pipe`, `deep`, `json` or `members`",
            ),
        }
    }
    all
}

/// Checks that the parameters in the body fit the body.
pub(super) fn check_body(
    keys: &Keys,
    http: &Ident,
    params: &[(Param, Place)],
    tool: &str,
    errors: &mut Errors,
) {
    let members = || params.iter().filter(|(_, place)| *place == Place::Body);
    let whole = || params.iter().filter(|(_, place)| *place == Place::Whole);
    let place_span = |param: &Param| {
        param
            .places
            .first()
            .map_or(param.ident.span(), |p| p.0.span())
    };

    let Some(body) = &keys.body else {
        for (param, _) in members().chain(whole()) {
            errors.push(
                place_span(param),
                format_args!(
                    "`{}` goes into the body, but tool `{tool}` has none",
                    param.argument()
                ),
                "add `body(json)` to `#[tool(..)]`",
            );
        }
        if let Some((name, _)) = keys.fixed.first() {
            errors.push(
                name.span,
                format_args!(
                    "`{}` goes into the body, but tool `{tool}` has none",
                    name.text
                ),
                "add `body(json)` to `#[tool(..)]`",
            );
        }
        return;
    };
    let Some(media_type) = &body.media_type else {
        errors.push(
            body.key.span(),
            format_args!("the body of tool `{tool}` has no media type"),
            "write `body(json)` or `body(\"text/plain\")`",
        );
        return;
    };
    if http == "get" {
        errors.push(
            body.key.span(),
            format_args!("tool `{tool}` sends a body with `get`"),
            "remove `body(..)`, or use the HTTP method of the operation",
        );
    }
    let empty = members().next().is_none() && whole().next().is_none();
    // A required body is sent even if it is empty.
    if empty && keys.fixed.is_empty() && !body.required {
        errors.push(
            body.key.span(),
            format_args!("tool `{tool}` has a body, but nothing goes into it"),
            "remove `body(..)`, or add `#[param(body)]` to a field",
        );
    }
    for (param, _) in whole().skip(usize::from(
        members().next().is_none() && keys.fixed.is_empty(),
    )) {
        errors.push(
            place_span(param),
            format_args!(
                "`{}` cannot be the whole body of tool `{tool}`: more goes into it",
                param.argument()
            ),
            "write `body` for each member, or keep one `whole` field alone",
        );
    }
    let has_members = media_type.text == "json"
        || media_type.text.ends_with("json")
        || FORMS.iter().any(|form| media_type.text.starts_with(form));
    if !has_members && (members().next().is_some() || !keys.fixed.is_empty()) {
        errors.push(
            media_type.span,
            format_args!("a body of type `{}` has no members", media_type.text),
            "write `body(json)`, or one field with `#[param(whole)]`",
        );
    }
}

/// Checks `merge` and `read_back` and returns the segments of their paths.
pub(super) fn check_update(
    keys: &Keys,
    params: &[(Param, Place)],
    tool: &str,
    errors: &mut Errors,
) -> (Vec<Segment>, Vec<Segment>) {
    let mut read =
        |key: &str, path: Option<&LitStr>, needs: bool, instead: &str, body_too: bool| {
            let Some(path) = path else {
                return Vec::new();
            };
            if !needs {
                errors.push(
                    path.span(),
                    format_args!("`{key}` of tool `{tool}` is of no use"),
                    instead,
                );
            }
            let segments = segments(path, errors);
            for segment in &segments {
                let Segment::Param(name) = segment else {
                    continue;
                };
                let known = params.iter().any(|(param, place)| {
                    let right =
                        matches!(place, Place::Path { .. }) || (body_too && *place == Place::Body);
                    right && param.wire() == *name
                });
                if !known {
                    errors.push(
                        path.span(),
                        format_args!("`{{{name}}}` in `{key}` of tool `{tool}` has no value"),
                        "use the placeholders of the tool's own path",
                    );
                }
            }
            segments
        };
    let has_body = keys.body.is_some();
    let deletes = keys.http.iter().any(|(http, _)| http == "delete");
    (
        read(
            "merge",
            keys.merge.as_ref(),
            has_body,
            "remove it, or add `body(json)`: it fills body fields that are not given",
            false,
        ),
        read(
            "read_back",
            keys.read_back.as_ref(),
            keys.returns.is_some() || deletes,
            "remove it, or add `returns = ..`: it reads the result",
            true,
        ),
    )
}

/// Checks `verify(..)` and `not_applied`, and returns the advice.
pub(super) fn check_verify(
    keys: &Keys,
    params: &[(Param, Place)],
    tool: &str,
    errors: &mut Errors,
) -> Texts {
    let verify = keys.verify.as_ref().map(|verify| &verify.key);
    let not_applied = keys.not_applied.as_ref().map(|it| &it.key);
    for key in [verify, not_applied].into_iter().flatten() {
        if keys.read_back.is_none() {
            errors.push(
                key.span(),
                format_args!("`{key}` of tool `{tool}` has no effect"),
                "remove it, or add `read_back = \"..\"`: only what is read back is compared",
            );
        }
    }
    for name in keys.verify.iter().flat_map(|verify| &verify.except) {
        let mut members = params.iter().filter(|(_, place)| *place == Place::Body);
        if !members.any(|(param, _)| param.wire() == name.text) {
            errors.push(
                name.span,
                format_args!("the body of tool `{tool}` has no member `{}`", name.text),
                "write the name of a `#[param(body)]` as it is in the request",
            );
        }
    }
    let Some(hint) = &keys.not_applied else {
        return Texts::default();
    };
    let text = hint.text.as_ref().map(LitStr::value).unwrap_or_default();
    versions::check(&hint.versions, &text, "not_applied", tool, errors)
}

/// Checks `mask(..)`.
pub(super) fn check_mask(
    mask: &Mask,
    keys: &Keys,
    tool: &str,
    errors: &mut Errors,
) -> Option<(String, Separator)> {
    if keys.body.is_none() {
        errors.push(
            mask.key.span(),
            format_args!("tool `{tool}` has a mask, but no body"),
            "remove `mask(..)`, or add `body(json)`: it names the body fields that were given",
        );
    }
    let separator = match mask.separator.to_string().as_str() {
        "comma" => "Comma",
        "repeat" => "Repeat",
        other => {
            errors.push(
                mask.separator.span(),
                format_args!("`{other}` is no way to write a mask"),
                "write `comma` or `repeat`",
            );
            return None;
        }
    };
    Some((mask.name.text.clone(), separator))
}
