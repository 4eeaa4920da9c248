//! Cutting a byte stream into SIP messages (RFC 3261 section 18.3) and keep-alives (RFC 5626 section 3.5.1).
//!
//! What counts as broken follows the real server (captured, `tests/tcp.rs`): no or a bad `Content-Length`, a message
//! with two of them (the last one counts, and the stream ends with the message), or more bytes of a message than
//! `tcp_rd_buf_size` end the stream; blanks and line ends between messages are skipped;
//! every pair of CRLF is a ping.

/// Why a stream cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// The header has no `Content-Length`.
    NoContentLength,
    /// `Content-Length` is not a number, or stands there twice.
    BadContentLength,
    /// The message would be longer than allowed.
    TooLong,
}

impl std::fmt::Display for FrameError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            FrameError::NoContentLength => "message without Content-Length",
            FrameError::BadContentLength => "bad Content-Length",
            FrameError::TooLong => "message too long",
        })
    }
}

impl std::error::Error for FrameError {}

/// What the stream holds next.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A whole message.
    Message(&'a [u8]),
    /// A double CRLF that wants a CRLF back.
    Ping,
    /// Nothing whole; read on.
    Incomplete,
}

/// Limits of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameLimits {
    /// Longest message in bytes, header and body (`tcp_rd_buf_size`).
    pub max_message: usize,
    /// Take a message without `Content-Length` as one without body (`tcp_accept_no_cl`).
    pub accept_no_length: bool,
}

impl Default for FrameLimits {
    fn default() -> Self {
        FrameLimits { max_message: 16_384, accept_no_length: false }
    }
}

/// Where the framer is between two calls.
#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// Between messages; `line_ends` counts the bytes of CRLFCRLF seen so far.
    #[default]
    Gap,
    /// In a header.
    Header,
    /// The header is complete; the message is this long.
    Body(usize),
}

/// Incremental reader of one stream. Looks at every byte of a header once, however small the pieces are.
#[derive(Debug, Default)]
pub struct Framer {
    /// Received and not yet consumed from `start` on.
    buffer: Vec<u8>,
    /// Begin of the current message in `buffer`.
    start: usize,
    /// Begin of the header line that is looked at.
    line: usize,
    /// No line end between `line` and here.
    scanned: usize,
    state: State,
    crlf_seen: u8,
    length: Option<usize>,
    /// The header has more than one `Content-Length`.
    twice: bool,
}

impl Framer {
    /// The buffer to append received bytes to.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// True when no byte of an unfinished message is held.
    pub fn is_idle(&self) -> bool {
        self.start >= self.buffer.len()
    }

    /// Gives the empty buffer away; `None` while bytes are held.
    pub fn take_buffer(&mut self) -> Option<Vec<u8>> {
        if !self.is_idle() {
            return None;
        }
        self.start = 0;
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        Some(buffer)
    }

    /// Takes a buffer for the next read if it has none.
    pub fn give_buffer(&mut self, buffer: Vec<u8>) {
        if self.buffer.capacity() == 0 {
            self.buffer = buffer;
        }
    }

    /// True while the framer has no memory to read into.
    pub fn needs_buffer(&self) -> bool {
        self.buffer.capacity() == 0
    }

    /// Moves the held bytes to the front; call before reading more.
    pub fn compact(&mut self) {
        if self.start > 0 {
            let start = self.start.min(self.buffer.len());
            self.buffer.drain(..start);
            self.line = self.line.saturating_sub(start);
            self.scanned = self.scanned.saturating_sub(start);
            self.start = 0;
        }
    }

