//! A body that nothing goes into.

pub struct Tools;

pub mod users {
    #[runtime::tools]
    pub mod tools {
        use runtime::prelude::*;

        /// Creates a user.
        #[tool(
            name = "create_user",
            title = "Create a user",
            toolset = "users",
            method = "create",
            document = "core",
            operation = "op",
            post = "/users",
            body(json),
        )]
        pub struct CreateUser;
    }
}

fn main() {}
