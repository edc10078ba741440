//! Pagination style of an API: the parameters with the number of items and the position of a page.

use crate::catalog::{Pagination, PaginationStyle};
use crate::diagnostic::ReadDiagnostic;
use crate::entry::Map;

/// Reads an entry of `pagination`.
pub(super) fn pagination(map: &mut Map<'_, '_>) -> Pagination {
    let in_body = map
        .optional("in")
        .is_some_and(|location: String| location == "body");
    if in_body && map.has("link") {
        let problem = "`in: body` cannot be combined with `link`, because a link is followed by its query; remove `in`";
        map.defer(&[], ReadDiagnostic::Invalid { problem });
    }
    Pagination {
        in_body,
        limit: map.required("limit"),
        // Without `max`, the parameters must still be recognised as those of the pagination.
        max: map.expected("max").unwrap_or_default(),
        total: map.optional("total"),
        style: style(map),
    }
}

fn style(map: &mut Map<'_, '_>) -> PaginationStyle {
    let first = map.optional("first");
    let position: Vec<String> = map.list("position");
    map.unused_without("first", "page");
    map.unused_without("position", "link");
    // `cursor` and `next` require each other, so either key selects this style. An `offset` beside them is for upstreams that do not know the cursor.
    let is_cursor = [map.has("cursor"), map.has("next")].contains(&true);
    let (is_link, is_page) = (map.has("link"), map.has("page"));
    let is_offset = map.has("offset") && !is_cursor;
    let styles = [is_cursor, is_link, is_page, is_offset];
    if styles.into_iter().filter(|is| *is).count() != 1 {
        let problem = "a pagination style must have exactly one of `offset`, `page`, `link`, and `cursor` with `next`";
        let keys = ["cursor", "next", "link", "page", "offset"];
        map.defer(&keys, ReadDiagnostic::Invalid { problem });
        map.discard();
    }
    if is_link && position.is_empty() {
        let problem = "`link` requires `position`, the query parameters of the link that select the next page: `position: [page]`";
        map.defer(&["position"], ReadDiagnostic::Invalid { problem });
    }
    match styles {
        [true, ..] => PaginationStyle::Cursor {
            cursor: map.required("cursor"),
            next: map.required("next"),
            offset: map.optional("offset"),
        },
        [_, true, ..] => PaginationStyle::Link {
            rel: map.required("link"),
            position,
        },
        [_, _, true, _] => PaginationStyle::Number {
            page: map.required("page"),
            first: first.unwrap_or(1),
        },
        [.., true] => PaginationStyle::Offset {
            offset: map.required("offset"),
        },
        _ => PaginationStyle::Offset {
            offset: String::new(),
        },
    }
}
