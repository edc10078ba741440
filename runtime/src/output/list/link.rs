//! Reads the `Link` header (RFC 8288), in which an upstream states where a list continues.

use reqwest::Url;
use reqwest::header::{HeaderMap, LINK};

use super::page::NextPage;
use crate::args::encode::{joined, percent};
use crate::quoted::split_quoted;
use crate::request::page::query_pairs_of;
use crate::tool::{Pagination, PaginationStyle, ParameterLocation, Tool};

/// Reason why a link is not followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LinkError {
    /// Target that is not a URL.
    #[error("the link to the next page is not a valid URL")]
    InvalidUrl,
    /// Target on another server, or on another path.
    #[error("the link to the next page refers to another address: {0}")]
    OtherAddress(String),
    /// Parameter that is not one of those that may state where a page begins.
    #[error("the link to the next page has the unexpected parameter `{0}`")]
    UnknownParameter(String),
    /// Target without a parameter that states where the page begins.
    #[error("the link to the next page has no parameter for the position")]
    NoPosition,
}

/// Returns the query of the link with this relation, from the headers of a response to a request for `url`. Only the query of the link is used, and only if the link has the origin and path of the request.
pub(crate) fn next(headers: &HeaderMap, rel: &str, url: &Url) -> Result<NextPage, LinkError> {
    let lines = headers.get_all(LINK).iter();
    let mut links = lines.filter_map(|line| line.to_str().ok()).flat_map(links);
    let Some((target, _)) = links.find(|(_, parameters)| has_relation(parameters, rel)) else {
        return Ok(NextPage::End);
    };
    let target = url.join(target).map_err(|_| LinkError::InvalidUrl)?;
    if target.origin() != url.origin() || target.path() != url.path() {
        let shown = format!("{}{}", target.origin().ascii_serialization(), target.path());
        return Err(LinkError::OtherAddress(shown));
    }
    Ok(match target.query() {
        None | Some("") => NextPage::End,
        Some(query) => NextPage::Token(query.to_owned()),
    })
}

/// Returns what the next request takes from a link: where the page begins, and the page size, because pages of another size have other numbers. Parameters that the tool declares are sent as in the call. Any other parameter is an error, because the tool does not allow it.
pub(crate) fn page_parameters(
    next: NextPage,
    pagination: Pagination,
    tool: &Tool,
) -> Result<NextPage, LinkError> {
    let NextPage::Token(query) = next else {
        return Ok(next);
    };
    let mut kept = Vec::new();
    let mut begins = false;
    for (name, value) in query_pairs_of(&query) {
        if is_page_parameter(pagination, &name) {
            begins |= name != pagination.limit;
            kept.push((percent(&name), percent(&value)));
        } else if !is_declared(tool, &name) {
            return Err(LinkError::UnknownParameter(name));
        }
    }
    match begins {
        true => Ok(NextPage::Token(joined(&kept))),
        false => Err(LinkError::NoPosition),
    }
}

/// Returns whether a cursor contains only what can come from a link, so that a forged cursor cannot add a parameter to the request.
pub(crate) fn has_only_page_parameters(query: &str, pagination: Pagination) -> bool {
    query_pairs_of(query)
        .iter()
        .all(|(name, _)| is_page_parameter(pagination, name))
}

fn is_page_parameter(pagination: Pagination, name: &str) -> bool {
    let PaginationStyle::Link { position, .. } = pagination.style else {
        return false;
    };
    name == pagination.limit || position.contains(&name)
}

/// Returns whether a name is a query parameter of the tool, or a part of one.
fn is_declared(tool: &Tool, name: &str) -> bool {
    tool.parameters.iter().any(|parameter| {
        let rest = name.strip_prefix(parameter.wire);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
            && matches!(parameter.location, ParameterLocation::Query(_))
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
        let end = split_quoted(behind, ',').next().map_or(0, str::len);
        links.push((target.trim(), &behind[..end]));
        rest = &behind[end..];
    }
    links
}

/// Returns whether the parameters of a link have a `rel` with this relation. Only the first `rel` counts.
fn has_relation(parameters: &str, rel: &str) -> bool {
    let mut pairs = split_quoted(parameters, ';').filter_map(|it| it.split_once('='));
    let relations = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("rel"));
    relations.is_some_and(|(_, value)| {
        let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
        relations.any(|found| found.eq_ignore_ascii_case(rel))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_links_to_the_same_path_are_followed() {
        let elsewhere = |location: &str| Err(LinkError::OtherAddress(location.to_owned()));
        let token = |token: &str| Ok(NextPage::Token(token.to_owned()));
        let rows: [(&[&str], _); 14] = [
            (&[], Ok(NextPage::End)),
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
            (&["<?page=9>; rel=last"], Ok(NextPage::End)),
            (&["<?page=9>; rel=last; rel=next"], Ok(NextPage::End)),
            (&["<?page=9>; title=\"a \\\" rel=next\""], Ok(NextPage::End)),
            (&["</v1/things>; rel=next"], Ok(NextPage::End)),
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
            (&["<https://[>; rel=next"], Err(LinkError::InvalidUrl)),
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
