//! Work that is done once however many wait for it: signing in, finding out which API a server has.

use std::sync::{Arc, Mutex, PoisonError};

use crate::error::CallError;

/// The last outcome of some work, and the turn to do it again.
#[derive(Debug)]
pub(crate) struct SingleFlight<T> {
    turn: tokio::sync::Mutex<()>,
    last: Mutex<Last<T>>,
}

#[derive(Debug)]
struct Last<T> {
    /// How often the work ended.
    ended: u64,
    outcome: Option<Result<Arc<T>, CallError>>,
}

impl<T> SingleFlight<T> {
    /// Nothing done yet.
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

    /// What the last work made, unless it failed.
    pub(crate) fn get(&self) -> Option<Arc<T>> {
        self.last().outcome.as_ref()?.as_ref().ok().cloned()
    }

    /// Does the work, or waits for another that does it and shares its outcome, good or bad.
    ///
    /// `good` is asked once it is this caller's turn, whether what another made in the meantime will do. If the one who does the work goes away in the middle, the next in the queue does it.
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
        // The value is replaced as a whole, so it is whole even after a panic.
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
