//! Four mistakes, all of which are reported.

pub struct Tools;

pub mod users {
    #[runtime::tools(toolset = "users", document = "core")]
    pub mod tools {
        use runtime::prelude::*;

        /// Gets a user.
        #[tool(
            name = "get_user",
            method = "get",
            operation = "op",
            get = "/groups/{group}/users",
            returns = String,
        )]
        pub struct GetUser {
            /// Most users.
            #[param(query)]
            pub limit: Option<i64>,

            #[param(query, min = 2, max = 1)]
            pub age: i64,
        }
    }
}

fn main() {}
