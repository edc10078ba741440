//! Facts about individual constructs, each in a small document.
use mcp_codegen::catalog::{Parameter, ParameterLocation, TypeDef, TypeKind, TypeRef, TypeShape};
use mcp_codegen::openapi::{DocumentSource, OperationFacts, read};

const HEAD: &str = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\nservers: [{url: /base}]\n";

/// Reads the operation `op` of a document that consists of `HEAD` and the text.
fn operation(text: &str) -> Result<OperationFacts, String> {
    let messages = |errors: Vec<mcp_codegen::error::DocumentError>| {
        errors
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let source = DocumentSource {
        name: "x",
        file: "x.yaml",
        text: &format!("{HEAD}{text}"),
        ..DocumentSource::default()
    };
    let document = read(&source).map_err(messages)?;
    document.facts("op").map_err(messages)
}

/// Reads an operation with a query parameter of this schema.
fn query(schema: &str) -> Result<OperationFacts, String> {
    operation(&format!(
        "paths: {{/a: {{get: {{operationId: op, parameters: [{{name: p, in: query, schema: {schema}}}], responses: {{}}}}}}}}"
    ))
}

/// Reads an operation with a JSON body of this schema and with these components.
fn body(schema: &str, components: &str) -> Result<OperationFacts, String> {
    let content = format!("{{application/json: {{schema: {schema}}}}}");
    operation(&format!(
        "paths: {{/a: {{post: {{operationId: op, requestBody: {{required: true, content: {content}}}, responses: {{}}}}}}}}\ncomponents: {{schemas: {{{components}}}}}"
    ))
}

/// Reads an operation with a response of this schema and with these components.
fn response(schema: &str, components: &str) -> Result<OperationFacts, String> {
    operation(&format!(
        "paths: {{/a: {{get: {{operationId: op, responses: {{200: {{description: d, content: {{application/json: {{schema: {schema}}}}}}}}}}}}}}}\ncomponents: {{schemas: {{{components}}}}}"
    ))
}

fn show_type(ty: &TypeRef) -> String {
    let rules = serde_json::to_value(&ty.rules).unwrap();
    let rules: Vec<String> = rules
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| format!(" {key}={value}"))
        .collect();
    let kind = match &ty.kind {
        TypeKind::Array(item) => format!("[{}]", show_type(item)),
        TypeKind::Map(value) => format!("{{{}}}", show_type(value)),
        TypeKind::Named(name) | TypeKind::Boxed(name) => name.clone(),
        kind => format!("{kind:?}").to_lowercase(),
    };
    format!(
        "{kind}{}{}",
        rules.concat(),
        if ty.nullable { " | null" } else { "" }
    )
}

fn show_def(def: &TypeDef) -> String {
    match &def.shape {
        TypeShape::Struct { fields, additional } => {
            let mut members: Vec<String> = fields
                .iter()
                .map(|field| {
                    format!(
                        "{}{}: {}",
                        field.name,
                        if field.required { "" } else { "?" },
                        show_type(&field.ty)
                    )
                })
                .collect();
            members.extend(
                additional
                    .as_ref()
                    .map(|ty| format!("*: {}", show_type(ty))),
            );
            format!("{} {{{}}}", def.rust_name, members.join(", "))
        }
        TypeShape::Enum { values } => {
            let values: Vec<String> = values
                .iter()
                .map(|value| format!("{}={}", value.rust_name, value.name))
                .collect();
            format!("{} [{}]", def.rust_name, values.join(", "))
        }
        TypeShape::Union { variants } => {
            let variants: Vec<String> = variants
                .iter()
                .map(|variant| format!("{}({})", variant.rust_name, show_type(&variant.ty)))
                .collect();
            format!("{} <{}>", def.rust_name, variants.join(", "))
        }
    }
}

fn show_parameter(parameter: &Parameter) -> String {
    let place = match parameter.location {
        ParameterLocation::Query { style } => format!("{style:?}"),
        place => format!("{place:?}"),
    };
    format!(
        "{place} {}{}: {}",
        parameter.field.name,
        if parameter.field.required { "" } else { "?" },
        show_type(&parameter.field.ty)
    )
}

