//! Processes that are started here: a free port for each, and an end by the id it was started with.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use anyhow::Result;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

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
