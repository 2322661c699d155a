//! The SIP ladder of a session: what was said on each of its legs, as arrows between lanes, and the same as a table for whoever cannot
//! see it.
//!
//! ```text
//! caller's trunk        us        target's trunk
//!       │ ◄──── INVITE ──┤                │
//!       ├── 200 OK ────► │ ─── INVITE ──► │
//! ```

use maud::{Markup, html};
use serde::Deserialize;

use super::super::api::encoded;
use super::super::door::Visitor;
use super::super::parts;
use super::super::say::Say;
use super::{Names, name_of, names};
use crate::http::local::Refused;

/// Arrows of one picture; a session of many targets has a table of all of them.
const MAX_ARROWS: usize = 300;
/// Size, in units of the picture.
const WIDTH: i64 = 760;
const ROW: i64 = 26;
const HEAD: i64 = 34;
/// Where the lanes are: the caller's trunk, ourselves, the target's trunk.
const LANES: [i64; 3] = [150, 420, 690];

/// What was said, as `GET /v1/sessions/{id}/trace` answers it.
#[derive(Deserialize)]
struct Trace {
    legs: Vec<Leg>,
}

#[derive(Deserialize)]
struct Leg {
    leg_id: String,
    side: String,
    trunk: Option<String>,
    server: String,
    messages: Vec<Message>,
    beyond: u32,
}

#[derive(Deserialize)]
struct Message {
    at: String,
    way: String,
    method: String,
    status: Option<u16>,
    reason: String,
    cseq: u32,
    transport: String,
    fork: Option<u8>,
    sdp: Option<String>,
    repeats: u32,
}

/// A message with the leg that it belongs to.
struct Arrow<'a> {
    leg: &'a Leg,
    message: &'a Message,
    /// Milliseconds since the session's first message.
    since: i64,
}

impl Message {
    /// `INVITE`, or `180 Ringing`.
    fn words(&self) -> String {
        match self.status {
            Some(status) => format!("{status} {}", self.reason),
            None => self.method.clone(),
        }
    }

    /// The words, and how often it went or came in all.
    fn label(&self) -> String {
        match self.repeats {
            0 => self.words(),
            more => format!("{} ×{}", self.words(), u64::from(more) + 1),
        }
    }
}

/// The ladder of a session for its page, by the rights of whoever looks.
pub(in crate::console) async fn ladder(visitor: &Visitor, session: &str) -> Result<Markup, Refused> {
    let path = format!("/v1/sessions/{}/trace", encoded(session));
    let trace: Trace = visitor.api.get(&path).await?;
    // Trunks are not for those who see some campaigns only.
    let trunks = match visitor.sees_all() {
        true => names(visitor, "trunks").await?,
        false => Names::new(),
    };
    Ok(shown(visitor.say, &trace, &trunks))
}

fn shown(say: Say, trace: &Trace, trunks: &Names) -> Markup {
    let arrows = in_order(trace);
    html! {
        section #ladder data-live {
            h2 { (say.t("SIP ladder")) }
            @if arrows.is_empty() {
                p.hint { (say.t("What was said on a leg is shown once it has ended, and kept as long as the callers' numbers.")) }
            } @else {
                div.wide role="group" tabindex="0" aria-label=(say.t("SIP ladder")) { (picture(say, &arrows, trunks)) }
                details {
                    summary { (say.t("The same as a table")) }
                    (table(say, &arrows, trunks))
                }
            }
            @for leg in trace.legs.iter().filter(|leg| leg.beyond > 0) {
                p.hint { (say.with("{count} more messages of a leg were not kept.", &[("count", &leg.beyond)])) }
            }
        }
    }
}

/// The messages of all legs by time. Times are RFC 3339 of one form, so they sort as text.
fn in_order(trace: &Trace) -> Vec<Arrow<'_>> {
    let of = |leg| {
        move |message| Arrow {
            leg,
            message,
            since: 0,
        }
    };
    let mut arrows: Vec<Arrow<'_>> = trace
        .legs
        .iter()
        .flat_map(|leg| leg.messages.iter().map(of(leg)))
        .collect();
    arrows.sort_by(|a, b| a.message.at.cmp(&b.message.at));
    let at = |arrow: &Arrow<'_>| {
        arrow
            .message
            .at
            .parse::<jiff::Timestamp>()
            .map_or(0, |at| at.as_millisecond())
    };
    let begin = arrows.first().map_or(0, &at);
    for arrow in &mut arrows {
        arrow.since = at(arrow) - begin;
    }
    arrows
}

fn seconds(ms: i64) -> String {
    format!("{}.{:03} s", ms / 1_000, ms % 1_000)
}

