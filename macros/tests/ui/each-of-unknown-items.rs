//! Answers for a member that the result does not have.

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
            each(operation = "patch_user", patch = "/users/{id}", items = "people"),
            returns = Users,
        )]
        pub struct UpdateUsers {
            /// Names.
            #[param(each, wire = "id")]
            pub ids: Option<Vec<String>>,

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
