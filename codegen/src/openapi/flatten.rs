//! Flattens a schema: follows its references and merges its `allOf`, so that one value has everything the schema says. If two schemas constrain the same value, both apply.

use serde_json::{Number, Value};

use super::flat::{Additional, Basic, Flat, Part, PartSource};
use super::model::{
    AdditionalProperties, Model, Referable, Schema, component_name, schema_pointer,
};
use crate::error::DocumentError;

/// Merges everything that holds for a value to which all `parts` apply.
pub(super) fn flatten<'a>(model: &'a Model, parts: &[Part<'a>]) -> Result<Flat<'a>, DocumentError> {
    let mut reader = Flattener {
        model,
        flat: Flat::default(),
        open: Vec::new(),
    };
    let mut nullable = !parts.is_empty();
    for part in parts {
        reader.open.clone_from(&part.inside);
        nullable &= reader.part(part)?;
    }
    let mut flat = reader.flat;
    flat.nullable = nullable;
    let mut read_only = !flat.union.is_empty();
    // The whole is read-only if all its alternatives are, and write-only or nullable if at least one is.
    for part in flat.union.clone() {
        let inner = flatten(model, &[part])?;
        read_only &= inner.read_only;
        flat.write_only |= inner.write_only;
        flat.nullable |= inner.nullable;
    }
    flat.read_only |= read_only;
    Ok(flat)
}

struct Flattener<'a> {
    model: &'a Model,
    flat: Flat<'a>,
    /// Components that are being read.
    open: Vec<String>,
}

impl<'a> Flattener<'a> {
    /// Adds the keywords of a part and returns whether it allows `null`.
    fn part(&mut self, part: &Part<'a>) -> Result<bool, DocumentError> {
        match &part.source {
            PartSource::Schema(schema) => self.schema(schema, part),
            PartSource::Reference(reference) => self.reference(reference, &part.pointer),
            PartSource::Unreadable(reason) => Err(self.model.invalid(&part.pointer, *reason)),
            PartSource::All(parts) => {
                let mut nullable = true;
                for part in parts {
                    nullable &= self.part(part)?;
                }
                Ok(nullable)
            }
            PartSource::Either(parts) if self.flat.union.is_empty() => {
                self.flat.union.clone_from(parts);
                for part in parts {
                    if self.flat.description.is_empty() {
                        let inner = flatten(self.model, std::slice::from_ref(part))?;
                        self.flat.description = inner.description;
                    }
                }
                Ok(false)
            }
            PartSource::Either(_) => {
                self.unsupported(part, "`oneOf` beside other alternatives".to_owned());
                Ok(false)
            }
        }
    }

    fn reference(&mut self, reference: &str, pointer: &str) -> Result<bool, DocumentError> {
        let name = component_name(reference);
        let target = name.and_then(|name| {
            let schemas = &self.model.components.schemas;
            schemas.get_key_value(&name)
        });
        let Some((name, schema)) = target else {
            return Err(self.model.missing(pointer, reference));
        };
        if self.open.contains(name) {
            let construct = format!("`{name}` as a part of itself");
            return Err(self.model.unsupported(pointer, construct));
        }
        self.open.push(name.clone());
        let is_described = !self.flat.description.is_empty();
        let nullable = self.part(&Part::new(schema, schema_pointer(name)));
        self.flat.described_by_component |= !is_described && !self.flat.description.is_empty();
        self.open.pop();
        nullable
    }

    fn schema(&mut self, schema: &'a Schema, part: &Part<'a>) -> Result<bool, DocumentError> {
        let type_name = schema.type_name.as_deref();
        if let Some(name) = type_name.filter(|name| *name != "null") {
            let Some(basic) = Basic::named(name) else {
                let construct = format!("type `{name}`");
                return Err(self.model.unsupported(&part.pointer, construct));
            };
            self.basic(basic, part);
        }
        self.annotations(schema);
        self.text(schema, part);
        self.range(schema);
        self.members(schema, part);
        self.items(schema, part);
        self.values(schema);
        let mut nullable = !schema.all_of.is_empty();
        for (index, inner) in schema.all_of.iter().enumerate() {
            nullable &= self.part(&part.inner(inner, &format!("allOf/{index}")))?;
        }
        self.union(&schema.any_of, "anyOf", part);
        self.union(&schema.one_of, "oneOf", part);
        let is_alone = schema.all_of.len() == 1;
        let is_alone = is_alone || (type_name.is_none() && schema.is_only_all_of());
        // Without a `type`, the `enum` decides whether `null` is allowed.
        Ok(schema.nullable
            || (nullable && is_alone)
            || type_name == Some("null")
            || (type_name.is_none() && schema.values.contains(&Value::Null)))
    }

