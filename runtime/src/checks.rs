//! Checks that macro expansions leave to the compiler, because a macro cannot see types: whether an item has a field, and whether a default is a value of its type.
//!
//! The macro supplies the message, since a panic in a constant cannot format one.

use crate::schema::{Additional, Field, Kind, Shape};
use crate::tool::{Body, Content, Effect, Http, Tool, Update};

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
    name: "",
    was: "",
    title: "",
    description: "",
    descriptions: &[],
    toolset: "",
    tags: &[],
    method: "",
    operation: "",
    since: "",
    document: "",
    effect: Effect {
        read_only: false,
        destructive: true,
        idempotent: false,
    },
    http: Http::Get,
    path: "",
    segments: &[],
    params: &[],
    clear: None,
    body: Body::NONE,
    list: None,
    update: Update::PLAIN,
    each: None,
    require_any: &[],
    returns: None,
    content: Content::Json,
};

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
            (rules.values.is_empty() || is_one_of(value, rules.values))
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
                && all_fit(*items, values)
        }
        (Kind::Object { fields, additional }, Value::Object(members)) => {
            required_are_there(fields, members) && members_fit(fields, additional, members)
        }
        (Kind::OneOf(shapes), value) => {
            let mut i = 0;
            while i < shapes.len() {
                if fits(shapes[i], value) {
                    return true;
                }
                i += 1;
            }
            false
        }
        _ => false,
    }
}

const fn all_fit(shape: Shape, values: &[Value]) -> bool {
    let mut i = 0;
    while i < values.len() {
        if !fits(shape, values[i]) {
            return false;
        }
        i += 1;
    }
    true
}

const fn required_are_there(fields: &[Field], members: &[(&str, Value)]) -> bool {
    let mut i = 0;
    while i < fields.len() {
        let mut there = !fields[i].required;
        let mut j = 0;
        while j < members.len() {
            there |= same(fields[i].name.as_bytes(), members[j].0.as_bytes());
            j += 1;
        }
        if !there {
            return false;
        }
        i += 1;
    }
    true
}

const fn members_fit(
    fields: &[Field],
    additional: Additional,
    members: &[(&'static str, Value)],
) -> bool {
    let mut i = 0;
    while i < members.len() {
        let (name, value) = members[i];
        let shape = match (member(fields, name.as_bytes()), additional) {
            (Some(shape), _) => *shape,
            (None, Additional::Open(shape)) => *shape,
            (None, Additional::Closed) => return false,
        };
        if !fits(shape, value) {
            return false;
        }
        i += 1;
    }
    true
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
            let mut i = 0;
            while i < shapes.len() {
                if let Some(found) = find(&shapes[i], path, start) {
                    return Some(found);
                }
                i += 1;
            }
            None
        }
        _ => None,
    }
}

const fn member<'a>(fields: &'a [Field], name: &[u8]) -> Option<&'a Shape> {
    let mut i = 0;
    while i < fields.len() {
        if same(fields[i].name.as_bytes(), name) {
            return Some(&fields[i].shape);
        }
        i += 1;
    }
    None
}

const fn is_one_of(value: &str, values: &[&str]) -> bool {
    let mut i = 0;
    while i < values.len() {
        if same(value.as_bytes(), values[i].as_bytes()) {
            return true;
        }
        i += 1;
    }
    false
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// Returns the number of characters in UTF-8 text, which is the number of bytes that are not continuation bytes.
const fn characters(text: &[u8]) -> u32 {
    let mut count = 0;
    let mut i = 0;
    while i < text.len() {
        if text[i] & 0b1100_0000 != 0b1000_0000 {
            count += 1;
        }
        i += 1;
    }
    count
}

#[cfg(test)]
#[allow(
    dead_code,
    reason = "types of the tests are described, never constructed"
)]
mod tests {
    use super::*;
    use crate::schema::{Bound, Json, Nullable, Schema};

