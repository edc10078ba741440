//! Applies overrides of parameters, and of fields inside them.

use std::collections::BTreeMap;

use serde_json::{Number, Value as Json};

use super::scope::{ErrorList, Scope};
use super::types::find;
use super::usage::OverrideOutcomes;
use crate::allowlist::overrides::{OverrideValue, ParameterEntry, ParameterOverride};
use crate::catalog::{Field, Parameter, ParameterLocation, TypeDef, TypeKind, TypeRef, TypeShape};
use crate::diagnostic::{LowerDiagnostic, nearest};

/// Override of a field of a shared type. The override applies to the type, whichever tool states it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FieldOverride {
    pub(super) type_name: String,
    pub(super) field: String,
    pub(super) value: ParameterOverride,
}

/// Result of an override.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum OverrideOutcome {
    Changed,
    Same,
    Invalid,
}

/// Checks that each property of a parameter is overridden at most once.
pub(super) fn check_contradictions(scope: Scope<'_>) {
    let entries = scope.entry.parameters.iter();
    let entries: Vec<_> = entries.filter(|it| scope.has(&it.documents)).collect();
    for (index, entry) in entries.iter().enumerate() {
        let is_same = |other: &&&ParameterEntry| {
            let locations = other.location.as_ref().zip(entry.location.as_ref());
            other.name.value == entry.name.value && locations.is_none_or(|(one, two)| one == two)
        };
        let before = entries[..index].iter().filter(is_same);
        let before: Vec<_> = before.flat_map(|other| &other.overrides).collect();
        for parameter_override in &entry.overrides {
            let key = parameter_override.key;
            if let Some(first) = before.iter().find(|first| first.key == key) {
                let diagnostic = LowerDiagnostic::Contradiction {
                    what: format!("`{key}` of `{}`", entry.name.value),
                    first: first.line,
                };
                scope.report(parameter_override.line, diagnostic);
            }
        }
    }
}

/// Returns whether an entry of the allowlist can concern a parameter, judged by its location.
pub(super) fn is_location(entry: &ParameterEntry, parameter: &Parameter) -> bool {
    let location = entry.location.as_deref();
    location.is_none_or(|location| location == parameter.location.name())
}

/// Applies the overrides of one parameter, or of a field inside a parameter. The overrides of fields are added to `fields`, because other tools can use the same type.
pub(super) fn apply_entry(
    scope: Scope<'_>,
    entry: &ParameterEntry,
    parameters: &mut [Parameter],
    types: &[TypeDef],
    fields: &mut Vec<FieldOverride>,
) -> OverrideOutcomes {
    let wanted = &entry.name.value;
    let names: Vec<String> = parameters.iter().map(|it| it.field.name.clone()).collect();
    let near = |name: &str| nearest(name, names.iter().map(String::as_str));
    let is_named = |it: &Parameter, name: &str| it.field.name == name && is_location(entry, it);
    let report = |value: &ParameterOverride, outcome: &OverrideOutcome, ty: &TypeRef| {
        if *outcome == OverrideOutcome::Invalid {
            let diagnostic = LowerDiagnostic::InvalidOverride {
                what: format!("`{}` of `{wanted}`", value.key),
                ty: kind_name(ty),
            };
            scope.report(value.line, diagnostic);
        }
    };
    let mut named = parameters.iter_mut().filter(|it| is_named(it, wanted));
    match (named.next(), named.next()) {
        (Some(_), Some(_)) => {
            let parameter = wanted.clone();
            let diagnostic = LowerDiagnostic::AmbiguousParameter { parameter };
            scope.report(entry.name.line, diagnostic);
            return Ok(vec![OverrideOutcome::Changed; entry.overrides.len()]);
        }
        (Some(parameter), None) => {
            let outcomes = entry.overrides.iter().map(|value| {
                let outcome = apply(&value.value, parameter, types);
                report(value, &outcome, &parameter.field.ty);
                outcome
            });
            return Ok(outcomes.collect());
        }
        (None, _) => {}
    }
    let (first, rest) = wanted.split_once('.').ok_or_else(|| near(wanted))?;
    let mut parameters = parameters.iter();
    let parameter = parameters.find(|it| is_named(it, first));
    let parameter = parameter.ok_or_else(|| near(first))?;
    let (type_name, mut field) = inner_field(&parameter.field.ty, rest, types)?;
    let outcomes = entry.overrides.iter().map(|value| {
        let outcome = apply_to_field(&value.value, &mut field, types);
        report(value, &outcome, &field.ty);
        if outcome == OverrideOutcome::Changed {
            fields.push(FieldOverride {
                type_name: type_name.clone(),
                field: field.name.clone(),
                value: value.clone(),
            });
        }
        outcome
    });
    Ok(outcomes.collect())
}

