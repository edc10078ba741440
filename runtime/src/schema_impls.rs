//! Shapes of Rust types, and the rules that narrow a shape. `#[derive(Schema)]` and `#[tool]` build constants from them.
//!
//! All functions are evaluated by the compiler. A rule that does not fit the shape leaves the shape unchanged; a separate check in the expansion reports the error.

use std::collections::BTreeMap;

use crate::schema::{
    Additional, Bound, Field, Json, Kind, Link, Nullable, Schema, Shape, StringRules,
};

#[diagnostic::do_not_recommend]
impl Schema for String {
    const SHAPE: Shape = Shape::of(Kind::String(StringRules::ANY));
}

#[diagnostic::do_not_recommend]
impl Schema for bool {
    const SHAPE: Shape = Shape::of(Kind::Boolean);
}

#[diagnostic::do_not_recommend]
impl Schema for i64 {
    const SHAPE: Shape = Shape::of(Kind::Integer {
        min: None,
        max: None,
    });
}

#[diagnostic::do_not_recommend]
impl Schema for f64 {
    const SHAPE: Shape = Shape::of(Kind::Number {
        min: None,
        max: None,
        above: None,
    });
}

#[diagnostic::do_not_recommend]
impl Schema for Json {
    const SHAPE: Shape = Shape::of(Kind::Any);
}

#[diagnostic::do_not_recommend]
impl<T: Schema> Schema for Vec<T> {
    const SHAPE: Shape = Shape::of(Kind::Array {
        items: &T::SHAPE,
        min_items: None,
        max_items: None,
    });
}

#[diagnostic::do_not_recommend]
impl<T: Schema> Schema for Box<T> {
    const SHAPE: Shape = Shape::of(Kind::Link(Link(target::<T>)));
}

fn target<T: Schema>() -> &'static Shape {
    const { &T::SHAPE }
}

#[diagnostic::do_not_recommend]
impl<T: Schema> Schema for BTreeMap<String, T> {
    const SHAPE: Shape = Shape::of(Kind::Object {
        fields: &[],
        additional: Additional::Open(&T::SHAPE),
    });
}

#[diagnostic::do_not_recommend]
impl<T: Schema> Schema for Nullable<T> {
    const SHAPE: Shape = Shape {
        kind: T::SHAPE.kind,
        nullable: true,
    };
    const REQUIRED: bool = T::REQUIRED;
}

#[diagnostic::do_not_recommend]
impl<T: Schema> Schema for Option<T> {
    const SHAPE: Shape = T::SHAPE;
    const REQUIRED: bool = false;
}

impl Shape {
    /// Placeholder for a type with errors and for a missing type. The placeholder passes all checks, so that one error gives one message.
    pub const UNKNOWN: Self = Self::of(Kind::OneOf(&[]));

    /// Returns the shape of a value of this kind that is never `null`.
    #[must_use]
    pub const fn of(kind: Kind) -> Self {
        Self {
            kind,
            nullable: false,
        }
    }

    /// Sets the minimum.
    #[must_use]
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
            (kind, _) => kind,
        })
    }

    /// Sets the maximum.
    #[must_use]
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
            (kind, _) => kind,
        })
    }

    /// Sets the exclusive minimum.
    #[must_use]
    pub const fn above(self, bound: Bound) -> Self {
        self.with(match self.kind {
            Kind::Number { min, max, .. } => Kind::Number {
                min,
                max,
                above: Some(bound.number()),
            },
            kind => kind,
        })
    }

    /// Sets the minimum number of characters.
    #[must_use]
    pub const fn min_length(self, min_length: u32) -> Self {
        self.string(StringRules {
            min_length: Some(min_length),
            ..self.string_rules()
        })
    }

    /// Sets the maximum number of characters.
    #[must_use]
    pub const fn max_length(self, max_length: u32) -> Self {
        self.string(StringRules {
            max_length: Some(max_length),
            ..self.string_rules()
        })
    }

    /// Sets the regular expression.
    #[must_use]
    pub const fn pattern(self, pattern: &'static str) -> Self {
        self.string(StringRules {
            pattern,
            ..self.string_rules()
        })
    }

    /// Sets the format.
    #[must_use]
    pub const fn format(self, format: &'static str) -> Self {
        self.string(StringRules {
            format,
            ..self.string_rules()
        })
    }

    /// Sets the minimum number of items.
    #[must_use]
    pub const fn min_items(self, least: u32) -> Self {
        self.with(match self.kind {
            Kind::Array {
                items, max_items, ..
            } => Kind::Array {
                items,
                min_items: Some(least),
                max_items,
            },
            kind => kind,
        })
    }

    /// Sets the maximum number of items.
    #[must_use]
    pub const fn max_items(self, most: u32) -> Self {
        self.with(match self.kind {
            Kind::Array {
                items, min_items, ..
            } => Kind::Array {
                items,
                min_items,
                max_items: Some(most),
            },
            kind => kind,
        })
    }

    /// Replaces the shape of the items, usually by a narrowed [`Shape::item`].
    #[must_use]
    pub const fn items(self, items: &'static Shape) -> Self {
        self.with(match self.kind {
            Kind::Array {
                min_items,
                max_items,
                ..
            } => Kind::Array {
                items,
                min_items,
                max_items,
            },
            kind => kind,
        })
    }

    /// Returns the shape of an array's items.
    #[must_use]
    pub const fn item(self) -> Self {
        match self.kind {
            Kind::Array { items, .. } => *items,
            _ => Self::UNKNOWN,
        }
    }

    /// Returns whether the value is a number.
    #[must_use]
    pub const fn is_number(self) -> bool {
        self.is_unknown() || matches!(self.kind, Kind::Integer { .. } | Kind::Number { .. })
    }

    /// Returns whether the value is a number that can have a fraction.
    #[must_use]
    pub const fn is_fraction(self) -> bool {
        self.is_unknown() || matches!(self.kind, Kind::Number { .. })
    }

    /// Returns whether the value is a string.
    #[must_use]
    pub const fn is_string(self) -> bool {
        self.is_unknown() || matches!(self.kind, Kind::String(_))
    }

    /// Returns whether the value is an array.
    #[must_use]
    pub const fn is_array(self) -> bool {
        self.is_unknown() || matches!(self.kind, Kind::Array { .. })
    }

    pub(crate) const fn is_unknown(self) -> bool {
        matches!(self.kind, Kind::OneOf([]))
    }

    const fn string_rules(self) -> StringRules {
        match self.kind {
            Kind::String(rules) => rules,
            _ => StringRules::ANY,
        }
    }

    const fn string(self, rules: StringRules) -> Self {
        match self.kind {
            Kind::String(_) => self.with(Kind::String(rules)),
            _ => self,
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
    // An integer bound of more than 53 bits would be rounded, but the bounds in documents are small.
    #[allow(clippy::cast_precision_loss)]
    const fn number(self) -> f64 {
        match self {
            Self::Integer(bound) => bound as f64,
            Self::Number(bound) => bound,
        }
    }
}

impl Field {
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
