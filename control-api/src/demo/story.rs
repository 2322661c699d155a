//! Events as lines to read. One caller: every event. Many callers: how they get on, a line a second.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::cast::{self, OFFICES};
use super::feed::Event;

/// With many callers, a line at most so often.
const EVERY: Duration = Duration::from_secs(1);

/// What has been seen so far.
pub(super) struct Story {
    begin: Instant,
    calls: usize,
    /// Sessions with their step, in the order in which they began.
    sessions: BTreeMap<String, Step>,
    /// Which office a call goes to.
    offices: HashMap<String, usize>,
    legs: BTreeSet<String>,
    told: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Ringing,
    Listening,
    Talking,
    Ended,
}

impl Story {
    pub(super) fn new(begin: Instant, calls: usize) -> Story {
        Story {
            begin,
            calls,
            sessions: BTreeMap::new(),
            offices: HashMap::new(),
            legs: BTreeSet::new(),
            told: None,
        }
    }

    /// Sessions that have ended.
    pub(super) fn ended(&self) -> usize {
        self.count(Step::Ended)
    }

    /// Ids of all sessions.
    pub(super) fn sessions(&self) -> impl Iterator<Item = &str> {
        self.sessions.keys().map(String::as_str)
    }

    /// Legs that were dialled.
    pub(super) fn legs(&self) -> usize {
        self.legs.len()
    }

    /// Ids of all legs.
    pub(super) fn leg_ids(&self) -> impl Iterator<Item = &str> {
        self.legs.iter().map(String::as_str)
    }

    /// `  12.3 s  caller    presses *`
    pub(super) fn line(&self, now: Instant, who: &str, what: &str) -> String {
        let column = if who.is_empty() { 0 } else { 10 };
        format!(
            "{:>7.1} s  {who:<column$}{what}",
            (now - self.begin).as_secs_f64()
        )
    }

    /// The lines that an event is worth.
    pub(super) fn tell(&mut self, now: Instant, event: &Event) -> Vec<String> {
        self.keep(event);
        if self.calls == 1 {
            return self
                .speak(event)
                .map(|(who, what)| self.line(now, &who, &what))
                .into_iter()
                .collect();
        }
        let due = self.told.is_none_or(|told| now - told >= EVERY) || self.ended() == self.calls;
        if !due {
            return Vec::new();
        }
        self.told = Some(now);
        vec![self.line(now, "", &self.crowd())]
    }

    fn keep(&mut self, event: &Event) {
        let data = &event.data;
        if let (Some(call), Some(index)) = (data["call_id"].as_str(), data["index"].as_u64()) {
            self.offices
                .insert(call.to_owned(), usize::try_from(index).unwrap_or_default());
        }
        if event.kind == "leg.dialling" {
            self.legs.extend(data["leg_id"].as_str().map(str::to_owned));
        }
        let Some(session) = &event.session else { return };
        let step = self.sessions.entry(session.clone()).or_insert(Step::Ringing);
        if *step == Step::Ended {
            return;
        }
        match (event.kind.as_str(), data["side"].as_str()) {
            ("session.ended", _) => *step = Step::Ended,
            ("session.playing", _) => *step = Step::Listening,
            ("leg.answered", Some("target")) => *step = Step::Talking,
            _ => {}
        }
    }

    fn count(&self, step: Step) -> usize {
        self.sessions.values().filter(|s| **s == step).count()
    }

    /// `12 ring, 20 listen, 15 talk with an office, 3 are done`
    fn crowd(&self) -> String {
        format!(
            "{:>3} ring  {:>3} listen to the campaign  {:>3} talk with an office  {:>3} are done",
            self.count(Step::Ringing) + self.calls.saturating_sub(self.sessions.len()),
            self.count(Step::Listening),
            self.count(Step::Talking),
            self.ended()
        )
    }

    /// Who, and what they do.
    fn speak(&self, event: &Event) -> Option<(String, String)> {
        let data = &event.data;
        let text = |name: &str| data[name].as_str().unwrap_or_default().to_owned();
        let caller = |what: String| Some(("caller".to_owned(), what));
        match event.kind.as_str() {
            "leg.dialling" | "leg.ringing" | "leg.answered" | "leg.ended" => {
                Some((self.who(data), leg(&event.kind, data)))
            }
            "session.playing" => caller(format!("hears {}", spoken(data))),
            "session.key" => caller("presses *".to_owned()),
            "call.started" => Some((self.who(data), self.started(data))),
            "call.ended" => Some((self.who(data), over(data))),
            "session.ended" => caller(format!("is done: session {}", text("status"))),
            _ => None,
        }
    }

