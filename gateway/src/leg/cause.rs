//! Why a leg ended: SIP statuses and Q.850 causes, whose doing it was, and what a flow makes of it.

use trunkline_media::stats::StreamStats;

use crate::cdr::{EndedBy, Side};
use crate::flow::LegOutcome;
use crate::sip::api::{EndReason, Failure};
use crate::trunk::overload::is_pacing_text;

/// Q.850 16: normal call clearing.
pub const NORMAL_CLEARING: u16 = 16;
/// Q.850 41: temporary failure.
const TEMPORARY_FAILURE: u16 = 41;

/// How one leg ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// What the flow hears.
    pub outcome: LegOutcome,
    /// Whose doing it was.
    pub ended_by: EndedBy,
    /// Final SIP status.
    pub sip_status: Option<u16>,
    /// Q.850 cause.
    pub q850_cause: Option<u16>,
    /// In a word, or the reason phrase that came with the status.
    pub cause: String,
}

/// Why we ended a leg ourselves, before it is known how the far end took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OurReason {
    /// The flow, the API or a drain asked for it.
    Wanted,
    /// The caller has left: nobody is there for the target any more.
    CallerLeft,
    /// It rang for as long as it may.
    RungOut,
    /// Its trunk took the call, and no telephone rang for so long that another trunk is tried.
    SlowToRing,
    /// Nothing was ever heard of its media, while ours went there.
    OneWay,
    /// Nothing was heard of its media any more.
    MediaTimeout,
    /// It was up for as long as a session may last.
    TooLong,
    /// Its ports could not be bound.
    NoPort,
    /// Offer and answer have nothing in common.
    NoCodec,
}

impl OurReason {
    /// The ending that goes with it.
    pub fn ending(self, answered: bool) -> Ending {
        let (outcome, ended_by, cause) = match self {
            OurReason::Wanted if answered => (LegOutcome::Dropped, EndedBy::Us, "normal clearing"),
            OurReason::Wanted => (LegOutcome::Canceled, EndedBy::Us, "canceled"),
            OurReason::CallerLeft if answered => (LegOutcome::Dropped, EndedBy::Caller, "caller left"),
            OurReason::CallerLeft => (LegOutcome::Canceled, EndedBy::Caller, "caller left"),
            OurReason::SlowToRing => (LegOutcome::Unreachable, EndedBy::Trunk, "slow to ring"),
            OurReason::RungOut => (LegOutcome::NoAnswer, EndedBy::Timeout, "no answer"),
            OurReason::OneWay => (LegOutcome::Unreachable, EndedBy::Trunk, "one-way audio"),
            OurReason::MediaTimeout => (LegOutcome::Lost, EndedBy::Timeout, "media timeout"),
            OurReason::TooLong => (LegOutcome::Dropped, EndedBy::Us, "maximum duration"),
            OurReason::NoPort => (LegOutcome::Unreachable, EndedBy::Us, "no media port"),
            OurReason::NoCodec => (LegOutcome::Unreachable, EndedBy::Trunk, "no common codec"),
        };
        let q850 = match self {
            OurReason::Wanted | OurReason::CallerLeft | OurReason::TooLong => NORMAL_CLEARING,
            // Recovery on timer expiry.
            OurReason::SlowToRing => 102,
            OurReason::RungOut => 19,
            // Temporary failure.
            OurReason::MediaTimeout | OurReason::OneWay => 41,
            OurReason::NoPort => 34,
            OurReason::NoCodec => 65,
        };
        Ending {
            outcome,
            ended_by,
            sip_status: None,
            q850_cause: Some(q850),
            cause: cause.to_owned(),
        }
    }
}

/// The cause as the CDR has it: a far end whose every packet was refused has other keys than we think, and somebody must be told.
pub fn told(cause: &str, stats: &StreamStats) -> String {
    if stats.rx_packets == 0 && stats.unauthentic_packets > 0 {
        format!("{cause}, SRTP not authentic")
    } else {
        cause.to_owned()
    }
}

/// The ending that a failed INVITE of ours is.
pub fn of_failure(failure: &Failure, side: Side, rang: bool) -> Ending {
    let plain = |outcome, ended_by, q850_cause, cause: &str| Ending {
        outcome,
        ended_by,
        sip_status: None,
        q850_cause: Some(q850_cause),
        cause: cause.to_owned(),
    };
    match failure {
        Failure::Status {
            status,
            reason,
            q850_cause,
            retry_after: _,
        } if is_pacing_text(reason) => Ending {
            outcome: LegOutcome::Unreachable,
            ended_by: EndedBy::Trunk,
            sip_status: Some(*status),
            // Temporary failure: nobody was reached, whatever the status.
            q850_cause: q850_cause.or(Some(TEMPORARY_FAILURE)),
            cause: reason.clone(),
        },
        Failure::Status {
            status,
            reason,
            q850_cause,
            retry_after: _,
        } => Ending {
            outcome: outcome_of(*status),
            ended_by: owner_of(*status, side),
            sip_status: Some(*status),
            q850_cause: q850_cause.or(Some(q850_of(*status))),
            cause: reason.clone(),
        },
        Failure::NoTrying => plain(LegOutcome::Unreachable, EndedBy::Trunk, 102, "trunk silent"),
        Failure::Transport => plain(LegOutcome::Unreachable, EndedBy::Trunk, 38, "transport failed"),
        Failure::Timeout if rang => plain(LegOutcome::NoAnswer, EndedBy::Timeout, 19, "no answer"),
        Failure::Timeout => plain(
            LegOutcome::Unreachable,
            EndedBy::Timeout,
            102,
            "no final response",
        ),
        Failure::Canceled => OurReason::Wanted.ending(false),
    }
}

