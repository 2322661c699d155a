//! Of which country a number is.

use crate::phone::Phone;

/// Whether the number is of one of these countries (ISO 3166, lower case). A number that no plan knows counts by its calling code; a short
/// code is of no country.
pub fn is_of(number: &Phone, countries: &[String]) -> bool {
    let Ok(parsed) = phonenumber::parse(None, number.as_str()) else {
        return false;
    };
    match parsed.country().id() {
        Some(id) => countries.iter().any(|c| c.eq_ignore_ascii_case(id.as_ref())),
        None => countries
            .iter()
            .any(|c| calling_code(c) == Some(parsed.country().code())),
    }
}

/// The calling code of a country: 49 of `de`.
pub fn calling_code(country: &str) -> Option<u16> {
    let plan = phonenumber::metadata::DATABASE.by_id(&country.to_ascii_uppercase())?;
    Some(plan.country_code())
}

/// A fixed line of a country, as its number plan gives one as an example.
pub fn example(country: &str) -> Option<Phone> {
    let plan = phonenumber::metadata::DATABASE.by_id(&country.to_ascii_uppercase())?;
    let line = plan.descriptors().fixed_line()?.example()?;
    Phone::new(format!("+{}{line}", plan.country_code())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_of_the_country_of_its_area() {
        let check = |number: &str, country: &str, expect: bool| {
            let number = Phone::new(number).expect("a number");
            assert_eq!(is_of(&number, &[country.to_owned()]), expect, "{country}");
        };
        check("+12025550123", "us", true);
        check("+14165550123", "us", false);
        check("+14165550123", "ca", true);
        check("+4930901820", "de", true);
        check("+4930901820", "at", false);
        check("33333", "us", false);
    }

    #[test]
    fn an_example_is_of_its_country() {
        for country in ["us", "ca", "de", "gb", "ie", "it"] {
            let number = example(country).expect("an example");
            assert!(is_of(&number, &[country.to_owned()]), "{country}");
        }
        assert_eq!(example("xx"), None);
    }
}
