//! Provides a real Chromium with its driver: the installed one or, if packages can be installed, Debian's.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use nix::unistd::Uid;

use super::{lab_dir, step};
use crate::command::{command, run_logged};

const INSTALL: &str = "chromium and chromedriver are not on PATH; install both, on Debian with `apt-get install chromium chromium-driver`";

/// Browser and its driver.
#[derive(Debug)]
pub(crate) struct Browser {
    /// Path of Chromium or Chrome.
    pub(crate) browser: PathBuf,
    /// Path of the matching `chromedriver`.
    pub(crate) driver: PathBuf,
}

/// Finds a browser or installs one. The error states what to install manually.
pub(crate) fn browser() -> Result<Browser> {
    if let Some(browser) = find() {
        return Ok(browser);
    }
    if !Uid::effective().is_root() || on_path("apt-get").is_none() {
        bail!(INSTALL);
    }
    step("install chromium and chromium-driver from Debian", || {
        let log = lab_dir().join("logs/chromium.log");
        for arguments in ["update", "install --yes chromium chromium-driver"] {
            let mut apt = command("apt-get", "--quiet --option DPkg::Lock::Timeout=300");
            apt.args(arguments.split(' '))
                .env("DEBIAN_FRONTEND", "noninteractive");
            run_logged(&mut apt, &log)?;
        }
        Ok(())
    })?;
    find().context(INSTALL)
}

fn find() -> Option<Browser> {
    let mut names = "chromium chromium-browser google-chrome-stable google-chrome".split(' ');
    Some(Browser {
        browser: names.find_map(on_path)?,
        driver: on_path("chromedriver")?,
    })
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}
