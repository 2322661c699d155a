//! Which trunks take a call, in which order, and why not the others. And, after a leg has failed, whether the next one is tried.
//!
//! One route decides: of those that are for the number's country, for the campaign and open now, the one with the longest prefix of the
//! number, among equals the campaign's own before a general one, and one with conditions before one without. Its trunks are tried by
//! priority, among equals the cheapest first, among these in a random order in proportion to their weights.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use rand::Rng;

use super::country;
use super::numbering;
use super::overload::is_pacing_text;
use super::pacing::NotNow;
use super::servers;
use super::snapshot::{Route, RouteTrunk, Snapshot, Trunk};
use crate::cdr::WallMs;
use crate::event::TrunkHealth;
use crate::ids::{CampaignId, RouteId, TrunkId};
use crate::phone::Phone;
use crate::sip::api::Failure;

/// Words of the person called, or of the number itself: another trunk would hear the same, and the telephone would ring twice.
/// 404 not found, 486 busy, 600 busy everywhere, 603 decline (RFC 3261 section 21), 607 unwanted (RFC 8197), 608 rejected (RFC 8688).
pub const DEFAULT_STOP_CODES: [u16; 6] = [404, 486, 600, 603, 607, 608];

/// What is known of a trunk at the moment of choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrunkState {
    /// From [`super::health::Health::state`].
    pub health: TrunkHealth,
    /// From [`super::pacing::Pacing::look`].
    pub room: Result<(), NotNow>,
}

/// A trunk to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The trunk.
    pub trunk: Arc<Trunk>,
    /// Its calls of this second are spent, or it has asked for a pause: not before this time. Such trunks come after those that are free
    /// now.
    pub not_before: Option<Instant>,
    /// It has asked for a pause.
    pub paused: bool,
}

/// The choice for one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// The route that decided, with the prefix that matched.
    pub route: Option<(RouteId, String)>,
    /// Trunks to try, best first.
    pub candidates: Vec<Candidate>,
    /// Every route of the snapshot, and why it decides or not.
    pub routes: Vec<RouteVerdict>,
    /// Every trunk of the snapshot, and why it is tried or not.
    pub verdicts: Vec<Verdict>,
    /// Statuses after which no other trunk is tried.
    pub stop_codes: Vec<u16>,
}

/// What was decided about one route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteVerdict {
    /// The route.
    pub route: RouteId,
    /// Its name.
    pub name: String,
    /// Why it decides, or not.
    pub why: RouteWhy,
}

/// Why a route decides or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteWhy {
    /// It decides, by this prefix.
    Decides(String),
    /// None of its prefixes begins the number.
    Prefix,
    /// It is for another campaign.
    Campaign,
    /// It is for other countries.
    Country,
    /// It is not open at this time.
    Closed,
    /// It would take the number, but the one that decides goes before it.
    Behind,
}

impl fmt::Display for RouteWhy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RouteWhy::Decides(prefix) => write!(f, "decides, by its prefix {prefix}"),
            RouteWhy::Prefix => f.write_str("none of its prefixes begins the number"),
            RouteWhy::Campaign => f.write_str("it is for another campaign"),
            RouteWhy::Country => f.write_str("the number is not of its countries"),
            RouteWhy::Closed => f.write_str("none of its windows is open at this time"),
            RouteWhy::Behind => {
                f.write_str("it would take the number, but the route that decides is more exact, or older")
            }
        }
    }
}

/// What was decided about one trunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The trunk.
    pub trunk: TrunkId,
    /// Its name; its id when a route names a trunk that does not exist.
    pub name: String,
    /// Why it is tried, or not.
    pub why: Why,
}

