//! Checks that macro expansions leave to the compiler, because a macro cannot see types: whether an item has a field, and whether a default is a value of its type.
//!
//! The macro supplies the message, since a panic in a constant cannot format one.

use crate::schema::{Additional, Field, Kind, Shape};
use crate::tool::{Effect, Tool};

/// Default or example in a form that constant functions can check.
#[derive(Debug, Clone, Copy)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// Number without a fraction; a value outside the range of `i64` is replaced by the nearest bound.
    Integer(i64),
    /// Number with a fraction.
    Number(f64),
    /// String.
    String(&'static str),
    /// Array.
    Array(&'static [Value]),
    /// Object.
    Object(&'static [(&'static str, Value)]),
}

/// Placeholder for a block with errors, so that one mistake gives one message.
pub const STUB: Tool = Tool {
    effect: Effect {
        read_only: false,
        destructive: true,
        idempotent: false,
    },
    ..Tool::LOCAL
};

/// Returns whether a test is true for any item of a slice, in a form that constant functions can evaluate.
macro_rules! any {
    ($item:pat in $items:expr => $test:expr) => {{
        let mut items = $items;
        let mut found = false;
        while let [$item, rest @ ..] = items {
            found = found || $test;
            items = rest;
        }
        found
    }};
}

/// Fails compilation with this message unless `ok` is true.
#[track_caller]
pub const fn check(ok: bool, message: &'static str) {
    if !ok {
        panic!("{}", message);
    }
}

/// Returns the shape inside of nested arrays; a shape that is not an array is returned unchanged.
const fn innermost(shape: Shape) -> Shape {
    let mut shape = shape;
    while let Kind::Array { items, .. } = shape.kind {
        shape = *items;
    }
    shape
}

/// Fails compilation unless items have the field and the field is neither an object nor an array of objects.
#[track_caller]
pub const fn check_filter(
    item: Shape,
    path: &'static str,
    missing: &'static str,
    several: &'static str,
) {
    match find(&item, path.as_bytes(), 0) {
        None => panic!("{}", missing),
        Some(shape) => {
            if let Kind::Object { .. } = innermost(shape).kind {
                panic!("{}", several)
            }
        }
    }
}

/// Returns whether items have the field. A dot in the path leads into objects and arrays of objects.
#[must_use]
pub const fn has_field(item: Shape, path: &str) -> bool {
    find(&item, path.as_bytes(), 0).is_some()
}

/// Returns whether values of the shape are arrays.
#[must_use]
pub const fn is_array(shape: Shape) -> bool {
    matches!(shape.kind, Kind::Array { .. })
}

/// Returns the shape of an item's field without `null` and without arrays around it. If the field does not exist, which [`check_filter`] reports, the shape is unknown.
#[must_use]
pub const fn field(item: Shape, path: &str) -> Shape {
    match find(&item, path.as_bytes(), 0) {
        Some(shape) => Shape::of(innermost(shape).kind),
        None => Shape::UNKNOWN,
    }
}

/// Returns whether the value has this shape and satisfies its rules, except patterns and formats.
#[must_use]
pub const fn fits(shape: Shape, value: Value) -> bool {
    match (shape.kind, value) {
        (Kind::OneOf([]) | Kind::Any | Kind::Link(_), _) | (Kind::Boolean, Value::Boolean) => true,
        (_, Value::Null) => shape.nullable,
        (Kind::Integer { min, max }, Value::Integer(value)) => {
            !matches!(min, Some(min) if value < min) && !matches!(max, Some(max) if value > max)
        }
        (Kind::Number { .. }, Value::Integer(value)) => {
            // The number is only compared with bounds, for which the nearest `f64` is sufficient.
            #[allow(clippy::cast_precision_loss)]
            let value = value as f64;
            fits(shape, Value::Number(value))
        }
        (Kind::Number { min, max, above }, Value::Number(value)) => {
            !matches!(min, Some(min) if value < min)
                && !matches!(max, Some(max) if value > max)
                && !matches!(above, Some(above) if value <= above)
        }
        (Kind::String(rules), Value::String(value)) => {
            let length = characters(value.as_bytes());
            let is_listed = any!(other in rules.values => same(value.as_bytes(), other.as_bytes()));
            (rules.values.is_empty() || is_listed)
                && !matches!(rules.min_length, Some(min) if length < min)
                && !matches!(rules.max_length, Some(max) if length > max)
        }
        (
            Kind::Array {
                items,
                min_items,
                max_items,
            },
            Value::Array(values),
        ) => {
            !matches!(min_items, Some(min) if values.len() < min as usize)
                && !matches!(max_items, Some(max) if values.len() > max as usize)
                && !any!(value in values => !fits(*items, *value))
        }
        (Kind::Object { fields, additional }, Value::Object(members)) => {
            !any!(field in fields => field.required && !has_member(members, field.name))
                && !any!((name, value) in members => !member_fits(fields, additional, name, *value))
        }
        (Kind::OneOf(shapes), value) => any!(shape in shapes => fits(*shape, value)),
        _ => false,
    }
}

const fn has_member(members: &[(&str, Value)], name: &str) -> bool {
    any!((other, _) in members => same(name.as_bytes(), other.as_bytes()))
}

const fn member_fits(fields: &[Field], additional: Additional, name: &str, value: Value) -> bool {
    match (member(fields, name.as_bytes()), additional) {
        (Some(shape), _) | (None, Additional::Open(shape)) => fits(*shape, value),
        (None, Additional::Closed) => false,
    }
}

/// Finds the field at the part of the path that begins at byte `start`.
const fn find(shape: &Shape, path: &[u8], start: usize) -> Option<Shape> {
    if start > path.len() || shape.is_unknown() {
        return Some(*shape);
    }
    match &shape.kind {
        // A constant cannot follow a recursive type.
        Kind::Link(_) => Some(Shape::UNKNOWN),
        Kind::Array { items, .. } => find(items, path, start),
        Kind::Object { fields, .. } => {
            let mut end = start;
            while end < path.len() && path[end] != b'.' {
                end += 1;
            }
            let (_, rest) = path.split_at(start);
            let (name, _) = rest.split_at(end - start);
            match member(fields, name) {
                Some(shape) => find(shape, path, end + 1),
                None => None,
            }
        }
        Kind::OneOf(shapes) => {
            let mut shapes = *shapes;
            while let [shape, rest @ ..] = shapes {
                if let Some(found) = find(shape, path, start) {
                    return Some(found);
                }
                shapes = rest;
            }
            None
        }
        _ => None,
    }
}

const fn member<'a>(fields: &'a [Field], name: &[u8]) -> Option<&'a Shape> {
    let mut fields = fields;
    while let [field, rest @ ..] = fields {
        if same(field.name.as_bytes(), name) {
            return Some(&field.shape);
        }
        fields = rest;
    }
    None
}

const fn same(mut a: &[u8], mut b: &[u8]) -> bool {
    while let ([first_a, rest_a @ ..], [first_b, rest_b @ ..]) = (a, b) {
        if *first_a != *first_b {
            return false;
        }
        (a, b) = (rest_a, rest_b);
    }
    a.is_empty() && b.is_empty()
}

/// Returns the number of characters in UTF-8 text, which is the number of bytes that are not continuation bytes.
const fn characters(mut text: &[u8]) -> u32 {
    let mut count = 0;
    while let [byte, rest @ ..] = text {
        if *byte & 0b1100_0000 != 0b1000_0000 {
            count += 1;
        }
        text = rest;
    }
    count
}

#[cfg(test)]
mod tests;
