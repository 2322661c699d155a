//! What containers say of their own sizes, held against the bytes that are there: a decoder reads what it gets and is content, and a
//! caller would hear half a prompt. Lengths that mean "not known yet" (streams write them) are no claim.

use super::DecodeError;

/// Walks the outermost blocks of a file. Answers whether there were any: then the last of them ends where the file ends.
pub(super) fn check(bytes: &[u8]) -> Result<bool, DecodeError> {
    let missing = match bytes {
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => wave(bytes),
        [b'O', b'g', b'g', b'S', ..] => ogg(bytes),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => mp4(bytes),
        [0x1A, 0x45, 0xDF, 0xA3, ..] => matroska(bytes),
        [0xFF, 0xF0 | 0xF1 | 0xF8 | 0xF9, ..] => adts(bytes),
        _ => return Ok(false),
    };
    missing.map_or(Ok(true), |missing_bytes| {
        Err(DecodeError::Short { missing_bytes })
    })
}

/// Bytes that lie behind the end of the file.
fn beyond(bytes: &[u8], end: u64) -> Option<u64> {
    end.checked_sub(bytes.len() as u64).filter(|missing| *missing > 0)
}

/// RIFF: chunks of four letters and a length, padded to even lengths. `data` may have a length of 0 or of nearly 2 or 4 GiB, written by
/// programs that did not know it.
fn wave(bytes: &[u8]) -> Option<u64> {
    const UNKNOWN: u32 = 0x7FFF_0000;
    let mut at = 12;
    while let Some(head) = bytes.get(at..at + 8) {
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        let end = (at + 8) as u64 + u64::from(length);
        if head.starts_with(b"data") {
            return beyond(bytes, end).filter(|_| length < UNKNOWN);
        }
        at = usize::try_from(end + u64::from(length & 1)).ok()?;
    }
    // No data at all: the decoder says so.
    None
}

/// RFC 3533 section 6: pages, each with the lengths of its segments.
fn ogg(bytes: &[u8]) -> Option<u64> {
    const HEADER: usize = 27;
    let mut at = 0;
    while at < bytes.len() {
        let page = bytes.get(at..)?;
        if !page.starts_with(b"OggS") {
            // Something else behind the last page; decoders look for the next one.
            return None;
        }
        let segments = usize::from(*page.get(HEADER - 1).unwrap_or(&0));
        let Some(lengths) = page.get(HEADER..HEADER + segments) else {
            return Some((HEADER + segments - page.len().min(HEADER + segments)).max(1) as u64);
        };
        let body: usize = lengths.iter().map(|length| usize::from(*length)).sum();
        at += HEADER + segments + body;
    }
    beyond(bytes, at as u64)
}

/// ISO 14496-12 section 4.2: boxes of a length and four letters; 1 is a length of 64 bits behind them, 0 goes to the end.
fn mp4(bytes: &[u8]) -> Option<u64> {
    let mut at: u64 = 0;
    while at < bytes.len() as u64 {
        let rest = bytes.get(usize::try_from(at).ok()?..)?;
        let length = match rest {
            [0, 0, 0, 0, ..] => return None,
            [0, 0, 0, 1, _, _, _, _, long @ ..] => u64::from_be_bytes(long.first_chunk().copied()?),
            [a, b, c, d, ..] => u64::from(u32::from_be_bytes([*a, *b, *c, *d])),
            _ => return None,
        };
        if length < 8 {
            return None;
        }
        at = at.checked_add(length)?;
    }
    beyond(bytes, at)
}

/// RFC 8794 section 6: elements of an identifier, a length, and what is in them. A length of all ones is not known, as in what a browser's
/// recorder streams: then what is in it is walked.
fn matroska(bytes: &[u8]) -> Option<u64> {
    let mut at: u64 = 0;
    while at < bytes.len() as u64 {
        let id = usize::try_from(at).ok()?;
        let width = bytes.get(id)?.leading_zeros() as usize + 1;
        let Some((length, start)) = size(bytes, id + width) else {
            // Cut off within the head of an element.
            return Some(1);
        };
        at = (start as u64).checked_add(length.unwrap_or(0))?;
    }
    beyond(bytes, at)
}

