//! A confirmed dialog: new offers either way and their collisions (RFC 3261 14, RFC 3311), the session timer (RFC 4028),
//! and the end by BYE from either side.
//!
//! ```text
//! Up { Idle ─modify─► Ours ─491─► Glare ─► Ours …                close, loss         BYE answered
//!      Idle ─re-INVITE─► Theirs ─accept─► AwaitingAck ─► Idle } ──────────► Closing ─────────────► Over
//!                                                          └───────── BYE ──────────────────────────┘
//! ```

use std::time::{Duration, Instant};

use crate::sip::timers::Timers;
use crate::sip::transaction::{GIVE_UP, T1, T2};

/// When each timer fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// After a 491, at random: 2.1 to 4 s when the Call-ID is ours, else up to 2 s: offer again (RFC 3261 14.1).
    Glare,
    /// T1 after our 2xx to a re-INVITE, then after twice as long each time up to T2: repeat it.
    Repeat,
    /// 64 × T1 after our 2xx to a re-INVITE without ACK: the far end is lost.
    NoAck,
    /// 30 s after an offer that the user has not decided on: refuse it.
    Undecided,
    /// Half of the session interval: refresh it (RFC 4028 10).
    Refresh,
    /// Shortly before the end of the session interval without a refresh: the far end is lost (RFC 4028 10).
    Expiry,
}

/// Who sends the refreshes of the session timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refresher {
    /// We do.
    Us,
    /// The far end does.
    Them,
}

/// What happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The user offers new media.
    Modify,
    /// The user accepts the far end's offer.
    Accept,
    /// The user refuses the far end's offer.
    Refuse,
    /// The user closes the leg.
    Close,
    /// re-INVITE came.
    ReInvite,
    /// UPDATE with an offer came.
    Update,
    /// CANCEL of the re-INVITE came.
    Cancel,
    /// ACK of our 2xx to the re-INVITE came.
    Ack,
    /// BYE came.
    Bye,
    /// 2xx to our re-INVITE or UPDATE; `repeated` when it was acknowledged before.
    Success {
        /// It was acknowledged before.
        repeated: bool,
    },
    /// 491 to it, with the random delay to wait.
    Glare {
        /// How long to wait.
        delay: Duration,
    },
    /// Another failure of it.
    Failure,
    /// 481, 408 or silence to any request in the dialog (RFC 3261 12.2.1.2).
    Gone,
    /// Our BYE was answered, or will not be.
    ByeDone,
    /// A session interval was agreed on, or agreed on again (RFC 4028 7 and 9); `None` is no interval.
    Session(Option<(Duration, Refresher)>),
    /// A timer fired.
    Timer(Timer),
}

/// What it wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Send the user's offer.
    Offer,
    /// Send a refresh of the session timer: the same description once more.
    Refresh,
    /// Acknowledge the 2xx to our re-INVITE.
    Ack,
    /// Answer their offer with the user's description.
    Answer,
    /// Send that 2xx again.
    RepeatAnswer,
    /// Answer their pending offer with what the user said.
    RefuseAsSaid,
    /// Answer their pending offer with this status.
    RefusePending(u16),
    /// Answer the request at hand with this status; with 500 a random Retry-After of up to 10 s (RFC 3261 14.2).
    RefuseThis(u16),
    /// Send BYE and report its end.
    Bye,
    /// Tell the user: the far end offers.
    Modify,
    /// Tell the user: our offer was answered by the response at hand.
    Modified,
    /// Our refresh was answered by the response at hand; tell the user when that describes the far end in another way than before.
    Refreshed,
    /// The ACK of our 2xx has come; tell the user the answer in it, when that 2xx was an offer.
    Acknowledged,
    /// Tell the user: our offer has failed, with this status or that of the response at hand.
    NotModified(Option<u16>),
    /// Tell the user.
    Ended(Ended),
}

/// Why it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// By the far end's BYE.
    Bye,
    /// By the user.
    Closed,
    /// The far end knows nothing of it any more.
    Lost,
    /// Its refresh did not come, or ours was not answered well, until the session interval ran out.
    Expired,
    /// Our 2xx to a re-INVITE was never acknowledged.
    NoAck,
}

/// Whose our outstanding re-INVITE or UPDATE is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    User,
    Refresh,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Offer {
    Idle,
    Ours { purpose: Purpose },
    Glare,
    Theirs { by_invite: bool },
    AwaitingAck { interval: Duration },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Up(Offer),
    Closing,
    Over,
}

