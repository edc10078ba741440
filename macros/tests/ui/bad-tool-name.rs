//! A name with capitals.

pub struct Tools;

pub mod users {
    #[runtime::tools]
    pub mod tools {
        use runtime::prelude::*;

        /// Gets a user.
        #[tool(
            name = "getUser",
            title = "Get a user",
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