/// The ending that the end of a dialog is.
pub fn of_end(reason: &EndReason, side: Side, answered: bool) -> Ending {
    let far_end = match side {
        Side::Caller => EndedBy::Caller,
        Side::Target => EndedBy::Target,
    };
    let (outcome, ended_by, q850_cause, cause) = match reason {
        EndReason::Bye { q850_cause } => (
            LegOutcome::HungUp,
            far_end,
            q850_cause.unwrap_or(NORMAL_CLEARING),
            "normal clearing",
        ),
        EndReason::Canceled => (LegOutcome::Canceled, far_end, NORMAL_CLEARING, "canceled"),
        EndReason::Closed => return OurReason::Wanted.ending(answered),
        EndReason::NoAck => (LegOutcome::Lost, EndedBy::Timeout, 102, "no ACK"),
        EndReason::NoPrack => (LegOutcome::Lost, EndedBy::Timeout, 102, "no PRACK"),
        EndReason::Expired => (LegOutcome::Lost, EndedBy::Timeout, 102, "session timer expired"),
        EndReason::Lost => (LegOutcome::Lost, EndedBy::Timeout, 41, "dialog lost"),
    };
    Ending {
        outcome,
        ended_by,
        sip_status: answered.then_some(200),
        q850_cause: Some(q850_cause),
        cause: cause.to_owned(),
    }
}

/// What a flow makes of a final status (RFC 3261 section 21; 607 RFC 8197, 608 RFC 8688).
fn outcome_of(status: u16) -> LegOutcome {
    match status {
        486 | 600 => LegOutcome::Busy,
        408 | 480 | 487 => LegOutcome::NoAnswer,
        403 | 603 | 607 | 608 => LegOutcome::Rejected,
        _ => LegOutcome::Unreachable,
    }
}

/// Words of the person belong to the person, all others to the trunk.
fn owner_of(status: u16, side: Side) -> EndedBy {
    match (status, side) {
        (480 | 486 | 600 | 603 | 607 | 608, Side::Caller) => EndedBy::Caller,
        (480 | 486 | 600 | 603 | 607 | 608, Side::Target) => EndedBy::Target,
        (408 | 487, _) => EndedBy::Timeout,
        _ => EndedBy::Trunk,
    }
}

/// The Q.850 cause of a SIP status without a Reason header (RFC 3398 section 8.2.6.1).
pub fn q850_of(status: u16) -> u16 {
    match status {
        200..=299 => NORMAL_CLEARING,
        401 | 402 | 403 | 407 | 603 | 607 | 608 => 21,
        404 | 485 | 604 => 1,
        405 => 63,
        406 | 415 | 501 => 79,
        408 | 504 => 102,
        410 => 22,
        413 | 414 | 416 | 420 | 421 | 423 | 505 | 513 => 127,
        480 => 18,
        482 | 483 => 25,
        484 => 28,
        486 | 600 => 17,
        488 | 606 => 65,
        502 => 38,
        _ => 41,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, expect: &str) {
        let failure = Failure::Status {
            status,
            reason: "Word".into(),
            q850_cause: None,
            retry_after: None,
        };
        let e = of_failure(&failure, Side::Target, true);
        let got = format!(
            "{:?} by {:?} q850 {}",
            e.outcome,
            e.ended_by,
            e.q850_cause.unwrap_or(0)
        );
        assert_eq!(got, expect, "{status}");
        assert_eq!((e.sip_status, e.cause.as_str()), (Some(status), "Word"));
    }

    #[test]
    fn a_status_has_an_outcome_an_owner_and_a_cause() {
        check(486, "Busy by Target q850 17");
        check(600, "Busy by Target q850 17");
        check(603, "Rejected by Target q850 21");
        check(608, "Rejected by Target q850 21");
        check(480, "NoAnswer by Target q850 18");
        check(408, "NoAnswer by Timeout q850 102");
        check(403, "Rejected by Trunk q850 21");
        check(404, "Unreachable by Trunk q850 1");
        check(503, "Unreachable by Trunk q850 41");
        check(488, "Unreachable by Trunk q850 65");
    }

    #[test]
    fn a_word_on_the_pace_is_the_trunks_whatever_the_status() {
        let failure = Failure::Status {
            status: 603,
            reason: "CPS limit exceeded".into(),
            q850_cause: None,
            retry_after: None,
        };
        let e = of_failure(&failure, Side::Target, false);
        assert_eq!((e.outcome, e.ended_by), (LegOutcome::Unreachable, EndedBy::Trunk));
        assert_eq!((e.sip_status, e.q850_cause), (Some(603), Some(41)));
    }

    #[test]
    fn a_received_cause_wins_over_the_mapped_one() {
        let failure = Failure::Status {
            status: 480,
            reason: String::new(),
            q850_cause: Some(31),
            retry_after: None,
        };
        assert_eq!(of_failure(&failure, Side::Caller, false).q850_cause, Some(31));
    }

    #[test]
    fn a_bye_belongs_to_who_sent_it() {
        let bye = EndReason::Bye { q850_cause: None };
        assert_eq!(of_end(&bye, Side::Caller, true).ended_by, EndedBy::Caller);
        assert_eq!(of_end(&bye, Side::Target, true).ended_by, EndedBy::Target);
        assert_eq!(
            of_end(&EndReason::Closed, Side::Target, true).outcome,
            LegOutcome::Dropped
        );
        assert_eq!(
            of_end(&EndReason::Closed, Side::Target, false).outcome,
            LegOutcome::Canceled
        );
    }
}
