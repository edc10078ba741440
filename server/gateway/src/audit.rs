//! Writes audit records of calls. All waiting records are written in one transaction, so that the cost per record stays low under load. Each caller waits for the commit of its own record.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};

use crate::store::Store;
use crate::store::audit::MOST_RECORDS;
use crate::store::rows::{NewAudit, kind};

/// Number of records in the queue. If the queue is full, callers wait for a place in it.
const WAITING: usize = 4096;
/// Time to wait for more records when several records arrive at once.
const GATHER: Duration = Duration::from_millis(1);
/// Longest time of one attempt to write.
const ATTEMPT: Duration = Duration::from_secs(5);
/// Pause before records that could not be written are written again.
const PAUSE: Duration = Duration::from_millis(500);
/// Time for which a caller waits for the record of a change.
const PATIENCE: Duration = Duration::from_secs(5);
/// Number of kept records of calls that sent nothing and of events. If there are more, such records are dropped, so that memory is bounded. Outcomes of changes are always kept, because their intents were written.
const MOST_KEPT: usize = 10_000;
/// Time for the last attempts before the process ends.
const CLOSING: Duration = Duration::from_secs(5);

type Done = oneshot::Sender<Result<(), NotWritten>>;

/// Error: the record is not in the audit log, or not yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotWritten;

/// How a record is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Urgency {
    /// Record of a read: on the way to the disk before the caller continues, and given up if it cannot be written.
    Read,
    /// Intent of a change: on disk before the caller continues, and not written if the caller has given up.
    Intent,
    /// Anything else: on disk before the caller continues, or written as soon as possible.
    Kept,
}

/// Handle of the task that writes audit records.
#[derive(Debug)]
pub(crate) struct AuditWriter {
    queue: mpsc::Sender<Message>,
}

#[derive(Debug)]
enum Message {
    Write(Waiting),
    Close(oneshot::Sender<()>),
}

#[derive(Debug)]
struct Waiting {
    record: Box<NewAudit>,
    urgency: Urgency,
    done: Done,
}

impl AuditWriter {
    /// Starts the writing task. The task ends after [`Self::close`], or after the handle is dropped and all records are written.
    pub(crate) fn start(store: Arc<Store>) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING);
        let writer = Writer {
            store,
            kept: Vec::new(),
            dropped: 0,
        };
        tokio::spawn(writer.run(waiting));
        Self { queue }
    }

    /// Writes the record of a read and returns after its commit. If the future is dropped after the record entered the queue, the record is still written.
    pub(crate) async fn record_read(&self, record: NewAudit) -> Result<(), NotWritten> {
        let written = self.send(record, Urgency::Read).await?;
        written.await.unwrap_or(Err(NotWritten))
    }

    /// Writes the intent of a change and returns after the disk has it. After an error, nothing may be sent.
    pub(crate) async fn record_intent(&self, record: NewAudit) -> Result<(), NotWritten> {
        let write = async {
            let written = self.send(record, Urgency::Intent).await?;
            written.await.unwrap_or(Err(NotWritten))
        };
        timeout(PATIENCE, write).await.unwrap_or(Err(NotWritten))
    }

    /// Writes any other record and returns after the disk has it. After an error, the record is written as soon as the store works again.
    pub(crate) async fn record_kept(&self, record: NewAudit) -> Result<(), NotWritten> {
        let written = self.send(record, Urgency::Kept).await?;
        let written = timeout(PATIENCE, written).await;
        written.map_or(Err(NotWritten), |it| it.unwrap_or(Err(NotWritten)))
    }

    /// Queues a record without waiting for it. If the queue is full, the record is dropped.
    pub(crate) fn queue(&self, record: NewAudit) {
        let (done, _) = oneshot::channel();
        let waiting = Waiting {
            record: Box::new(record),
            urgency: Urgency::Kept,
            done,
        };
        if self.queue.try_send(Message::Write(waiting)).is_err() {
            tracing::warn!("an audit record was dropped, because too many records are waiting");
        }
    }

    async fn send(
        &self,
        record: NewAudit,
        urgency: Urgency,
    ) -> Result<oneshot::Receiver<Result<(), NotWritten>>, NotWritten> {
        let (done, written) = oneshot::channel();
        let message = Message::Write(Waiting {
            record: Box::new(record),
            urgency,
            done,
        });
        self.queue.send(message).await.map_err(|_| NotWritten)?;
        Ok(written)
    }

    /// Stops accepting records and returns after all queued records are written, or after the last attempts failed.
    pub(crate) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.queue.send(Message::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
    }
}

/// Writing task.
struct Writer {
    store: Arc<Store>,
    /// Records that could not be written yet.
    kept: Vec<Waiting>,
    /// Number of records that were dropped because too many were kept.
    dropped: usize,
}

