//! Cuts the head of a message into logical lines: CRLF ends a line, a line that begins with white space goes on from the one before
//! (RFC 3261 7.3.1).

use std::borrow::Cow;

use crate::sip::fault::Fault;
use crate::sip::lexer;
use crate::sip::work::walked;

/// The lines of a head, up to the empty one.
pub(crate) struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Lines<'a> {
    /// From the first byte of the start line.
    pub(crate) fn new(bytes: &'a [u8]) -> Lines<'a> {
        Lines { bytes, at: 0 }
    }

    /// Where the next line begins; the body, once the empty line has been read.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// The next line without its end, folds made one space. The empty one ends the head. A line with a CR or LF on its own is a
    /// fault; the one after it can still be read. `Fault::Unfinished`: there is no further line end.
    pub(crate) fn next_line(&mut self) -> Result<Cow<'a, [u8]>, Fault> {
        let first = self.physical()?;
        if first.is_empty() || !self.goes_on() {
            return sound(first).map(Cow::Borrowed);
        }
        let mut whole = first.to_vec();
        let mut fault = sound(first).err();
        while self.goes_on() {
            let next = self.physical()?;
            fault = fault.or(sound(next).err());
            let kept = whole
                .iter()
                .rposition(|&b| !lexer::is_space(b))
                .map_or(0, |at| at + 1);
            whole.truncate(kept);
            whole.push(b' ');
            whole.extend_from_slice(lexer::trim_start(next));
        }
        fault.map_or(Ok(Cow::Owned(whole)), Err)
    }

    fn goes_on(&self) -> bool {
        self.bytes.get(self.at).is_some_and(|&b| lexer::is_space(b))
    }

    /// Up to the next LF. What is left at its end, when no CR stood before the LF, is made unsound by keeping the LF.
    fn physical(&mut self) -> Result<&'a [u8], Fault> {
        let rest = &self.bytes[self.at..];
        let end = memchr::memchr(b'\n', rest).ok_or(Fault::Unfinished)?;
        self.at += end + 1;
        walked(end + 1);
        let line = &rest[..=end];
        Ok(line.strip_suffix(b"\r\n").unwrap_or(line))
    }
}

fn sound(line: &[u8]) -> Result<&[u8], Fault> {
    match memchr::memchr2(b'\r', b'\n', line) {
        None => Ok(line),
        Some(_) => Err(Fault::HeaderLine),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head: &str, expected: &[Result<&str, Fault>]) {
        let mut lines = Lines::new(head.as_bytes());
        for expected in expected {
            let line = lines
                .next_line()
                .map(|line| String::from_utf8_lossy(&line).into_owned());
            assert_eq!(line.as_deref().map_err(|fault| *fault), *expected, "{head:?}");
        }
    }

    #[test]
    fn folds_become_one_space() {
        check("a: b\r\n\r\nbody", &[Ok("a: b"), Ok(""), Err(Fault::Unfinished)]);
        check(
            "a:\r\n  b \t\r\n\tc\r\nd: e\r\n\r\n",
            &[Ok("a: b c"), Ok("d: e"), Ok("")],
        );
        check("a: b\r\n \r\n\r\n", &[Ok("a: b "), Ok("")]);
        check("a: b\r\n\r\n folded: never\r\n", &[Ok("a: b"), Ok("")]);
    }

    #[test]
    fn line_ends_come_in_pairs() {
        check(
            "a: b\nc: d\r\n\r\n",
            &[Err(Fault::HeaderLine), Ok("c: d"), Ok("")],
        );
        check(
            "a: b\rc: d\r\ne: f\r\n",
            &[Err(Fault::HeaderLine), Ok("e: f"), Err(Fault::Unfinished)],
        );
        check(
            "a: b\r\n c\n d\r\ne: f\r\n",
            &[Err(Fault::HeaderLine), Ok("e: f")],
        );
        check("a: b\r\r\n", &[Err(Fault::HeaderLine)]);
        check("", &[Err(Fault::Unfinished)]);
        check("a: b\r\n ", &[Err(Fault::Unfinished)]);
    }
}
