//! Renders the items of a list as the result of a call.

use super::{Plan, Rows};
use crate::cursor::Position;
use crate::json::{self, push_string};
use crate::size;

/// Number of bytes reserved for notes about a shortened list.
const NOTE: usize = 700;

impl Rows {
    /// Renders the result with a cursor for where the list continues. Items that do not fit are dropped from the end and are the first ones of the next page; at least one item is kept.
    pub(crate) fn render(
        &self,
        plan: &Plan<'_>,
        cursor: impl Fn(&Position) -> String,
    ) -> Result<String, json::Error> {
        let others = self.others.as_deref().unwrap_or_default();
        let note = if self.spent { NOTE } else { 0 };
        let frame = plan.items.len() + others.len() + 120 + note;
        let whole = frame + self.json.len() + self.len();
        let room = plan.max_bytes.saturating_sub(frame + NOTE);
        let shown = if whole <= plan.max_bytes {
            self.len()
        } else {
            let fits = |(index, (end, _)): &(usize, &(usize, u64))| end + index <= room;
            self.ends.iter().enumerate().take_while(fits).count().max(1)
        };
        let mut note = None;
        let mut next = self.next;
        let mut out = String::with_capacity(whole.min(plan.max_bytes.max(1024)));
        out.push('{');
        push_string(&mut out, plan.items);
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
                note = cut.map(|cut| format!("the only item here was cut: {cut}; ask for fewer fields to see the others whole"));
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
                let of = match (self.next, self.total, plan.filters.is_empty()) {
                    (None, ..) => format!("{} items", self.len()),
                    (_, Some(total), true) => {
                        let left = total.saturating_sub(plan.skipped());
                        format!("{} items", left.min(plan.limit as u64))
                    }
                    _ => format!("up to {} items", plan.limit),
                };
                format!(
                    "{shown} of {of}, since a result has at most {} bytes: pass next_cursor for those that follow, or ask for fewer fields",
                    plan.max_bytes
                )
            });
        } else if let (true, Some(next)) = (self.spent, next) {
            let of = self
                .total
                .map_or(String::new(), |total| format!(" of {total}"));
            let read = match self.tokens.is_empty() {
                true => format!("up to entry {next}{of}"),
                false => format!("{} entries", next.saturating_sub(plan.skipped())),
            };
            note = Some(format!(
                "read {read}, which is as far as one call goes: pass next_cursor to read on"
            ));
        }
        out.push_str(",\"next_cursor\":");
        match next {
            Some(next) => push_string(&mut out, &cursor(&self.place(next))),
            None => out.push_str("null"),
        }
        self.did_you_mean(plan, &mut out);
        if let Some(note) = note {
            out.push_str(",\"truncated\":");
            push_string(&mut out, &note);
        }
        out.push('}');
        Ok(out)
    }

    /// Adds the texts that are similar to those of filters without a match. Filters are exact, like upstreams: `Admin` and `admin` can be two roles. But a caller who asks for `admin` must not conclude that nobody has this role.
    fn did_you_mean(&self, plan: &Plan<'_>, out: &mut String) {
        if !self.ends.is_empty() {
            return;
        }
        let near = plan.filters.iter().zip(&self.near);
        let near = near.filter_map(|((filter, _), near)| Some((filter.field.name, near.as_ref()?)));
        let mut separator = ",\"did_you_mean\":{";
        for (name, text) in near {
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
