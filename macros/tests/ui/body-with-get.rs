//! A body that is sent with `get`.

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
            body(json),
            returns = String,
        )]
        pub struct GetUser {
            /// Name of the user.
            #[param(path)]
            pub id: String,

            /// New name.
            #[param(body)]
            pub name: String,
        }
    }
}

fn main() {}
