//! A call to one of our numbers: which campaign, whether the caller may, and what the gateway is told.

use std::time::Duration;

use trunkline_gateway::command::Command;
use trunkline_gateway::ids::{CampaignId, LegId, SessionId, TrunkId};
use trunkline_gateway::phone::Phone;
use uuid::Uuid;

use super::ledger::Wanted;
use super::{Dispatch, order};
use crate::campaign::{DraftError, Request, Vouched, draft};
use crate::daily;
use crate::guards::{self, Asker, Refused};
use crate::runtime::GatewayError;
use crate::store::campaigns::{self, Campaign, CampaignStatus, SegmentBy};
use crate::store::sessions::{self, Direction, Session};

/// What a caller's trunk is told to wait when we have no room or no database.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// The caller rings on while the script is spoken, but no longer than this; what comes later follows into the call.
const SCRIPT_WAIT: Duration = Duration::from_secs(2);

/// An inbound call as the gateway announced it.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) leg: LegId,
    pub(crate) trunk: TrunkId,
    pub(crate) campaign: CampaignId,
    pub(crate) to: Phone,
    pub(crate) from: Option<Phone>,
    pub(crate) vouched: bool,
}

/// Why a caller is not taken, as a SIP status.
enum Refusal {
    /// 603: blocked, or rung too often.
    Decline,
    /// 404: the campaign is gone.
    NotFound,
    /// 503 with Retry-After: no room, no database.
    Unavailable,
}

impl Dispatch {
    /// Answers the gateway about an inbound call, in a task of its own.
    pub(crate) fn incoming(&self, caller: Caller) {
        let this = self.clone();
        tokio::spawn(async move {
            let leg = caller.leg;
            let Err(refusal) = this.take(caller).await else {
                return;
            };
            let (status, retry_after) = match refusal {
                Refusal::Decline => (603, None),
                Refusal::NotFound => (404, None),
                Refusal::Unavailable => (503, Some(RETRY_AFTER)),
            };
            let refuse = Command::Refuse {
                leg,
                status,
                retry_after,
            };
            if let Err(error) = this.app.gateway().send(refuse) {
                // It refuses by itself when nobody answers.
                tracing::debug!(%error, "an inbound call is left to the gateway");
            }
        });
    }

    async fn take(&self, caller: Caller) -> Result<(), Refusal> {
        let unavailable = |error: crate::store::StoreError| {
            tracing::warn!(%error, "an inbound call is refused: the database");
            Refusal::Unavailable
        };
        let campaign = match campaigns::get(self.app.db(), &caller.campaign.to_string()).await {
            Ok(campaign) => campaign,
            Err(crate::store::StoreError::NotFound) => return Err(Refusal::NotFound),
            Err(error) => return Err(unavailable(error)),
        };
        self.blocklist(&campaign, &caller).await?;
        let session = self.row(&campaign, &caller).await?;
        let wanted = wanted(&caller, &campaign, &session, self.app.clock().now_ms());
        let admitted = {
            let (snapshot, status) = (self.app.snapshot(), self.app.gateway().status());
            let (now, mut rng) = (self.app.clock().now(), self.app.rng());
            self.ledger()
                .admit_inbound(now, &snapshot, &status, caller.trunk, &wanted, &mut rng)
        };
        if !admitted {
            return Err(Refusal::Unavailable);
        }
        // Last, so that nobody's tries are counted while we are full.
        self.limits(&campaign, &caller)
            .await
            .inspect_err(|_| self.ended(wanted.session))?;
        if let Err(error) = sessions::create(self.app.db(), &session).await {
            self.ended(wanted.session);
            return Err(unavailable(error));
        }
        // Nobody who is refused has heard it ring: their network may try elsewhere. Should it not ring, it is answered all the same.
        let ring = Command::Ring { leg: caller.leg };
        let _full_or_gone = self.app.gateway().send(ring);
        self.accept(&campaign, session, &caller, wanted.session)
            .await
            .inspect_err(|_| self.ended(wanted.session))
    }

    /// Blocklist and rate limit hold here too (CAMPAIGNS.md 2), the blocklist whatever the campaign's status.
    async fn blocklist(&self, campaign: &Campaign, caller: &Caller) -> Result<(), Refusal> {
        match &caller.from {
            Some(from) => passed(
                campaign,
                guards::blocked(&self.app, &campaign.id, from, None).await,
            ),
            None => Ok(()),
        }
    }

    /// A paused or archived campaign says so to everybody. Who withholds the number is held to the campaign's cap.
    async fn limits(&self, campaign: &Campaign, caller: &Caller) -> Result<(), Refusal> {
        if campaign.status != CampaignStatus::Live {
            return Ok(());
        }
        let from = caller.from.as_ref();
        let asker = from.map_or(Asker::Public, |from| {
            guards::asker_of(&self.app, from, Asker::Public)
        });
        passed(
            campaign,
            guards::count(&self.app, campaign, from, None, asker).await,
        )
    }

