/// Lists users. Returns name and roles
/// of each.
///
/// Operation `get_users`: `GET /api/users`
pub struct ListUsers {
    /// Attribute to order by.
    pub order_by: Option<String>,
}
#[allow(non_upper_case_globals)]
const _: () = {
    const order_by: ::runtime::__private::Parameter = ::runtime::__private::Parameter {
        field: ::runtime::__private::Field {
            default: "\"name\"",
            ..::runtime::__private::Field::of::<
                Option<String>,
            >("order_by", "Attribute to order by.")
        },
        wire: "order_by",
        location: ::runtime::__private::ParameterLocation::Query(
            ::runtime::__private::ParameterStyle::Repeat,
        ),
        secret: false,
        fallback: "",
        when_omitted: "",
        hidden: false,
        since: "2.11",
    };
    const _: () = ::runtime::__private::check(
        ::runtime::__private::fits(
            order_by.field.shape,
            ::runtime::__private::Value::String("name"),
        ),
        "the default `\"name\"` of `order_by` is not a value of its type `Option<String>`\nnote: write a value that the type and its rules allow",
    );
    const _: () = ::runtime::__private::check_filter(
        <User as ::runtime::__private::Schema>::SHAPE,
        "name",
        "filter `name`: `User` has no field `name`\nnote: write the field to compare: `name = \"..\"`",
        "filter `name`: field `name` of `User` is an object\nnote: write the path of a field inside the object: `roles.name`",
    );
    const _: () = ::runtime::__private::check_filter(
        <User as ::runtime::__private::Schema>::SHAPE,
        "roles.name",
        "filter `role`: `User` has no field `roles.name`\nnote: write the field to compare: `role = \"..\"`",
        "filter `role`: field `roles.name` of `User` is an object\nnote: write the path of a field inside the object: `roles.name`",
    );
    const _: () = ::runtime::__private::check(
        ::runtime::__private::has_field(
            <User as ::runtime::__private::Schema>::SHAPE,
            "name",
        ),
        "summary: `User` has no field `name`\nnote: write the name of a field of the item in JSON",
    );
    const _: () = ::runtime::__private::check(
        ::runtime::__private::has_field(
            <User as ::runtime::__private::Schema>::SHAPE,
            "roles",
        ),
        "summary: `User` has no field `roles`\nnote: write the name of a field of the item in JSON",
    );
    impl ::runtime::__private::ToolBlock for ListUsers {
        const TOOL: ::runtime::__private::Tool = ::runtime::__private::Tool {
            name: "list_users",
            renamed_from: "",
            title: "List users",
            description: "Lists users. Returns name and roles of each.",
            descriptions: &[],
            toolset: "users",
            tags: &["people"],
            method: "list",
            operation: "get_users",
            since: "2.9",
            document: "core",
            effect: ::runtime::__private::Effect {
                read_only: true,
                destructive: false,
                idempotent: true,
            },
            http: ::runtime::__private::Http::Get,
            path: "/api/users",
            segments: &[::runtime::__private::Segment::Literal("/api/users")],
            parameters: &[order_by],
            clear: ::core::option::Option::None,
            body: ::runtime::__private::Body::NONE,
            list: ::core::option::Option::Some(::runtime::__private::List {
                items: "users",
                item_type: <User as ::runtime::__private::Schema>::SHAPE,
                pagination: ::core::option::Option::Some(::runtime::__private::Pagination {
                    location: ::runtime::__private::PaginationLocation::Query,
                    limit: "limit",
                    max: 100u32,
                    total: "",
                    style: ::runtime::__private::PaginationStyle::Cursor {
                        cursor: "cursor",
                        next: "next",
                        offset: "offset",
                    },
                }),
                pages_since: "2.10",
                filters: &[
                    ::runtime::__private::Filter {
                        field: ::runtime::__private::Field {
                            name: "name",
                            description: "Only items whose name is this.",
                            required: false,
                            shape: ::runtime::__private::field(
                                <User as ::runtime::__private::Schema>::SHAPE,
                                "name",
                            ),
                            default: "",
                            example: "",
                        },
                        path: "name",
                        unique: true,
                    },
                    ::runtime::__private::Filter {
                        field: ::runtime::__private::Field {
                            name: "role",
                            description: "Only items whose roles.name is this.",
                            required: false,
                            shape: ::runtime::__private::field(
                                <User as ::runtime::__private::Schema>::SHAPE,
                                "roles.name",
                            ),
                            default: "",
                            example: "",
                        },
                        path: "roles.name",
                        unique: false,
                    },
                ],
                summary: &["name", "roles"],
            }),
            update: ::runtime::__private::Update::PLAIN,
            each: ::core::option::Option::None,
            require_any: &[],
            secret_fields: &[],
            hidden_fields: &[],
            returns: ::core::option::Option::None,
            response_format: ::runtime::__private::ResponseFormat::Json,
        };
    }
    impl super::super::Tools {
        #[doc(hidden)]
        pub const list_users: () = ();
    }
};
