//! Tools for the tests of this crate, and functions that shorten the definition of more tools.
#![allow(clippy::expect_used)]

use mcp_schema::arguments::{clear_field, one_of};
use serde_json::{Map, Value};

use crate::args::{CheckedArguments, check};
use crate::request::Request;
use crate::schema::{Additional, Field, Kind, Shape, StringRules};
use crate::tool::{
    Body, Effect, Filter, Http, List, Mask, Pagination, PaginationLocation, PaginationStyle,
    Parameter, ParameterLocation, ParameterStyle, ResponseFormat, Segment, Tool, Update,
};

pub(crate) const fn shape(kind: Kind) -> Shape {
    Shape {
        kind,
        nullable: false,
    }
}

pub(crate) const fn nullable(shape: Shape) -> Shape {
    Shape {
        kind: shape.kind,
        nullable: true,
    }
}

pub(crate) const ANY: Shape = shape(Kind::Any);
pub(crate) const BOOLEAN: Shape = shape(Kind::Boolean);
pub(crate) const STRING: Shape = shape(Kind::String(StringRules::ANY));
pub(crate) const NUMBER: Shape = shape(Kind::Number {
    min: None,
    max: None,
    above: None,
});

pub(crate) const fn integer(min: Option<i64>, max: Option<i64>) -> Shape {
    shape(Kind::Integer { min, max })
}

pub(crate) const fn format(format: &'static str) -> Shape {
    shape(Kind::String(StringRules {
        format,
        ..StringRules::ANY
    }))
}

pub(crate) const fn values(values: &'static [&'static str]) -> Shape {
    shape(Kind::String(StringRules {
        values,
        ..StringRules::ANY
    }))
}

pub(crate) const fn array(items: &'static Shape) -> Shape {
    shape(Kind::Array {
        items,
        min_items: None,
        max_items: None,
    })
}

pub(crate) const fn object(fields: &'static [Field]) -> Shape {
    shape(Kind::Object {
        fields,
        additional: Additional::Closed,
    })
}

pub(crate) const fn map(values: &'static Shape) -> Shape {
    shape(Kind::Object {
        fields: &[],
        additional: Additional::Open(values),
    })
}

pub(crate) const fn optional(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        description: "",
        required: false,
        shape,
        default: "",
        example: "",
    }
}

pub(crate) const fn required(name: &'static str, shape: Shape) -> Field {
    let mut field = optional(name, shape);
    field.required = true;
    field
}

pub(crate) const fn param(location: ParameterLocation, field: Field) -> Parameter {
    Parameter {
        field,
        wire: field.name,
        location,
        secret: false,
        fallback: "",
        when_omitted: "",
        hidden: false,
        since: "",
    }
}

pub(crate) const TOOL: Tool = Tool {
    name: "tool",
    renamed_from: "",
    title: "Tool",
    description: "A tool.",
    descriptions: &[],
    toolset: "things",
    tags: &["test"],
    method: "get",
    operation: "get_tool",
    since: "",
    document: "things",
    effect: Effect {
        read_only: true,
        destructive: false,
        idempotent: true,
    },
    http: Http::Get,
    path: "/tool",
    segments: &[Segment::Literal("/tool")],
    parameters: &[],
    clear: None,
    body: Body::NONE,
    list: None,
    update: Update::PLAIN,
    each: None,
    require_any: &[],
    secret_fields: &[],
    hidden_fields: &[],
    returns: None,
    response_format: ResponseFormat::Json,
};

pub(crate) const ROLE: Shape = object(&[required("name", STRING)]);

const USER: Shape = object(&[
    optional("username", STRING),
    optional("email", STRING),
    optional("first_name", STRING),
    optional("roles", nullable(array(&ROLE))),
    optional("active", nullable(BOOLEAN)),
]);

