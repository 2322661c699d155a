//! The session timer (RFC 4028) in messages: what is asked for, what is agreed on, and who refreshes. When it fires is said by
//! `call::established`.
//!
//! ```text
//! INVITE, Session-Expires: 1800 ──►   ◄── 422, Min-SE: 3600       INVITE, Session-Expires: 3600, Min-SE: 3600 ──►
//! ◄── 200, Session-Expires: 3600;refresher=uac                    half of it later: UPDATE or re-INVITE ──►
//! ```

use std::time::{Duration, Instant};

use super::established::Hand;
use super::{Endpoint, read};
use crate::sip::call::Call;
use crate::sip::call::established::{self, Refresher};
use crate::sip::header::session_expires::Refresher as Role;
use crate::sip::header::{MinSe, Name, SessionExpires, Value};
use crate::sip::message::Message;

/// Shortest session interval that we take, in seconds (RFC 4028 5).
const MIN_SE: u32 = 90;
/// Longest; nobody means more than a day.
const MAX_SE: Duration = Duration::from_secs(86_400);

impl Endpoint {
    /// A session interval was agreed on, or there is none.
    pub(super) fn session_agreed(
        &mut self,
        now: Instant,
        call: &mut Call,
        session: Option<(Duration, Refresher)>,
    ) {
        call.session = session;
        self.established_event(now, call, established::Event::Session(session), Hand::default());
    }
}

/// What the far end's 2xx says of the session timer (RFC 4028 7.2). Without a refresher named it is us.
pub(super) fn negotiated_as_uac(response: &Message) -> Option<(Duration, Refresher)> {
    let SessionExpires { seconds, refresher } = response.get()?;
    let refresher = match refresher {
        Some(Role::Uac) | None => Refresher::Us,
        Some(Role::Uas) => Refresher::Them,
    };
    Some((interval(seconds), refresher))
}

/// What we answer to the session timer that a request wants (RFC 4028 9): they refresh when they can.
pub(super) fn session_wanted(request: &Message) -> Option<(Duration, Refresher)> {
    let SessionExpires { seconds, refresher } = request.get()?;
    let refresher = match refresher {
        Some(Role::Uac) => Refresher::Them,
        Some(Role::Uas) => Refresher::Us,
        None if request.has_token(&Name::Supported, "timer") => Refresher::Them,
        None => Refresher::Us,
    };
    Some((interval(seconds), refresher))
}

/// Longer than asked for is not allowed (RFC 4028 9), except where the shortest that we take is longer.
fn interval(seconds: u32) -> Duration {
    Duration::from_secs(seconds.max(MIN_SE).into()).min(MAX_SE)
}

/// The Min-SE of a 422, when a session timer that a request wants is too short and the sender can do better (RFC 4028 9).
pub(super) fn too_short(request: &Message) -> Option<MinSe> {
    let wanted: SessionExpires = request.get()?;
    let short = wanted.seconds < MIN_SE && request.has_token(&Name::Supported, "timer");
    short.then_some(MinSe(MIN_SE))
}

/// Session-Expires; `uac` is us in a request of ours, them in a response of ours.
fn put_session_expires(message: &mut Message, session: Option<(Duration, Refresher)>, ours: bool) {
    let Some((interval, refresher)) = session else {
        return;
    };
    let role = if (refresher == Refresher::Us) == ours {
        Role::Uac
    } else {
        Role::Uas
    };
    let expires = SessionExpires {
        seconds: seconds_of(interval),
        refresher: Some(role),
    };
    message.push(Name::SessionExpires, expires);
}

/// Session-Expires of an INVITE that makes a call: the far end chooses who refreshes (RFC 4028 7.1).
pub(super) fn put_session_asked(
    message: &mut Message,
    (asked, min_se): (Option<Duration>, Option<Duration>),
) {
    let Some(asked) = asked else { return };
    let expires = SessionExpires {
        seconds: seconds_of(asked),
        refresher: None,
    };
    message.push(Name::SessionExpires, expires);
    put_min_se(message, min_se);
}

/// Session-Expires of a refresh, or of a new offer. The Min-SE of a 422 goes with all that follow it (RFC 4028 7.4).
pub(super) fn put_session_refresh(message: &mut Message, call: &Call) {
    put_session_expires(message, call.session, true);
    put_min_se(message, call.min_se);
}

fn put_min_se(message: &mut Message, min_se: Option<Duration>) {
    if let Some(least) = min_se {
        message.push(Name::MinSe, Value::number(seconds_of(least)));
    }
}

fn seconds_of(interval: Duration) -> u32 {
    u32::try_from(interval.as_secs()).unwrap_or(u32::MAX)
}

/// The interval of a 422, when it is longer than what we asked for, and none that nobody means (RFC 4028 7.3).
pub(super) fn longer(response: Option<&Message>, asked: Duration) -> Option<Duration> {
    let refused = response.filter(|response| read::status(response) == 422)?;
    let MinSe(seconds) = refused.get()?;
    let least = Duration::from_secs(seconds.into());
    (asked < least && least <= MAX_SE).then_some(least)
}

/// What we have agreed to, in the 2xx to `request` (RFC 4028 9).
pub(super) fn put_session_agreed(
    response: &mut Message,
    request: &Message,
    session: Option<(Duration, Refresher)>,
) {
    response.push(Name::Supported, Value::from("timer"));
    put_session_expires(response, session, false);
    if session.is_some() && request.has_token(&Name::Supported, "timer") {
        response.push(Name::Require, Value::from("timer"));
    }
}
