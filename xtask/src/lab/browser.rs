//! Provides a real Chromium with its driver: the installed one or, if packages can be installed, Debian's.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};
use nix::unistd::Uid;

use super::{lab_dir, run_logged, step};

/// Browser and its driver.
#[derive(Debug)]
pub(crate) struct Browser {
    /// Path of Chromium or Chrome.
    pub(crate) browser: PathBuf,
    /// Path of the matching `chromedriver`.
    pub(crate) driver: PathBuf,
}

/// Finds a browser or installs one. The error says what to install by hand.
pub(crate) fn browser() -> Result<Browser> {
    if let Some(browser) = find() {
        return Ok(browser);
    }
    let by_hand = "no chromium with chromedriver on PATH: install both, on Debian with `apt-get install chromium chromium-driver`";
    if !Uid::effective().is_root() || on_path("apt-get").is_none() {
        bail!("{by_hand}");
    }
    step("install chromium and chromium-driver from Debian", || {
        let log = lab_dir().join("logs/chromium.log");
        for arguments in [
            &["update"][..],
            &["install", "--yes", "chromium", "chromium-driver"],
        ] {
            let mut apt = Command::new("apt-get");
            apt.args(["--quiet", "--option", "DPkg::Lock::Timeout=300"])
                .args(arguments)
                .env("DEBIAN_FRONTEND", "noninteractive");
            run_logged(&mut apt, &log)?;
        }
        Ok(())
    })?;
    match find() {
        Some(browser) => Ok(browser),
        None => bail!("{by_hand}"),
    }
}

fn find() -> Option<Browser> {
    let names = [
        "chromium",
        "chromium-browser",
        "google-chrome-stable",
        "google-chrome",
    ];
    Some(Browser {
        browser: names.iter().find_map(|name| on_path(name))?,
        driver: on_path("chromedriver")?,
    })
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}
