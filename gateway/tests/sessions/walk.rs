//! A small campaign: intro, a key, one target after the other, thanks. Writes down all that it hears.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use trunkline_gateway::flow::{
    Action, CallStatus, Flow, FlowEvent, FlowOffice, LegOutcome, Outcome, SessionStatus, Timer,
};
use trunkline_gateway::ids::CallId;
use trunkline_gateway::phone::Phone;
use trunkline_media::dtmf::Digit;
use uuid::Uuid;

/// What the flow heard, as lines.
pub(crate) type Heard = Arc<Mutex<Vec<String>>>;

pub(crate) const INPUT: Duration = Duration::from_secs(10);
pub(crate) const RING: Duration = Duration::from_secs(60);
pub(crate) const TALK: Duration = Duration::from_secs(600);
pub(crate) const PAUSE: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Entering,
    Intro,
    Dialling(usize),
    Talking(usize),
    Leaving(usize),
    Between(usize),
    Bye,
    Ended,
}

pub(crate) struct Walk {
    pub(crate) inbound: bool,
    pub(crate) targets: Vec<Phone>,
    pub(crate) extension: &'static str,
    /// Targets may see the caller's number.
    pub(crate) proved: bool,
    pub(crate) heard: Heard,
    state: State,
}

impl Walk {
    pub(crate) fn new(inbound: bool, targets: &[&str], heard: Heard) -> Walk {
        Walk {
            inbound,
            targets: targets.iter().map(|t| Phone::new(*t).expect("a phone")).collect(),
            extension: "",
            proved: true,
            heard,
            state: State::Idle,
        }
    }

    fn dial(&mut self, n: usize) -> Vec<Action> {
        let Some(phone) = self.targets.get(n) else {
            self.state = State::Bye;
            return vec![play("thanks")];
        };
        self.state = State::Dialling(n);
        vec![Action::DialTarget {
            call: call(n),
            index: n,
            key: format!("custom:{n}"),
            office: FlowOffice {
                uid: String::new(),
                phone: phone.clone(),
                extension: self.extension.into(),
            },
            caller_proved: self.proved,
            ring: RING,
        }]
    }

    fn caller_gone(&mut self, status: SessionStatus) -> Vec<Action> {
        let mut actions = match self.state {
            State::Dialling(n) | State::Talking(n) => vec![
                Action::DropTarget(call(n)),
                done(n, CallStatus::Canceled, Outcome::CallerHungUp),
            ],
            State::Leaving(n) => vec![done(n, CallStatus::Canceled, Outcome::CallerHungUp)],
            State::Idle | State::Entering | State::Intro | State::Between(_) | State::Bye | State::Ended => {
                vec![]
            }
        };
        self.state = State::Ended;
        actions.push(Action::HangUp(status));
        actions
    }

    fn key(&mut self, digit: Digit) -> Vec<Action> {
        // What no campaign does, and a trunk's test: A holds the caller, B takes them back, C presses keys to them.
        match digit.as_char() {
            'A' => return vec![Action::HoldCaller(true)],
            'B' => return vec![Action::HoldCaller(false)],
            'C' => return vec![Action::SendCallerDigits(vec![Digit::STAR])],
            _ => {}
        }
        if self.state == State::Intro && digit != Digit::POUND {
            let mut actions = vec![Action::StopPlay, Action::CancelTimer(Timer::Input)];
            actions.extend(self.dial(0));
            return actions;
        }
        match self.on_line() {
            Some(n) if digit == Digit::STAR => {
                self.state = State::Leaving(n);
                vec![Action::CancelTimer(Timer::Talk), Action::DropTarget(call(n))]
            }
            Some(_) | None => vec![],
        }
    }

    /// The target that is rung or talked with.
    fn on_line(&self) -> Option<usize> {
        match self.state {
            State::Dialling(n) | State::Talking(n) => Some(n),
            State::Idle
            | State::Entering
            | State::Intro
            | State::Leaving(_)
            | State::Between(_)
            | State::Bye
            | State::Ended => None,
        }
    }

    fn target_ended(&mut self, outcome: LegOutcome) -> Vec<Action> {
        let leaving = match self.state {
            State::Leaving(n) => Some(n),
            State::Idle
            | State::Entering
            | State::Intro
            | State::Dialling(_)
            | State::Talking(_)
            | State::Between(_)
            | State::Bye
            | State::Ended => None,
        };
        let n = self.on_line().or(leaving).expect("a target of the flow");
        let (status, word) = match outcome {
            LegOutcome::HungUp | LegOutcome::Dropped | LegOutcome::Lost => {
                (CallStatus::Completed, Outcome::Talked)
            }
            LegOutcome::Busy => (CallStatus::Busy, Outcome::Busy),
            LegOutcome::NoAnswer => (CallStatus::NoAnswer, Outcome::NoAnswer),
            LegOutcome::Rejected => (CallStatus::Failed, Outcome::Rejected),
            LegOutcome::Unreachable => (CallStatus::Failed, Outcome::Unreachable),
            LegOutcome::Canceled => (CallStatus::Canceled, Outcome::Skipped),
        };
        let mut actions = vec![Action::CancelTimer(Timer::Talk), done(n, status, word)];
        if n + 1 < self.targets.len() {
            self.state = State::Between(n);
            actions.push(play("between"));
        } else {
            self.state = State::Bye;
            actions.push(play("thanks"));
        }
        actions
    }

