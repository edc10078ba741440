//! `#[tools]` before something else than a module.

/// Tools.
#[runtime::tools(toolset = "users", document = "core")]
pub struct Users {
    pub name: String,
}

fn main() {}
