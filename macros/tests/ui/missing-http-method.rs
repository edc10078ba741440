//! A tool that does not say how it is requested.

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
            returns = String,
        )]
        pub struct GetUser;
    }
}

fn main() {}
