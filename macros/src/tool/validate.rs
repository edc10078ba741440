//! All rules about a tool that can be told from its block alone. What needs a type's shape is left to the compiler by `expand`.

use proc_macro2::{Ident, Span};
use syn::{ItemStruct, LitStr, Type};

use super::ast::{Keys, List, Mask, Page, Param};
use super::names::check_names;
use super::path::{Segment, check_placeholders, segments};
use crate::docs::description;
use crate::entries::Name;
use crate::errors::Errors;
use crate::value::Value;

/// A tool without mistakes.
pub(crate) struct Tool {
    pub(crate) ident: Ident,
    pub(crate) name: LitStr,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) toolset: String,
    pub(crate) tags: Vec<String>,
    pub(crate) method: String,
    pub(crate) document: String,
    pub(crate) operation: String,
    pub(crate) effect: Effect,
    /// Lower case.
    pub(crate) http: String,
    pub(crate) path: String,
    pub(crate) segments: Vec<Segment>,
    pub(crate) params: Vec<(Param, Place)>,
    pub(crate) media_type: String,
    pub(crate) body_required: bool,
    pub(crate) fixed: Vec<(Name, Value)>,
    pub(crate) list: Option<CheckedList>,
    pub(crate) merge: Vec<Segment>,
    pub(crate) mask: Option<(String, Separator)>,
    pub(crate) read_back: Vec<Segment>,
    pub(crate) returns: Option<Type>,
}

/// What a call can change.
pub(crate) struct Effect {
    pub(crate) read_only: bool,
    pub(crate) destructive: bool,
    pub(crate) idempotent: bool,
}

/// Where an argument goes.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Place {
    Path { slash: bool },
    Query(Separator),
    Header,
    Body,
    Whole,
}

/// The variant of `Separator`.
pub(crate) type Separator = &'static str;

/// A list without mistakes.
pub(crate) struct CheckedList {
    pub(crate) items: String,
    pub(crate) of: Type,
    /// Names of the query parameters and the most items; `None` if everything comes at once.
    pub(crate) offset: Option<(String, String, u32)>,
    /// Name, path and whether it is unique.
    pub(crate) filters: Vec<(Name, LitPath, bool)>,
    pub(crate) summary: Vec<Name>,
}

/// The field that a filter looks at, and where it is written.
pub(crate) struct LitPath {
    pub(crate) path: String,
    pub(crate) span: Span,
}

/// Checks everything; a tool comes back only if nothing is wrong.
pub(crate) fn validate(
    item: &ItemStruct,
    keys: Keys,
    params: Vec<Param>,
    errors: &mut Errors,
) -> Option<Tool> {
    let tool = match &keys.name {
        Some(name) => name.value(),
        None => item.ident.to_string(),
    };
    let description = description(&item.attrs);
    if description.is_empty() {
        errors.push(
            item.ident.span(),
            format_args!("tool `{tool}` has no description"),
            "say in a doc comment what it does, when to use it and what it returns",
        );
    }
    check_name(keys.name.as_ref(), &tool, errors);
    let title = text(keys.title.as_ref(), "title", &tool, errors);
    let toolset = text(keys.toolset.as_ref(), "toolset", &tool, errors);
    let method = text(keys.method.as_ref(), "method", &tool, errors);
    let document = text(keys.document.as_ref(), "document", &tool, errors);
    let operation = text(keys.operation.as_ref(), "operation", &tool, errors);
    check_tags(&keys.tags, &tool, errors);

    let params: Vec<(Param, Place)> = params
        .into_iter()
        .filter_map(|param| place(&param, &tool, errors).map(|place| (param, place)))
        .collect();
    for (param, place) in &params {
        check_param(param, *place, &tool, errors);
    }
    check_names(&keys, &params, &tool, errors);

    let (http, path) = check_http(&keys, &tool, errors)?;
    let segments = segments(&path, errors);
    check_placeholders(&segments, &path, &params, &tool, errors);
    let effect = check_effect(&keys, &http, &method, errors);
    check_body(&keys, &http, &params, &tool, errors);
    let (merge, read_back) = check_update(&keys, &params, &tool, errors);
    let mask = keys
        .mask
        .as_ref()
        .and_then(|mask| check_mask(mask, &keys, &tool, errors));
    let list = check_list(&keys, &method, &tool, errors);

    let body_required = keys.body.as_ref().is_some_and(|body| body.required);
    let media_type = match keys.body.and_then(|body| body.media_type) {
        Some(media) if media.text == "json" => "application/json".to_owned(),
        Some(media) => media.text,
        None => String::new(),
    };
    if !errors.is_empty() {
        return None;
    }
    Some(Tool {
        ident: item.ident.clone(),
        name: keys.name?,
        title,
        description,
        toolset,
        tags: keys.tags.iter().map(LitStr::value).collect(),
        method,
        document,
        operation,
        effect,
        http: http.to_string(),
        path: path.value(),
        segments,
        params,
        media_type,
        body_required,
        fixed: keys.fixed,
        list,
        merge,
        mask,
        read_back,
        returns: keys.returns,
    })
}

