//! An effect that there is not.

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
            effect(dangerous),
        )]
        pub struct CreateUser {
            /// Name of the user.
            #[param(body)]
            pub name: String,
        }
    }
}

fn main() {}
