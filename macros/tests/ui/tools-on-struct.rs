//! `#[tools]` before something else than a module.

/// Tools.
#[runtime::tools]
pub struct Users {
    pub name: String,
}

fn main() {}
