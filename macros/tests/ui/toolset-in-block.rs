//! A toolset in a block instead of the module.

pub struct Tools;

pub mod users {
    #[runtime::tools(toolset = "users", document = "core")]
    pub mod tools {
        use runtime::prelude::*;

        /// Gets a user.
        #[tool(
            name = "get_user",
            title = "Get a user",
            toolset = "users",
            method = "get",
            operation = "op",
            get = "/users",
            returns = String,
        )]
        pub struct GetUser {}
    }
}

fn main() {}
