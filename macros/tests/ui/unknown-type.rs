//! A type without a JSON shape.

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

            /// What to add.
            #[param(query)]
            pub with: Option<u8>,
        }
    }
}

fn main() {}
