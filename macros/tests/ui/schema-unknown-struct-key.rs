//! A key that structs do not have.

use runtime::prelude::*;

/// A user.
#[derive(Schema)]
#[schema(deny_unknown_fields)]
pub struct User {
    pub name: String,
}

fn main() {}