    async fn row(&self, campaign: &Campaign, caller: &Caller) -> Result<Session, Refusal> {
        let request = Request {
            direction: Direction::Inbound,
            // A caller who withholds the number is known by ours, which is never shown as theirs.
            phone: caller.from.clone().unwrap_or_else(|| caller.to.clone()),
            country: String::new(),
            location: String::new(),
            target_keys: Vec::new(),
            reference: String::new(),
            record: false,
            caller_id: Some(caller.to.clone()),
        };
        draft(&self.app, campaign, request).await.map_err(|error| {
            tracing::error!(%error, campaign.id = campaign.id, "an inbound call has no session");
            match error {
                DraftError::NoNumber { .. }
                | DraftError::UnknownTarget { .. }
                | DraftError::NoLocation
                | DraftError::UnknownLocation { .. } => Refusal::NotFound,
                DraftError::Geocoder(_) | DraftError::Store(_) | DraftError::Privacy(_) => {
                    Refusal::Unavailable
                }
            }
        })
    }

    async fn accept(
        &self,
        campaign: &Campaign,
        session: Session,
        caller: &Caller,
        id: SessionId,
    ) -> Result<(), Refusal> {
        let vouched = if caller.vouched && caller.from.is_some() {
            Vouched::Yes
        } else {
            Vouched::No
        };
        let phone = caller.from.clone().unwrap_or_else(|| caller.to.clone());
        let Ok(daily) = daily::offer(&self.app, campaign, &session, &phone).await else {
            return Err(Refusal::Unavailable);
        };
        let daily = offered(daily, vouched);
        let spoken_of = match daily {
            Some(_) => daily::spoken_of(&self.app, campaign, &session, &phone).await.ok(),
            None => None,
        };
        let built = order::bare_order(&self.app, campaign, &session, vouched, daily, phone).await;
        let Ok(mut order) = built else {
            return Err(Refusal::Unavailable);
        };
        let (app, campaign) = (self.app.clone(), campaign.clone());
        let row = session.clone();
        let mut book = tokio::spawn(async move {
            app.script()
                .book(app.db(), &campaign, &row, spoken_of.as_ref())
                .await
        });
        let ready = tokio::time::timeout(SCRIPT_WAIT, &mut book).await;
        if let Ok(Ok(Ok(clips))) = ready {
            order.clips = clips;
        } else {
            self.send_clips_later(id, book);
        }
        let accept = Command::Accept {
            leg: caller.leg,
            order: Box::new(order),
        };
        match self.app.gateway().send(accept) {
            Ok(()) => Ok(()),
            Err(error @ (GatewayError::Full | GatewayError::Stopped)) => {
                tracing::warn!(%error, "an inbound call was not accepted");
                let now = self.app.clock().now_ms();
                // A row whose end is not written is closed by the next start of the node.
                let _ended = self.end_not_started(&session.id, now).await;
                Err(Refusal::Unavailable)
            }
        }
    }

    fn send_clips_later(
        &self,
        session: SessionId,
        book: tokio::task::JoinHandle<crate::store::Result<trunkline_gateway::flow::ClipBook>>,
    ) {
        let this = self.clone();
        tokio::spawn(async move {
            if let Ok(Ok(clips)) = book.await {
                let _full_or_gone = this.app.gateway().send(Command::AddClips { session, clips });
            }
        });
    }
}

/// What a guard's word means for a caller who rings.
fn passed(campaign: &Campaign, word: Result<(), Refused>) -> Result<(), Refusal> {
    match word {
        Ok(()) => Ok(()),
        Err(Refused::Store(_)) => Err(Refusal::Unavailable),
        Err(refused @ (Refused::Blocked | Refused::Limited { .. })) => {
            tracing::info!(%refused, campaign.id = campaign.id, "an inbound caller is refused");
            Err(Refusal::Decline)
        }
    }
}

fn wanted(caller: &Caller, campaign: &Campaign, session: &Session, at: i64) -> Wanted {
    let live = campaign.status == CampaignStatus::Live;
    let first_target = session.targets.iter().find_map(|t| t.offices.first());
    // Targets that are found during the call are in the country of our own number: it stands in for theirs.
    let located = session.targets.is_empty() && campaign.segment_by == SegmentBy::Location;
    Wanted {
        session: SessionId(session.id.parse::<Uuid>().unwrap_or_default()),
        campaign: caller.campaign,
        caller: caller.from.clone().unwrap_or_else(|| caller.to.clone()),
        target: first_target
            .map(|office| office.phone.clone())
            .or(located.then(|| caller.to.clone()))
            .filter(|_| live),
        at,
    }
}

/// Whom nobody vouches for may have written any number into From: daily calls are not offered to them, or a stranger would be rung every
/// day. Who is subscribed is told how to end it all the same.
fn offered(daily: Option<bool>, vouched: Vouched) -> Option<bool> {
    match (daily, vouched) {
        (Some(false), Vouched::No) => None,
        (Some(false), Vouched::Yes) | (Some(true) | None, Vouched::Yes | Vouched::No) => daily,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn daily_calls_are_offered_to_callers_who_are_who_they_say() {
        assert_eq!(offered(Some(false), Vouched::No), None);
        assert_eq!(offered(Some(false), Vouched::Yes), Some(false));
        assert_eq!(offered(Some(true), Vouched::No), Some(true));
    }
}
