//! Compares the parameters of a tool in two catalogues: those of the operation, and those that the runtime adds to lists and logs.

use super::change::ApiChangeSeverity::{Additive, Breaking, Cosmetic};
use super::change::FoundChanges;
use super::inputs::InputComparison;
use super::side::Side;
use crate::catalog::{
    Field, Filter, Parameter, ParameterLocation, ResponseFormat, TypeKind, TypeRef,
};

/// Parameter for which a call can have an argument.
struct Argument<'c> {
    name: &'c str,
    /// Argument that the runtime uses; `sent` has its own.
    own: Field,
    /// Parameter that is sent to the upstream; `None` if the runtime uses the argument.
    sent: Option<&'c Parameter>,
    filter: Option<&'c Filter>,
}

impl Argument<'_> {
    fn field(&self) -> &Field {
        self.sent.map_or(&self.own, |parameter| &parameter.field)
    }
}

/// Adds the changes of the parameters of a tool.
pub(super) fn compare(old: Side<'_>, new: Side<'_>, changes: &mut FoundChanges) {
    let (olds, news) = (arguments(old), arguments(new));
    let (old_types, new_types) = (old.types(), new.types());
    let mut inputs = InputComparison::new(&old_types, &new_types);
    let remains = |it: &Argument<'_>| news.iter().any(|other| other.name == it.name);
    let mut renamed = Vec::new();
    for argument in &news {
        let known = olds.iter().find(|it| it.name == argument.name);
        let same_request = || {
            let mut removed = olds.iter().filter(|it| !remains(it));
            removed.find(|it| is_same_request(it, argument))
        };
        let Some(before) = known.or_else(same_request) else {
            inputs.new_input(argument.name, argument.field().required);
            continue;
        };
        if before.name != argument.name {
            renamed.push(before.name);
            let text = format!(
                "parameter `{}` was renamed to `{}`",
                before.name, argument.name
            );
            inputs.changes.breaking(text);
        }
        inputs.input(argument.name, before.field(), argument.field());
        let subject = format!("parameter `{}`", argument.name);
        compare_filters(&subject, before, argument, &mut inputs.changes);
        if let (Some(before), Some(now)) = (before.sent, argument.sent) {
            compare_requests(&subject, before, now, &mut inputs.changes);
        }
    }
    for argument in &olds {
        if !remains(argument) && !renamed.contains(&argument.name) {
            inputs.removed_input(argument.name);
        }
    }
    changes.0.append(&mut inputs.changes.0);
    if hidden(old) != hidden(new) {
        changes.breaking("the values that are always sent changed");
    }
}

fn is_same_request(one: &Argument<'_>, other: &Argument<'_>) -> bool {
    let kind = |location: ParameterLocation| std::mem::discriminant(&location);
    let key = |it: &Parameter| (it.wire.clone(), kind(it.location));
    one.sent.is_some() && one.sent.map(key) == other.sent.map(key)
}

/// Compares how a parameter is sent.
fn compare_requests(
    subject: &str,
    before: &Parameter,
    now: &Parameter,
    changes: &mut FoundChanges,
) {
    if (&before.fallback, &before.when_omitted) != (&now.fallback, &now.when_omitted) {
        let text = format!("{subject}: the value that is sent when it is omitted changed");
        changes.breaking(text);
    }
    changes.property(
        subject,
        (before.clear, now.clear),
        (Additive, "can be cleared"),
        (Breaking, "can no longer be cleared"),
    );
    changes.property(
        subject,
        (before.secret, now.secret),
        (Cosmetic, "is kept secret"),
        (Breaking, "is no longer kept secret"),
    );
    if let (ParameterLocation::Path { slash: before }, ParameterLocation::Path { slash: now }) =
        (before.location, now.location)
        && before != now
    {
        changes.property(
            subject,
            (before, now),
            (Additive, "may have a slash"),
            (Breaking, "can no longer have a slash"),
        );
    } else if (&before.wire, before.location) != (&now.wire, now.location) {
        changes.cosmetic(format!("{subject} is sent in another way"));
    }
    if before.since != now.since {
        changes.cosmetic(match &now.since {
            Some(since) => format!("{subject} needs {since} or newer"),
            None => format!("{subject} is in all supported releases"),
        });
    }
}

fn compare_filters(
    subject: &str,
    old: &Argument<'_>,
    new: &Argument<'_>,
    changes: &mut FoundChanges,
) {
    match (old.filter, new.filter) {
        (Some(old), Some(new)) => {
            if old.field != new.field {
                changes.breaking(format!(
                    "{subject} is a filter on `{}`, was on `{}`",
                    new.field, old.field
                ));
            }
            changes.property(
                subject,
                (old.unique, new.unique),
                (Cosmetic, "matches at most one item"),
                (Cosmetic, "matches any number of items"),
            );
        }
        (Some(_), None) => changes.cosmetic(format!("{subject} is now applied by the server")),
        (None, Some(_)) if old.sent.is_some() => {
            let text = format!("{subject} is no longer applied by the server, but by the runtime");
            changes.cosmetic(text);
        }
        _ => {}
    }
}

/// Returns the values that are always sent, although the tool has no parameters for them.
fn hidden(side: Side<'_>) -> Vec<(&String, &Option<String>, &Option<serde_json::Value>)> {
    let hidden = side.operation.parameters.iter().filter(|it| it.hidden);
    let values = hidden.map(|it| (&it.wire, &it.fallback, &it.when_omitted));
    let mut values: Vec<_> = values.collect();
    values.sort_by_key(|(wire, ..)| *wire);
    values
}

fn arguments(side: Side<'_>) -> Vec<Argument<'_>> {
    let operation = side.operation;
    let own = |name| Argument {
        name,
        own: Field::new(name, TypeKind::Any.into()),
        sent: None,
        filter: None,
    };
    let declared = operation.parameters.iter().filter(|it| !it.hidden);
    let mut all: Vec<Argument<'_>> = declared
        .map(|parameter| Argument {
            sent: Some(parameter),
            ..own(parameter.field.name.as_str())
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
            let ty = ty.map(|ty| TypeRef {
                nullable: false,
                ..ty.innermost().clone()
            });
            all.push(Argument {
                filter: Some(filter),
                own: Field::new(&filter.name, ty.unwrap_or_else(|| TypeKind::Any.into())),
                ..own(filter.name.as_str())
            });
        }
        if !list.summary.is_empty() {
            names.push("fields");
        }
        names.extend(["limit", "next_cursor"]);
    }
    if let ResponseFormat::Log { .. } = operation.response_format {
        names.extend(["level", "contains", "from_start", "limit", "next_cursor"]);
    }
    all.extend(names.into_iter().map(own));
    all
}
