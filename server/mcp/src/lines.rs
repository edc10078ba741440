//! Reads the lines of a client and replaces lines that are not JSON with requests that can be answered.
//!
//! rmcp does not answer a line that it cannot read, so the client would wait forever for a response. Such lines are not rare: Python writes `NaN` and `Infinity`, many languages write unpaired surrogates, and an argument with the content of a file can exceed the maximum length of a message.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rmcp::model::{
    ClientJsonRpcMessage, ClientRequest, ErrorData, NumberOrString, ServerJsonRpcMessage,
};
use rmcp::transport::async_rw::DEFAULT_MAX_LINE_LENGTH;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Value, json};
use tokio::io::{AsyncBufRead, AsyncRead, BufReader, ReadBuf};

/// Method of a request that replaces an unreadable one.
const UNREADABLE: &str = "unreadable";

/// Maximum length of a line in bytes. rmcp drops longer lines.
const LONGEST: usize = DEFAULT_MAX_LINE_LENGTH - 1;

/// Maximum length, in bytes, of an id that is read from an unreadable line.
const LONGEST_ID: usize = 256;

/// Returns the error response to a request that replaces an unreadable one.
pub(crate) fn answer(message: &ClientJsonRpcMessage) -> Option<ServerJsonRpcMessage> {
    let ClientJsonRpcMessage::Request(request) = message else {
        return None;
    };
    let ClientRequest::CustomRequest(custom) = &request.request else {
        return None;
    };
    let why = custom.params.as_ref()?.get("why")?.as_str()?;
    let error = ErrorData::parse_error(why.to_owned(), None);
    (custom.method == UNREADABLE)
        .then(|| ServerJsonRpcMessage::error(error, Some(request.id.clone())))
}

/// Reader that returns whole lines. The last line receives a line feed, because rmcp drops a line without one.
pub(crate) struct Lines<R> {
    inner: BufReader<R>,
    /// Line that is being read, then returned.
    line: Vec<u8>,
    /// Number of bytes of the line that have been returned; `None` while the line is being read.
    given: Option<usize>,
    /// Scan of a line that is too long to be kept.
    long: Option<Glance>,
    longest: usize,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self {
            inner: BufReader::new(inner),
            line: Vec::new(),
            given: None,
            long: None,
            longest: LONGEST,
        }
    }

    /// Creates a reader with another maximum length of a line.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn with_longest(inner: R, longest: usize) -> Self {
        Self {
            longest,
            ..Self::new(inner)
        }
    }

    /// Reads up to the end of a line or of the input.
    fn poll_line(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let chunk = ready!(Pin::new(&mut self.inner).poll_fill_buf(context))?;
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let chunk = chunk.get(..end.map_or(chunk.len(), |end| end + 1));
            let chunk = chunk.unwrap_or_default();
            let taken = chunk.len();
            if let Some(long) = &mut self.long {
                long.see(chunk);
            } else if self.line.len() + taken > self.longest {
                let mut long = Glance::default();
                long.see(&self.line);
                long.see(chunk);
                self.long = Some(long);
                self.line = Vec::new();
            } else {
                self.line.extend_from_slice(chunk);
            }
            Pin::new(&mut self.inner).consume(taken);
            if end.is_some() || taken == 0 {
                self.end_line();
                // After a dropped line, reading continues: returning no bytes would mean the end of the input.
                if taken == 0 || !self.line.is_empty() {
                    self.given = Some(0);
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }

    fn end_line(&mut self) {
        if let Some(long) = self.long.take() {
            let why = format!("the message is longer than {} bytes", self.longest);
            self.line = long.request(&why).unwrap_or_default();
        } else if let Err(error) = serde_json::from_slice::<Json>(without_mark(&self.line)) {
            let mut glance = Glance::default();
            glance.see(&self.line);
            let why = format!("the message is not JSON: {error}");
            if let Some(request) = glance.request(&why) {
                self.line = request;
            }
        }
        if self.line.last().is_some_and(|last| *last != b'\n') {
            self.line.push(b'\n');
        }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Lines<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let given = match this.given {
            Some(given) => given,
            None => {
                ready!(this.poll_line(context))?;
                0
            }
        };
        let rest = this.line.get(given..).unwrap_or_default();
        let now = rest.get(..buffer.remaining()).unwrap_or(rest);
        buffer.put_slice(now);
        this.given = Some(given + now.len());
        if now.len() == rest.len() {
            this.line.clear();
            this.given = None;
        }
        Poll::Ready(Ok(()))
    }
}

/// Removes a byte order mark, which some clients write and rmcp also ignores.
fn without_mark(line: &[u8]) -> &[u8] {
    line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line)
}

/// Scan of a message that need not be valid JSON: whether the message is a request, and its id. A message is scanned to its end, because Python clients write the id last.
#[derive(Debug, Default)]
struct Glance {
    depth: u32,
    in_string: bool,
    escaped: bool,
    /// Key or scalar value that is being read at the top level of the message.
    token: Vec<u8>,
    key: Vec<u8>,
    id: Vec<u8>,
    has_method: bool,
}

