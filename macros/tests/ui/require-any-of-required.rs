//! An argument that is required anyway.

pub struct Tools;

pub mod users {
    #[runtime::tools]
    pub mod tools {
        use runtime::prelude::*;

        /// Updates users.
        #[tool(
            name = "update_users",
            title = "Update users",
            toolset = "users",
            method = "update_many",
            document = "core",
            operation = "op",
            patch = "/users",
            body(json, required),
            require_any(active),
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
