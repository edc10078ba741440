//! Reads a page of a list.

use super::context::{Call, invalid_cursor};
use crate::args::{CheckedArguments, FieldSelection};
use crate::json::Fields;
use crate::output::Progress;
use crate::output::cursor::{CursorError, ListPosition};
use crate::output::list::link::{self, LinkError};
use crate::output::list::page::{NextPage, PageMembers, UpstreamPage};
use crate::output::list::query::{Budget, ListQuery, MAX_CONCURRENT};
use crate::output::list::read::{ListError, read};
use crate::request::Request;
use crate::request::page::PageRequest;
use crate::tool::{List, Pagination, PaginationStyle};
use crate::upstream::error::CallError;
use crate::upstream::response::Response;

impl Call<'_> {
    pub(super) async fn list(
        &self,
        list: &'static List,
        progress: Progress<'_>,
    ) -> Result<(u16, String), CallError> {
        let scope = self.scope();
        let start = self.start(&scope)?.unwrap_or(ListPosition::Offset(0));
        let request = self.plain_request()?;
        let pagination = self.arguments.pagination(list);
        let style = pagination.map(|it| it.style);
        if let (Some(pagination), ListPosition::Native { token, .. }) = (pagination, &start)
            && matches!(style, Some(PaginationStyle::Link { .. }))
            && !link::has_only_page_parameters(token, pagination)
        {
            return Err(invalid_cursor(CursorError::Damaged));
        }
        let options = self.arguments.result_options();
        let filters = options.filters.iter();
        let query = ListQuery {
            items: list.items,
            pagination,
            start,
            limit: usize::try_from(options.limit).unwrap_or(usize::MAX),
            filters: filters.map(|(filter, value)| (*filter, value)).collect(),
            fields: fields(list, self.arguments),
            max_bytes: self.account.max_result_bytes(),
            max_concurrent: MAX_CONCURRENT.min(self.account.max_in_flight()),
            budget: Budget::default(),
        };
        let members = PageMembers {
            next: match style {
                Some(PaginationStyle::Cursor { next, .. }) => next,
                _ => "",
            },
            total: pagination.map_or("", |it| it.total),
        };
        let fetch = |items: u32, page: PageRequest<'_>| {
            let request = request.page(self.tool, pagination, items, page);
            let is_continued = matches!(page, PageRequest::Token(token) if !token.is_empty());
            async move {
                let response = self.send(&request).await?;
                let status = response.status;
                let linked = pagination.map(|it| self.linked(it, &request, &response));
                let linked = linked.transpose()?.flatten();
                let page = UpstreamPage::parse(response.into_text()?, list.items, members);
                let mut page = page.map_err(|error| {
                    CallError::unexpected(
                        status,
                        format!("The response is not a page of the list: {error}."),
                    )
                })?;
                if let Some(next) = linked {
                    page.next = next;
                }
                match style {
                    // The upstream has ignored its own cursor, perhaps because it was replaced by another version. This page would be the first page again.
                    Some(PaginationStyle::Cursor { offset, .. })
                        if page.next == NextPage::Unknown && is_continued && !offset.is_empty() =>
                    {
                        let detail = "The server ignores the cursor that it returned earlier.";
                        let hint = "Omit next_cursor to begin with the first page.";
                        Err(CallError::unexpected(status, detail).hint(hint))
                    }
                    _ => Ok(page),
                }
            }
        };
        let cursor = |position: &ListPosition| scope.write(position);
        let items = read(&query, fetch, progress).await;
        let items = items.map_err(|error| with_resume(error, cursor))?;
        Ok((200, items.render(&query, cursor)?))
    }

    /// Returns the next page according to the `Link` header of a response; `None` if the list does not use links for pagination.
    fn linked(
        &self,
        pagination: Pagination,
        request: &Request,
        response: &Response,
    ) -> Result<Option<NextPage>, CallError> {
        let PaginationStyle::Link { rel, .. } = pagination.style else {
            return Ok(None);
        };
        let Some(url) = self.account.url_of(&request.path_and_query) else {
            return Ok(Some(NextPage::End));
        };
        let next = link::next(&response.headers, rel, &url)
            .and_then(|next| link::page_parameters(next, pagination, self.tool));
        next.map(Some).map_err(|error| {
            let hint = match error {
                LinkError::InvalidUrl | LinkError::OtherAddress(_) => "The server or a proxy in front of it uses another address than the base URL of the account. The administrator of these tools can correct one of them.",
                LinkError::UnknownParameter(_) | LinkError::NoPosition => "The list cannot be read further, because the next link of the server cannot be followed. The author of the tools must set `position` for this list.",
            };
            CallError::unexpected(response.status, format!("{error}.")).hint(hint)
        })
    }
}

/// Adds to the error of a filtered search how to continue it.
fn with_resume(
    broken: ListError<CallError>,
    cursor: impl Fn(&ListPosition) -> String,
) -> CallError {
    let ListError { error, resume } = broken;
    let Some(position) = resume else {
        return error;
    };
    let searched = match &position {
        ListPosition::Offset(at) | ListPosition::Numbered { at, .. } => {
            format!("the first {at} items")
        }
        ListPosition::Native { .. } => "the items read so far".to_owned(),
    };
    let resume = format!(
        "No item matched in {searched}; repeat the call with next_cursor \"{}\" to continue from there.",
        cursor(&position)
    );
    let hint = [error.hint.as_str(), &resume].join(" ");
    error.hint(hint.trim_start())
}

fn fields<'a>(list: &'a List, arguments: &'a CheckedArguments) -> Fields<'a> {
    match &arguments.result_options().fields {
        FieldSelection::Only(names) => Fields::named(names.iter().map(String::as_str)),
        FieldSelection::Summary if !list.summary.is_empty() => {
            Fields::named(list.summary.iter().copied())
        }
        FieldSelection::Summary | FieldSelection::All => Fields::all(),
    }
}
