//! Past sessions and calls, page by page, so that any number of them fits into memory; the statistics count them as they come.

use super::row::{self, line};
use super::{Import, ImportError};
use crate::store::callpower::{OldCall, OldSession};
use crate::store::calls::Call;
use crate::store::history;
use crate::store::sessions::{Direction, Session, SessionState};

const SESSIONS: &str = "sessions";
const CALLS: &str = "calls";
/// Rows read, and written in one transaction.
const PAGE: i64 = 5_000;
/// A session that is not over after so long will never be.
const UNDER_WAY_MS: i64 = 4 * 60 * 60 * 1_000;
/// Characters of a referral code.
const MAX_REF_CHARS: usize = 64;
/// Whom a call went to when CallPower does not say it.
const NOBODY: &str = "custom:callpower-unknown";

impl Import<'_> {
    pub(super) async fn bring_sessions(&mut self) -> Result<(), ImportError> {
        let (mut after, mut noted) = (0, false);
        loop {
            let page = self.source.sessions(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.id;
            self.report.found(SESSIONS, page.len());
            let rows: Vec<Session> = page.iter().filter_map(|old| self.session(old)).collect();
            if !noted {
                noted = true;
                self.report.changed(
                    SESSIONS,
                    "all of them",
                    "CallPower's hashes of telephones are not ours: history comes without callers",
                    "nothing: counts are complete, and nobody can be found in them",
                );
            }
            self.keep_sessions(&rows).await?;
        }
    }

    async fn keep_sessions(&mut self, rows: &[Session]) -> Result<u64, ImportError> {
        let all = u64::try_from(rows.len()).unwrap_or(0);
        let new = match self.writes() {
            true => history::add_sessions(self.db, rows).await?,
            false => all - history::sessions_there(self.db, rows).await?,
        };
        self.report.new_ones(SESSIONS, new);
        self.report.there(SESSIONS, all - new);
        Ok(new)
    }

    fn session(&mut self, old: &OldSession) -> Option<Session> {
        let which = format!("session {}", old.id);
        let Some(moved) = old.campaign.and_then(|id| self.campaigns.get(&id)) else {
            self.report.lost(
                SESSIONS,
                which,
                "it belongs to no campaign",
                "nothing: it is counted nowhere there",
            );
            return None;
        };
        let at = old.at.unwrap_or(old.id);
        if self.is_under_way(at, old.status.as_deref()) {
            self.report.lost(
                SESSIONS,
                which,
                "it is under way there",
                "run this again in four hours",
            );
            return None;
        }
        let id = self.id("session", old.id, at);
        let mut session = past(id, &moved.id, &moved.country, at);
        session.direction = match row::word(old.direction.as_deref()).as_str() {
            "inbound" => Direction::Inbound,
            _ => Direction::Outbound,
        };
        row::status(old.status.as_deref()).clone_into(&mut session.status);
        session.reference = line(old.reference.as_deref())
            .chars()
            .take(MAX_REF_CHARS)
            .collect();
        session.location = line(old.location.as_deref());
        session.caller_id = row::number(old.from_number.as_deref())
            .ok()
            .flatten()
            .map(|n| n.e164);
        session.queue_delay_ms = old.queue_ms.map(|ms| ms.max(0));
        session.duration_ms = old.seconds.map(|seconds| seconds.max(0).saturating_mul(1_000));
        let started = at + session.queue_delay_ms.unwrap_or(0);
        session.started_at = Some(started);
        session.answered_at = (session.status == "completed").then_some(started);
        session.ended_at = Some(started + session.duration_ms.unwrap_or(0));
        Some(session)
    }

    pub(super) async fn bring_calls(&mut self) -> Result<(), ImportError> {
        let mut after = 0;
        loop {
            let page = self.source.calls(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.id;
            self.report.found(CALLS, page.len());
            let (mut rows, mut alone) = (Vec::new(), Vec::new());
            for old in &page {
                let Some(call) = self.call(old, &mut alone) else {
                    continue;
                };
                rows.push(call);
            }
            if self.writes() {
                history::add_sessions(self.db, &alone).await?;
            }
            let all = u64::try_from(rows.len()).unwrap_or(0);
            let new = match self.writes() {
                true => history::add_calls(self.db, &rows).await?,
                false => all - history::calls_there(self.db, &rows).await?,
            };
            self.report.new_ones(CALLS, new);
            self.report.there(CALLS, all - new);
        }
    }

    /// A call; one without a session is given one of its own, in `alone`.
    fn call(&mut self, old: &OldCall, alone: &mut Vec<Session>) -> Option<Call> {
        let which = format!("call {}", old.id);
        let Some(moved) = old.campaign.and_then(|id| self.campaigns.get(&id)) else {
            self.report.lost(
                CALLS,
                which,
                "it belongs to no campaign",
                "nothing: it is counted nowhere there",
            );
            return None;
        };
        let (campaign_id, country) = (moved.id.clone(), moved.country.clone());
        let at = old.at.or(old.session_at).unwrap_or(old.id);
        let is_here = old
            .session_campaign
            .is_some_and(|id| self.campaigns.contains_key(&id));
        let has_session = old.session.filter(|_| is_here);
        let session_at = old.session_at.or(old.session).unwrap_or(at);
        let waits = has_session.is_some() && self.is_under_way(session_at, old.session_status.as_deref());
        if waits || self.is_under_way(at, old.status.as_deref()) {
            self.report.lost(
                CALLS,
                which,
                "it is under way there",
                "run this again in four hours",
            );
            return None;
        }
        let session_id = match has_session {
            Some(session) => self.id("session", session, session_at),
            None => {
                self.report.changed(
                    CALLS,
                    which.clone(),
                    "it belongs to no session there: it was given one of its own, so more sessions are counted here",
                    "nothing",
                );
                let id = self.id("session-of-call", old.id, at);
                alone.push(past(id.clone(), &campaign_id, &country, at));
                id
            }
        };
        let target_key = old.target.and_then(|id| self.targets.get(&id)).cloned();
        if target_key.is_none() {
            self.report.changed(
                CALLS,
                which,
                format!("CallPower does not say whom it went to: it is counted under {NOBODY}"),
                "nothing",
            );
        }
        let status = row::status(old.status.as_deref());
        let duration_ms = old.seconds.unwrap_or(0).max(0).saturating_mul(1_000);
        Some(Call {
            id: self.id("call", old.id, at),
            session_id,
            campaign_id,
            target_key: target_key.unwrap_or_else(|| NOBODY.to_owned()),
            target_index: 0,
            office_uid: String::new(),
            caller_id_reason: "campaign".to_owned(),
            status: status.to_owned(),
            outcome: outcome(status).map(str::to_owned),
            started_at: at,
            ended_at: Some(at.saturating_add(duration_ms)),
            duration_ms: Some(duration_ms),
        })
    }

    fn is_under_way(&self, at: i64, status: Option<&str>) -> bool {
        !row::is_final(status) && at > self.clock.now_ms() - UNDER_WAY_MS
    }
}

/// A completed call may have been a talk or a voicemail: CallPower does not know.
fn outcome(status: &str) -> Option<&'static str> {
    match status {
        "busy" => Some("busy"),
        "no-answer" => Some("no_answer"),
        _ => None,
    }
}

/// A session that is over, of which nothing is known but its campaign and its time.
fn past(id: String, campaign_id: &str, country: &str, at: i64) -> Session {
    Session {
        id,
        campaign_id: campaign_id.to_owned(),
        direction: Direction::Outbound,
        state: SessionState::Ended,
        status: "unknown".to_owned(),
        step: String::new(),
        phone_hash: String::new(),
        phone_enc: None,
        phone_last2: String::new(),
        country: country.to_owned(),
        reference: String::new(),
        location: String::new(),
        caller_id: None,
        record: false,
        targets: Vec::new(),
        target_keys: Vec::new(),
        node: None,
        lease_until: 0,
        not_before_at: 0,
        attempts: 0,
        queued_at: at,
        started_at: Some(at),
        answered_at: None,
        ended_at: Some(at),
        queue_delay_ms: None,
        duration_ms: None,
    }
}
