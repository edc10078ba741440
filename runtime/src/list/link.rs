//! Reads the `Link` header (RFC 8288), in which an upstream states where a list continues.

use reqwest::Url;
use reqwest::header::{HeaderMap, LINK};

use super::Next;
use crate::encode::{joined, percent};
use crate::tool::{Pager, Place, Tool, Way};

/// Reason why a link is not followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LinkError {
    /// Target that is not a URL.
    #[error("the link to the next page is no URL")]
    NoUrl,
    /// Target on another server, or on another path.
    #[error("the link to the next page leads elsewhere: to {0}")]
    Elsewhere(String),
    /// Parameter that is not one of those that may state where a page begins.
    #[error(
        "the link to the next page has the parameter `{0}`, which this tool does not expect there"
    )]
    Unnamed(String),
    /// Target without a parameter that states where the page begins.
    #[error("the link to the next page does not say where that begins")]
    Nowhere,
}

/// Returns the query of the link with this relation, from the headers of a response to a request for `url`. Only the query of the link is used, and only if the link has the origin and path of the request.
pub(crate) fn next(headers: &HeaderMap, rel: &str, url: &Url) -> Result<Next, LinkError> {
    let lines = headers.get_all(LINK).iter();
    let mut links = lines.filter_map(|line| line.to_str().ok()).flat_map(links);
    let Some((target, _)) = links.find(|(_, parameters)| is_of(parameters, rel)) else {
        return Ok(Next::End);
    };
    let target = url.join(target).map_err(|_| LinkError::NoUrl)?;
    if target.origin() != url.origin() || target.path() != url.path() {
        let shown = format!("{}{}", target.origin().ascii_serialization(), target.path());
        return Err(LinkError::Elsewhere(shown));
    }
    Ok(match target.query() {
        None | Some("") => Next::End,
        Some(query) => Next::Token(query.to_owned()),
    })
}

/// Returns what the next request takes from a link: where the page begins, and the page size, because pages of another size have other numbers. Parameters that the tool declares are sent as in the call. Any other parameter is an error, because the tool does not allow it.
pub(crate) fn carried(next: Next, pager: Pager, tool: &Tool) -> Result<Next, LinkError> {
    let Next::Token(query) = next else {
        return Ok(next);
    };
    let mut kept = Vec::new();
    let mut begins = false;
    for (name, value) in pairs(&query) {
        if is_of_page(pager, &name) {
            begins |= name != pager.limit;
            kept.push((percent(&name), percent(&value)));
        } else if !is_own(tool, &name) {
            return Err(LinkError::Unnamed(name));
        }
    }
    match begins {
        true => Ok(Next::Token(joined(&kept))),
        false => Err(LinkError::Nowhere),
    }
}

/// Returns whether a cursor contains only what can come from a link, so that a forged cursor cannot add a parameter to the request.
pub(crate) fn is_carried(query: &str, pager: Pager) -> bool {
    pairs(query).iter().all(|(name, _)| is_of_page(pager, name))
}

/// Parses the pairs of a query as a browser does.
pub(crate) fn pairs(query: &str) -> Vec<(String, String)> {
    // Only the query of this URL is used.
    let mut url = Url::parse("http://localhost/").ok();
    if let Some(url) = &mut url {
        url.set_query(Some(query));
    }
    let pairs = url.iter().flat_map(Url::query_pairs);
    pairs
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

fn is_of_page(pager: Pager, name: &str) -> bool {
    let Way::Link { position, .. } = pager.way else {
        return false;
    };
    name == pager.limit || position.contains(&name)
}

/// Returns whether a name is a query parameter of the tool, or a part of one.
fn is_own(tool: &Tool, name: &str) -> bool {
    tool.params.iter().any(|param| {
        let rest = name.strip_prefix(param.wire);
        let is = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('['));
        is && matches!(param.place, Place::Query(_))
    })
}

/// Splits a header line into links, each with the text of its parameters.
fn links(line: &str) -> Vec<(&str, &str)> {
    let mut links = Vec::new();
    let mut rest = line;
    while let Some((target, behind)) = rest
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'))
    {
        let end = end_of(behind, ',');
        links.push((target.trim(), &behind[..end]));
        rest = &behind[end..];
    }
    links
}

/// Returns whether the parameters of a link have a `rel` with this relation. Only the first `rel` counts.
fn is_of(parameters: &str, rel: &str) -> bool {
    let mut rest = parameters;
    while !rest.is_empty() {
        let end = end_of(rest, ';');
        let (name, value) = rest[..end].split_once('=').unwrap_or((&rest[..end], ""));
        if name.trim().eq_ignore_ascii_case("rel") {
            let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
            return relations.any(|found| found.eq_ignore_ascii_case(rel));
        }
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    false
}

/// Returns where a part ends: before the next separator outside quotes.
fn end_of(text: &str, separator: char) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            c if c == separator && !quoted => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn links_are_followed_on_the_same_path_alone() {
        let elsewhere = |place: &str| Err(LinkError::Elsewhere(place.to_owned()));
        let token = |token: &str| Ok(Next::Token(token.to_owned()));
        let rows: [(&[&str], _); 14] = [
            (&[], Ok(Next::End)),
            (
                &["<https://x.example/v1/things?page=2&q=a%20b>; rel=\"next\""],
                token("page=2&q=a%20b"),
            ),
            (&["</v1/things?page=2>; rel=next"], token("page=2")),
            (
                &["<?after=a,b>; title=\"a, <b>; rel=x\"; rel=\"last NEXT\""],
                token("after=a,b"),
            ),
            (
                &["<?page=1>; rel=prev, <?page=3>; rel=next"],
                token("page=3"),
            ),
            (
                &["<?page=1>; rel=prev", "<?page=3>; rel=next"],
                token("page=3"),
            ),
            (&["<?page=9>; rel=last"], Ok(Next::End)),
            (&["<?page=9>; rel=last; rel=next"], Ok(Next::End)),
            (&["<?page=9>; title=\"a \\\" rel=next\""], Ok(Next::End)),
            (&["</v1/things>; rel=next"], Ok(Next::End)),
            (
                &["<https://y.example/v1/things?page=2>; rel=next"],
                elsewhere("https://y.example/v1/things"),
            ),
            (
                &["<http://x.example/v1/things?page=2>; rel=next"],
                elsewhere("http://x.example/v1/things"),
            ),
            (
                &["</v1/users?page=2>; rel=next"],
                elsewhere("https://x.example/v1/users"),
            ),
            (&["<https://[>; rel=next"], Err(LinkError::NoUrl)),
        ];
        let url = Url::parse("https://x.example/v1/things?per_page=7").unwrap();
        for (lines, expected) in rows {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(LINK, line.parse().unwrap());
            }
            assert_eq!(next(&headers, "next", &url), expected, "{lines:?}");
        }
    }
}