impl Glance {
    fn see(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match (self.in_string, byte) {
                (true, _) if self.escaped => self.escaped = false,
                (true, b'\\') => self.escaped = true,
                (_, b'"') => self.in_string = !self.in_string,
                (true, _) => {}
                (false, b'{' | b'[') => self.depth = self.depth.saturating_add(1),
                (false, b'}' | b']') => {
                    self.end_member();
                    self.depth = self.depth.saturating_sub(1);
                }
                (false, b':') if self.depth == 1 => {
                    self.key = std::mem::take(&mut self.token);
                    self.has_method |= self.key == b"\"method\"";
                    continue;
                }
                (false, b',') => self.end_member(),
                (false, _) => {}
            }
            let part = self.in_string || !matches!(byte, b',' | b'{' | b'}' | b'[' | b']');
            if self.depth == 1 && part && self.token.len() < LONGEST_ID {
                let white = !self.in_string && byte.is_ascii_whitespace();
                self.token.extend((!white).then_some(*byte));
            }
        }
    }

    fn end_member(&mut self) {
        if self.depth == 1 {
            let value = std::mem::take(&mut self.token);
            if self.key == b"\"id\"" {
                self.id = value;
            }
        }
    }

    /// Returns the request that replaces the message, with the reason, or `None` if the message needs no response. A response is not answered, because otherwise two programs could exchange errors endlessly.
    fn request(&self, why: &str) -> Option<Vec<u8>> {
        let id: Value = serde_json::from_slice(&self.id).ok()?;
        serde_json::from_value::<NumberOrString>(id.clone()).ok()?;
        let params = json!({ "why": why });
        let request = json!({"jsonrpc": "2.0", "id": id, "method": UNREADABLE, "params": params});
        self.has_method.then(|| format!("{request}\n").into_bytes())
    }
}

/// Any JSON value, parsed strictly and not stored.
struct Json;

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Json {
    type Value = Self;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    /// Accepts objects, and numbers that no primitive type can represent, which the feature `arbitrary_precision` passes as a map.
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        while members.next_entry::<Self, Self>()?.is_some() {}
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use tokio::io::AsyncReadExt;

    use super::*;

    async fn read(input: &[u8], longest: usize) -> String {
        let mut lines = Lines::with_longest(input, longest);
        let mut read = Vec::new();
        lines.read_to_end(&mut read).await.unwrap();
        String::from_utf8_lossy(&read).into_owned()
    }

    #[tokio::test]
    async fn json_and_notifications_are_unchanged() {
        let rows = [
            ("", ""),
            ("\n", "\n"),
            ("a", "a\n"),
            ("a\n", "a\n"),
            ("a\n\nb", "a\n\nb\n"),
            (
                "{\"id\":1,\"method\":\"m\",\"params\":[1,-1,1e400,-0.5,99999999999999999999,null,true,\"\\ud83d\\ude00\"]}\r\n",
                "{\"id\":1,\"method\":\"m\",\"params\":[1,-1,1e400,-0.5,99999999999999999999,null,true,\"\\ud83d\\ude00\"]}\r\n",
            ),
            (
                "\u{feff}{\"id\":1,\"method\":\"m\"}\n",
                "\u{feff}{\"id\":1,\"method\":\"m\"}\n",
            ),
            ("{\"id\":1,\"result\":NaN}\n", "{\"id\":1,\"result\":NaN}\n"),
            (
                "{\"method\":\"m\",\"params\":{\"id\":1},\"x\":NaN}\n",
                "{\"method\":\"m\",\"params\":{\"id\":1},\"x\":NaN}\n",
            ),
        ];
        for (input, expected) in rows {
            assert_eq!(read(input.as_bytes(), 1_000).await, expected, "{input:?}");
        }
    }

    #[tokio::test]
    async fn invalid_requests_can_be_answered() {
        let deep = format!(
            "{{\"id\":7,\"method\":\"m\",\"params\":{}{}}}",
            "[".repeat(300),
            "]".repeat(300)
        );
        let long = format!(
            "{{\"method\":\"m\",\"params\":\"{}\",\"id\":7}}",
            "x".repeat(5_000)
        );
        let rows: [(&[u8], &str); 9] = [
            (
                b"{\"id\":7,\"method\":\"m\",\"params\":{\"id\":NaN}}",
                "not JSON: expected value",
            ),
            (
                b"{\"method\":\"m\",\"params\":{\"a\":[Infinity]},\"id\": 7 }\r",
                "not JSON: expected value",
            ),
            (
                b"{\"id\":7,\"method\":\"m\",\"params\":\"\\ud800\"}",
                "hex escape",
            ),
            (
                b"{\"id\":7,\"method\":\"m\",\"params\":\"\xFF\"}",
                "unicode",
            ),
            (
                b"{\"id\":7,\"method\":\"m\",\"params\":\"\\\",\"}}",
                "trailing",
            ),
            (b"{\"id\":7,\"method\":\"m\"} x", "trailing"),
            (b"{\"id\":7,\"method\":\"m\",\"params\":[1,", "EOF"),
            (deep.as_bytes(), "recursion"),
            (long.as_bytes(), "longer than 1000 bytes"),
        ];
        for (input, why) in rows {
            let input = [input, b"\n{}\n"].concat();
            let read = read(&input, 1_000).await;
            let shown = String::from_utf8_lossy(&input);
            assert!(
                read.starts_with(
                    r#"{"jsonrpc":"2.0","id":7,"method":"unreadable","params":{"why":"#
                ) && read.contains(why)
                    && read.ends_with("}\n{}\n"),
                "{shown}: {read}"
            );
        }
    }

    #[tokio::test]
    async fn long_notifications_are_dropped() {
        let input = format!("{}\n{{}}\n{}", "x".repeat(2_000), "y".repeat(2_000));
        assert_eq!(read(input.as_bytes(), 1_000).await, "{}\n");
    }
}