    #[derive(crate::Schema)]
    struct User {
        name: String,
        #[schema(name = "loginCount")]
        logins: Option<Nullable<i64>>,
        roles: Option<Nullable<Vec<Role>>>,
        contact: Contact,
        extra: std::collections::BTreeMap<String, i64>,
    }

    #[derive(crate::Schema)]
    #[schema(additional)]
    struct Role {
        name: Kind,
    }

    #[derive(crate::Schema)]
    enum Kind {
        #[schema(name = "admin")]
        Admin,
    }

    #[derive(crate::Schema)]
    enum Contact {
        Mail(Mail),
        Number(i64),
    }

    #[derive(crate::Schema)]
    struct Mail {
        address: String,
    }

    #[test]
    fn fields_are_found_through_arrays_and_unions() {
        let rows = [
            ("name", true),
            ("loginCount", true),
            ("logins", false),
            ("roles", true),
            ("roles.name", true),
            ("roles.name.x", false),
            ("roles.", false),
            ("roles.other", false),
            ("contact.address", true),
            ("extra", true),
            ("extra.a", false),
            ("", false),
            (".name", false),
            ("nam", false),
        ];
        for (path, expected) in rows {
            assert_eq!(has_field(User::SHAPE, path), expected, "{path}");
        }
    }

    #[test]
    fn a_filter_takes_a_field_without_null() {
        assert_eq!(field(User::SHAPE, "loginCount"), i64::SHAPE);
        assert_eq!(field(User::SHAPE, "roles.name"), Kind::SHAPE);
    }

    #[test]
    fn values_fit_their_shapes() {
        use Value::{Array, Boolean, Integer, Null, Number, Object, String as Text};
        let short = <String as Schema>::SHAPE.min_length(2).max_length(3);
        let small = <i64 as Schema>::SHAPE
            .min(Bound::Integer(-1))
            .max(Bound::Integer(2));
        let share = <f64 as Schema>::SHAPE
            .above(Bound::Integer(0))
            .max(Bound::Number(1.0));
        let few = <Vec<i64> as Schema>::SHAPE.min_items(1).max_items(2);
        let rows = [
            (bool::SHAPE, Boolean, true),
            (bool::SHAPE, Integer(1), false),
            (bool::SHAPE, Null, false),
            (<Nullable<bool> as Schema>::SHAPE, Null, true),
            (Json::SHAPE, Null, true),
            (short, Text("é中"), true),
            (short, Text("é"), false),
            (short, Text("abcd"), false),
            (small, Integer(-1), true),
            (small, Integer(-2), false),
            (small, Integer(3), false),
            (small, Number(1.0), false),
            (share, Number(0.5), true),
            (share, Integer(1), true),
            (share, Integer(0), false),
            (share, Number(1.5), false),
            (few, Array(&[Integer(1)]), true),
            (few, Array(&[]), false),
            (few, Array(&[Integer(1), Integer(2), Integer(3)]), false),
            (few, Array(&[Text("a")]), false),
            (Kind::SHAPE, Text("admin"), true),
            (Kind::SHAPE, Text("Admin"), false),
            (
                Role::SHAPE,
                Object(&[("name", Text("admin")), ("x", Null)]),
                true,
            ),
            (Role::SHAPE, Object(&[("x", Null)]), false),
            (Mail::SHAPE, Object(&[("address", Text(""))]), true),
            (
                Mail::SHAPE,
                Object(&[("address", Text("")), ("x", Null)]),
                false,
            ),
            (Contact::SHAPE, Integer(1), true),
            (Contact::SHAPE, Object(&[("address", Text(""))]), true),
            (Contact::SHAPE, Text(""), false),
            (Shape::UNKNOWN, Text(""), true),
        ];
        for (shape, value, expected) in rows {
            assert_eq!(fits(shape, value), expected, "{value:?} in {shape:?}");
        }
    }
}
