//! A tool whose arguments have no names.

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
            get = "/users",
            returns = String,
        )]
        pub struct GetUser(pub String);
    }
}

fn main() {}
