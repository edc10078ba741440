//! Renders the items of a list as the result of a call.

use super::items::FoundItems;
use super::query::ListQuery;
use crate::json::{self, push_string};
use crate::output::cursor::ListPosition;
use crate::output::size;

/// Number of bytes reserved for notes about a shortened list.
const NOTE: usize = 700;

impl FoundItems {
    /// Renders the result with a cursor for where the list continues. Items that do not fit are dropped from the end and are the first ones of the next page; at least one item is kept.
    pub(crate) fn render(
        &self,
        query: &ListQuery<'_>,
        cursor: impl Fn(&ListPosition) -> String,
    ) -> Result<String, json::Error> {
        let others = self.others.as_deref().unwrap_or_default();
        let note = if self.is_stopped { NOTE } else { 0 };
        let frame = query.items.len() + others.len() + 120 + note;
        let whole = frame + self.json.len() + self.len();
        let room = query.max_bytes.saturating_sub(frame + NOTE);
        let shown = if whole <= query.max_bytes {
            self.len()
        } else {
            let fits = |(index, (end, _)): &(usize, &(usize, u64))| end + index <= room;
            self.ends.iter().enumerate().take_while(fits).count().max(1)
        };
        let mut note = None;
        let mut next = self.next;
        let mut out = String::with_capacity(whole.min(query.max_bytes.max(1024)));
        out.push('{');
        push_string(&mut out, query.items);
        out.push_str(":[");
        let mut start = 0;
        for (index, (end, _)) in self.ends.iter().take(shown).enumerate() {
            let row = self.json.get(start..*end).unwrap_or_default();
            start = *end;
            if index > 0 {
                out.push(',');
            }
            if shown == 1 && row.len() > room {
                let (short, cut) = size::fit_item(row, room)?;
                out.push_str(&short);
                note = cut.map(|cut| format!("the only item of this page was cut: {cut}; request fewer fields to see the others completely"));
            } else {
                out.push_str(row);
            }
        }
        out.push(']');
        if let Some(total) = &self.total_text {
            out.push_str(",\"total_entries\":");
            out.push_str(total);
        }
        out.push_str(others);
        if let Some((_, dropped)) = self.ends.get(shown) {
            next = Some(*dropped);
            note.get_or_insert_with(|| {
                let of = match (self.next, self.total, query.filters.is_empty()) {
                    (None, ..) => format!("{} items", self.len()),
                    (_, Some(total), true) => {
                        let left = total.saturating_sub(query.skipped());
                        format!("{} items", left.min(query.limit as u64))
                    }
                    _ => format!("up to {} items", query.limit),
                };
                format!(
                    "{shown} of {of}, because a result has at most {} bytes: pass next_cursor to read the others, or request fewer fields",
                    query.max_bytes
                )
            });
        } else if let (true, Some(next)) = (self.is_stopped, next) {
            let of = self
                .total
                .map_or(String::new(), |total| format!(" of {total}"));
            let read = match self.tokens.is_empty() {
                true => format!("up to item {next}{of}"),
                false => format!("{} items", next.saturating_sub(query.skipped())),
            };
            note = Some(format!(
                "read {read}, which is the most that one call can read: pass next_cursor to continue"
            ));
        }
        out.push_str(",\"next_cursor\":");
        match next {
            Some(next) => push_string(&mut out, &cursor(&self.position_of(next))),
            None => out.push_str("null"),
        }
        self.did_you_mean(query, &mut out);
        if let Some(note) = note {
            out.push_str(",\"truncated\":");
            push_string(&mut out, &note);
        }
        out.push('}');
        Ok(out)
    }

    /// Adds the texts that are similar to those of filters without a match. Filters are exact, like upstreams: `Admin` and `admin` can be two roles. But a caller who asks for `admin` must not conclude that nobody has this role.
    fn did_you_mean(&self, query: &ListQuery<'_>, out: &mut String) {
        if !self.ends.is_empty() {
            return;
        }
        let similar = query.filters.iter().zip(&self.similar);
        let similar = similar
            .filter_map(|((filter, _), similar)| Some((filter.field.name, similar.as_ref()?)));
        let mut separator = ",\"did_you_mean\":{";
        for (name, text) in similar {
            out.push_str(separator);
            push_string(out, name);
            out.push(':');
            push_string(out, text);
            separator = ",";
        }
        if separator == "," {
            out.push('}');
        }
    }
}
