//! A path that is not closed.

pub struct Tools;

pub mod users {
    #[runtime::tools]
    pub mod tools {
        use runtime::prelude::*;

        /// Gets a user.
        #[tool(
            name = "get_user",
            title = "Get a user",
            toolset = "users",
            method = "get",
            document = "core",
            operation = "op",
            get = "/users/{id",
            returns = String,
        )]
        pub struct GetUser;
    }
}

fn main() {}
