//! Tests of the checks that the compiler evaluates.
#![allow(
    dead_code,
    reason = "types of the tests are described, never constructed"
)]

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
