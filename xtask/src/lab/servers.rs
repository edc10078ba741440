//! Reads `xtask/lab/servers.toml`: the releases of Airflow, and how the servers of each are started.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use fs_err as fs;
use serde::Deserialize;

use super::python::Requirements;
use super::root;

/// Environment variables. Their values can contain placeholders.
pub(crate) type Environment = BTreeMap<String, String>;

#[derive(Deserialize)]
struct Servers {
    seeds: String,
    few_seeds: String,
    environment: Environment,
    scheduler_environment: Environment,
    versions: BTreeMap<String, MajorVersion>,
    releases: Vec<ReleaseEntry>,
}

/// Properties of all releases with one major version.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct MajorVersion {
    /// Path that responds when a server is ready.
    pub(crate) health: String,
    /// Command that starts a server.
    pub(crate) server: String,
    /// Command that processes DAG files, if the scheduler does not.
    pub(crate) dag_processor: Option<String>,
    environment: Environment,
    pub(crate) server_environment: Environment,
    pub(crate) scheduler_environment: Environment,
    /// Additional environment of the servers that differ from a plain one, by name.
    pub(crate) variants: BTreeMap<String, Environment>,
}

#[derive(Deserialize)]
struct ReleaseEntry {
    version: String,
    #[serde(default)]
    is_current: bool,
    #[serde(flatten)]
    requirements: Requirements,
    #[serde(default)]
    environment: Environment,
}

/// Release of Airflow, with everything that its servers need.
#[derive(Debug, Clone)]
pub(crate) struct Release {
    pub(crate) version: String,
    /// Whether tools are generated for this release.
    pub(crate) is_current: bool,
    pub(crate) requirements: Requirements,
    /// Environment of every program of the release.
    pub(crate) environment: Environment,
    pub(crate) major: MajorVersion,
    /// Numbers of objects for tests: `users=20 pools=10`.
    pub(crate) seeds: String,
}

/// Returns the releases with this major version; the first is the one for which tools are generated.
pub(crate) fn releases(major: u8) -> Result<Vec<Release>> {
    let file = root().join("xtask/lab/servers.toml");
    let servers: Servers = toml::from_str(&fs::read_to_string(&file)?)
        .with_context(|| format!("cannot read {}", file.display()))?;
    let mut version = servers
        .versions
        .get(&major.to_string())
        .with_context(|| format!("no servers of Airflow {major} are defined; use 2 or 3"))?
        .clone();
    version
        .scheduler_environment
        .extend(servers.scheduler_environment);
    let entries = servers.releases.into_iter();
    let entries = entries.filter(|entry| entry.version.starts_with(&format!("{major}.")));
    let release = |entry: ReleaseEntry| Release {
        environment: [
            &servers.environment,
            &version.environment,
            &entry.environment,
        ]
        .into_iter()
        .flat_map(Clone::clone)
        .collect(),
        seeds: match entry.is_current {
            true => servers.seeds.clone(),
            false => servers.few_seeds.clone(),
        },
        version: entry.version,
        is_current: entry.is_current,
        requirements: entry.requirements,
        major: version.clone(),
    };
    let mut releases: Vec<Release> = entries.map(release).collect();
    releases.sort_by_key(|release| !release.is_current);
    Ok(releases)
}

/// Returns the release with this major version for which tools are generated.
pub(crate) fn release(major: u8) -> Result<Release> {
    let releases = releases(major)?.into_iter();
    let mut current = releases.filter(|release| release.is_current);
    current
        .next()
        .with_context(|| format!("no release of Airflow {major} is marked as current"))
}
