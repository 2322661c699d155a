//! From what a caller typed to a number that may be called: E.164, fixed or mobile, of an allowed country, under no denied prefix.

use phonenumber::{Mode, Type};
use trunkline_gateway::phone::Phone;

use super::country;

/// Most characters that anybody types for a number.
const MAX_TYPED_CHARS: usize = 64;

/// A number of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// E.164.
    pub phone: Phone,
    /// Its country, ISO 3166 in lower case.
    pub country: String,
    kind: Type,
}

/// Why a number is not called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// No country of that name.
    #[error("there is no country {0:?}: send a code of ISO 3166, for example us")]
    NoSuchCountry(String),
    /// It is no number of the country.
    #[error(
        "this is not a telephone number of country {country}: check its digits, or send it with + and the country code"
    )]
    NotANumber {
        /// The country that it was read for.
        country: String,
    },
    /// Neither a fixed line nor a mobile.
    #[error("this number is neither a fixed line nor a mobile telephone, and is not called")]
    Kind,
    /// Its country is not on the campaign's list.
    #[error("this campaign does not call {country}")]
    Country {
        /// The number's.
        country: String,
    },
    /// A prefix that the campaign denies.
    #[error("numbers that begin like this one are not called")]
    Prefix,
}

/// Reads what was typed: national form of `country` (ISO 3166, `ir` and `uk` too), or international with `+`.
pub fn normalise(typed: &str, country_given: &str) -> Result<Number, NumberError> {
    let plan =
        country::plan(country_given).ok_or_else(|| NumberError::NoSuchCountry(shorten(country_given)))?;
    let not_a_number = || NumberError::NotANumber {
        country: country::canonical(country_given),
    };
    if typed.len() > MAX_TYPED_CHARS {
        return Err(not_a_number());
    }
    let number = phonenumber::parse(Some(plan), typed).map_err(|_| not_a_number())?;
    if !number.is_valid() || number.extension().is_some() {
        return Err(not_a_number());
    }
    let phone = Phone::new(number.format().mode(Mode::E164).to_string()).map_err(|_| not_a_number())?;
    let country = number.country().id().ok_or_else(not_a_number)?;
    Ok(Number {
        phone,
        country: country.as_ref().to_ascii_lowercase(),
        kind: number.number_type(&phonenumber::metadata::DATABASE),
    })
}

impl Number {
    /// Whether a campaign may call it. `allowed` are countries in lower case, `denied` E.164 prefixes.
    pub fn may_be_called(&self, allowed: &[String], denied: &[String]) -> Result<(), NumberError> {
        if !matches!(
            self.kind,
            Type::FixedLine | Type::Mobile | Type::FixedLineOrMobile
        ) {
            return Err(NumberError::Kind);
        }
        if !allowed.contains(&self.country) {
            return Err(NumberError::Country {
                country: self.country.clone(),
            });
        }
        if denied
            .iter()
            .any(|prefix| self.phone.as_str().starts_with(prefix))
        {
            return Err(NumberError::Prefix);
        }
        Ok(())
    }
}

/// A stranger's word, short enough to be said back.
fn shorten(word: &str) -> String {
    word.chars().take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str, country: &str) -> String {
        match normalise(typed, country) {
            Ok(number) => format!("{} {} {:?}", number.phone.as_str(), number.country, number.kind),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_people_type() {
        for (typed, country, expected) in [
            ("202-555-0123", "us", "+12025550123 us FixedLineOrMobile"),
            ("(202) 555 0123", "US", "+12025550123 us FixedLineOrMobile"),
            ("+1 202 555 0123", "de", "+12025550123 us FixedLineOrMobile"),
            ("12025550123", "us", "+12025550123 us FixedLineOrMobile"),
            ("416-555-0123", "ca", "+14165550123 ca FixedLineOrMobile"),
            ("030 901820", "de", "+4930901820 de FixedLine"),
            ("020 7946 0018", "uk", "+442079460018 gb FixedLine"),
            ("085 123 4567", "ir", "+353851234567 ie Mobile"),
            ("+442079460018", "us", "+442079460018 gb FixedLine"),
        ] {
            assert_eq!(read(typed, country), expected, "{typed}");
        }
    }

    #[test]
    fn what_is_no_number() {
        for typed in [
            "",
            "1",
            "911",
            "hello",
            "202555",
            "+",
            "+1",
            "555-0123",
            "2025550123;ext=5",
            "202-555-0123 x 5",
            "+12025550123,12025550124",
            "1'; drop table",
            "\0",
            &"9".repeat(200),
            "１２３",
        ] {
            assert!(normalise(typed, "us").is_err(), "{typed}: {}", read(typed, "us"));
        }
        assert_eq!(
            read("2025550123", "nowhere at all"),
            "there is no country \"nowhere \": send a code of ISO 3166, for example us"
        );
    }

    #[test]
    fn what_is_not_called() {
        let us = ["us".to_owned()];
        let check = |typed: &str, denied: &[String]| {
            normalise(typed, "us")
                .and_then(|n| n.may_be_called(&us, denied))
                .map_err(|e| e.to_string())
        };
        assert_eq!(check("2025550123", &[]), Ok(()));
        let kind = "this number is neither a fixed line nor a mobile telephone, and is not called".to_owned();
        assert_eq!(check("8005550123", &[]), Err(kind.clone()));
        assert_eq!(check("9002345678", &[]), Err(kind));
        assert_eq!(
            check("+4930901820", &[]),
            Err("this campaign does not call de".to_owned())
        );
        assert_eq!(
            check("2025550123", &["+1202".to_owned()]),
            Err("numbers that begin like this one are not called".to_owned())
        );
    }
}
