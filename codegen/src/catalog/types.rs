//! Types of parameters and responses.

use serde::Serialize;

/// Type with its validation rules.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TypeRef {
    /// Kind of the values that are not `null`.
    pub kind: TypeKind,
    /// Whether `null` is a valid value.
    pub nullable: bool,
    /// Validation rules beyond the kind.
    pub rules: Rules,
}

impl TypeRef {
    /// Returns the type of the items of an array, at any depth. A type that is not an array is returned unchanged.
    pub(crate) fn innermost(&self) -> &Self {
        match &self.kind {
            TypeKind::Array(items) => items.innermost(),
            _ => self,
        }
    }

    /// Returns the name of a named type, or of the named type inside arrays and maps.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.kind {
            TypeKind::Array(inner) | TypeKind::Map(inner) => inner.name(),
            TypeKind::Named(name) | TypeKind::Boxed(name) => Some(name),
            _ => None,
        }
    }
}

impl From<TypeKind> for TypeRef {
    /// Makes a type that has no rules and does not allow `null`.
    fn from(kind: TypeKind) -> Self {
        Self {
            kind,
            nullable: false,
            rules: Rules::default(),
        }
    }
}

/// Kind of a value that is not `null`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", content = "of", rename_all = "snake_case")]
pub enum TypeKind {
    /// Any JSON value.
    Any,
    /// `true` or `false`.
    Boolean,
    /// Number without a fraction.
    Integer,
    /// Number.
    Number,
    /// String.
    String,
    /// Array of items of this type.
    Array(Box<TypeRef>),
    /// Object whose members all have this type (`additionalProperties`).
    Map(Box<TypeRef>),
    /// Struct or enum of this module or of the API, by `rust_name`.
    Named(String),
    /// The same as `Named`, for a type that contains itself and is therefore held by reference.
    Boxed(String),
}

/// Validation keywords of JSON Schema, as in the document.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Rules {
    /// `format`, for strings.
    pub format: Option<String>,
    /// `pattern`
    pub pattern: Option<String>,
    /// `minLength`
    pub min_length: Option<u32>,
    /// `maxLength`
    pub max_length: Option<u32>,
    /// `minimum`
    pub minimum: Option<serde_json::Number>,
    /// `maximum`
    pub maximum: Option<serde_json::Number>,
    /// `exclusiveMinimum`; converted to `minimum` for integers.
    pub exclusive_minimum: Option<serde_json::Number>,
    /// `minItems`
    pub min_items: Option<u32>,
    /// `maxItems`
    pub max_items: Option<u32>,
}

/// Struct or enum.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TypeDef {
    /// Name in Rust, unique in the module.
    pub rust_name: String,
    /// Name of the component schema that is this type or, if the type is anonymous, contains it; `None` for a type that only this operation has.
    pub schema: Option<String>,
    /// Description; can be empty.
    pub description: String,
    /// Content of the type.
    pub shape: TypeShape,
}

impl TypeDef {
    /// Returns the types that the definition directly contains.
    pub(crate) fn parts(&self) -> Vec<&TypeRef> {
        match &self.shape {
            TypeShape::Struct { fields, additional } => {
                let fields = fields.iter().map(|field| &field.ty);
                fields.chain(additional).collect()
            }
            TypeShape::Enum { .. } => Vec::new(),
            TypeShape::Union { variants } => variants.iter().map(|it| &it.ty).collect(),
        }
    }
}

/// Content of a type.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TypeShape {
    /// Object.
    Struct {
        /// Named members, in the order of the document.
        fields: Vec<Field>,
        /// Type of other members; `None` if an input cannot have other members.
        additional: Option<TypeRef>,
    },
    /// String with known values.
    Enum {
        /// Known values.
        values: Vec<EnumValue>,
    },
    /// One of several types (`oneOf`, `anyOf`).
    Union {
        /// Types, each with the name of its variant.
        variants: Vec<Variant>,
    },
}

/// Named member of an object, or argument of a call.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Field {
    /// Name in JSON.
    pub name: String,
    /// Name in Rust.
    pub rust_name: String,
    /// Description; can be empty.
    pub description: String,
    /// Whether an input must have the member.
    pub required: bool,
    /// Type of the member.
    pub ty: TypeRef,
    /// Value that the upstream uses if the member is omitted.
    pub default: Option<serde_json::Value>,
    /// Example value.
    pub example: Option<serde_json::Value>,
}

impl Field {
    /// Makes an optional member without documentation.
    pub(crate) fn new(name: &str, ty: TypeRef) -> Self {
        Self {
            name: name.to_owned(),
            rust_name: name.to_owned(),
            description: String::new(),
            required: false,
            ty,
            default: None,
            example: None,
        }
    }
}

/// Value of a string enum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EnumValue {
    /// Value as a string.
    pub name: String,
    /// Name of the variant in Rust.
    pub rust_name: String,
}

/// Variant of a union.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Variant {
    /// Name of the variant in Rust.
    pub rust_name: String,
    /// Type of the variant.
    pub ty: TypeRef,
}
