//! Slows down clients that send wrong tokens. Every token is looked up first, so that a right token always gets in, whatever else arrives from its address. After a number of wrong tokens from an address, the responses to its further wrong tokens are delayed, and the delay grows.
//!
//! Tokens are 256 random bits, so nobody can guess one. But attempts must not fill the log, the store or the processor either.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::client::{ClientAddress, block};
use super::error_response::error_response;
use super::ops::Metrics;
use super::origin::is_from_another_site;

/// Wrong tokens that a sender may send within [`WINDOW`] before it is slowed.
const FREE: u32 = 20;
const WINDOW: Duration = Duration::from_secs(60);

/// Initial delay of a response. It doubles after every [`FREE`] wrong tokens.
const FIRST_DELAY: Duration = Duration::from_millis(250);
const LONGEST_DELAY: Duration = Duration::from_secs(2);

/// Responses to one sender that may be delayed at the same time. Further ones are sent at once, so that waiting requests cannot pile up.
const DELAYED: u32 = 16;

/// Maximum number of senders that are remembered.
const REMEMBERED: usize = 10_000;

/// Marker of a response to a wrong token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WrongToken;

/// Sender of requests. What web pages of other sites make the browsers of an address send is counted separately, because the people at this address did not choose to send it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct TokenSender {
    address: IpAddr,
    is_another_site: bool,
}

/// Wrong tokens per sender.
#[derive(Debug, Default)]
pub(crate) struct Guesses(Mutex<HashMap<TokenSender, WrongTokens>>);

#[derive(Debug)]
struct WrongTokens {
    count: u32,
    /// Time at which `count` is reset, unless more wrong tokens arrive.
    until: Instant,
    /// Number of responses that are being delayed.
    delayed: u32,
}

/// Delay of the response to a wrong token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ResponseDelay {
    time: Duration,
    /// Whether the response waits for this time. Then [`Guesses::waited`] must be called. Otherwise the response is sent at once.
    waits: bool,
}

impl Guesses {
    /// Records a wrong token. If the sender is slowed, returns the delay of the response.
    fn wrong(&self, sender: TokenSender, now: Instant) -> Option<ResponseDelay> {
        let mut senders = self.lock();
        if senders.len() >= REMEMBERED && !senders.contains_key(&sender) {
            forget(&mut senders, now);
        }
        let wrong = senders.entry(sender).or_insert(WrongTokens {
            count: 0,
            until: now,
            delayed: 0,
        });
        if wrong.until <= now {
            wrong.count = 0;
        }
        // The window begins with the first wrong token. Once the sender is slowed, each wrong token extends the window.
        if wrong.count == 0 || wrong.count >= FREE {
            wrong.until = now + WINDOW;
        }
        wrong.count = wrong.count.saturating_add(1);
        if wrong.count <= FREE {
            return None;
        }
        let waits = wrong.delayed < DELAYED;
        wrong.delayed += u32::from(waits);
        let time = wrong.delay();
        Some(ResponseDelay { time, waits })
    }