/// The length at `at` (`None` inside: not known), and where what it measures begins.
fn size(bytes: &[u8], at: usize) -> Option<(Option<u64>, usize)> {
    let first = *bytes.get(at)?;
    let width = first.leading_zeros() as usize + 1;
    let digits = bytes.get(at..at + width).filter(|_| width <= 8)?;
    let marked = digits
        .iter()
        .fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    let mask = (1_u64 << (7 * width)) - 1;
    let value = marked & mask;
    Some(((value != mask).then_some(value), at + width))
}

/// ISO 13818-7 section 6.2: frames with their length in 13 bits.
fn adts(bytes: &[u8]) -> Option<u64> {
    let mut at = 0;
    while at < bytes.len() {
        let Some([0xFF, second, _, high, middle, low]) = bytes.get(at..at + 6) else {
            return None;
        };
        let length = usize::from(high & 3) << 11 | usize::from(*middle) << 3 | usize::from(low >> 5);
        if second & 0xF6 != 0xF0 || length < 7 {
            return None;
        }
        at += length;
    }
    beyond(bytes, at as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pcm::wav;

    fn missing(bytes: &[u8]) -> Option<u64> {
        match check(bytes) {
            Err(DecodeError::Short { missing_bytes }) => Some(missing_bytes),
            Err(_) | Ok(_) => None,
        }
    }

    #[test]
    fn a_wave_file_is_as_long_as_it_says() {
        let whole = wav(&[7; 100], 8_000);
        assert_eq!(missing(&whole), None);
        assert_eq!(missing(&whole[..200]), Some(44));
        for unknown in [0_u32, 0xFFFF_FFFF, 0x7FFF_FFFF, 0x7FFF_F000] {
            let mut stream = whole.clone();
            stream[40..44].copy_from_slice(&unknown.to_le_bytes());
            assert_eq!(missing(&stream), None, "{unknown:#x}");
        }
    }

    #[test]
    fn boxes_and_pages_are_walked() {
        let boxes = b"\0\0\0\x0cftypM4A \0\0\0\x10mdat12345678";
        assert_eq!(missing(boxes), None);
        assert_eq!(missing(&boxes[..25]), Some(3));
        let mut page = b"OggS".to_vec();
        page.extend([0; 22]);
        page.extend([2, 3, 4]);
        page.extend([9; 7]);
        assert_eq!(missing(&page), None);
        assert_eq!(missing(&page[..30]), Some(6));
        assert_eq!(missing(&page[..28]), Some(1));
        let matroska = [
            0x1A, 0x45, 0xDF, 0xA3, 0x81, 0, 0x18, 0x53, 0x80, 0x67, 0x83, 1, 2, 3,
        ];
        assert_eq!(missing(&matroska), None);
        assert_eq!(missing(&matroska[..12]), Some(2));
        let live = [
            0x1A, 0x45, 0xDF, 0xA3, 0x80, 0x18, 0x53, 0x80, 0x67, 0xFF, 0xA3, 0x82, 7, 7, 0xA3, 0x81, 7,
        ];
        assert_eq!(missing(&live), None);
        assert_eq!((missing(&live[..16]), missing(&live[..15])), (Some(1), Some(1)));
    }

    proptest::proptest! {
        #[test]
        fn anything_is_walked_to_its_end(kind in 0_usize..5, rest in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let heads: [&[u8]; 5] = [b"RIFF1234WAVE", b"OggS", b"\0\0\0\x08ftyp", b"\x1A\x45\xDF\xA3", b"\xFF\xF1"];
            let _ = check(&[heads[kind], &rest].concat());
        }
    }
}
