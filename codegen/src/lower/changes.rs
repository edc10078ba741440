//! Applies overrides of parameters, and of fields inside them.

use std::collections::BTreeMap;

use serde_json::{Number, Value as Json};

use crate::allowlist::overrides::{OverrideValue, ParameterOverride};
use crate::catalog::{Field, Parameter, Place, Rules, TypeDef, TypeKind, TypeRef, TypeShape};
use crate::diagnostic::{Error, LowerDiagnostic};
use crate::ident;

use super::types::find;

/// Override of a field of a shared type. The override applies to the type, whichever tool states it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FieldChange {
    pub(super) type_name: String,
    pub(super) field: String,
    pub(super) change: ParameterOverride,
}

/// Result of an override.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    Changed,
    Same,
    Unfitting,
}

/// Parameter or field, with the properties that an override can change.
pub(super) struct Target<'a> {
    description: &'a mut String,
    required: &'a mut bool,
    ty: &'a mut TypeRef,
    default: &'a mut Option<Json>,
    example: &'a mut Option<Json>,
    argument: Option<Argument<'a>>,
}

/// Properties that only an argument has.
struct Argument<'a> {
    name: &'a mut String,
    rust_name: &'a mut String,
    secret: &'a mut bool,
    fallback: &'a mut Option<String>,
    when_omitted: &'a mut Option<Json>,
    place: &'a mut Place,
}

impl<'a> From<&'a mut Parameter> for Target<'a> {
    fn from(parameter: &'a mut Parameter) -> Self {
        Self {
            description: &mut parameter.description,
            required: &mut parameter.required,
            ty: &mut parameter.ty,
            default: &mut parameter.default,
            example: &mut parameter.example,
            argument: Some(Argument {
                name: &mut parameter.name,
                rust_name: &mut parameter.rust_name,
                secret: &mut parameter.secret,
                fallback: &mut parameter.fallback,
                when_omitted: &mut parameter.when_omitted,
                place: &mut parameter.place,
            }),
        }
    }
}

impl<'a> From<&'a mut Field> for Target<'a> {
    fn from(field: &'a mut Field) -> Self {
        Self {
            description: &mut field.description,
            required: &mut field.required,
            ty: &mut field.ty,
            default: &mut field.default,
            example: &mut field.example,
            argument: None,
        }
    }
}

/// Applies an override.
pub(super) fn apply(value: &OverrideValue, target: Target<'_>, types: &[TypeDef]) -> Outcome {
    let kind = target.ty.kind.clone();
    let text = matches!(kind, TypeKind::String);
    let number = matches!(kind, TypeKind::Integer | TypeKind::Number);
    let array = matches!(kind, TypeKind::Array(_));
    let rules = target.ty.rules.clone();
    let not_above = |new: u32, max: Option<u32>| max.is_none_or(|max| new <= max);
    let not_below = |new: u32, min: Option<u32>| min.is_none_or(|min| new >= min);
    let in_order = |min: Option<&Number>, max: Option<&Number>| {
        let (min, max) = (min.and_then(Number::as_f64), max.and_then(Number::as_f64));
        min.zip(max).is_none_or(|(min, max)| min <= max)
    };
    match value {
        OverrideValue::Description(new) => set(target.description, new.clone()),
        OverrideValue::Default(new) if fits(new, target.ty, types) => {
            set(target.default, Some(new.clone()))
        }
        OverrideValue::Example(new) if fits(new, target.ty, types) => {
            set(target.example, Some(new.clone()))
        }
        OverrideValue::Required => {
            // A required argument has neither a default nor a value for the case that it is omitted.
            *target.default = None;
            if let Some(argument) = target.argument {
                *argument.when_omitted = None;
            }
            set(target.required, true)
        }
        OverrideValue::Open => open(target.ty, types),
        OverrideValue::NotNull => set(&mut target.ty.nullable, false),
        OverrideValue::Format(new) if text => set(&mut target.ty.rules.format, Some(new.clone())),
        OverrideValue::Pattern(new) if text => set(&mut target.ty.rules.pattern, Some(new.clone())),
        OverrideValue::MinLength(new) if text && not_above(*new, rules.max_length) => {
            set(&mut target.ty.rules.min_length, Some(*new))
        }
        OverrideValue::MaxLength(new) if text && not_below(*new, rules.min_length) => {
            set(&mut target.ty.rules.max_length, Some(*new))
        }
        OverrideValue::Minimum(new) if number && in_order(Some(new), rules.maximum.as_ref()) => {
            set(&mut target.ty.rules.minimum, Some(new.clone()))
        }
        OverrideValue::Maximum(new) if number && in_order(rules.minimum.as_ref(), Some(new)) => {
            set(&mut target.ty.rules.maximum, Some(new.clone()))
        }
        OverrideValue::MinItems(new) if array && not_above(*new, rules.max_items) => {
            set(&mut target.ty.rules.min_items, Some(*new))
        }
        OverrideValue::MaxItems(new) if array && not_below(*new, rules.min_items) => {
            set(&mut target.ty.rules.max_items, Some(*new))
        }
        OverrideValue::WhenOmitted(new) if !new.is_null() && !fits(new, target.ty, types) => {
            Outcome::Unfitting
        }
        OverrideValue::Rename(_)
        | OverrideValue::Fallback(_)
        | OverrideValue::WhenOmitted(_)
        | OverrideValue::Slash
        | OverrideValue::Secret => match target.argument {
            Some(mut argument) => {
                of_argument(value, &mut argument, target.required, target.default)
            }
            None => Outcome::Unfitting,
        },
        _ => Outcome::Unfitting,
    }
}

