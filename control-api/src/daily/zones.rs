//! In which time zone a caller is: from the location, else from the number, else from the campaign and its country.
//!
//! Area codes and what part of which state or province they serve are public facts (the North American Numbering Plan Administrator,
//! nanpa.com; the Canadian Numbering Administrator, cnac.ca); where a code or a state has two zones, the table says the one where most
//! people live. An import of prefixes goes before all of it.

mod codes;
mod import;

use jiff::tz::TimeZone;

use crate::store::{self, Db, zones};
pub(crate) use import::import;

/// What is known of a caller.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whereabouts<'a> {
    /// E.164.
    pub(crate) phone: &'a str,
    /// ISO 3166, lower case.
    pub(crate) country: &'a str,
    /// A postal code, or anything else, or nothing.
    pub(crate) location: &'a str,
    /// The campaign's own zone; may be empty.
    pub(crate) campaign: &'a str,
}

/// The name of the caller's zone.
pub(crate) async fn zone_of(db: &Db, caller: Whereabouts<'_>) -> store::Result<String> {
    if let Some(imported) = zones::of_number(db, caller.phone).await?
        && is_zone(&imported)
    {
        return Ok(imported);
    }
    Ok(built_in(caller).to_owned())
}

/// Whether there is such a zone.
pub(crate) fn is_zone(name: &str) -> bool {
    // `get` takes any case; what is stored is read again by every version of the data.
    TimeZone::get(name).is_ok()
}

fn built_in(caller: Whereabouts<'_>) -> &str {
    by_location(caller.country, caller.location)
        .or_else(|| by_number(caller.phone))
        .or_else(|| Some(caller.campaign).filter(|zone| is_zone(zone)))
        .or_else(|| codes::of_country(caller.country))
        .unwrap_or("UTC")
}

/// By postal code, where the place it stands for has one zone alone.
fn by_location(country: &str, location: &str) -> Option<&'static str> {
    let location = location.trim();
    match country {
        "us" => {
            let digits = location
                .get(..5)
                .filter(|zip| zip.bytes().all(|b| b.is_ascii_digit()))?;
            codes::of_zip(digits.get(..3)?.parse().ok()?)
        }
        "ca" => {
            let mut chars = location.chars();
            let letter = chars.next()?.to_ascii_uppercase();
            chars.next()?.is_ascii_digit().then(|| codes::of_postal(letter))?
        }
        _ => None,
    }
}

fn by_number(phone: &str) -> Option<&'static str> {
    let national = phone.strip_prefix("+1")?;
    codes::of_area(national.get(..3)?.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(phone: &str, country: &str, location: &str, expected: &str) {
        let caller = Whereabouts {
            phone,
            country,
            location,
            campaign: "",
        };
        assert_eq!(built_in(caller), expected, "{phone} {country} {location}");
    }

    #[test]
    fn where_callers_are() {
        check("+12025550123", "us", "", "America/New_York");
        check("+13125550123", "us", "", "America/Chicago");
        check("+13035550123", "us", "", "America/Denver");
        check("+14155550123", "us", "", "America/Los_Angeles");
        check("+16025550123", "us", "", "America/Phoenix");
        check("+19075550123", "us", "", "America/Anchorage");
        check("+18085550123", "us", "", "Pacific/Honolulu");
        check("+19155550123", "us", "", "America/Denver");
        check("+14165550123", "ca", "", "America/Toronto");
        check("+17095550123", "ca", "", "America/St_Johns");
        check("+13065550123", "ca", "", "America/Regina");
        check("+442079460018", "gb", "", "Europe/London");
        check("+81312345678", "jp", "", "Asia/Tokyo");
        check("+6761234567", "to", "", "UTC");
    }

    /// People move and keep their number; what they gave as their place goes first, where it has one zone.
    #[test]
    fn a_place_goes_before_a_number() {
        check("+12025550123", "us", "94110", "America/Los_Angeles");
        check("+12025550123", "us", "94110-1234", "America/Los_Angeles");
        check("+12025550123", "us", "79901", "America/Denver");
        check("+14165550123", "ca", "v5k 0a1", "America/Vancouver");
        // Tennessee has two zones: the number tells.
        check("+19015550123", "us", "37011", "America/Chicago");
        check("+12025550123", "us", "Main Street 1", "America/New_York");
        check("+12025550123", "us", "é1234", "America/New_York");
        check("+14165550123", "ca", "é", "America/Toronto");
    }

    #[test]
    fn the_campaigns_zone_goes_before_its_countrys() {
        let caller = Whereabouts {
            phone: "+61212345678",
            country: "au",
            location: "",
            campaign: "Australia/Perth",
        };
        assert_eq!(built_in(caller), "Australia/Perth");
        assert_eq!(
            built_in(Whereabouts {
                campaign: "",
                ..caller
            }),
            "Australia/Sydney"
        );
        let wrong = Whereabouts {
            campaign: "Mars/Olympus",
            ..caller
        };
        assert_eq!(built_in(wrong), "Australia/Sydney");
    }

    #[test]
    fn every_zone_of_the_tables_is_there_and_no_code_stands_twice() {
        let mut seen = std::collections::BTreeSet::new();
        for (zone, areas) in codes::AREAS {
            assert!(is_zone(zone), "{zone}");
            for area in *areas {
                assert!(
                    (200..1_000).contains(area) && seen.insert(*area),
                    "{area} in {zone}"
                );
            }
        }
        for zone in codes::zones() {
            assert!(is_zone(zone), "{zone}");
        }
        assert!(seen.len() > 380, "{}", seen.len());
    }
}