/// A dialog after its ACK.
#[derive(Clone, Debug)]
pub(crate) struct Established {
    state: State,
    /// Its deadlines.
    pub(crate) timers: Timers<Timer>,
}

/// The user must decide on an offer within this time.
const UNDECIDED: Duration = Duration::from_secs(30);
/// A refresh that is in the way of an offer is tried again after this.
const REFRESH_AGAIN: Duration = Duration::from_secs(5);

type Actions = Vec<Action>;

impl Established {
    /// The dialog is confirmed.
    pub(crate) fn new() -> Established {
        Established {
            state: State::Up(Offer::Idle),
            timers: Timers::default(),
        }
    }

    /// Takes one event.
    pub(crate) fn on(&mut self, event: Event, now: Instant) -> Actions {
        match self.state {
            State::Up(offer) => self.up(offer, event, now),
            State::Closing => self.closing(event),
            State::Over => over(event),
        }
    }

    fn up(&mut self, offer: Offer, event: Event, now: Instant) -> Actions {
        match event {
            Event::Modify => self.modify(offer),
            Event::Timer(Timer::Glare) => self.modify_again(offer),
            Event::Success { repeated } => self.success(offer, repeated),
            Event::Glare { delay } => self.glare(offer, delay, now),
            Event::Failure => self.failure(offer, now),
            Event::ReInvite => self.offered(offer, true, now),
            Event::Update => self.offered(offer, false, now),
            Event::Accept => self.accept(offer, now),
            Event::Refuse => self.refuse(offer, Action::RefuseAsSaid),
            Event::Timer(Timer::Undecided) => self.refuse(offer, Action::RefusePending(488)),
            Event::Cancel => self.cancel(offer),
            Event::Timer(Timer::Repeat) => self.repeat(offer, now),
            Event::Ack => self.acknowledged(offer),
            Event::Timer(Timer::NoAck) => self.bye(vec![], Some(Action::Ended(Ended::NoAck))),
            Event::Session(session) => self.session(session, now),
            Event::Timer(Timer::Refresh) => self.refresh(offer, now),
            Event::Close => self.bye(refuse_pending(offer), None),
            Event::Gone => self.bye(refuse_pending(offer), Some(Action::Ended(Ended::Lost))),
            Event::Timer(Timer::Expiry) => {
                self.bye(refuse_pending(offer), Some(Action::Ended(Ended::Expired)))
            }
            Event::Bye => {
                self.end();
                let mut actions = refuse_pending(offer);
                actions.push(Action::Ended(Ended::Bye));
                actions
            }
            Event::ByeDone => vec![],
        }
    }

    /// One offer at a time (RFC 3264 4): beside another the user hears what a far end would say.
    fn modify(&mut self, offer: Offer) -> Actions {
        match offer {
            Offer::Idle => self.stay(
                Offer::Ours {
                    purpose: Purpose::User,
                },
                vec![Action::Offer],
            ),
            Offer::Ours { .. } | Offer::Glare | Offer::Theirs { .. } | Offer::AwaitingAck { .. } => {
                vec![Action::NotModified(Some(491))]
            }
        }
    }

    fn modify_again(&mut self, offer: Offer) -> Actions {
        match offer {
            Offer::Glare => self.stay(
                Offer::Ours {
                    purpose: Purpose::User,
                },
                vec![Action::Offer],
            ),
            Offer::Idle | Offer::Ours { .. } | Offer::Theirs { .. } | Offer::AwaitingAck { .. } => vec![],
        }
    }

    fn refresh(&mut self, offer: Offer, now: Instant) -> Actions {
        match offer {
            Offer::Idle => self.stay(
                Offer::Ours {
                    purpose: Purpose::Refresh,
                },
                vec![Action::Refresh],
            ),
            Offer::Ours { .. } | Offer::Glare | Offer::Theirs { .. } | Offer::AwaitingAck { .. } => {
                self.timers.set(Timer::Refresh, now + REFRESH_AGAIN);
                vec![]
            }
        }
    }

