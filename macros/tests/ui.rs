//! Compile errors: each file in `tests/ui` contains one mistake and has an expected message. `UPDATE_EXPECT=1` accepts new messages, as for all other expectations.

use std::env;
use std::process::Command;

#[test]
fn each_mistake_has_its_message() {
    if env::var_os("UPDATE_EXPECT").is_some() && env::var_os("TRYBUILD").is_none() {
        let status = env::current_exe().and_then(|this| {
            Command::new(this)
                .args(["--exact", "each_mistake_has_its_message"])
                .env("TRYBUILD", "overwrite")
                .status()
        });
        assert!(status.is_ok_and(|status| status.success()));
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
