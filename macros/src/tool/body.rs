//! Checks the request body and the keys for reading before and after an update.

use proc_macro2::Ident;
use syn::LitStr;

use super::block::Block;
use super::parameter::{ParameterLocation, ParameterStyle, STYLES_IN_WORDS, capitalized, style};
use super::path::{Segment, placeholders, segments};
use super::versions::{self, Texts};
use crate::entries::Name;
use crate::errors::Errors;

/// Media types other than JSON whose bodies have members.
const FORMS: [&str; 2] = ["application/x-www-form-urlencoded", "multipart/form-data"];

/// Checks the serialization of form members and returns it.
pub(super) fn check_encoding(
    block: Block<'_>,
    errors: &mut Errors,
) -> Vec<(String, ParameterStyle)> {
    let mut all = Vec::new();
    let whole = ParameterLocation::WholeBody;
    for (name, word) in block.keys.body.iter().flat_map(|body| &body.encoding) {
        if block.located(&whole).next().is_none() {
            check_member(block, name, errors);
        }
        match style(word) {
            Some(style) => all.push((name.text.clone(), style)),
            None => errors.push(
                word.span(),
                format_args!("unknown serialization `{word}`"),
                format_args!("write {STYLES_IN_WORDS}"),
            ),
        }
    }
    all
}

/// Checks that the body has a member.
fn check_member(block: Block<'_>, name: &Name, errors: &mut Errors) {
    if !block.has_member(&name.text) {
        errors.push(
            name.span,
            format_args!(
                "the body of tool `{}` has no member `{}`",
                block.tool, name.text
            ),
            "write the name of a `#[param(body)]` in the request",
        );
    }
}

/// Checks that the parameters in the body fit the body.
pub(super) fn check_body(block: Block<'_>, http: &Ident, errors: &mut Errors) {
    let Block { keys, tool, .. } = block;
    let (member, whole) = (ParameterLocation::Body, ParameterLocation::WholeBody);
    let (members, wholes) = (|| block.located(&member), || block.located(&whole));
    let Some(body) = &keys.body else {
        let fixed = keys.fixed.first().into_iter();
        let fixed = fixed.map(|(name, _)| (name.span, name.text.clone()));
        let declared = members().chain(wholes());
        let declared = declared.map(|it| (it.location_span, it.argument()));
        for (span, name) in declared.chain(fixed) {
            errors.push(
                span,
                format_args!("`{name}` is in the body, but tool `{tool}` has no body"),
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
            format_args!("tool `{tool}` has a body, but its HTTP method is `get`"),
            "remove `body(..)`, or use the HTTP method of the operation",
        );
    }
    let has_members = members().next().is_some() || !keys.fixed.is_empty();
    let is_empty = !has_members && wholes().next().is_none();
    // A required body is sent even if it is empty.
    if is_empty && !body.required {
        errors.push(
            body.key.span(),
            format_args!("the body of tool `{tool}` has no content"),
            "remove `body(..)`, or add `#[param(body)]` to a field",
        );
    }
    for parameter in wholes().skip(usize::from(!has_members)) {
        errors.push(
            parameter.location_span,
            format_args!(
                "`{}` cannot be the whole body of tool `{tool}`, because the body has other content",
                parameter.argument()
            ),
            "write `body` for each member, or keep one field with `whole`",
        );
    }
    let can_have_members = media_type.text.ends_with("json")
        || FORMS.iter().any(|form| media_type.text.starts_with(form));
    if !can_have_members && has_members {
        errors.push(
            media_type.span,
            format_args!("a body of type `{}` has no members", media_type.text),
            "write `body(json)`, or one field with `#[param(whole)]`",
        );
    }
}

/// Checks `merge` and `read_back` and returns the segments of their paths.
pub(super) fn check_update(block: Block<'_>, errors: &mut Errors) -> (Vec<Segment>, Vec<Segment>) {
    let keys = block.keys;
    let merge = keys.merge.as_ref().map(|path| {
        if keys.body.is_none() {
            errors.push(
                path.span(),
                format_args!("`merge` of tool `{}` is unused", block.tool),
                "remove it, or add `body(json)`, whose members it supplies",
            );
        }
        check_path(block, "merge", path, false, errors)
    });
    let read_back = keys.read_back.as_ref().map(|path| {
        let deletes = keys.http.iter().any(|(http, _)| http == "delete");
        if keys.returns.is_none() && !deletes {
            errors.push(
                path.span(),
                format_args!("`read_back` of tool `{}` is unused", block.tool),
                "remove it, or add `returns = ..`, the type of what it reads",
            );
        }
        check_path(block, "read_back", path, true, errors)
    });
    if let Some(name) = keys.recorded.first().filter(|_| read_back.is_none()) {
        errors.push(
            name.span,
            format_args!("`recorded` of tool `{}` is unused", block.tool),
            "remove it, or add `read_back = \"..\"`, which reads the object whose members are recorded",
        );
    }
    (merge.unwrap_or_default(), read_back.unwrap_or_default())
}

/// Checks that the parameters supply the placeholders of a path.
fn check_path(
    block: Block<'_>,
    key: &str,
    path: &LitStr,
    can_use_body: bool,
    errors: &mut Errors,
) -> Vec<Segment> {
    let segments = segments(path, errors);
    for name in placeholders(&segments) {
        let mut parameters = block.parameters.iter();
        let in_path = parameters.any(|it| it.is_in_path() && it.wire() == *name);
        if !(in_path || can_use_body && block.has_member(name)) {
            errors.push(
                path.span(),
                format_args!(
                    "`{{{name}}}` in `{key}` of tool `{}` has no value",
                    block.tool
                ),
                "use placeholders of the path of the tool",
            );
        }
    }
    segments
}

/// Checks `verify(..)` and `not_applied`, and returns the hints.
pub(super) fn check_verify(block: Block<'_>, errors: &mut Errors) -> Texts {
    let Block { keys, tool, .. } = block;
    let verify = keys.verify.as_ref().map(|verify| &verify.key);
    let not_applied = keys.not_applied.as_ref().map(|it| &it.key);
    for key in [verify, not_applied].into_iter().flatten() {
        if keys.read_back.is_none() {
            errors.push(
                key.span(),
                format_args!("`{key}` of tool `{tool}` has no effect"),
                "remove it, or add `read_back = \"..\"`, because only an object that is read back is compared",
            );
        }
    }
    for name in keys.verify.iter().flat_map(|verify| &verify.except) {
        check_member(block, name, errors);
    }
    let Some(hint) = &keys.not_applied else {
        return Texts::default();
    };
    let text = hint.text.as_ref().map(LitStr::value).unwrap_or_default();
    versions::check(&hint.versions, &text, "not_applied", tool, errors)
}

/// Checks `mask(..)` and returns the parameter and its serialization.
pub(super) fn check_mask(
    block: Block<'_>,
    errors: &mut Errors,
) -> Option<(String, ParameterStyle)> {
    let mask = block.keys.mask.as_ref()?;
    if block.keys.body.is_none() {
        errors.push(
            mask.key.span(),
            format_args!("tool `{}` has a mask, but no body", block.tool),
            "remove `mask(..)`, or add `body(json)`, whose members it names",
        );
    }
    if mask.style != "comma" && mask.style != "repeat" {
        errors.push(
            mask.style.span(),
            format_args!("unknown serialization `{}` of a mask", mask.style),
            "write `comma` or `repeat`",
        );
    }
    Some((mask.name.text.clone(), capitalized(&mask.style.to_string())))
}
