//! Checks that a catalogue can be emitted, before anything is emitted.

use std::collections::BTreeSet;

use mcp_schema::names::GENERATED_TYPES;

use super::EmitError;
use super::rust::SHARED;
use super::types::{Types, definitions, references};
use crate::catalog::{
    Api, Catalog, Effect, Operation, Rules, Toolset, TypeDef, TypeKind, TypeRef, TypeShape,
};

/// Returns all errors of a catalogue.
pub(super) fn check(catalog: &Catalog) -> Vec<EmitError> {
    let mut errors = Vec::new();
    for api in &catalog.apis {
        check_shared(api, &mut errors);
        for (of, shared, toolsets) in api.parts() {
            for toolset in toolsets {
                check_toolset(of, shared, toolset, &mut errors);
            }
        }
        check_modules(api, &mut errors);
    }
    errors
}

/// Checks the types that the toolsets of an API share.
fn check_shared(api: &Api, errors: &mut Vec<EmitError>) {
    let place = format!("{}, shared types", api.name);
    let types = Types::shared(&api.types);
    let names = api
        .types
        .iter()
        .map(|definition| definition.rust_name.as_str());
    check_names(&place, names, errors);
    if check_references(
        &place,
        api.types.iter().flat_map(TypeDef::parts),
        &types,
        errors,
    ) {
        check_recursion(&place, &api.types, &types, errors);
    }
    let mut toolsets = api.toolsets.iter();
    if !api.types.is_empty() && toolsets.any(|toolset| toolset.module == SHARED) {
        errors.push(EmitError::DuplicateName {
            place: api.name.clone(),
            name: SHARED.to_owned(),
        });
    }
}

/// Checks that the module of each alternative has a unique name among the modules of the API.
fn check_modules(api: &Api, errors: &mut Vec<EmitError>) {
    let toolsets = api.toolsets.iter().map(|toolset| toolset.module.as_str());
    let shared = (!api.types.is_empty()).then_some(SHARED);
    let mut seen: BTreeSet<&str> = toolsets.chain(shared).collect();
    for alternative in &api.alternatives {
        if !seen.insert(alternative.module.as_str()) {
            errors.push(EmitError::DuplicateName {
                place: api.name.clone(),
                name: alternative.module.clone(),
            });
        }
    }
}

/// Checks a toolset. `of` is the name of the API or of the alternative document.
fn check_toolset(of: &str, shared: &[TypeDef], toolset: &Toolset, errors: &mut Vec<EmitError>) {
    let place = format!("{of}, toolset `{}`", toolset.name);
    let names = toolset
        .operations
        .iter()
        .map(|operation| &operation.rust_name)
        .chain(definitions(toolset).map(|definition| &definition.rust_name))
        .map(String::as_str);
    check_names(&place, names, errors);
    let types = Types::of(shared, toolset);
    let complete = check_references(&place, references(toolset), &types, errors);
    if complete {
        check_recursion(&place, definitions(toolset), &types, errors);
    }
    for operation in &toolset.operations {
        let place = format!("{of}, tool `{}`", operation.tool_name);
        check_operation(&place, operation, &types, errors);
        if complete {
            check_input_rules(&place, operation, &types, errors);
        }
    }
}

fn check_names<'a>(place: &str, names: impl Iterator<Item = &'a str>, errors: &mut Vec<EmitError>) {
    let mut seen = BTreeSet::new();
    for name in names {
        if GENERATED_TYPES.contains(&name) {
            errors.push(EmitError::ReservedName {
                place: place.to_owned(),
                name: name.to_owned(),
            });
        }
        if !seen.insert(name) {
            errors.push(EmitError::DuplicateName {
                place: place.to_owned(),
                name: name.to_owned(),
            });
        }
    }
}

/// Checks that all types to which `references` refer exist.
fn check_references<'a>(
    place: &str,
    references: impl Iterator<Item = &'a TypeRef>,
    types: &Types<'_>,
    errors: &mut Vec<EmitError>,
) -> bool {
    let missing: BTreeSet<&str> = references
        .filter_map(TypeRef::name)
        .filter(|name| types.get(name).is_none())
        .collect();
    errors.extend(missing.iter().map(|name| EmitError::UnknownType {
        place: place.to_owned(),
        name: (*name).to_owned(),
    }));
    missing.is_empty()
}

