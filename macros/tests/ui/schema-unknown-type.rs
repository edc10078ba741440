//! A field of a type without a JSON shape.

use runtime::prelude::*;

/// A user.
#[derive(Schema)]
pub struct User {
    pub born: std::time::SystemTime,
}

fn main() {}
