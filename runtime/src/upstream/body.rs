//! Reads the body of a response: decompresses it and limits its size, its compression, and the memory of all bodies together.

use core::ops::Deref;
use std::io::{self, Write};
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::write::MultiGzDecoder;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};

/// Maximum size of a decompressed body in bytes.
pub(crate) const MAX_BODY_BYTES: usize = 64 << 20;

/// Maximum ratio of the size of a decompressed body to the received bytes. Real responses reach about 30:1; gzip can reach 1000:1.
pub(crate) const MAX_RATIO: usize = 100;

/// Bytes of each body that are not counted as memory of all bodies. Without it, the short response of a change could be lost because other responses are large.
const UNCOUNTED_BYTES: usize = 64 << 10;

/// Maximum announced size for which memory is reserved before the body arrives.
const MAX_TRUSTED_LENGTH: usize = 1 << 20;

/// Default maximum of the memory of all bodies together, in bytes.
const DEFAULT_BODY_MEMORY: usize = 256 << 20;

static MAX_MEMORY: AtomicUsize = AtomicUsize::new(DEFAULT_BODY_MEMORY);
static MEMORY: AtomicUsize = AtomicUsize::new(0);

/// Sets the maximum memory of the response bodies of all accounts together, in bytes. One account can use half of it.
pub fn set_body_memory(bytes: usize) {
    MAX_MEMORY.store(bytes, Ordering::Relaxed);
}

/// Memory of the response bodies of one account, in bytes.
pub(crate) type AccountMemory = Arc<AtomicUsize>;

/// Reason why a body cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    /// Body of more than [`MAX_BODY_BYTES`].
    #[error("the response is too large")]
    TooLarge,
    /// Body that decompresses to more than [`MAX_RATIO`] times its size.
    #[error("the response is compressed too much")]
    Bomb,
    /// Body for which there is no memory at present.
    #[error("other responses use all memory for responses")]
    NoMemory,
    /// Body that is not valid gzip.
    #[error("{0}")]
    Invalid(io::Error),
}

/// Body of a response. Its memory is counted until it is dropped.
pub(crate) struct ResponseBody {
    bytes: Vec<u8>,
    _memory: Reservation,
}

impl ResponseBody {
    /// Returns the bytes, whose memory is no longer counted.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl Deref for ResponseBody {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
impl From<Vec<u8>> for ResponseBody {
    fn from(bytes: Vec<u8>) -> Self {
        let _memory = Reservation::default();
        Self { bytes, _memory }
    }
}

/// Reader of one body.
pub(crate) struct BodyReader {
    decoder: Decoder,
    /// Bytes received before decompression.
    received: usize,
}

enum Decoder {
    Identity(Buffer),
    Gzip(Box<MultiGzDecoder<Buffer>>),
}

impl BodyReader {
    /// Creates a reader for a response with these headers.
    pub(crate) fn new(
        headers: &HeaderMap,
        announced: Option<u64>,
        account: &AccountMemory,
    ) -> Self {
        let mut buffer = Buffer {
            bytes: Vec::new(),
            memory: Reservation {
                bytes: 0,
                account: Arc::clone(account),
            },
            allowed: MAX_BODY_BYTES,
            error: None,
        };
        let is_gzip = headers.get(CONTENT_ENCODING).is_some_and(|encoding| {
            let encoding = encoding.as_bytes().trim_ascii();
            [&b"gzip"[..], b"x-gzip"]
                .iter()
                .any(|it| encoding.eq_ignore_ascii_case(it))
        });
        let decoder = if is_gzip {
            Decoder::Gzip(Box::new(MultiGzDecoder::new(buffer)))
        } else {
            let announced = announced.and_then(|length| usize::try_from(length).ok());
            if let Some(length) = announced.filter(|length| *length <= MAX_TRUSTED_LENGTH)
                && buffer.memory.grow(length)
            {
                buffer.bytes.reserve_exact(length);
            }
            Decoder::Identity(buffer)
        };
        Self {
            decoder,
            received: 0,
        }
    }

    /// Returns what was read so far.
    pub(crate) fn bytes(&self) -> &[u8] {
        match &self.decoder {
            Decoder::Identity(buffer) => &buffer.bytes,
            Decoder::Gzip(decoder) => &decoder.get_ref().bytes,
        }
    }

    /// Reads the next part of the body.
    pub(crate) fn push(&mut self, part: &[u8]) -> Result<(), BodyError> {
        self.received += part.len();
        match &mut self.decoder {
            Decoder::Identity(buffer) => buffer.extend(part),
            Decoder::Gzip(decoder) => {
                let by_ratio = self.received.saturating_mul(MAX_RATIO) + UNCOUNTED_BYTES;
                decoder.get_mut().allowed = by_ratio.min(MAX_BODY_BYTES);
                let written = decoder.write_all(part).and_then(|()| decoder.flush());
                written.map_err(|error| {
                    decoder
                        .get_mut()
                        .error
                        .take()
                        .unwrap_or(BodyError::Invalid(error))
                })
            }
        }
    }

    /// Returns the body after its last part. `is_complete` is `false` if reading was broken off.
    pub(crate) fn finish(self, is_complete: bool) -> Result<ResponseBody, BodyError> {
        let buffer = match self.decoder {
            Decoder::Identity(buffer) => buffer,
            Decoder::Gzip(mut decoder) => {
                // A response without a body, for example with status 204, can have the header too.
                if is_complete && self.received > 0 {
                    decoder.try_finish().map_err(|error| {
                        decoder
                            .get_mut()
                            .error
                            .take()
                            .unwrap_or(BodyError::Invalid(error))
                    })?;
                }
                mem::take(decoder.get_mut())
            }
        };
        Ok(ResponseBody {
            bytes: buffer.bytes,
            _memory: buffer.memory,
        })
    }
}

/// Bytes of a body, with limits.
#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    memory: Reservation,
    /// Maximum size at present.
    allowed: usize,
    /// Error of the last write, because [`Write`] can only return an [`io::Error`].
    error: Option<BodyError>,
}

