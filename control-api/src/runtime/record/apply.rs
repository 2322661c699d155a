//! Writing rows of sessions and calls, in order; steps that a later one in the same batch makes worthless are left out.

use trunkline_gateway::flow::SessionStatus;

use super::is_passing;
use super::translate::Write;
use crate::store::events::{self, Event};
use crate::store::{self, Db, calls, sessions};

/// A session that the gateway had no room for is tried again after so long.
const NOT_STARTED_WAIT_MS: i64 = 2_000;

/// Writes until the database does not take one; answers that one and all after it. One that can never be written is logged and passed over.
pub(super) async fn rows(db: &Db, writes: Vec<Write>) -> Vec<Write> {
    let mut left = needed(writes).into_iter();
    while let Some(write) = left.next() {
        match apply(db, &write).await {
            Ok(()) => {}
            Err(error) if is_passing(&error) => {
                tracing::debug!(%error, "a row waits");
                return std::iter::once(write).chain(left).collect();
            }
            Err(error) => tracing::error!(%error, ?write, "a row cannot be written"),
        }
    }
    Vec::new()
}

async fn apply(db: &Db, write: &Write) -> store::Result<()> {
    match write {
        Write::Step {
            session,
            status,
            step,
            at,
        } => sessions::set_step(db, session, *status, step, *at).await,
        Write::SessionEnded {
            session,
            status,
            step,
            at,
            told,
        } => {
            let ended = sessions::end(db, session, *status, step, *at, Some(told)).await?;
            tell_of_unknown(db, ended, told).await
        }
        Write::NotStarted { session, at, told } => not_started(db, session, *at, told).await,
        Write::CallStarted(call) => calls::start(db, call).await,
        Write::CallStatus { call, status } => calls::set_status(db, call, *status).await,
        Write::CallEnded {
            call,
            status,
            outcome,
            duration_ms,
            at,
            told,
        } => {
            let ended = calls::end(db, call, *status, *outcome, *duration_ms, *at, Some(told)).await?;
            tell_of_unknown(db, ended, told).await
        }
        // These go in one statement each, after the rows.
        Write::Keyed(_) | Write::Trace(_) | Write::Cdr(_) | Write::Told(_) => Ok(()),
    }
}

/// What no row was ended for is told all the same: the row was never written, or this is tried again.
async fn tell_of_unknown(db: &Db, ended: bool, told: &Event) -> store::Result<()> {
    if ended {
        return Ok(());
    }
    events::append(db, std::slice::from_ref(told)).await
}

/// Nobody was called: back to its place in the queue. An inbound caller is gone, and so is the session.
async fn not_started(db: &Db, session: &str, at: i64, told: &Event) -> store::Result<()> {
    match sessions::undial(db, session, at + NOT_STARTED_WAIT_MS).await {
        Err(store::StoreError::NotFound) => sessions::end(
            db,
            session,
            SessionStatus::Canceled,
            "not started",
            at,
            Some(told),
        )
        .await
        .map(drop),
        other => other,
    }
}

/// Leaves out what nobody would ever see: a step that is followed by another of the same session with the same
/// status, or by its end, unless it is
/// the first with its status (which dates the answer); a call's status that is followed by its end.
fn needed(writes: Vec<Write>) -> Vec<Write> {
    let keep: Vec<bool> = (0..writes.len()).map(|at| is_needed(&writes, at)).collect();
    writes
        .into_iter()
        .zip(keep)
        .filter_map(|(write, keep)| keep.then_some(write))
        .collect()
}

fn is_needed(writes: &[Write], at: usize) -> bool {
    let (before, after) = (&writes[..at], &writes[at + 1..]);
    match &writes[at] {
        Write::Step { session, status, .. } => {
            let later = after
                .iter()
                .any(|w| step_of(w).is_some_and(|(s, _)| s == session));
            let first = !before
                .iter()
                .any(|w| step_of(w) == Some((session, Some(*status))));
            !later || (first && *status == SessionStatus::InProgress)
        }
        Write::CallStatus { call, .. } => !after.iter().any(|w| call_of(w) == Some(call)),
        Write::SessionEnded { .. }
        | Write::NotStarted { .. }
        | Write::CallStarted(_)
        | Write::CallEnded { .. }
        | Write::Keyed(_)
        | Write::Trace(_)
        | Write::Cdr(_)
        | Write::Told(_) => true,
    }
}

/// A session's step or end.
fn step_of(write: &Write) -> Option<(&String, Option<SessionStatus>)> {
    match write {
        Write::Step { session, status, .. } => Some((session, Some(*status))),
        Write::SessionEnded { session, .. } | Write::NotStarted { session, .. } => Some((session, None)),
        Write::CallStarted(_)
        | Write::CallStatus { .. }
        | Write::CallEnded { .. }
        | Write::Keyed(_)
        | Write::Trace(_)
        | Write::Cdr(_)
        | Write::Told(_) => None,
    }
}

/// A call's status or end.
fn call_of(write: &Write) -> Option<&String> {
    match write {
        Write::CallStatus { call, .. } | Write::CallEnded { call, .. } => Some(call),
        Write::Step { .. }
        | Write::SessionEnded { .. }
        | Write::NotStarted { .. }
        | Write::Keyed(_)
        | Write::CallStarted(_)
        | Write::Trace(_)
        | Write::Cdr(_)
        | Write::Told(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use trunkline_gateway::flow::CallStatus;

    use super::*;

    /// `s1 ringing`, `s1 in-progress`, `s1 end`, `c1 ringing`, `c1 end`.
    fn write((at, word): (usize, &str)) -> Write {
        let (who, what) = word.split_once(' ').expect("two words");
        let at = i64::try_from(at).expect("small");
        let status = || crate::store::from_word(what).expect("a status");
        match (who.starts_with('s'), what) {
            (true, "end") => Write::SessionEnded {
                session: who.into(),
                status: CallStatus::Completed,
                step: String::new(),
                at,
                told: events::session_ended(String::new(), at, who, "completed", ""),
            },
            (true, _) => Write::Step {
                session: who.into(),
                status: status(),
                step: at.to_string(),
                at,
            },
            (false, "end") => Write::CallEnded {
                call: who.into(),
                status: CallStatus::Completed,
                outcome: trunkline_gateway::flow::Outcome::Talked,
                duration_ms: 0,
                at,
                told: events::session_ended(String::new(), at, who, "completed", ""),
            },
            (false, _) => Write::CallStatus {
                call: who.into(),
                status: status(),
            },
        }
    }

    fn check(words: &[&str], expect: &[&str]) {
        let writes: Vec<Write> = words.iter().copied().enumerate().map(write).collect();
        let expected: Vec<Write> = words
            .iter()
            .copied()
            .enumerate()
            .filter(|(at, _)| expect.contains(&at.to_string().as_str()))
            .map(write)
            .collect();
        assert_eq!(needed(writes), expected, "{words:?}");
    }

    #[test]
    fn only_steps_that_are_seen_are_written() {
        check(
            &[
                "s1 ringing",
                "s2 ringing",
                "s1 in-progress",
                "s1 in-progress",
                "s1 in-progress",
            ],
            &["1", "2", "4"],
        );
        check(&["s1 ringing", "s1 in-progress", "s1 end"], &["1", "2"]);
        check(&["s1 in-progress"], &["0"]);
        check(
            &["c1 ringing", "c2 ringing", "c1 in-progress", "c1 end"],
            &["1", "3"],
        );
    }
}