fn of_argument(
    value: &OverrideValue,
    argument: &mut Argument<'_>,
    required: &mut bool,
    default: &mut Option<Json>,
) -> Outcome {
    match value {
        OverrideValue::Rename(new) => {
            *argument.rust_name = ident::snake(new);
            set(&mut *argument.name, new.clone())
        }
        OverrideValue::Fallback(new) => {
            // Another argument supplies the value.
            *required = false;
            set(&mut *argument.fallback, Some(new.clone()))
        }
        OverrideValue::WhenOmitted(new) => {
            *required = false;
            // A value is always sent, so the server never uses its default.
            *default = None;
            set(&mut *argument.when_omitted, Some(new.clone()))
        }
        OverrideValue::Slash => match argument.place {
            Place::Path { slash } => set(slash, true),
            _ => Outcome::Unfitting,
        },
        _ => set(&mut *argument.secret, true),
    }
}

/// Turns an object into one that can have any members, also inside arrays.
fn open(ty: &mut TypeRef, types: &[TypeDef]) -> Outcome {
    if let TypeKind::Array(items) = &mut ty.kind {
        return open(items, types);
    }
    let shape = match &ty.kind {
        TypeKind::Named(name) | TypeKind::Boxed(name) => find(types, name).map(|def| &def.shape),
        TypeKind::Map(_) => None,
        _ => return Outcome::Unfitting,
    };
    if let Some(TypeShape::Enum { .. }) = shape {
        return Outcome::Unfitting;
    }
    let any = TypeRef {
        kind: TypeKind::Any,
        nullable: false,
        rules: Rules::default(),
    };
    set(&mut ty.kind, TypeKind::Map(Box::new(any)))
}

fn set<T: PartialEq>(place: &mut T, new: T) -> Outcome {
    if *place == new {
        return Outcome::Same;
    }
    *place = new;
    Outcome::Changed
}

/// Returns whether a value can have a type, judged only by the kind of the type.
fn fits(value: &Json, ty: &TypeRef, types: &[TypeDef]) -> bool {
    match (&ty.kind, value) {
        (_, Json::Null) => ty.nullable || ty.kind == TypeKind::Any,
        (TypeKind::Any, _)
        | (TypeKind::Boolean, Json::Bool(_))
        | (TypeKind::Number, Json::Number(_))
        | (TypeKind::String, Json::String(_))
        | (TypeKind::Map(_), Json::Object(_)) => true,
        (TypeKind::Named(name) | TypeKind::Boxed(name), value) => {
            match (find(types, name).map(|def| &def.shape), value) {
                (Some(TypeShape::Enum { values }), Json::String(text)) => {
                    values.iter().any(|value| value.name == *text)
                }
                (Some(TypeShape::Enum { .. }), _) => false,
                (_, value) => value.is_object() || value.is_string(),
            }
        }
        (TypeKind::Integer, Json::Number(number)) => number.is_i64() || number.is_u64(),
        (TypeKind::Array(items), Json::Array(values)) => {
            values.iter().all(|value| fits(value, items, types))
        }
        _ => false,
    }
}

/// Returns the name of a type for messages.
pub(super) fn kind_name(ty: &TypeRef) -> &'static str {
    match &ty.kind {
        TypeKind::Any => "any",
        TypeKind::Boolean => "boolean",
        TypeKind::Integer => "integer",
        TypeKind::Number => "number",
        TypeKind::String => "string",
        TypeKind::Array(_) => "array",
        TypeKind::Map(_) | TypeKind::Named(_) | TypeKind::Boxed(_) => "object or enum",
    }
}

/// Returns a field of a struct.
pub(super) fn field_mut<'t>(def: &'t mut TypeDef, name: &str) -> Option<&'t mut Field> {
    match &mut def.shape {
        TypeShape::Struct { fields, .. } => fields.iter_mut().find(|field| field.name == name),
        _ => None,
    }
}

/// Applies the overrides of all tools of a module to the types that they share.
pub(super) fn apply_to_shared(
    types: &mut BTreeMap<String, TypeDef>,
    changes: &[&FieldChange],
    path: &str,
    errors: &mut Vec<Error>,
) {
    for (index, change) in changes.iter().enumerate() {
        let other = changes[..index].iter().find(|other| {
            other.type_name == change.type_name
                && other.field == change.field
                && other.change.key == change.change.key
        });
        match other {
            Some(first) if first.change.value != change.change.value => {
                let (key, ty, field) = (change.change.key, &change.type_name, &change.field);
                let diagnostic = LowerDiagnostic::Contradiction {
                    what: format!("`{key}` of `{ty}.{field}`"),
                    first: first.change.line,
                };
                errors.push(Error::new(path, change.change.line, diagnostic));
            }
            Some(_) => {}
            None => {
                let field = types
                    .get_mut(&change.type_name)
                    .and_then(|def| field_mut(def, &change.field));
                if let Some(field) = field {
                    // The override was checked against the types where it was read.
                    apply(&change.change.value, field.into(), &[]);
                }
            }
        }
    }
}
