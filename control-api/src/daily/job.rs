//! The daily job, on every node: looks for what is due, and queues a session for each that may be called.
//!
//! A call that is late by more than half an hour is left out: the node was down. When the clock was set forward while the node was up, what
//! became due in between is not late, and is made up.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use jiff::civil::Date;
use trunkline_gateway::flow::CallStatus;
use trunkline_gateway::phone::Phone;

use super::calendar::{self, Due};
use super::subscribe::{phone_context, zone};
use crate::campaign::{DraftError, Request, draft};
use crate::guards::{self, Asker, Refused, number};
use crate::privacy::campaign::{CampaignKeyError, keys_of};
use crate::runtime::App;
use crate::store::campaigns::{self, Campaign};
use crate::store::schedules::{self, EndedWhy, Schedule};
use crate::store::sessions::{self, Direction};
use crate::store::{self, StoreError, optouts};

/// How often it looks.
const LOOK: Duration = Duration::from_secs(5);
/// A missed minute is made up for so long (CAMPAIGNS.md 6); so long a call may wait in the queue, too.
const MAKE_UP_MS: i64 = 30 * 60_000;
/// A clock that was set forward is made up for so much; more, and the machine was asleep.
const MAX_JUMP_MS: i64 = 65 * 60_000;
/// Differences of the two clocks below this are no jump.
const NO_JUMP_MS: i64 = 60_000;
/// Subscriptions taken in hand at once.
const BATCH: i64 = 100;
/// What is taken in hand and not done goes to others after so long.
const LEASE_MS: i64 = 120_000;

/// Looks for ever; drop the task to end it.
pub(crate) async fn run(app: App) {
    let mut job = Job::new(app);
    let mut tick = tokio::time::interval(LOOK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        // A node that drains dials nobody: another one calls, or this one when it is back.
        if job.app.gateway().status().draining {
            continue;
        }
        if let Err(error) = job.look().await {
            tracing::warn!(%error, "daily calls cannot be looked for; they are tried again");
        }
    }
}

/// The job and what it remembers of the clock.
pub(super) struct Job {
    app: App,
    last: Option<(Instant, i64)>,
    jumps: VecDeque<(Instant, i64)>,
}

/// What became of one that was due.
enum Done {
    /// Queued.
    Called,
    /// Left out today, and why.
    Skipped(&'static str),
    /// Over.
    Ended,
    /// Somebody else had it.
    Gone,
}

impl Job {
    pub(super) fn new(app: App) -> Job {
        Job {
            app,
            last: None,
            jumps: VecDeque::new(),
        }
    }

    /// Calls everybody who is due; answers how many were queued.
    pub(super) async fn look(&mut self) -> store::Result<usize> {
        let late_ms = MAKE_UP_MS + self.set_forward();
        let now = self.app.clock().now_ms();
        schedules::end_with_campaigns(self.app.db(), now).await?;
        for session in schedules::queued_before(self.app.db(), now - late_ms).await? {
            let told = self.app.session_ended(&session, CallStatus::Canceled, "", now);
            if sessions::cancel_queued(self.app.db(), &session, now, Some(&told)).await? {
                self.app.hub().publish(told);
            }
        }
        let mut called = 0;
        loop {
            let claimed = schedules::claim(self.app.db(), BATCH, now + LEASE_MS, now).await?;
            let more = i64::try_from(claimed.len()).unwrap_or(0) == BATCH;
            for due in claimed {
                match self.one(&due, late_ms).await {
                    Ok(Done::Called) => called += 1,
                    Ok(Done::Skipped(_) | Done::Ended | Done::Gone) => {}
                    Err(error @ StoreError::Busy(_)) => return Err(error),
                    // One that the database refuses stands in nobody's way.
                    Err(error) => {
                        tracing::error!(schedule.id = due.id, %error, "a daily call cannot be made")
                    }
                }
            }
            if !more {
                break;
            }
        }
        if called > 0 {
            tracing::info!(sessions = called, "daily calls are queued");
            self.app.wake().queue.notify_one();
        }
        Ok(called)
    }

    /// How far the wall clock was set forward lately, while we ran.
    fn set_forward(&mut self) -> i64 {
        let (now, wall) = (self.app.clock().now(), self.app.clock().now_ms());
        if let Some((then, wall_then)) = self.last.replace((now, wall)) {
            let passed = i64::try_from(now.saturating_duration_since(then).as_millis()).unwrap_or(i64::MAX);
            let jump = (wall - wall_then).saturating_sub(passed);
            if jump > NO_JUMP_MS {
                tracing::warn!(
                    ms = jump,
                    "the clock was set forward; daily calls in between are made up"
                );
                self.jumps.push_back((now, jump.min(MAX_JUMP_MS)));
            }
        }
        let window = Duration::from_millis(u64::try_from(MAKE_UP_MS).unwrap_or(0));
        while self
            .jumps
            .front()
            .is_some_and(|(at, _)| now.saturating_duration_since(*at) > window)
        {
            self.jumps.pop_front();
        }
        self.jumps.iter().map(|(_, ms)| ms).sum::<i64>().min(MAX_JUMP_MS)
    }

