//! An enum that no value has.

use runtime::prelude::*;

/// Roles of a user.
#[derive(Schema)]
pub enum Roles {}

fn main() {}