/// Returns parameters, response and types, one line each.
fn show(read: Result<OperationFacts, String>) -> String {
    let facts = match read {
        Ok(facts) => facts,
        Err(message) => return message,
    };
    let mut lines: Vec<String> = facts.parameters.iter().map(show_parameter).collect();
    lines.extend(
        facts
            .body
            .iter()
            .filter(|body| !body.fixed.is_empty())
            .map(|body| {
                format!(
                    "fixed {:?}",
                    body.fixed
                        .iter()
                        .map(|(name, value)| format!("{name}={value}"))
                        .collect::<Vec<_>>()
                )
            }),
    );
    lines.extend(
        facts
            .response
            .iter()
            .map(|ty| format!("-> {}", show_type(ty))),
    );
    lines.extend(facts.types.iter().map(show_def));
    lines.join("; ")
}

#[test]
fn parameters_of_the_query() {
    let rows = [
        (
            "{type: string, format: date-time}",
            "Repeat p?: string format=\"date-time\"",
        ),
        (
            "{anyOf: [{type: array, items: {type: string}}, {type: 'null'}]}",
            "Repeat p?: [string]",
        ),
        ("{}", "Repeat p?: string"),
        (
            "{type: string, enum: [a, -a, '']}",
            "Repeat p?: OpP; OpP [A=a, MinusA=-a, Empty=]",
        ),
        ("{enum: [a, null]}", "Repeat p?: OpP; OpP [A=a]"),
        (
            "{type: integer, enum: [1, 3, 2]}",
            "Repeat p?: integer minimum=1 maximum=3",
        ),
        (
            "{type: integer, enum: [1, 5]}",
            "Repeat p?: integer minimum=1 maximum=5",
        ),
        ("{enum: [1, a]}", "Repeat p?: string"),
        ("{type: boolean, enum: [true, false]}", "Repeat p?: boolean"),
        (
            "{type: integer, exclusiveMinimum: 0, exclusiveMaximum: 9}",
            "Repeat p?: integer minimum=1 maximum=8",
        ),
        (
            "{type: number, exclusiveMinimum: 0, maximum: 2.5}",
            "Repeat p?: number maximum=2.5 exclusive_minimum=0",
        ),
        (
            "{type: number, exclusiveMaximum: 1}",
            "Repeat p?: number maximum=1",
        ),
        ("{type: integer, multipleOf: 2}", "Repeat p?: integer"),
        ("{type: string, not: {const: a}}", "Repeat p?: string"),
        (
            "{type: object, properties: {a: {}}}",
            "Members p?: OpP; OpP {a?: any}",
        ),
        (
            "{$ref: '#/components/schemas/No'}",
            "x.yaml: /paths/~1a/get/parameters/0/schema: `#/components/schemas/No` does not exist in this document",
        ),
        (
            "{$ref: 'other.yaml#/A'}",
            "x.yaml: /paths/~1a/get/parameters/0/schema: `other.yaml#/A` does not exist in this document",
        ),
        (
            "{allOf: [{type: string}, {type: integer}]}",
            "x.yaml: /paths/~1a/get/parameters/0/schema/allOf/1: a tool cannot express `allOf` of string and integer",
        ),
        (
            "{type: [string, integer]}",
            "Repeat p?: OpP; OpP <String(string), Integer(integer)>",
        ),
    ];
    let found = rows.map(|(schema, _)| (schema, show(query(schema))));
    assert_eq!(
        found,
        rows.map(|(schema, expected)| (schema, expected.to_owned()))
    );
}