    fn annotations(&mut self, schema: &'a Schema) {
        let flat = &mut self.flat;
        flat.read_only |= schema.read_only;
        flat.write_only |= schema.write_only;
        flat.deprecated |= schema.deprecated;
        if flat.description.is_empty() {
            let description = schema.description.as_deref().unwrap_or_default();
            description.trim().clone_into(&mut flat.description);
        }
        // A default of `null` only says that the value can be omitted, so it is not a value.
        for (known, new) in [
            (&mut flat.default, &schema.default),
            (&mut flat.example, &schema.example),
            (&mut flat.constant, &schema.constant),
        ] {
            *known = known.take().or_else(|| new.clone());
        }
    }

    fn basic(&mut self, basic: Basic, part: &Part<'a>) {
        self.flat.basic = match (self.flat.basic, basic) {
            (None, basic) => Some(basic),
            (Some(known), basic) if known == basic => Some(basic),
            (Some(Basic::Integer), Basic::Number) | (Some(Basic::Number), Basic::Integer) => {
                Some(Basic::Integer)
            }
            (Some(known), basic) => {
                let construct = format!("`allOf` of {} and {}", known.name(), basic.name());
                self.unsupported(part, construct);
                self.flat.mixed = true;
                Some(known)
            }
        };
    }

    /// Records a construct that the catalogue cannot express.
    fn unsupported(&mut self, part: &Part<'a>, construct: String) {
        let found = (part.pointer.clone(), construct);
        self.flat.unsupported.push(found);
    }

    /// Records a constraint that no rule can express.
    fn note(&mut self, must: &str) {
        let note = format!("Must {must}.");
        if !self.flat.notes.contains(&note) {
            self.flat.notes.push(note);
        }
    }

    /// Adds the values of an `enum`. An empty list means that there is no `enum`.
    fn values(&mut self, schema: &Schema) {
        if schema.values.is_empty() {
            return;
        }
        let mut values = schema.values.clone();
        if schema.type_name.as_deref() == Some("number") {
            for value in &mut values {
                *value = value.as_f64().map_or(value.take(), Value::from);
            }
        }
        match &mut self.flat.values {
            Some(known) => known.retain(|value| values.contains(value)),
            none => *none = Some(values),
        }
    }

    fn text(&mut self, schema: &Schema, part: &Part<'a>) {
        let (min, max) = (schema.min_length, schema.max_length);
        let (min, max) = (self.length(min, part), self.length(max, part));
        // Servers check patterns that `regex-lite` cannot parse, and all but the first of several patterns.
        let known = self.flat.rules.pattern.clone();
        let pattern = schema.pattern.as_ref().filter(|pattern| {
            let is_readable = regex_lite::Regex::new(pattern).is_ok();
            if !is_readable || known.as_ref().is_some_and(|known| known != *pattern) {
                self.note(&format!("match {pattern}"));
            }
            is_readable
        });
        let rules = &mut self.flat.rules;
        rules.format = rules.format.take().or_else(|| schema.format.clone());
        rules.pattern = known.or_else(|| pattern.cloned());
        rules.min_length = rules.min_length.max(min);
        rules.max_length = least(rules.max_length, max);
    }

    fn length(&mut self, length: Option<usize>, part: &Part<'a>) -> Option<u32> {
        let length = length?;
        let short = u32::try_from(length).ok();
        if short.is_none() {
            self.unsupported(part, format!("`length {length}`"));
        }
        short
    }

