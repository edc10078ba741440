//! A name of 65 characters.

pub struct Tools;

pub mod users {
    #[runtime::tools(toolset = "users", document = "core")]
    pub mod tools {
        use runtime::prelude::*;

        /// Gets a user.
        #[tool(
            name = "get_user_get_user_get_user_get_user_get_user_get_user_get_user_ab",
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
    }
}

fn main() {}
