//! Texts that contradict each other.

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
            notes(
                Users(before = "3.9") = "Roles are added.",
                Users(since = "3.10") = "Roles are replaced by name.",
                Users(since = "3.8.1") = "Roles are replaced.",
            ),
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
