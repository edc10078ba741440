//! A variant with two fields.

use runtime::prelude::*;

/// Roles of a user.
#[derive(Schema)]
pub enum Roles {
    Pair(String, String),
    Number(i64),
}

fn main() {}
