//! Shapes of Rust types. `#[derive(Schema)]` and `#[tool]` build constants from them.

use std::collections::BTreeMap;

use crate::shape::{Additional, Field, Link, Shape, ShapeKind, StringRules};

/// A type with a JSON shape, derived with `#[derive(Schema)]`.
///
/// Types that implement this trait only describe values. They are never constructed or decoded.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no JSON shape",
    label = "not a type of a tool",
    note = "use `String`, `i64`, `f64`, `bool`, `Json`, `Vec`, `BTreeMap<String, _>`, `Option`, `Nullable`, or a type with `#[derive(Schema)]`"
)]
pub trait Schema {
    /// Shape of a value.
    const SHAPE: Shape<'static>;
    /// Whether the value is required; `false` for `Option`.
    const REQUIRED: bool = true;
}

/// A value that may be `null`. A `null` differs from an omitted value; `Option<Nullable<T>>` allows both.
#[derive(Debug)]
pub struct Nullable<T>(core::marker::PhantomData<T>);

/// Any JSON value.
#[derive(Debug)]
pub struct Json;

#[diagnostic::do_not_recommend]
impl Schema for String {
    const SHAPE: Shape<'static> = Shape::of(ShapeKind::String(StringRules::ANY));
}

#[diagnostic::do_not_recommend]
impl Schema for bool {
    const SHAPE: Shape<'static> = Shape::of(ShapeKind::Boolean);
}

#[diagnostic::do_not_recommend]
impl Schema for i64 {
    const SHAPE: Shape<'static> = Shape::of(ShapeKind::Integer {
        min: None,
        max: None,
    });
}

#[diagnostic::do_not_recommend]
impl Schema for f64 {
    const SHAPE: Shape<'static> = Shape::of(ShapeKind::Number {
        min: None,
        max: None,
        above: None,
    });
}

#[diagnostic::do_not_recommend]
impl Schema for Json {
    const SHAPE: Shape<'static> = Shape::of(ShapeKind::Any);
}

#[diagnostic::do_not_recommend]
impl<T: Schema> Schema for Vec<T> {
    const SHAPE: Shape<'static> = Shape::of(ShapeKind::Array {
        items: &T::SHAPE,
        min_items: None,
        max_items: None,
    });
}

#[diagnostic::do_not_recommend]
impl<T: Schema> Schema for Box<T> {
    const SHAPE: Shape<'static> = Shape::of(ShapeKind::Link(Link::RustType(target::<T>)));
}

fn target<T: Schema>() -> &'static Shape<'static> {
    const { &T::SHAPE }
}

#[diagnostic::do_not_recommend]
impl<T: Schema> Schema for BTreeMap<String, T> {
    const SHAPE: Shape<'static> = Shape::of(ShapeKind::Object {
        fields: &[],
        additional: Additional::Open(&T::SHAPE),
    });
}

#[diagnostic::do_not_recommend]
impl<T: Schema> Schema for Nullable<T> {
    const SHAPE: Shape<'static> = Shape {
        kind: T::SHAPE.kind,
        nullable: true,
    };
    const REQUIRED: bool = T::REQUIRED;
}

#[diagnostic::do_not_recommend]
impl<T: Schema> Schema for Option<T> {
    const SHAPE: Shape<'static> = T::SHAPE;
    const REQUIRED: bool = false;
}

impl Field<'static> {
    /// Returns a member of type `T`, without a default and an example.
    #[must_use]
    pub const fn of<T: Schema>(name: &'static str, description: &'static str) -> Self {
        Self {
            name,
            description,
            required: T::REQUIRED,
            shape: T::SHAPE,
            default: "",
            example: "",
        }
    }
}
