//! A filter by a field that items do not have.

pub struct Tools;

pub mod users {
    #[runtime::tools(toolset = "users", document = "core")]
    pub mod tools {
        use runtime::prelude::*;

        /// Lists users.
        #[tool(
            name = "list_users",
            title = "List users",
            method = "list",
            operation = "op",
            get = "/users",
            list(
                items = "users",
                of = User,
                page = offset(limit = "limit", offset = "offset", max = 100),
                filter(role = "roles.title"),
                summary(name, roles),
            ),
        )]
        pub struct ListUsers {
            /// Order of the users.
            #[param(query)]
            pub order_by: Option<String>,
        }

        /// A user.
        #[derive(Schema)]
        pub struct User {
            pub name: String,
            pub roles: Vec<Role>,
        }

        /// A role.
        #[derive(Schema)]
        pub struct Role {
            pub name: String,
        }
    }
}

fn main() {}
