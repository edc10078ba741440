//! A small API in which each text that a test replaces occurs once.

use mcp_codegen::Input;

pub(crate) const APIS: &str = "\
names:
  list: list_{resource}
  get: get_{resource}
  create: create_{resource}
  update: update_{resource}
  delete: delete_{resource}
  other: '{verb}_{resource}'
documents:
  - { name: shop, source: specs/openapi/shop.yaml }
apis:
  - name: shop
    title: Shop
    documents: [shop]
    version: { get: /v1/version, version: /version }
    sign_in: { basic: {} }
    pagination: [{ limit: limit, offset: offset, max: 50 }]
    mask: { parameter: mask, style: comma }
    errors: { detail: [/detail], title: [], hints: [] }
";

/// Entry of the last tool.
pub(crate) const REMOVE: &str = "
  - method: remove
    resource: item
    title: Remove an item
    description: Remove one.
    operations: { shop: remove }
    effect: [not_idempotent]
";

pub(crate) const TOOLS: &str = "\
toolset: things
tags: [stock]
description: What there is.
tools:
  - method: list
    resource: things
    title: List things
    description: List what there is.
    operations: { shop: list_things }
    summary: [name, price]
    filters:
      - { name: state, unique: false }
      - { name: label, field: maker }

  - method: get
    resource: thing
    title: Get a thing
    description: Get a thing by name.
    operations: { shop: get_thing }

  - method: send
    resource: parcel
    renamed_from: send_box
    title: Send a parcel
    description: Send it.
    operations: { shop: send }
    parameters:
      - { name: code, secret: true, reason: A code. }
      - { name: greeting, when_omitted: { note: \"gift\" }, reason: Always. }
    omit:
      - { names: [greeting], reason: Always the same. }

  - method: remove
    resource: item
    title: Remove an item
    description: Remove one.
    operations: { shop: remove }
    effect: [not_idempotent]
";

pub(crate) const DOCUMENT: &str = "\
openapi: 3.0.3
info: { title: Shop, version: '1' }
paths:
  /v1/things:
    get:
      operationId: list_things
      parameters:
        - { name: limit, in: query, schema: { type: integer } }
        - { name: offset, in: query, schema: { type: integer } }
        - { name: order_by, in: query, description: d, schema: { type: string } }
      responses:
        '200': { description: ok, content: { application/json: { schema: { $ref: '#/components/schemas/Things' } } } }
  /v1/things/{name}:
    parameters:
      - { name: name, in: path, required: true, description: Its name here., schema: { type: string } }
    get:
      operationId: get_thing
      responses:
        '200': { description: ok, content: { application/json: { schema: { $ref: '#/components/schemas/Thing' } } } }
  /v1/parcels:
    post:
      operationId: send
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: '#/components/schemas/Parcel' } } }
      responses:
        '200': { description: sent }
  /v1/removed:
    put: # remove
      operationId: remove
      responses: { '204': { description: done } }
components:
  schemas:
    Things:
      type: object
      properties:
        things: { type: array, items: { $ref: '#/components/schemas/Thing' } }
        total: { type: integer }
    Parcel:
      type: object
      required: [weight]
      properties:
        weight: { type: integer, minimum: 1, maximum: 20, example: 7, description: How heavy it is. }
        to: { type: string, maxLength: 9, pattern: '^x', description: d }
        day: { type: string, nullable: true, format: date-time, description: d }
        labels: { type: array, maxItems: 3, items: { type: string }, description: d }
        speed: { type: string, enum: [fast, slow], default: fast, description: d }
        any: { description: d }
        code: { type: string, description: d }
        greeting: { type: object, description: d, additionalProperties: true }
        by:
          description: d
          oneOf:
            - { type: integer }
            - { type: string, description: by name }
        box: { allOf: [{ $ref: '#/components/schemas/Box' }], description: d }
    Box:
      type: object
      additionalProperties: false
      required: [size]
      properties:
        size: { type: integer, description: of a box }
    Thing:
      type: object
      required: [name, price]
      properties:
        name: { type: string, description: How it is called. }
        price: { type: number }
        maker: { type: string }
        state: { type: string, enum: [new, sold] }
        extra: {}
";

pub(crate) fn inputs(apis: &str, tools: &str, document: &str) -> Vec<Input> {
    let file = |path: &str, text: &str| Input {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    vec![
        file("specs/apis.yaml", apis),
        file("specs/tools/things.yaml", tools),
        file("specs/openapi/shop.yaml", document),
    ]
}
