//! A member of the body that is always sent, and an argument of the same name.

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
            fixed(name = "x"),
        )]
        pub struct CreateUser {
            /// Name of the user.
            #[param(body)]
            pub name: String,
        }
    }
}

fn main() {}
