//! A body that nothing goes into.

pub struct Tools;

pub mod users {
    #[runtime::tools(toolset = "users", document = "core")]
    pub mod tools {
        use runtime::prelude::*;

        /// Creates a user.
        #[tool(
            name = "create_user",
            title = "Create a user",
            method = "create",
            operation = "op",
            post = "/users",
            body(json),
        )]
        pub struct CreateUser;
    }
}

fn main() {}
