//! Shapes of JSON values, and the rules that narrow a shape.

/// Shape of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape<'a> {
    /// Type and rules of a value that is not `null`.
    pub kind: ShapeKind<'a>,
    /// Whether the value may be `null`.
    pub nullable: bool,
}

/// Type and rules of a value that is not `null`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ShapeKind<'a> {
    /// Any JSON value.
    Any,
    /// `true` or `false`.
    Boolean,
    /// A number without a fraction, of any size. The bounds are inclusive.
    Integer {
        /// Minimum.
        min: Option<i64>,
        /// Maximum.
        max: Option<i64>,
    },
    /// A number. The minimum and maximum are inclusive.
    Number {
        /// Minimum.
        min: Option<f64>,
        /// Maximum.
        max: Option<f64>,
        /// Exclusive minimum.
        above: Option<f64>,
    },
    /// A string.
    String(StringRules<'a>),
    /// An array.
    Array {
        /// Shape of each item.
        items: &'a Shape<'a>,
        /// Minimum number of items.
        min_items: Option<u32>,
        /// Maximum number of items.
        max_items: Option<u32>,
    },
    /// An object.
    Object {
        /// Named members, in the order of the document.
        fields: &'a [Field<'a>],
        /// Other members that are allowed.
        additional: Additional<'a>,
    },
    /// One of several shapes (`oneOf`, `anyOf`).
    OneOf(&'a [Shape<'a>]),
    /// The type and rules of another shape, for example of one that contains this shape.
    Link(Link<'a>),
}

/// A reference to a shape, because neither a constant nor borrowed data can contain itself.
#[derive(Debug, Clone, Copy)]
pub enum Link<'a> {
    /// Function that returns the shape of a Rust type.
    RustType(fn() -> &'static Shape<'static>),
    /// Shape that exists already.
    Resolved(&'a Shape<'a>),
}

impl<'a> Link<'a> {
    /// Returns the shape to which the link leads.
    #[must_use]
    pub fn target(self) -> &'a Shape<'a> {
        match self {
            Self::RustType(shape) => shape(),
            Self::Resolved(shape) => shape,
        }
    }
}

impl PartialEq for Link<'_> {
    /// Returns whether both are the same reference. Different references can have equal shapes.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::RustType(one), Self::RustType(other)) => core::ptr::fn_addr_eq(*one, *other),
            (Self::Resolved(one), Self::Resolved(other)) => core::ptr::eq(*one, *other),
            _ => false,
        }
    }
}

/// Members of an object other than the named ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Additional<'a> {
    /// No other members.
    Closed,
    /// Any other members, each of this shape.
    Open(&'a Shape<'a>),
}

/// Rules for a string.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StringRules<'a> {
    /// JSON Schema `format`, for example `date-time`; empty for none.
    pub format: &'a str,
    /// Allowed values; empty if any value is allowed.
    pub values: &'a [&'a str],
    /// Minimum number of characters.
    pub min_length: Option<u32>,
    /// Maximum number of characters.
    pub max_length: Option<u32>,
    /// Regular expression (ECMA 262, as in JSON Schema) that a value must match; empty for none.
    pub pattern: &'a str,
}

impl StringRules<'_> {
    /// No rules.
    pub const ANY: Self = Self {
        format: "",
        values: &[],
        min_length: None,
        max_length: None,
        pattern: "",
    };
}

/// A bound of a number, as written in a rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// A bound without a fraction.
    Integer(i64),
    /// A bound with a fraction.
    Number(f64),
}

/// A named member of an object.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field<'a> {
    /// Name in JSON.
    pub name: &'a str,
    /// Meaning of the member, for the model; may be empty only in results.
    pub description: &'a str,
    /// Whether the member is required in an input.
    pub required: bool,
    /// Shape of the value.
    pub shape: Shape<'a>,
    /// JSON text of the value that the server uses if the member is omitted; empty if unknown. Never sent.
    pub default: &'a str,
    /// JSON text of an example; empty for none.
    pub example: &'a str,
}

impl Field<'_> {
    /// Returns whether the runtime sends `null` for the required member if a caller omits it.
    #[must_use]
    pub fn is_filled(&self) -> bool {
        self.required && self.shape.nullable && !matches!(self.shape.kind, ShapeKind::Any)
    }
}

/// Narrowing. The macros call these functions in constants. A rule that does not fit the shape leaves the shape unchanged; a separate check in the expansion reports the error.
impl<'a> Shape<'a> {
    /// Placeholder for a type with errors and for a missing type. The placeholder passes all checks, so that one error gives one message.
    pub const UNKNOWN: Self = Self::of(ShapeKind::OneOf(&[]));

    /// Returns the shape of a value of this kind that is never `null`.
    #[must_use]
    pub const fn of(kind: ShapeKind<'a>) -> Self {
        Self {
            kind,
            nullable: false,
        }
    }

