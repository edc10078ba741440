//! Pagination style of an API: the parameters with the number of items and the position of a page.

use crate::catalog::{Pagination, Way};
use crate::diagnostic::Diagnostic;
use crate::reader::{Map, Reader};
use crate::yaml::Node;

/// Keys that distinguish the pagination styles.
const WAYS: [&str; 4] = ["cursor", "link", "page", "offset"];

/// Reads an entry of `pagination`.
pub(super) fn read(r: &mut Reader<'_>, node: &Node) -> Option<Pagination> {
    let keys = [
        "in", "cursor", "next", "link", "position", "page", "first", "limit", "offset", "max",
        "total",
    ];
    let map = r.map(node, "an entry of `pagination`", &keys)?;
    let place = r.text_if(&map, "in");
    let place = place.and_then(|place| r.word(&place, "place", &["query", "body"]));
    let limit = r.text(&map, "limit");
    let max = r
        .needed(&map, "max")
        .and_then(|node| r.number_of(node, "max"));
    let total = r.text_if(&map, "total").map(|total| total.value);
    let way = way(r, &map);
    if place == Some("body") && map.get("link").is_some() {
        wrong(
            r,
            &map,
            "a link is followed by its query, so that `in: body` is no place for it",
        );
    }
    // A missing `max` was reported. The parameters must still be recognised as pagination parameters, so a default is used.
    Some(Pagination {
        in_body: place == Some("body"),
        limit: limit?.value,
        max: max.map(|max| max.value).unwrap_or_default(),
        total,
        way: way?,
    })
}

fn way(r: &mut Reader<'_>, map: &Map<'_>) -> Option<Way> {
    let has = |key: &str| map.get(key).is_some();
    // `cursor` and `next` require each other, so either key selects this style. An `offset` beside them is for upstreams that do not know the cursor.
    let cursor = has("cursor") || has("next");
    let found = WAYS.into_iter().filter(|key| match *key {
        "cursor" => cursor,
        "offset" => has("offset") && !cursor,
        key => has(key),
    });
    let found: Vec<_> = found.collect();
    if has("first") && !has("page") {
        wrong(
            r,
            map,
            "`first` is the number of the first page, but there is no `page`",
        );
    }
    if has("position") && !has("link") {
        wrong(
            r,
            map,
            "`position` is what a link says, but there is no `link`",
        );
    }
    match found.as_slice() {
        ["cursor"] => {
            let (cursor, next) = (r.text(map, "cursor"), r.text(map, "next"));
            let offset = r.text_if(map, "offset").map(|offset| offset.value);
            Some(Way::Cursor {
                cursor: cursor?.value,
                next: next?.value,
                offset,
            })
        }
        ["link"] => {
            let rel = r.text(map, "link");
            let position = r.texts(map, "position").into_iter();
            let position: Vec<_> = position.map(|name| name.value).collect();
            if position.is_empty() && !r.is_misspelled(map, "position") {
                let none = "the next page of a `link` begins where its query says: `position: [page]` has the parameters of it that do";
                wrong(r, map, none);
            }
            Some(Way::Link {
                rel: rel?.value,
                position,
            })
        }
        ["page"] => {
            let page = r.text(map, "page");
            let first = map.get("first").map(|node| r.number_of(node, "first"));
            let first = match first {
                Some(first) => first?.value,
                None => 1,
            };
            Some(Way::Number {
                page: page?.value,
                first,
            })
        }
        ["offset"] => Some(Way::Offset {
            offset: r.text(map, "offset")?.value,
        }),
        // A misspelled key was already reported.
        [] if WAYS.into_iter().any(|key| r.is_misspelled(map, key)) => None,
        _ => {
            let one_of = "which items are wanted is said by one of `offset`, `page`, `cursor` with `next`, and `link`";
            wrong(r, map, one_of);
            None
        }
    }
}

fn wrong(r: &mut Reader<'_>, map: &Map<'_>, why: &'static str) {
    let diagnostic = Diagnostic::Pagination { why };
    r.error(map.line, diagnostic);
}
