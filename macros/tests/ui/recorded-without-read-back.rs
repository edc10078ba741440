//! Values recorded from nothing.

pub struct Tools;

pub mod users {
    #[runtime::tools(toolset = "users", document = "core")]
    pub mod tools {
        use runtime::prelude::*;

        /// Updates a user.
        #[tool(
            name = "update_user",
            title = "Update a user",
            method = "update",
            operation = "op",
            patch = "/users/{id}",
            body(json),
            recorded(name),
        )]
        pub struct UpdateUser {
            /// Name of the user.
            #[param(path)]
            pub id: String,

            /// New name.
            #[param(body)]
            pub name: Option<String>,
        }
    }
}

fn main() {}
