//! From the queue to the line: claims sessions in order, reserves channels, and lets an order leave only after the guard (DESIGN.md 6).
//!
//! ```text
//! queued ─claim─► waiting here, its sounds being made ─admit: caller leg's turn, target channel─► guard ─► Command::Dial
//!    ▲                 │ no room before the lease runs out                                          │ not ours any more: let go
//!    └─────────────────┘                                                                            ▼
//! ```

mod inbound;
mod ledger;
mod order;
mod redial;

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use tokio::task::JoinHandle;
use trunkline_gateway::command::{Command, SessionOrder};
use trunkline_gateway::flow::CallStatus;
use trunkline_gateway::ids::{CampaignId, RouteId, SessionId};
use trunkline_gateway::phone::Phone;
use uuid::Uuid;

use crate::campaign::{Vouched, phone_of};
use crate::runtime::{App, GatewayError};
use crate::store::sessions::{self, Session};
use crate::store::{self, StoreError, campaigns};
pub(crate) use inbound::Caller;
use ledger::{Admission, Ledger, Wanted};
pub(crate) use redial::redial;

/// Sessions claimed and not dialled yet, at most.
const MAX_WAITING: usize = 64;
/// A claim holds so long; what is not dialled by then is anybody's.
const LEASE: Duration = Duration::from_secs(30);
/// With less of the lease left, a session goes back to the queue.
const LEASE_MARGIN: Duration = Duration::from_secs(10);
/// How often the queue is looked at when no bell rings.
const LOOK: Duration = Duration::from_millis(500);
/// A session that no route takes, or whose trunks are all down, is looked at again after so long.
const NO_TRUNK_WAIT_MS: i64 = 5_000;

/// What went back because its trunks had no room for long lets sessions of other trunks go first for so long.
const GIVEN_BACK_WAIT_MS: i64 = 2_000;

/// The dispatcher and what it holds. Cheap to clone; every clone is the same.
#[derive(Clone, Debug)]
pub(crate) struct Dispatch {
    app: App,
    ledger: Arc<Mutex<Ledger>>,
}

/// A claimed session that waits for its turn, while its sounds are made.
struct Waiting {
    session: Session,
    wanted: Wanted,
    order: JoinHandle<Result<SessionOrder, NotDialled>>,
}

/// What a look at the queue came to.
enum Next {
    /// Nothing more to do until a bell rings.
    Idle,
    /// Somebody can be dialled after so long.
    After(Duration),
}

impl Next {
    fn or_after(self, wait: Duration) -> Next {
        match self {
            Next::Idle => Next::After(wait),
            Next::After(sooner) => Next::After(sooner.min(wait)),
        }
    }
}

impl Dispatch {
    pub(crate) fn new(app: App) -> Dispatch {
        Dispatch {
            app,
            ledger: Arc::new(Mutex::new(Ledger::default())),
        }
    }

    /// Dials what is queued, for ever; drop the task to end it. What is claimed then goes back when its lease ends.
    pub(crate) async fn run(self) {
        let mut waiting = VecDeque::new();
        let mut rng = self.app.rng();
        loop {
            let bell = self.app.wake().queue.notified();
            let next = match self.look(&mut waiting, &mut rng).await {
                Ok(Next::Idle) => LOOK,
                Ok(Next::After(wait)) => wait.min(LOOK),
                Err(error) => {
                    tracing::warn!(%error, "the queue cannot be read; nobody is dialled");
                    LOOK
                }
            };
            // Whether the bell rang or the time is up, the next step is the same.
            let _ = tokio::time::timeout(next, bell).await;
        }
    }

    /// The campaign of a session that this node has.
    pub(crate) fn campaign_of(&self, session: SessionId) -> Option<CampaignId> {
        self.ledger().campaign_of(session)
    }

    /// A session is over: its channels are free.
    pub(crate) fn ended(&self, session: SessionId) {
        self.ledger().release(session);
        self.app.wake().queue.notify_one();
    }

