//! Slows down clients that guess tokens. An address may send a number of wrong tokens per minute. After that, attempts without a pause are rejected at once, other attempts wait for a slot, and the wait grows with the number of wrong tokens. Tokens that were correct before from the same address are not slowed, because many people may share an address.
//!
//! Tokens are 256 random bits, so nobody can guess one. But attempts must not fill the log, the store or the processor either.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::client::ClientAddress;
use super::error_response::error_response;
use super::ops::Metrics;

/// Wrong tokens that an address may send within [`WINDOW`] before it is slowed.
const FREE: u32 = 20;
const WINDOW: Duration = Duration::from_secs(60);

/// Initial wait between two attempts. It doubles after every [`FREE`] wrong tokens.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Attempts that follow the previous one faster than this are rejected instead of delayed.
const PAUSE: Duration = Duration::from_millis(250);

/// Requests of one address that may wait. Further requests are rejected at once.
const WAITING: u32 = 4;

/// Maximum number of addresses, and of correct tokens, that are remembered.
const REMEMBERED: usize = 10_000;

/// Marker of a response to a wrong token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WrongToken;

/// Wrong tokens per address.
#[derive(Debug, Default)]
pub(crate) struct Guesses {
    state: Mutex<GuessState>,
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct GuessState {
    wrong: HashMap<IpAddr, WrongTokens>,
    /// Hashes of address and token for tokens that were correct. A token cannot be derived from its hash.
    right: HashSet<u64>,
    /// The same hashes, oldest first.
    order: VecDeque<u64>,
}

#[derive(Debug)]
struct WrongTokens {
    count: u32,
    /// Time at which `count` is reset, unless more wrong tokens arrive.
    until: Instant,
    /// Earliest time of the next attempt.
    next: Instant,
    /// Time of the last attempt that was delayed or rejected.
    last: Option<Instant>,
    waiting: u32,
}

/// Decision about an attempt.
#[derive(Debug, PartialEq, Eq)]
enum Admission {
    Now,
    /// Attempt that may proceed after this wait. The slot must be released with [`Guesses::waited`].
    After(Duration),
    /// Rejected attempt, with the time after which to retry.
    Never(Duration),
}

impl Guesses {
    fn turn(&self, address: IpAddr, token: u64, now: Instant) -> Admission {
        let mut state = self.lock();
        let right = state.right.contains(&token);
        let Some(wrong) = state.wrong.get_mut(&address) else {
            return Admission::Now;
        };
        if wrong.until <= now && wrong.waiting == 0 {
            state.wrong.remove(&address);
            return Admission::Now;
        }
        if wrong.count < FREE || right {
            return Admission::Now;
        }
        let wait = wrong.next.saturating_duration_since(now);
        let last = wrong.last.replace(now);
        let hurried = last.is_some_and(|last| now.saturating_duration_since(last) < PAUSE);
        if hurried || wrong.waiting >= WAITING {
            return Admission::Never(wait.max(wrong.pause()));
        }
        wrong.waiting += 1;
        wrong.next = wrong.next.max(now) + wrong.pause();
        Admission::After(wait)
    }

    fn waited(&self, address: IpAddr) {
        if let Some(wrong) = self.lock().wrong.get_mut(&address) {
            wrong.waiting = wrong.waiting.saturating_sub(1);
        }
    }

    /// Records a wrong token. If the address is slowed, returns the wait before the next attempt.
    fn wrong(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        let mut state = self.lock();
        if state.wrong.len() >= REMEMBERED && !state.wrong.contains_key(&address) {
            state.forget(now);
        }
        let wrong = state.wrong.entry(address).or_insert(WrongTokens {
            count: 0,
            until: now,
            next: now,
            last: None,
            waiting: 0,
        });
        if wrong.count < FREE && wrong.until <= now {
            wrong.count = 0;
        }
        // The window begins with the first wrong token. Once the address is slowed, each wrong token extends the window.
        if wrong.count == 0 || wrong.count >= FREE {
            wrong.until = now + WINDOW;
        }
        wrong.count = wrong.count.saturating_add(1);
        if wrong.count <= FREE {
            return None;
        }
        Some(wrong.next.saturating_duration_since(now).max(wrong.pause()))
    }