    fn who(&self, data: &Value) -> String {
        match data["call_id"].as_str() {
            Some(call) => format!("office {}", self.offices.get(call).map_or(0, |i| i + 1)),
            None => "caller".to_owned(),
        }
    }

    fn started(&self, data: &Value) -> String {
        let index = data["index"].as_u64().and_then(|i| usize::try_from(i).ok());
        let name = index
            .and_then(|i| OFFICES.get(i))
            .map_or(String::new(), |o| format!("{} {}", o.title, o.name));
        let shown = if data["caller_id"] == "caller_proved" {
            "the caller's own number, which the call-back and a key have proved"
        } else {
            "the campaign's number"
        };
        format!("{name} is called, and shown {shown}")
    }
}

fn leg(kind: &str, data: &Value) -> String {
    match (kind, data["detail"]["sip_status"].as_u64()) {
        ("leg.dialling", _) => "INVITE goes to the carrier".to_owned(),
        ("leg.ringing", Some(status)) => format!("rings ({status})"),
        ("leg.ringing", None) => "rings".to_owned(),
        ("leg.answered", _) => "answers (200)".to_owned(),
        (_, Some(status)) if status >= 300 => {
            format!(
                "{} ({status})",
                data["detail"]["cause"].as_str().unwrap_or("refused")
            )
        }
        _ => "is off the line".to_owned(),
    }
}

fn over(data: &Value) -> String {
    let status = data["status"].as_str().unwrap_or_default();
    match (data["outcome"].as_str(), data["duration_ms"].as_f64()) {
        (Some("skipped"), Some(ms)) => {
            format!(
                "call {status}: the caller went on with * after {:.1} s",
                ms / 1_000.0
            )
        }
        (Some("busy"), _) => "call busy".to_owned(),
        (Some("no_answer"), _) => format!("call {status}: nobody picked up"),
        (Some(outcome), _) => format!("call {status}: {outcome}"),
        (None, _) => format!("call {status}"),
    }
}

/// The words of the prompts that play.
fn spoken(data: &Value) -> String {
    let clips = data["prompts"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let words: Vec<String> = clips.map(|clip| format!("“{}”", cast::words(clip))).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(calls: usize, events: &[(&str, Value)]) -> Vec<String> {
        let begin = super::super::clock();
        let mut story = Story::new(begin, calls);
        let tell = |(kind, data): &(&str, Value)| {
            let event = Event {
                kind: (*kind).to_owned(),
                session: Some("s".to_owned()),
                data: data.clone(),
            };
            story.tell(begin + Duration::from_millis(1_500), &event)
        };
        events
            .iter()
            .flat_map(tell)
            .map(|line| line.replacen("    1.5 s  ", "", 1))
            .collect()
    }

    #[test]
    fn one_caller_is_told_event_by_event() {
        let lines = told(
            1,
            &[
                (
                    "leg.dialling",
                    json!({"leg_id": "l1", "side": "caller", "call_id": null}),
                ),
                (
                    "leg.ringing",
                    json!({"leg_id": "l1", "side": "caller", "call_id": null, "detail": {"sip_status": 180}}),
                ),
                (
                    "session.playing",
                    json!({"prompts": ["msg_intro", "msg_intro_confirm"]}),
                ),
                ("session.key", json!({})),
                ("session.step", json!({"step": "calls"})),
                ("session.playing", json!({"prompts": ["msg_target_intro#2"]})),
                (
                    "call.started",
                    json!({"call_id": "c2", "index": 1, "caller_id": "caller_proved"}),
                ),
                (
                    "leg.ended",
                    json!({"leg_id": "l2", "side": "target", "call_id": "c2", "detail": {"sip_status": 486, "cause": "Busy Here"}}),
                ),
                (
                    "call.ended",
                    json!({"call_id": "c2", "index": 1, "status": "busy", "outcome": "busy"}),
                ),
                ("session.ended", json!({"status": "completed"})),
            ],
        );
        assert_eq!(
            lines,
            [
                "caller    INVITE goes to the carrier",
                "caller    rings (180)",
                "caller    hears “Hello! This is the Trunkline demo.” “Press star to begin.”",
                "caller    presses *",
                "caller    hears “Representative Tom Okafor.”",
                "office 2  Representative Tom Okafor is called, and shown the caller's own number, which the call-back and a key have proved",
                "office 2  Busy Here (486)",
                "office 2  call busy",
                "caller    is done: session completed",
            ]
        );
    }

    #[test]
    fn many_callers_are_told_together() {
        let lines = told(
            3,
            &[
                ("session.playing", json!({"prompts": ["msg_intro"]})),
                ("session.key", json!({})),
            ],
        );
        assert_eq!(
            lines,
            ["  2 ring    1 listen to the campaign    0 talk with an office    0 are done"]
        );
    }
}