    fn success(&mut self, offer: Offer, repeated: bool) -> Actions {
        match offer {
            Offer::Ours { purpose } if !repeated => match purpose {
                Purpose::User => self.stay(Offer::Idle, vec![Action::Ack, Action::Modified]),
                Purpose::Refresh => self.stay(Offer::Idle, vec![Action::Ack, Action::Refreshed]),
            },
            Offer::Idle
            | Offer::Ours { .. }
            | Offer::Glare
            | Offer::Theirs { .. }
            | Offer::AwaitingAck { .. } => vec![Action::Ack],
        }
    }

    fn glare(&mut self, offer: Offer, delay: Duration, now: Instant) -> Actions {
        match offer {
            Offer::Ours {
                purpose: Purpose::User,
            } => {
                self.timers.set(Timer::Glare, now + delay);
                self.stay(Offer::Glare, vec![])
            }
            Offer::Ours {
                purpose: Purpose::Refresh,
            } => {
                self.timers.set(Timer::Refresh, now + delay);
                self.stay(Offer::Idle, vec![])
            }
            Offer::Idle | Offer::Glare | Offer::Theirs { .. } | Offer::AwaitingAck { .. } => vec![],
        }
    }

    fn failure(&mut self, offer: Offer, now: Instant) -> Actions {
        match offer {
            Offer::Ours {
                purpose: Purpose::User,
            } => self.stay(Offer::Idle, vec![Action::NotModified(None)]),
            Offer::Ours {
                purpose: Purpose::Refresh,
            } => {
                self.timers.set(Timer::Refresh, now + REFRESH_AGAIN);
                self.stay(Offer::Idle, vec![])
            }
            Offer::Idle | Offer::Glare | Offer::Theirs { .. } | Offer::AwaitingAck { .. } => vec![],
        }
    }

    /// The far end offers (RFC 3261 14.2, RFC 3311 5.2).
    fn offered(&mut self, offer: Offer, by_invite: bool, now: Instant) -> Actions {
        let mut actions = match offer {
            Offer::Idle => vec![],
            // Theirs came first after all; ours is not tried again over it.
            Offer::Glare => vec![Action::NotModified(Some(491))],
            Offer::Ours { .. } | Offer::AwaitingAck { .. } => return vec![Action::RefuseThis(491)],
            Offer::Theirs { .. } => return vec![Action::RefuseThis(500)],
        };
        self.timers.stop(Timer::Glare);
        self.timers.set(Timer::Undecided, now + UNDECIDED);
        actions.push(Action::Modify);
        self.stay(Offer::Theirs { by_invite }, actions)
    }

    fn accept(&mut self, offer: Offer, now: Instant) -> Actions {
        let Offer::Theirs { by_invite } = offer else {
            return vec![];
        };
        self.timers.stop(Timer::Undecided);
        if !by_invite {
            return self.stay(Offer::Idle, vec![Action::Answer]);
        }
        self.timers.set(Timer::Repeat, now + T1);
        self.timers.set(Timer::NoAck, now + GIVE_UP);
        self.stay(Offer::AwaitingAck { interval: T1 }, vec![Action::Answer])
    }

    fn refuse(&mut self, offer: Offer, refusal: Action) -> Actions {
        let Offer::Theirs { .. } = offer else {
            return vec![];
        };
        self.timers.stop(Timer::Undecided);
        self.stay(Offer::Idle, vec![refusal])
    }

    fn cancel(&mut self, offer: Offer) -> Actions {
        match offer {
            Offer::Theirs { by_invite: true } => self.refuse(offer, Action::RefusePending(487)),
            Offer::Idle
            | Offer::Ours { .. }
            | Offer::Glare
            | Offer::Theirs { by_invite: false }
            | Offer::AwaitingAck { .. } => vec![],
        }
    }

    fn repeat(&mut self, offer: Offer, now: Instant) -> Actions {
        let Offer::AwaitingAck { interval } = offer else {
            return vec![];
        };
        let interval = (interval * 2).min(T2);
        self.timers.set(Timer::Repeat, now + interval);
        self.stay(Offer::AwaitingAck { interval }, vec![Action::RepeatAnswer])
    }

    fn acknowledged(&mut self, offer: Offer) -> Actions {
        let Offer::AwaitingAck { .. } = offer else {
            return vec![];
        };
        self.timers.stop(Timer::Repeat);
        self.timers.stop(Timer::NoAck);
        self.stay(Offer::Idle, vec![Action::Acknowledged])
    }

