//! Writes audit records of calls. All that wait are written in one transaction, so a record costs little however many calls there are, and each caller learns of its own commit.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{mpsc, oneshot};

use super::store::rows::NewAudit;
use super::store::{MOST_RECORDS, Store};

/// How many records can wait; more callers wait for a place.
const WAITING: usize = 4096;
/// How long more records are waited for when several have come at once.
const GATHER: Duration = Duration::from_millis(1);

type Done = oneshot::Sender<Result<(), NotWritten>>;

/// The record may not be in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotWritten;

/// The way to the task that writes.
#[derive(Debug)]
pub(crate) struct AuditWriter {
    queue: mpsc::Sender<Message>,
}

#[derive(Debug)]
enum Message {
    Write(Box<NewAudit>, Done),
    Close(oneshot::Sender<()>),
}

impl AuditWriter {
    /// Starts the task. It ends with [`Self::close`], or when this is dropped and everything is written.
    pub(crate) fn start(store: Arc<Store>) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING);
        tokio::spawn(write(store, waiting));
        Self { queue }
    }

    /// Returns once the record is committed. It is written also if the future is dropped after it had a place in the queue.
    pub(crate) async fn record(&self, record: NewAudit) -> Result<(), NotWritten> {
        let (done, written) = oneshot::channel();
        let message = Message::Write(Box::new(record), done);
        self.queue.send(message).await.map_err(|_| NotWritten)?;
        written.await.unwrap_or(Err(NotWritten))
    }

    /// Takes no more records; returns when those that there are have been written.
    pub(crate) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.queue.send(Message::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
    }
}

async fn write(store: Arc<Store>, mut waiting: mpsc::Receiver<Message>) {
    let mut messages = Vec::new();
    let mut closing = Vec::new();
    while waiting.recv_many(&mut messages, MOST_RECORDS).await > 0 {
        // Where there are several there are more to come, and a transaction costs much more than a record.
        if (2..MOST_RECORDS).contains(&messages.len()) {
            tokio::time::sleep(GATHER).await;
            let more = MOST_RECORDS - messages.len();
            waiting.recv_many(&mut messages, more).now_or_never();
        }
        let mut records = Vec::new();
        let mut callers = Vec::new();
        for message in messages.drain(..) {
            match message {
                Message::Write(record, done) => {
                    records.push(*record);
                    callers.push(done);
                }
                Message::Close(done) => {
                    waiting.close();
                    closing.push(done);
                }
            }
        }
        let count = records.len();
        let result = store.insert_audit(records).await.map_err(|error| {
            tracing::error!(%error, records = count, "audit records cannot be written");
            NotWritten
        });
        for caller in callers {
            // Whoever does not wait any more does not want to know.
            let _ = caller.send(result.clone());
        }
    }
    for done in closing {
        let _ = done.send(());
    }
}
