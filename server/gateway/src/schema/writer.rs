//! Writes the schemas of Rust types for the checks in the parent module: of the management API and of the configuration file.

use runtime::Shape;
use runtime::schema::{Additional, Field, Kind, StringRules, bounds, type_name};
use serde_json::{Map, Value, json};

/// Writer of schemas.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SchemaWriter {
    /// Shapes that are written as references to `components.schemas`, with their names there.
    pub(crate) components: &'static [(&'static str, Shape)],
}

impl SchemaWriter {
    /// Returns the schema of a shape: a reference if the shape has a name.
    pub(crate) fn schema(self, shape: &Shape) -> Value {
        match self.components.iter().find(|(_, named)| named == shape) {
            Some((name, _)) => reference(name),
            None => self.definition(shape),
        }
    }

    /// Returns the schema of a shape, also if the shape has a name.
    pub(crate) fn definition(self, shape: &Shape) -> Value {
        let mut schema = json!({"type": type_name(&shape.kind)});
        match &shape.kind {
            Kind::String(rules) => add(&mut schema, string(rules)),
            Kind::Array { items, .. } => schema["items"] = self.schema(items),
            Kind::Object { fields, additional } => {
                add(&mut schema, self.object(fields, additional));
            }
            Kind::OneOf(shapes) => schema = self.one_of(shapes),
            Kind::Any | Kind::Link(_) => schema = json!({}),
            _ => {}
        }
        if let Value::Object(schema) = &mut schema {
            schema.extend(bounds(&shape.kind));
        }
        if shape.nullable {
            schema["type"] = json!([schema["type"], "null"]);
        }
        schema
    }

    fn one_of(self, shapes: &[Shape]) -> Value {
        let variants = shapes.iter().map(|shape| self.schema(shape));
        if shapes.iter().all(Shape::is_object) {
            let variants: Vec<_> = variants.collect();
            return json!({"discriminator": {"propertyName": "type"}, "oneOf": variants});
        }
        // Each keyword restricts the values of one type, so that the schemas of different types can be merged.
        let (mut merged, mut types) = (Map::new(), Vec::new());
        for variant in variants {
            types.push(variant["type"].clone());
            merged.extend(variant.as_object().cloned().unwrap_or_default());
        }
        merged.insert("type".to_owned(), Value::from(types));
        Value::Object(merged)
    }

    fn object(
        self,
        fields: &'static [Field],
        additional: &Additional,
    ) -> [(&'static str, Option<Value>); 3] {
        let fields = flattened(fields);
        let required = fields.iter().filter(|field| field.required);
        let required: Vec<_> = required.map(|field| field.name).collect();
        let properties = fields.iter().map(|field| {
            let mut schema = self.schema(&field.shape);
            let example = serde_json::from_str::<Value>(field.example).ok();
            add(
                &mut schema,
                [
                    ("description", text(field.description)),
                    ("examples", example.map(|example| json!([example]))),
                ],
            );
            (field.name.to_owned(), schema)
        });
        let properties: Map<_, _> = properties.collect();
        let others = match additional {
            Additional::Closed => Value::from(false),
            Additional::Open(shape) => self.schema(shape),
        };
        [
            (
                "properties",
                (!properties.is_empty()).then_some(Value::Object(properties)),
            ),
            (
                "required",
                (!required.is_empty()).then(|| Value::from(required)),
            ),
            ("additionalProperties", Some(others)),
        ]
    }
}

/// Returns a reference to a named schema.
pub(crate) fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn string(rules: &StringRules) -> [(&'static str, Option<Value>); 3] {
    let values = match rules.values {
        [] => ("enum", None),
        [one] => ("const", Some(Value::from(*one))),
        values => ("enum", Some(Value::from(values))),
    };
    let is_secret = rules.format == "password";
    [
        values,
        ("format", text(rules.format)),
        ("writeOnly", is_secret.then_some(Value::from(true))),
    ]
}

/// Returns the fields of an object. A field without a name stands for the fields of its type.
pub(crate) fn flattened(fields: &'static [Field]) -> Vec<&'static Field> {
    let fields = fields.iter().map(|field| match field.shape.kind {
        Kind::Object { fields, .. } if field.name.is_empty() => flattened(fields),
        _ => vec![field],
    });
    fields.flatten().collect()
}

fn text(text: &str) -> Option<Value> {
    (!text.is_empty()).then(|| Value::from(text))
}

/// Adds the members that have a value.
fn add<const N: usize>(schema: &mut Value, members: [(&str, Option<Value>); N]) {
    for (name, value) in members {
        if let Some(value) = value {
            schema[name] = value;
        }
    }
}
