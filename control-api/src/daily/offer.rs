//! What a session's flow may say about daily calls: nothing, the offer, or that the caller has them.

use jiff::tz::TimeZone;
use serde_json::Value;
use trunkline_gateway::phone::Phone;
use trunkline_prompts::words;

use super::{Whereabouts, calendar, local_date, zone, zone_of};
use crate::campaign::DailyCalls;
use crate::runtime::App;
use crate::store::campaigns::Campaign;
use crate::store::sessions::Session;
use crate::store::{self, optouts, schedules};

/// A minute of the day that every date has.
const NOON: i64 = 12 * 60;

/// What is said of daily calls in a session that speaks of them: when the next one would be, to this caller.
pub(crate) async fn spoken_of(
    app: &App,
    campaign: &Campaign,
    session: &Session,
    caller: &Phone,
) -> store::Result<DailyCalls> {
    let whereabouts = Whereabouts {
        phone: caller.as_str(),
        country: &session.country,
        location: &session.location,
        campaign: &campaign.settings.time_zone,
    };
    let zone = zone(&zone_of(app.db(), whereabouts).await?);
    Ok(DailyCalls {
        day: next_day(&zone, app.clock().now_ms()).unwrap_or_default(),
    })
}

/// The next weekday after today, where the caller is: who subscribes in a call has been called today.
fn next_day(zone: &TimeZone, now_ms: i64) -> Option<Value> {
    let today = local_date(zone, now_ms)?;
    let date = calendar::next(zone, NOON, now_ms, Some(today))?.date;
    let part = |part: i8| u8::try_from(part).ok();
    Some(words::date(
        part(date.weekday().to_monday_zero_offset())?,
        part(date.month())?,
        part(date.day())?,
    ))
}

/// `None`: nothing is said. `Some(true)`: the caller is subscribed and hears how to end it, in every call and whether the campaign still
/// offers subscriptions or not. `Some(false)`: they are offered.
pub(crate) async fn offer(
    app: &App,
    campaign: &Campaign,
    session: &Session,
    caller: &Phone,
) -> store::Result<Option<bool>> {
    // Who withholds the number is known by ours, and cannot be called.
    if session.caller_id.as_deref() == Some(caller.as_str()) {
        return Ok(None);
    }
    let standing = schedules::standing(app.db(), &campaign.id, &session.phone_hash).await?;
    if standing.is_some() {
        return Ok(Some(true));
    }
    if !campaign.settings.prompt_schedule {
        return Ok(None);
    }
    // Who asked never to be called daily is not asked again.
    let opted_out = optouts::has(app.db(), &app.keys().phone_ref(caller.as_str())).await?;
    Ok((!opted_out).then_some(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_call_is_on_the_next_weekday_where_the_caller_is() {
        for (zone, now, expect) in [
            ("America/New_York", "2026-11-20T15:00:00Z", words::date(0, 11, 23)),
            ("America/New_York", "2026-11-19T15:00:00Z", words::date(4, 11, 20)),
            // Still Thursday there.
            (
                "America/Los_Angeles",
                "2026-11-20T03:00:00Z",
                words::date(4, 11, 20),
            ),
            ("Pacific/Auckland", "2026-12-30T23:00:00Z", words::date(4, 1, 1)),
        ] {
            let zone = TimeZone::get(zone).unwrap();
            let now: jiff::Timestamp = now.parse().unwrap();
            assert_eq!(next_day(&zone, now.as_millisecond()), Some(expect), "{now}");
        }
    }
}
