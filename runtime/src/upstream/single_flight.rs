//! Performs work once for all concurrent callers: signing in, detecting the API of a server.

use std::sync::{Arc, Mutex, PoisonError};

use crate::upstream::error::CallError;

/// The last outcome of some work, and the lock for repeating it.
#[derive(Debug)]
pub(crate) struct SingleFlight<T> {
    turn: tokio::sync::Mutex<()>,
    last: Mutex<Last<T>>,
}

#[derive(Debug)]
struct Last<T> {
    /// Number of times that the work has ended.
    ended: u64,
    outcome: Option<Result<Arc<T>, CallError>>,
}

impl<T> SingleFlight<T> {
    /// Creates an instance whose work has not been done.
    pub(crate) fn new() -> Self {
        let last = Last {
            ended: 0,
            outcome: None,
        };
        Self {
            turn: tokio::sync::Mutex::new(()),
            last: Mutex::new(last),
        }
    }

    /// Returns the result of the last work, unless the work failed.
    pub(crate) fn get(&self) -> Option<Arc<T>> {
        self.last().outcome.as_ref()?.as_ref().ok().cloned()
    }

    /// Does the work, or waits for another caller that does the work and returns the same outcome, success or error.
    ///
    /// When this caller has the lock, `good` decides whether the existing result can be used. If the caller that does the work is cancelled, the next waiting caller does the work.
    pub(crate) async fn run(
        &self,
        good: impl Fn(&Arc<T>) -> bool,
        work: impl AsyncFnOnce() -> Result<T, CallError>,
    ) -> Result<Arc<T>, CallError> {
        let before = self.last().ended;
        let _turn = self.turn.lock().await;
        if let Some(made) = self.get().filter(good) {
            return Ok(made);
        }
        {
            let last = self.last();
            if last.ended != before
                && let Some(Err(error)) = &last.outcome
            {
                return Err(error.clone());
            }
        }
        let outcome = work().await.map(Arc::new);
        let mut last = self.last();
        last.ended += 1;
        last.outcome = Some(outcome.clone());
        outcome
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Last<T>> {
        // The value is only replaced as a whole, so the value is valid even after a panic.
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