fn check_name(name: Option<&LitStr>, tool: &str, errors: &mut Errors) {
    let Some(name) = name else {
        missing("name", tool, errors);
        return;
    };
    let text = name.value();
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if text.is_empty() || !text.chars().all(allowed) {
        errors.push(
            name.span(),
            format_args!("`{text}` is no name of a tool"),
            "use lower-case letters, digits and `_`: `list_users`",
        );
    } else if text.len() > 64 {
        errors.push(
            name.span(),
            format_args!("the name `{text}` has {} characters", text.len()),
            "use at most 64; clients refuse longer names",
        );
    }
}

/// The text of a key that every tool has.
fn text(value: Option<&LitStr>, key: &str, tool: &str, errors: &mut Errors) -> String {
    match value {
        None => missing(key, tool, errors),
        Some(value) if value.value().trim().is_empty() => errors.push(
            value.span(),
            format_args!("the {key} of tool `{tool}` is empty"),
            format_args!("write one: `{key} = \"..\"`"),
        ),
        Some(value) => return value.value(),
    }
    String::new()
}

fn missing(key: &str, tool: &str, errors: &mut Errors) {
    errors.push(
        Span::call_site(),
        format_args!("tool `{tool}` has no {key}"),
        format_args!("add `{key} = \"..\"` to `#[tool(..)]`"),
    );
}

fn check_tags(tags: &[LitStr], tool: &str, errors: &mut Errors) {
    for (i, tag) in tags.iter().enumerate() {
        let text = tag.value();
        if text.is_empty() || tags[..i].iter().any(|earlier| earlier.value() == text) {
            errors.push(
                tag.span(),
                format_args!("the tag `{text}` of tool `{tool}` is empty or stands there twice"),
                "remove it",
            );
        }
    }
}

fn place(param: &Param, tool: &str, errors: &mut Errors) -> Option<Place> {
    let [(key, how)] = param.places.as_slice() else {
        match param.places.get(1) {
            None => errors.push(
                param.ident.span(),
                format_args!(
                    "tool `{tool}` does not say where argument `{}` goes",
                    param.argument()
                ),
                "add `#[param(..)]` with one of `path`, `query`, `header`, `body`, `whole`",
            ),
            Some((second, _)) => errors.push(
                second.span(),
                format_args!("argument `{}` goes to two places", param.argument()),
                "keep one; the same value in two places is two arguments",
            ),
        }
        return None;
    };
    let word = how.as_ref().map(ToString::to_string).unwrap_or_default();
    Some(match (key.to_string().as_str(), word.as_str()) {
        ("path", "") => Place::Path { slash: false },
        ("path", "slash") => Place::Path { slash: true },
        ("query", "" | "repeat") => Place::Query("Repeat"),
        ("query", "comma") => Place::Query("Comma"),
        ("query", "space") => Place::Query("Space"),
        ("query", "pipe") => Place::Query("Pipe"),
        ("query", "deep") => Place::Query("Deep"),
        ("header", "") => Place::Header,
        ("body", "") => Place::Body,
        ("whole", "") => Place::Whole,
        (key, _) => {
            let instead = match key {
                "path" => "write `path` or `path(slash)`",
                "query" => {
                    "write `query`, or how several values are sent: `repeat`, `comma`, `space`, `pipe`, `deep`"
                }
                _ => "remove it and its parentheses",
            };
            let span = how.as_ref().map_or(Span::call_site(), Ident::span);
            errors.push(
                span,
                format_args!("`{word}` is not known in `{key}(..)`"),
                instead,
            );
            return None;
        }
    })
}

