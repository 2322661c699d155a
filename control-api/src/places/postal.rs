//! Postal codes as people write them, in the one form in which they are kept.

/// Longest code of any country.
const MAX_CHARS: usize = 12;

/// Upper case, without spaces and hyphens; a US ZIP+4 without its four. `None` when it is no code.
pub fn canonical(country: &str, typed: &str) -> Option<String> {
    let typed = typed.trim();
    let zip = match (country, typed.split_once('-')) {
        ("us", Some((zip, four))) if is_digits(zip, 5) && is_digits(four, 4) => zip,
        _ => typed,
    };
    let code: String = zip
        .chars()
        .filter(|c| !matches!(c, ' ' | '-'))
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let plausible = (2..=MAX_CHARS).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric());
    let fits = match country {
        "us" => is_digits(&code, 5),
        "ca" => is_canadian(&code) || is_canadian_area(&code),
        _ => plausible,
    };
    fits.then_some(code)
}

/// Codes to look for, best first: where a whole Canadian code is not known, its area (the first three) may be.
pub fn candidates(country: &str, code: &str) -> Vec<String> {
    match country {
        "ca" if code.len() > 3 => vec![code.to_owned(), code[..3].to_owned()],
        _ => vec![code.to_owned()],
    }
}

fn is_digits(text: &str, len: usize) -> bool {
    text.len() == len && text.bytes().all(|b| b.is_ascii_digit())
}

/// `K1A0B1`, with the letters that Canada Post uses: D, F, I, O, Q and U nowhere, W and Z not first.
pub(super) fn is_canadian(code: &str) -> bool {
    code.len() == 6 && is_canadian_area(&code[..3]) && {
        let rest = &code.as_bytes()[3..];
        rest[0].is_ascii_digit() && is_canadian_letter(rest[1]) && rest[2].is_ascii_digit()
    }
}

fn is_canadian_area(area: &str) -> bool {
    let area = area.as_bytes();
    area.len() == 3
        && is_canadian_letter(area[0])
        && !matches!(area[0], b'W' | b'Z')
        && area[1].is_ascii_digit()
        && is_canadian_letter(area[2])
}

/// Whether a letter stands in Canadian codes at all.
pub(super) fn is_canadian_letter(letter: u8) -> bool {
    letter.is_ascii_uppercase() && !matches!(letter, b'D' | b'F' | b'I' | b'O' | b'Q' | b'U')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_in_one_form() {
        for (country, typed, code) in [
            ("us", "42223", Some("42223")),
            ("us", " 42223-1234 ", Some("42223")),
            ("us", "4222", None),
            ("us", "422231234", None),
            ("us", "K1A 0B1", None),
            ("ca", "k1a 0b1", Some("K1A0B1")),
            ("ca", "K1A-0B1", Some("K1A0B1")),
            ("ca", "K1A", Some("K1A")),
            ("ca", "D1A 0B1", None),
            ("ca", "W1A 0B1", None),
            ("ca", "K1A 0D1", None),
            ("ca", "KÉA 0B1", None),
            ("gb", "SW1A 1AA", Some("SW1A1AA")),
            ("de", "10115", Some("10115")),
            ("de", "", None),
            ("de", "Straße", None),
        ] {
            assert_eq!(canonical(country, typed).as_deref(), code, "{country} {typed}");
        }
        assert_eq!(candidates("ca", "K1A0B1"), ["K1A0B1", "K1A"]);
        assert_eq!(candidates("us", "42223"), ["42223"]);
    }
}
