//! A default that is no value of its field.

use runtime::prelude::*;

/// A user.
#[derive(Schema)]
pub struct User {
    #[schema(default = json("{}"))]
    pub role: Option<Role>,
}

/// A role.
#[derive(Schema)]
pub struct Role {
    pub name: String,
}

fn main() {}
