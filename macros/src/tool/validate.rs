//! Checks all rules about a tool that depend only on its block. Rules that depend on the shape of a type are checked by the compiler, with code from `expand`.

use proc_macro2::{Ident, Span};
use syn::{ItemStruct, LitStr, Type};

use super::ast::Keys;
use super::block::Block;
use super::body::{check_body, check_encoding, check_mask, check_update, check_verify};
use super::each::{CheckedEach, check_each, check_require_any};
use super::list::{CheckedList, check_list};
use super::names::{check_names, check_tool_name};
use super::parameter::{Parameter, ParameterStyle, check_parameter};
use super::path::{Segment, check_placeholders, segments};
use super::since::{check_newer, check_since};
use super::versions::{self, Texts};
use crate::docs::description;
use crate::errors::Errors;

/// A tool without errors. Values that need no conversion are in `keys`.
pub(crate) struct Tool {
    pub(crate) ident: Ident,
    pub(crate) keys: Keys,
    pub(crate) name: LitStr,
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
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) encoding: Vec<(String, ParameterStyle)>,
    pub(crate) list: Option<CheckedList>,
    pub(crate) merge: Vec<Segment>,
    pub(crate) mask: Option<(String, ParameterStyle)>,
    pub(crate) read_back: Vec<Segment>,
    pub(crate) hint: Texts,
    pub(crate) each: Option<CheckedEach>,
    pub(crate) returns: Option<Type>,
    pub(crate) response_format: ResponseFormat,
}

/// Format of the response.
pub(crate) enum ResponseFormat {
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
    tool: &str,
    keys: Keys,
    parameters: Vec<Parameter>,
    errors: &mut Errors,
) -> Option<Tool> {
    let block = Block {
        keys: &keys,
        parameters: &parameters,
        tool,
    };
    let description = description(&item.attrs);
    if description.is_empty() {
        errors.push(
            item.ident.span(),
            format_args!("tool `{tool}` has no description"),
            "write a doc comment that says what the tool does, when to use it and what it returns",
        );
    }
    let toolset = check_module(block, errors);
    check_own_names(block, errors);
    let title = text(block, "title", &keys.title, errors);
    let method = text(block, "method", &keys.method, errors);
    let operation = text(block, "operation", &keys.operation, errors);
    let tags = check_tags(block, errors);
    let since = check_since(keys.since.as_ref(), errors);

    for parameter in &parameters {
        check_parameter(parameter, tool, errors);
        if let Some(since) = &parameter.since {
            let what = format!("argument `{}`", parameter.argument());
            check_newer(since, keys.since.as_ref(), &what, errors);
        }
    }
    check_names(block, errors);

    let (http, path) = check_http(block, errors)?;
    let segments = segments(&path, errors);
    check_placeholders(&segments, &path, block, errors);
    let effect = check_effect(&keys, &http, &method, errors);
    check_body(block, &http, errors);
    let encoding = check_encoding(block, errors);
    let (merge, read_back) = check_update(block, errors);
    let hint = check_verify(block, errors);
    let description = versions::check(&keys.notes, &description, "notes", tool, errors);
    let mask = check_mask(block, errors);
    let each = check_each(block, errors);
    check_require_any(block, errors);
    let list = check_list(block, &method, errors);
    let response_format = check_response_format(block, &method, errors)?;
    if !errors.is_empty() {
        return None;
    }
    let module = keys.module.as_ref()?;
    let document = keys.document.as_ref().or(module.document.as_ref());
    Some(Tool {
        ident: item.ident.clone(),
        name: keys.name.clone()?,
        title,
        description,
        toolset,
        tags,
        method,
        document: document.map(LitStr::value).unwrap_or_default(),
        operation,
        since,
        effect,
        http: http.to_string(),
        path: path.value(),
        segments,
        parameters,
        encoding,
        list,
        merge,
        mask,
        read_back,
        hint,
        each,
        returns: keys.returns.clone(),
        response_format,
        keys,
    })
}

/// Checks that the tool is in a module with `#[tools]`, and returns its toolset. Missing keys of the module are reported at the module.
fn check_module(block: Block<'_>, errors: &mut Errors) -> String {
    let Some(module) = &block.keys.module else {
        errors.push(
            Span::call_site(),
            format_args!(
                "the module of tool `{}` has no `#[runtime::tools(..)]`",
                block.tool
            ),
            "add `#[runtime::tools(toolset = \"..\", document = \"..\")]` to the module",
        );
        return String::new();
    };
    module
        .toolset
        .as_ref()
        .map(LitStr::value)
        .unwrap_or_default()
}

/// Checks the name and the former name of the tool.
fn check_own_names(block: Block<'_>, errors: &mut Errors) {
    match &block.keys.name {
        Some(name) => check_tool_name(name, errors),
        None => missing(block, "name", errors),
    }
    let Some(former) = &block.keys.renamed_from else {
        return;
    };
    if former.value() == block.tool {
        errors.push(
            former.span(),
            format_args!("tool `{0}` cannot be renamed from `{0}`", block.tool),
            "write the name that the tool had before, or remove `renamed_from`",
        );
    } else {
        check_tool_name(former, errors);
    }
}

