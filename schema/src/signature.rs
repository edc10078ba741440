//! Describes results in a short notation for people: `{users: [{name: string, age: integer|null}]}`.
//!
//! The notation says what the document says. The schemas that clients receive also allow `null` for each member and further members.

use crate::limits::Limits;
use crate::shape::{Field, Shape, ShapeKind};
use crate::writer::OutputShape;

/// Returns the notation of a result.
#[must_use]
pub fn output_signature(output: &OutputShape<'_>) -> String {
    match output {
        OutputShape::List { items, item_type } => {
            let item = Limits::fitting(&[*item_type].into_iter()).signature(item_type);
            format!("{{{items}: [{item}], total_entries: integer|null, next_cursor: string|null}}")
        }
        OutputShape::Log => {
            "{lines: [string], total_lines: integer, next_cursor: string|null}".to_owned()
        }
        OutputShape::Text => "{text: string}".to_owned(),
        OutputShape::Lines => "{result: [any]}".to_owned(),
        OutputShape::Json(shape) => {
            let text = Limits::fitting(&[*shape].into_iter()).signature(shape);
            match shape.is_object() {
                true => text,
                false => format!("{{result: {text}}}"),
            }
        }
        OutputShape::Status => "{status: integer}".to_owned(),
    }
}

impl Limits {
    fn signature(self, shape: &Shape<'_>) -> String {
        let mut text = match &shape.kind {
            ShapeKind::Any => "any".to_owned(),
            ShapeKind::Boolean => "boolean".to_owned(),
            ShapeKind::Integer { .. } => "integer".to_owned(),
            ShapeKind::Number { .. } => "number".to_owned(),
            ShapeKind::String(_) => "string".to_owned(),
            ShapeKind::Array { items, .. } => format!("[{}]", self.signature(items)),
            ShapeKind::Object { fields, .. } if fields.is_empty() || self.objects == 0 => {
                "object".to_owned()
            }
            ShapeKind::Object { fields, .. } => {
                let inside = self.inside();
                let member = |field: &Field<'_>| {
                    format!("{}: {}", field.name, inside.signature(&field.shape))
                };
                let members: Vec<_> = fields.iter().map(member).collect();
                format!("{{{}}}", members.join(", "))
            }
            ShapeKind::OneOf(shapes) => {
                let all: Vec<_> = shapes.iter().map(|shape| self.signature(shape)).collect();
                all.join("|")
            }
            ShapeKind::Link(link) => match (self.behind_link(), &link.target().kind) {
                (Some(behind), _) => behind.signature(link.target()),
                (None, ShapeKind::Object { .. }) => "object".to_owned(),
                (None, _) => "any".to_owned(),
            },
        };
        if shape.nullable && !matches!(shape.kind, ShapeKind::Any) {
            text.push_str("|null");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::{Additional, Link, StringRules};

    const TEXT: Shape<'static> = Shape::of(ShapeKind::String(StringRules::ANY));

    const fn field(name: &'static str, shape: Shape<'static>) -> Field<'static> {
        Field {
            name,
            description: "",
            required: false,
            shape,
            default: "",
            example: "",
        }
    }

    const fn object(fields: &'static [Field<'static>]) -> Shape<'static> {
        Shape::of(ShapeKind::Object {
            fields,
            additional: Additional::Closed,
        })
    }

    fn node() -> &'static Shape<'static> {
        const LINK: Shape<'static> = Shape::of(ShapeKind::Link(Link::RustType(node)));
        const NODE: Shape<'static> = object(&[field("id", TEXT), field("parent", LINK)]);
        &NODE
    }

    #[test]
    fn results_have_a_short_notation() {
        const ROLE: Shape<'static> = object(&[field("name", TEXT)]);
        const USER: Shape<'static> = object(&[
            field("username", TEXT),
            field(
                "email",
                Shape {
                    nullable: true,
                    ..TEXT
                },
            ),
            field(
                "roles",
                Shape::of(ShapeKind::Array {
                    items: &ROLE,
                    min_items: None,
                    max_items: None,
                }),
            ),
            field("extra", Shape::of(ShapeKind::Any)),
            field("id", Shape::of(ShapeKind::OneOf(&[TEXT, ROLE]))),
            field("more", object(&[])),
        ]);
        let user = "{username: string, email: string|null, roles: [{name: string}], extra: any, id: string|{name: string}, more: object}";
        let rows = [
            (OutputShape::Json(USER), user.to_owned()),
            (
                OutputShape::List {
                    items: "users",
                    item_type: USER,
                },
                format!(
                    "{{users: [{user}], total_entries: integer|null, next_cursor: string|null}}"
                ),
            ),
            (OutputShape::Json(TEXT), "{result: string}".to_owned()),
            (
                OutputShape::Json(*node()),
                "{id: string, parent: {id: string, parent: object}}".to_owned(),
            ),
            (OutputShape::Text, "{text: string}".to_owned()),
            (OutputShape::Status, "{status: integer}".to_owned()),
        ];
        for (result, expected) in rows {
            assert_eq!(output_signature(&result), expected);
        }
    }
}
