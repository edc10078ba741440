//! Rules for all files that people write: imports without cycles, one name per type, plain language, documented modules, short files, valid links, documented keys, and tested threats.
//!
//! All findings are reported at once. Exceptions, each with its reason, are in `tests/tidy.toml`; `UPDATE_EXPECT=1` updates them. `TIDY=import-cycles` limits the test to one rule.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "tidy/allowed.rs"]
mod allowed;
#[path = "tidy/cycles.rs"]
mod cycles;
#[path = "tidy/documentation.rs"]
mod documentation;
#[path = "tidy/keys.rs"]
mod keys;
#[path = "tidy/modules.rs"]
mod modules;
#[path = "tidy/phrases.rs"]
mod phrases;
#[path = "tidy/repository.rs"]
mod repository;
#[path = "tidy/types.rs"]
mod types;

use std::collections::BTreeMap;
use std::path::Path;

use allowed::Finding;
use modules::Crate;
use repository::Repository;

#[test]
fn the_repository_is_tidy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let exceptions = root.join("tests/tidy.toml");
    let repository = Repository::read(root);
    let crates = Crate::read_all(&repository);
    let mut findings: BTreeMap<&str, Vec<Finding>> = BTreeMap::from([
        ("import-cycles", cycles::find(&crates)),
        ("types-with-one-name", types::find(&crates)),
        ("phrases", phrases::find(&repository)),
        (
            "unclear-beginnings",
            phrases::find_unclear_beginnings(&repository),
        ),
        (
            "undocumented-modules",
            documentation::find_undocumented_modules(&repository),
        ),
        ("long-files", documentation::find_long_files(&repository)),
        (
            "broken-links",
            documentation::find_broken_links(root, &repository),
        ),
        ("undocumented-keys", keys::find(&repository)),
        (
            "untested-threats",
            documentation::find_untested_threats(&repository),
        ),
    ]);
    let mut allowed = allowed::read(&exceptions);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        allowed::write(&exceptions, &allowed, &findings);
        return;
    }
    for rule in allowed.keys() {
        assert!(
            findings.contains_key(rule.as_str()),
            "tests/tidy.toml: unknown rule `{rule}`"
        );
    }
    if let Ok(rule) = std::env::var("TIDY") {
        findings.retain(|name, _| *name == rule);
        allowed.clear();
    }
    let mut report = String::new();
    for (rule, findings) in &findings {
        let differences = allowed::differences(allowed.get(*rule), findings);
        if !differences.is_empty() {
            report += &format!("\n[{rule}]\n{}\n", differences.join("\n"));
        }
    }
    assert!(
        report.is_empty(),
        "the files do not comply with the rules, or tests/tidy.toml is outdated (set UPDATE_EXPECT=1 to update it):\n{report}"
    );
}
