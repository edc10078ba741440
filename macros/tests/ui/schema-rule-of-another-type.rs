//! Rules that do not fit the types of their fields: one message each.

use runtime::prelude::*;

/// A user.
#[derive(Schema)]
pub struct User {
    #[schema(max_length = 20)]
    pub age: i64,
    #[schema(items(min = 1))]
    pub roles: Vec<String>,
    #[schema(min = 0.5, max_items = 3)]
    pub share: f64,
}

fn main() {}
