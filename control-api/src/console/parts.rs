//! What pages are made of: figures, times, badges, tables' ends, notices.

use jiff::Timestamp;
use maud::{Markup, html};

use super::say::Say;

/// A time (RFC 3339) as UTC; a script shows it in the reader's own zone.
pub(crate) fn time(at: &str) -> Markup {
    let shown = at.parse::<Timestamp>().map_or_else(
        |_| at.to_owned(),
        |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    );
    html! { time datetime=(at) { (shown) } }
}

/// A duration, for people: `1:05`, `2:03:00`.
pub(crate) fn duration(ms: i64) -> String {
    let seconds = ms / 1_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// A word with the colour of what it means.
pub(crate) fn badge(say: Say, word: &str) -> Markup {
    let tone = match word {
        "live" | "completed" | "talked" | "up" | "in-progress" | "answered" | "registered" | "enabled"
        | "active" | "done" => "good",
        "failed" | "node_lost" | "unreachable" | "down" | "rejected" | "error" | "refused" | "silent"
        | "dead" => "bad",
        "queued" | "ringing" | "busy" | "no-answer" | "no_answer" | "voicemail" | "mailbox_full"
        | "warning" | "slowed" | "draining" | "disabled" | "asking" => "mild",
        _ => "plain",
    };
    html! { span.badge.(tone) { (say.word(word)) } }
}

/// A figure with its name.
pub(crate) fn figure(name: &str, value: impl maud::Render) -> Markup {
    html! { div.figure { dt { (name) } dd { (value) } } }
}

/// What was done, after a form has sent its visitor back here with `?done=`.
pub(crate) fn done(say: Say, word: Option<&str>) -> Markup {
    let text = match word {
        Some("saved") => say.t("Saved."),
        Some("made") => say.t("Made."),
        Some("removed") => say.t("Removed."),
        Some("launched") => say.t("The campaign is live."),
        Some("paused") => say.t("The campaign is paused: nobody is called."),
        Some("archived") => say.t("The campaign is archived."),
        Some("called") => say.t("Your phone will ring in a moment."),
        Some("hung-up") => say.t("The call is being ended."),
        Some("added") => say.t("Added. Callers hear it from their next call on."),
        Some(_) | None => return html! {},
    };
    html! { p.notice role="status" { (text) } }
}

/// To the next page of a list. `path` has its query already, if any.
pub(crate) fn more(say: Say, path: &str, next: Option<&str>) -> Markup {
    let joint = if path.contains('?') { '&' } else { '?' };
    html! {
        @if let Some(next) = next {
            p { a rel="next" href={ (path) (joint) "cursor=" (next) } { (say.t("More")) } }
        }
    }
}

/// A form that is one button, for what cannot be undone: a script asks first.
pub(crate) fn careful_button(action: &str, label: &str, question: &str) -> Markup {
    html! {
        form.inline method="post" action=(action) data-ask=(question) { button.danger type="submit" { (label) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_times_are_for_people() {
        assert_eq!(duration(65_400), "1:05");
        assert_eq!(duration(7_380_000), "2:03:00");
        assert_eq!(
            time("2026-11-21T14:05:00Z").into_string(),
            "<time datetime=\"2026-11-21T14:05:00Z\">2026-11-21 14:05 UTC</time>"
        );
    }
}