    /// The next frame. After [`Frame::Incomplete`] or an error, more calls give the same until bytes are added.
    ///
    /// # Errors
    /// The stream is beyond repair and must be closed.
    pub fn next(&mut self, limits: &FrameLimits) -> Result<Frame<'_>, FrameError> {
        if let State::Gap = self.state {
            if self.skip_gap() {
                return Ok(Frame::Ping);
            }
            if self.is_idle() {
                return Ok(Frame::Incomplete);
            }
            (self.line, self.scanned, self.length, self.twice) = (self.start, self.start, None, false);
            self.state = State::Header;
        }
        if let State::Header = self.state {
            match self.read_header(limits)? {
                Some(total) => self.state = State::Body(total),
                None => return Ok(Frame::Incomplete),
            }
        }
        let State::Body(total) = self.state else { return Ok(Frame::Incomplete) };
        let start = self.start;
        match self.buffer.get(start..start.saturating_add(total)) {
            Some(_) if total > limits.max_message => Err(FrameError::TooLong),
            Some(_) if self.twice => Err(FrameError::BadContentLength),
            Some(message) => {
                self.start += total;
                (self.state, self.crlf_seen) = (State::Gap, 0);
                Ok(Frame::Message(message))
            }
            None if self.buffer.len() - self.start > limits.max_message => Err(FrameError::TooLong),
            None => Ok(Frame::Incomplete),
        }
    }

    /// Skips what may stand between messages. True when that completed a ping.
    fn skip_gap(&mut self) -> bool {
        while let Some(&byte) = self.buffer.get(self.start) {
            self.crlf_seen = match (byte, self.crlf_seen) {
                (b'\r', 0 | 2) | (b'\n', 1 | 3) => self.crlf_seen + 1,
                (b'\r', _) => 1,
                (b'\n' | b' ' | b'\t', _) => 0,
                _ => return false,
            };
            self.start += 1;
            if self.crlf_seen == 4 {
                self.crlf_seen = 0;
                return true;
            }
        }
        false
    }

    /// Reads header lines; the length of the whole message once the empty line was seen.
    fn read_header(&mut self, limits: &FrameLimits) -> Result<Option<usize>, FrameError> {
        loop {
            let Some(offset) =
                self.buffer.get(self.scanned..).unwrap_or_default().iter().position(|&b| b == b'\n')
            else {
                self.scanned = self.buffer.len();
                let held = self.buffer.len() - self.start;
                return if held > limits.max_message { Err(FrameError::TooLong) } else { Ok(None) };
            };
            let end = self.scanned + offset;
            let line = self.buffer.get(self.line..end).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let is_end = line.is_empty();
            if let Some(value) = length_value(line) {
                self.twice = self.length.is_some();
                self.length = Some(parse_length(value).ok_or(FrameError::BadContentLength)?);
            }
            (self.line, self.scanned) = (end + 1, end + 1);
            if end + 1 - self.start > limits.max_message {
                return Err(FrameError::TooLong);
            }
            if is_end {
                return self.total(limits).map(Some);
            }
        }
    }

    fn total(&self, limits: &FrameLimits) -> Result<usize, FrameError> {
        let body = match self.length {
            Some(length) => length,
            None if limits.accept_no_length => 0,
            None => return Err(FrameError::NoContentLength),
        };
        Ok((self.line - self.start).saturating_add(body))
    }
}

/// The value of a `Content-Length` line, `None` for any other line.
fn length_value(line: &[u8]) -> Option<&[u8]> {
    if !matches!(line.first(), Some(b'c' | b'C' | b'l' | b'L')) {
        return None;
    }
    let colon = line.iter().position(|&b| b == b':')?;
    let (name, value) = (line.get(..colon)?.trim_ascii_end(), line.get(colon + 1..)?);
    (name.eq_ignore_ascii_case(b"content-length") || name.eq_ignore_ascii_case(b"l")).then_some(value)
}