impl Buffer {
    fn extend(&mut self, part: &[u8]) -> Result<(), BodyError> {
        let length = self.bytes.len() + part.len();
        if length > MAX_BODY_BYTES {
            return Err(BodyError::TooLarge);
        }
        if length > self.allowed {
            return Err(BodyError::Bomb);
        }
        if length > self.bytes.capacity() {
            let capacity = length.max(self.bytes.capacity() * 2).min(MAX_BODY_BYTES);
            if !self.memory.grow(capacity) {
                return Err(BodyError::NoMemory);
            }
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        self.bytes.extend_from_slice(part);
        Ok(())
    }
}

impl Write for Buffer {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        match self.extend(part) {
            Ok(()) => Ok(part.len()),
            Err(error) => {
                self.error = Some(error);
                Err(io::ErrorKind::QuotaExceeded.into())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Part of the memory for bodies, released when dropped.
#[derive(Default)]
struct Reservation {
    bytes: usize,
    account: AccountMemory,
}

impl Reservation {
    /// Reserves the memory for a body of this capacity. Returns `false` if there is not enough.
    fn grow(&mut self, capacity: usize) -> bool {
        let needed = capacity.saturating_sub(UNCOUNTED_BYTES);
        let more = needed.saturating_sub(self.bytes);
        if more == 0 {
            return true;
        }
        let max = MAX_MEMORY.load(Ordering::Relaxed);
        if !take(&self.account, more, max / 2) {
            return false;
        }
        if !take(&MEMORY, more, max) {
            self.account.fetch_sub(more, Ordering::Relaxed);
            return false;
        }
        self.bytes += more;
        true
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.account.fetch_sub(self.bytes, Ordering::Relaxed);
        MEMORY.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Adds to a counter unless the sum would exceed `max`.
fn take(counter: &AtomicUsize, more: usize, max: usize) -> bool {
    counter
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            used.checked_add(more).filter(|sum| *sum <= max)
        })
        .is_ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// Reads a body in parts of this size.
    fn read(encoding: &str, body: &[u8], part: usize) -> Result<Vec<u8>, String> {
        let headers = [(CONTENT_ENCODING, encoding.parse().unwrap())]
            .into_iter()
            .collect();
        let mut reader = BodyReader::new(&headers, None, &AccountMemory::default());
        for part in body.chunks(part) {
            reader.push(part).map_err(|error| error.to_string())?;
        }
        let body = reader.finish(true).map_err(|error| error.to_string())?;
        Ok(body.into_bytes())
    }

    /// Encoding, body as received, and the decompressed body or the error.
    type Row<'a> = (&'a str, &'a [u8], Result<&'a [u8], &'a str>);

    #[test]
    fn bodies_are_decompressed_within_limits() {
        let text = "An ordinary text, which repeats itself. "
            .repeat(5_000)
            .into_bytes();
        let small = gzip(&text[..4_000]);
        let twice = [gzip(b"one "), gzip(b"two")].concat();
        let bomb = gzip(&vec![b' '; 30 << 20]);
        let rows: [Row<'_>; 8] = [
            ("identity", b"{}", Ok(b"{}")),
            ("gzip", &small, Ok(&text[..4_000])),
            (" X-Gzip", &small, Ok(&text[..4_000])),
            ("gzip", &twice, Ok(b"one two")),
            ("gzip", b"", Ok(b"")),
            ("gzip", &bomb, Err("the response is compressed too much")),
            (
                "gzip",
                &small[..small.len() - 9],
                Err("incomplete deflate stream"),
            ),
            ("gzip", b"{\"plain\": \"json\"}", Err("invalid gzip header")),
        ];
        for (encoding, body, expected) in rows {
            for part in [1, 7, usize::MAX >> 1] {
                let found = read(encoding, body, part);
                let expected = expected.map(<[u8]>::to_vec).map_err(str::to_owned);
                assert!(found == expected, "{encoding} {part}: {:?}", found.err());
            }
        }
    }

    #[test]
    fn a_bomb_is_recognised_before_it_is_decompressed() {
        let bomb = gzip(&vec![0; 60 << 20]);
        let headers = [(CONTENT_ENCODING, "gzip".parse().unwrap())]
            .into_iter()
            .collect();
        let mut reader = BodyReader::new(&headers, None, &AccountMemory::default());
        assert!(matches!(reader.push(&bomb), Err(BodyError::Bomb)));
        let most = bomb.len() * MAX_RATIO + UNCOUNTED_BYTES;
        assert!(reader.bytes().len() <= most);
    }

    #[test]
    fn one_account_cannot_use_all_memory() {
        let (one, other) = (AccountMemory::default(), AccountMemory::default());
        let reader = |account| BodyReader::new(&HeaderMap::new(), None, account);
        let part = vec![b' '; 48 << 20];
        let mut readers: Vec<_> = (0..3).map(|_| reader(&one)).collect();
        let read: Vec<_> = readers
            .iter_mut()
            .map(|it| it.push(&part).is_ok())
            .collect();
        assert_eq!(read, [true, true, false], "half of 256 MB");
        let mut others = reader(&other);
        assert!(others.push(&part).is_ok());
        // A short body is never refused.
        assert!(reader(&one).push(&part[..UNCOUNTED_BYTES]).is_ok());
        drop(readers);
        assert!(reader(&one).push(&part).is_ok());
    }
}
