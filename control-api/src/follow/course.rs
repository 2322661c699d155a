//! Where a session is, told from its timeline alone: a fold over events, without a clock and without a database.

use serde_json::Value;

use crate::store::events::Event;

/// Where a session is, for the person whose call it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Waits for its turn, or is being dialled.
    Queued,
    /// The caller's telephone rings.
    Ringing,
    /// Waits for the key that begins.
    Confirm,
    /// Waits for a keyed location.
    Locate,
    /// Something plays.
    Listening,
    /// A target is announced, and its telephone rings.
    Calling,
    /// Caller and target hear each other.
    Talking,
    /// A target is over, and another one follows.
    Between,
    /// Over.
    Done,
}

impl Step {
    /// Its word, in what pages are told.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Step::Queued => "queued",
            Step::Ringing => "ringing",
            Step::Confirm => "confirm",
            Step::Locate => "locate",
            Step::Listening => "listening",
            Step::Calling => "calling",
            Step::Talking => "talking",
            Step::Between => "between",
            Step::Done => "done",
        }
    }
}

/// Where a session is, and with whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Where.
    pub(crate) step: Step,
    /// Which target of the session's list, from 0: the one that is called, or that follows.
    pub(crate) target: Option<usize>,
    /// How many targets have been called, this one or the next with them.
    pub(crate) turn: usize,
    /// Calls that were answered, at the end.
    pub(crate) calls: usize,
    /// `false` at the end of a session whose caller was never on the line.
    pub(crate) reached: bool,
}

/// The fold.
#[derive(Clone, Debug)]
pub(crate) struct Course {
    step: Step,
    /// Targets in the order in which they came up: a full office comes later than it stands in the list.
    begun: Vec<usize>,
    calls: usize,
    reached: bool,
}

impl Default for Course {
    fn default() -> Course {
        Course {
            step: Step::Queued,
            begun: Vec::new(),
            calls: 0,
            reached: false,
        }
    }
}

impl Course {
    /// One event of the session, in order. What says nothing to the caller changes nothing.
    pub(crate) fn on(&mut self, event: &Event) {
        let word = |name: &str| event.data.get(name).and_then(Value::as_str).unwrap_or_default();
        let of_caller = word("side") == "caller";
        match event.kind.as_str() {
            "leg.ringing" if of_caller && self.step == Step::Queued => self.step = Step::Ringing,
            "leg.answered" if of_caller => self.reached = true,
            "session.step" => self.walk(word("step")),
            "call.ended" if word("status") == "completed" => self.calls += 1,
            "session.ended" => self.step = Step::Done,
            _ => {}
        }
    }

    /// It is over, whoever has ended it.
    pub(crate) fn end(&mut self) {
        self.step = Step::Done;
    }

    /// The flow's own word for where it is; targets count from 1.
    fn walk(&mut self, step: &str) {
        let (name, number) = step.split_once(' ').unwrap_or((step, ""));
        let target = number.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
        let step = match (name, target) {
            ("confirm", _) => Step::Confirm,
            ("locate", _) => Step::Locate,
            ("schedule" | "calls", _) => Step::Listening,
            ("target", Some(_)) => Step::Calling,
            ("talking", Some(_)) => Step::Talking,
            ("done", Some(_)) => Step::Between,
            _ => return,
        };
        if let Some(index) = target.filter(|index| !self.begun.contains(index)) {
            self.begun.push(index);
        }
        self.step = step;
    }

    /// Where it is, for a session of so many targets.
    pub(crate) fn standing(&self, count: usize) -> Standing {
        let next = (0..count).find(|index| !self.begun.contains(index));
        let (step, target, turn) = match (self.step, next) {
            (Step::Calling | Step::Talking, _) => (self.step, self.begun.last().copied(), self.begun.len()),
            (Step::Between, Some(next)) => (Step::Between, Some(next), self.begun.len() + 1),
            // Thanked for the last one.
            (Step::Between, None) => (Step::Listening, None, self.begun.len()),
            (
                Step::Queued | Step::Ringing | Step::Confirm | Step::Locate | Step::Listening | Step::Done,
                _,
            ) => (self.step, None, self.begun.len()),
        };
        Standing {
            step,
            target,
            turn,
            // Told at the end alone: what it is meanwhile is nothing new to the caller.
            calls: if step == Step::Done { self.calls } else { 0 },
            reached: self.reached || step != Step::Done,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// `ring`, `answer`, `step WORD`, `over STATUS`, `end`, and what comes of each; a session of three targets.
    fn check(events: &str, expected: &str) {
        let mut course = Course::default();
        let mut shown = Vec::new();
        for (n, line) in events.split(", ").enumerate() {
            let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
            let (kind, data) = match verb {
                "ring" => ("leg.ringing", json!({ "side": rest })),
                "answer" => ("leg.answered", json!({ "side": rest })),
                "step" => ("session.step", json!({ "status": "in-progress", "step": rest })),
                "over" => ("call.ended", json!({ "status": rest })),
                "end" => ("session.ended", json!({ "status": "completed" })),
                other => panic!("{other} is no event"),
            };
            course.on(&Event {
                id: n.to_string(),
                at: 0,
                kind: kind.to_owned(),
                session_id: None,
                data,
            });
            let now = course.standing(3);
            let who = now.target.map_or("-".to_owned(), |target| target.to_string());
            shown.push(format!("{} {who} {}", now.step.word(), now.turn));
        }
        let end = course.standing(3);
        shown.push(format!("{} {}", end.calls, end.reached));
        assert_eq!(shown.join(", "), expected, "{events}");
    }

    #[test]
    fn a_whole_session() {
        check(
            "ring caller, answer caller, step confirm, step calls, step target 1, ring target, step talking 1, over completed, \
             step done 1, step target 2, over busy, step done 2, step target 3, step talking 3, over completed, step done 3, end",
            "ringing - 0, ringing - 0, confirm - 0, listening - 0, calling 0 1, calling 0 1, talking 0 1, talking 0 1, \
             between 1 2, calling 1 2, calling 1 2, between 2 3, calling 2 3, talking 2 3, talking 2 3, listening - 3, done - 3, 2 true",
        );
    }

    #[test]
    fn a_full_office_comes_later() {
        check(
            "answer caller, step target 2, step done 2, step target 3, step done 3, step target 1, step talking 1",
            "queued - 0, calling 1 1, between 0 2, calling 2 2, between 0 3, calling 0 3, talking 0 3, 0 true",
        );
    }

    #[test]
    fn nobody_answered() {
        check(
            "step start, ring caller, end",
            "queued - 0, ringing - 0, done - 0, 0 false",
        );
    }

    #[test]
    fn a_place_that_is_keyed_and_words_that_nobody_knows() {
        check(
            "answer caller, step locate, step target 0, step dancing, step talking x, step schedule",
            "queued - 0, locate - 0, locate - 0, locate - 0, locate - 0, listening - 0, 0 true",
        );
    }
}
