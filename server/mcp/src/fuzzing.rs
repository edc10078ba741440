//! Properties of the lines of a client that hold for any input, checked by a fuzz target in `fuzz/`. The tests check them for the inputs in `fuzz/corpus`.

#![allow(
    clippy::expect_used,
    reason = "a violated property is reported by a panic"
)]

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

use crate::lines::Lines;

/// Maximum length of a line in bytes.
const LONGEST: usize = 120;

/// Reads the input as lines of a client: each line is returned unchanged, replaced by a request that can be answered, or dropped because it is too long. The result does not depend on how the input is divided.
pub fn stdio_lines(data: &[u8]) {
    let read = |input| {
        let mut out = Vec::new();
        let mut lines = Lines::with_longest(input, LONGEST);
        let done = lines.read_to_end(&mut out).now_or_never();
        done.expect("the input is ready")
            .expect("the input cannot fail");
        out
    };
    let out = read(Bytes {
        data,
        part: data.len(),
    });
    assert_eq!(out, read(Bytes { data, part: 1 }), "divided input");
    assert!(
        out.last().is_none_or(|last| *last == b'\n'),
        "a line without an end"
    );
    let mut given = data.split(|byte| *byte == b'\n');
    for line in out.split(|byte| *byte == b'\n') {
        if line.starts_with(br#"{"jsonrpc":"2.0","id":"#) && has(line, br#""method":"unreadable""#)
        {
            serde_json::from_slice::<serde_json::Value>(line).expect("a request in JSON");
        } else {
            assert!(line.is_empty() || given.any(|it| it == line), "a new line");
        }
    }
}

fn has(line: &[u8], part: &[u8]) -> bool {
    line.windows(part.len()).any(|window| window == part)
}

/// Input that is returned in parts of a given size.
struct Bytes<'a> {
    data: &'a [u8],
    part: usize,
}

impl AsyncRead for Bytes<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let size = self.part.min(buffer.remaining()).min(self.data.len());
        let (now, rest) = self.data.split_at(size);
        buffer.put_slice(now);
        self.data = rest;
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::path::Path;

    #[test]
    fn the_corpus_has_the_properties() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/stdio_lines");
        let files = std::fs::read_dir(corpus).unwrap();
        let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        assert!(!files.is_empty());
        for file in files {
            super::stdio_lines(&std::fs::read(file).unwrap());
        }
    }
}