    async fn one(&self, due: &Schedule, late_ms: i64) -> store::Result<Done> {
        let zone = zone(&due.time_zone);
        let now = self.app.clock().now_ms();
        let Some(date) = calendar::local_date(&zone, due.next_at) else {
            return Ok(Done::Gone);
        };
        // The next one is never on the date of this one, and never in the past.
        let next = calendar::next(&zone, due.minute_of_day, now.max(due.next_at + 1), Some(date));
        let ends = end_of(due);
        let Some(next) = next.filter(|_| ends.is_none_or(|end| date <= end)) else {
            return self.end(due, now).await;
        };
        let done = if now - due.next_at > late_ms {
            Done::Skipped("it was missed by more than half an hour")
        } else {
            self.call(due, date, next).await?
        };
        if let Done::Skipped(why) = done {
            tracing::info!(schedule.id = due.id, why, "a daily call is left out");
            if ends.is_some_and(|end| next.date > end) {
                return self.end(due, now).await;
            }
            match schedules::skip(self.app.db(), due, next.at, now).await {
                Ok(()) | Err(StoreError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    async fn end(&self, due: &Schedule, now: i64) -> store::Result<Done> {
        schedules::end(self.app.db(), &due.id, EndedWhy::EndDate, None, now).await?;
        Ok(Done::Ended)
    }

    async fn call(&self, due: &Schedule, date: Date, next: Due) -> store::Result<Done> {
        let app = &self.app;
        let campaign = campaigns::get(app.db(), &due.campaign_id).await?;
        let Some(phone) = self.phone(due).await? else {
            return Ok(Done::Skipped("the number cannot be read with these keys"));
        };
        if let Some(why) = self.refused(&campaign, due, &phone).await? {
            return Ok(Done::Skipped(why));
        }
        let request = Request {
            direction: Direction::Outbound,
            phone: phone.clone(),
            country: due.country.clone(),
            location: due.location.clone(),
            target_keys: Vec::new(),
            reference: due.reference.clone(),
            record: false,
            caller_id: None,
        };
        let session = match draft(app, &campaign, request).await {
            Ok(session) => session,
            Err(DraftError::Store(error)) => return Err(error),
            Err(error) => {
                tracing::warn!(schedule.id = due.id, %error, "a daily call has nobody to call, or no number to call from");
                return Ok(Done::Skipped("no session can be made of it"));
            }
        };
        match guards::count(app, &campaign, Some(&phone), None, Asker::Schedule).await {
            Ok(()) => {}
            Err(Refused::Store(error)) => return Err(error),
            Err(Refused::Blocked | Refused::Limited { .. }) => return Ok(Done::Skipped("a cap is reached")),
        }
        let started = schedules::start(app.db(), due, &date.to_string(), next.at, &session).await?;
        Ok(if started { Done::Called } else { Done::Gone })
    }

    async fn phone(&self, due: &Schedule) -> store::Result<Option<Phone>> {
        let Some(sealed) = due.phone_enc.as_deref() else {
            return Ok(None);
        };
        match keys_of(&self.app, &due.campaign_id).await {
            Ok(keys) => {
                let plain = keys.decrypt(sealed, &phone_context(&due.id));
                Ok(plain.ok().and_then(|plain| Phone::new(plain).ok()))
            }
            Err(CampaignKeyError::Store(error)) => Err(error),
            Err(CampaignKeyError::Destroyed | CampaignKeyError::Privacy(_)) => Ok(None),
        }
    }

    /// The guards of CAMPAIGNS.md 5 that hold for daily calls, but for the caps, which are counted last.
    async fn refused(
        &self,
        campaign: &Campaign,
        due: &Schedule,
        phone: &Phone,
    ) -> store::Result<Option<&'static str>> {
        let app = &self.app;
        if optouts::has(app.db(), &app.keys().phone_ref(phone.as_str())).await? {
            return Ok(Some("the number asked never to be called daily"));
        }
        let denied = &campaign.settings.denied_prefixes;
        let listed = &campaign.settings.allowed_countries;
        let own = [campaign.country.clone()];
        let allowed = if listed.is_empty() { &own[..] } else { &listed[..] };
        let may =
            number::normalise(phone.as_str(), &due.country).and_then(|n| n.may_be_called(allowed, denied));
        if may.is_err() {
            return Ok(Some("the campaign does not call this number any more"));
        }
        match guards::blocked(app, &campaign.id, phone, None).await {
            Ok(()) => Ok(None),
            Err(Refused::Store(error)) => Err(error),
            Err(Refused::Blocked | Refused::Limited { .. }) => Ok(Some("the number is blocked")),
        }
    }
}

/// The last date; a text that is none does not end it.
fn end_of(due: &Schedule) -> Option<Date> {
    due.end_on.as_deref().and_then(|date| date.parse().ok())
}
