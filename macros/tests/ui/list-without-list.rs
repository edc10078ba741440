//! A list that does not say of what.

pub struct Tools;

pub mod users {
    #[runtime::tools(toolset = "users", document = "core")]
    pub mod tools {
        use runtime::prelude::*;

        /// Lists users.
        #[tool(
            name = "list_users",
            title = "List users",
            method = "list",
            operation = "op",
            get = "/users",
        )]
        pub struct ListUsers {
            /// Order of the users.
            #[param(query)]
            pub order_by: Option<String>,
        }
    }
}

fn main() {}
