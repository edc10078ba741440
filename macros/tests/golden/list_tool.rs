/// Lists users. Returns name and roles
/// of each.
#[tool(
    name = "list_users",
    title = "List users",
    tags("people"),
    method = "list",
    operation = "get_users",
    since = "2.9",
    get = "/api/users",
    list(
        items = "users",
        of = User,
        page = cursor(cursor = "cursor", next = "next", limit = "limit", offset = "offset", max = 100, since = "2.10"),
        filter(name(unique), role = "roles.name"),
        summary(name, roles),
    )
)]
pub struct ListUsers {
    /// Attribute to order by.
    #[param(query, since = "2.11", default = "name")]
    pub order_by: Option<String>,
}
