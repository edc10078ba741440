//! A tool in a module without `#[tools]`.

pub struct Tools;

pub mod users {
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
