//! Hand-written catalogues, so that printing can be tested separately from the earlier stages.

use mcp_codegen::catalog::*;
use serde_json::{Number, Value, json};

/// Returns a shop with everything that a block can contain, in two versions.
pub(crate) fn shop() -> Catalog {
    Catalog {
        apis: vec![
            Api {
                name: "shop-2".to_owned(),
                module: "shop_2".to_owned(),
                title: "Shop 2".to_owned(),
                version: probe("/v2/version"),
                documents: vec![
                    document("shop-2", None),
                    document(
                        "shop-2-admin",
                        Some(DocumentProbe {
                            path: "/openapi.json".to_owned(),
                            member: "/paths/~1v2~1admin".to_owned(),
                            component: "the admin part".to_owned(),
                        }),
                    ),
                ],
                sign_in: SignIn::Token(TokenRequest {
                    path: "/token".to_owned(),
                    username: "username".to_owned(),
                    password: "password".to_owned(),
                    token: "/access_token".to_owned(),
                    renew: vec![pattern(401, ""), pattern(403, "Invalid \"token\"")],
                }),
                errors: ErrorShapes {
                    detail: vec!["/detail".to_owned(), "/error".to_owned()],
                    title: vec!["/title".to_owned()],
                    hints: [70, 75, 79, 80, 120]
                        .map(|length| Hint {
                            pattern: pattern(403, "Invalid token"),
                            code: "unauthenticated".to_owned(),
                            hint: "x".repeat(length),
                        })
                        .to_vec(),
                },
                toolsets: vec![items("shop-2"), oddities()],
                types: Vec::new(),
                alternatives: Vec::new(),
            },
            Api {
                name: "shop-1".to_owned(),
                module: "shop_1".to_owned(),
                title: "Shop 1".to_owned(),
                version: probe("/v1/version"),
                documents: vec![document("shop-1", None)],
                sign_in: SignIn::Basic { session: None },
                errors: ErrorShapes {
                    detail: vec!["/a-rather-long-json-pointer".to_owned(); 3],
                    title: Vec::new(),
                    hints: vec![Hint {
                        pattern: pattern(400, ""),
                        code: String::new(),
                        hint: "Say what you want.".to_owned(),
                    }],
                },
                toolsets: vec![items("shop-1")],
                types: Vec::new(),
                alternatives: Vec::new(),
            },
        ],
        toolsets: vec![
            doc(
                "items",
                "Things to sell, and what they cost.",
                &[
                    "list_items",
                    "get_item",
                    "create_item",
                    "update_item",
                    "delete_item",
                ],
            ),
            doc(
                "oddities",
                "What no shop should have | but some do.",
                &["odd", "odd_whole"],
            ),
        ],
    }
}