impl Writer {
    async fn run(mut self, mut waiting: mpsc::Receiver<Message>) {
        let mut messages = Vec::new();
        let mut closing = Vec::new();
        let mut retry = Instant::now();
        loop {
            let received = waiting.recv_many(&mut messages, MOST_RECORDS);
            let count = match self.kept.is_empty() {
                true => received.await,
                false => tokio::select! {
                    biased;
                    count = received => count,
                    () = tokio::time::sleep_until(retry) => usize::MAX,
                },
            };
            if count == 0 {
                break;
            }
            // If several records are waiting, more follow soon, and a transaction costs much more than a record.
            if (2..MOST_RECORDS).contains(&messages.len()) {
                tokio::time::sleep(GATHER).await;
                let more = MOST_RECORDS - messages.len();
                waiting.recv_many(&mut messages, more).now_or_never();
            }
            let mut records = Vec::new();
            for message in messages.drain(..) {
                match message {
                    Message::Write(record) => records.push(record),
                    Message::Close(done) => {
                        waiting.close();
                        closing.push(done);
                    }
                }
            }
            self.write(records).await;
            if !self.kept.is_empty() && retry <= Instant::now() {
                self.write_kept().await;
                retry = Instant::now() + PAUSE;
            }
        }
        let _ = timeout(CLOSING, self.write_last()).await;
        if !self.kept.is_empty() {
            let records = self.kept.len();
            tracing::error!(records, "audit records could not be written before the end");
        }
        for done in closing {
            let _ = done.send(());
        }
    }

    /// Writes records. Records that cannot be written are kept or given up.
    async fn write(&mut self, mut waiting: Vec<Waiting>) {
        // The caller of a closed channel has given up, and sends nothing.
        waiting.retain(|it| it.urgency != Urgency::Intent || !it.done.is_closed());
        if waiting.is_empty() {
            return;
        }
        if self.insert(&mut waiting).await {
            return answer(waiting, &Ok(()));
        }
        let (kept, given_up) = waiting
            .into_iter()
            .partition(|it: &Waiting| it.urgency == Urgency::Kept);
        answer(given_up, &Err(NotWritten));
        for record in kept {
            let is_known_by_intent = record.record.kind == kind::OUTCOME
                && record.record.outcome != runtime::ErrorCode::NotRecorded.as_str();
            if is_known_by_intent || self.kept.len() < MOST_KEPT {
                self.kept.push(record);
            } else {
                self.dropped += 1;
            }
        }
    }

    /// Writes the kept records again. Returns whether all were written.
    async fn write_kept(&mut self) -> bool {
        while !self.kept.is_empty() {
            let count = self.kept.len().min(MOST_RECORDS);
            // An earlier attempt may have succeeded although its success could not be reported.
            let calls = self.kept.iter().take(count);
            let calls = calls.filter(|it| it.record.kind == kind::OUTCOME);
            let calls: Vec<_> = calls.filter_map(|it| it.record.call_id.clone()).collect();
            let done = timeout(ATTEMPT, self.store.calls_with_outcome(&calls)).await;
            let Ok(Ok(done)) = done else {
                return false;
            };
            let done: HashSet<_> = done.into_iter().collect();
            let is_done = |it: &Waiting| {
                let call = it.record.call_id.as_ref();
                it.record.kind == kind::OUTCOME && call.is_some_and(|call| done.contains(call))
            };
            let first: Vec<_> = self.kept.drain(..count).collect();
            let (written, mut missing): (Vec<_>, Vec<_>) = first.into_iter().partition(is_done);
            answer(written, &Ok(()));
            if !self.insert(&mut missing).await {
                self.kept.splice(0..0, missing);
                return false;
            }
            answer(missing, &Ok(()));
        }
        if self.dropped > 0 {
            let records = std::mem::take(&mut self.dropped);
            tracing::error!(records, "audit records were dropped while the store failed");
        }
        true
    }

    async fn write_last(&mut self) {
        while !self.write_kept().await {
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Returns whether the records were committed.
    async fn insert(&self, waiting: &mut [Waiting]) -> bool {
        let durable = waiting.iter().any(|it| it.urgency != Urgency::Read);
        let records = waiting.iter_mut().map(|it| match it.urgency {
            Urgency::Kept => (*it.record).clone(),
            Urgency::Read | Urgency::Intent => std::mem::take(&mut *it.record),
        });
        let records: Vec<_> = records.collect();
        let count = records.len();
        match timeout(ATTEMPT, self.store.insert_audit(records, durable)).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::error!(%error, records = count, "audit records cannot be written");
                false
            }
            Err(_) => {
                tracing::error!(
                    records = count,
                    "the store did not write audit records in time"
                );
                false
            }
        }
    }
}

fn answer(waiting: Vec<Waiting>, result: &Result<(), NotWritten>) {
    for record in waiting {
        // Sending fails only if the caller has stopped waiting, and then nobody needs the result.
        let _ = record.done.send(result.clone());
    }
}