fn check_param(param: &Param, place: Place, tool: &str, errors: &mut Errors) {
    let name = param.argument();
    if param.description.is_empty() {
        errors.push(
            param.ident.span(),
            format_args!("argument `{name}` of tool `{tool}` has no description"),
            "say in a doc comment what it means",
        );
    }
    param.facts.validate(&name, errors);
    if let Some(secret) = &param.secret {
        if !matches!(place, Place::Body | Place::Header | Place::Whole) {
            errors.push(
                secret.span(),
                format_args!("`{name}` is secret, but stands in the address, which is logged"),
                "send it in the body or in a header",
            );
        }
        if let Some(shown) = param
            .facts
            .example
            .as_ref()
            .or(param.facts.default.as_ref())
        {
            errors.push(
                shown.span,
                format_args!("`{name}` is secret, but this value of it is shown to everybody"),
                "remove it",
            );
        }
    }
}

fn check_http(keys: &Keys, tool: &str, errors: &mut Errors) -> Option<(Ident, LitStr)> {
    if keys.http.is_empty() {
        errors.push(
            Span::call_site(),
            format_args!("tool `{tool}` has no HTTP method"),
            "add it with the path: `get = \"/users\"`",
        );
    }
    for (second, _) in keys.http.iter().skip(1) {
        errors.push(
            second.span(),
            format_args!("tool `{tool}` has two HTTP methods"),
            "keep one; each operation is a tool of its own",
        );
    }
    keys.http.first().cloned()
}

fn check_effect(keys: &Keys, http: &Ident, method: &str, errors: &mut Errors) -> Effect {
    let verb = http.to_string();
    let reads = matches!(method, "list" | "get");
    if let (true, false, Some(literal)) = (reads, verb == "get", &keys.method) {
        errors.push(
            literal.span(),
            format_args!("method `{method}` only reads, but `{verb}` can write"),
            "name what it does: `create`, `update`, `delete`, or a verb of its own",
        );
    }
    let mut effect = Effect {
        read_only: verb == "get",
        destructive: verb == "delete",
        idempotent: verb != "post",
    };
    if verb == "patch" || verb == "put" {
        effect.destructive = false;
    }
    for word in &keys.effect {
        match word.to_string().as_str() {
            "destructive" => {
                effect.destructive = true;
                effect.read_only = false;
            }
            "not_idempotent" => effect.idempotent = false,
            "not_read_only" => effect.read_only = false,
            laxer @ ("read_only" | "idempotent" | "not_destructive") => errors.push(
                word.span(),
                format_args!("`{laxer}` cannot be declared: it follows from `{verb}`, and an effect can only be stricter"),
                "remove it, or write `destructive`, `not_idempotent` or `not_read_only`",
            ),
            other => errors.push(
                word.span(),
                format_args!("`{other}` is no effect"),
                "write `destructive`, `not_idempotent` or `not_read_only`",
            ),
        }
    }
    effect
}

fn check_body(
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
    if members().next().is_none() && whole().next().is_none() && keys.fixed.is_empty() {
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
    let is_json = media_type.text == "json" || media_type.text.ends_with("json");
    if !is_json && (members().next().is_some() || !keys.fixed.is_empty()) {
        errors.push(
            media_type.span,
            format_args!("a body of type `{}` has no members", media_type.text),
            "write `body(json)`, or one field with `#[param(whole)]`",
        );
    }
}

fn check_update(
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
            keys.returns.is_some(),
            "remove it, or add `returns = ..`: it reads the result",
            true,
        ),
    )
}

