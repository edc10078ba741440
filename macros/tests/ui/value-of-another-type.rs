//! A title that is no text: one message, not also that the title is missing.

pub struct Tools;

pub mod users {
    #[runtime::tools]
    pub mod tools {
        use runtime::prelude::*;

        /// Gets a user.
        #[tool(
            name = "get_user",
            title = 5,
            toolset = "users",
            method = "get",
            document = "core",
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
