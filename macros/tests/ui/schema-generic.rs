//! A type with a parameter.

use runtime::prelude::*;

/// A page.
#[derive(Schema)]
pub struct Page<T> {
    pub items: Vec<T>,
}

fn main() {}
