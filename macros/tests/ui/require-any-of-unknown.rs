//! An argument that is required, but does not exist.

pub struct Tools;

pub mod users {
    #[runtime::tools(toolset = "users", document = "core")]
    pub mod tools {
        use runtime::prelude::*;

        /// Updates users.
        #[tool(
            name = "update_users",
            title = "Update users",
            method = "update_many",
            operation = "op",
            patch = "/users",
            body(json, required),
            require_any(names),
            returns = Users,
        )]
        pub struct UpdateUsers {
            /// Whether they can sign in.
            #[param(body)]
            pub active: bool,
        }

        /// Users.
        #[derive(Schema)]
        pub struct Users {
            pub users: Vec<String>,
        }
    }
}

fn main() {}
