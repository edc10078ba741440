//! A struct whose fields have no names.

use runtime::prelude::*;

/// A user.
#[derive(Schema)]
pub struct User(pub String);

fn main() {}