fn parse_length(value: &[u8]) -> Option<usize> {
    let digits = value.trim_ascii();
    if digits.is_empty() {
        return None;
    }
    // Too large a number stays too large: the stream then ends with the read buffer.
    let add = |n: usize, b: u8| n.saturating_mul(10).saturating_add(usize::from(b - b'0'));
    digits.iter().try_fold(0usize, |n, &b| b.is_ascii_digit().then(|| add(n, b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &[u8] = b"OPTIONS sip:a SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 3\r\n\r\nabc";
    const B: &[u8] = b"OPTIONS sip:b SIP/2.0\r\nl : 0\r\n\r\n";

    fn frames(pieces: &[&[u8]], limits: FrameLimits) -> (Vec<Vec<u8>>, usize, Option<FrameError>) {
        let (mut framer, mut messages, mut pings) = (Framer::default(), Vec::new(), 0);
        for piece in pieces {
            framer.compact();
            framer.buffer().extend_from_slice(piece);
            loop {
                match framer.next(&limits) {
                    Ok(Frame::Message(m)) => messages.push(m.to_vec()),
                    Ok(Frame::Ping) => pings += 1,
                    Ok(Frame::Incomplete) => break,
                    Err(e) => return (messages, pings, Some(e)),
                }
            }
        }
        (messages, pings, None)
    }

    fn whole(bytes: &[u8]) -> (Vec<Vec<u8>>, usize, Option<FrameError>) {
        frames(&[bytes], FrameLimits::default())
    }

    #[test]
    fn messages_come_out_however_the_stream_is_cut() {
        let stream = [A, b"\r\n\r\n", B, b"\r\n", A].concat();
        let expect = (vec![A.to_vec(), B.to_vec(), A.to_vec()], 1, None);
        assert_eq!(whole(&stream), expect);
        for size in 1..40 {
            let pieces: Vec<&[u8]> = stream.chunks(size).collect();
            assert_eq!(frames(&pieces, FrameLimits::default()), expect, "pieces of {size}");
        }
    }

    #[test]
    fn every_pair_of_crlf_is_a_ping() {
        assert_eq!(whole(b"\r\n").1, 0);
        assert_eq!(whole(b"\r\n\r\n\r\n").1, 1);
        assert_eq!(whole(b"\r\n\r\n\r\n\r\n").1, 2);
        assert_eq!(whole(b"\n\n\n\n").1, 0);
        assert_eq!(whole(b"\r\r\r\r").1, 0);
        assert_eq!(whole(&[b"  \r\n".as_slice(), A].concat()).0, vec![A.to_vec()]);
    }

    #[test]
    fn bad_lengths_end_the_stream() {
        for value in ["-5", "abc", "3x", "", "3\r\nContent-Length: 3"] {
            let text = format!("A sip:a SIP/2.0\r\nContent-Length: {value}\r\n\r\nabc");
            assert_eq!(whole(text.as_bytes()).2, Some(FrameError::BadContentLength), "{value:?}");
        }
        assert_eq!(whole(b"garbage\r\n\r\n").2, Some(FrameError::NoContentLength));
        let lenient = FrameLimits { accept_no_length: true, ..FrameLimits::default() };
        assert_eq!(frames(&[b"X\r\n\r\n", A], lenient).0.len(), 2);
    }

    #[test]
    fn a_folded_line_is_no_header() {
        let text = b"A sip:a SIP/2.0\r\nX: y\r\n Content-Length: 3\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(whole(text).0, vec![text.to_vec()]);
    }

    #[test]
    fn long_messages_end_the_stream_before_they_are_read() {
        assert_eq!(whole(&[b'x'; 20_000]).2, Some(FrameError::TooLong));
        for length in ["16384", "99999999999", "99999999999999999999999"] {
            let header = format!("A b SIP/2.0\r\nContent-Length: {length}\r\n\r\n");
            assert_eq!(whole(header.as_bytes()).2, None);
            let long = [header.as_bytes(), &[b'x'; 16_384]].concat();
            assert_eq!(whole(&long).2, Some(FrameError::TooLong));
        }
        let many_lines = b"X: y\r\n".repeat(4000);
        assert_eq!(whole(&many_lines).2, Some(FrameError::TooLong));
    }

    #[test]
    fn random_bytes_never_panic() {
        use rand::{Rng, SeedableRng};
        let mut rng = rand::rngs::SmallRng::seed_from_u64(7);
        const PARTS: [&[u8]; 9] =
            [b"\r\n", b"\r", b"\n", b"Content-Length:", b" 3", b"\0", b"l:", b"x", b"\r\n\r\n"];
        for _ in 0..5000 {
            let pieces: Vec<&[u8]> =
                (0..rng.random_range(0..30)).map(|_| PARTS[rng.random_range(0..9)]).collect();
            let joined = whole(&pieces.concat());
            assert_eq!(frames(&pieces, FrameLimits::default()), joined);
        }
    }
}
