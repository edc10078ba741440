//! A hidden argument that `clear` would name.

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
            body(json, required),
        )]
        pub struct UpdateUser {
            /// Name of the user.
            #[param(path)]
            pub id: String,

            /// New address.
            #[param(body)]
            pub address: Option<String>,

            /// New name.
            #[param(body, clear, hidden, fallback = "address")]
            pub name: Option<String>,
        }
    }
}

fn main() {}
