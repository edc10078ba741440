//! Writes audit records of calls. All waiting records are written in one transaction, so that the cost per record stays low under load. Each caller waits for the commit of its own record.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{mpsc, oneshot};

use crate::store::Store;
use crate::store::audit::MOST_RECORDS;
use crate::store::rows::NewAudit;

/// Number of records in the queue. If the queue is full, callers wait for a place in it.
const WAITING: usize = 4096;
/// Time to wait for more records when several records arrive at once.
const GATHER: Duration = Duration::from_millis(1);

type Done = oneshot::Sender<Result<(), NotWritten>>;

/// Error: the record may be missing from the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotWritten;

/// Handle of the task that writes audit records.
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
    /// Starts the writing task. The task ends after [`Self::close`], or after the handle is dropped and all records are written.
    pub(crate) fn start(store: Arc<Store>) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING);
        tokio::spawn(write(store, waiting));
        Self { queue }
    }

    /// Queues a record and returns after its commit. If the future is dropped after the record entered the queue, the record is still written.
    pub(crate) async fn record(&self, record: NewAudit) -> Result<(), NotWritten> {
        let (done, written) = oneshot::channel();
        let message = Message::Write(Box::new(record), done);
        self.queue.send(message).await.map_err(|_| NotWritten)?;
        written.await.unwrap_or(Err(NotWritten))
    }

    /// Stops accepting records and returns after all queued records are written.
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
        // If several records are waiting, more follow soon, and a transaction costs much more than a record.
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
            // Sending fails only if the caller has stopped waiting, and then nobody needs the result.
            let _ = caller.send(result.clone());
        }
    }
    for done in closing {
        let _ = done.send(());
    }
}
