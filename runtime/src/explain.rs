//! Turns an error response into the error that a model reads: extracts the explanation from any format and adds a hint.

use serde_json::{Map, Value};

use crate::{
    api::{ErrorShapes, Hint},
    error::{CallError, ErrorCode},
    tool::Http,
    transport::{Base, Redirect, Response},
};

/// Maximum length of an explanation, in characters.
const MAX_DETAIL: usize = 2_000;
/// Maximum length of an explanation from a web page or plain text, in characters. Such texts rarely describe the error.
const MAX_PAGE: usize = 400;
/// Maximum number of errors that are listed.
const MAX_PROBLEMS: usize = 20;

/// Returns the error for a response with a status of 300 or more.
pub(crate) fn error_of(
    shapes: &ErrorShapes,
    base: &Base,
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
    let known = hints.iter().find(|it| {
        let says = it.sign.says;
        let is_said = error.detail.contains(says) || error.title.contains(says);
        error.status == Some(it.sign.status) && is_said
    });
    match known {
        Some(known) => CallError {
            code: ErrorCode::from_name(known.code).unwrap_or(error.code),
            ..error.hint(known.hint)
        },
        None => error,
    }
}

/// Returns the error for a successful response that is not JSON.
pub(crate) fn not_json(base: &Base, response: &Response) -> CallError {
    let media_type = response.media_type();
    let what = match media_type.as_str() {
        "" | "application/json" => "something else",
        "text/html" => "a web page",
        other => other,
    };
    let body = String::from_utf8_lossy(&response.body);
    let error =
        CallError::new(ErrorCode::UnexpectedResponse, "Not the answer of the API").detail(format!(
            "Instead of JSON the server answered with {what}: {}",
            page(&body)
        ));
    CallError {
        status: Some(response.status),
        rate_limit: Box::new(response.rate_limit),
        hint: not_this_path(base),
        ..error
    }
}

/// Returns whether the title or the detail of the error response contains `text`. Used to recognise that credentials are no longer valid.
pub(crate) fn says(shapes: &ErrorShapes, response: &Response, text: &str) -> bool {
    let (title, detail) = texts(shapes, response);
    detail.contains(text) || title.contains(text)
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
            let mut texts: Vec<_> = items.iter().take(MAX_PROBLEMS).map(explanation).collect();
            texts.retain(|it| !it.is_empty());
            if items.len() > MAX_PROBLEMS {
                texts.push(format!("{} more", items.len() - MAX_PROBLEMS));
            }
            texts.join("; ")
        }
        Value::Object(members) => problem(members).unwrap_or_else(|| {
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
fn problem(members: &Map<String, Value>) -> Option<String> {
    let message = members.get("msg")?.as_str()?;
    let steps = members.get("loc").and_then(Value::as_array)?.iter();
    let steps = steps.map(|step| match step {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    let place = steps.collect::<Vec<_>>().join(".");
    Some(if place.is_empty() {
        message.to_owned()
    } else {
        format!("{place}: {message}")
    })
}

/// Returns the hint that follows from the status alone.
fn hint(base: &Base, http: Http, response: &Response) -> String {
    let text = match response.status {
        300..=399 => return redirect_hint(base, response),
        401 | 407 => {
            "The credentials of this account were not accepted. Calling again does not help: somebody has to check or renew them."
        }
        403 => {
            "The account's user lacks the permission for this. An administrator can grant it; calling again does not help."
        }
        404 | 410 if !response.may_be_json() => return not_this_path(base),
        404 | 410 => {
            "Nothing has this id here. Ids are case-sensitive: use one exactly as a list tool returns it."
        }
        405 | 501 => "This server does not offer the operation; its version may be another one.",
        408 => "Try again, or ask for less.",
        409 => {
            "It exists already, or its state does not allow this. Read it first; then update it, or choose another name."
        }
        413 | 414 | 431 => "The request is too large for the server: send fewer or shorter values.",
        429 => return wait_hint(response),
        400..=499 => "Change the arguments as the detail says and call again.",
        502..=504 => match http {
            Http::Get => "The server is not available at the moment. Try again shortly.",
            _ => {
                "The server is not available at the moment. The change may have been made all the same: read it back before you try again."
            }
        },
        _ => {
            "The server failed, perhaps because of an argument it does not expect: try without optional arguments. Its log says more."
        }
    };
    text.to_owned()
}

fn not_this_path(base: &Base) -> String {
    format!(
        "This server may lack the operation, or {} is not the base URL of its API (is a path missing?).",
        base.text()
    )
}

fn redirect_hint(base: &Base, response: &Response) -> String {
    let location = response.headers.get(reqwest::header::LOCATION);
    let target = location
        .and_then(|it| it.to_str().ok())
        .and_then(|it| base.origin_of(it));
    match target {
        Some(Redirect::Other(origin)) => format!(
            "The server sends the request on to {origin}, which is not followed since it would carry the credentials there. If the API is there, the base URL of the account has to say so."
        ),
        Some(Redirect::Same) => "The server sends the request on to another of its pages, perhaps to sign in. Check the base URL of the account, also its path, and how it signs in.".to_owned(),
        None => "Check the base URL of the account.".to_owned(),
    }
}

fn wait_hint(response: &Response) -> String {
    match response.rate_limit.reset {
        Some(seconds) => format!("Too many requests: wait {seconds} s and call again."),
        None => "Too many requests: wait a while and call again, less often.".to_owned(),
    }
}

/// Returns the text of a web page, or plain text, as one short line.
fn page(text: &str) -> String {
    let text = if text.trim_start().starts_with('<') {
        entities(&without_tags(text))
    } else {
        text.to_owned()
    };
    let words: Vec<_> = text.split_whitespace().collect();
    cut(words.join(" "), MAX_PAGE)
}

fn without_tags(text: &str) -> String {
    // Offsets in the lower-case copy are valid in the text, because only ASCII letters differ.
    let lower = text.to_ascii_lowercase();
    let mut kept = String::new();
    let mut at = 0;
    while let Some(open) = lower[at..].find('<').map(|it| at + it) {
        kept.push_str(&text[at..open]);
        kept.push(' ');
        let rest = &lower[open..];
        let hidden = [
            ("<script", "</script"),
            ("<style", "</style"),
            ("<!--", "-->"),
        ];
        let end = match hidden.iter().find(|(start, _)| rest.starts_with(start)) {
            Some((_, end)) => rest.find(end).map(|it| open + it),
            None => Some(open),
        };
        let Some(close) = end.and_then(|end| lower[end..].find('>').map(|it| end + it + 1)) else {
            return kept;
        };
        at = close;
    }
    kept.push_str(&text[at..]);
    kept
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