/// Returns the field at a dotted path, and the struct that has it. The error is the most similar name, if there is one.
fn inner_field(
    ty: &TypeRef,
    path: &str,
    types: &[TypeDef],
) -> Result<(String, Field), Option<String>> {
    let (TypeKind::Named(name) | TypeKind::Boxed(name)) = &ty.innermost().kind else {
        return Err(None);
    };
    let Some(TypeShape::Struct { fields, .. }) = find(types, name).map(|def| &def.shape) else {
        return Err(None);
    };
    let (first, rest) = match path.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    };
    let field = fields.iter().find(|field| field.name == first);
    let near = || nearest(first, fields.iter().map(|field| field.name.as_str()));
    let field = field.ok_or_else(near)?;
    match rest {
        None => Ok((name.clone(), field.clone())),
        Some(rest) => inner_field(&field.ty, rest, types),
    }
}

/// Applies an override to a parameter.
fn apply(value: &OverrideValue, parameter: &mut Parameter, types: &[TypeDef]) -> OverrideOutcome {
    let field = &mut parameter.field;
    match value {
        OverrideValue::Required => {
            // A required argument has no value for the case that it is omitted.
            parameter.when_omitted = None;
            apply_to_field(value, field, types)
        }
        OverrideValue::Rename(new) => set(&mut field.name, new.clone()),
        OverrideValue::Fallback(new) => {
            // Another argument supplies the value.
            field.required = false;
            set(&mut parameter.fallback, Some(new.clone()))
        }
        OverrideValue::WhenOmitted(new) if new.is_null() || fits(new, &field.ty, types) => {
            field.required = false;
            // A value is always sent, so the server never uses its default.
            field.default = None;
            set(&mut parameter.when_omitted, Some(new.clone()))
        }
        OverrideValue::Slash => match &mut parameter.location {
            ParameterLocation::Path { slash } => set(slash, true),
            _ => OverrideOutcome::Invalid,
        },
        OverrideValue::Secret => set(&mut parameter.secret, true),
        _ => apply_to_field(value, field, types),
    }
}

/// Applies an override that fields of types can have too. All others are invalid.
pub(super) fn apply_to_field(
    value: &OverrideValue,
    field: &mut Field,
    types: &[TypeDef],
) -> OverrideOutcome {
    let ty = &mut field.ty;
    let is_text = matches!(ty.kind, TypeKind::String);
    let is_number = matches!(ty.kind, TypeKind::Integer | TypeKind::Number);
    let is_array = matches!(ty.kind, TypeKind::Array(_));
    let is_ordered = |min: Option<u32>, max: Option<u32>| min.zip(max).is_none_or(|(a, b)| a <= b);
    let is_range = |min: Option<&Number>, max: Option<&Number>| {
        let (min, max) = (min.and_then(Number::as_f64), max.and_then(Number::as_f64));
        min.zip(max).is_none_or(|(min, max)| min <= max)
    };
    let has_type = match value {
        OverrideValue::Default(new) | OverrideValue::Example(new) => fits(new, ty, types),
        _ => true,
    };
    let rules = &mut ty.rules;
    match value {
        _ if !has_type => OverrideOutcome::Invalid,
        OverrideValue::Description(new) => set(&mut field.description, new.clone()),
        OverrideValue::Default(new) => set(&mut field.default, Some(new.clone())),
        OverrideValue::Example(new) => set(&mut field.example, Some(new.clone())),
        OverrideValue::Required => {
            // A required argument has no default.
            field.default = None;
            set(&mut field.required, true)
        }
        OverrideValue::Open => open(ty, types),
        OverrideValue::NotNull => set(&mut ty.nullable, false),
        OverrideValue::Format(new) if is_text => set(&mut rules.format, Some(new.clone())),
        OverrideValue::Pattern(new) if is_text => set(&mut rules.pattern, Some(new.clone())),
        OverrideValue::MinLength(new) if is_text && is_ordered(Some(*new), rules.max_length) => {
            set(&mut rules.min_length, Some(*new))
        }
        OverrideValue::MaxLength(new) if is_text && is_ordered(rules.min_length, Some(*new)) => {
            set(&mut rules.max_length, Some(*new))
        }
        OverrideValue::Minimum(new) if is_number && is_range(Some(new), rules.maximum.as_ref()) => {
            set(&mut rules.minimum, Some(new.clone()))
        }
        OverrideValue::Maximum(new) if is_number && is_range(rules.minimum.as_ref(), Some(new)) => {
            set(&mut rules.maximum, Some(new.clone()))
        }
        OverrideValue::MinItems(new) if is_array && is_ordered(Some(*new), rules.max_items) => {
            set(&mut rules.min_items, Some(*new))
        }
        OverrideValue::MaxItems(new) if is_array && is_ordered(rules.min_items, Some(*new)) => {
            set(&mut rules.max_items, Some(*new))
        }
        _ => OverrideOutcome::Invalid,
    }
}

