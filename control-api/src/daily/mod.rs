//! Daily callers (CAMPAIGNS.md 6): subscribed by a key or through the API, called Monday to Friday at their local time, at most once a day.
//!
//! ```text
//! key 1, API ─► subscribe ─► schedules.next_at ─► job: claim ─► guards ─► session queued and date noted, both or neither ─► dispatcher
//! key 9, API, opt-out, end date, campaign's end ─► ended: the number goes, the consents stay
//! ```

mod calendar;
mod job;
mod offer;
mod optout;
mod subscribe;
mod zones;

#[cfg(test)]
pub(crate) mod stage;
#[cfg(test)]
mod tests;

pub(crate) use calendar::{DAY_MINUTES, local_date, local_minute, next as next_call};
pub(crate) use job::run;
pub(crate) use offer::{offer, spoken_of};
pub(crate) use optout::{OptOutError, opt_out};
pub(crate) use subscribe::{Keyed, NotSubscribed, Wish, keyed, phone_context, subscribe, unsubscribe, zone};
pub(crate) use zones::{Whereabouts, import as import_zones, is_zone, zone_of};
