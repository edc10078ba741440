//! A tool that does not say how it is requested.

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
            returns = String,
        )]
        pub struct GetUser;
    }
}

fn main() {}
