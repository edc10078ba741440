/// The tools of the toolset `users`.
#[tools]
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
