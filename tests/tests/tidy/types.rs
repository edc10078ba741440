//! Finds public types of one crate that have the same name, so that each name denotes one concept.

use std::collections::BTreeMap;

use super::allowed::Finding;
use super::modules::Crate;

/// Returns the names that several types of a crate have. Types that are visible in the whole crate count as public.
pub(crate) fn find(crates: &[Crate]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for krate in crates {
        let mut places: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for module in &krate.modules {
            for found in &module.types {
                let place = format!("{}:{}", krate.files[module.file], found.line);
                places.entry(&found.name).or_default().push(place);
            }
        }
        let folder = krate.files[0].rsplit_once("/src/");
        let folder = folder.map_or("", |(folder, _)| folder);
        places.retain(|_, places| places.len() > 1);
        findings.extend(places.iter().map(|(name, places)| Finding {
            key: format!("{folder}: {name}"),
            message: format!(
                "several types of {folder} are named `{name}`: {}",
                places.join(", ")
            ),
        }));
    }
    findings
}