    fn range(&mut self, schema: &Schema) {
        if let Some(multiple) = schema.multiple_of.as_ref().and_then(Number::as_f64) {
            self.note(&format!("be a multiple of {multiple}"));
        }
        // An exclusive limit of an integer is the same as an inclusive limit that is stricter by one.
        let is_integer = schema.type_name.as_deref() == Some("integer");
        let exclusive = |limit: &Number| limit.as_i64().filter(|_| is_integer);
        let (mut minimum, mut above) = (schema.minimum.as_ref().and_then(number), None);
        if schema.exclusive_minimum {
            match schema.minimum.as_ref().and_then(exclusive) {
                Some(limit) => minimum = Some(limit.saturating_add(1).into()),
                None => above = minimum.take(),
            }
        }
        let mut maximum = schema.maximum.as_ref().and_then(number);
        if let Some(limit) = schema.maximum.as_ref().filter(|_| schema.exclusive_maximum) {
            match (exclusive(limit), limit.as_f64()) {
                (Some(limit), _) => maximum = Some(limit.saturating_sub(1).into()),
                (None, Some(limit)) => self.note(&format!("be less than {limit}")),
                (None, None) => {}
            }
        }
        let rules = &mut self.flat.rules;
        let less = |a: &Number, b: &Number| a.as_f64() < b.as_f64();
        rules.minimum = stricter(rules.minimum.take(), minimum, less);
        rules.maximum = stricter(rules.maximum.take(), maximum, |known, new| less(new, known));
        rules.exclusive_minimum = stricter(rules.exclusive_minimum.take(), above, less);
    }

    fn members(&mut self, schema: &'a Schema, part: &Part<'a>) {
        for (name, property) in &schema.properties {
            let parts = self.flat.properties.entry(name).or_default();
            parts.push(part.property(property, name));
        }
        let required = schema.required.iter().map(String::as_str);
        self.flat.required.extend(required);
        let known = std::mem::take(&mut self.flat.additional);
        self.flat.additional = match (known, &schema.additional_properties) {
            (known, None) => known,
            // Taken literally, this would also forbid the properties of the other parts of an `allOf`, which no author intends.
            (Additional::Unsaid | Additional::Open, Some(AdditionalProperties::Any(false))) => {
                Additional::Closed
            }
            (Additional::Unsaid, Some(AdditionalProperties::Any(true))) => Additional::Open,
            (known, Some(AdditionalProperties::Any(_))) => known,
            (Additional::Closed, _) => Additional::Closed,
            (known, Some(AdditionalProperties::Schema(schema))) => {
                let mut parts = match known {
                    Additional::These(parts) => parts,
                    _ => Vec::new(),
                };
                parts.push(part.inner(schema, "additionalProperties"));
                Additional::These(parts)
            }
        };
        let min = schema.min_properties.filter(|min| *min > 0);
        for (words, limit) in [("at least", min), ("at most", schema.max_properties)] {
            if let Some(limit) = limit {
                let plural = if limit == 1 { "" } else { "s" };
                self.note(&format!("have {words} {limit} member{plural}"));
            }
        }
    }

    fn items(&mut self, schema: &'a Schema, part: &Part<'a>) {
        let items = schema.items.iter().map(|items| part.inner(items, "items"));
        self.flat.items.extend(items);
        let (min, max) = (schema.min_items, schema.max_items);
        let (min, max) = (self.length(min, part), self.length(max, part));
        let rules = &mut self.flat.rules;
        rules.min_items = rules.min_items.max(min);
        rules.max_items = least(rules.max_items, max);
        if schema.unique_items {
            self.note("have no item twice");
        }
    }

    fn union(&mut self, list: &'a [Referable<Schema>], key: &str, part: &Part<'a>) {
        if list.is_empty() {
            return;
        }
        if !self.flat.union.is_empty() {
            self.unsupported(part, format!("`{key}` beside other alternatives"));
            return;
        }
        let parts = list.iter().enumerate().map(|(index, schema)| Part {
            inside: self.open.clone(),
            ..part.inner(schema, &format!("{key}/{index}"))
        });
        self.flat.union = parts.collect();
    }
}

/// Makes a number as a person would write it: a whole number such as 2.0 becomes `2`.
fn number(number: &Number) -> Option<Number> {
    if let Some(integer) = number.as_i64() {
        return Some(integer.into());
    }
    let value = number.as_f64()?;
    let integer = format!("{value:.0}").parse::<i64>();
    match integer.ok().filter(|_| value.fract() == 0.0) {
        Some(integer) => Some(integer.into()),
        None => Number::from_f64(value),
    }
}

fn least(known: Option<u32>, new: Option<u32>) -> Option<u32> {
    known.into_iter().chain(new).min()
}

/// Returns the stricter of two limits.
fn stricter(
    known: Option<Number>,
    new: Option<Number>,
    is_stricter: impl Fn(&Number, &Number) -> bool,
) -> Option<Number> {
    match (known, new) {
        (Some(known), Some(new)) if is_stricter(&known, &new) => Some(new),
        (known, new) => known.or(new),
    }
}
