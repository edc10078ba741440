//! Turns an error response into the error that a model reads: extracts the explanation from any format and adds a hint.

use std::sync::LazyLock;

use regex_lite::Regex;
use serde_json::{Map, Value};

use crate::tool::Http;
use crate::tool::api::{ErrorShapes, Hint, ResponsePattern};
use crate::upstream::base_url::{BaseUrl, Redirect};
use crate::upstream::error::{CallError, ErrorCode};
use crate::upstream::response::Response;

/// Maximum length of an explanation, in characters.
const MAX_DETAIL: usize = 2_000;
/// Maximum length of an explanation from a web page or plain text, in characters. Such texts rarely describe the error.
const MAX_PAGE: usize = 400;
/// Maximum number of characters of a web page that are searched for an explanation.
const MAX_SEARCHED: usize = 100_000;
/// Maximum number of errors that are listed.
const MAX_ERRORS: usize = 20;

/// Returns the error for a response with a status of 300 or more.
pub(crate) fn error_of(
    shapes: &ErrorShapes,
    base: &BaseUrl,
    http: Http,
    response: &Response,
) -> CallError {
    let status = response.status;
    let (title, detail) = texts(shapes, response);
    let error = CallError {
        code: ErrorCode::of_status(status),
        status: Some(status),
        hint: hint(base, http, response),
        title,
        detail,
        retryable: match status {
            429 | 503 => true,
            // The upstream may have made the change despite the error.
            502 | 504 => !matches!(http, Http::Post | Http::Patch),
            _ => false,
        },
        operation: None,
        rate_limit: Box::new(response.rate_limit),
    };
    advise(shapes.hints, error)
}

/// Returns the error with the first hint that matches it, if there is one.
pub(crate) fn advise(hints: &[Hint], error: CallError) -> CallError {
    let status = error.status.unwrap_or_default();
    let matches = |it: &&Hint| matches(&it.pattern, status, &error.title, &error.detail);
    match hints.iter().find(matches) {
        Some(known) => CallError {
            code: ErrorCode::from_name(known.code).unwrap_or(error.code),
            ..error.hint(known.hint)
        },
        None => error,
    }
}

/// Returns the error for a successful response that is not JSON.
pub(crate) fn not_json(base: &BaseUrl, response: &Response) -> CallError {
    let media_type = response.media_type();
    let found = match media_type.as_str() {
        "" | "application/json" => "another format",
        "text/html" => "a web page",
        other => other,
    };
    let body = page(&String::from_utf8_lossy(&response.body));
    let detail = format!("The server responded with {found} instead of JSON: {body}");
    CallError {
        rate_limit: Box::new(response.rate_limit),
        ..CallError::unexpected(response.status, detail).hint(wrong_path(base))
    }
}

/// Returns whether an error response has this pattern. Used to recognise that credentials are no longer valid.
///
/// Every response is compared, so the body is parsed only if the status is that of the pattern.
pub(crate) fn is_match(
    pattern: &ResponsePattern,
    shapes: &ErrorShapes,
    response: &Response,
) -> bool {
    pattern.status == response.status && {
        let (title, detail) = texts(shapes, response);
        matches(pattern, response.status, &title, &detail)
    }
}

fn matches(pattern: &ResponsePattern, status: u16, title: &str, detail: &str) -> bool {
    let text = pattern.contains;
    pattern.status == status && (detail.contains(text) || title.contains(text))
}

/// Returns the title and the detail of an error response.
fn texts(shapes: &ErrorShapes, response: &Response) -> (String, String) {
    let reason = || {
        reqwest::StatusCode::from_u16(response.status)
            .ok()
            .and_then(|it| it.canonical_reason())
            .map_or_else(|| format!("HTTP {}", response.status), str::to_owned)
    };
    let Ok(body) = serde_json::from_slice::<Value>(&response.body) else {
        let text = String::from_utf8_lossy(&response.body);
        return (reason(), page(&text));
    };
    let first = |pointers: &[&str]| {
        let mut found = pointers.iter().filter_map(|it| body.pointer(it));
        found.find_map(|value| Some(explanation(value)).filter(|text| !text.is_empty()))
    };
    let title = first(shapes.title);
    let detail = first(shapes.detail).or_else(|| match title {
        Some(_) => None,
        None => Some(explanation(&body)),
    });
    (
        cut(title.unwrap_or_else(reason), MAX_PAGE),
        cut(detail.unwrap_or_default(), MAX_DETAIL),
    )
}

