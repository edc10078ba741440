//! Table of constructs: published form and normalised form.

#![allow(clippy::unwrap_used)]

use serde_json::Value;

use super::{document, schema};
use crate::openapi::model::{Referable, Schema};

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

#[test]
fn schemas() {
    let rows = [
        // null
        (
            "{anyOf: [{type: string, minLength: 1}, {type: 'null'}], title: T}",
            "{title: T, nullable: true, type: string, minLength: 1}",
        ),
        (
            "{oneOf: [{type: 'null'}, {type: integer}]}",
            "{nullable: true, type: integer}",
        ),
        (
            "{anyOf: [{const: null}, {enum: [a]}]}",
            "{nullable: true, enum: [a]}",
        ),
        (
            "{anyOf: [{type: string}, {type: integer}, {type: 'null'}]}",
            "{anyOf: [{type: string}, {type: integer}], nullable: true}",
        ),
        (
            "{anyOf: [{$ref: '#/c/A'}, {type: 'null'}], default: x}",
            "{default: x, nullable: true, allOf: [{$ref: '#/c/A'}]}",
        ),
        (
            "{anyOf: [{type: string, writeOnly: true, description: inner}, {type: 'null'}], description: outer}",
            "{description: outer, nullable: true, type: string, writeOnly: true}",
        ),
        (
            "{minLength: 1, anyOf: [{type: string, minLength: 2}]}",
            "{minLength: 1, allOf: [{type: string, minLength: 2}]}",
        ),
        ("{anyOf: [{type: string}]}", "{type: string}"),
        (
            "{anyOf: [{type: 'null'}]}",
            "{type: 'null', nullable: true}",
        ),
        ("{type: [string, 'null']}", "{type: string, nullable: true}"),
        ("{type: [string]}", "{type: string}"),
        ("{type: ['null']}", "{type: 'null', nullable: true}"),
        (
            "{type: [string, integer, 'null'], minLength: 1, minimum: 0.0, description: d}",
            "{description: d, nullable: true, anyOf: [{type: string, minLength: 1}, {type: integer, minimum: 0}]}",
        ),
        (
            "{type: [array, string], items: {type: string}, anyOf: [{title: a}, {title: b}]}",
            "{anyOf: [{title: a}, {title: b}], allOf: [{anyOf: [{type: array, items: {type: string}}, {type: string}]}]}",
        ),
        // const
        (
            "{const: '~', type: string}",
            "{type: string, enum: ['~'], x-const: '~'}",
        ),
        ("{const: 3}", "{type: integer, enum: [3], x-const: 3}"),
        (
            "{const: true}",
            "{type: boolean, enum: [true], x-const: true}",
        ),
        // limits
        (
            "{type: integer, exclusiveMinimum: 0}",
            "{type: integer, minimum: 0, exclusiveMinimum: true}",
        ),
        (
            "{type: number, exclusiveMaximum: 2.5}",
            "{type: number, maximum: 2.5, exclusiveMaximum: true}",
        ),
        (
            "{type: number, exclusiveMinimum: 0, minimum: 1}",
            "{type: number, minimum: 1}",
        ),
        (
            "{type: number, exclusiveMinimum: 1, minimum: 0}",
            "{type: number, minimum: 1, exclusiveMinimum: true}",
        ),
        (
            "{type: integer, exclusiveMinimum: true, minimum: 0}",
            "{type: integer, exclusiveMinimum: true, minimum: 0}",
        ),
        (
            "{type: integer, minimum: 1.0, maximum: 2.0}",
            "{type: integer, minimum: 1, maximum: 2}",
        ),
        (
            "{type: number, minimum: 1.0}",
            "{type: number, minimum: 1.0}",
        ),
        (
            "{type: string, minLength: 1.0}",
            "{type: string, minLength: 1}",
        ),
        // $ref
        ("{$ref: '#/c/A'}", "{$ref: '#/c/A'}"),
        (
            "{$ref: '#/c/A', nullable: true}",
            "{nullable: true, allOf: [{$ref: '#/c/A'}]}",
        ),
        (
            "{$ref: '#/c/A', allOf: [{type: object}]}",
            "{allOf: [{$ref: '#/c/A'}, {type: object}]}",
        ),
        // tuples
        (
            "{type: array, prefixItems: [{type: string}, {type: integer}], minItems: 2, maxItems: 2}",
            "{type: array, minItems: 2, maxItems: 2, items: {anyOf: [{type: string}, {type: integer}]}}",
        ),
        (
            "{prefixItems: [{type: string}, {type: string}], items: false}",
            "{maxItems: 2, items: {type: string}}",
        ),
        (
            "{prefixItems: [{type: string}], items: {type: [integer, 'null']}}",
            "{items: {anyOf: [{type: string}, {type: integer, nullable: true}]}}",
        ),
        ("{prefixItems: [{type: string}]}", "{items: {}}"),
        // annotations
        (
            "{default: null, example: null}",
            "{default: null, example: null}",
        ),
        ("{examples: [a, b]}", "{example: a, examples: [a, b]}"),
        (
            "{$comment: c, contentEncoding: base64, $defs: {}}",
            "{$comment: c, contentEncoding: base64, $defs: {}}",
        ),
        ("true", "{}"),
        ("false", "{not: {}}"),
        // Names of properties are not keywords, and values are not schemas.
        (
            "{properties: {const: {type: [string, 'null']}, default: {const: a}, anyOf: {type: string}}}",
            "{properties: {const: {type: string, nullable: true}, default: {type: string, enum: [a], x-const: a}, anyOf: {type: string}}}",
        ),
        (
            "{default: {const: 1, type: [a]}, example: {examples: [1]}, enum: [{const: 1}]}",
            "{default: {const: 1, type: [a]}, example: {examples: [1]}, enum: [{const: 1}]}",
        ),
        // All places of subschemas.
        (
            "{items: {const: a}}",
            "{items: {type: string, enum: [a], x-const: a}}",
        ),
        (
            "{unevaluatedProperties: false}",
            "{additionalProperties: false}",
        ),
        (
            "{unevaluatedProperties: {type: [string]}, additionalProperties: true}",
            "{additionalProperties: true}",
        ),
        (
            "{additionalProperties: {type: [string]}}",
            "{additionalProperties: {type: string}}",
        ),
        (
            "{additionalProperties: false}",
            "{additionalProperties: false}",
        ),
        (
            "{allOf: [{type: [string]}], not: {type: [integer]}}",
            "{allOf: [{type: string}], not: {type: integer}}",
        ),
    ];
    for (published, expected) in rows {
        let mut value = yaml(published);
        schema(&mut value);
        assert_eq!(value, yaml(expected), "{published}");
        let model = Referable::<Schema>::from(value);
        assert!(!matches!(model, Referable::Unreadable(_)), "{published}");
    }
}

