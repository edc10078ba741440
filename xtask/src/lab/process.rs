//! Processes that are started here: a free port for each, and an end by the id it was started with.

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

/// A process in a group of its own. Stopped when dropped, unless [`Process::detach`]ed.
#[derive(Debug)]
pub(crate) struct Process {
    child: Option<Child>,
    pid: u32,
}

impl Process {
    /// Starts a command in the background; what it prints goes into `log`.
    pub(crate) fn spawn(command: &mut Command, log: &Path) -> Result<Self> {
        let file = File::create(log).with_context(|| format!("create {}", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .process_group(0)
            .spawn()
            .with_context(|| format!("start {}", command.get_program().display()))?;
        Ok(Self {
            pid: child.id(),
            child: Some(child),
        })
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        match &mut self.child {
            Some(child) => Ok(child.try_wait()?),
            None => Ok(None),
        }
    }

    /// Leaves it running after this program ends; returns the id to stop it by.
    pub(crate) fn detach(mut self) -> u32 {
        self.child = None;
        self.pid
    }

    /// Asks it to end, and gives it this long to end what it has started in groups of their own.
    pub(crate) fn stop(mut self, patience: Duration) {
        if let Some(child) = &mut self.child
            && let Ok(raw) = i32::try_from(self.pid)
            && kill(Pid::from_raw(raw), Signal::SIGTERM).is_ok()
        {
            ends_within(patience, &mut || matches!(child.try_wait(), Ok(Some(_))));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            stop_group(self.pid, || matches!(child.try_wait(), Ok(Some(_))));
        }
    }
}

/// A port of the loopback address that nothing listens on.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Stops a process group that was started here: asks first, insists after five seconds.
pub(crate) fn stop_group(pid: u32, mut has_ended: impl FnMut() -> bool) {
    let Ok(raw) = i32::try_from(pid) else { return };
    let group = Pid::from_raw(raw);
    for (signal, patience) in [(Signal::SIGTERM, 5), (Signal::SIGKILL, 5)] {
        if killpg(group, signal).is_err() {
            return;
        }
        if ends_within(Duration::from_secs(patience), &mut has_ended) {
            return;
        }
    }
}

/// Stops one process by asking in each of these ways in turn, each for so many seconds.
pub(crate) fn stop_process(pid: u32, ways: &[(Signal, u64)], mut has_ended: impl FnMut() -> bool) {
    let Ok(raw) = i32::try_from(pid) else { return };
    for (signal, patience) in ways {
        if kill(Pid::from_raw(raw), *signal).is_err()
            || ends_within(Duration::from_secs(*patience), &mut has_ended)
        {
            return;
        }
    }
}

fn ends_within(patience: Duration, has_ended: &mut impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + patience;
    while Instant::now() < deadline {
        if has_ended() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

/// Whether there is a process with this id.
pub(crate) fn is_alive(pid: u32) -> bool {
    i32::try_from(pid).is_ok_and(|raw| kill(Pid::from_raw(raw), None).is_ok())
}