fn items(document: &str) -> Toolset {
    let operation = |tool: &str, rust: &str, method: &str, http: &str, path: &str| Operation {
        tool_name: tool.to_owned(),
        renamed_from: None,
        rust_name: rust.to_owned(),
        title: format!("{method} items"),
        description: format!(
            "To {method} items. The rest of this sentence is there to be wrapped, since it is longer than a line."
        ),
        notes: Vec::new(),
        toolset: "items".to_owned(),
        tags: vec!["stock".to_owned()],
        method: method.to_owned(),
        document: document.to_owned(),
        operation_id: format!("{method}_items"),
        since: None,
        http: http.to_owned(),
        path: path.to_owned(),
        effect: Effect {
            read_only: http == "get",
            destructive: http == "delete",
            idempotent: http != "post",
        },
        parameters: Vec::new(),
        body: None,
        list: None,
        merge: None,
        mask: None,
        read_back: None,
        verify: Verify::default(),
        for_each: None,
        require_any: Vec::new(),
        returns: Some(named("Item")),
        response_format: ResponseFormat::Json,
        types: Vec::new(),
    };
    let id = || {
        parameter(
            "id",
            ParameterLocation::Path { slash: false },
            ruled(TypeKind::String, |rules| rules.min_length = Some(1)),
        )
    };
    let json_body = || Body {
        media_type: "application/json".to_owned(),
        required: true,
        fixed: Vec::new(),
        encoding: Vec::new(),
    };
    Toolset {
        name: "items".to_owned(),
        module: "items".to_owned(),
        sources: vec![
            "specs/tools/items.yaml".to_owned(),
            format!("specs/openapi/{document}.yaml"),
        ],
        operations: vec![
            Operation {
                list: Some(List {
                    items: "items".to_owned(),
                    item_type: named("Item"),
                    pagination: Some(Pagination {
                        in_body: false,
                        limit: "limit".to_owned(),
                        max: 100,
                        total: None,
                        style: PaginationStyle::Offset {
                            offset: "offset".to_owned(),
                        },
                    }),
                    pages_since: Some("1.3".to_owned()),
                    filters: vec![
                        filter("name", "name", true),
                        filter("kind", "kind", false),
                        filter("tag", "tags.name", false),
                    ],
                    summary: vec!["name".to_owned(), "type".to_owned()],
                }),
                returns: None,
                response_format: ResponseFormat::Json,
                parameters: vec![Parameter {
                    required: false,
                    default: Some(json!("id")),
                    example: Some(json!("-id")),
                    ..parameter(
                        "order_by",
                        ParameterLocation::Query {
                            style: ParameterStyle::Repeat,
                        },
                        plain(TypeKind::String),
                    )
                }],
                ..operation("list_items", "ListItems", "list", "get", "/items")
            },
            Operation {
                parameters: vec![Parameter {
                    wire: "name".to_owned(),
                    ..id()
                }],
                ..operation("get_item", "GetItem", "get", "get", "/items/{name}")
            },
            Operation {
                parameters: vec![
                    parameter(
                        "name",
                        ParameterLocation::Body,
                        ruled(TypeKind::String, |rules| {
                            rules.min_length = Some(1);
                            rules.max_length = Some(200);
                            rules.pattern = Some(r"^[\w.-]+$".to_owned());
                        }),
                    ),
                    Parameter {
                        rust_name: "type_".to_owned(),
                        required: false,
                        default: Some(json!("normal")),
                        ..parameter("type", ParameterLocation::Body, named("CreateItemType"))
                    },
                    parameter(
                        "tags",
                        ParameterLocation::Body,
                        ruled(TypeKind::Array(Box::new(named("Tag"))), |rules| {
                            rules.min_items = Some(1);
                        }),
                    ),
                    Parameter {
                        required: false,
                        secret: true,
                        ..parameter(
                            "password",
                            ParameterLocation::Body,
                            ruled(TypeKind::String, |rules| {
                                rules.format = Some("password".to_owned());
                            }),
                        )
                    },
                ],
                body: Some(json_body()),
                types: vec![definition(
                    "CreateItemType",
                    None,
                    TypeShape::Enum {
                        values: vec![value("normal", "Normal"), value("very-odd", "VeryOdd")],
                    },
                )],
                ..operation("create_item", "CreateItem", "create", "post", "/items")
            },
            Operation {
                parameters: vec![
                    Parameter {
                        wire: "name".to_owned(),
                        ..id()
                    },
                    Parameter {
                        required: false,
                        fallback: Some("id".to_owned()),
                        ..parameter("name", ParameterLocation::Body, nullable(TypeKind::String))
                    },
                ],
                body: Some(json_body()),
                merge: Some("/items/{name}".to_owned()),
                mask: Some(Mask {
                    name: "update_mask".to_owned(),
                    style: ParameterStyle::Comma,
                }),
                read_back: Some("/items/{name}".to_owned()),
                ..operation(
                    "update_item",
                    "UpdateItem",
                    "update",
                    "patch",
                    "/items/{name}",
                )
            },
            Operation {
                parameters: vec![Parameter {
                    wire: "name".to_owned(),
                    ..id()
                }],
                returns: None,
                response_format: ResponseFormat::Json,
                ..operation(
                    "delete_item",
                    "DeleteItem",
                    "delete",
                    "delete",
                    "/items/{name}",
                )
            },
        ],
        types: vec![
            definition(
                "Item",
                Some("Item"),
                TypeShape::Struct {
                    fields: vec![
                        field("name", plain(TypeKind::String)),
                        Field {
                            rust_name: "type_".to_owned(),
                            ..field("type", nullable(TypeKind::String))
                        },
                        field("kind", plain(TypeKind::Named("Kind".to_owned()))),
                        Field {
                            description: "How much it costs.".to_owned(),
                            required: false,
                            ..field("price", nullable(TypeKind::Number))
                        },
                        field(
                            "sold_at",
                            ruled(TypeKind::String, |rules| {
                                rules.format = Some("date-time".to_owned());
                            }),
                        ),
                        field("tags", plain(TypeKind::Array(Box::new(named("Tag"))))),
                        field("extra", plain(TypeKind::Any)),
                    ],
                    additional: None,
                },
            ),
            definition(
                "Kind",
                Some("Kind"),
                TypeShape::Enum {
                    values: vec![value("a", "A"), value("b", "B")],
                },
            ),
            definition(
                "Tag",
                Some("Tag"),
                TypeShape::Struct {
                    fields: vec![field("name", plain(TypeKind::String))],
                    additional: None,
                },
            ),
        ],
    }
}

