//! A `create` that claims to change nothing.

pub struct Tools;

pub mod users {
    #[runtime::tools]
    pub mod tools {
        use runtime::prelude::*;

        /// Creates a user.
        #[tool(
            name = "create_user",
            title = "Create a user",
            toolset = "users",
            method = "create",
            document = "core",
            operation = "op",
            post = "/users",
            body(json),
            effect(read_only),
        )]
        pub struct CreateUser {
            /// Name of the user.
            #[param(body)]
            pub name: String,
        }
    }
}

fn main() {}