#[test]
fn how_parameters_are_written() {
    let array = "schema: {type: array, items: {type: string}}";
    let rows = [
        (format!("{{name: p, in: query, {array}}}"), "Repeat p?: [string]"),
        (format!("{{name: p, in: query, explode: false, {array}}}"), "Comma p?: [string]"),
        (format!("{{name: p, in: query, style: spaceDelimited, {array}}}"), "Space p?: [string]"),
        (format!("{{name: p, in: query, style: pipeDelimited, explode: false, {array}}}"), "Pipe p?: [string]"),
        (format!("{{name: p, in: query, style: pipeDelimited, explode: true, {array}}}"), "Repeat p?: [string]"),
        ("{name: p, in: query, style: deepObject, schema: {type: object, additionalProperties: {type: string}}}".to_owned(), "Deep p?: {string}"),
        ("{name: X-A, in: header, required: true, schema: {type: string}}".to_owned(), "Header X-A: string"),
        ("{name: Accept, in: header, schema: {type: string}}".to_owned(), ""),
        ("{name: authorization, in: header, schema: {type: string}}".to_owned(), ""),
        ("{name: p, in: cookie, schema: {type: string}}".to_owned(), "Cookie p?: string"),
        ("{name: p, in: query, content: {application/json: {}}}".to_owned(), "x.yaml: /paths/~1a/get/parameters/0: a tool cannot express a parameter with `content`"),
        ("{name: p, in: path, required: true, schema: {type: string}}".to_owned(), "x.yaml: /paths/~1a/get: parameter `p` is not in the path"),
        ("{$ref: '#/components/parameters/No'}".to_owned(), "x.yaml: /paths/~1a/get/parameters/0: `#/components/parameters/No` does not exist in this document"),
    ];
    for (parameter, expected) in rows {
        let read = operation(&format!(
            "paths: {{/a: {{get: {{operationId: op, parameters: [{parameter}], responses: {{}}}}}}}}"
        ));
        assert_eq!(show(read), expected, "{parameter}");
    }
}

#[test]
fn parameters_of_the_path() {
    let text = "
paths:
  /a/{x}/{y}/{z}:
    parameters:
      - { name: x, in: path, required: true, description: shared, schema: { type: string } }
      - { name: y, in: path, required: true, schema: { const: '~ b' } }
      - { name: q, in: query, schema: { type: string } }
    get:
      operationId: op
      parameters:
        - { name: q, in: query, required: true, schema: { type: integer } }
        - { $ref: '#/components/parameters/Z' }
        - { name: x, in: query, schema: { type: boolean } }
      responses: {}
components: { parameters: { Z: { name: z, in: path, required: true, schema: { type: string, format: path } } } }
";
    let facts = operation(text).unwrap();
    assert_eq!(facts.path, "/base/a/{x}/~%20b/{z}");
    let expected = "Path { slash: false } x: string; Repeat q: integer; Path { slash: true } z: string format=\"path\"; Repeat x?: boolean";
    assert_eq!(show(Ok(facts)), expected);
    let undeclared = operation("paths: {'/a/{x}': {get: {operationId: op, responses: {}}}}");
    assert_eq!(
        show(undeclared),
        "x.yaml: /paths/~1a~1{x}/get: path parameter `x` is not declared"
    );
}

