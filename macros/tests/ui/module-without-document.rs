//! A module whose document is missing and whose toolset is empty.

pub struct Tools;

pub mod users {
    #[runtime::tools(toolset = "")]
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
        pub struct GetUser {}
    }
}

fn main() {}
