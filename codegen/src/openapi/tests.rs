//! Tests of whole documents.
#![allow(clippy::unwrap_used)]

use super::{Document, DocumentSource, read};
use crate::error::DocumentError;

fn document(text: &str) -> Result<Document, Vec<DocumentError>> {
    read(&DocumentSource {
        name: "x",
        file: "x.yaml",
        text,
        ..DocumentSource::default()
    })
}

#[test]
fn operations_come_in_the_order_of_the_document() {
    let text = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths:\n  /b:\n    delete: {operationId: d, summary: S, deprecated: true, responses: {}}\n    get: {operationId: g, servers: [{url: /own}], responses: {}}\n  /a/{x}:\n    servers: [{url: /p}]\n    post: {operationId: p, responses: {}}\n";
    let document = document(text).unwrap();
    let made: Vec<String> = document
        .operations
        .iter()
        .map(|o| {
            format!(
                "{} {} {} {} {} {}",
                o.id, o.http, o.path, o.pointer, o.deprecated, o.summary
            )
        })
        .collect();
    assert_eq!(
        made,
        [
            "d delete /b /paths/~1b/delete true S",
            "g get /own/b /paths/~1b/get false ",
            "p post /p/a/{x} /paths/~1a~1{x}/post false "
        ]
    );
}

#[test]
fn documents_that_cannot_be_used_say_why() {
    let head = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\n";
    let rows = [
        (
            "swagger: '2.0'".to_owned(),
            "x.yaml: /swagger: Swagger 2.0 is not supported; convert the document to OpenAPI 3",
        ),
        (
            "openapi: 4.0.0".to_owned(),
            "x.yaml: /openapi: version `4.0.0` is not supported; use 3.0 or 3.1",
        ),
        (
            "[]".to_owned(),
            "x.yaml: /openapi: version `` is not supported; use 3.0 or 3.1",
        ),
        (
            format!("{head}paths: {{/a: {{$ref: other.yaml}}}}"),
            "x.yaml: /paths/~1a: `other.yaml` does not exist in this document",
        ),
        (format!("{head}paths: []"), "x.yaml: /paths: must be a map"),
        (
            format!("{head}components: {{schemas: []}}"),
            "x.yaml: /components: invalid type: sequence, expected a map",
        ),
    ];
    for (text, expected) in rows {
        let errors = document(&text).unwrap_err();
        assert_eq!(
            errors.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [expected]
        );
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_what_has_it() {
    let head = "openapi: 3.1.0\ninfo: {}\n";
    let rows = [
        // Two operations with the same ID, and one without an ID.
        (
            "paths: {/a: {get: {operationId: a, responses: {}}, put: {operationId: a, responses: {}}, post: {}}}",
            "a: ; put_a: ; post_a: ",
        ),
        (
            "paths: {/a: {get: {parameters: [{name: x, in: query}]}, put: {}}}",
            "get_a: /paths/~1a/get/parameters/0: neither `schema` nor `content`; put_a: ",
        ),
        (
            "paths: {/a: {get: {parameters: [{name: x}]}, put: {}}}",
            "get_a: /paths/~1a/get/parameters/0: missing field `in`; put_a: ",
        ),
        (
            "paths: {/a: {get: {tags: 1}, put: {}}}",
            "get_a: /paths/~1a/get: invalid type: number, expected a sequence; put_a: ",
        ),
        (
            "paths: {/a: {get: {sumary: s}, put: {}}}",
            "get_a: /paths/~1a/get: `sumary` is not supported; put_a: ",
        ),
        (
            "paths: {/a: {paramters: [], get: {}}}",
            "get_a: /paths/~1a/get: `paramters` is not supported",
        ),
        (
            "paths: {/a: {get: {responses: {200: {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}}, put: {}}}\ncomponents: {schemas: {A: {properties: {b: {type: {}}}}}}",
            "get_a: /components/schemas/A/properties/b: invalid type: map, expected a string; put_a: ",
        ),
        // Parts that do not matter for a call may be invalid.
        (
            "paths: {/a: {get: {responses: {200: {description: d, headers: {H: {descripton: x, schema: {}}}}}}}}\ntags: [{nam: x, name: y}]",
            "get_a: ",
        ),
    ];
    for (text, expected) in rows {
        let document = document(&format!("{head}{text}")).unwrap();
        let each = document.operations.iter().map(|operation| {
            let errors = operation.facts.as_ref().err();
            let errors = errors.into_iter().flatten().map(ToString::to_string);
            let errors: Vec<String> = errors.collect();
            let errors = errors.join(" and ").replace("x.yaml: ", "");
            format!("{}: {errors}", operation.id)
        });
        assert_eq!(each.collect::<Vec<_>>().join("; "), expected, "{text}");
    }
}