fn check_recursion<'a>(
    place: &str,
    definitions: impl IntoIterator<Item = &'a TypeDef>,
    types: &Types<'_>,
    errors: &mut Vec<EmitError>,
) {
    for definition in definitions {
        if held(definition.parts(), types).contains(definition.rust_name.as_str()) {
            errors.push(EmitError::RecursiveType {
                place: place.to_owned(),
                name: definition.rust_name.clone(),
            });
        }
    }
}

fn check_operation(
    place: &str,
    operation: &Operation,
    types: &Types<'_>,
    errors: &mut Vec<EmitError>,
) {
    let (method, http) = (&operation.method, &operation.http);
    let (usual, effect) = (Effect::usual(method, http), operation.effect);
    let laxer = match effect.read_only && !usual.read_only {
        true => effect != Effect::READS || !Effect::can_read(method, http),
        false => {
            (!effect.destructive && usual.destructive) || (effect.idempotent && !usual.idempotent)
        }
    };
    if laxer {
        errors.push(EmitError::LaxEffect {
            place: place.to_owned(),
            http: operation.http.clone(),
        });
    }
    let Some(list) = &operation.list else {
        return;
    };
    let fields = list.filters.iter().map(|filter| &filter.field);
    for field in fields.chain(&list.summary) {
        if types.field(&list.item_type, field).is_none() {
            errors.push(EmitError::UnknownField {
                place: place.to_owned(),
                field: field.clone(),
            });
        }
    }
}

/// Reports rules for values of maps and for additional members, since the block syntax cannot express them. Only inputs are checked: output schemas contain no rules.
fn check_input_rules(
    place: &str,
    operation: &Operation,
    types: &Types<'_>,
    errors: &mut Vec<EmitError>,
) {
    let inputs: Vec<&TypeRef> = operation
        .parameters
        .iter()
        .map(|parameter| &parameter.ty)
        .collect();
    let mut lost: Vec<String> = Vec::new();
    for parameter in &operation.parameters {
        if map_loses_rules(&parameter.ty) {
            lost.push(format!("argument `{}`", parameter.name));
        }
    }
    let definitions = reachable(inputs, types)
        .into_iter()
        .filter_map(|name| types.get(name));
    for definition in definitions {
        if loses_rules(definition) {
            lost.push(format!("type `{}`", definition.rust_name));
        }
    }
    errors.extend(lost.into_iter().map(|what| EmitError::RulesWithoutPlace {
        place: place.to_owned(),
        what,
    }));
}

fn loses_rules(definition: &TypeDef) -> bool {
    let additional = match &definition.shape {
        TypeShape::Struct { additional, .. } => additional.as_ref(),
        TypeShape::Enum { .. } | TypeShape::Union { .. } => None,
    };
    additional.is_some_and(has_rules) || definition.parts().into_iter().any(map_loses_rules)
}

fn map_loses_rules(ty: &TypeRef) -> bool {
    match &ty.kind {
        TypeKind::Map(values) => has_rules(values),
        TypeKind::Array(items) => map_loses_rules(items),
        _ => false,
    }
}

fn has_rules(ty: &TypeRef) -> bool {
    let inner = match &ty.kind {
        TypeKind::Array(of) | TypeKind::Map(of) => has_rules(of),
        _ => false,
    };
    inner || ty.rules != Rules::default()
}

/// Returns the names of all types that these types contain, directly or indirectly.
fn reachable<'a>(from: Vec<&'a TypeRef>, types: &Types<'a>) -> BTreeSet<&'a str> {
    reach(from, types, TypeRef::name)
}

/// Returns the same names as `reachable`, without types that are held by reference.
fn held<'a>(from: Vec<&'a TypeRef>, types: &Types<'a>) -> BTreeSet<&'a str> {
    reach(from, types, |ty| {
        ty.name()
            .filter(|_| !matches!(innermost(ty).kind, TypeKind::Boxed(_)))
    })
}

fn innermost(ty: &TypeRef) -> &TypeRef {
    match &ty.kind {
        TypeKind::Array(of) | TypeKind::Map(of) => innermost(of),
        _ => ty,
    }
}

fn reach<'a>(
    from: Vec<&'a TypeRef>,
    types: &Types<'a>,
    step: fn(&TypeRef) -> Option<&str>,
) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&str> = from.into_iter().filter_map(step).collect();
    while let Some(name) = open.pop() {
        if found.insert(name)
            && let Some(definition) = types.get(name)
        {
            open.extend(definition.parts().into_iter().filter_map(step));
        }
    }
    found
}
