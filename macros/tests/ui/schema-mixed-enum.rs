//! Strings and types in one enum.

use runtime::prelude::*;

/// Roles of a user.
#[derive(Schema)]
pub enum Roles {
    Names(Vec<String>),
    Number(i64),
    All,
}

fn main() {}
