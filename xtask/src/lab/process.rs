//! Starts processes, finds a free port for each, and stops each by the ID with which it was started.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use fs_err::File;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// Process groups that end with this program, each with the signal that asks it to end.
static RUNNING: Mutex<BTreeMap<u32, Signal>> = Mutex::new(BTreeMap::new());

fn running<T>(look: impl FnOnce(&mut BTreeMap<u32, Signal>) -> T) -> T {
    look(&mut RUNNING.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Stops all started processes when this program is interrupted. They are in their own process groups, so the interrupt does not reach them.
pub(crate) fn stop_all_when_interrupted() -> Result<()> {
    ctrlc::set_handler(|| {
        let groups = running(std::mem::take);
        // All groups get their signal first, because each takes time to end.
        for (pid, signal) in &groups {
            signal_group(*pid, *signal);
        }
        for (pid, signal) in groups {
            stop_group(pid, signal, || has_ended(pid));
        }
        std::process::exit(130);
    })
    .context("cannot listen for interrupts")
}

/// Process in its own process group. Stopped when dropped, unless [`Process::detach`]ed.
#[derive(Debug)]
pub(crate) struct Process {
    child: Option<Child>,
    pid: u32,
    end_signal: Signal,
}

impl Process {
    /// Starts a command in the background and writes its output to `log`. SIGTERM asks the process to end.
    pub(crate) fn spawn(command: &mut Command, log: &Path) -> Result<Self> {
        Self::spawn_to_end_by(Signal::SIGTERM, command, log)
    }

    /// Starts a command that another signal asks to end.
    pub(crate) fn spawn_to_end_by(
        end_signal: Signal,
        command: &mut Command,
        log: &Path,
    ) -> Result<Self> {
        let file = File::create(log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.file().try_clone()?)
            .stderr(file.into_file())
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        running(|running| running.insert(child.id(), end_signal));
        Ok(Self {
            pid: child.id(),
            child: Some(child),
            end_signal,
        })
    }

    /// Returns the exit status, if the process has ended.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        match &mut self.child {
            Some(child) => Ok(child.try_wait()?),
            None => Ok(None),
        }
    }

    /// Leaves the process running after this program ends, and returns its ID for stopping it.
    pub(crate) fn detach(mut self) -> u32 {
        running(|running| running.remove(&self.pid));
        self.child = None;
        self.pid
    }

    /// Asks the process to end, and waits up to `patience`, so that it can end processes that it started in other groups.
    pub(crate) fn stop(mut self, patience: Duration) {
        if let Some(child) = &mut self.child
            && let Ok(raw) = i32::try_from(self.pid)
            && kill(Pid::from_raw(raw), self.end_signal).is_ok()
        {
            ends_within(patience, &mut || matches!(child.try_wait(), Ok(Some(_))));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            stop_group(self.pid, self.end_signal, || {
                matches!(child.try_wait(), Ok(Some(_)))
            });
            running(|running| running.remove(&self.pid));
        }
    }
}

/// Returns a port of the loopback address that is not in use.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Stops a process group that this program started: asks first, and kills the group after five seconds.
pub(crate) fn stop_group(pid: u32, end_signal: Signal, mut has_ended: impl FnMut() -> bool) {
    for signal in [end_signal, Signal::SIGKILL] {
        if !signal_group(pid, signal) || ends_within(Duration::from_secs(5), &mut has_ended) {
            return;
        }
    }
}

/// Sends a signal to a group and returns whether the group existed.
fn signal_group(pid: u32, signal: Signal) -> bool {
    i32::try_from(pid).is_ok_and(|raw| killpg(Pid::from_raw(raw), signal).is_ok())
}

/// Returns whether a process that this program started has ended. A process keeps its ID until its exit status is collected.
fn has_ended(pid: u32) -> bool {
    let Ok(raw) = i32::try_from(pid) else {
        return true;
    };
    !matches!(
        waitpid(Pid::from_raw(raw), Some(WaitPidFlag::WNOHANG)),
        Ok(WaitStatus::StillAlive)
    )
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

/// Returns whether a process with this ID exists.
pub(crate) fn is_alive(pid: u32) -> bool {
    i32::try_from(pid).is_ok_and(|raw| kill(Pid::from_raw(raw), None).is_ok())
}
