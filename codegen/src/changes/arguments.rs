//! Compares the parameters of a tool in two catalogues: those of the operation, and those that the runtime adds to lists and logs.

use std::borrow::Cow;

use serde_json::Value;

use super::inputs::Inputs;
use super::tools::Side;
use super::{Change, Kind};
use crate::catalog::{Content, Field, Filter, Parameter, Place, Rules, TypeKind, TypeRef};

/// Parameter for which a call can have an argument.
struct Argument<'c> {
    name: &'c str,
    ty: Cow<'c, TypeRef>,
    required: bool,
    description: &'c str,
    default: Option<&'c Value>,
    example: Option<&'c Value>,
    /// Parameter that is sent to the upstream; `None` if the runtime uses the argument.
    sent: Option<&'c Parameter>,
    filter: Option<&'c Filter>,
}

pub(super) fn between(old: Side<'_>, new: Side<'_>) -> Vec<Change> {
    let (olds, news) = (arguments(old), arguments(new));
    let (old_types, new_types) = (old.types(), new.types());
    let mut inputs = Inputs::new(&old_types, &new_types);
    let mut renamed = Vec::new();
    for argument in &news {
        let known = olds.iter().find(|it| it.name == argument.name);
        let same_place = || {
            let lives = |it: &&Argument<'_>| !news.iter().any(|other| other.name == it.name);
            olds.iter().filter(lives).find(|it| same_wire(it, argument))
        };
        let Some(before) = known.or_else(same_place) else {
            inputs.add(is_new(argument));
            continue;
        };
        if before.name != argument.name {
            renamed.push(before.name);
            let text = format!(
                "parameter `{}` is called `{}` now",
                before.name, argument.name
            );
            inputs.add(Change::new(Kind::ArgumentRenamed, text));
        }
        one(&mut inputs, before, argument);
    }
    for argument in &olds {
        let lives = news.iter().any(|it| it.name == argument.name);
        if !lives && !renamed.contains(&argument.name) {
            let text = format!("parameter `{}` is gone", argument.name);
            inputs.add(Change::new(Kind::ArgumentGone, text));
        }
    }
    let mut changes = inputs.changes;
    changes.extend(hidden(old, new));
    changes
}

fn is_new(argument: &Argument<'_>) -> Change {
    let name = argument.name;
    if argument.required {
        let text = format!("parameter `{name}` is new and has to be given");
        return Change::new(Kind::ArgumentNewRequired, text);
    }
    Change::new(Kind::ArgumentNew, format!("parameter `{name}` is new"))
}

fn same_wire(one: &Argument<'_>, other: &Argument<'_>) -> bool {
    let place = |place: Place| std::mem::discriminant(&place);
    match (one.sent, other.sent) {
        (Some(one), Some(other)) => {
            one.wire == other.wire && place(one.place) == place(other.place)
        }
        _ => false,
    }
}

/// Compares a parameter that both catalogues have.
fn one(inputs: &mut Inputs<'_>, old: &Argument<'_>, new: &Argument<'_>) {
    let of = format!("parameter `{}`", new.name);
    inputs.needed(&of, old.required, new.required);
    inputs.types(new.name, &old.ty, &new.ty);
    inputs.default(&of, old.default, new.default);
    inputs.words(
        &of,
        old.description != new.description,
        old.example != new.example,
    );
    filter(inputs, &of, old, new);
    let (Some(before), Some(now)) = (old.sent, new.sent) else {
        return;
    };
    if (&before.fallback, &before.when_omitted) != (&now.fallback, &now.when_omitted) {
        let text = format!("{of}: what is sent when it is left out is another value");
        inputs.add(Change::new(Kind::DefaultChanged, text));
    }
    if before.clear != now.clear {
        let (kind, what) = if now.clear {
            (Kind::ArgumentWider, "can be cleared")
        } else {
            (Kind::ArgumentNarrower, "can no longer be cleared")
        };
        inputs.add(Change::new(kind, format!("{of} {what}")));
    }
    if before.secret != now.secret {
        let (kind, what) = if now.secret {
            (Kind::SecretNew, "is kept secret")
        } else {
            (Kind::SecretGone, "is no longer kept secret")
        };
        inputs.add(Change::new(kind, format!("{of} {what}")));
    }
    if let (Place::Path { slash: before }, Place::Path { slash: now }) = (before.place, now.place)
        && before != now
    {
        let (kind, what) = if now {
            (Kind::ArgumentWider, "may have a slash")
        } else {
            (Kind::ArgumentNarrower, "can no longer have a slash")
        };
        inputs.add(Change::new(kind, format!("{of} {what}")));
    } else if (&before.wire, before.place) != (&now.wire, now.place) {
        let text = format!("{of} is sent differently");
        inputs.add(Change::new(Kind::Request, text));
    }
    if before.since != now.since {
        let text = match &now.since {
            Some(since) => format!("{of} needs {since} or newer"),
            None => format!("{of} is in all supported releases"),
        };
        inputs.add(Change::new(Kind::ArgumentText, text));
    }
}

