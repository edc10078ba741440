//! A key that fields do not have.

use runtime::prelude::*;

/// A user.
#[derive(Schema)]
pub struct User {
    #[schema(rename = "userName")]
    pub name: String,
}

fn main() {}