/// Returns the text of an explanation in any format. Members named `input` are left out, because they repeat what the caller sent, which may be a password.
fn explanation(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.trim().to_owned(),
        Value::Array(items) => {
            let mut texts: Vec<_> = items.iter().take(MAX_ERRORS).map(explanation).collect();
            texts.retain(|it| !it.is_empty());
            if items.len() > MAX_ERRORS {
                texts.push(format!("{} more", items.len() - MAX_ERRORS));
            }
            texts.join("; ")
        }
        Value::Object(members) => validation_error(members).unwrap_or_else(|| {
            let members = members.iter().filter(|(name, _)| *name != "input");
            let texts = members.filter_map(|(name, value)| {
                let text = explanation(value);
                (!text.is_empty()).then(|| format!("{name}: {text}"))
            });
            texts.collect::<Vec<_>>().join("; ")
        }),
        other => other.to_string(),
    }
}

/// Formats `{"loc": ["body", "password"], "msg": "Field required", …}` as `body.password: Field required`.
fn validation_error(members: &Map<String, Value>) -> Option<String> {
    let message = members.get("msg")?.as_str()?;
    let steps = members.get("loc").and_then(Value::as_array)?.iter();
    let steps = steps.map(|step| match step {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    let location = steps.collect::<Vec<_>>().join(".");
    Some(match location.as_str() {
        "" => message.to_owned(),
        location => format!("{location}: {message}"),
    })
}

/// Returns the hint that follows from the status alone.
fn hint(base: &BaseUrl, http: Http, response: &Response) -> String {
    let text = match response.status {
        300..=399 => return redirect_hint(base, response),
        401 | 407 => {
            "The server rejected the credentials of this account. Do not repeat the call: its administrator must check or renew them."
        }
        403 => {
            "The user of this account lacks the permission. Do not repeat the call: an administrator can grant the permission."
        }
        404 | 410 if !response.may_be_json() => return wrong_path(base),
        404 | 410 => {
            "No object has this id. Ids are case-sensitive: use an id exactly as a list tool returns it."
        }
        405 | 501 => "This server does not support the operation, possibly because of its version.",
        408 => "Try again, or request less.",
        409 => {
            "The object already exists, or its state does not allow the operation. Read the object; then update it or choose another name."
        }
        413 | 414 | 431 => "The request is too large for the server. Send fewer or shorter values.",
        429 => return wait_hint(response),
        400..=499 => "Correct the arguments as the detail says and call again.",
        502..=504 => match http {
            Http::Get => "The server is temporarily unavailable. Try again shortly.",
            _ => {
                "The server is temporarily unavailable. The change may have been made: read the object before you repeat the call."
            }
        },
        _ => {
            "The server failed, possibly because of an argument that it does not expect. Try again without optional arguments. The log of the server has details."
        }
    };
    text.to_owned()
}

fn wrong_path(base: &BaseUrl) -> String {
    format!(
        "The server may not support the operation, or {} may not be the base URL of its API. Check whether the base URL lacks a path.",
        base.text()
    )
}

fn redirect_hint(base: &BaseUrl, response: &Response) -> String {
    let location = response.headers.get(reqwest::header::LOCATION);
    let target = location
        .and_then(|it| it.to_str().ok())
        .and_then(|it| base.redirect(it));
    match target {
        Some(Redirect::OtherServer(origin)) => format!(
            "The server redirects the request to {origin}. The redirect is not followed, because it would send the credentials there. If the API is at this address, use it as the base URL of the account."
        ),
        Some(Redirect::SameServer) => "The server redirects the request to another of its pages, possibly for sign-in. Check the base URL of the account with its path, and the sign-in method.".to_owned(),
        None => "Check the base URL of the account.".to_owned(),
    }
}

fn wait_hint(response: &Response) -> String {
    match response.rate_limit.reset {
        Some(seconds) => format!("Too many requests: wait {seconds} s and call again."),
        None => "Too many requests: wait some time, and call less often.".to_owned(),
    }
}

/// Tags of a web page, with the content of scripts, styles and comments. A tag without an end extends to the end of the page.
static TAGS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let tags = r"(?is)<(script|style)\b.*?(</(script|style)[^>]*>|$)|<!--.*?(-->|$)|<[^>]*(>|$)";
    Regex::new(tags).ok()
});

/// Returns the text of a web page, or plain text, as one short line.
fn page(text: &str) -> String {
    let tags = TAGS.as_ref().filter(|_| text.trim_start().starts_with('<'));
    let text = match tags {
        Some(tags) => {
            // The explanation is at the beginning of the page.
            let end = text
                .char_indices()
                .nth(MAX_SEARCHED)
                .map_or(text.len(), |(end, _)| end);
            entities(&tags.replace_all(&text[..end], " "))
        }
        None => text.to_owned(),
    };
    let words: Vec<_> = text.split_whitespace().collect();
    cut(words.join(" "), MAX_PAGE)
}

fn entities(text: &str) -> String {
    const ENTITIES: [(&str, &str); 8] = [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&#34;", "\""),
        // Must be the last, so that `&amp;lt;` becomes `&lt;`.
        ("&amp;", "&"),
    ];
    ENTITIES
        .iter()
        .fold(text.to_owned(), |text, (entity, plain)| {
            text.replace(entity, plain)
        })
}

fn cut(text: String, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests;
