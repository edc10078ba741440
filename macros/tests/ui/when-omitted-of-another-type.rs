//! A value for what is left out that the type does not have.

pub struct Tools;

pub mod users {
    #[runtime::tools(toolset = "users", document = "core")]
    pub mod tools {
        use runtime::prelude::*;

        /// Does something with users.
        #[tool(
            name = "do_users",
            title = "Do users",
            method = "get",
            operation = "op",
            get = "/users/{name}"
        )]
        pub struct DoUsers {
            /// Name of the user.
            #[param(path)]
            pub name: String,

            /// How.
            #[param(query, when_omitted = 1)]
            pub how: Option<String>,
        }
    }
}

fn main() {}
