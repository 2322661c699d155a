//! Transcripts: a file of what happens (`> caller answers`) and what the gateway then says and does, one line each.
//! `UPDATE_TRANSCRIPTS=1` writes what is said now into the files, for a human to read.

use std::path::PathBuf;

use trunkline_gateway::cdr::Side;
use trunkline_gateway::event::{CallerIdReason, EventKind, LegState};
use trunkline_gateway::leg::trace::{Line, Way};

use crate::rig::{PERFECT, Rig, trunk_id};
use crate::words::say;

/// Runs the transcript of this name and compares.
pub(crate) fn check(name: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/sessions/transcripts")
        .join(name)
        .with_extension("txt");
    let expect = std::fs::read_to_string(&path).expect("the transcript's file");
    let mut rig = Rig::new(7, PERFECT);
    let mut actual = String::new();
    for line in expect.lines() {
        if line.starts_with('#') || line.is_empty() {
            actual.push_str(line);
            actual.push('\n');
        } else if let Some(words) = line.strip_prefix("> ") {
            assert!(
                say(&mut rig, words),
                "{name}: cannot happen now: {words}\n{actual}"
            );
            actual.push_str(line);
            actual.push('\n');
            for said in rig.said() {
                actual.push_str(&format!("    {said}\n"));
            }
        }
    }
    if std::env::var_os("UPDATE_TRANSCRIPTS").is_some() {
        std::fs::write(&path, &actual).expect("the transcript's file");
    } else {
        assert!(expect == actual, "{name} is now:\n{actual}");
    }
    rig.finish();
}

/// An event in words; `None` for those that say what others say better.
pub(crate) fn event(kind: &EventKind) -> Option<String> {
    Some(match kind {
        EventKind::Incoming {
            to, from, vouched, ..
        } => {
            let from = from.as_ref().map_or("nobody", |f| f.as_str());
            let vouched = if *vouched { ", vouched for" } else { "" };
            format!("incoming from {from} to {}{vouched}", to.as_str())
        }
        EventKind::SessionStep { .. }
        | EventKind::Playing { .. }
        | EventKind::Digit { .. }
        | EventKind::Trace(_) => return None,
        EventKind::SessionEnded { status, step, .. } => format!("session ended {status:?} at {step}"),
        EventKind::CallStarted {
            index,
            caller_id_reason,
            ..
        } => {
            let shows = match caller_id_reason {
                CallerIdReason::CallerProved => "the caller's number",
                CallerIdReason::Campaign => "the campaign's number",
                CallerIdReason::TrunkPolicy => "the trunk's choice",
                CallerIdReason::Withheld => "no number",
            };
            format!("call {index} started, shows {shows}")
        }
        EventKind::CallEnded {
            index,
            status,
            outcome,
            duration_ms,
            ..
        } => {
            format!("call {index} ended {status:?}, {outcome:?}, {duration_ms} ms")
        }
        EventKind::TargetSkipped { index, .. } => format!("target {index} skipped"),
        EventKind::Leg { side, state, .. } => return leg(*side, state),
        EventKind::Locate { location, .. } => format!("locate {location}"),
        EventKind::Subscribe { on, .. } => format!("subscribe {on}"),
        EventKind::Cdr(cdr) => {
            let trunk = if cdr.trunk == trunk_id(0) { "alpha" } else { "beta" };
            format!(
                "cdr {:?} {trunk} {} q850 {} by {:?}: {}; {} ms, {} billable, pdd {}{}{}{}",
                cdr.side,
                cdr.sip_status.map_or("-".into(), |s| s.to_string()),
                cdr.q850_cause.unwrap_or_default(),
                cdr.ended_by,
                cdr.cause,
                cdr.duration_ms,
                cdr.billable_ms,
                cdr.pdd_ms.map_or("-".into(), |p| p.to_string()),
                if cdr.digits.is_empty() { "" } else { ", keys " },
                cdr.digits,
                if cdr.one_way { ", one way" } else { "" },
            )
        }
        EventKind::Trunk { trunk, health } => {
            let trunk = if *trunk == trunk_id(0) { "alpha" } else { "beta" };
            format!("trunk {trunk} {health:?}")
        }
        EventKind::Drained => "drained".into(),
    })
}

/// A message of a trace.
pub(crate) fn message(line: &Line) -> String {
    let way = match line.way {
        Way::Sent => ">",
        Way::Received => "<",
    };
    let status = line
        .status
        .map_or(String::new(), |status| format!("{status} {} to ", line.reason));
    let sdp = line.sdp.as_ref().map_or(String::new(), |sdp| format!(" [{sdp}]"));
    let again = if line.repeats > 0 {
        format!(", {} times more", line.repeats)
    } else {
        String::new()
    };
    format!("{:>6} {way} {status}{}{sdp}{again}", line.at_ms, line.method)
}

fn leg(side: Side, state: &LegState) -> Option<String> {
    Some(match state {
        LegState::Dialling { .. } | LegState::Ended { .. } => return None,
        LegState::Ringing { status, early_media } => {
            let media = if *early_media { " with media" } else { "" };
            format!("leg {side:?} ringing {status}{media}")
        }
        LegState::Answered => format!("leg {side:?} answered"),
        LegState::Offered { hold, refused } => {
            let what = if *hold { "held" } else { "resumed" };
            let refused = refused.map_or(String::new(), |status| format!(", refused {status}"));
            format!("leg {side:?} {what}{refused}")
        }
    })
}