#[test]
fn bodies() {
    let rows = [
        (
            "{properties: {a: {anyOf: [{type: string, readOnly: true}, {type: integer, readOnly: true}]}, b: {oneOf: [{type: string, readOnly: true}, {type: integer}, {type: boolean}]}}}",
            "",
            "Body b?: OpB; OpB <Integer(integer), Boolean(boolean)>",
        ),
        (
            "{type: object, required: [a], properties: {a: {type: string}, b: {type: [integer, 'null']}}}",
            "",
            "Body a: string; Body b?: integer | null",
        ),
        (
            "{type: object, required: [a, k], properties: {k: {const: x}, a: {type: string}, o: {const: y}}}",
            "",
            "Body a: string; Body o?: OpO; fixed [\"k=\\\"x\\\"\"]; OpO [Y=y]",
        ),
        (
            "{type: object, additionalProperties: true}",
            "",
            "WholeBody body: {any}",
        ),
        (
            "{type: object, properties: {a: {}}, additionalProperties: {type: string}}",
            "",
            "WholeBody body: OpBody; OpBody {a?: any, *: string}",
        ),
        (
            "{type: object, properties: {}, additionalProperties: false}",
            "",
            "",
        ),
        (
            "{type: array, items: {type: object, properties: {a: {}}}, minItems: 1}",
            "",
            "WholeBody body: [OpBodyItem] min_items=1; OpBodyItem {a?: any}",
        ),
        ("{}", "", "WholeBody body: any"),
        (
            "{oneOf: [{$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/B'}]}",
            "A: {type: object, properties: {a: {}}}, B: {type: string}",
            "WholeBody body: OpBody; OpBody <A(A), String(string)>; A {a?: any}",
        ),
        (
            "{anyOf: [{$ref: '#/components/schemas/A'}, {type: 'null'}]}",
            "A: {type: object, properties: {a: {type: string}}}",
            "Body a?: string",
        ),
        (
            "{allOf: [{$ref: '#/components/schemas/A'}, {properties: {b: {type: string, writeOnly: true}}, required: [b, a]}]}",
            "A: {type: object, properties: {a: {type: integer}, r: {type: string, readOnly: true}}}",
            "Body a: integer; Body b: string",
        ),
        (
            "{type: object, minProperties: 1, properties: {a: {}}}",
            "",
            "Body a?: any",
        ),
        (
            "{type: object, properties: {a: {type: array, uniqueItems: true}}}",
            "",
            "Body a?: [any]",
        ),
        (
            "{anyOf: [{type: string}, {type: integer}], oneOf: [{type: string}, {type: boolean}]}",
            "",
            "x.yaml: /paths/~1a/post/requestBody/content/application~1json/schema: a tool cannot express `oneOf` beside other alternatives",
        ),
        // All parts of an `allOf` in an alternative apply.
        (
            "{type: object, properties: {o: {type: object, properties: {k: {}}, anyOf: [{allOf: [{properties: {a: {type: string, minLength: 2}}}, {properties: {a: {maxLength: 5}}}]}]}}}",
            "",
            "Body o?: OpO; OpO {k?: any, a?: string min_length=2 max_length=5}",
        ),
        (
            "{type: object, properties: {a: {type: object, properties: {s: {type: string, format: password}}, anyOf: [{required: [s]}, {required: [t]}]}}}",
            "",
            "Body a?: OpA; OpA {s?: string format=\"password\"}",
        ),
    ];
    for (schema, components, expected) in rows {
        assert_eq!(show(body(schema, components)), expected, "{schema}");
    }
}

#[test]
fn a_body_that_can_be_left_out_requires_nothing() {
    let read = operation(
        "paths: {/a: {post: {operationId: op, requestBody: {content: {application/json: {schema: {required: [a], properties: {a: {type: string}}}}}}, responses: {}}}}",
    );
    assert_eq!(show(read), "Body a?: string");
}

#[test]
fn bodies_of_other_media_types() {
    let rows = [
        (
            "application/merge-patch+json: {schema: {properties: {a: {}}}}",
            "application/merge-patch+json",
            "Body a?: any",
        ),
        (
            "text/plain: {schema: {type: string}}",
            "text/plain",
            "WholeBody body: string",
        ),
        ("text/plain: {}", "text/plain", "WholeBody body: string"),
        (
            "text/plain: {}, application/json: {schema: {properties: {a: {}}}}",
            "application/json",
            "Body a?: any",
        ),
    ];
    for (content, media_type, expected) in rows {
        let facts = operation(&format!("paths: {{/a: {{post: {{operationId: op, requestBody: {{required: true, content: {{{content}}}}}, responses: {{}}}}}}}}")).unwrap();
        assert_eq!(facts.body.as_ref().unwrap().media_type, media_type);
        assert_eq!(show(Ok(facts)), expected, "{content}");
    }
    let form = operation(
        "paths: {/a: {post: {operationId: op, requestBody: {content: {multipart/form-data: {schema: {type: object, properties: {a: {}}}}}}, responses: {}}}}",
    );
    assert_eq!(show(form), "Body a?: any");
}

#[test]
fn input_and_output_differ_where_they_must() {
    let components = "A: {type: object, required: [id], properties: {id: {type: string, readOnly: true}, b: {$ref: '#/components/schemas/B'}, s: {type: string, writeOnly: true}}}, B: {type: object, properties: {n: {anyOf: [{type: string, readOnly: true}, {type: 'null'}]}, m: {type: string}}}, C: {type: object, properties: {c: {type: string}}}";
    let text = format!(
        "paths: {{/a: {{put: {{operationId: op, requestBody: {{required: true, content: {{application/json: {{schema: {{properties: {{a: {{$ref: '#/components/schemas/A'}}, c: {{$ref: '#/components/schemas/C'}}}}}}}}}}}}, responses: {{200: {{description: d, content: {{application/json: {{schema: {{properties: {{a: {{$ref: '#/components/schemas/A'}}, c: {{$ref: '#/components/schemas/C'}}}}}}}}}}}}}}}}}}}}\ncomponents: {{schemas: {{{components}}}}}"
    );
    let expected = "Body a?: AInput; Body c?: C; -> OpResponse; OpResponse {a?: A, c?: C}; A {id: string, b?: B}; AInput {b?: BInput, s?: string}; B {n?: string | null, m?: string}; BInput {m?: string}; C {c?: string}";
    assert_eq!(show(operation(&text)), expected);
}