    fn session(&mut self, session: Option<(Duration, Refresher)>, now: Instant) -> Actions {
        self.timers.stop(Timer::Refresh);
        self.timers.stop(Timer::Expiry);
        let Some((interval, refresher)) = session else {
            return vec![];
        };
        // The end is signalled min(32 s, a third) early (RFC 4028 10).
        let early = GIVE_UP.min(interval / 3);
        self.timers
            .set(Timer::Expiry, now + interval.saturating_sub(early));
        if refresher == Refresher::Us {
            self.timers.set(Timer::Refresh, now + interval / 2);
        }
        vec![]
    }

    fn closing(&mut self, event: Event) -> Actions {
        match event {
            // A 2xx to a re-INVITE that our BYE has crossed.
            Event::Success { .. } => vec![Action::Ack],
            Event::ByeDone | Event::Bye | Event::Gone => {
                self.end();
                vec![Action::Ended(Ended::Closed)]
            }
            Event::ReInvite | Event::Update => vec![Action::RefuseThis(481)],
            Event::Modify => vec![Action::NotModified(Some(481))],
            Event::Accept
            | Event::Refuse
            | Event::Close
            | Event::Cancel
            | Event::Ack
            | Event::Glare { .. }
            | Event::Failure
            | Event::Session(_)
            | Event::Timer(_) => vec![],
        }
    }

    /// Sends BYE. With `told` the leg is over for the user at once, else when the BYE is answered.
    fn bye(&mut self, mut actions: Actions, told: Option<Action>) -> Actions {
        self.timers.clear();
        self.state = if told.is_some() {
            State::Over
        } else {
            State::Closing
        };
        actions.push(Action::Bye);
        actions.extend(told);
        actions
    }

    fn stay(&mut self, offer: Offer, actions: Actions) -> Actions {
        self.state = State::Up(offer);
        actions
    }

    fn end(&mut self) {
        self.timers.clear();
        self.state = State::Over;
    }
}

/// A request of theirs that waits is answered before the dialog ends (RFC 3261 15.1.2).
fn refuse_pending(offer: Offer) -> Actions {
    match offer {
        Offer::Theirs { .. } => vec![Action::RefusePending(487)],
        Offer::Idle | Offer::Ours { .. } | Offer::Glare | Offer::AwaitingAck { .. } => vec![],
    }
}

