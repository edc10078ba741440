//! Two variants for the same string.

use runtime::prelude::*;

/// State of a user.
#[derive(Schema)]
pub enum State {
    #[schema(name = "active")]
    Active,
    #[schema(name = "active")]
    Enabled,
}

fn main() {}
