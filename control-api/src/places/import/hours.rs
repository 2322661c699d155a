//! Opening hours as offices write them, where they are plain enough to be sure: `Mon-Fri 9am-5:30pm`, `8:00 AM - 5:00 PM CT`.
//!
//! Anything else is not known, and an office whose hours are not known counts as open.

use serde_json::{Value, json};

/// Days in the keys of the store.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Longest text that is read.
const MAX_CHARS: usize = 60;

/// Hours in the store's form and the time zone that the text names. `None` when the text is not plain.
pub(super) fn read(text: &str) -> Option<(Value, Option<&'static str>)> {
    let text = text.to_lowercase();
    if text.chars().count() > MAX_CHARS || text.contains("appointment") || text.contains(" and ") {
        return None;
    }
    let text = text
        .replace(['–', '—'], "-")
        .replace("a.m.", "am")
        .replace("p.m.", "pm")
        .replace("a.m", "am")
        .replace("p.m", "pm")
        .replace(" through ", "-")
        .replace(" to ", "-")
        .replace(" am", "am")
        .replace(" pm", "pm")
        .replace(" -", "-")
        .replace("- ", "-")
        .replace("please call ahead", "");
    let mut days = None;
    let mut hours = None;
    let mut zone = None;
    for word in text.split([' ', ',', ';', '(', ')']).filter(|w| !w.is_empty()) {
        if let Some(named) = time_zone(word) {
            zone = Some(named);
        } else if let Some(read) = span(word) {
            if hours.replace(read).is_some() {
                return None;
            }
        } else if days.replace(day_span(word)?).is_some() {
            return None;
        }
    }
    let (from, to) = hours?;
    // An office that says no days means working days.
    let (first, last) = days.unwrap_or((0, 4));
    let open = format!("{}-{}", clock(from), clock(to));
    let week: serde_json::Map<String, Value> = DAYS[first..=last]
        .iter()
        .map(|day| ((*day).to_owned(), json!([open])))
        .collect();
    Some((Value::Object(week), zone))
}

fn time_zone(word: &str) -> Option<&'static str> {
    match word {
        "et" | "est" | "eastern" => Some("America/New_York"),
        "ct" | "cst" | "central" => Some("America/Chicago"),
        "mt" | "mst" | "mountain" => Some("America/Denver"),
        "pt" | "pst" | "pacific" => Some("America/Los_Angeles"),
        _ => None,
    }
}

fn day_span(word: &str) -> Option<(usize, usize)> {
    match word.split_once('-') {
        Some((first, last)) => {
            let span = (day(first)?, day(last)?);
            (span.0 <= span.1).then_some(span)
        }
        None => day(word).map(|day| (day, day)),
    }
}

fn day(word: &str) -> Option<usize> {
    let word = word.trim_end_matches('.');
    let whole = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    let full = word
        .strip_suffix('s')
        .filter(|w| w.ends_with("day"))
        .unwrap_or(word);
    match word {
        "m" => Some(0),
        "f" => Some(4),
        _ => whole
            .iter()
            .position(|day| *day == full || (word.len() >= 3 && day.starts_with(word))),
    }
}

/// Minutes of the day, from and to.
fn span(word: &str) -> Option<(u32, u32)> {
    let (from, to) = word.split_once('-')?;
    let to_is_pm = to.ends_with("pm");
    let said = from.ends_with('m') || to.ends_with('m');
    let mut to = minutes(to)?;
    let from_plain = minutes(from)?;
    // "9-5": nobody opens at nine in the morning and closes at five the same morning.
    if !said && to <= from_plain && from_plain <= 12 * 60 {
        to += 12 * 60;
    }
    // "9-5:30pm": the first is of the morning unless it says otherwise.
    let from = if to_is_pm && !from.ends_with('m') && from_plain < 7 * 60 {
        from_plain + 12 * 60
    } else {
        from_plain
    };
    (from < to && to <= 24 * 60).then_some((from, to))
}

fn minutes(text: &str) -> Option<u32> {
    let (time, half) = match (text.strip_suffix("am"), text.strip_suffix("pm")) {
        (Some(time), _) => (time, Some(0)),
        (None, Some(time)) => (time, Some(12)),
        (None, None) => (text, None),
    };
    let (hour, minute) = time.split_once(':').unwrap_or((time, "0"));
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
        None => hour,
    };
    (hour <= 24 && minute < 60).then_some(hour * 60 + minute)
}

fn clock(minutes: u32) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Option<(&str, &str)>) {
        let read = read(text).map(|(hours, zone)| {
            let week = hours.as_object().expect("an object").clone();
            let open = week.values().next().expect("a day")[0]
                .as_str()
                .expect("hours")
                .to_owned();
            let first_and_last = (week.contains_key("mon"), week.contains_key("fri"), week.len());
            let days = match first_and_last {
                (true, true, 5) => "mon-fri".to_owned(),
                _ => DAYS
                    .into_iter()
                    .filter(|d| week.contains_key(*d))
                    .collect::<Vec<_>>()
                    .join(" "),
            };
            (format!("{days} {open}"), zone.unwrap_or_default())
        });
        assert_eq!(
            read.as_ref().map(|(hours, zone)| (hours.as_str(), *zone)),
            expect,
            "{text}"
        );
    }

    #[test]
    fn plain_hours_are_read() {
        check("Monday-Friday 9:00AM-5:00PM", Some(("mon-fri 09:00-17:00", "")));
        check("M-F 9-5", Some(("mon-fri 09:00-17:00", "")));
        check("M-F 9-5:30pm", Some(("mon-fri 09:00-17:30", "")));
        check("Mon–Fri, 9am–5pm", Some(("mon-fri 09:00-17:00", "")));
        check("8:30am - 5:30pm (M-F)", Some(("mon-fri 08:30-17:30", "")));
        check("8am-5pm CT", Some(("mon-fri 08:00-17:00", "America/Chicago")));
        check(
            "Monday-Friday; 8:00am – 5:00pm PT",
            Some(("mon-fri 08:00-17:00", "America/Los_Angeles")),
        );
        check(
            "Monday through Friday, 9 a.m. to 5 p.m.",
            Some(("mon-fri 09:00-17:00", "")),
        );
        check("Wednesday 10AM to 4PM", Some(("wed 10:00-16:00", "")));
        check("Thursdays 1:00pm-5:00pm", Some(("thu 13:00-17:00", "")));
        check("Tuesday, 9AM - 1PM", Some(("tue 09:00-13:00", "")));
        check("8:30 am to 5:00 pm", Some(("mon-fri 08:30-17:00", "")));
        check("Wednesday 2-4pm", Some(("wed 14:00-16:00", "")));
    }

    #[test]
    fn what_is_not_plain_is_not_known() {
        for text in [
            "",
            "By appointment only",
            "Mon-Fri 9AM-5PM by appointment only",
            "Tuesday and Thursday 9AM-5PM",
            "Tuesday/Thursday 9AM-4:30PM",
            "Tuesday-Thursday",
            "Second Tuesday of every month 10AM-2PM",
            "Monday 9AM-11AM, Thursday 2PM-4PM",
            "5pm-9am",
            "always",
        ] {
            check(text, None);
        }
    }
}
