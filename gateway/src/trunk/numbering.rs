//! How a trunk wants numbers dialled: its own rules first, its format where none fits, its prefix before both.
//! Short codes (112, 33333) go only where the trunk names them.

use super::snapshot::{NumberFormat, Trunk};
use crate::phone::Phone;

/// A rule over numbers in E.164 form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberRule {
    /// Numbers that begin so: `+44`, `+1202`; `+` is every number. The longest one decides.
    pub prefix: String,
    /// So many characters of the number are left out at its beginning, `+` among them.
    pub strip: usize,
    /// Put before what is left.
    pub add: String,
}

/// A number as a trunk wants it written.
pub fn written(format: NumberFormat, phone: &Phone) -> &str {
    match format {
        NumberFormat::E164Plus => phone.as_str(),
        NumberFormat::E164 => phone.digits(),
        // Only +1 has a national form without rules of its own.
        NumberFormat::National => phone.as_str().strip_prefix("+1").unwrap_or(phone.digits()),
    }
}

/// Whether the trunk may be asked for this number: every E.164 number, and the short codes that it names.
pub fn allows(trunk: &Trunk, phone: &Phone) -> bool {
    !phone.is_short_code() || trunk.short_codes.contains(phone)
}

/// What is dialled for a number on a trunk. A short code is dialled as it is: prefixes are for numbers.
pub fn dialled(trunk: &Trunk, phone: &Phone) -> String {
    if phone.is_short_code() {
        return phone.as_str().to_owned();
    }
    let number = phone.as_str();
    let fitting = trunk
        .number_rules
        .iter()
        .filter(|r| number.starts_with(&r.prefix));
    let written = match fitting.max_by_key(|rule| rule.prefix.len()) {
        // A number is ASCII: `get` fails only behind its end.
        Some(rule) => format!("{}{}", rule.add, number.get(rule.strip..).unwrap_or_default()),
        None => written(trunk.number_format, phone).to_owned(),
    };
    format!("{}{written}", trunk.tech_prefix)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::ids::TrunkId;

    fn phone(text: &str) -> Phone {
        Phone::new(text).expect("a number")
    }

    fn trunk() -> Trunk {
        let rule = |prefix: &str, strip, add: &str| NumberRule {
            prefix: prefix.into(),
            strip,
            add: add.into(),
        };
        Trunk {
            number_rules: vec![rule("+", 1, "00"), rule("+49", 3, "0"), rule("+4930", 5, "")],
            short_codes: vec![phone("33333")],
            ..Trunk::new(TrunkId(Uuid::nil()), "carrier", "carrier.example")
        }
    }

    fn check(trunk: &Trunk, number: &str, expect: &str) {
        assert_eq!(dialled(trunk, &phone(number)), expect, "{number}");
    }

    #[test]
    fn the_longest_rule_writes_the_number() {
        let trunk = trunk();
        check(&trunk, "+12025550123", "0012025550123");
        check(&trunk, "+498912345678", "08912345678");
        check(&trunk, "+4930901820", "901820");
        check(&trunk, "33333", "33333");
    }

    #[test]
    fn without_a_rule_the_format_does_and_the_prefix_comes_first() {
        let mut trunk = trunk();
        trunk.number_rules.remove(0);
        trunk.number_format = NumberFormat::National;
        trunk.tech_prefix = "99#".into();
        check(&trunk, "+12025550123", "99#2025550123");
        check(&trunk, "+498912345678", "99#08912345678");
        check(&trunk, "33333", "33333");
    }

    #[test]
    fn short_codes_only_where_they_are_named() {
        let trunk = trunk();
        assert!(allows(&trunk, &phone("33333")) && allows(&trunk, &phone("+12025550123")));
        assert!(!allows(&trunk, &phone("911")));
    }
}
