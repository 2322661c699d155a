//! Who may be called, and how often: the guards of CAMPAIGNS.md 5, in its order.
//!
//! ```text
//! number → kind → country → prefix │ blocklist │ phone and campaign, phone, address, campaign's day
//!          (number, pure)          │ (store)   │ (store, one transaction)
//! ```

pub mod client_ip;
pub mod country;
pub mod number;

use std::net::IpAddr;

use trunkline_gateway::phone::Phone;

use crate::privacy::campaign::{CampaignKeyError, keys_of};
use crate::runtime::App;
use crate::store::campaigns::{Campaign, Limits};
use crate::store::ratelimits::{self, Limit, Taken};
use crate::store::{StoreError, blocklist};

/// Places that one address may have looked up without a key: more than the sessions it may start, for those who mistype.
const LOOKUPS_PER_HOUR: u32 = 30;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Who asks for a session: which limits hold for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// A page, a form, or a caller who dials our number: every limit.
    Public,
    /// A key with the scope `calls` or `admin`: the blocklist and the campaign's cap.
    Key,
    /// A daily call: the blocklist and the caps, not the hourly limits.
    Schedule,
}

/// Why nobody is called.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// An entry of the blocklist.
    #[error("this number or address may not start calls")]
    Blocked,
    /// A limit is full.
    #[error("{per}")]
    Limited {
        /// `2 per 1 hour`
        per: String,
        /// When there is room again.
        retry_after_ms: i64,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The organisation's own telephones are held to what its keys are held to.
pub fn asker_of(app: &App, phone: &Phone, asker: Asker) -> Asker {
    if app.config().calls.admin_phones.contains(phone) {
        Asker::Key
    } else {
        asker
    }
}

/// Counts a session that is to begin; without the blocklist. Exact under concurrency: of many at once, as many pass as the limits say. A
/// caller who withholds the number is held to the campaign's cap only.
pub async fn count(
    app: &App,
    campaign: &Campaign,
    phone: Option<&Phone>,
    ip: Option<IpAddr>,
    asker: Asker,
) -> Result<(), Refused> {
    let (limits, texts): (Vec<Limit>, Vec<String>) =
        limits(app, campaign, phone, ip, asker).into_iter().unzip();
    take(app, &limits, &texts).await
}

async fn take(app: &App, limits: &[Limit], texts: &[String]) -> Result<(), Refused> {
    match ratelimits::take(app.db(), limits, app.clock().new_id(), app.clock().now_ms()).await? {
        Taken::Yes => Ok(()),
        Taken::No {
            limit,
            retry_after_ms,
        } => Err(Refused::Limited {
            per: texts.get(limit).cloned().unwrap_or_default(),
            retry_after_ms,
        }),
    }
}

/// Addresses and points are looked up by a geocoder that belongs to somebody: a page that asks and asks is stopped, whether or not a call
/// comes of it.
pub async fn look_up(app: &App, ip: IpAddr) -> Result<(), Refused> {
    let key = format!("lookup:{}", app.keys().ip_ref(subscriber(ip)));
    let (limit, text) = limit(key, LOOKUPS_PER_HOUR, HOUR_MS);
    take(app, &[limit], &[text]).await
}

/// The blocklist alone; a hit is counted.
pub async fn blocked(app: &App, campaign_id: &str, phone: &Phone, ip: Option<IpAddr>) -> Result<(), Refused> {
    let ours = app.keys().phone_ref(phone.as_str());
    // An entry may have been made of a session or a record: these have the campaign's reference.
    let of_campaign = match keys_of(app, campaign_id).await {
        Ok(keys) => keys.phone_ref(phone.as_str()),
        Err(CampaignKeyError::Store(error)) => return Err(error.into()),
        Err(CampaignKeyError::Destroyed | CampaignKeyError::Privacy(_)) => ours.clone(),
    };
    let refs = [ours.as_str(), of_campaign.as_str()];
    match blocklist::hit(app.db(), phone.as_str(), refs, ip, app.clock().now_ms()).await? {
        None => Ok(()),
        Some(entry) => {
            tracing::info!(
                blocklist.entry = entry.id,
                "a session was refused by the blocklist"
            );
            Err(Refused::Blocked)
        }
    }
}

/// The limits that hold, each with the words for it. Keys hold references, never numbers or addresses.
fn limits(
    app: &App,
    campaign: &Campaign,
    phone: Option<&Phone>,
    ip: Option<IpAddr>,
    asker: Asker,
) -> Vec<(Limit, String)> {
    let Limits {
        phone_per_hour,
        phone_per_day,
        ip_per_hour,
        sessions_per_day,
    } = campaign.settings.limits;
    let phone_ref = phone.map(|phone| app.keys().phone_ref(phone.as_str()));
    let hourly = asker == Asker::Public;
    let daily = matches!(asker, Asker::Public | Asker::Schedule);
    let mut limits = Vec::new();
    if let Some(phone_ref) = phone_ref.as_ref().filter(|_| hourly) {
        let key = format!("phone:{}:{phone_ref}", campaign.id);
        limits.push(limit(key, phone_per_hour, HOUR_MS));
    }
    if let Some(phone_ref) = phone_ref.filter(|_| daily) {
        limits.push(limit(format!("phone:{phone_ref}"), phone_per_day, DAY_MS));
    }
    if let Some(ip) = ip.filter(|_| hourly) {
        limits.push(limit(
            format!("ip:{}", app.keys().ip_ref(subscriber(ip))),
            ip_per_hour,
            HOUR_MS,
        ));
    }
    if let Some(most) = sessions_per_day {
        limits.push(limit(format!("campaign:{}", campaign.id), most, DAY_MS));
    }
    limits
}

/// One subscriber of an IPv6 network has a /64 of addresses (RFC 6177): it counts as one.
fn subscriber(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        v4 @ IpAddr::V4(_) => v4,
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) >> 64 << 64).into()),
    }
}

fn limit(key: String, most: u32, window_ms: i64) -> (Limit, String) {
    let per = if window_ms == HOUR_MS { "1 hour" } else { "1 day" };
    let limit = Limit {
        key,
        limit: i64::from(most),
        window_ms,
    };
    (limit, format!("{most} per {per}"))
}

#[cfg(test)]
mod tests;
