//! A tool whose arguments have no names.

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
            get = "/users",
            returns = String,
        )]
        pub struct GetUser(pub String);
    }
}

fn main() {}