fn filter(inputs: &mut Inputs<'_>, of: &str, old: &Argument<'_>, new: &Argument<'_>) {
    match (old.filter, new.filter) {
        (Some(old), Some(new)) => {
            if old.field != new.field {
                let text = format!(
                    "{of} is a filter on `{}`, was on `{}`",
                    new.field, old.field
                );
                inputs.add(Change::new(Kind::FilterField, text));
            }
            if old.unique != new.unique {
                let what = if new.unique {
                    "at most one item"
                } else {
                    "any number of items"
                };
                let text = format!("{of} matches {what}");
                inputs.add(Change::new(Kind::FilterUnique, text));
            }
        }
        (Some(_), None) => {
            let text = format!("{of} is applied by the server now");
            inputs.add(Change::new(Kind::Request, text));
        }
        (None, Some(_)) if old.sent.is_some() => {
            let text = format!("{of} is no longer applied by the server, but here");
            inputs.add(Change::new(Kind::Request, text));
        }
        _ => {}
    }
}

/// Compares the values that are always sent, although the tool has no parameters for them.
fn hidden(old: Side<'_>, new: Side<'_>) -> Option<Change> {
    let values = |side: Side<'_>| {
        let hidden = side.operation.parameters.iter().filter(|it| it.hidden);
        let mut values: Vec<_> = hidden
            .map(|it| {
                (
                    it.wire.clone(),
                    it.fallback.clone(),
                    it.when_omitted.clone(),
                )
            })
            .collect();
        values.sort_by(|one, other| one.0.cmp(&other.0));
        values
    };
    (values(old) != values(new)).then(|| {
        let text = "what is sent beside the parameters is something else";
        Change::new(Kind::DefaultChanged, text)
    })
}

fn arguments<'c>(side: Side<'c>) -> Vec<Argument<'c>> {
    let operation = side.operation;
    let declared = operation.parameters.iter().filter(|it| !it.hidden);
    let mut all: Vec<Argument<'c>> = declared
        .map(|parameter| Argument {
            name: &parameter.name,
            ty: Cow::Borrowed(&parameter.ty),
            required: parameter.required,
            description: &parameter.description,
            default: parameter.default.as_ref(),
            example: parameter.example.as_ref(),
            sent: Some(parameter),
            filter: None,
        })
        .collect();
    let mut names: Vec<&str> = Vec::new();
    if operation.parameters.iter().any(|it| it.clear) {
        names.push("clear");
    }
    if let Some(list) = &operation.list {
        let types = side.types();
        for filter in &list.filters {
            let ty = types.field(&list.item_type, &filter.field);
            let ty = ty.map_or_else(any, |ty| not_null(innermost(ty)));
            all.push(Argument {
                filter: Some(filter),
                ..own(&filter.name, ty)
            });
        }
        if !list.summary.is_empty() {
            names.push("fields");
        }
        names.extend(["limit", "next_cursor"]);
    }
    if let Content::Log { .. } = operation.content {
        names.extend(["level", "contains", "from_start", "limit", "next_cursor"]);
    }
    all.extend(names.into_iter().map(|name| own(name, any())));
    all
}

/// Returns a parameter that the runtime adds.
fn own(name: &str, ty: TypeRef) -> Argument<'_> {
    Argument {
        name,
        ty: Cow::Owned(ty),
        required: false,
        description: "",
        default: None,
        example: None,
        sent: None,
        filter: None,
    }
}

fn any() -> TypeRef {
    TypeRef {
        kind: TypeKind::Any,
        nullable: false,
        rules: Rules::default(),
    }
}

fn not_null(ty: &TypeRef) -> TypeRef {
    TypeRef {
        nullable: false,
        ..ty.clone()
    }
}

/// Returns the type of the innermost items, since a filter compares its argument with each item of an array.
fn innermost(ty: &TypeRef) -> &TypeRef {
    match &ty.kind {
        TypeKind::Array(items) => innermost(items),
        _ => ty,
    }
}

/// Returns the path of a member inside an argument, with dots.
pub(super) fn member(path: &str, field: &Field) -> String {
    format!("{path}.{}", field.name)
}
