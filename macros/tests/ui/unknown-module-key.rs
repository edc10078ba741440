//! `#[tools]` with an unknown key.

/// Tools.
#[runtime::tools(users)]
pub mod tools {
    use runtime::prelude::*;

    /// A user.
    #[derive(Schema)]
    pub struct User {
        pub name: String,
    }
}

fn main() {}
