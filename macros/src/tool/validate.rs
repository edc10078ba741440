//! Checks all rules about a tool that depend only on its block. Rules that depend on the shape of a type are checked by the compiler, with code from `expand`.

use proc_macro2::{Ident, Span};
use syn::{ItemStruct, LitStr, Type};

use super::ast::Keys;
use super::body::{check_body, check_encoding, check_mask, check_update, check_verify};
use super::each::{CheckedEach, check_each, check_require_any};
use super::list::{CheckedList, check_list};
use super::names::check_names;
use super::param::{Param, Place, Separator, check_param, place};
use super::path::{Segment, check_placeholders, segments};
use super::since::{check_newer, check_since};
use super::versions::{self, Texts};
use crate::docs::description;
use crate::entries::Name;
use crate::errors::Errors;
use crate::value::Value;

/// A tool without errors.
pub(crate) struct Tool {
    pub(crate) ident: Ident,
    pub(crate) name: LitStr,
    /// Former name; empty if the tool was not renamed.
    pub(crate) was: String,
    pub(crate) title: String,
    pub(crate) description: Texts,
    pub(crate) toolset: String,
    pub(crate) tags: Vec<String>,
    pub(crate) method: String,
    pub(crate) document: String,
    pub(crate) operation: String,
    /// First release that has the operation; empty if all releases have it.
    pub(crate) since: String,
    pub(crate) effect: Effect,
    /// Name of the HTTP method in lower case.
    pub(crate) http: String,
    pub(crate) path: String,
    pub(crate) segments: Vec<Segment>,
    pub(crate) params: Vec<(Param, Place)>,
    pub(crate) media_type: String,
    pub(crate) encoding: Vec<(String, Separator)>,
    pub(crate) body_required: bool,
    pub(crate) fixed: Vec<(Name, Value)>,
    pub(crate) list: Option<CheckedList>,
    pub(crate) merge: Vec<Segment>,
    pub(crate) mask: Option<(String, Separator)>,
    pub(crate) read_back: Vec<Segment>,
    pub(crate) slash: bool,
    pub(crate) except: Vec<String>,
    pub(crate) hint: Texts,
    pub(crate) each: Option<CheckedEach>,
    pub(crate) require_any: Vec<Name>,
    pub(crate) returns: Option<Type>,
    pub(crate) content: Content,
}

/// Format of the response.
pub(crate) enum Content {
    /// JSON.
    Json,
    /// Text with this media type.
    Text(String),
    /// JSON values, one per line, with this media type.
    Lines(String),
    /// A log: media type, query parameter with the continuation token, and member of the response with the next token.
    Log(String, String, String),
}

/// Effect of a call.
pub(crate) struct Effect {
    pub(crate) read_only: bool,
    pub(crate) destructive: bool,
    pub(crate) idempotent: bool,
}

/// Checks all rules and returns the tool if there are no errors.
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
    check_name(&keys, &tool, errors);
    let was = check_was(&keys, &tool, errors);
    let mut text = |key, value| text(&keys, key, value, &tool, errors);
    let title = text("title", &keys.title);
    let toolset = text("toolset", &keys.toolset);
    let method = text("method", &keys.method);
    let document = text("document", &keys.document);
    let operation = text("operation", &keys.operation);
    check_tags(&keys.tags, &tool, errors);
    let since = check_since(&keys, errors);

    let params: Vec<(Param, Place)> = params
        .into_iter()
        .filter_map(|param| place(&param, &tool, errors).map(|place| (param, place)))
        .collect();
    for (param, place) in &params {
        check_param(param, *place, &tool, errors);
        if let Some(since) = &param.since {
            let what = format!("argument `{}`", param.argument());
            check_newer(since, &keys, &what, errors);
        }
    }
    check_names(&keys, &params, &tool, errors);

    let (http, path) = check_http(&keys, &tool, errors)?;
    let segments = segments(&path, errors);
    check_placeholders(&segments, &path, &params, &tool, errors);
    let effect = check_effect(&keys, &http, &method, errors);
    check_body(&keys, &http, &params, &tool, errors);
    let encoding = check_encoding(&keys, &params, &tool, errors);
    let (merge, read_back) = check_update(&keys, &params, &tool, errors);
    let hint = check_verify(&keys, &params, &tool, errors);
    let description = versions::check(&keys.notes, &description, "notes", &tool, errors);
    let mask = keys
        .mask
        .as_ref()
        .and_then(|mask| check_mask(mask, &keys, &tool, errors));
    let each = check_each(&keys, &params, &tool, errors);
    check_require_any(&keys, &params, &tool, errors);
    let list = check_list(&keys, &method, &tool, errors);
    let content = check_answer(&keys, &method, &tool, errors)?;

    let body_required = keys.body.as_ref().is_some_and(|body| body.required);
    let media_type = match keys.body.and_then(|body| body.media_type) {
        Some(media) if media.text == "json" => "application/json".to_owned(),
        Some(media) => media.text,
        None => String::new(),
    };
    let verify = keys.verify;
    let slash = verify.as_ref().is_some_and(|verify| verify.slash);
    let except = verify.into_iter().flat_map(|verify| verify.except);
    let except = except.map(|name| name.text).collect();
    if !errors.is_empty() {
        return None;
    }
    Some(Tool {
        ident: item.ident.clone(),
        name: keys.name?,
        was,
        title,
        description,
        toolset,
        tags: keys.tags.iter().map(LitStr::value).collect(),
        method,
        document,
        operation,
        since,
        effect,
        http: http.to_string(),
        path: path.value(),
        segments,
        params,
        media_type,
        body_required,
        encoding,
        fixed: keys.fixed,
        list,
        merge,
        mask,
        read_back,
        slash,
        except,
        hint,
        each,
        require_any: keys.require_any,
        returns: keys.returns,
        content,
    })
}