/// A list tool with filters.
pub(crate) static LIST_USERS: Tool = Tool {
    name: "list_all_things_users",
    method: "list",
    path: "/users",
    segments: &[Segment::Literal("/users")],
    parameters: &[
        param(
            ParameterLocation::Query(ParameterStyle::Repeat),
            optional("order_by", STRING),
        ),
        param(
            ParameterLocation::Query(ParameterStyle::Repeat),
            optional("tags", array(&STRING)),
        ),
    ],
    list: Some(List {
        items: "users",
        item_type: USER,
        pagination: Some(Pagination {
            location: PaginationLocation::Query,
            limit: "limit",
            max: 100,
            total: "",
            style: PaginationStyle::Offset { offset: "offset" },
        }),
        pages_since: "",
        filters: &[
            Filter {
                field: optional("email", STRING),
                path: "email",
                unique: true,
            },
            Filter {
                field: optional("active", nullable(BOOLEAN)),
                path: "active",
                unique: false,
            },
            Filter {
                field: optional("role", STRING),
                path: "roles.name",
                unique: false,
            },
        ],
        summary: &["username", "email"],
    }),
    ..TOOL
};

/// A tool with a secret and nested arguments.
pub(crate) static CREATE_USER: Tool = Tool {
    name: "create_a_things_user",
    method: "create",
    effect: Effect {
        read_only: false,
        destructive: false,
        idempotent: false,
    },
    http: Http::Post,
    path: "/users",
    segments: &[Segment::Literal("/users")],
    parameters: &[
        param(
            ParameterLocation::Body,
            required(
                "username",
                shape(Kind::String(StringRules {
                    min_length: Some(1),
                    max_length: Some(8),
                    ..StringRules::ANY
                })),
            ),
        ),
        param(ParameterLocation::Body, required("email", STRING)),
        param(
            ParameterLocation::Body,
            required(
                "roles",
                shape(Kind::Array {
                    items: &ROLE,
                    min_items: Some(1),
                    max_items: Some(2),
                }),
            ),
        ),
        Parameter {
            secret: true,
            ..param(
                ParameterLocation::Body,
                optional(
                    "password",
                    shape(Kind::String(StringRules {
                        min_length: Some(3),
                        format: "password",
                        ..StringRules::ANY
                    })),
                ),
            )
        },
    ],
    body: Body {
        media_type: "application/json",
        required: true,
        fixed: &[],
        ..Body::NONE
    },
    returns: Some(USER),
    ..TOOL
};

const CLEARED: Shape = one_of(&["email"]);

/// An update with a mask, a merge and an argument that renames the user.
pub(crate) static UPDATE_USER: Tool = Tool {
    name: "update_a_things_user_by_id",
    method: "update",
    effect: Effect {
        read_only: false,
        destructive: false,
        idempotent: true,
    },
    http: Http::Patch,
    path: "/users/{username}",
    segments: USER_PATH,
    parameters: &[
        Parameter {
            wire: "username",
            ..param(
                ParameterLocation::Path { slash: false },
                required("id", STRING),
            )
        },
        Parameter {
            fallback: "id",
            ..param(ParameterLocation::Body, optional("username", STRING))
        },
        param(ParameterLocation::Body, optional("email", STRING)),
        param(ParameterLocation::Body, optional("roles", array(&ROLE))),
        Parameter {
            secret: true,
            ..param(
                ParameterLocation::Body,
                optional("password", format("password")),
            )
        },
    ],
    body: Body {
        media_type: "application/json",
        required: true,
        fixed: &[],
        ..Body::NONE
    },
    clear: Some(clear_field(&CLEARED)),
    update: Update {
        merge: USER_PATH,
        mask: Some(Mask {
            name: "update_mask",
            style: ParameterStyle::Comma,
        }),
        read_back: USER_PATH,
        ..Update::PLAIN
    },
    returns: Some(USER),
    ..TOOL
};

pub(crate) const USER_PATH: &[Segment] =
    &[Segment::Literal("/users/"), Segment::Parameter("username")];

/// Parses a JSON object from text, so that numbers keep their notation.
pub(crate) fn json_object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Returns checked arguments, or all messages.
pub(crate) fn checked(tool: &'static Tool, text: &str) -> Result<CheckedArguments, Vec<String>> {
    check(tool, json_object(text))
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

/// Returns the request for these arguments.
pub(crate) fn request(arguments: &CheckedArguments) -> Request {
    Request::new(arguments, &Map::new()).expect("request is short")
}

/// Returns a tool with a static lifetime.
pub(crate) fn leak(tool: Tool) -> &'static Tool {
    Box::leak(Box::new(tool))
}
