//! Canadian postal codes on the keys of a telephone (`A1A 1A1`: letter, digit, letter, digit, letter, digit).
//!
//! Nobody tells callers which way to write letters, so every way that people know is read: one press a letter, the key and the place of
//! the letter on it (two keys a letter), or as many presses as the letter's place (multi-tap). Several codes may be meant; those that exist
//! decide.

use super::postal::{is_canadian, is_canadian_letter};

/// Most keys: three letters of four presses, three digits.
pub const MAX_KEYS: usize = 15;

/// Letters on the keys 2 to 9.
const LETTERS: [&[u8]; 8] = [b"ABC", b"DEF", b"GHI", b"JKL", b"MNO", b"PQRS", b"TUV", b"WXYZ"];

/// Every code that may be meant, each once, sorted.
pub fn canadian(keys: &str) -> Vec<String> {
    let keys = keys.as_bytes();
    if keys.len() > MAX_KEYS || !keys.iter().all(u8::is_ascii_digit) {
        return Vec::new();
    }
    let mut codes = Vec::new();
    for way in [one_press, key_and_place, presses] {
        read(keys, way, &mut String::new(), &mut codes);
    }
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// Ways to read a letter at the beginning of the keys: the letter, and how many keys it takes.
type Way = fn(&[u8]) -> Vec<(u8, usize)>;

fn read(keys: &[u8], way: Way, code: &mut String, codes: &mut Vec<String>) {
    if code.len() == 6 {
        if keys.is_empty() && is_canadian(code) {
            codes.push(code.clone());
        }
        return;
    }
    let Some(first) = keys.first() else { return };
    if code.len() % 2 == 1 {
        code.push(char::from(*first));
        read(&keys[1..], way, code, codes);
        code.pop();
        return;
    }
    for (letter, taken) in way(keys) {
        code.push(char::from(letter));
        read(&keys[taken..], way, code, codes);
        code.pop();
    }
}

fn letters_of(key: u8) -> &'static [u8] {
    usize::from(key)
        .checked_sub(usize::from(b'2'))
        .and_then(|n| LETTERS.get(n))
        .copied()
        .unwrap_or_default()
}

fn one_press(keys: &[u8]) -> Vec<(u8, usize)> {
    let usable = letters_of(keys[0])
        .iter()
        .filter(|letter| is_canadian_letter(**letter));
    usable.map(|letter| (*letter, 1)).collect()
}

fn key_and_place(keys: &[u8]) -> Vec<(u8, usize)> {
    let letter = keys.get(1).and_then(|place| {
        let n = usize::from(*place).checked_sub(usize::from(b'1'))?;
        letters_of(keys[0]).get(n)
    });
    letter.map(|letter| (*letter, 2)).into_iter().collect()
}

fn presses(keys: &[u8]) -> Vec<(u8, usize)> {
    let run = keys.iter().take_while(|key| **key == keys[0]).count();
    // The digit after the letter may be on the same key: every shorter run is possible too.
    let of_run = |n: usize| Some((*letters_of(keys[0]).get(n - 1)?, n));
    (1..=run).filter_map(of_run).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_press_a_letter() {
        // K1A 0B1: K is on 5, A and B are on 2.
        let codes = canadian("512021");
        assert!(codes.contains(&"K1A0B1".to_owned()));
        assert!(codes.contains(&"J1A0C1".to_owned()), "all that it may be");
        assert_eq!(codes.len(), 3 * 3 * 3);
    }

    #[test]
    fn the_key_and_the_letters_place() {
        // K is the second letter of 5, A the first of 2, B the second of 2.
        assert_eq!(canadian("521210221"), ["K1A0B1"]);
        assert_eq!(canadian("711210221"), ["P1A0B1"]);
    }

    #[test]
    fn as_many_presses_as_the_letters_place() {
        // 55 K, 1, 2 A, 0, 22 B, 1.
        assert_eq!(canadian("55120221"), ["K1A0B1"]);
        // S is the fourth on 7.
        assert_eq!(canadian("7777120221"), ["S1A0B1"]);
    }

    #[test]
    fn the_digit_may_stand_on_the_letters_key() {
        // H2A 2A2: 44 2 2 2 2 2, and many other readings; the right one is among them.
        let codes = canadian("4422222");
        assert!(codes.contains(&"H2A2A2".to_owned()), "{codes:?}");
    }

    #[test]
    fn what_is_no_code() {
        for keys in ["", "1", "111111", "5120", "5120210000000000", "51*021"] {
            assert!(canadian(keys).is_empty(), "{keys}: {:?}", canadian(keys));
        }
        // D, F, I, O, Q and U stand in no code; W and Z not first.
        for code in canadian("913131") {
            assert!(
                !code.starts_with(['W', 'Z']) && !code.contains(['D', 'F']),
                "{code}"
            );
        }
    }

    #[test]
    fn every_code_is_read_in_every_way() {
        let place = |c: char| {
            let key = LETTERS
                .iter()
                .position(|l| l.contains(&(c as u8)))
                .expect("a letter");
            let nth = LETTERS[key].iter().position(|l| *l == c as u8).expect("a letter");
            (char::from(b'2' + u8::try_from(key).expect("small")), nth + 1)
        };
        for code in [
            "K1A0B1", "H0H0H0", "V6B4Y8", "S7N5C9", "X0E0T0", "Y1A2C6", "M5V3L9",
        ] {
            let ways: [fn((char, usize)) -> String; 3] = [
                |(key, _)| key.to_string(),
                |(key, nth)| format!("{key}{nth}"),
                |(key, nth)| key.to_string().repeat(nth),
            ];
            for way in ways {
                let keys: String = code
                    .chars()
                    .map(|c| {
                        if c.is_ascii_digit() {
                            c.to_string()
                        } else {
                            way(place(c))
                        }
                    })
                    .collect();
                assert!(canadian(&keys).contains(&code.to_owned()), "{code} as {keys}");
            }
        }
    }
}
