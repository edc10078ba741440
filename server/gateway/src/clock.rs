//! Current time in microseconds, the unit of the store. Tests set the clock forward instead of waiting.

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