#[test]
fn documents() {
    let head = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\n";
    let rows = [
        ("webhooks: {}", "webhooks: {}\npaths: {}"),
        (
            "paths: {/a: {get: {operationId: a, responses: {}, callbacks: {c: {}}}, delete: {}}}",
            "paths: {/a: {get: {operationId: a, responses: {}, callbacks: {c: {}}}, delete: {operationId: delete_a}}}",
        ),
        (
            "paths: {/a: {parameters: [{name: p, in: query, schema: {type: [string]}}], get: {operationId: o, parameters: [{name: q, in: query, schema: {const: a}}], responses: {}}}}",
            "paths: {/a: {parameters: [{name: p, in: query, schema: {type: string}}], get: {operationId: o, parameters: [{name: q, in: query, schema: {type: string, enum: [a], x-const: a}}], responses: {}}}}",
        ),
        (
            "paths: {/a: {post: {operationId: o, requestBody: {content: {application/json: {schema: {type: [object]}, example: null}}}, responses: {200: {description: d, headers: {h: {schema: {type: [string]}}}, content: {a/b: {schema: true}}}}}}}",
            "paths: {/a: {post: {operationId: o, requestBody: {content: {application/json: {schema: {type: object}, example: null}}}, responses: {200: {description: d, headers: {h: {schema: {type: [string]}}}, content: {a/b: {schema: {}}}}}}}}",
        ),
        (
            "paths: {/a: {get: {operationId: o, parameters: [{$ref: '#/components/parameters/P', description: own}], responses: {}}}}\ncomponents: {parameters: {P: {name: p, in: query, description: d, schema: {type: [string]}}}}",
            "paths: {/a: {get: {operationId: o, parameters: [{name: p, in: query, description: own, schema: {type: string}}], responses: {}}}}\ncomponents: {parameters: {P: {name: p, in: query, description: d, schema: {type: string}}}}",
        ),
        (
            "paths: {/a: {$ref: '#/components/pathItems/I', summary: s}}\ncomponents: {pathItems: {I: {get: {operationId: o, responses: {}}}}}",
            "paths: {/a: {get: {operationId: o, responses: {}}, summary: s}}\ncomponents: {pathItems: {I: {get: {operationId: o, responses: {}}}}}",
        ),
        (
            "paths: {}\ncomponents: {requestBodies: {B: {content: {a/b: {schema: {const: a}}}}}, responses: {R: {description: d, content: {a/b: {schema: {type: [string]}}}}}}",
            "paths: {}\ncomponents: {requestBodies: {B: {content: {a/b: {schema: {type: string, enum: [a], x-const: a}}}}}, responses: {R: {description: d, content: {a/b: {schema: {type: string}}}}}}",
        ),
    ];
    for (published, expected) in rows {
        let mut value = yaml(&format!("{head}{published}"));
        document(&mut value);
        assert_eq!(value, yaml(&format!("{head}{expected}")), "{published}");
    }
}