/// Checks `response_format = ..` and returns the format.
fn check_response_format(
    block: Block<'_>,
    method: &str,
    errors: &mut Errors,
) -> Option<ResponseFormat> {
    let Block { keys, tool, .. } = block;
    let Some(format) = &keys.response_format else {
        return Some(ResponseFormat::Json);
    };
    let span = format.kind.span();
    if keys.returns.is_some() || keys.list.is_some() {
        errors.push(
            span,
            format_args!("tool `{tool}` has `response_format` and a type of the response"),
            "remove `returns` and `list(..)`, which describe JSON",
        );
    }
    if keys.is_log() && method != "list" {
        errors.push(
            span,
            format_args!("tool `{tool}` reads a log, but its method is `{method}`"),
            "write `method = \"list\"`",
        );
    }
    if format.token.is_some() != format.next.is_some() {
        errors.push(
            span,
            format_args!("the continuation of the log of tool `{tool}` is incomplete"),
            "write both keys: `token = \"token\", next = \"next\"`",
        );
    }
    let Some(accept) = format.accept.as_ref().map(LitStr::value) else {
        errors.push(
            span,
            format_args!("the response format of tool `{tool}` has no media type"),
            "write it first: `text(\"text/plain\")`",
        );
        return None;
    };
    let name = |name: &Option<LitStr>| name.as_ref().map(LitStr::value).unwrap_or_default();
    Some(match format.kind.to_string().as_str() {
        "text" => ResponseFormat::Text(accept),
        "lines" => ResponseFormat::Lines(accept),
        _ => ResponseFormat::Log(accept, name(&format.token), name(&format.next)),
    })
}

/// Returns the value of a key that every tool must have.
fn text(block: Block<'_>, key: &str, value: &Option<LitStr>, errors: &mut Errors) -> String {
    match value {
        None => missing(block, key, errors),
        Some(value) if value.value().trim().is_empty() => errors.push(
            value.span(),
            format_args!("the {key} of tool `{}` is empty", block.tool),
            format_args!("write `{key} = \"..\"`"),
        ),
        Some(value) => return value.value(),
    }
    String::new()
}

fn missing(block: Block<'_>, key: &str, errors: &mut Errors) {
    if !block.keys.seen.iter().any(|seen| seen == key) {
        errors.push(
            Span::call_site(),
            format_args!("tool `{}` has no {key}", block.tool),
            format_args!("add `{key} = \"..\"` to `#[tool(..)]`"),
        );
    }
}

/// Checks the tags of the module and the tool, and returns them.
fn check_tags(block: Block<'_>, errors: &mut Errors) -> Vec<String> {
    let module = block.keys.module.iter().flat_map(|module| &module.tags);
    let mut tags: Vec<String> = Vec::new();
    for tag in module.chain(&block.keys.tags) {
        let text = tag.value();
        if text.is_empty() || tags.contains(&text) {
            errors.push(
                tag.span(),
                format_args!("empty or duplicate tag `{text}` of tool `{}`", block.tool),
                "remove it",
            );
        }
        tags.push(text);
    }
    tags
}

fn check_http(block: Block<'_>, errors: &mut Errors) -> Option<(Ident, LitStr)> {
    let Block { keys, tool, .. } = block;
    let verbs = [
        "get", "post", "put", "patch", "delete", "head", "options", "trace",
    ];
    if !keys.seen.iter().any(|key| verbs.contains(&key.as_str())) {
        errors.push(
            Span::call_site(),
            format_args!("tool `{tool}` has no HTTP method"),
            "add the method with the path: `get = \"/users\"`",
        );
    }
    for (second, _) in keys.http.iter().skip(1) {
        errors.push(
            second.span(),
            format_args!("tool `{tool}` has two HTTP methods"),
            "keep one, and write another tool for the other operation",
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
            "write what the tool does: `create`, `update`, `delete`, or another verb",
        );
    }
    let read_only = verb == "get" || (reads && can_read);
    let mut effect = Effect {
        read_only,
        destructive: verb == "delete",
        idempotent: read_only || verb != "post",
    };
    let can_be_read_only =
        !read_only && verb != "delete" && !matches!(method, "create" | "update" | "delete");
    for word in keys.effect.iter().map(|word| &word.0) {
        match word.to_string().as_str() {
            "destructive" => {
                effect.destructive = true;
                effect.read_only = false;
            }
            "not_idempotent" => effect.idempotent = false,
            "not_read_only" => effect.read_only = false,
            "read_only" if can_be_read_only => {
                effect.read_only = true;
                effect.idempotent = true;
            }
            laxer @ ("read_only" | "idempotent" | "not_destructive") => errors.push(
                word.span(),
                format_args!("effect `{laxer}` is not stricter than the effect of `{verb}`"),
                "remove it, or write `destructive`, `not_idempotent` or `not_read_only`",
            ),
            other => errors.push(
                word.span(),
                format_args!("unknown effect `{other}`"),
                "write `destructive`, `not_idempotent` or `not_read_only`",
            ),
        }
    }
    effect
}
