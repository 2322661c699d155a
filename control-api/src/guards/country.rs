//! Countries, as ISO 3166 in lower case, with the two names that CallPower's users write otherwise.

use phonenumber::country::Id;

/// Lower case, and `ie` and `gb` for `ir` and `uk`.
pub fn canonical(country: &str) -> String {
    match country.trim().to_ascii_lowercase().as_str() {
        "ir" => "ie".to_owned(),
        "uk" => "gb".to_owned(),
        other => other.to_owned(),
    }
}

/// The country in the form of the number plan; `None` when there is none of that name.
pub fn plan(country: &str) -> Option<Id> {
    canonical(country).to_ascii_uppercase().parse().ok()
}

/// Whether there is such a country.
pub fn is_known(country: &str) -> bool {
    plan(country).is_some()
}

/// What a campaign of this country may be about (CAMPAIGNS.md 4).
pub fn campaign_types(country: &str) -> &'static [&'static str] {
    match canonical(country).as_str() {
        "us" => &["custom", "executive", "congress", "state", "local"],
        "ca" => &["custom", "executive", "parliament", "province", "local"],
        _ => &["custom"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callpowers_names_are_taken() {
        assert_eq!(canonical("UK"), "gb");
        assert_eq!(canonical("ir"), "ie");
        assert_eq!(canonical(" US "), "us");
        assert!(is_known("uk") && is_known("de"));
        assert!(!is_known("xx") && !is_known("") && !is_known("usa"));
    }
}
