//! Merges one group of keywords into a flattened schema. If two groups constrain the same value, both apply.

use indexmap::IndexMap;
use openapiv3::{AdditionalProperties, ReferenceOr, Schema, StringFormat};
use serde_json::{Number, Value};

use super::flat::{Additional, Basic, Flattener, Part};
use crate::openapi::escape;

/// Location of the keywords.
#[derive(Clone, Copy)]
pub(super) struct At<'p> {
    pub(super) pointer: &'p str,
    pub(super) owner: Option<&'p str>,
}

impl At<'_> {
    pub(super) fn part<'a>(self, schema: &'a ReferenceOr<Schema>, step: &str) -> Part<'a> {
        Part::new(
            schema,
            format!("{}/{step}", self.pointer),
            self.owner.map(str::to_owned),
        )
    }

    fn boxed<'a>(self, schema: &'a ReferenceOr<Box<Schema>>, step: &str) -> Part<'a> {
        Part::boxed(
            schema,
            format!("{}/{step}", self.pointer),
            self.owner.map(str::to_owned),
        )
    }
}

impl<'a> Flattener<'a> {
    /// Records a keyword that the catalogue cannot express. Always returns `false`, because the keyword does not allow `null`.
    pub(super) fn unsupported(&mut self, at: At<'_>, keyword: &str) -> bool {
        self.flat
            .unsupported
            .push((at.pointer.to_owned(), format!("`{keyword}`")));
        false
    }

    /// Records a constraint that no rule can express.
    fn note(&mut self, must: &str) {
        let note = format!("Must {must}.");
        if !self.flat.notes.contains(&note) {
            self.flat.notes.push(note);
        }
    }

    pub(super) fn basic(&mut self, basic: Basic, at: At<'_>) {
        self.flat.basic = match (self.flat.basic, basic) {
            (None, basic) => Some(basic),
            (Some(known), basic) if known == basic => Some(basic),
            (Some(Basic::Integer), Basic::Number) | (Some(Basic::Number), Basic::Integer) => {
                Some(Basic::Integer)
            }
            (Some(known), basic) => {
                let construct = format!("`allOf` of {} and {}", known.name(), basic.name());
                let found = (at.pointer.to_owned(), construct);
                self.flat.unsupported.push(found);
                self.flat.mixed = true;
                Some(known)
            }
        };
    }

    /// Adds the values of an `enum`. An empty list means that there is no `enum`.
    pub(super) fn values(&mut self, values: Vec<Value>) {
        if values.is_empty() {
            return;
        }
        match &mut self.flat.values {
            Some(known) => known.retain(|value| values.contains(value)),
            none => *none = Some(values),
        }
    }

    pub(super) fn string(
        &mut self,
        format: Option<String>,
        pattern: Option<String>,
        min: Option<usize>,
        max: Option<usize>,
        at: At<'_>,
    ) {
        let (min, max) = (self.length(min, at), self.length(max, at));
        let two_patterns = pattern.is_some()
            && self
                .flat
                .rules
                .pattern
                .as_ref()
                .is_some_and(|known| Some(known) != pattern.as_ref());
        if let Some(pattern) = pattern.as_ref().filter(|_| two_patterns) {
            self.note(&format!("match {pattern}"));
        }
        // Servers check patterns that `regex-lite` cannot parse.
        let readable = |pattern: &String| regex_lite::Regex::new(pattern).is_ok();
        if let Some(pattern) = pattern.as_ref().filter(|pattern| !readable(pattern)) {
            self.note(&format!("match {pattern}"));
        }
        let pattern = pattern.filter(readable);
        let rules = &mut self.flat.rules;
        rules.format = rules.format.take().or(format);
        rules.pattern = rules.pattern.take().or(pattern);
        rules.min_length = rules.min_length.max(min);
        rules.max_length = least(rules.max_length, max);
    }

    fn length(&mut self, length: Option<usize>, at: At<'_>) -> Option<u32> {
        let length = length?;
        let short = u32::try_from(length).ok();
        if short.is_none() {
            self.unsupported(at, &format!("length {length}"));
        }
        short
    }

    pub(super) fn integers(
        &mut self,
        min: Option<i64>,
        max: Option<i64>,
        exclusive: (bool, bool),
        multiple: Option<f64>,
    ) {
        if let Some(multiple) = multiple {
            self.note(&format!("be a multiple of {multiple}"));
        }
        let min = min.map(|min| {
            if exclusive.0 {
                min.saturating_add(1)
            } else {
                min
            }
        });
        let max = max.map(|max| {
            if exclusive.1 {
                max.saturating_sub(1)
            } else {
                max
            }
        });
        self.limits(min.map(Number::from), max.map(Number::from), None);
    }