/// Returns a toolset with arguments of every kind. Some of their lines just fit the maximum width, and others just exceed it.
fn oddities() -> Toolset {
    let query = |name: &str, style| Parameter {
        required: false,
        ..parameter(
            name,
            ParameterLocation::Query { style },
            plain(TypeKind::Array(Box::new(ruled(
                TypeKind::Integer,
                |rules| rules.minimum = Some(Number::from(-5)),
            )))),
        )
    };
    let mut parameters = vec![
        parameter(
            "path",
            ParameterLocation::Path { slash: true },
            plain(TypeKind::String),
        ),
        query("comma", ParameterStyle::Comma),
        query("space", ParameterStyle::Space),
        query("pipe", ParameterStyle::Pipe),
        Parameter {
            ty: plain(TypeKind::Map(Box::new(plain(TypeKind::String)))),
            ..query("deep", ParameterStyle::Deep)
        },
        Parameter {
            wire: "X-Odd".to_owned(),
            required: false,
            ..parameter(
                "x_odd",
                ParameterLocation::Header,
                nullable(TypeKind::Boolean),
            )
        },
        Parameter {
            required: false,
            default: Some(json!({"a": true})),
            example: Some(Value::Null),
            ..parameter(
                "union",
                ParameterLocation::Body,
                nullable(TypeKind::Named("OddUnion".to_owned())),
            )
        },
        Parameter {
            default: Some(json!(-1.5)),
            ..parameter(
                "half",
                ParameterLocation::Query {
                    style: ParameterStyle::Repeat,
                },
                ruled(TypeKind::Number, |rules| {
                    rules.exclusive_minimum = Number::from_f64(-2.5);
                    rules.maximum = Number::from_f64(1e300);
                }),
            )
        },
    ];
    // `header, pattern = "..."` with 69 to 72 columns.
    parameters.extend((0..4).map(|more| {
        parameter(
            &format!("long_{more}"),
            ParameterLocation::Header,
            ruled(TypeKind::String, |rules| {
                rules.pattern = Some("x".repeat(49 + more));
            }),
        )
    }));
    Toolset {
        name: "oddities".to_owned(),
        module: "oddities".to_owned(),
        sources: vec![
            "specs/tools/oddities.yaml".to_owned(),
            "specs/openapi/shop-2.yaml".to_owned(),
            "specs/openapi/shop-2-admin.yaml".to_owned(),
        ],
        operations: vec![odd(parameters), odd_whole()],
        types: Vec::new(),
    }
}

fn odd(parameters: Vec<Parameter>) -> Operation {
    Operation {
        tool_name: "odd".to_owned(),
        renamed_from: Some("strange".to_owned()),
        rust_name: "Odd".to_owned(),
        title: "An \"odd\" tool".to_owned(),
        description: "First.\n\nSecond:\n- one\n- two".to_owned(),
        notes: vec![
            VersionedText {
                product: "Shop \"core\"".to_owned(),
                since: Some("2.9".to_owned()),
                before: Some("2.10".to_owned()),
                text: "Only once.".to_owned(),
            },
            VersionedText {
                product: "Shop \"core\"".to_owned(),
                since: None,
                before: Some("2.9".to_owned()),
                text: "Never.".to_owned(),
            },
        ],
        toolset: "oddities".to_owned(),
        tags: [
            "a",
            "b",
            "a-tag-that-is-long-enough",
            "to-fill-a-line",
            "and-another-one",
        ]
        .map(str::to_owned)
        .to_vec(),
        method: "put_to_use".to_owned(),
        document: "shop-2-admin".to_owned(),
        operation_id: "odd".to_owned(),
        since: Some("2.10".to_owned()),
        http: "put".to_owned(),
        path: "/odd/{path}".to_owned(),
        effect: Effect {
            read_only: false,
            destructive: true,
            idempotent: false,
        },
        parameters,
        body: Some(Body {
            media_type: "application/json".to_owned(),
            required: false,
            fixed: vec![
                ("action".to_owned(), json!("create")),
                ("type".to_owned(), json!([1])),
            ],
            encoding: Vec::new(),
        }),
        list: None,
        merge: None,
        mask: None,
        read_back: Some("/odd/{path}".to_owned()),
        verify: Verify {
            slash: true,
            ignore: vec!["a".to_owned(), "type".to_owned()],
            hint: "Use \"another\" one.".to_owned(),
            hints: Vec::new(),
        },
        for_each: None,
        require_any: Vec::new(),
        returns: Some(plain(TypeKind::Array(Box::new(plain(TypeKind::Integer))))),
        response_format: ResponseFormat::Json,
        types: vec![
            definition(
                "OddUnion",
                None,
                TypeShape::Union {
                    variants: vec![
                        Variant {
                            rust_name: "Text".to_owned(),
                            ty: ruled(TypeKind::String, |rules| rules.max_length = Some(9)),
                        },
                        Variant {
                            rust_name: "Open".to_owned(),
                            ty: named("Open"),
                        },
                        Variant {
                            rust_name: "Typed".to_owned(),
                            ty: named("Typed"),
                        },
                        Variant {
                            rust_name: "Nothing".to_owned(),
                            ty: named("Nothing"),
                        },
                    ],
                },
            ),
            definition(
                "Open",
                None,
                TypeShape::Struct {
                    fields: vec![
                        field("a", plain(TypeKind::Boolean)),
                        field("b", plain(TypeKind::Any)),
                    ],
                    additional: Some(plain(TypeKind::Any)),
                },
            ),
            definition(
                "Typed",
                None,
                TypeShape::Struct {
                    fields: vec![field("a", plain(TypeKind::Boolean))],
                    additional: Some(nullable(TypeKind::Integer)),
                },
            ),
            definition(
                "Nothing",
                None,
                TypeShape::Struct {
                    fields: Vec::new(),
                    additional: None,
                },
            ),
        ],
    }
}