fn picture(say: Say, arrows: &[Arrow<'_>], trunks: &Names) -> Markup {
    let drawn = &arrows[..arrows.len().min(MAX_ARROWS)];
    let rows = i64::try_from(drawn.len()).unwrap_or(0);
    let height = HEAD + ROW * rows + ROW;
    let lanes = [
        say.t("Caller's trunk"),
        "Trunkline".into(),
        say.t("Office's trunk"),
    ];
    html! {
        svg.chart.ladder viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-label=(say.t("SIP messages between the trunks and us, by time; the table below has the same.")) {
            @for (x, name) in LANES.iter().zip(&lanes) {
                text x=(x) y="14" text-anchor="middle" { (name) }
                line.grid x1=(x) x2=(x) y1="22" y2=(height - 6) {}
            }
            @for (n, arrow) in (0..).zip(drawn) { (one(say, arrow, trunks, HEAD + ROW * n)) }
        }
    }
}

fn one(say: Say, arrow: &Arrow<'_>, trunks: &Names, y: i64) -> Markup {
    let Arrow { leg, message, since } = arrow;
    let theirs = if leg.side == "target" { LANES[2] } else { LANES[0] };
    let (from, to) = if message.way == "sent" {
        (LANES[1], theirs)
    } else {
        (theirs, LANES[1])
    };
    // The head points to where it went.
    let tip = if to > from { to - 8 } else { to + 8 };
    let tone = match message.status {
        Some(400..) => "bad",
        Some(200..) => "done",
        Some(_) => "rest",
        None => "ask",
    };
    let line = y + 18;
    // The leg's first arrow says over which trunk it went: a call that failed over has several legs.
    let is_first = leg
        .messages
        .first()
        .is_some_and(|first| std::ptr::eq(first, *message));
    let begins = leg
        .trunk
        .as_deref()
        .filter(|_| is_first)
        .map(|id| name_of(trunks, id));
    html! {
        g.(tone) {
            title { (told(say, arrow, trunks)) }
            text x="4" y=(line) { (seconds(*since)) }
            text x=(i64::midpoint(from, to)) y=(line - 5) text-anchor="middle" { (message.label()) @if message.sdp.is_some() { " · SDP" } @if let Some(trunk) = begins { " · " (trunk) } }
            line.arrow x1=(from) x2=(to) y1=(line) y2=(line) {}
            polygon points={ (to) "," (line) " " (tip) "," (line - 4) " " (tip) "," (line + 4) } {}
        }
    }
}

/// A message in a line.
fn told(say: Say, arrow: &Arrow<'_>, trunks: &Names) -> String {
    let Arrow { leg, message, since } = arrow;
    let trunk = leg
        .trunk
        .as_deref()
        .map_or(leg.server.as_str(), |id| name_of(trunks, id));
    let values: [(&str, &dyn std::fmt::Display); 3] = [
        ("time", &seconds(*since)),
        ("message", &message.label()),
        ("trunk", &trunk),
    ];
    match message.way.as_str() {
        "sent" => say.with("{time}: {message} to {trunk}", &values),
        _ => say.with("{time}: {message} from {trunk}", &values),
    }
}

fn table(say: Say, arrows: &[Arrow<'_>], trunks: &Names) -> Markup {
    html! {
        div.wide role="group" tabindex="0" aria-label=(say.t("The same as a table")) { table {
            thead { tr {
                th.number { (say.t("Time")) } th { (say.t("Leg")) } th { (say.t("Trunk")) } th { (say.t("Way")) } th { (say.t("Message")) } th { "CSeq" }
                th { (say.t("Description")) }
            } }
            tbody {
                @for arrow in arrows {
                    @let (leg, message) = (arrow.leg, arrow.message);
                    tr data-leg=(leg.leg_id) {
                        td.number { (seconds(arrow.since)) }
                        td { (say.word(&leg.side)) @if let Some(fork) = message.fork { @if fork > 0 { " " span.faint { "(" (fork + 1) ")" } } } }
                        td { (leg.trunk.as_deref().map_or("", |id| name_of(trunks, id))) " " span.faint { (leg.server) " " (message.transport) } }
                        td { (parts::badge(say, &message.way)) }
                        td { (message.label()) }
                        td { (message.cseq) " " (message.method) }
                        td { (message.sdp.as_deref().unwrap_or("–")) }
                    }
                }
            }
        } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legs_are_one_ladder_in_the_order_of_time() {
        let message = |at: &str, way: &str, status: Option<u16>, repeats: u32| {
            serde_json::json!({
                "at": at, "way": way, "method": "INVITE", "status": status, "reason": if status.is_some() { "OK" } else { "" },
                "cseq": 1, "transport": "udp", "fork": null, "sdp": null, "repeats": repeats,
            })
        };
        let trace: Trace = serde_json::from_value(serde_json::json!({ "legs": [
            { "leg_id": "a", "side": "caller", "trunk": null, "server": "192.0.2.1:5060", "beyond": 0, "messages": [
                message("2026-11-21T00:00:00.000Z", "sent", None, 2), message("2026-11-21T00:00:02.500Z", "received", Some(200), 0),
            ]},
            { "leg_id": "b", "side": "target", "trunk": "t", "server": "192.0.2.2:5060", "beyond": 1, "messages": [
                message("2026-11-21T00:00:01.000Z", "sent", None, 0),
            ]},
        ]}))
        .unwrap();
        let arrows = in_order(&trace);
        let trunks = Names::from([("t".to_owned(), "carrier".to_owned())]);
        let told: Vec<String> = arrows.iter().map(|a| told(Say::English, a, &trunks)).collect();
        assert_eq!(
            told,
            [
                "0.000 s: INVITE ×3 to 192.0.2.1:5060",
                "1.000 s: INVITE to carrier",
                "2.500 s: 200 OK from 192.0.2.1:5060",
            ]
        );
        let page = shown(Say::English, &trace, &trunks).into_string();
        assert_eq!(page.matches("<polygon").count(), 3, "{page}");
        assert!(page.contains("1 more messages of a leg were not kept."), "{page}");
    }
}
