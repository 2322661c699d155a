//! Files that people send by mistake, told by their first bytes, so that the error can name them.

/// What the file is, when it is something well known that cannot be decoded.
pub(super) fn known_but_not_ours(bytes: &[u8]) -> Option<&'static str> {
    let head = &bytes[..bytes.len().min(512)];
    let found = if head.starts_with(b"%PDF") {
        "this is a PDF document"
    } else if head.starts_with(b"PK\x03\x04") {
        "this is a ZIP archive or an office document"
    } else if head.starts_with(b"\x89PNG") || head.starts_with(b"\xff\xd8\xff") || head.starts_with(b"GIF8") {
        "this is a picture"
    } else if head.starts_with(b"#!AMR") {
        "this is an AMR recording of a telephone"
    } else if head.starts_with(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11") {
        "this is a Windows Media file"
    } else if head.starts_with(b"caff") || head.starts_with(b"FORM") {
        "this is an Apple CAF or AIFF file"
    } else if is_text(head) {
        "this is a text"
    } else {
        return None;
    };
    Some(found)
}

/// Nothing but printable ASCII and white space. Every format that is decoded has a zero or a high byte at its head.
fn is_text(head: &[u8]) -> bool {
    head.iter()
        .all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace())
}
