//! A secret with an example.

pub struct Tools;

pub mod users {
    #[runtime::tools(toolset = "users", document = "core")]
    pub mod tools {
        use runtime::prelude::*;

        /// Creates a user.
        #[tool(
            name = "create_user",
            title = "Create a user",
            method = "create",
            operation = "op",
            post = "/users",
            body(json),
        )]
        pub struct CreateUser {
            /// Name of the user.
            #[param(body, secret, example = "hunter2")]
            pub name: String,
        }
    }
}

fn main() {}
