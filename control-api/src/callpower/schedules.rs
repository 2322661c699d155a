//! Daily callers: their number is sealed under the campaign's key, their time of day, which CallPower keeps in UTC, becomes a local one.
//!
//! They come in paused, because CallPower may still be calling them; `--daily-calls` says that it does not any more.

use super::row;
use super::{Import, ImportError, Moved};
use crate::campaign::country_of;
use crate::daily::{Whereabouts, local_date, local_minute, next_call, phone_context, zone, zone_of};
use crate::privacy::campaign::{CampaignKeyError, keys_in};
use crate::privacy::{Keys, last_two};
use crate::store::callpower::OldSchedule;
use crate::store::schedules::{self, Consent, How, Schedule, ScheduleStatus};
use crate::store::{StoreError, optouts};

const KIND: &str = "schedules";
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// What a consent was brought from.
const SOURCE: &str = "callpower";

impl Import<'_> {
    pub(super) async fn bring_schedules(&mut self) -> Result<(), ImportError> {
        let old = self.source.schedules().await?;
        self.report.found(KIND, old.len());
        for old in old {
            self.bring_schedule(&old).await?;
        }
        Ok(())
    }

    async fn bring_schedule(&mut self, old: &OldSchedule) -> Result<(), ImportError> {
        let which = format!("schedule {}", old.id);
        let Some((moved, phone)) = self.callable(old, &which) else {
            return Ok(());
        };
        let id = self.id("schedule", old.id, old.created_at.unwrap_or(old.id));
        match schedules::get(self.db, &id).await {
            Ok(there) => return self.wake(&there).await,
            Err(StoreError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
        if optouts::has(self.db, &self.keys.phone_ref(&phone)).await? {
            self.report.lost(
                KIND,
                which,
                "the number asked never to be called daily",
                "nothing",
            );
            return Ok(());
        }
        if moved.is_located {
            self.report.changed(
                KIND,
                which.clone(),
                "CallPower keeps a daily caller's location in its job queue and not in its database",
                "nothing: callers are asked for it on the telephone, or set it: PATCH /v1/schedules/{id}",
            );
        }
        if !self.writes() {
            self.report.new_ones(KIND, 1);
            return Ok(());
        }
        match keys_in(self.db, self.keys, &moved.id, self.clock.now_ms()).await {
            Ok(keys) => {
                let schedule = self.schedule(old, id, &moved, &phone, &keys).await?;
                self.add(which, &schedule).await
            }
            Err(CampaignKeyError::Destroyed) => {
                self.report.lost(
                    KIND,
                    which,
                    "the campaign's callers are forgotten here",
                    "nothing",
                );
                Ok(())
            }
            Err(CampaignKeyError::Privacy(error)) => Err(error.into()),
            Err(CampaignKeyError::Store(error)) => Err(error.into()),
        }
    }

    /// The campaign and the number of somebody who is called there.
    fn callable(&mut self, old: &OldSchedule, which: &str) -> Option<(Moved, String)> {
        let moved = old.campaign.and_then(|id| self.campaigns.get(&id));
        let (why, what_to_do) = match (old.subscribed, moved, row::number(old.phone.as_deref())) {
            (Some(false), _, _) => (
                "unsubscribed there",
                "nothing: nobody calls them, and no number is kept",
            ),
            (_, None, _) => ("it belongs to no campaign", "nothing: it called nobody"),
            (_, Some(moved), Ok(Some(number))) => return Some((moved.clone(), number.e164)),
            (_, Some(_), _) => ("its number is none", "nothing: nobody could be called"),
        };
        self.report.lost(KIND, which, why, what_to_do);
        None
    }

    async fn add(&mut self, which: String, schedule: &Schedule) -> Result<(), ImportError> {
        let consent = Consent {
            id: self.clock.new_id().to_string(),
            schedule_id: schedule.id.clone(),
            at: schedule.created_at,
            given: true,
            how: How::Import,
            source: SOURCE.to_owned(),
            version: String::new(),
            text: String::new(),
        };
        match schedules::create(self.db, schedule, &consent).await {
            Ok(()) => self.report.new_ones(KIND, 1),
            Err(StoreError::Conflict { .. }) => self.report.lost(
                KIND,
                which,
                "the number has a subscription of this campaign already",
                "nothing: it is called once a day",
            ),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    async fn schedule(
        &self,
        old: &OldSchedule,
        id: String,
        moved: &Moved,
        phone: &str,
        keys: &Keys,
    ) -> Result<Schedule, ImportError> {
        let now = self.clock.now_ms();
        let country = country_of(phone).unwrap_or_else(|| moved.country.clone());
        let place = Whereabouts {
            phone,
            country: &country,
            location: "",
            campaign: "",
        };
        let time_zone = zone_of(self.db, place).await?;
        let local = zone(&time_zone);
        // Today's offset: CallPower's calls moved by an hour over the year, as their callers have got used to by now.
        let today = now - now.rem_euclid(DAY_MS);
        let time_of_day = old
            .time_of_day
            .unwrap_or(old.created_at.unwrap_or(now))
            .rem_euclid(DAY_MS);
        let minute_of_day = local_minute(&local, today + time_of_day).unwrap_or(0);
        let called_on = old.last_called.and_then(|at| local_date(&local, at));
        let next_at = next_call(&local, minute_of_day, now, called_on).map_or(now + DAY_MS, |due| due.at);
        let created_at = old.created_at.unwrap_or(now);
        Ok(Schedule {
            campaign_id: moved.id.clone(),
            phone_hash: keys.phone_ref(phone),
            phone_enc: Some(keys.encrypt(phone, &phone_context(&id))?),
            phone_last2: last_two(phone),
            country,
            location: String::new(),
            reference: String::new(),
            time_zone,
            minute_of_day,
            end_on: None,
            status: match self.options.daily_calls {
                true => ScheduleStatus::Active,
                false => ScheduleStatus::Paused,
            },
            next_at,
            last_called_on: called_on.map(|date| date.to_string()),
            last_session_id: None,
            lease_until: 0,
            created_at,
            // As it was brought: whoever changes it here changes this.
            updated_at: created_at,
            ended_at: None,
            ended_why: None,
            id,
        })
    }

    /// One that an earlier run brought paused, and that nobody has changed since, is called from now on when that is asked for.
    async fn wake(&mut self, there: &Schedule) -> Result<(), ImportError> {
        self.report.there(KIND, 1);
        let untouched = there.status == ScheduleStatus::Paused && there.updated_at == there.created_at;
        if !(self.options.daily_calls && untouched && self.writes()) {
            return Ok(());
        }
        let now = self.clock.now_ms();
        let local = zone(&there.time_zone);
        let called_on = there.last_called_on.as_ref().and_then(|date| date.parse().ok());
        let due = next_call(&local, there.minute_of_day, now, called_on);
        let active = Schedule {
            status: ScheduleStatus::Active,
            next_at: due.map_or(there.next_at, |due| due.at),
            updated_at: now,
            ..there.clone()
        };
        match schedules::update(self.db, &active).await {
            Ok(()) | Err(StoreError::NotFound) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