#[test]
fn responses() {
    let rows = [
        (
            "{$ref: '#/components/schemas/A'}",
            "A: {type: object, properties: {e: {type: string, enum: [x]}, o: {type: object, properties: {p: {}}}}}",
            "-> A; A {e?: AE, o?: AO}; AE [X=x]; AO {p?: any}",
        ),
        ("{type: array, items: {type: string}}", "", "-> [string]"),
        (
            "{type: array, prefixItems: [{type: string}, {type: integer}], items: false}",
            "",
            "-> [OpResponseItem] max_items=2; OpResponseItem <String(string), Integer(integer)>",
        ),
        ("{type: integer, enum: [1, 7]}", "", "-> integer"),
        (
            "{type: object, properties: {a: {type: object}, b: {type: array, uniqueItems: true, items: {type: [string, 'null']}}}}",
            "",
            "-> OpResponse; OpResponse {a?: {any}, b?: [string | null]}",
        ),
        (
            "{anyOf: [{type: array, items: {type: string}}, {type: array, items: {type: string}}]}",
            "",
            "-> [string]",
        ),
        (
            "{anyOf: [{type: string}, {const: default, type: string}]}",
            "",
            "-> OpResponse; OpResponse <String(string), Default(OpResponseDefault)>; OpResponseDefault [Default=default]",
        ),
        (
            "{oneOf: [{type: object, title: One, properties: {a: {}}}, {type: object, properties: {b: {}}}]}",
            "",
            "-> OpResponse; OpResponse <One(OpResponseOne), Variant2(OpResponseVariant2)>; OpResponseOne {a?: any}; OpResponseVariant2 {b?: any}",
        ),
        (
            "{anyOf: [{type: string}, {anyOf: [{type: integer}, {type: 'null'}, {type: string}]}]}",
            "",
            "-> OpResponse | null; OpResponse <String(string), Integer(integer)>",
        ),
        (
            "{$ref: '#/components/schemas/option'}",
            "option: {type: object, properties: {type: {}, Type: {}}}",
            "-> OptionType; OptionType {type?: any, Type?: any}",
        ),
    ];
    for (schema, components, expected) in rows {
        assert_eq!(show(response(schema, components)), expected, "{schema}");
    }
}

#[test]
fn answers() {
    let rows = [
        ("204: {description: d}", "None []"),
        (
            "200: {description: d, content: {text/plain: {schema: {type: string}}}}",
            "None [\"text/plain\"]",
        ),
        (
            "200: {description: d, content: {text/plain: {}, application/json: {schema: {type: string}}}}",
            "Some(\"string\") [\"text/plain\", \"application/json\"]",
        ),
        (
            "200: {description: d, content: {application/json: {}}}",
            "Some(\"any\") [\"application/json\"]",
        ),
        (
            "204: {description: d}, 200: {$ref: '#/components/responses/R'}",
            "Some(\"integer\") [\"a/b+json\"]",
        ),
        (
            "2XX: {description: d, content: {application/json: {schema: {type: boolean}}}}, 404: {description: d}",
            "Some(\"boolean\") [\"application/json\"]",
        ),
        (
            "default: {description: d, content: {application/json: {}}}",
            "None []",
        ),
        (
            "307: {description: d, content: {application/json: {}}}",
            "None []",
        ),
    ];
    for (responses, expected) in rows {
        let facts = operation(&format!("paths: {{/a: {{get: {{operationId: op, responses: {{{responses}}}}}}}}}\ncomponents: {{responses: {{R: {{description: d, content: {{a/b+json: {{schema: {{type: integer}}}}}}}}}}}}")).unwrap();
        assert_eq!(
            format!(
                "{:?} {:?}",
                facts.response.as_ref().map(show_type),
                facts.response_media
            ),
            expected,
            "{responses}"
        );
    }
}

