/// Kind of a user.
#[derive(Schema)]
pub enum Kind {
    #[schema(name = "normal")]
    Normal,
    #[schema(name = "service-account")]
    ServiceAccount,
}