    pub(super) fn range(
        &mut self,
        min: Option<f64>,
        max: Option<f64>,
        exclusive: (bool, bool),
        multiple: Option<f64>,
    ) {
        if let Some(multiple) = multiple {
            self.note(&format!("be a multiple of {multiple}"));
        }
        if let Some(max) = max.filter(|_| exclusive.1) {
            self.note(&format!("be less than {max}"));
        }
        let (min, max) = (min.and_then(number), max.and_then(number));
        if exclusive.0 {
            self.limits(None, max, min);
        } else {
            self.limits(min, max, None);
        }
    }

    fn limits(&mut self, min: Option<Number>, max: Option<Number>, above: Option<Number>) {
        let rules = &mut self.flat.rules;
        let less = |a: &Number, b: &Number| a.as_f64() < b.as_f64();
        rules.minimum = pick(rules.minimum.take(), min, |known, new| less(known, new));
        rules.maximum = pick(rules.maximum.take(), max, |known, new| less(new, known));
        rules.exclusive_minimum = pick(rules.exclusive_minimum.take(), above, |known, new| {
            less(known, new)
        });
    }

    pub(super) fn object(
        &mut self,
        properties: &'a IndexMap<String, ReferenceOr<Box<Schema>>>,
        required: &'a [String],
        additional: Option<&'a AdditionalProperties>,
        at: At<'_>,
    ) {
        for (name, schema) in properties {
            let part = at.boxed(schema, &format!("properties/{}", escape(name)));
            self.flat.properties.entry(name).or_default().push(part);
        }
        self.flat
            .required
            .extend(required.iter().map(String::as_str));
        let known = std::mem::take(&mut self.flat.additional);
        self.flat.additional = match (known, additional) {
            (known, None) => known,
            // Taken literally, this would also forbid the properties of the other parts of an `allOf`, which no author intends.
            (Additional::Unsaid | Additional::Open, Some(AdditionalProperties::Any(false))) => {
                Additional::Closed
            }
            (Additional::Unsaid, Some(AdditionalProperties::Any(true))) => Additional::Open,
            (known, Some(AdditionalProperties::Any(_))) => known,
            (known, Some(AdditionalProperties::Schema(schema))) => {
                let part = at.part(schema, "additionalProperties");
                match known {
                    Additional::Closed => Additional::Closed,
                    Additional::These(mut parts) => {
                        parts.push(part);
                        Additional::These(parts)
                    }
                    Additional::Unsaid | Additional::Open => Additional::These(vec![part]),
                }
            }
        };
    }

    pub(super) fn counted(&mut self, min: Option<usize>, max: Option<usize>) {
        for (words, limit) in [("at least", min.filter(|min| *min > 0)), ("at most", max)] {
            if let Some(limit) = limit {
                let plural = if limit == 1 { "" } else { "s" };
                self.note(&format!("have {words} {limit} member{plural}"));
            }
        }
    }

    pub(super) fn array(
        &mut self,
        items: Option<&'a ReferenceOr<Box<Schema>>>,
        min: Option<usize>,
        max: Option<usize>,
        unique: bool,
        at: At<'_>,
    ) {
        self.flat
            .items
            .extend(items.map(|items| at.boxed(items, "items")));
        let (min, max) = (self.length(min, at), self.length(max, at));
        let rules = &mut self.flat.rules;
        rules.min_items = rules.min_items.max(min);
        rules.max_items = least(rules.max_items, max);
        if unique {
            self.note("have no item twice");
        }
    }
}

impl Basic {
    /// Returns the name as in `type`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Object => "object",
            Self::Array => "array",
        }
    }
}

/// Returns the name as in `format`.
pub(super) fn format_name(format: &StringFormat) -> &'static str {
    match format {
        StringFormat::Date => "date",
        StringFormat::DateTime => "date-time",
        StringFormat::Password => "password",
        StringFormat::Byte => "byte",
        StringFormat::Binary => "binary",
    }
}

/// Makes a JSON number. A whole number such as 2.0 becomes `2`, as a person would write it.
fn number(value: f64) -> Option<Number> {
    let integer = Some(value)
        .filter(|value| value.fract() == 0.0)
        .and_then(|value| format!("{value:.0}").parse::<i64>().ok());
    integer
        .map(Number::from)
        .or_else(|| Number::from_f64(value))
}

fn least(known: Option<u32>, new: Option<u32>) -> Option<u32> {
    known.into_iter().chain(new).min()
}

/// Returns the stricter of two limits.
fn pick(
    known: Option<Number>,
    new: Option<Number>,
    new_is_stricter: impl Fn(&Number, &Number) -> bool,
) -> Option<Number> {
    match (known, new) {
        (Some(known), Some(new)) => Some(if new_is_stricter(&known, &new) {
            new
        } else {
            known
        }),
        (known, new) => known.or(new),
    }
}
