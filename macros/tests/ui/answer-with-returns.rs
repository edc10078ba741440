//! An answer that is text and a type.

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
            returns = Json,
            answer = text("text/plain")
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