    /// Gives back everything that is claimed and not dialled, so that others may have it at once.
    pub(crate) async fn give_back(&self) {
        let now = self.app.clock().now_ms();
        let mine = sessions::Filter {
            state: Some(sessions::SessionState::Claimed),
            ..sessions::Filter::default()
        };
        let Ok(claimed) = sessions::list(self.app.db(), &mine, &store::Page::first(1_000)).await else {
            return;
        };
        for session in claimed.items {
            let _left_alone = sessions::release(self.app.db(), &session.id, self.app.node(), now).await;
        }
    }

    async fn look(&self, waiting: &mut VecDeque<Waiting>, rng: &mut ChaCha8Rng) -> store::Result<Next> {
        let status = self.app.gateway().status();
        if status.draining || status.holding {
            return Ok(Next::Idle);
        }
        self.give_back_old(waiting).await;
        loop {
            let more = self.claim(waiting).await?;
            let next = self.admit(waiting, rng).await;
            // A full batch that all left means that there may be more.
            if !more || !waiting.is_empty() {
                return Ok(next);
            }
        }
    }

    /// Fills up; answers whether the queue may hold more.
    async fn claim(&self, waiting: &mut VecDeque<Waiting>) -> store::Result<bool> {
        let room = MAX_WAITING.saturating_sub(waiting.len());
        if room == 0 {
            return Ok(false);
        }
        let now = self.app.clock().now_ms();
        let lease_until = now + millis(LEASE);
        let room = i64::try_from(room).unwrap_or(1);
        let claimed = sessions::claim(self.app.db(), self.app.node(), room, lease_until, now).await?;
        let more = i64::try_from(claimed.len()).unwrap_or(0) == room;
        for session in claimed {
            match wanted(&self.app, &session).await? {
                // Its lease ended between admission and guard; it is being dialled all the same.
                Some(wanted) if self.ledger().holds(wanted.session) => {}
                Some(wanted) => waiting.push_back(Waiting {
                    order: self.prepare(session.clone()),
                    session,
                    wanted,
                }),
                None => self.give_up(&session.id, "its number is not kept any more").await,
            }
        }
        Ok(more)
    }

    /// Makes a session's order in a task of its own, so that speech for one delays nobody of another group.
    fn prepare(&self, session: Session) -> JoinHandle<Result<SessionOrder, NotDialled>> {
        let app = self.app.clone();
        tokio::spawn(async move {
            let campaign = campaigns::get(app.db(), &session.campaign_id).await?;
            let order = order::session_order(&app, &campaign, &session, Vouched::No).await;
            app.wake().queue.notify_one();
            Ok(order?)
        })
    }

    /// Dials everyone whose turn it is. Order is kept within a group of trunks: whoever is behind a session that must wait, waits too.
    async fn admit(&self, waiting: &mut VecDeque<Waiting>, rng: &mut ChaCha8Rng) -> Next {
        let mut blocked: HashSet<Option<RouteId>> = HashSet::new();
        let mut next = Next::Idle;
        let mut kept = VecDeque::new();
        let status = self.app.gateway().status();
        let snapshot = self.app.snapshot();
        while let Some(one) = waiting.pop_front() {
            let now = self.app.clock().now();
            let group = Ledger::group(&snapshot, &one.wanted);
            let admission = if blocked.contains(&group) || !one.order.is_finished() {
                Admission::Later { group }
            } else {
                self.ledger().admit(now, &snapshot, &status, &one.wanted, rng)
            };
            match admission {
                Admission::Now => self.start(one).await,
                Admission::Later { group } => {
                    blocked.insert(group);
                    kept.push_back(one);
                }
                Admission::At { at, group } => {
                    blocked.insert(group);
                    next = next.or_after(at.saturating_duration_since(now));
                    kept.push_back(one);
                }
                Admission::NoTrunk => self.postpone(&one.session, NO_TRUNK_WAIT_MS).await,
            }
        }
        *waiting = kept;
        next
    }

    async fn start(&self, one: Waiting) {
        let (session, id) = (one.wanted.session, one.session.id.clone());
        let prepared = one.order.await.unwrap_or(Err(NotDialled::Preparing));
        let Err(error) = self.dial(&id, prepared).await else {
            return;
        };
        tracing::warn!(session.id = id, %error, "the session was not dialled");
        match error {
            // It is not ours any more, or goes back when its lease ends.
            NotDialled::Store(_) => {}
            NotDialled::Order(_) | NotDialled::Preparing => self.give_up(&id, "it has no order").await,
            NotDialled::Gateway(_) => self.undial(&id).await,
        }
        self.ended(session);
    }

