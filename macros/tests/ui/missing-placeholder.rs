//! A `path` field without a placeholder.

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
            get = "/users/{name}",
            returns = String,
        )]
        pub struct GetUser {
            /// Name of the user.
            #[param(path, wire = "name")]
            pub id: String,

            /// Group of the user.
            #[param(path)]
            pub group: String,
        }
    }
}

fn main() {}
