//! Scanner that walks through JSON text, checks it and copies the selected parts.

/// Maximum nesting of arrays and objects. Many parsers reject deeper nesting too.
pub(super) const MAX_DEPTH: u32 = 120;

/// Reason why a text is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at byte {offset}")]
pub struct Error {
    /// Position of the error, in bytes from the beginning.
    pub offset: usize,
    /// Description of the error.
    pub reason: &'static str,
}

/// Position in a JSON text.
///
/// The methods that read a value start at its first byte or at white space before it, and end after it. To walk through an object, call [`Scanner::begin_object`], then [`Scanner::key`] until it returns `None`, and read one value after each key. Arrays work the same way with [`Scanner::begin_array`] and [`Scanner::item`].
#[derive(Debug, Clone)]
pub struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    /// Creates a scanner at the beginning of a text.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Returns the offset of the next byte.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// Returns the first byte of the next value; 0 at the end of the text.
    pub fn peek(&mut self) -> u8 {
        self.white();
        self.byte()
    }

    /// Checks that only white space is left.
    pub fn end(&mut self) -> Result<(), Error> {
        self.white();
        if self.at == self.text.len() {
            Ok(())
        } else {
            Err(self.error("text after the end of the value"))
        }
    }

    /// Reads a value and discards it.
    pub fn skip(&mut self) -> Result<(), Error> {
        self.value(&mut Nowhere)
    }

    /// Reads a value and returns its text unchanged.
    pub fn raw(&mut self) -> Result<&'a str, Error> {
        self.white();
        let start = self.at;
        self.skip()?;
        Ok(self.text.get(start..self.at).unwrap_or_default())
    }

    /// Reads a value and appends it without insignificant white space.
    pub fn copy(&mut self, out: &mut String) -> Result<(), Error> {
        self.value(out)
    }

    /// Enters an object.
    pub fn begin_object(&mut self) -> Result<(), Error> {
        self.white();
        self.expect(b'{', "expected an object")
    }

    /// Moves to the next member and returns its key, with quotation marks and escapes; `None` after the last member. `first` must be `true` before the first call.
    pub fn key(&mut self, first: &mut bool) -> Result<Option<&'a str>, Error> {
        if !self.next(first, b'}')? {
            return Ok(None);
        }
        let start = self.at;
        self.string(&mut start.clone(), &mut Nowhere)?;
        let key = self.text.get(start..self.at).unwrap_or_default();
        self.white();
        self.expect(b':', "expected `:`")?;
        Ok(Some(key))
    }

    /// Enters an array.
    pub fn begin_array(&mut self) -> Result<(), Error> {
        self.white();
        self.expect(b'[', "expected an array")
    }

    /// Moves to the next item of an array; `false` after the last item. `first` must be `true` before the first call.
    pub fn item(&mut self, first: &mut bool) -> Result<bool, Error> {
        self.next(first, b']')
    }

    fn next(&mut self, first: &mut bool, close: u8) -> Result<bool, Error> {
        self.white();
        if self.byte() == close {
            // This does not accept `[1,]`, because a value is read after each comma.
            self.at += 1;
            return Ok(false);
        }
        if *first {
            *first = false;
        } else {
            self.expect(b',', "expected `,` or the end")?;
            self.white();
        }
        Ok(true)
    }

    /// Reads one value without recursion. `objects` has one bit per open container: 1 for an object, 0 for an array.
    fn value<S: Sink>(&mut self, sink: &mut S) -> Result<(), Error> {
        self.white();
        // The text between `run` and `at` is kept but not written yet, so that compact text is copied in one piece.
        let mut run = self.at;
        let mut objects: u128 = 0;
        let mut depth = 0;
        'value: loop {
            match self.byte() {
                b'"' => self.string(&mut run, sink)?,
                open @ (b'{' | b'[') => {
                    if depth == MAX_DEPTH {
                        return Err(self.error("nested too deeply"));
                    }
                    self.at += 1;
                    self.gap(&mut run, sink);
                    let object = open == b'{';
                    if self.byte() == open + 2 {
                        self.at += 1;
                    } else {
                        depth += 1;
                        objects = objects << 1 | u128::from(object);
                        if object {
                            self.member(&mut run, sink)?;
                        }
                        continue 'value;
                    }
                }
                b't' => self.word("true")?,
                b'f' => self.word("false")?,
                b'n' => self.word("null")?,
                b'-' | b'0'..=b'9' if !self.rest().starts_with("-I") => self.number()?,
                b'-' | b'I' | b'N' => {
                    self.keep(run, sink);
                    sink.write("null");
                    match self.byte() {
                        b'-' => self.word("-Infinity")?,
                        b'I' => self.word("Infinity")?,
                        _ => self.word("NaN")?,
                    }
                    run = self.at;
                }
                _ => return Err(self.error("expected a value")),
            }
            loop {
                if depth == 0 {
                    self.keep(run, sink);
                    return Ok(());
                }
                self.gap(&mut run, sink);
                let object = objects & 1 == 1;
                match self.byte() {
                    b',' => {
                        self.at += 1;
                        self.gap(&mut run, sink);
                        if object {
                            self.member(&mut run, sink)?;
                        }
                        continue 'value;
                    }
                    close @ (b'}' | b']') if (close == b'}') == object => {
                        self.at += 1;
                        depth -= 1;
                        objects >>= 1;
                    }
                    _ => return Err(self.error("expected `,` or the end")),
                }
            }
        }
    }

    /// Reads a key and the colon, up to the value.
    fn member<S: Sink>(&mut self, run: &mut usize, sink: &mut S) -> Result<(), Error> {
        self.string(run, sink)?;
        self.gap(run, sink);
        self.expect(b':', "expected `:`")?;
        self.gap(run, sink);
        Ok(())
    }

    /// Reads a string. The string is kept unchanged, except for escapes of half a surrogate pair.
    #[inline]
    fn string<S: Sink>(&mut self, run: &mut usize, sink: &mut S) -> Result<(), Error> {
        self.expect(b'"', "expected a string")?;
        let bytes = self.text.as_bytes();
        loop {
            while let Some(chunk) = bytes.get(self.at..).and_then(<[u8]>::first_chunk::<8>) {
                let found = special(u64::from_le_bytes(*chunk));
                if found != 0 {
                    self.at += (found.trailing_zeros() / 8) as usize;
                    break;
                }
                self.at += 8;
            }
            match bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape(run, sink)?,
                Some(..0x20) => return Err(self.error("control character in a string")),
                Some(_) => self.at += 1,
                None => return Err(self.error("string without end")),
            }
        }
    }

    fn escape<S: Sink>(&mut self, run: &mut usize, sink: &mut S) -> Result<(), Error> {
        let start = self.at;
        match self.rest().as_bytes().get(1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => match self.hex(start)? {
                0xD800..=0xDBFF
                    if self.rest().as_bytes().get(6..8) == Some(b"\\u")
                        && (0xDC00..=0xDFFF).contains(&self.hex(start + 6)?) =>
                {
                    self.at += 12;
                }
                0xD800..=0xDFFF => {
                    self.keep(*run, sink);
                    sink.write("\\ufffd");
                    self.at += 6;
                    *run = self.at;
                }
                _ => self.at += 6,
            },
            _ => return Err(self.error("unknown escape")),
        }
        Ok(())
    }

    /// Returns the code unit of the `\u` escape at an offset.
    fn hex(&self, at: usize) -> Result<u32, Error> {
        let digits = self.text.as_bytes().get(at + 2..at + 6);
        digits
            .and_then(|digits| {
                digits.iter().try_fold(0, |unit, digit| {
                    Some(unit << 4 | char::from(*digit).to_digit(16)?)
                })
            })
            .ok_or(Error {
                offset: at,
                reason: "escape without four hexadecimal digits",
            })
    }

    fn number(&mut self) -> Result<(), Error> {
        if self.byte() == b'-' {
            self.at += 1;
        }
        if self.byte() == b'0' {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.byte() == b'.' {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.byte(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.byte(), b'+' | b'-') {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    /// Reads one or more digits.
    fn digits(&mut self) -> Result<(), Error> {
        let start = self.at;
        while self.byte().is_ascii_digit() {
            self.at += 1;
        }
        if self.at == start {
            Err(self.error("expected a digit"))
        } else {
            Ok(())
        }
    }

    fn word(&mut self, word: &'static str) -> Result<(), Error> {
        let bytes = self.text.as_bytes();
        if bytes.get(self.at..self.at + word.len()) == Some(word.as_bytes()) {
            self.at += word.len();
            Ok(())
        } else {
            Err(self.error("expected a value"))
        }
    }

    /// Skips white space without copying it.
    #[inline]
    fn gap<S: Sink>(&mut self, run: &mut usize, sink: &mut S) {
        if is_white(self.byte()) {
            self.keep(*run, sink);
            self.white();
            *run = self.at;
        }
    }

    #[inline]
    fn white(&mut self) {
        while is_white(self.byte()) {
            self.at += 1;
        }
    }

    #[inline]
    fn keep<S: Sink>(&self, run: usize, sink: &mut S) {
        sink.write(self.text.get(run..self.at).unwrap_or_default());
    }

    #[inline]
    fn expect(&mut self, byte: u8, reason: &'static str) -> Result<(), Error> {
        if self.byte() == byte {
            self.at += 1;
            Ok(())
        } else {
            Err(self.error(reason))
        }
    }

    /// Returns the next byte; 0 at the end. JSON contains no zero byte, so that 0 never matches an expected byte.
    #[inline]
    fn byte(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Returns an error at the current position.
    #[cold]
    pub(crate) fn error(&self, reason: &'static str) -> Error {
        Error {
            offset: self.at,
            reason: if self.at >= self.text.len() {
                "the text ends too early"
            } else {
                reason
            },
        }
    }
}

/// Destination of kept text.
trait Sink {
    fn write(&mut self, text: &str);
}

impl Sink for String {
    #[inline]
    fn write(&mut self, text: &str) {
        self.push_str(text);
    }
}

/// Destination that discards text, for skipped values.
struct Nowhere;

impl Sink for Nowhere {
    #[inline]
    fn write(&mut self, _: &str) {}
}

#[inline]
fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// Marks those of eight bytes that end a run of plain characters: `"`, `\` and control characters. The lowest mark is always correct; higher marks may be wrong because of the borrow.
#[inline]
fn special(word: u64) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let quote = zero(word ^ (ONES * 0x22));
    let backslash = zero(word ^ (ONES * 0x5C));
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (quote | backslash | control) & HIGH
}
