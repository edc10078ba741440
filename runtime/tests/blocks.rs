//! A module as the generator writes it, and the constants that the macros generate from it.

#![allow(clippy::expect_used)]

extern crate mcp_runtime as runtime;

/// An API.
pub mod api {
    /// All names of tools in this API.
    pub struct Tools;

    /// A toolset.
    pub mod users {
        /// The tools of the toolset `users`.
        #[runtime::tools(toolset = "users", document = "airflow-3-fab")]
        pub mod tools {
            use runtime::prelude::*;

            /// List users in Apache Airflow. Returns username, first_name, last_name, email and roles of each.
            #[tool(
                name = "list_all_apacheairflow_users",
                title = "List users",
                tags("rbac"),
                method = "list",
                operation = "get_users",
                get = "/auth/fab/v1/users",
                list(
                    items = "users",
                    of = UserResponse,
                    page = offset(limit = "limit", offset = "offset", max = 100),
                    filter(username(unique), email(unique), active, role = "roles.name"),
                    summary(username, email, first_name, last_name, roles, active),
                )
            )]
            pub struct ListAllUsers {
                /// Attribute to order by; prefix with `-` for descending.
                #[param(query, default = "id")]
                pub order_by: Option<String>,
            }

            /// Get one user of Apache Airflow by username.
            #[tool(
                name = "get_single_apacheairflow_user_by_id",
                title = "Get a user",
                tags("rbac"),
                method = "get",
                operation = "get_user",
                get = "/auth/fab/v1/users/{username}",
                returns = UserResponse
            )]
            pub struct GetUser {
                /// Username of the user.
                #[param(path, wire = "username", min_length = 1)]
                pub id: String,
            }

            /// Create a user in Apache Airflow.
            #[tool(
                name = "create_a_apacheairflow_user",
                title = "Create a user",
                tags("rbac"),
                method = "create",
                operation = "create_user",
                post = "/auth/fab/v1/users",
                body(json, required),
                returns = UserResponse
            )]
            pub struct CreateUser {
                /// Name to sign in with.
                #[param(body, min_length = 1)]
                pub username: String,

                /// Roles of the user, by name.
                #[param(body, min_items = 1)]
                pub roles: Vec<Role>,

                /// Password to sign in with.
                #[param(body, secret, format = "password")]
                pub password: String,
            }

            /// Update a user.
            #[tool(
                name = "update_a_apacheairflow_user_by_id",
                title = "Update a user",
                tags("rbac"),
                method = "update",
                operation = "update_user",
                patch = "/auth/fab/v1/users/{username}",
                body(json, required),
                merge = "/auth/fab/v1/users/{username}",
                mask(update_mask = comma),
                read_back = "/auth/fab/v1/users/{username}",
                returns = UserResponse
            )]
            pub struct UpdateUser {
                /// Username of the user as it is now.
                #[param(path, wire = "username", min_length = 1)]
                pub id: String,

                /// New username.
                #[param(body, fallback = "id")]
                pub username: Option<Nullable<String>>,

                /// The type, to show a keyword.
                #[param(body, name = "type")]
                pub type_: Option<UpdateUserType>,
            }

            /// Kind of user.
            #[derive(Schema)]
            pub enum UpdateUserType {
                #[schema(name = "normal")]
                Normal,
                #[schema(name = "service-account")]
                ServiceAccount,
            }

            /// Delete a user.
            #[tool(
                name = "delete_a_apacheairflow_user_by_id",
                title = "Delete a user",
                tags("rbac"),
                method = "delete",
                operation = "delete_user",
                delete = "/auth/fab/v1/users/{username}"
            )]
            pub struct DeleteUser {
                /// Username of the user.
                #[param(path, wire = "username", min_length = 1)]
                pub id: String,
            }

            // Types, by name.

            /// A role by name.
            #[derive(Schema)]
            pub struct Role {
                /// Name of the role.
                pub name: String,
            }

            /// Outgoing representation of a user (no password).
            #[derive(Schema)]
            pub struct UserResponse {
                pub username: String,
                pub email: String,
                pub first_name: String,
                pub last_name: String,
                pub roles: Option<Nullable<Vec<Role>>>,
                pub active: Option<Nullable<bool>>,
                #[schema(format = "date-time")]
                pub last_login: Option<Nullable<String>>,
                pub login_count: Option<Nullable<i64>>,
            }
        }
    }
}

use api::users::tools::TOOLS;
use runtime::Tool;
use runtime::schema::{Kind, Shape, StringRules};
use runtime::tool::{
    Mask, Pagination, PaginationLocation, PaginationStyle, ParameterLocation, ParameterStyle,
    Segment,
};

fn tool(method: &str) -> &'static Tool {
    let found = TOOLS.iter().find(|tool| tool.method == method);
    found.expect("a tool for each of the five methods")
}

#[test]
fn tools_are_in_the_order_of_the_module() {
    let rows: Vec<_> = TOOLS
        .iter()
        .map(|tool| (tool.name, tool.operation, tool.path))
        .collect();
    assert_eq!(
        rows,
        [
            (
                "list_all_apacheairflow_users",
                "get_users",
                "/auth/fab/v1/users"
            ),
            (
                "get_single_apacheairflow_user_by_id",
                "get_user",
                "/auth/fab/v1/users/{username}"
            ),
            (
                "create_a_apacheairflow_user",
                "create_user",
                "/auth/fab/v1/users"
            ),
            (
                "update_a_apacheairflow_user_by_id",
                "update_user",
                "/auth/fab/v1/users/{username}"
            ),
            (
                "delete_a_apacheairflow_user_by_id",
                "delete_user",
                "/auth/fab/v1/users/{username}"
            ),
        ]
    );
}

