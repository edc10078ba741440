//! Lists the releases of Airflow, and with which packages and settings each is installed.

use anyhow::{Context, Result};

use super::python::{self, Requirements, Venv};

/// Release of Airflow, with its packages and settings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Release {
    /// First number of the version.
    pub(crate) major: u8,
    /// Version.
    pub(crate) version: &'static str,
    packages: &'static [&'static str],
    python: &'static str,
    /// Date after which no release of a dependency is used, because later ones were never tested with this release.
    released_before: &'static str,
    /// Setting that makes the REST API accept a user name and a password, besides the cookie of the web page.
    basic_auth: Option<(&'static str, &'static str)>,
}

/// Secret that all servers of a database share, so that each accepts the tokens of the others.
const SECRET: &str = "only-for-tests-";
const API_BACKENDS: &str = "AIRFLOW__API__AUTH_BACKENDS";
const FAB_BASIC: &str = "airflow.providers.fab.auth_manager.api.auth.backend.basic_auth,airflow.api.auth.backend.session";

/// Releases for which tools are generated.
pub(crate) const RELEASES: &[Release] = &[
    Release {
        major: 2,
        version: "2.11.2",
        packages: &["apache-airflow==2.11.2"],
        python: ">=3.10,<3.13",
        released_before: "2026-03-25",
        basic_auth: Some((API_BACKENDS, FAB_BASIC)),
    },
    Release {
        major: 3,
        version: "3.3.2",
        packages: &[
            "apache-airflow==3.3.2",
            "apache-airflow-providers-fab==3.10.2",
        ],
        python: ">=3.10,<3.13",
        released_before: "2026-10-25",
        basic_auth: None,
    },
];

/// Older releases, with which the same tools work.
pub(crate) const OLDER: &[Release] = &[
    Release {
        major: 2,
        version: "2.7.3",
        packages: &["apache-airflow==2.7.3"],
        python: ">=3.8,<3.12",
        released_before: "2023-11-08",
        basic_auth: Some((
            API_BACKENDS,
            "airflow.api.auth.backend.basic_auth,airflow.api.auth.backend.session",
        )),
    },
    Release {
        major: 2,
        version: "2.10.5",
        packages: &["apache-airflow==2.10.5"],
        python: ">=3.8,<3.13",
        released_before: "2025-02-10",
        basic_auth: Some((API_BACKENDS, FAB_BASIC)),
    },
    Release {
        major: 3,
        version: "3.0.6",
        packages: &[
            "apache-airflow==3.0.6",
            "apache-airflow-providers-fab==2.4.1",
        ],
        python: ">=3.9,<3.13",
        released_before: "2025-08-30",
        // FAB 2.x does not accept the tokens of Airflow 3 for its own paths.
        basic_auth: Some((
            "AIRFLOW__FAB__AUTH_BACKENDS",
            "airflow.providers.fab.auth_manager.api.auth.backend.basic_auth,airflow.providers.fab.auth_manager.api.auth.backend.session",
        )),
    },
    Release {
        major: 3,
        version: "3.1.8",
        packages: &[
            "apache-airflow==3.1.8",
            "apache-airflow-providers-fab==3.5.0",
        ],
        python: ">=3.10,<3.13",
        released_before: "2026-03-15",
        basic_auth: None,
    },
];

/// Returns the release with this major version for which tools are generated.
pub(crate) fn release(major: u8) -> Result<Release> {
    let found = RELEASES.iter().find(|release| release.major == major);
    found
        .copied()
        .with_context(|| format!("no Airflow {major} here: it is 2 or 3"))
}

impl Release {
    /// Returns the environment in which the release is installed, and makes it if needed.
    pub(crate) fn venv(&self) -> Result<Venv> {
        python::venv(
            &format!("airflow-{}", self.version),
            &Requirements {
                packages: self.packages,
                python: self.python,
                released_before: Some(self.released_before),
                excluded: &[],
            },
        )
    }

    /// Returns the path that responds when a server is ready.
    pub(crate) fn health(&self) -> &'static str {
        if self.major == 2 {
            "/api/v1/health"
        } else {
            "/api/v2/monitor/health"
        }
    }

    /// Returns the environment variables of the release.
    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings: Vec<(&str, String)> = vec![];
        if let Some((name, backends)) = self.basic_auth {
            settings.push((name, backends.into()));
        }
        if self.major == 2 {
            settings.push(("AIRFLOW__WEBSERVER__EXPOSE_CONFIG", "True".into()));
            settings.push(("AIRFLOW__WEBSERVER__SECRET_KEY", SECRET.into()));
        } else {
            let manager = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager";
            settings.push(("AIRFLOW__CORE__AUTH_MANAGER", manager.into()));
            settings.push(("AIRFLOW__API__EXPOSE_CONFIG", "True".into()));
            settings.push(("AIRFLOW__API__WORKERS", "1".into()));
            settings.push(("AIRFLOW__API__SECRET_KEY", SECRET.into()));
            settings.push(("AIRFLOW__API_AUTH__JWT_SECRET", SECRET.repeat(6)));
        }
        settings
    }
}
