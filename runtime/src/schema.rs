//! Shapes of arguments and results. `#[derive(Schema)]` and `#[tool]` build them as constants, and arguments are checked against them.

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
    const SHAPE: Shape;
    /// Whether the value is required; `false` for `Option`.
    const REQUIRED: bool = true;
}

/// A value that may be `null`. A `null` differs from an omitted value; `Option<Nullable<T>>` allows both.
#[derive(Debug)]
pub struct Nullable<T>(core::marker::PhantomData<T>);

/// Any JSON value.
#[derive(Debug)]
pub struct Json;

/// Shape of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// Type and rules of a value that is not `null`.
    pub kind: Kind,
    /// Whether the value may be `null`.
    pub nullable: bool,
}

/// Type and rules of a value that is not `null`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
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
    String(StringRules),
    /// An array.
    Array {
        /// Shape of each item.
        items: &'static Shape,
        /// Minimum number of items.
        min_items: Option<u32>,
        /// Maximum number of items.
        max_items: Option<u32>,
    },
    /// An object.
    Object {
        /// Named members, in the order of the document.
        fields: &'static [Field],
        /// Other members that are allowed.
        additional: Additional,
    },
    /// One of several shapes (`oneOf`, `anyOf`).
    OneOf(&'static [Shape]),
    /// The type and rules of another shape, for example of one that contains this shape.
    Link(Link),
}

/// A reference to a shape, because a constant cannot contain itself.
#[derive(Debug, Clone, Copy)]
pub struct Link(pub fn() -> &'static Shape);

impl PartialEq for Link {
    /// Returns whether both are the same reference. Different references can have equal shapes.
    fn eq(&self, other: &Self) -> bool {
        core::ptr::fn_addr_eq(self.0, other.0)
    }
}

impl Shape {
    /// Returns the shape in which links at the top level are replaced by their targets.
    #[must_use]
    pub fn resolved(&self) -> Self {
        let mut kind = self.kind;
        while let Kind::Link(link) = kind {
            kind = (link.0)().kind;
        }
        Self {
            kind,
            nullable: self.nullable,
        }
    }
}

/// Members of an object other than the named ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Additional {
    /// No other members.
    Closed,
    /// Any other members, each of this shape.
    Open(&'static Shape),
}

/// Rules for a string.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StringRules {
    /// JSON Schema `format`, for example `date-time`; empty for none.
    pub format: &'static str,
    /// Allowed values; empty if any value is allowed.
    pub values: &'static [&'static str],
    /// Minimum number of characters.
    pub min_length: Option<u32>,
    /// Maximum number of characters.
    pub max_length: Option<u32>,
    /// Regular expression (ECMA 262, as in JSON Schema) that a value must match; empty for none.
    pub pattern: &'static str,
}

impl StringRules {
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
pub struct Field {
    /// Name in JSON.
    pub name: &'static str,
    /// Meaning of the member, for the model; may be empty only in results.
    pub description: &'static str,
    /// Whether the member is required in an input.
    pub required: bool,
    /// Shape of the value.
    pub shape: Shape,
    /// JSON text of the value that the server uses if the member is omitted; empty if unknown. Never sent.
    pub default: &'static str,
    /// JSON text of an example; empty for none.
    pub example: &'static str,
}