fn over(event: Event) -> Actions {
    match event {
        Event::Success { .. } => vec![Action::Ack],
        Event::ReInvite | Event::Update => vec![Action::RefuseThis(481)],
        Event::Modify
        | Event::Accept
        | Event::Refuse
        | Event::Close
        | Event::Cancel
        | Event::Ack
        | Event::Bye
        | Event::Glare { .. }
        | Event::Failure
        | Event::Gone
        | Event::ByeDone
        | Event::Session(_)
        | Event::Timer(_) => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::transcript::{Machine, check, exhaust, words};

    const WORDS: &[&str] = &[
        "modify",
        "accept",
        "refuse",
        "close",
        "< re-INVITE",
        "< UPDATE",
        "< CANCEL",
        "< ACK",
        "< BYE",
        "< 200",
        "< 491",
        "< 488",
        "gone",
        "bye done",
        "session 90 s, us",
    ];

    impl Machine for Established {
        fn start(_: &str, _: Instant) -> (Established, Vec<String>) {
            (Established::new(), vec![])
        }
        fn say(&mut self, word: &str, now: Instant) -> Option<Vec<String>> {
            let event = match word {
                "modify" => Event::Modify,
                "accept" => Event::Accept,
                "refuse" => Event::Refuse,
                "close" => Event::Close,
                "< re-INVITE" => Event::ReInvite,
                "< UPDATE" => Event::Update,
                "< CANCEL" => Event::Cancel,
                "< ACK" => Event::Ack,
                "< BYE" => Event::Bye,
                "< 200" => Event::Success { repeated: false },
                "< 200 again" => Event::Success { repeated: true },
                "< 491" => Event::Glare {
                    delay: Duration::from_secs(3),
                },
                "< 488" => Event::Failure,
                "gone" => Event::Gone,
                "bye done" => Event::ByeDone,
                "session 90 s, us" => Event::Session(Some((Duration::from_secs(90), Refresher::Us))),
                "session 90 s, them" => Event::Session(Some((Duration::from_secs(90), Refresher::Them))),
                _ => return None,
            };
            Some(words(self.on(event, now)))
        }
        fn deadline(&self) -> Option<Instant> {
            self.timers.next()
        }
        fn fire(&mut self, now: Instant) -> Option<(String, Vec<String>)> {
            let timer = self.timers.take_due(now)?;
            Some((
                format!("timer {timer:?}"),
                words(self.on(Event::Timer(timer), now)),
            ))
        }
    }

    #[test]
    fn a_call_ends_by_either_bye() {
        check::<Established>("", "close => Bye\nbye done => Ended(Closed)\n< BYE =>");
        check::<Established>("", "< BYE => Ended(Bye)\nclose =>");
        check::<Established>("", "close => Bye\n< BYE => Ended(Closed)\nbye done =>");
    }

    #[test]
    fn offers_go_one_at_a_time() {
        check::<Established>(
            "",
            "< re-INVITE => Modify
             < UPDATE => RefuseThis(500)
             modify => NotModified(Some(491))
             accept => Answer
             +500ms => timer Repeat; RepeatAnswer
             < re-INVITE => RefuseThis(491)
             < ACK => Acknowledged
             < UPDATE => Modify
             refuse => RefuseAsSaid",
        );
    }

    #[test]
    fn glare_is_tried_again_after_its_delay() {
        check::<Established>(
            "",
            "modify => Offer
             < re-INVITE => RefuseThis(491)
             < 491 =>
             +3s => timer Glare; Offer
             < 200 => Ack; Modified
             < 200 again => Ack",
        );
        check::<Established>(
            "",
            "modify => Offer
             < 491 =>
             < re-INVITE => NotModified(Some(491)); Modify
             +3s =>",
        );
    }

    #[test]
    fn a_bye_that_crosses_a_re_invite_ends_both() {
        check::<Established>(
            "",
            "< re-INVITE => Modify\n< BYE => RefusePending(487); Ended(Bye)\naccept =>",
        );
        check::<Established>(
            "",
            "< re-INVITE => Modify\nclose => RefusePending(487); Bye\nbye done => Ended(Closed)",
        );
        check::<Established>(
            "",
            "modify => Offer\nclose => Bye\n< 200 => Ack\nbye done => Ended(Closed)\n< 200 again => Ack",
        );
    }

    #[test]
    fn the_session_timer_is_refreshed_or_ends_the_call() {
        check::<Established>(
            "",
            "session 90 s, us =>
             +45s => timer Refresh; Refresh
             < 200 => Ack; Refreshed
             session 90 s, us =>
             +45s => timer Refresh; Refresh
             gone => Bye; Ended(Lost)
             bye done =>",
        );
        check::<Established>(
            "",
            "session 90 s, them =>\n+59s =>\n+1s => timer Expiry; Bye; Ended(Expired)",
        );
    }

    #[test]
    fn a_re_invite_answered_and_never_acknowledged_is_a_lost_call() {
        let repeated = "timer Repeat; RepeatAnswer; ".repeat(10);
        check::<Established>(
            "",
            &format!(
                "< re-INVITE => Modify\naccept => Answer\n+32s => {repeated}timer NoAck; Bye; Ended(NoAck)"
            ),
        );
    }

    #[test]
    fn any_order_of_events_answers_each_offer_once_and_ends_once() {
        exhaust::<Established>(&[""], WORDS, 4, |said| {
            let count = |what: &str| said.iter().filter(|s| s.starts_with(what)).count();
            let transcript = said.join("\n");
            assert!(count("Ended") <= 1, "two ends:\n{transcript}");
            assert!(count("Bye") <= 1, "two BYEs:\n{transcript}");
            let answers = count("Answer") + count("RefuseAsSaid") + count("RefusePending");
            assert_eq!(
                answers,
                said.iter().filter(|s| *s == "Modify").count(),
                "each offer answered:\n{transcript}"
            );
            let ours = said.iter().filter(|s| *s == "[modify]").count();
            assert!(
                count("Modified") + count("NotModified") <= ours,
                "an answer too many:\n{transcript}"
            );
            let over = said.iter().position(|s| s.starts_with("Ended"));
            let late = over.map_or(&[][..], |at| &said[at..]).iter();
            assert!(
                late.clone()
                    .all(|s| s != "Modify" && s != "Offer" && s != "Refresh"),
                "life after the end:\n{transcript}"
            );
        });
    }
}
