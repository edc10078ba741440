/// A user.
#[derive(Schema)]
#[schema(additional)]
pub struct User {
    /// Name to sign in with.
    pub name: String,
    #[schema(name = "loginCount", min = 0, default = 0)]
    pub login_count: Option<Nullable<i64>>,
    pub roles: Vec<Role>,
}

/// A role.
#[derive(Schema)]
#[schema(additional = String)]
pub struct Role {
    pub name: String,
}
