//! `cargo xtask screenshots`: takes the README's screenshots of the admin page in a real Chromium.

use std::process::Command;

use anyhow::Result;

use crate::command::{cargo, run};
use crate::lab::airflow::{self, Airflow};
use crate::lab::browser::browser;
use crate::lab::servers::release;
use crate::lab::{python, root, step};
use crate::test::binary;

/// Takes all screenshots, with 2,000 users, so that they have content. Airflow keeps running afterwards.
pub(crate) fn screenshots() -> Result<()> {
    cargo("build --package airflow-mcp")?;
    let clients = python::clients()?;
    let browser = browser()?;
    let url = airflow::up(3, None, false)?;
    Airflow::prepare(release(3)?, "3", false)?.seed("users=2000")?;
    step("take the screenshots", || {
        let mut script = Command::new(clients.bin("python"));
        script
            .arg(root().join("tests/e2e/screenshots.py"))
            .arg(root().join("docs/screenshots"))
            .env("E2E_AIRFLOW_3_URL", url)
            .env("E2E_BINARY", binary())
            .env("E2E_CHROMIUM", browser.browser)
            .env("E2E_CHROMEDRIVER", browser.driver)
            .env("PYTHONDONTWRITEBYTECODE", "1");
        run(&mut script)
    })
}