    fn play_done(&mut self) -> Vec<Action> {
        if let State::Between(n) = self.state {
            self.dial(n + 1)
        } else if self.state == State::Bye {
            self.state = State::Ended;
            vec![Action::HangUp(CallStatus::Completed)]
        } else {
            vec![]
        }
    }

    fn timer(&mut self, timer: Timer) -> Vec<Action> {
        match (timer, self.on_line()) {
            (Timer::Input, _) if self.state == State::Intro => {
                self.state = State::Bye;
                vec![play("goodbye")]
            }
            (Timer::Talk, Some(n)) => {
                self.state = State::Leaving(n);
                vec![Action::DropTarget(call(n))]
            }
            (Timer::Pause, Some(n)) => {
                let keys = self.extension.chars().filter_map(Digit::from_char).collect();
                vec![Action::SendDigits(call(n), keys)]
            }
            (Timer::Input | Timer::Talk | Timer::Ring | Timer::Pause, _) => vec![],
        }
    }

    fn target_retried(&mut self) -> Vec<Action> {
        let State::Talking(n) = self.state else {
            return vec![];
        };
        self.state = State::Dialling(n);
        vec![
            Action::CancelTimer(Timer::Talk),
            Action::CancelTimer(Timer::Pause),
        ]
    }

    fn target_answered(&mut self) -> Vec<Action> {
        let State::Dialling(n) = self.state else {
            return vec![];
        };
        self.state = State::Talking(n);
        let mut actions = vec![Action::Bridge(call(n)), Action::StartTimer(Timer::Talk, TALK)];
        if !self.extension.is_empty() {
            actions.push(Action::StartTimer(Timer::Pause, PAUSE));
        }
        actions
    }
}

impl Flow for Walk {
    fn on(&mut self, event: FlowEvent) -> Vec<Action> {
        assert_ne!(
            self.state,
            State::Ended,
            "nothing is heard after the end: {event:?}"
        );
        let line = match &event {
            FlowEvent::TargetRinging(_) => "TargetRinging".to_owned(),
            FlowEvent::TargetAnswered(_) => "TargetAnswered".to_owned(),
            FlowEvent::TargetRetried(_) => "TargetRetried".to_owned(),
            FlowEvent::TargetEnded(_, outcome) => format!("TargetEnded {outcome:?}"),
            FlowEvent::Start
            | FlowEvent::CallerAnswered
            | FlowEvent::CallerFailed(_)
            | FlowEvent::CallerHungUp
            | FlowEvent::Digit(_)
            | FlowEvent::PlayDone
            | FlowEvent::TimerFired(_)
            | FlowEvent::OfficeFull(_)
            | FlowEvent::Located(_) => format!("{event:?}"),
        };
        self.heard.lock().expect("unpoisoned").push(line);
        match event {
            FlowEvent::Start => {
                self.state = State::Entering;
                vec![if self.inbound {
                    Action::AnswerCaller
                } else {
                    Action::RingCaller { ring: RING }
                }]
            }
            FlowEvent::CallerAnswered => {
                self.state = State::Intro;
                vec![play("intro"), Action::StartTimer(Timer::Input, INPUT)]
            }
            FlowEvent::CallerFailed(LegOutcome::Busy) => self.caller_gone(CallStatus::Busy),
            FlowEvent::CallerFailed(LegOutcome::NoAnswer) => self.caller_gone(CallStatus::NoAnswer),
            FlowEvent::CallerFailed(LegOutcome::Canceled) => self.caller_gone(CallStatus::Canceled),
            FlowEvent::CallerFailed(_) => self.caller_gone(CallStatus::Failed),
            FlowEvent::CallerHungUp => self.caller_gone(CallStatus::Completed),
            FlowEvent::Digit(digit) => self.key(digit),
            FlowEvent::PlayDone => self.play_done(),
            FlowEvent::TimerFired(timer) => self.timer(timer),
            FlowEvent::TargetRinging(_) | FlowEvent::Located(_) => vec![],
            FlowEvent::OfficeFull(_) => self.target_ended(LegOutcome::Busy),
            FlowEvent::TargetAnswered(_) => self.target_answered(),
            FlowEvent::TargetRetried(_) => self.target_retried(),
            FlowEvent::TargetEnded(_, outcome) => self.target_ended(outcome),
        }
    }

    fn step(&self) -> String {
        format!("{:?}", self.state).to_lowercase()
    }
}

pub(crate) fn call(n: usize) -> CallId {
    CallId(Uuid::from_u128(0xca11_0000 + n as u128))
}

fn play(name: &str) -> Action {
    Action::Play(vec![name.into()])
}

fn done(index: usize, status: CallStatus, outcome: Outcome) -> Action {
    Action::CallDone {
        call: call(index),
        index,
        status,
        outcome,
    }
}
