/// Updates a user.
#[tool(
    name = "update_user",
    renamed_from = "change_user",
    title = "Update a user",
    method = "update",
    operation = "patch_user",
    patch = "/api/users/{name}",
    body(json, required),
    fixed(kind = "user"),
    merge = "/api/users/{name}",
    mask(update_mask = comma),
    read_back = "/api/users/{name}",
    verify(slash, except(roles)),
    not_applied(Users(before = "2.1") = "Delete the user and create another one."),
    notes(
        Users(before = "2.1") = "The server keeps all roles.",
        Users(since = "2.1", before = "3") = "The server replaces the roles.",
    ),
    returns = User,
    effect(destructive)
)]
pub struct UpdateUser {
    /// Name of the user as it is now.
    #[param(path, wire = "name", min_length = 1)]
    pub id: String,

    /// New name.
    #[param(body, fallback = "id")]
    pub name: Option<String>,

    /// Where to write to.
    #[param(body, clear)]
    pub address: Option<String>,

    /// Roles.
    #[param(body, min_items = 1, items(max_length = 20))]
    pub roles: Vec<String>,

    /// What to sign in with.
    #[param(body, name = "type", secret)]
    pub type_: Option<Kind>,
}
