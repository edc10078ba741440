//! Two tools of one API with the same name.

pub struct Tools;

pub mod users {
    #[runtime::tools(toolset = "users", document = "core")]
    pub mod tools {
        use runtime::prelude::*;

        /// Gets a user.
        #[tool(
            name = "get_user",
            title = "Get a user",
            method = "get",
            operation = "op",
            get = "/users/{id}",
            returns = String,
        )]
        pub struct GetUser {
            /// Name of the user.
            #[param(path)]
            pub id: String,
        }

        /// Creates a user.
        #[tool(
            name = "get_user",
            title = "Create a user",
            method = "create",
            operation = "op",
            post = "/users",
            body(json),
        )]
        pub struct CreateUser {
            /// Name of the user.
            #[param(body)]
            pub name: String,
        }
    }
}

fn main() {}
