/// The tools of the toolset `users`.
#[allow(
    dead_code,
    missing_docs,
    clippy::enum_variant_names,
    clippy::large_enum_variant,
    clippy::vec_box
)]
pub mod tools {
    use runtime::prelude::*;
    #[tool(
        module(toolset = "users", document = "core", tags("rbac")),
        name = "list_users"
    )]
    pub struct ListUsers {}
    #[runtime::tool(
        module(toolset = "users", document = "core", tags("rbac")),
        name = "get_user"
    )]
    #[cfg(feature = "get")]
    pub struct GetUser {}
    #[derive(Schema)]
    pub struct User {}
    /// The tools of this module, in its order.
    pub static TOOLS: &[::runtime::Tool] = &[
        <ListUsers as ::runtime::__private::ToolBlock>::TOOL,
        #[cfg(feature = "get")]
        <GetUser as ::runtime::__private::ToolBlock>::TOOL,
    ];
}