    fn right(&self, token: u64) {
        let mut state = self.lock();
        if !state.right.insert(token) {
            return;
        }
        state.order.push_back(token);
        if state.order.len() > REMEMBERED
            && let Some(oldest) = state.order.pop_front()
        {
            state.right.remove(&oldest);
        }
    }

    fn key(&self, address: IpAddr, token: &str) -> u64 {
        self.hasher.hash_one((address, token))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, GuessState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl GuessState {
    /// Frees memory: removes addresses whose window has ended. If that is not enough, removes a tenth of the addresses, first those that are not slowed, in the order in which their windows end. Removes many at once, because each removal examines all addresses.
    fn forget(&mut self, now: Instant) {
        self.wrong
            .retain(|_, wrong| wrong.until > now || wrong.waiting > 0);
        if self.wrong.len() < REMEMBERED {
            return;
        }
        let mut quiet: Vec<_> = self
            .wrong
            .iter()
            .map(|(address, wrong)| (wrong.count >= FREE, wrong.until, *address))
            .collect();
        quiet.select_nth_unstable(REMEMBERED / 10);
        for (_, _, address) in quiet.iter().take(REMEMBERED / 10) {
            self.wrong.remove(address);
        }
    }
}

impl WrongTokens {
    fn pause(&self) -> Duration {
        let doublings = (self.count / FREE).saturating_sub(1).min(8);
        (FIRST_WAIT * (1 << doublings)).min(LONGEST_WAIT)
    }
}

/// Guard that releases a slot even if the client disconnects while waiting.
struct WaitingSlot<'a>(&'a Guesses, IpAddr);

impl Drop for WaitingSlot<'_> {
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

/// Slows down clients that guess tokens, on all routes that take a token.
pub(crate) async fn slow_guesses<F: Future<Output = Response>>(
    slow: &GuessLimiter,
    request: Request,
    answer: impl FnOnce(Request) -> F,
) -> Response {
    let Some(token) = credential(&request) else {
        return answer(request).await;
    };
    let address = block(request.extensions().get::<ClientAddress>().map(|it| it.0));
    let guesses = &slow.guesses;
    let sign_in = is_sign_in(&request);
    let token = guesses.key(address, &token);
    match guesses.turn(address, token, Instant::now()) {
        Admission::Now => {}
        Admission::After(wait) => {
            let _waiting = WaitingSlot(guesses, address);
            tokio::time::sleep(wait).await;
        }
        Admission::Never(wait) => {
            slow.metrics.guess_slowed();
            return too_many(wait);
        }
    }
    let response = answer(request).await;
    let status = response.status();
    // A sign-in form carries the token in its body, and the response redirects if the token was correct.
    let wrong = response.extensions().get::<WrongToken>().is_some()
        || status == StatusCode::UNAUTHORIZED
        || (sign_in && !status.is_redirection() && !status.is_server_error());
    if wrong {
        if let Some(wait) = guesses.wrong(address, Instant::now()) {
            slow.metrics.guess_slowed();
            return too_many(wait);
        }
    } else if !sign_in && !status.is_server_error() {
        guesses.right(token);
    }
    response
}

/// Returns the credential in the path and the `Authorization` header, if the request has a credential.
fn credential(request: &Request) -> Option<String> {
    let path = request.uri().path();
    let sent = request.headers().get(header::AUTHORIZATION);
    if !path.starts_with("/mcp/") && sent.is_none() && !is_sign_in(request) {
        return None;
    }
    let mut credential = path.strip_prefix("/mcp/").unwrap_or_default().to_owned();
    credential.push('\n');
    if let Some(sent) = sent {
        credential.push_str(&String::from_utf8_lossy(sent.as_bytes()));
    }
    Some(credential)
}

fn is_sign_in(request: &Request) -> bool {
    request.uri().path() == "/login" && request.method() == Method::POST
}

/// Maps an address to the range that one customer usually has: all addresses of an IPv6 /64 count as one.
fn block(address: Option<IpAddr>) -> IpAddr {
    match address.map(|address| address.to_canonical()) {
        Some(IpAddr::V6(address)) => {
            let network = u128::from(address) >> 64 << 64;
            Ipv6Addr::from(network).into()
        }
        Some(address) => address,
        None => Ipv6Addr::UNSPECIFIED.into(),
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
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    /// Makes this number of attempts at this interval and returns how many were looked up.
    fn looked_up(guesses: &Guesses, start: Instant, tries: u32, apart: Duration) -> u32 {
        let mut waiting: Vec<Instant> = Vec::new();
        let mut done = 0;
        for index in 0..tries {
            let now = start + apart * index;
            waiting.retain(|ready| {
                if *ready <= now {
                    guesses.waited(ADDRESS);
                    guesses.wrong(ADDRESS, now);
                    done += 1;
                }
                *ready > now
            });
            match guesses.turn(ADDRESS, u64::from(index) + 1, now) {
                Admission::Now => {
                    guesses.wrong(ADDRESS, now);
                    done += 1;
                }
                Admission::After(wait) => waiting.push(now + wait),
                Admission::Never(wait) => assert!(wait >= FIRST_WAIT),
            }
        }
        done
    }

    #[test]
    fn ten_thousand_guesses_are_slowed() {
        let guesses = Guesses::default();
        let start = Instant::now();
        let fast = looked_up(&guesses, start, 10_000, Duration::from_millis(1));
        assert!((FREE..FREE + 5).contains(&fast), "{fast}");

        // A client that pauses between attempts gets slots, but less and less often.
        let later = start + Duration::from_secs(10);
        let slow = looked_up(&guesses, later, 10_000, Duration::from_millis(300));
        assert!((1000..1600).contains(&slow), "{slow} in 50 minutes");
    }

    #[test]
    fn correct_tokens_are_not_slowed() {
        let guesses = Guesses::default();
        let now = Instant::now();
        let known = guesses.key(ADDRESS, "known");
        guesses.right(known);
        for _ in 0..1000 {
            guesses.wrong(ADDRESS, now);
        }
        assert_eq!(guesses.turn(ADDRESS, known, now), Admission::Now);
        let elsewhere = block(Some(IpAddr::V6(Ipv6Addr::LOCALHOST)));
        assert_eq!(guesses.turn(elsewhere, 1, now), Admission::Now);
        // A correct token that was never seen before waits, but is accepted.
        assert!(matches!(guesses.turn(ADDRESS, 1, now), Admission::After(_)));
        assert_eq!(
            guesses.turn(ADDRESS, known, now + WINDOW + LONGEST_WAIT),
            Admission::Now
        );
    }

    #[test]
    fn the_limit_resets_after_a_pause() {
        let guesses = Guesses::default();
        let now = Instant::now();
        for _ in 0..100 {
            guesses.wrong(ADDRESS, now);
        }
        assert!(matches!(guesses.turn(ADDRESS, 1, now), Admission::After(_)));
        guesses.waited(ADDRESS);
        assert_eq!(guesses.turn(ADDRESS, 1, now + WINDOW), Admission::Now);
        assert_eq!(guesses.wrong(ADDRESS, now + WINDOW), None);
    }

    #[test]
    fn memory_is_bounded() {
        let guesses = Guesses::default();
        let now = Instant::now();
        for address in 0..30_000_u32 {
            guesses.wrong(IpAddr::V4(address.into()), now);
            guesses.right(u64::from(address));
        }
        let state = guesses.lock();
        assert!(state.wrong.len() <= REMEMBERED);
        assert_eq!([state.right.len(), state.order.len()], [REMEMBERED; 2]);
    }

    #[test]
    fn one_customer_is_one_address() {
        let rows = [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ];
        for (address, expected) in rows {
            assert_eq!(block(Some(address.parse().unwrap())).to_string(), expected);
        }
    }
}
