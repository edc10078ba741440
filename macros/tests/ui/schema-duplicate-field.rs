//! Two fields with the same name in JSON.

use runtime::prelude::*;

/// A user.
#[derive(Schema)]
pub struct User {
    pub name: String,
    #[schema(name = "name")]
    pub username: String,
}

fn main() {}
