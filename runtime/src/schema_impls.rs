//! The shapes of Rust's own types, and the rules that narrow a shape: what `#[derive(Schema)]` and `#[tool]` build constants from.
//!
//! All of it runs in the compiler. A rule that does not fit the shape panics there, at the rule.

use std::collections::BTreeMap;

use crate::schema::{Additional, Bound, Field, Json, Kind, Nullable, Schema, Shape, StringRules};

impl Schema for String {
    const SHAPE: Shape = Shape::of(Kind::String(StringRules::ANY));
}

impl Schema for bool {
    const SHAPE: Shape = Shape::of(Kind::Boolean);
}

impl Schema for i64 {
    const SHAPE: Shape = Shape::of(Kind::Integer {
        min: None,
        max: None,
    });
}

impl Schema for f64 {
    const SHAPE: Shape = Shape::of(Kind::Number {
        min: None,
        max: None,
        above: None,
    });
}

impl Schema for Json {
    const SHAPE: Shape = Shape::of(Kind::Any);
}

impl<T: Schema> Schema for Vec<T> {
    const SHAPE: Shape = Shape::of(Kind::Array {
        items: &T::SHAPE,
        min_items: None,
        max_items: None,
    });
}

impl<T: Schema> Schema for BTreeMap<String, T> {
    const SHAPE: Shape = Shape::of(Kind::Object {
        fields: &[],
        additional: Additional::Open(&T::SHAPE),
    });
}

impl<T: Schema> Schema for Nullable<T> {
    const SHAPE: Shape = Shape {
        kind: T::SHAPE.kind,
        nullable: true,
    };
    const REQUIRED: bool = T::REQUIRED;
}

impl<T: Schema> Schema for Option<T> {
    const SHAPE: Shape = T::SHAPE;
    const REQUIRED: bool = false;
}

impl Shape {
    /// A value of this kind, never `null`.
    #[must_use]
    pub const fn of(kind: Kind) -> Self {
        Self {
            kind,
            nullable: false,
        }
    }

    /// With a smallest value.
    #[must_use]
    #[track_caller]
    pub const fn min(self, bound: Bound) -> Self {
        self.with(match (self.kind, bound) {
            (Kind::Integer { max, .. }, Bound::Integer(min)) => Kind::Integer {
                min: Some(min),
                max,
            },
            (Kind::Number { max, above, .. }, bound) => Kind::Number {
                min: Some(bound.number()),
                max,
                above,
            },
            (Kind::Integer { .. }, Bound::Number(_)) => panic!(
                "the `min` of an integer is not whole\nnote: write a number without fraction, or make the field an `f64`"
            ),
            _ => panic!(
                "`min` is for numbers only\nnote: a string has `min_length`, an array `min_items`"
            ),
        })
    }

    /// With a largest value.
    #[must_use]
    #[track_caller]
    pub const fn max(self, bound: Bound) -> Self {
        self.with(match (self.kind, bound) {
            (Kind::Integer { min, .. }, Bound::Integer(max)) => Kind::Integer {
                min,
                max: Some(max),
            },
            (Kind::Number { min, above, .. }, bound) => Kind::Number {
                min,
                max: Some(bound.number()),
                above,
            },
            (Kind::Integer { .. }, Bound::Number(_)) => panic!(
                "the `max` of an integer is not whole\nnote: write a number without fraction, or make the field an `f64`"
            ),
            _ => panic!(
                "`max` is for numbers only\nnote: a string has `max_length`, an array `max_items`"
            ),
        })
    }

    /// With a value that all others are greater than.
    #[must_use]
    #[track_caller]
    pub const fn above(self, bound: Bound) -> Self {
        self.with(match self.kind {
            Kind::Number { min, max, .. } => Kind::Number {
                min,
                max,
                above: Some(bound.number()),
            },
            Kind::Integer { .. } => panic!(
                "`above` is for numbers with a fraction only\nnote: for an integer write `min`, one greater"
            ),
            _ => panic!("`above` is for numbers only\nnote: remove it, or make the field an `f64`"),
        })
    }

    /// With a smallest number of characters.
    #[must_use]
    #[track_caller]
    pub const fn min_length(self, min_length: u32) -> Self {
        match self.kind {
            Kind::String(rules) => self.with(Kind::String(StringRules {
                min_length: Some(min_length),
                ..rules
            })),
            _ => panic!(
                "`min_length` is for strings only\nnote: a number has `min`, an array `min_items`"
            ),
        }
    }

    /// With a largest number of characters.
    #[must_use]
    #[track_caller]
    pub const fn max_length(self, max_length: u32) -> Self {
        match self.kind {
            Kind::String(rules) => self.with(Kind::String(StringRules {
                max_length: Some(max_length),
                ..rules
            })),
            _ => panic!(
                "`max_length` is for strings only\nnote: a number has `max`, an array `max_items`"
            ),
        }
    }

    /// With a regular expression.
    #[must_use]
    #[track_caller]
    pub const fn pattern(self, pattern: &'static str) -> Self {
        match self.kind {
            Kind::String(rules) => self.with(Kind::String(StringRules { pattern, ..rules })),
            _ => panic!(
                "`pattern` is for strings only\nnote: remove it; the strings of an array have theirs in `items(pattern = ..)`"
            ),
        }
    }

    /// With a format.
    #[must_use]
    #[track_caller]
    pub const fn format(self, format: &'static str) -> Self {
        match self.kind {
            Kind::String(rules) => self.with(Kind::String(StringRules { format, ..rules })),
            _ => panic!(
                "`format` is for strings only\nnote: remove it; the strings of an array have theirs in `items(format = ..)`"
            ),
        }
    }

    /// With a smallest number of items.
    #[must_use]
    #[track_caller]
    pub const fn min_items(self, min_items: u32) -> Self {
        match self.kind {
            Kind::Array {
                items, max_items, ..
            } => self.with(Kind::Array {
                items,
                min_items: Some(min_items),
                max_items,
            }),
            _ => panic!("`min_items` is for arrays only\nnote: a string has `min_length`"),
        }
    }

    /// With a largest number of items.
    #[must_use]
    #[track_caller]
    pub const fn max_items(self, max_items: u32) -> Self {
        match self.kind {
            Kind::Array {
                items, min_items, ..
            } => self.with(Kind::Array {
                items,
                min_items,
                max_items: Some(max_items),
            }),
            _ => panic!("`max_items` is for arrays only\nnote: a string has `max_length`"),
        }
    }

    /// With other items, which [`Shape::item`] was narrowed to.
    #[must_use]
    #[track_caller]
    pub const fn items(self, items: &'static Shape) -> Self {
        match self.kind {
            Kind::Array {
                min_items,
                max_items,
                ..
            } => self.with(Kind::Array {
                items,
                min_items,
                max_items,
            }),
            _ => panic!(
                "`items` is for arrays only\nnote: write its rules without `items(..)` around them"
            ),
        }
    }

    /// The shape of an item of an array; any for what has no items.
    #[must_use]
    pub const fn item(self) -> Self {
        match self.kind {
            Kind::Array { items, .. } => *items,
            _ => Json::SHAPE,
        }
    }

    const fn with(self, kind: Kind) -> Self {
        Self {
            kind,
            nullable: self.nullable,
        }
    }
}

impl Bound {
    // The bounds of a specification are small; a whole one of more than 53 bits would be rounded.
    #[allow(clippy::cast_precision_loss)]
    const fn number(self) -> f64 {
        match self {
            Self::Integer(bound) => bound as f64,
            Self::Number(bound) => bound,
        }
    }
}

impl Field {
    /// A member of type `T`, without default and example.
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
