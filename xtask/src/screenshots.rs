//! `cargo xtask screenshots`: takes the README's screenshots of the admin page in a real Chromium.

use std::process::Command;

use anyhow::{Result, bail};

use crate::lab::airflow::{self, Airflow};
use crate::lab::browser::browser;
use crate::lab::releases::release;
use crate::lab::{python, root, step};
use crate::test::{binary, cargo};

/// Number of users to add, so that the screenshots have content.
const USERS: u32 = 2000;

/// Takes all screenshots. Airflow keeps running afterwards.
pub(crate) fn screenshots() -> Result<()> {
    cargo(&["build", "--package", "airflow-mcp"])?;
    let clients = python::clients()?;
    let browser = browser()?;
    let url = airflow::up(3, None, false)?;
    Airflow::prepare(release(3)?, "3", false)?.seed(&[("users", USERS)])?;
    let folder = root().join("docs/screenshots");
    step("take the screenshots", || {
        let status = Command::new(clients.bin("python"))
            .arg(root().join("tests/e2e/screenshots.py"))
            .arg(&folder)
            .env("E2E_AIRFLOW_3_URL", url)
            .env("E2E_BINARY", binary())
            .env("E2E_CHROMIUM", browser.browser)
            .env("E2E_CHROMEDRIVER", browser.driver)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .status()?;
        if status.success() {
            return Ok(());
        }
        bail!("screenshots.py failed")
    })
}