/// Why a trunk is tried or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Tried in this place, from 1.
    Tried {
        /// The place.
        place: usize,
        /// Its priority in the route.
        priority: u16,
    },
    /// Tried in this place, when a call of its next second is free.
    TriedLater {
        /// The place.
        place: usize,
        /// Its priority in the route.
        priority: u16,
    },
    /// Tried in this place, unless another has taken the call before its pause is over.
    TriedAfterPause {
        /// The place.
        place: usize,
        /// Its priority in the route.
        priority: u16,
    },
    /// No route takes the number at this time.
    NoRoute,
    /// The route that takes the number does not name it.
    NotInRoute,
    /// The route names a trunk that does not exist.
    Unknown,
    /// It is switched off.
    Disabled,
    /// Its host has no address.
    Unresolved,
    /// The number is a short code that it does not name.
    ShortCode,
    /// It gives no answer.
    Down,
    /// All its channels are in use.
    NoChannel,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Tried { place, priority } => write!(f, "tried as number {place} (priority {priority})"),
            Why::TriedLater { place, priority } => write!(
                f,
                "tried as number {place} (priority {priority}), after a wait: its calls of this second are spent"
            ),
            Why::TriedAfterPause { place, priority } => write!(
                f,
                "tried as number {place} (priority {priority}), after the pause that it asked for (Retry-After)"
            ),
            Why::NoRoute => f.write_str("no route takes this number"),
            Why::NotInRoute => f.write_str("the route that takes this number does not name it"),
            Why::Unknown => f.write_str("the route names a trunk that does not exist"),
            Why::Disabled => f.write_str("switched off"),
            Why::Unresolved => f.write_str("its host has no address"),
            Why::ShortCode => f.write_str("the number is a short code that its short_codes do not name"),
            Why::Down => f.write_str("down: it gives no answer"),
            Why::NoChannel => f.write_str("all its channels are in use"),
        }
    }
}

/// A call that a trunk is wanted for.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Whom to call.
    pub number: &'a Phone,
    /// Whose call it is.
    pub campaign: Option<CampaignId>,
    /// When; `None` asks for whatever a route takes at any time.
    pub at: Option<WallMs>,
}

/// Chooses trunks for a call. `state` tells what is known of a trunk for the side that is dialled; `rng` breaks ties by weight.
pub fn select(
    snapshot: &Snapshot,
    call: Call<'_>,
    state: impl Fn(TrunkId) -> TrunkState,
    rng: &mut impl Rng,
) -> Selection {
    let chosen = route_for(snapshot, call);
    let routes = route_verdicts(snapshot, call, chosen);
    let Some((route, prefix)) = chosen else {
        let verdict = |t: &Arc<Trunk>| Verdict {
            trunk: t.id,
            name: t.name.clone(),
            why: Why::NoRoute,
        };
        return Selection {
            route: None,
            candidates: Vec::new(),
            routes,
            verdicts: snapshot.trunks.iter().map(verdict).collect(),
            stop_codes: DEFAULT_STOP_CODES.to_vec(),
        };
    };
    let mut free = Vec::new();
    let mut later = Vec::new();
    let mut verdicts = Vec::new();
    // By priority, then by cost; among equals by weight.
    let rank = |t: &RouteTrunk| ((t.priority, t.cost), t.weight);
    for entry in servers::drawn(route.trunks.clone(), rank, rng) {
        let trunk = snapshot.trunks.iter().find(|t| t.id == entry.trunk);
        match trunk.map_or(Err(Why::Unknown), |t| usable(t, call.number, state(t.id))) {
            Ok(candidate) if candidate.not_before.is_none() => free.push((candidate, entry.priority)),
            Ok(candidate) => later.push((candidate, entry.priority)),
            Err(why) => verdicts.push(Verdict {
                trunk: entry.trunk,
                name: trunk.map_or_else(|| entry.trunk.to_string(), |t| t.name.clone()),
                why,
            }),
        }
    }
    free.append(&mut later);
    let tried = free
        .iter()
        .enumerate()
        .map(|(n, (candidate, priority))| verdict_of(candidate, n + 1, *priority));
    let mut verdicts: Vec<Verdict> = tried.chain(verdicts).collect();
    for trunk in &snapshot.trunks {
        if !verdicts.iter().any(|v| v.trunk == trunk.id) {
            verdicts.push(Verdict {
                trunk: trunk.id,
                name: trunk.name.clone(),
                why: Why::NotInRoute,
            });
        }
    }
    Selection {
        route: Some((route.id, prefix.to_owned())),
        candidates: free.into_iter().map(|(candidate, _)| candidate).collect(),
        routes,
        verdicts,
        stop_codes: stop_codes(route),
    }
}

/// Whether another trunk is tried after this failure. `rang`: the far end's telephone rang (180) or its media was heard (183 with SDP).
pub fn tries_next(failure: &Failure, rang: bool, stop_codes: &[u16]) -> bool {
    match failure {
        Failure::NoTrying | Failure::Transport => true,
        Failure::Timeout => !rang,
        Failure::Canceled => false,
        // The trunk's own words, whatever the status: nobody was reached.
        Failure::Status { reason, .. } if !rang && is_pacing_text(reason) => true,
        // Once the telephone has rung, only the network's own failure (5xx) is worth a second ring.
        Failure::Status { status, .. } => {
            !stop_codes.contains(status) && (!rang || (500..600).contains(status))
        }
    }
}

