//! Calls that come in: whose trunk, which number of ours, and what control-api says to it.

use std::sync::Arc;
use std::time::Duration;

use super::Gateway;
use super::timers::TimerKey;
use crate::cdr::WallMs;
use crate::command::SessionOrder;
use crate::event::EventKind;
use crate::ids::LegId;
use crate::leg::address::phone_of;
use crate::sip::api::Incoming;
use crate::sip::digest::server::Verdict;
use crate::trunk::health::HealthEvent;
use crate::trunk::snapshot::{Challenge, Number, Trunk};

/// An inbound call that nobody accepts or refuses for so long is refused with 503.
const UNCLAIMED: Duration = Duration::from_secs(5);
/// What a refused caller's trunk is told to wait.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// An inbound call that control-api has been asked about.
#[derive(Debug)]
pub(super) struct Pending {
    incoming: Incoming,
    trunk: Arc<Trunk>,
    /// When its INVITE came.
    at: WallMs,
}

impl Gateway {
    pub(super) fn incoming(&mut self, incoming: Incoming) {
        let snapshot = self.x.snapshot.clone();
        let from = incoming.path.remote.ip();
        let allowed = |t: &&Arc<Trunk>| t.enabled && t.allows(from);
        let Some(first) = snapshot.trunks.iter().find(allowed) else {
            self.reject("trunk disabled");
            return self.x.endpoint.reject(self.x.now(), incoming.leg, 403, None);
        };
        // Several trunks of one carrier may share an address: the number tells them apart.
        let mut trunks = snapshot.trunks.iter().filter(allowed);
        let called = trunks.find_map(|trunk| {
            let by = |user| number_of(&snapshot.numbers, trunk, user);
            let dialled = || trunk.register.then(|| by(&incoming.dialled_user)).flatten();
            let (number, campaign) = by(&incoming.to_user).or_else(dialled)?;
            Some((trunk, number, campaign))
        });
        let judge = called.map_or(first, |(trunk, ..)| trunk);
        if judge.challenge != Challenge::Off && !self.is_proved(&incoming, judge) {
            return;
        }
        let from = incoming.path.remote;
        self.x.health(judge.id, HealthEvent::Answer { from });
        let Some((trunk, number, campaign)) = called else {
            self.reject("unknown number");
            return self.x.endpoint.reject(self.x.now(), incoming.leg, 404, None);
        };
        if self.is_holding() {
            self.reject("no port");
            let retry = Some(RETRY_AFTER);
            return self.x.endpoint.reject(self.x.now(), incoming.leg, 503, retry);
        }
        // A number that is withheld is the caller's all the same: limits and the blocklist know it (RFC 3325 section 7).
        let vouched = incoming.asserted_user.is_some() && !incoming.withheld;
        let user = incoming.asserted_user.as_ref().unwrap_or(&incoming.from_user);
        let event = EventKind::Incoming {
            leg: incoming.leg,
            trunk: trunk.id,
            campaign,
            to: number.phone.clone(),
            from: phone_of(user, trunk.number_format),
            vouched,
        };
        self.x
            .timers
            .start(TimerKey::Unclaimed(incoming.leg), self.x.now() + UNCLAIMED);
        let pending = Pending {
            trunk: trunk.clone(),
            at: self.x.wall(),
            incoming,
        };
        let leg = pending.incoming.leg;
        self.x.endpoint.set_manners(leg, pending.trunk.manners());
        self.pending.insert(leg, pending);
        self.x.report(event);
    }

    /// Whether the caller has proved to be this trunk; who has not is asked to. Numbers are told to nobody before that.
    fn is_proved(&mut self, incoming: &Incoming, trunk: &Trunk) -> bool {
        let now = self.x.now();
        let judge = |account| {
            self.x
                .challenger
                .judge(now, &incoming.proofs, b"INVITE", (trunk.challenge, account))
        };
        let verdict = trunk.credentials.as_ref().map_or(Verdict::Refused, judge);
        if verdict == Verdict::Proved {
            return true;
        }
        self.reject(match (verdict, incoming.proofs.is_empty()) {
            (Verdict::Refused, false) => "wrong proof",
            (Verdict::Proved | Verdict::Stale | Verdict::Refused, _) => "challenged",
        });
        let challenges = self.x.challenger.challenges(trunk.challenge, verdict, now);
        self.x.endpoint.challenge(now, incoming.leg, &challenges);
        false
    }

    pub(super) fn ring(&mut self, leg: LegId) {
        if self.pending.contains_key(&leg) {
            self.x.endpoint.progress(self.x.now(), leg, 180, None);
        }
    }

    pub(super) fn accept(&mut self, leg: LegId, order: SessionOrder) {
        let session = order.session;
        let Some(pending) = self.take_pending(leg) else {
            // The caller has hung up before anybody said yes.
            return self.turn_away(session);
        };
        self.x.traces.claim(&pending.incoming.sip_call_id);
        self.x.lines.take_inbound(pending.trunk.id);
        self.begin(order, |session, x| {
            session.take(x, &pending.incoming, &pending.trunk, pending.at)
        });
    }

    pub(super) fn refuse(&mut self, leg: LegId, status: u16, retry_after: Option<Duration>) {
        if self.take_pending(leg).is_some() {
            self.reject("refused by the campaign");
            self.x.endpoint.reject(self.x.now(), leg, status, retry_after);
        }
    }

    pub(super) fn unclaimed(&mut self, leg: LegId) {
        if self.take_pending(leg).is_some() {
            self.reject("unclaimed");
            self.x.endpoint.reject(self.x.now(), leg, 503, Some(RETRY_AFTER));
        }
    }

    /// The caller has hung up before anybody answered.
    pub(super) fn forget_pending(&mut self, leg: LegId) {
        self.take_pending(leg);
    }

    fn take_pending(&mut self, leg: LegId) -> Option<Pending> {
        self.x.timers.cancel(TimerKey::Unclaimed(leg));
        self.pending.remove(&leg)
    }
}

/// Which of our numbers was dialled, with its campaign.
fn number_of<'a>(
    numbers: &'a [Number],
    trunk: &Trunk,
    user: &str,
) -> Option<(&'a Number, crate::ids::CampaignId)> {
    let dialled = phone_of(user, trunk.number_format)?;
    let number = numbers
        .iter()
        .find(|n| n.trunk == trunk.id && n.phone == dialled)?;
    Some((number, number.campaign?))
}