    fn waited(&self, sender: TokenSender) {
        if let Some(wrong) = self.lock().get_mut(&sender) {
            wrong.delayed = wrong.delayed.saturating_sub(1);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<TokenSender, WrongTokens>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Frees memory: removes senders whose window has ended. If that is not enough, removes a tenth of the senders, first those that are not slowed, in the order in which their windows end. Removes many at once, because each removal examines all senders.
fn forget(senders: &mut HashMap<TokenSender, WrongTokens>, now: Instant) {
    senders.retain(|_, wrong| wrong.until > now || wrong.delayed > 0);
    if senders.len() < REMEMBERED {
        return;
    }
    let mut quiet: Vec<_> = senders
        .iter()
        .map(|(sender, wrong)| (wrong.count >= FREE, wrong.until, *sender))
        .collect();
    quiet.select_nth_unstable_by_key(REMEMBERED / 10, |(slowed, until, _)| (*slowed, *until));
    for (_, _, sender) in quiet.iter().take(REMEMBERED / 10) {
        senders.remove(sender);
    }
}

impl WrongTokens {
    fn delay(&self) -> Duration {
        let doublings = (self.count / FREE).saturating_sub(1).min(8);
        (FIRST_DELAY * (1 << doublings)).min(LONGEST_DELAY)
    }
}

/// Guard that ends a delay even if the client disconnects while waiting.
struct DelayedResponse<'a>(&'a Guesses, TokenSender);

impl Drop for DelayedResponse<'_> {
    fn drop(&mut self) {
        self.0.waited(self.1);
    }
}

/// State for slowing down guesses.
#[derive(Debug)]
pub(crate) struct GuessLimiter {
    pub(crate) guesses: Guesses,
    pub(crate) metrics: Arc<Metrics>,
}

/// Handles a request, and delays the response if its token is wrong and its sender has sent too many wrong tokens.
pub(crate) async fn slow_wrong_tokens<F: Future<Output = Response>>(
    slow: &GuessLimiter,
    request: Request,
    answer: impl FnOnce(Request) -> F,
) -> Response {
    let address = request.extensions().get::<ClientAddress>();
    let sender = TokenSender {
        address: block(address.map(|it| it.0)),
        is_another_site: is_from_another_site(request.headers()),
    };
    let has_api_token = request.headers().contains_key(header::AUTHORIZATION);
    let is_sign_in = request.method() == Method::POST && request.uri().path() == "/login";
    let response = answer(request).await;
    let is_wrong = response.extensions().get::<WrongToken>().is_some()
        || (has_api_token && response.status() == StatusCode::UNAUTHORIZED);
    if !is_wrong {
        return response;
    }
    let Some(delay) = slow.guesses.wrong(sender, Instant::now()) else {
        return response;
    };
    slow.metrics.guess_slowed();
    if delay.waits {
        let _delayed = DelayedResponse(&slow.guesses, sender);
        tokio::time::sleep(delay.time).await;
    }
    match is_sign_in {
        // The page tells a person what is wrong.
        true => response,
        false => too_many(delay.time),
    }
}

fn too_many(wait: Duration) -> Response {
    let response = error_response(
        StatusCode::TOO_MANY_REQUESTS,
        "rate_limited",
        "too many wrong URLs or tokens came from this address",
        "Wait as long as `Retry-After` says, and check the URL or token.",
    );
    let seconds = HeaderValue::from(wait.as_secs() + 1);
    ([(header::RETRY_AFTER, seconds)], response).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENDER: TokenSender = TokenSender {
        address: IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        is_another_site: false,
    };

    #[test]
    fn delays_grow_and_are_bounded() {
        let guesses = Guesses::default();
        let now = Instant::now();
        let mut times = Vec::new();
        for _ in 0..10_000 {
            let delay = guesses.wrong(SENDER, now);
            if delay.is_some_and(|delay| delay.waits) {
                guesses.waited(SENDER);
            }
            times.push(delay.map(|delay| delay.time.as_millis()));
        }
        let numbers = [20, 21, 39, 40, 60, 80, 10_000];
        let found = numbers.map(|number: usize| times.get(number - 1).copied().flatten());
        let expected = [
            None,
            Some(250),
            Some(250),
            Some(500),
            Some(1000),
            Some(2000),
        ];
        assert_eq!(found.first_chunk(), Some(&expected));
        assert_eq!(found.last(), Some(&Some(2000)));
    }

    #[test]
    fn few_responses_wait_at_the_same_time() {
        let guesses = Guesses::default();
        let now = Instant::now();
        let waiting = (0..1000)
            .filter_map(|_| guesses.wrong(SENDER, now))
            .filter(|delay| delay.waits)
            .count();
        assert_eq!(waiting, 16);
        drop(DelayedResponse(&guesses, SENDER));
        assert!(guesses.wrong(SENDER, now).is_some_and(|delay| delay.waits));
        assert!(guesses.wrong(SENDER, now).is_some_and(|delay| !delay.waits));
    }

    #[test]
    fn each_sender_is_counted_separately() {
        let guesses = Guesses::default();
        let now = Instant::now();
        let another_site = TokenSender {
            is_another_site: true,
            ..SENDER
        };
        for _ in 0..100 {
            guesses.wrong(another_site, now);
        }
        assert_eq!(guesses.wrong(SENDER, now), None);
        let elsewhere = TokenSender {
            address: IpAddr::from([192, 0, 2, 1]),
            ..another_site
        };
        assert_eq!(guesses.wrong(elsewhere, now), None);
    }

    #[test]
    fn the_count_is_reset_after_a_pause() {
        let guesses = Guesses::default();
        let now = Instant::now();
        for _ in 0..100 {
            guesses.wrong(SENDER, now);
        }
        let soon = now + WINDOW / 2;
        assert!(guesses.wrong(SENDER, soon).is_some());
        // The last wrong token has extended the window.
        let later = now + WINDOW;
        assert!(guesses.wrong(SENDER, later).is_some());
        assert_eq!(guesses.wrong(SENDER, later + WINDOW), None);
    }

    #[test]
    fn memory_is_bounded() {
        let guesses = Guesses::default();
        let now = Instant::now();
        for address in 0..30_000_u32 {
            let address = IpAddr::V4(address.into());
            guesses.wrong(TokenSender { address, ..SENDER }, now);
        }
        assert!(guesses.lock().len() <= REMEMBERED);
    }
}
