//! Several payloads in one file: each begins with its header and is sent for itself.

use std::io::{self, BufRead, BufReader, Read};

/// Bytes read from the file at once.
const READ_BYTES: usize = 1 << 18;

/// How a header begins: whoever puts several payloads into one file names their sources.
const HEADER: &[u8] = b"{\"source\":";

/// Reads one payload of a file after the other.
#[derive(Debug)]
pub(super) struct Payloads<R> {
    input: BufReader<R>,
    /// Whether other payloads may follow the first.
    several: bool,
    at_line_start: bool,
    /// The beginning of a line that may be a header, in part handed on.
    looked_at: Vec<u8>,
    handed_on: usize,
    /// How many of the bytes looked at belong to the present payload.
    ours: usize,
    /// Whether the present payload has begun: its own header is its first line.
    begun: bool,
}

impl<R: Read> Payloads<R> {
    /// `several`: whether other payloads may follow the first; the native one alone may.
    pub(super) fn new(input: R, several: bool) -> Self {
        Self {
            input: BufReader::with_capacity(READ_BYTES, input),
            several,
            at_line_start: true,
            looked_at: Vec::new(),
            handed_on: 0,
            ours: 0,
            begun: false,
        }
    }

    /// Goes on to the next payload; says whether there is one. What is left of the present one is
    /// passed over.
    pub(super) fn begin_next(&mut self) -> io::Result<bool> {
        let mut rest = [0; 8 << 10];
        while self.read(&mut rest)? > 0 {}
        self.ours = self.looked_at.len();
        Ok(self.handed_on < self.looked_at.len())
    }

    /// Looks at the beginning of a line, and takes it unless it is the header of the next payload.
    fn look(&mut self) -> io::Result<()> {
        self.looked_at.clear();
        self.handed_on = 0;
        let mut line_start = (&mut self.input).take(HEADER.len() as u64);
        line_start.read_until(b'\n', &mut self.looked_at)?;
        let next = self.begun && self.looked_at == HEADER;
        self.ours = if next { 0 } else { self.looked_at.len() };
        self.begun |= !self.looked_at.trim_ascii().is_empty();
        self.at_line_start = self.looked_at.last() == Some(&b'\n');
        Ok(())
    }

    /// Reads at most to the end of a line; nothing: the payload has ended.
    fn read_piece(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.handed_on == self.looked_at.len() && self.at_line_start {
            self.look()?;
        }
        if self.handed_on < self.looked_at.len() {
            let ours = self.looked_at.get(self.handed_on..self.ours).unwrap_or_default();
            let count = ours.len().min(buffer.len());
            buffer[..count].copy_from_slice(&ours[..count]);
            self.handed_on += count;
            return Ok(count);
        }
        let waiting = self.input.fill_buf()?;
        let line_end = waiting.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let count = line_end.unwrap_or(waiting.len()).min(buffer.len());
        buffer[..count].copy_from_slice(&waiting[..count]);
        self.at_line_start = line_end == Some(count);
        self.input.consume(count);
        Ok(count)
    }
}

impl<R: Read> Read for Payloads<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.several {
            return self.input.read(buffer);
        }
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read_piece(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if filled == 0 => return Err(error),
                // What was read comes first; the error comes again.
                Err(_) => break,
            }
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<String> {
        let mut payloads = Payloads::new(text.as_bytes(), true);
        let mut found = Vec::new();
        loop {
            let mut payload = String::new();
            payloads.read_to_string(&mut payload).unwrap();
            found.push(payload);
            if !payloads.begin_next().unwrap() {
                return found;
            }
        }
    }

    #[test]
    fn a_header_begins_a_payload_and_all_bytes_arrive() {
        let (a, b) = (
            "{\"source\":\"a\"}\n{\"ci\":{}}\n\nx\r\n",
            "{\"source\":\"b\"}\n{\"ci\":{\"source\":1}}",
        );
        assert_eq!(split(&format!("{a}{b}")), [a, b]);
        assert_eq!(split(a), [a]);
        assert_eq!(split(b), [b]);
        assert_eq!(split(&format!("\n{b}")), [format!("\n{b}")]);
        assert_eq!(split(""), [""]);
        assert_eq!(
            split("{\"ci\":1}\n{\"source\":\"b\"}"),
            ["{\"ci\":1}\n", "{\"source\":\"b\"}"]
        );
    }

    #[test]
    fn what_is_left_of_a_payload_is_passed_over() {
        let text = "{\"source\":\"a\"}\n1\n2\n{\"source\":\"b\"}\n3\n";
        let mut payloads = Payloads::new(text.as_bytes(), true);
        assert!(payloads.begin_next().unwrap());
        let mut second = String::new();
        payloads.read_to_string(&mut second).unwrap();
        assert_eq!(second, "{\"source\":\"b\"}\n3\n");
    }
}