    async fn dial(&self, id: &str, order: Result<SessionOrder, NotDialled>) -> Result<(), NotDialled> {
        let order = order?;
        let now = self.app.clock().now_ms();
        // The guard: nothing leaves unless the row is still ours, and then never again.
        sessions::start_dialling(self.app.db(), id, self.app.node(), now).await?;
        self.app.gateway().send(Command::Dial(Box::new(order)))?;
        Ok(())
    }

    /// The order never reached the gateway: back into the queue.
    async fn undial(&self, id: &str) {
        let not_before = self.app.clock().now_ms() + NO_TRUNK_WAIT_MS;
        if let Err(error) = sessions::undial(self.app.db(), id, not_before).await {
            tracing::error!(session.id = id, %error, "the session is not back in the queue; the next start closes it");
        }
    }

    /// Ends a session that can never be dialled.
    async fn give_up(&self, id: &str, why: &str) {
        tracing::error!(session.id = id, why, "a session cannot be dialled and is ended");
        let now = self.app.clock().now_ms();
        if let Err(error) = self.end_not_started(id, now).await {
            tracing::warn!(session.id = id, %error, "the session's end is not written; its lease will end");
        }
    }

    /// Writes the end of a session of which nothing has left, and tells of it.
    async fn end_not_started(&self, id: &str, now: i64) -> store::Result<()> {
        let (status, step) = (CallStatus::Failed, "not started");
        let told = self.app.session_ended(id, status, step, now);
        if sessions::end(self.app.db(), id, status, step, now, Some(&told)).await? {
            self.app.hub().publish(told);
        }
        Ok(())
    }

    async fn postpone(&self, session: &Session, by_ms: i64) {
        let not_before = self.app.clock().now_ms() + by_ms;
        // What cannot be given back now goes back when its lease ends.
        if let Err(error) = sessions::release(self.app.db(), &session.id, self.app.node(), not_before).await {
            tracing::debug!(%error, "a claim is left to its lease");
        }
    }

    async fn give_back_old(&self, waiting: &mut VecDeque<Waiting>) {
        let keep_until = self.app.clock().now_ms() + millis(LEASE_MARGIN);
        let (old, kept): (VecDeque<Waiting>, VecDeque<Waiting>) = waiting
            .drain(..)
            .partition(|one| one.session.lease_until < keep_until);
        *waiting = kept;
        for one in old {
            self.postpone(&one.session, GIVEN_BACK_WAIT_MS).await;
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a session was not dialled. Its row says what becomes of it.
#[derive(Debug, thiserror::Error)]
enum NotDialled {
    /// The guard said no, or the database is away.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It can never be dialled.
    #[error(transparent)]
    Order(order::OrderError),
    /// The task that made its order died.
    #[error("its order was not made")]
    Preparing,
    /// The gateway takes no orders.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
}

impl From<order::OrderError> for NotDialled {
    fn from(error: order::OrderError) -> NotDialled {
        match error {
            order::OrderError::Store(error) => NotDialled::Store(error),
            other @ (order::OrderError::NoPhone | order::OrderError::NoCallerId) => NotDialled::Order(other),
        }
    }
}

/// What a session needs of the trunks. `None` when its number cannot be read.
async fn wanted(app: &App, session: &Session) -> crate::store::Result<Option<Wanted>> {
    let first_target = session.targets.iter().find_map(|t| t.offices.first());
    // Targets that are found during the call are in the country of our own number: it stands in for theirs.
    let own = || {
        Phone::new(session.caller_id.as_deref()?)
            .ok()
            .filter(|_| session.targets.is_empty())
    };
    let Some(caller) = phone_of(app, session).await? else {
        return Ok(None);
    };
    let ids = (session.id.parse::<Uuid>(), session.campaign_id.parse::<Uuid>());
    let (Ok(id), Ok(campaign)) = ids else {
        return Ok(None);
    };
    Ok(Some(Wanted {
        session: SessionId(id),
        campaign: CampaignId(campaign),
        caller,
        target: first_target.map(|office| office.phone.clone()).or_else(own),
        at: app.clock().now_ms(),
    }))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
