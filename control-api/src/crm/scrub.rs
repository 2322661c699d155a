//! What a CRM says is wrong, fit to be kept: it may repeat the number or the address that it was sent, and these are kept nowhere else.

/// Most characters that are kept.
const MAX_CHARS: usize = 300;
/// Fewest digits of what may be a phone number.
const PHONE_DIGITS: usize = 6;

/// The text without what may be a phone number or an e-mail address, on one line, cut.
pub(super) fn scrub(text: &str) -> String {
    let words = text.split_whitespace().map(|word| match word.contains('@') {
        true => "…",
        false => word,
    });
    let line = words.collect::<Vec<_>>().join(" ");
    without_numbers(&line).chars().take(MAX_CHARS).collect()
}

/// Digits with nothing but signs and spaces between them are one number.
fn without_numbers(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut run = String::new();
    for c in line.chars().chain(['\n']) {
        if c.is_ascii_digit() || (!run.is_empty() && " +-.()/".contains(c)) {
            run.push(c);
            continue;
        }
        let digits = run.chars().filter(char::is_ascii_digit).count();
        if digits >= PHONE_DIGITS {
            out.push('…');
            let tail = run.trim_end_matches(|c: char| !c.is_ascii_digit());
            out.push_str(&run[tail.len()..]);
        } else {
            out.push_str(&run);
        }
        run.clear();
        if c != '\n' {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_addresses_go() {
        for (said, kept) in [
            ("Invalid phone number", "Invalid phone number"),
            ("12025550123 is no mobile", "… is no mobile"),
            ("no: +1 (202) 555-0123.", "no: +…."),
            ("page 42 of 2026", "page 42 of 2026"),
            ("ada@example.org is\n unknown", "… is unknown"),
            ("", ""),
        ] {
            assert_eq!(scrub(said), kept);
        }
        assert_eq!(scrub(&"ä".repeat(1_000)).chars().count(), MAX_CHARS);
    }
}