    /// Sets the minimum.
    #[must_use]
    pub const fn min(mut self, bound: Bound) -> Self {
        match (&mut self.kind, bound) {
            (ShapeKind::Integer { min, .. }, Bound::Integer(bound)) => *min = Some(bound),
            (ShapeKind::Number { min, .. }, bound) => *min = Some(bound.number()),
            _ => {}
        }
        self
    }

    /// Sets the maximum.
    #[must_use]
    pub const fn max(mut self, bound: Bound) -> Self {
        match (&mut self.kind, bound) {
            (ShapeKind::Integer { max, .. }, Bound::Integer(bound)) => *max = Some(bound),
            (ShapeKind::Number { max, .. }, bound) => *max = Some(bound.number()),
            _ => {}
        }
        self
    }

    /// Sets the exclusive minimum.
    #[must_use]
    pub const fn above(mut self, bound: Bound) -> Self {
        if let ShapeKind::Number { above, .. } = &mut self.kind {
            *above = Some(bound.number());
        }
        self
    }

    /// Sets the minimum number of characters.
    #[must_use]
    pub const fn min_length(mut self, length: u32) -> Self {
        if let ShapeKind::String(rules) = &mut self.kind {
            rules.min_length = Some(length);
        }
        self
    }

    /// Sets the maximum number of characters.
    #[must_use]
    pub const fn max_length(mut self, length: u32) -> Self {
        if let ShapeKind::String(rules) = &mut self.kind {
            rules.max_length = Some(length);
        }
        self
    }

    /// Sets the regular expression.
    #[must_use]
    pub const fn pattern(mut self, pattern: &'a str) -> Self {
        if let ShapeKind::String(rules) = &mut self.kind {
            rules.pattern = pattern;
        }
        self
    }

    /// Sets the format.
    #[must_use]
    pub const fn format(mut self, format: &'a str) -> Self {
        if let ShapeKind::String(rules) = &mut self.kind {
            rules.format = format;
        }
        self
    }

    /// Sets the minimum number of items.
    #[must_use]
    pub const fn min_items(mut self, count: u32) -> Self {
        if let ShapeKind::Array { min_items, .. } = &mut self.kind {
            *min_items = Some(count);
        }
        self
    }

    /// Sets the maximum number of items.
    #[must_use]
    pub const fn max_items(mut self, count: u32) -> Self {
        if let ShapeKind::Array { max_items, .. } = &mut self.kind {
            *max_items = Some(count);
        }
        self
    }

    /// Replaces the shape of the items, usually by a narrowed [`Shape::item`].
    #[must_use]
    pub const fn items(mut self, shape: &'a Self) -> Self {
        if let ShapeKind::Array { items, .. } = &mut self.kind {
            *items = shape;
        }
        self
    }

    /// Returns the shape of an array's items.
    #[must_use]
    pub const fn item(self) -> Self {
        match self.kind {
            ShapeKind::Array { items, .. } => *items,
            _ => Self::UNKNOWN,
        }
    }
}

/// Questions about a shape.
impl Shape<'_> {
    /// Returns whether the value is a number.
    #[must_use]
    pub const fn is_number(self) -> bool {
        self.is_unknown()
            || matches!(
                self.kind,
                ShapeKind::Integer { .. } | ShapeKind::Number { .. }
            )
    }

    /// Returns whether the value is a number that can have a fraction.
    #[must_use]
    pub const fn is_fraction(self) -> bool {
        self.is_unknown() || matches!(self.kind, ShapeKind::Number { .. })
    }

    /// Returns whether the value is a string.
    #[must_use]
    pub const fn is_string(self) -> bool {
        self.is_unknown() || matches!(self.kind, ShapeKind::String(_))
    }

    /// Returns whether the value is an array.
    #[must_use]
    pub const fn is_array(self) -> bool {
        self.is_unknown() || matches!(self.kind, ShapeKind::Array { .. })
    }

    /// Returns whether this is the placeholder for a type with errors.
    #[must_use]
    pub const fn is_unknown(self) -> bool {
        matches!(self.kind, ShapeKind::OneOf([]))
    }

    /// Returns the shape in which links at the top level are replaced by their targets.
    #[must_use]
    pub fn resolved(&self) -> Self {
        let mut kind = self.kind;
        while let ShapeKind::Link(link) = kind {
            kind = link.target().kind;
        }
        Self {
            kind,
            nullable: self.nullable,
        }
    }

    /// Returns whether every value is an object. Other results are wrapped in `{"result": …}`, because structured content must be an object.
    #[must_use]
    pub fn is_object(&self) -> bool {
        match self.resolved().kind {
            ShapeKind::Object { .. } => true,
            ShapeKind::OneOf(shapes) => !shapes.is_empty() && shapes.iter().all(Self::is_object),
            _ => false,
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