#[test]
fn circles_end() {
    let rows = [
        (
            "A: {type: object, properties: {a: {$ref: '#/components/schemas/A'}, n: {type: string}}}",
            "-> A; A {a?: A, n?: string}",
        ),
        (
            "B: {type: object, properties: {a: {$ref: '#/components/schemas/A'}}}, A: {type: object, properties: {b: {type: array, items: {$ref: '#/components/schemas/B'}}}}",
            "-> A; A {b?: [B]}; B {a?: A}",
        ),
        (
            "A: {type: object, properties: {b: {$ref: '#/components/schemas/B'}}}, B: {type: object, properties: {a: {$ref: '#/components/schemas/A'}, s: {type: string}}}",
            "-> A; A {b?: B}; B {a?: A, s?: string}",
        ),
        (
            "A: {anyOf: [{type: string}, {type: array, items: {$ref: '#/components/schemas/A'}}]}",
            "-> A; A <String(string), AArray([A])>",
        ),
        (
            "A: {allOf: [{$ref: '#/components/schemas/B'}, {properties: {x: {type: string}}}]}, B: {type: object, properties: {a: {$ref: '#/components/schemas/A'}}}",
            "-> A; A {a?: A, x?: string}",
        ),
        (
            "A: {allOf: [{$ref: '#/components/schemas/A'}, {type: object}]}",
            "x.yaml: /components/schemas/A/allOf/0: a tool cannot express `A` as a part of itself",
        ),
        (
            "A: {$ref: '#/components/schemas/A'}",
            "x.yaml: /components/schemas/A: a tool cannot express `A` as a part of itself",
        ),
        (
            "A: {anyOf: [{$ref: '#/components/schemas/A'}, {type: string}]}",
            "x.yaml: /components/schemas/A/anyOf/0: a tool cannot express `A` as a part of itself",
        ),
        (
            "A: {type: object, properties: {a: {allOf: [{$ref: '#/components/schemas/A'}, {properties: {b: {}}}]}}}",
            "x.yaml: /components/schemas/A/properties/a: a tool cannot express nesting without end",
        ),
    ];
    for (components, expected) in rows {
        assert_eq!(
            show(response("{$ref: '#/components/schemas/A'}", components)),
            expected,
            "{components}"
        );
    }
}

#[test]
fn what_is_said_about_parameters() {
    let text = "
paths:
  /a:
    post:
      operationId: op
      summary: ' S '
      description: D
      parameters:
        - { name: a, in: query, example: 1, schema: { type: integer, default: 5, examples: [7] } }
        - { name: b, in: query, schema: { $ref: '#/components/schemas/B' } }
        - { name: c, in: query, examples: { one: { value: x } }, schema: { type: string, default: null } }
      requestBody:
        required: true
        content:
          application/json:
            example: { p: from the body, n: null }
            schema: { properties: { p: { type: string, format: password, description: ' P ' }, n: { type: [string, 'null'], default: null }, w: { type: string, writeOnly: true }, b: { $ref: '#/components/schemas/B', default: y } } }
      responses: {}
components: { schemas: { B: { type: string, enum: [x, y], description: of B, default: x } } }
";
    let facts = operation(text).unwrap();
    let said = facts.parameters.iter().map(|p| {
        let json = |value: &Option<serde_json::Value>| {
            value.as_ref().map(ToString::to_string).unwrap_or_default()
        };
        format!(
            "{} {}|{}|{}|{}|{}",
            p.field.name,
            p.field.rust_name,
            p.field.description,
            json(&p.field.default),
            json(&p.field.example),
            p.secret
        )
    });
    let expected = [
        "a a||5|1|false",
        "b b|of B|\"x\"||false",
        "c c|||\"x\"|false",
        "p p|P|||true",
        "n n||||false",
        "w w||||true",
        "b b2|of B|\"y\"||false",
    ];
    assert_eq!(said.collect::<Vec<_>>(), expected);
    assert_eq!(
        (facts.summary.as_str(), facts.description.as_str()),
        ("S", "D")
    );
}

#[test]
fn an_unknown_operation_is_an_error() {
    assert_eq!(
        show(operation("paths: {}")),
        "x.yaml: the document has no operation `op`"
    );
}
