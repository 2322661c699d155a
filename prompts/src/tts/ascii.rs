//! Latin letters without their marks, for flite, which reads ASCII alone and leaves the others out: José would be Jos.

use std::borrow::Cow;

/// Letters with marks, and what each is without: Latin-1 and the commonest of Latin Extended-A.
const MARKED: [(&str, &str); 27] = [
    ("àáâãåāăą", "a"),
    ("ÀÁÂÃÅĀĂĄ", "A"),
    ("äæ", "ae"),
    ("ÄÆ", "Ae"),
    ("çćčĉ", "c"),
    ("ÇĆČ", "C"),
    ("ďđð", "d"),
    ("ĎĐÐ", "D"),
    ("èéêëēęě", "e"),
    ("ÈÉÊËĒĘĚ", "E"),
    ("ğģ", "g"),
    ("ìíîïīıİÌÍÎÏ", "i"),
    ("łľļ", "l"),
    ("ŁĽ", "L"),
    ("ñńňņ", "n"),
    ("ÑŃŇ", "N"),
    ("òóôõøōő", "o"),
    ("ÒÓÔÕØŌŐ", "O"),
    ("öœ", "oe"),
    ("ÖŒ", "Oe"),
    ("řŕ", "r"),
    ("śšşșß", "s"),
    ("ŚŠŞȘ", "S"),
    ("ťţț", "t"),
    ("ùúûüūůű", "u"),
    ("ÙÚÛÜŪŮŰ", "U"),
    ("ýÿžźżŽŹŻÝ’‘", "yyzzzZZZY''"),
];

/// The text as flite can read it; what has no letter of its own stays.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.chars()
            .fold(String::with_capacity(text.len()), |mut plain, letter| {
                match MARKED.iter().find(|(marked, _)| marked.contains(letter)) {
                    Some((marked, without)) if without.len() > 2 => {
                        let at = marked.chars().position(|c| c == letter).unwrap_or_default();
                        plain.extend(without.chars().nth(at));
                    }
                    Some((_, without)) => plain.push_str(without),
                    None => plain.push(letter),
                }
                plain
            }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_go_and_letters_stay() {
        for (written, read) in [
            ("O'Rourke", "O'Rourke"),
            ("O’Rourke", "O'Rourke"),
            ("José Núñez", "Jose Nunez"),
            ("Ångström, Müller", "Angstroem, Muller"),
            ("Łukasz Żak", "Lukasz Zak"),
            ("Élise Lefèvre", "Elise Lefevre"),
            ("李", "李"),
        ] {
            assert_eq!(plain(written), read);
        }
    }
}