/// Turns an object into one that can have any members, also inside arrays.
fn open(ty: &mut TypeRef, types: &[TypeDef]) -> OverrideOutcome {
    if let TypeKind::Array(items) = &mut ty.kind {
        return open(items, types);
    }
    let shape = match &ty.kind {
        TypeKind::Named(name) | TypeKind::Boxed(name) => find(types, name).map(|def| &def.shape),
        TypeKind::Map(_) => None,
        _ => return OverrideOutcome::Invalid,
    };
    if let Some(TypeShape::Enum { .. }) = shape {
        return OverrideOutcome::Invalid;
    }
    let members = TypeKind::Any.into();
    set(&mut ty.kind, TypeKind::Map(Box::new(members)))
}

fn set<T: PartialEq>(property: &mut T, new: T) -> OverrideOutcome {
    if *property == new {
        return OverrideOutcome::Same;
    }
    *property = new;
    OverrideOutcome::Changed
}

/// Returns whether a value can have a type, judged only by the kind of the type.
fn fits(value: &Json, ty: &TypeRef, types: &[TypeDef]) -> bool {
    match (&ty.kind, value) {
        (TypeKind::Any, _) => true,
        (_, Json::Null) => ty.nullable,
        (TypeKind::Boolean, value) => value.is_boolean(),
        (TypeKind::Number, value) => value.is_number(),
        (TypeKind::Integer, value) => value.is_i64() || value.is_u64(),
        (TypeKind::String, value) => value.is_string(),
        (TypeKind::Map(_), value) => value.is_object(),
        (TypeKind::Array(items), value) => {
            let values = value.as_array();
            values.is_some_and(|values| values.iter().all(|it| fits(it, items, types)))
        }
        (TypeKind::Named(name) | TypeKind::Boxed(name), value) => {
            match find(types, name).map(|def| &def.shape) {
                Some(TypeShape::Enum { values }) => values.iter().any(|it| *value == it.name),
                Some(TypeShape::Union { variants }) => variants
                    .iter()
                    .any(|variant| fits(value, &variant.ty, types)),
                Some(TypeShape::Struct { .. }) | None => value.is_object(),
            }
        }
    }
}

/// Returns the name of a type for messages.
fn kind_name(ty: &TypeRef) -> &'static str {
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
    overrides: &[&FieldOverride],
    path: &str,
    errors: &ErrorList,
) {
    for (
        index,
        FieldOverride {
            type_name,
            field,
            value,
        },
    ) in overrides.iter().enumerate()
    {
        let first = overrides[..index].iter().find(|other| {
            (&other.type_name, &other.field, other.value.key) == (type_name, field, value.key)
        });
        match first {
            Some(first) if first.value.value != value.value => {
                let diagnostic = LowerDiagnostic::Contradiction {
                    what: format!("`{}` of `{type_name}.{field}`", value.key),
                    first: first.value.line,
                };
                errors.add(path, value.line, diagnostic);
            }
            Some(_) => {}
            None => {
                let def = types.get_mut(type_name);
                if let Some(field) = def.and_then(|def| field_mut(def, field)) {
                    // The override was checked against the types where it was read.
                    apply_to_field(&value.value, field, &[]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::fits;
    use crate::catalog::{TypeDef, TypeKind, TypeRef, TypeShape, Variant};

    #[test]
    fn a_value_of_any_variant_fits_a_union() {
        let variants = [
            TypeKind::Integer,
            TypeKind::Array(Box::new(TypeKind::String.into())),
        ];
        let variants = variants.map(|kind| Variant {
            rust_name: String::new(),
            ty: kind.into(),
        });
        let types = [TypeDef {
            rust_name: "U".to_owned(),
            schema: None,
            description: String::new(),
            shape: TypeShape::Union {
                variants: variants.to_vec(),
            },
        }];
        let union = TypeRef::from(TypeKind::Named("U".to_owned()));
        for (value, expected) in [
            (json!(1), true),
            (json!(["a"]), true),
            (json!("a"), false),
            (json!({}), false),
        ] {
            assert_eq!(fits(&value, &union, &types), expected, "{value}");
        }
    }
}
