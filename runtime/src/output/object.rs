//! Results of tools that are not lists. A result is always an object, whatever the upstream returned.

use crate::json::{self, Scanner, push_string};
use crate::tool::{Http, ResponseFormat, Tool};
use crate::upstream::error::CallError;
use crate::upstream::response::Response;

/// Returns the result of a tool for a response.
pub(crate) fn result(tool: &Tool, response: Response) -> Result<String, CallError> {
    match tool.response_format {
        ResponseFormat::Text { .. } => text_result(response),
        ResponseFormat::Lines { .. } => lines_result(&response, tool.effect.read_only),
        ResponseFormat::Json | ResponseFormat::Log { .. } => json_result(tool, response),
    }
}

fn text_result(response: Response) -> Result<String, CallError> {
    let mut out = "{\"text\":".to_owned();
    push_string(&mut out, &response.into_text()?);
    out.push('}');
    Ok(out)
}

/// Returns the values of a response with one JSON value per line. If the response is incomplete, its last line is dropped, because it may be cut.
fn lines_result(response: &Response, read_only: bool) -> Result<String, CallError> {
    let text = String::from_utf8_lossy(&response.body);
    let mut lines: Vec<&str> = text.split('\n').collect();
    let last = lines.pop().filter(|_| response.complete);
    lines.extend(last);
    lines.retain(|line| !line.trim().is_empty());
    let mut out = "{\"result\":[".to_owned();
    for (index, line) in lines.into_iter().enumerate() {
        out.push_str(if index > 0 { "," } else { "" });
        let line = json::compact(line);
        out.push_str(&line.map_err(|error| CallError::not_json(response.status, &error))?);
    }
    out.push(']');
    if !response.complete {
        out.push_str(",\"truncated\":");
        push_string(
            &mut out,
            match read_only {
                true => "the server has not finished yet: call again to continue",
                false => "the server has not finished yet",
            },
        );
    }
    out.push('}');
    Ok(out)
}

fn json_result(tool: &Tool, response: Response) -> Result<String, CallError> {
    let status = response.status;
    let text = response.into_text()?;
    let mut scanner = Scanner::new(&text);
    let empty = matches!(text.trim_ascii(), "" | "null");
    let Some(shape) = tool.returns.filter(|_| !empty) else {
        if empty && tool.http == Http::Get && tool.returns.is_some_and(|shape| !shape.nullable) {
            return Err(CallError::unexpected(status, "The response is empty."));
        }
        return Ok(match tool.returns {
            Some(shape) if !shape.is_object() => r#"{"result":null}"#.to_owned(),
            _ => format!("{{\"status\":{status}}}"),
        });
    };
    let wrapped = !shape.is_object() || scanner.peek() != b'{';
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(if wrapped { "{\"result\":" } else { "" });
    let copied = scanner.copy(&mut out).and_then(|()| scanner.end());
    copied.map_err(|error| CallError::not_json(status, &error))?;
    out.push_str(if wrapped { "}" } else { "" });
    Ok(out)
}