fn check_mask(
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

fn check_list(keys: &Keys, method: &str, tool: &str, errors: &mut Errors) -> Option<CheckedList> {
    let Some(list) = &keys.list else {
        if let ("list", Some(literal)) = (method, &keys.method) {
            errors.push(
                literal.span(),
                format_args!("tool `{tool}` is a list, but does not say of what"),
                "add `list(items = \"..\", of = .., page = ..)`",
            );
        }
        return None;
    };
    if method != "list" {
        errors.push(
            list.key.span(),
            format_args!("tool `{tool}` has `list(..)`, but its method is `{method}`"),
            "write `method = \"list\"`, or remove `list(..)`",
        );
    }
    if let Some(returns) = &keys.returns {
        errors.push(
            syn::spanned::Spanned::span(returns),
            format_args!("list tool `{tool}` says twice what it returns"),
            "remove `returns`; `of` in `list(..)` is enough",
        );
    }
    let items = list.items.as_ref();
    let named = items.map(LitStr::value).unwrap_or_default();
    if let (Some(items), "" | "next_cursor" | "total_entries") = (items, named.as_str()) {
        errors.push(
            items.span(),
            format_args!("`{named}` cannot be the name of the items of tool `{tool}`"),
            "write the member of the answer that holds the array",
        );
    }
    let mut absent = |key: &str, there: bool, example: &str| {
        if !there {
            errors.push(
                list.key.span(),
                format_args!("`list(..)` of tool `{tool}` has no `{key}`"),
                format_args!("add `{example}`"),
            );
        }
    };
    absent("items", items.is_some(), "items = \"users\"");
    absent("of", list.of.is_some(), "of = User");
    absent("page", list.page.is_some(), "page = whole");
    let offset = match list.page.as_ref()? {
        Page::Whole => None,
        Page::Offset {
            key,
            limit,
            offset,
            max,
        } => {
            let read = (limit, offset, max);
            let (Some(limit), Some(offset), Some(max)) = read else {
                errors.push(
                    key.span(),
                    format_args!("paging of tool `{tool}` is incomplete"),
                    "write `offset(limit = \"limit\", offset = \"offset\", max = 100)`",
                );
                return None;
            };
            match max.base10_parse::<u32>() {
                Ok(most) if most > 0 => Some((limit.value(), offset.value(), most)),
                _ => {
                    errors.push(
                        max.span(),
                        format_args!("tool `{tool}` cannot have pages of {max} items"),
                        "write the most items that the server gives at once",
                    );
                    None
                }
            }
        }
    };
    check_summary(list, tool, errors);
    Some(CheckedList {
        items: named,
        of: list.of.clone()?,
        offset,
        filters: filters(list),
        summary: list.summary.clone(),
    })
}

fn filters(list: &List) -> Vec<(Name, LitPath, bool)> {
    let path = |filter: &super::ast::Filter| match &filter.path {
        Some(path) => LitPath {
            path: path.value(),
            span: path.span(),
        },
        None => LitPath {
            path: filter.name.text.clone(),
            span: filter.name.span,
        },
    };
    list.filters
        .iter()
        .map(|filter| (filter.name.clone(), path(filter), filter.unique))
        .collect()
}

fn check_summary(list: &List, tool: &str, errors: &mut Errors) {
    for (i, field) in list.summary.iter().enumerate() {
        if list.summary[..i]
            .iter()
            .any(|earlier| earlier.text == field.text)
        {
            errors.push(
                field.span,
                format_args!(
                    "`{}` stands in the summary of tool `{tool}` twice",
                    field.text
                ),
                "remove it",
            );
        }
        if field.text.contains('.') {
            errors.push(
                field.span,
                format_args!(
                    "`{}` in the summary of tool `{tool}` is a part of a field",
                    field.text
                ),
                "name the whole field",
            );
        }
    }
}