#[test]
fn effects_follow_from_the_verb() {
    let rows = TOOLS.iter().map(|tool| {
        let effect = tool.effect;
        (
            tool.method,
            (effect.read_only, effect.destructive, effect.idempotent),
        )
    });
    let expected = [
        ("list", (true, false, true)),
        ("get", (true, false, true)),
        ("create", (false, false, false)),
        ("update", (false, false, true)),
        ("delete", (false, true, true)),
    ];
    assert_eq!(rows.collect::<Vec<_>>(), expected);
}

#[test]
fn arguments_are_as_declared() {
    let rows: Vec<_> = TOOLS
        .iter()
        .flat_map(|tool| tool.parameters.iter().map(|param| (tool.method, param)))
        .map(|(method, param)| {
            (
                (method, param.field.name, param.wire, param.location),
                (param.field.required, param.field.shape.nullable),
                (param.field.default, param.fallback, param.secret),
            )
        })
        .collect();
    let path = ParameterLocation::Path { slash: false };
    let query = ParameterLocation::Query(ParameterStyle::Repeat);
    let plain = ("", "", false);
    assert_eq!(
        rows,
        [
            (
                ("list", "order_by", "order_by", query),
                (false, false),
                ("\"id\"", "", false)
            ),
            (("get", "id", "username", path), (true, false), plain),
            (
                ("create", "username", "username", ParameterLocation::Body),
                (true, false),
                plain
            ),
            (
                ("create", "roles", "roles", ParameterLocation::Body),
                (true, false),
                plain
            ),
            (
                ("create", "password", "password", ParameterLocation::Body),
                (true, false),
                ("", "", true)
            ),
            (("update", "id", "username", path), (true, false), plain),
            (
                ("update", "username", "username", ParameterLocation::Body),
                (false, true),
                ("", "id", false)
            ),
            (
                ("update", "type", "type", ParameterLocation::Body),
                (false, false),
                plain
            ),
            (("delete", "id", "username", path), (true, false), plain),
        ]
    );
}

#[test]
fn a_list_has_pagination_filters_and_a_summary() {
    let list = tool("list").list.expect("a list");
    assert_eq!(
        list.pagination,
        Some(Pagination {
            location: PaginationLocation::Query,
            limit: "limit",
            max: 100,
            total: "",
            style: PaginationStyle::Offset { offset: "offset" },
        })
    );
    let filters: Vec<_> = list
        .filters
        .iter()
        .map(|filter| {
            (
                filter.field.name,
                filter.path,
                filter.unique,
                filter.field.shape,
            )
        })
        .collect();
    let string = Shape::of(Kind::String(StringRules::ANY));
    assert_eq!(
        filters,
        [
            ("username", "username", true, string),
            ("email", "email", true, string),
            ("active", "active", false, Shape::of(Kind::Boolean)),
            ("role", "roles.name", false, string),
        ]
    );
    assert_eq!(
        list.filters[3].field.description,
        "Only items whose roles.name is this."
    );
    assert_eq!(list.items, "users");
    assert_eq!(
        list.summary,
        [
            "username",
            "email",
            "first_name",
            "last_name",
            "roles",
            "active"
        ]
    );
}

#[test]
fn an_update_has_a_mask_and_a_read_back() {
    let path = [
        Segment::Literal("/auth/fab/v1/users/"),
        Segment::Parameter("username"),
    ];
    let tool = tool("update");
    assert_eq!(tool.segments, path);
    assert_eq!(tool.update.merge, path);
    assert_eq!(tool.update.read_back, path);
    assert_eq!(
        tool.update.mask,
        Some(Mask {
            name: "update_mask",
            style: ParameterStyle::Comma
        })
    );
    assert_eq!(tool.body.media_type, "application/json");
    assert!(tool.body.required);
}

#[test]
fn rules_narrow_the_shapes() {
    let shape = |method: &str, i: usize| tool(method).parameters[i].field.shape.kind;
    let least_one = StringRules {
        min_length: Some(1),
        ..StringRules::ANY
    };
    assert_eq!(shape("get", 0), Kind::String(least_one));
    let password = StringRules {
        format: "password",
        ..StringRules::ANY
    };
    assert_eq!(shape("create", 2), Kind::String(password));
    let types = StringRules {
        values: &["normal", "service-account"],
        ..StringRules::ANY
    };
    assert_eq!(shape("update", 2), Kind::String(types));
    let Kind::Array {
        items, min_items, ..
    } = shape("create", 1)
    else {
        panic!("roles are an array");
    };
    assert_eq!(min_items, Some(1));
    let Kind::Object { fields, .. } = items.kind else {
        panic!("a role is an object");
    };
    assert_eq!(fields[0].name, "name");
}

#[test]
fn a_call_without_content_returns_nothing() {
    assert!(tool("delete").returns.is_none());
    assert!(tool("get").returns.is_some());
}
