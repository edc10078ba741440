//! A log that is no list.

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
            method = "get",
            document = "core",
            operation = "op",
            get = "/users/{name}",
            answer = log("text/plain", token = "token", next = "next")
        )]
        pub struct DoUsers {
            /// Name of the user.
            #[param(path)]
            pub name: String,

            /// How.
            #[param(query)]
            pub how: Option<String>,
        }
    }
}

fn main() {}
