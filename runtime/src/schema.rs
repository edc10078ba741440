//! The shapes of arguments and results: constant data that `#[derive(Schema)]` and `#[tool]` build, and that arguments are checked against.

/// A type with a JSON shape. Derived with `#[derive(Schema)]`.
///
/// Types that implement it describe; they are never constructed or decoded.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no JSON shape",
    label = "not a type of a tool",
    note = "use `String`, `i64`, `f64`, `bool`, `Json`, `Vec`, `BTreeMap<String, _>`, `Option`, `Nullable`, or a type with `#[derive(Schema)]`"
)]
pub trait Schema {
    /// The shape of a value.
    const SHAPE: Shape;
    /// `false` for `Option`: the value may be left out.
    const REQUIRED: bool = true;
}

/// A value that may be `null`, which is something else than one left out: `Option<Nullable<T>>` may be either.
#[derive(Debug)]
pub struct Nullable<T>(core::marker::PhantomData<T>);

/// Any JSON value.
#[derive(Debug)]
pub struct Json;

/// The shape of one JSON value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// What the value is when it is not `null`.
    pub kind: Kind,
    /// Whether `null` is a value too.
    pub nullable: bool,
}

/// What a value is when it is not `null`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Any JSON value.
    Any,
    /// `true` or `false`.
    Boolean,
    /// A number without fraction, of any size; the bounds are inclusive.
    Integer {
        /// Smallest allowed value.
        min: Option<i64>,
        /// Largest allowed value.
        max: Option<i64>,
    },
    /// A number; the bounds are inclusive.
    Number {
        /// Smallest allowed value.
        min: Option<f64>,
        /// Largest allowed value.
        max: Option<f64>,
        /// Value that all others are greater than.
        above: Option<f64>,
    },
    /// A string.
    String(StringRules),
    /// An array.
    Array {
        /// The shape of each item.
        items: &'static Shape,
        /// Fewest items.
        min_items: Option<u32>,
        /// Most items.
        max_items: Option<u32>,
    },
    /// An object.
    Object {
        /// The named members, in the order of the specification.
        fields: &'static [Field],
        /// Which other members there may be.
        additional: Additional,
    },
    /// One of several shapes (`oneOf`, `anyOf`).
    OneOf(&'static [Shape]),
    /// What another shape is, which this one is a part of.
    Link(Link),
}

/// A shape by reference, since a constant cannot contain itself.
#[derive(Debug, Clone, Copy)]
pub struct Link(pub fn() -> &'static Shape);

impl PartialEq for Link {
    /// Whether both are the same reference; equal shapes can have several.
    fn eq(&self, other: &Self) -> bool {
        core::ptr::fn_addr_eq(self.0, other.0)
    }
}

impl Shape {
    /// The shape without links at its top.
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

/// Members of an object beside the named ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Additional {
    /// None.
    Closed,
    /// Any, each of this shape.
    Open(&'static Shape),
}

/// What a string has to keep to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StringRules {
    /// JSON Schema `format`, for example `date-time`; empty for none.
    pub format: &'static str,
    /// The allowed values; empty if any value is.
    pub values: &'static [&'static str],
    /// Fewest characters.
    pub min_length: Option<u32>,
    /// Most characters.
    pub max_length: Option<u32>,
    /// Regular expression (ECMA 262 as JSON Schema has it) that a value has to match; empty for none.
    pub pattern: &'static str,
}

impl StringRules {
    /// No rule at all.
    pub const ANY: Self = Self {
        format: "",
        values: &[],
        min_length: None,
        max_length: None,
        pattern: "",
    };
}

/// A limit of a number, as written in a rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// Without fraction.
    Integer(i64),
    /// With one.
    Number(f64),
}

/// A named member of an object.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field {
    /// Name in JSON.
    pub name: &'static str,
    /// What it means, for the model; may be empty in results only.
    pub description: &'static str,
    /// Whether it has to be there in an input.
    pub required: bool,
    /// Its shape.
    pub shape: Shape,
    /// JSON text of what the server assumes when it is left out; empty for nothing known. Never sent.
    pub default: &'static str,
    /// JSON text of an example; empty for none.
    pub example: &'static str,
}