/// Returns a tool with another media type.
fn odd_whole() -> Operation {
    Operation {
        tool_name: "odd_whole".to_owned(),
        renamed_from: None,
        rust_name: "OddWhole".to_owned(),
        description: "Third.".to_owned(),
        operation_id: "odd_whole".to_owned(),
        path: "/odd".to_owned(),
        tags: Vec::new(),
        parameters: vec![parameter(
            "text",
            ParameterLocation::WholeBody,
            plain(TypeKind::String),
        )],
        body: Some(Body {
            media_type: "text/plain".to_owned(),
            required: true,
            fixed: Vec::new(),
            encoding: Vec::new(),
        }),
        returns: Some(plain(TypeKind::Any)),
        response_format: ResponseFormat::Json,
        types: Vec::new(),
        ..odd(Vec::new())
    }
}

fn doc(name: &str, description: &str, tools: &[&str]) -> ToolsetDoc {
    ToolsetDoc {
        name: name.to_owned(),
        tags: vec!["stock".to_owned()],
        description: description.to_owned(),
        source: format!("specs/tools/{name}.yaml"),
        tools: tools.iter().map(|&tool| tool.to_owned()).collect(),
    }
}

fn probe(path: &str) -> VersionProbe {
    VersionProbe {
        path: path.to_owned(),
        version: "/version".to_owned(),
        product: "Shop".to_owned(),
    }
}

fn document(name: &str, probe: Option<DocumentProbe>) -> ApiDocument {
    ApiDocument {
        name: name.to_owned(),
        source: format!("specs/openapi/{name}.yaml"),
        probe,
        version: None,
        alternative_to: None,
        sign_in: None,
        hints: Vec::new(),
    }
}

fn pattern(status: u16, contains: &str) -> ResponsePattern {
    ResponsePattern {
        status,
        contains: contains.to_owned(),
    }
}

fn filter(name: &str, field: &str, unique: bool) -> Filter {
    Filter {
        name: name.to_owned(),
        field: field.to_owned(),
        unique,
    }
}

fn parameter(name: &str, location: ParameterLocation, ty: TypeRef) -> Parameter {
    Parameter {
        name: name.to_owned(),
        rust_name: name.to_owned(),
        wire: name.to_owned(),
        location,
        description: format!("What {name} means."),
        required: true,
        ty,
        deprecated: false,
        default: None,
        example: None,
        secret: false,
        fallback: None,
        when_omitted: None,
        hidden: false,
        clear: false,
        since: None,
    }
}

fn field(name: &str, ty: TypeRef) -> Field {
    Field {
        name: name.to_owned(),
        rust_name: name.to_owned(),
        description: String::new(),
        required: true,
        ty,
        default: None,
        example: None,
    }
}

fn definition(rust_name: &str, schema: Option<&str>, shape: TypeShape) -> TypeDef {
    TypeDef {
        rust_name: rust_name.to_owned(),
        schema: schema.map(str::to_owned),
        description: format!("A {rust_name}."),
        shape,
    }
}

fn value(name: &str, rust_name: &str) -> EnumValue {
    EnumValue {
        name: name.to_owned(),
        rust_name: rust_name.to_owned(),
    }
}

fn plain(kind: TypeKind) -> TypeRef {
    TypeRef {
        kind,
        nullable: false,
        rules: Rules::default(),
    }
}

pub(crate) fn named(name: &str) -> TypeRef {
    plain(TypeKind::Named(name.to_owned()))
}

fn nullable(kind: TypeKind) -> TypeRef {
    TypeRef {
        nullable: true,
        ..plain(kind)
    }
}

fn ruled(kind: TypeKind, set: impl FnOnce(&mut Rules)) -> TypeRef {
    let mut ty = plain(kind);
    set(&mut ty.rules);
    ty
}
