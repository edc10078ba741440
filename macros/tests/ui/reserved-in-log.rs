//! An argument that every log has by itself.

pub struct Tools;

pub mod users {
    #[runtime::tools(toolset = "users", document = "core")]
    pub mod tools {
        use runtime::prelude::*;

        /// Does something with users.
        #[tool(
            name = "do_users",
            title = "Do users",
            method = "list",
            operation = "op",
            get = "/users/{name}",
            response_format = log("text/plain")
        )]
        pub struct DoUsers {
            /// Name of the user.
            #[param(path)]
            pub name: String,

            /// How.
            #[param(query, name = "contains")]
            pub how: Option<String>,
        }
    }
}

fn main() {}
