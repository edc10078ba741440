//! Runs the work for large inputs so that it does not delay other tasks.

use std::future::poll_fn;
use std::pin::pin;

use rmcp::model::JsonObject;
use serde_json::Value;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

/// Size in bytes from which an input is large. Work on a smaller input takes less than a millisecond or two.
pub const LARGE: usize = 256 * 1024;

/// Size in bytes that is assumed for a value without its text.
const OVERHEAD: usize = 4;

/// Runs a future. If its input is large, the thread gives its other tasks away while the future works, so that they need not wait. While the future waits, it occupies no thread.
pub async fn off_reactor<F: Future>(is_large: bool, future: F) -> F::Output {
    let mut future = pin!(future);
    // With a single thread, there is nobody to take over the other tasks, and they belong to the same client.
    let elsewhere = is_large && Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread;
    poll_fn(|context| match elsewhere {
        true => block_in_place(|| future.as_mut().poll(context)),
        false => future.as_mut().poll(context),
    })
    .await
}

/// Returns whether the arguments of a call are large. Stops as soon as this is certain.
pub(super) fn are_large(arguments: &JsonObject) -> bool {
    let mut left = LARGE;
    let mut values: Vec<&Value> = Vec::new();
    let mut object = Some(arguments);
    loop {
        for (name, value) in object.into_iter().flatten() {
            left = left.saturating_sub(name.len() + OVERHEAD);
            values.push(value);
            if left == 0 {
                return true;
            }
        }
        object = None;
        match values.pop() {
            None => return false,
            Some(Value::Object(members)) => object = Some(members),
            Some(Value::Array(items)) => {
                left = left.saturating_sub(items.len() * OVERHEAD);
                if left > 0 {
                    values.extend(items);
                }
            }
            Some(Value::String(text)) => left = left.saturating_sub(text.len()),
            Some(_) => left = left.saturating_sub(OVERHEAD),
        }
        if left == 0 {
            return true;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    use serde_json::json;

    use super::*;

    #[test]
    fn large_arguments_are_recognised() {
        let text = "x".repeat(LARGE);
        let rows = [
            (json!({}), false),
            (json!({"a": [1, {"b": "c"}], "d": null}), false),
            (json!({ "a": text }), true),
            (json!({"a": [{"b": {"c": text}}]}), true),
            (json!({ "a": vec![0; LARGE / 4] }), true),
            (json!({ "a": vec![0; 1000] }), false),
            (json!({ text.as_str(): 1 }), true),
        ];
        for (arguments, expected) in rows {
            let arguments = arguments.as_object().cloned().unwrap_or_default();
            let shown: String = json!(arguments).to_string().chars().take(40).collect();
            assert_eq!(are_large(&arguments), expected, "{shown}");
        }
    }

    #[test]
    fn work_on_a_large_input_does_not_delay_other_tasks() -> std::io::Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let others_ran = runtime.block_on(async {
            static RAN: AtomicBool = AtomicBool::new(false);
            let work = async {
                // The other task is queued behind this one on the only thread.
                tokio::spawn(async { RAN.store(true, Ordering::SeqCst) });
                let started = Instant::now();
                off_reactor(true, async {
                    while !RAN.load(Ordering::SeqCst) && started.elapsed().as_secs() < 20 {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                })
                .await;
                RAN.load(Ordering::SeqCst)
            };
            tokio::spawn(work).await.unwrap_or_default()
        });
        assert!(others_ran);
        Ok(())
    }

    #[tokio::test]
    async fn a_single_thread_works_as_before() {
        assert_eq!(off_reactor(true, async { 1 }).await, 1);
    }
}
