//! An argument that every log has by itself.

pub struct Tools;

pub mod users {
    #[runtime::tools]
    pub mod tools {
        use runtime::prelude::*;

        /// Does something with users.
        #[tool(
            name = "do_users",
            title = "Do users",
            toolset = "users",
            method = "list",
            document = "core",
            operation = "op",
            get = "/users/{name}",
            answer = log("text/plain")
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
