/// The tools of the toolset `users`.
#[tools(toolset = "users", document = "core", tags("rbac"))]
pub mod tools {
    use runtime::prelude::*;

    #[tool(name = "list_users")]
    pub struct ListUsers {}

    #[runtime::tool(name = "get_user")]
    #[cfg(feature = "get")]
    pub struct GetUser {}

    #[derive(Schema)]
    pub struct User {}
}
