//! An argument with the name of the one that empties fields.

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

            /// What to remove.
            #[param(body)]
            pub clear: Option<String>,
        }
    }
}

fn main() {}