/// Checks `answer = ..` and returns the format of the response.
fn check_answer(keys: &Keys, method: &str, tool: &str, errors: &mut Errors) -> Option<Content> {
    let Some(answer) = &keys.answer else {
        return Some(Content::Json);
    };
    let mut push = |what: &dyn core::fmt::Display, instead: &str| {
        errors.push(answer.kind.span(), what, instead);
    };
    let kind = &answer.kind;
    if keys.returns.is_some() || keys.list.is_some() {
        push(
            &format_args!("tool `{tool}` says twice what it returns"),
            "remove `returns` and `list(..)`; `answer` is enough",
        );
    }
    if kind == "log" && method != "list" {
        push(
            &format_args!("tool `{tool}` reads a log, but its method is `{method}`"),
            "write `method = \"list\"`",
        );
    }
    if answer.token.is_some() != answer.next.is_some() {
        push(
            &format_args!("how the log of tool `{tool}` goes on is incomplete"),
            "write both: `token = \"token\", next = \"next\"`",
        );
    }
    let Some(accept) = answer.accept.as_ref().map(LitStr::value) else {
        push(
            &format_args!("the answer of tool `{tool}` has no media type"),
            "write it first: `text(\"text/plain\")`",
        );
        return None;
    };
    let name = |name: &Option<LitStr>| name.as_ref().map(LitStr::value).unwrap_or_default();
    Some(match kind.to_string().as_str() {
        "text" => Content::Text(accept),
        "lines" => Content::Lines(accept),
        _ => Content::Log(accept, name(&answer.token), name(&answer.next)),
    })
}

fn check_name(keys: &Keys, tool: &str, errors: &mut Errors) {
    let Some(name) = &keys.name else {
        missing(keys, "name", tool, errors);
        return;
    };
    check_spelling(name, errors);
}

/// Returns the former name of a tool; empty if the tool was not renamed.
fn check_was(keys: &Keys, tool: &str, errors: &mut Errors) -> String {
    let Some(was) = &keys.was else {
        return String::new();
    };
    if was.value() == tool {
        errors.push(
            was.span(),
            format_args!("tool `{tool}` is still called `{tool}`"),
            "write the name that it had before, or remove `was`",
        );
    } else {
        check_spelling(was, errors);
    }
    was.value()
}

fn check_spelling(name: &LitStr, errors: &mut Errors) {
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

/// Returns the value of a key that every tool must have.
fn text(keys: &Keys, key: &str, value: &Option<LitStr>, tool: &str, errors: &mut Errors) -> String {
    match value {
        None => missing(keys, key, tool, errors),
        Some(value) if value.value().trim().is_empty() => errors.push(
            value.span(),
            format_args!("the {key} of tool `{tool}` is empty"),
            format_args!("write one: `{key} = \"..\"`"),
        ),
        Some(value) => return value.value(),
    }
    String::new()
}

fn missing(keys: &Keys, key: &str, tool: &str, errors: &mut Errors) {
    if !keys.seen.iter().any(|seen| seen == key) {
        errors.push(
            Span::call_site(),
            format_args!("tool `{tool}` has no {key}"),
            format_args!("add `{key} = \"..\"` to `#[tool(..)]`"),
        );
    }
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

fn check_http(keys: &Keys, tool: &str, errors: &mut Errors) -> Option<(Ident, LitStr)> {
    let verbs = [
        "get", "post", "put", "patch", "delete", "head", "options", "trace",
    ];
    if !keys.seen.iter().any(|key| verbs.contains(&key.as_str())) {
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
    // The filters of a list can be the body of a POST.
    let reads = matches!(method, "list" | "get");
    let can_read = matches!(verb.as_str(), "get" | "post");
    if let (true, false, Some(literal)) = (reads, can_read, &keys.method) {
        errors.push(
            literal.span(),
            format_args!("method `{method}` only reads, but `{verb}` can write"),
            "name what it does: `create`, `update`, `delete`, or a verb of its own",
        );
    }
    let read_only = verb == "get" || (reads && can_read);
    let mut effect = Effect {
        read_only,
        destructive: verb == "delete",
        idempotent: read_only || verb != "post",
    };
    let trial = verb != "delete" && !matches!(method, "create" | "update" | "delete");
    for word in &keys.effect {
        match word.to_string().as_str() {
            "destructive" => {
                effect.destructive = true;
                effect.read_only = false;
            }
            "not_idempotent" => effect.idempotent = false,
            "not_read_only" => effect.read_only = false,
            "read_only" if trial && !read_only => {
                effect.read_only = true;
                effect.idempotent = true;
            }
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
