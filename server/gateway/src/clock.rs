//! Current time in microseconds, the unit of the store, and whether it can be trusted. Tests set the clock forward instead of waiting.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// Clock of one gateway.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    #[cfg(test)]
    ahead: std::sync::atomic::AtomicI64,
}

impl Clock {
    /// Returns the microseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        let now = Timestamp::now().as_microsecond();
        #[cfg(test)]
        let now = now + self.ahead.load(std::sync::atomic::Ordering::Relaxed);
        now
    }

    /// Sets the clock forward.
    #[cfg(test)]
    pub(crate) fn forward(&self, by: std::time::Duration) {
        let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.ahead
            .fetch_add(by, std::sync::atomic::Ordering::Relaxed);
    }
}

/// Difference between two clocks that counts as a jump.
const JUMP: i64 = 60_000_000;
/// Time since the newest audit entry at the start of a process after which the clock is in doubt.
const GAP: i64 = 24 * 3_600_000_000;
/// Time for which nothing is purged while the clock is in doubt, by a clock that cannot be set.
const DOUBT: Duration = Duration::from_secs(24 * 3600);

/// Time after which the audit log is checked again before a purge.
const PAUSE: Duration = Duration::from_secs(3600);

/// Decides whether the clock can be trusted for purging. A clock that is wrong for one start would otherwise remove the whole audit log.
#[derive(Debug, Default)]
pub(crate) struct PurgeClock {
    reading: Mutex<Option<Reading>>,
    paused_until: Mutex<Option<Instant>>,
}

#[derive(Debug)]
struct Reading {
    /// Time of the clock, and of the clock that cannot be set, at the last reading.
    now: i64,
    at: Instant,
    doubted_until: Option<Instant>,
}

impl PurgeClock {
    /// Reads the clock at the start of the process. `newest` is the time of the newest audit entry.
    pub(crate) fn start(&self, now: i64, newest: Option<i64>) {
        let at = Instant::now();
        let is_doubtful = newest.is_some_and(|newest| now.abs_diff(newest) > GAP.unsigned_abs());
        if is_doubtful {
            tracing::warn!(
                "the newest audit entry is more than a day away from the present time; nothing is purged from the audit log for 24 hours, in case the clock is wrong"
            );
        }
        *self.reading.lock().unwrap_or_else(PoisonError::into_inner) = Some(Reading {
            now,
            at,
            doubted_until: is_doubtful.then(|| at + DOUBT),
        });
    }

    /// Returns whether the clock has neither jumped recently nor was in doubt at the start.
    pub(crate) fn is_trusted(&self, now: i64) -> bool {
        self.is_trusted_at(now, Instant::now())
    }

    fn is_trusted_at(&self, now: i64, at: Instant) -> bool {
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(reading) = &mut *reading else {
            return false;
        };
        let passed = at.saturating_duration_since(reading.at).as_micros();
        let expected = reading
            .now
            .saturating_add(i64::try_from(passed).unwrap_or(i64::MAX));
        (reading.now, reading.at) = (now, at);
        if now.abs_diff(expected) > JUMP.unsigned_abs() {
            tracing::warn!(
                "the clock was changed; nothing is purged from the audit log for 24 hours"
            );
            reading.doubted_until = Some(at + DOUBT);
        }
        reading.doubted_until.is_none_or(|until| until <= at)
    }

    /// Stops purging for some time, because the check of the audit log failed.
    pub(crate) fn pause(&self) {
        *self
            .paused_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + PAUSE);
    }

    /// Returns whether purging is paused.
    pub(crate) fn is_paused(&self) -> bool {
        let paused = self.paused_until.lock();
        let paused = *paused.unwrap_or_else(PoisonError::into_inner);
        paused.is_some_and(|until| until > Instant::now())
    }

    /// Trusts the clock although it was set forward.
    #[cfg(test)]
    pub(crate) fn trust(&self, now: i64) {
        self.start(now, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000_000;

    #[test]
    fn a_clock_that_jumps_or_starts_far_away_is_not_trusted() {
        let clock = PurgeClock::default();
        assert!(!clock.is_trusted(0));
        clock.start(0, None);
        let start = Instant::now();
        let minutes = |number: u64| start + Duration::from_secs(60 * number);
        assert!(clock.is_trusted_at(MINUTE, minutes(1)));
        // Ten years forward, and back again.
        for jump in [10 * 365 * 24 * 60 * MINUTE, 3 * MINUTE] {
            assert!(!clock.is_trusted_at(jump, minutes(3)));
            assert!(!clock.is_trusted_at(jump + MINUTE, minutes(4)));
            (0..1).for_each(|_| clock.start(jump + MINUTE, Some(jump)));
        }
        let day = 24 * 60;
        for (newest, is_trusted) in [
            (None, true),
            (Some(0), true),
            (Some(-2 * 60 * MINUTE), true),
            (Some(-25 * 60 * MINUTE), false),
            (Some(25 * 60 * MINUTE), false),
        ] {
            clock.start(0, newest);
            let start = Instant::now();
            assert_eq!(clock.is_trusted_at(0, start), is_trusted, "{newest:?}");
            let later = start + Duration::from_secs(60 * (day + 1));
            let now = i64::try_from(day + 1).unwrap_or_default() * MINUTE;
            assert!(clock.is_trusted_at(now, later), "{newest:?}");
        }
    }
}
