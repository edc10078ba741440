/// One name or several.
#[derive(Schema)]
pub enum Names {
    #[schema(min_length = 1)]
    One(String),
    Several(Vec<String>),
}