/// The route that takes the call, and its prefix that matched.
pub fn route_for<'a>(snapshot: &'a Snapshot, call: Call<'_>) -> Option<(&'a Route, &'a str)> {
    snapshot
        .routes
        .iter()
        .filter_map(|route| Some((route, fits(route, call).ok()?)))
        // `max_by_key` takes the last of equals: reversed, the first in the snapshot's order wins.
        .rev()
        .max_by_key(|(route, prefix)| {
            let conditions = u8::from(!route.countries.is_empty()) + u8::from(!route.windows.is_empty());
            (prefix.len(), route.campaign.is_some(), conditions)
        })
}

/// The prefix by which a route takes a call, or why it does not.
fn fits<'a>(route: &'a Route, call: Call<'_>) -> Result<&'a str, RouteWhy> {
    let prefix = longest_prefix(route, call.number).ok_or(RouteWhy::Prefix)?;
    if route.campaign.is_some() && route.campaign != call.campaign {
        return Err(RouteWhy::Campaign);
    }
    if !route.countries.is_empty() && !country::is_of(call.number, &route.countries) {
        return Err(RouteWhy::Country);
    }
    let open = |at| route.windows.is_empty() || route.windows.iter().any(|w| w.is_open(at));
    if call.at.is_some_and(|at| !open(at)) {
        return Err(RouteWhy::Closed);
    }
    Ok(prefix)
}

fn route_verdicts(snapshot: &Snapshot, call: Call<'_>, chosen: Option<(&Route, &str)>) -> Vec<RouteVerdict> {
    let verdict = |route: &Route| RouteVerdict {
        route: route.id,
        name: route.name.clone(),
        why: match (fits(route, call), chosen) {
            (Ok(_), Some((decides, prefix))) if decides.id == route.id => {
                RouteWhy::Decides(prefix.to_owned())
            }
            (Ok(_), _) => RouteWhy::Behind,
            (Err(why), _) => why,
        },
    };
    snapshot.routes.iter().map(verdict).collect()
}

/// A prefix of digits alone is a short code, whole.
fn longest_prefix<'a>(route: &'a Route, number: &Phone) -> Option<&'a str> {
    let begins = |prefix: &&str| match number.is_short_code() {
        true => number.as_str() == *prefix,
        false => number.as_str().starts_with(prefix),
    };
    let prefixes = route.prefixes.iter().map(String::as_str);
    prefixes.filter(begins).max_by_key(|prefix| prefix.len())
}

fn stop_codes(route: &Route) -> Vec<u16> {
    if route.stop_codes.is_empty() {
        DEFAULT_STOP_CODES.to_vec()
    } else {
        route.stop_codes.clone()
    }
}

fn usable(trunk: &Arc<Trunk>, number: &Phone, state: TrunkState) -> Result<Candidate, Why> {
    if !trunk.enabled {
        return Err(Why::Disabled);
    }
    if trunk.addresses().next().is_none() {
        return Err(Why::Unresolved);
    }
    if !numbering::allows(trunk, number) {
        return Err(Why::ShortCode);
    }
    match state.health {
        TrunkHealth::Down => return Err(Why::Down),
        TrunkHealth::Up | TrunkHealth::Slowed => {}
    }
    let (not_before, paused) = match state.room {
        Ok(()) => (None, false),
        Err(NotNow::Until(at)) => (Some(at), false),
        Err(NotNow::Paused(at)) => (Some(at), true),
        Err(NotNow::Channels) => return Err(Why::NoChannel),
    };
    Ok(Candidate {
        trunk: Arc::clone(trunk),
        not_before,
        paused,
    })
}

fn verdict_of(candidate: &Candidate, place: usize, priority: u16) -> Verdict {
    Verdict {
        trunk: candidate.trunk.id,
        name: candidate.trunk.name.clone(),
        why: match candidate.not_before {
            None => Why::Tried { place, priority },
            Some(_) if candidate.paused => Why::TriedAfterPause { place, priority },
            Some(_) => Why::TriedLater { place, priority },
        },
    }
}

#[cfg(test)]
#[path = "select_tests.rs"]
mod tests;
