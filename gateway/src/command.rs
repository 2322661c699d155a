//! What control-api orders.

use std::sync::Arc;
use std::time::Duration;

use crate::flow::{BoxedFlow, ClipBook, FlowTarget};
use crate::ids::{CampaignId, LegId, SessionId};
use crate::phone::Phone;
use crate::trunk::snapshot::Snapshot;

/// An order to the gateway. Orders about a session that has ended are ignored.
pub enum Command {
    /// Starts an outbound session: rings the caller.
    Dial(Box<SessionOrder>),
    /// Lets an inbound call ring that will be taken: its sounds are being made ready.
    Ring {
        /// As announced.
        leg: LegId,
    },
    /// Takes an inbound call that [`crate::event::EventKind::Incoming`] announced.
    Accept {
        /// As announced.
        leg: LegId,
        /// What to do with it.
        order: Box<SessionOrder>,
    },
    /// Refuses an inbound call.
    Refuse {
        /// As announced.
        leg: LegId,
        /// SIP status, 4xx to 6xx.
        status: u16,
        /// Put into Retry-After.
        retry_after: Option<Duration>,
    },
    /// Sounds that became ready after the session had begun.
    AddClips {
        /// The session.
        session: SessionId,
        /// Merged into its book.
        clips: ClipBook,
    },
    /// Answer to [`crate::event::EventKind::Locate`].
    Located {
        /// The session.
        session: SessionId,
        /// The targets, or `None` when the place is not known.
        targets: Option<Vec<FlowTarget>>,
        /// Their sounds.
        clips: ClipBook,
    },
    /// Ends a session and every leg of it.
    HangUp {
        /// The session.
        session: SessionId,
    },
    /// New trunks, routes and numbers; running legs are untouched.
    Swap(Arc<Snapshot>),
    /// The CDR of this leg is in the database: its journal lines may go.
    CdrStored {
        /// The leg.
        leg: LegId,
    },
    /// No new calls: OPTIONS and INVITE are answered 503; running ones go on.
    Drain,
    /// Takes no new calls while `on`, as in a drain, and takes them again afterwards; nothing ends by it.
    Rest {
        /// Whether it rests.
        on: bool,
    },
    /// BYE or CANCEL on every leg, now.
    Stop,
}

/// All that a session needs, so that it runs without database and HTTP.
pub struct SessionOrder {
    /// Its id.
    pub session: SessionId,
    /// Its campaign.
    pub campaign: CampaignId,
    /// The caller's number.
    pub caller: Phone,
    /// Keyed reference of the caller's number, for CDRs.
    pub caller_ref: String,
    /// Our number, shown to the caller and, until the caller is proved, to targets.
    pub caller_id: Phone,
    /// Keyed reference of `caller_id`.
    pub caller_id_ref: String,
    /// Keyed references of the targets' numbers are public: the numbers themselves are written into CDRs when this is set.
    pub target_refs_plain: bool,
    /// The campaign's rules.
    pub flow: BoxedFlow,
    /// Its sounds.
    pub clips: ClipBook,
    /// Longest session, all in all; behind every other limit.
    pub max_duration: Duration,
    /// No target's number is called more than so often at once, over all sessions of this node (CAMPAIGNS.md 4, office guard).
    pub max_per_number: u32,
    /// A target whose leg stays mute is called again over the next trunk.
    pub retry_one_way: bool,
    /// Record what the caller hears and says into this folder.
    pub record_to: Option<std::path::PathBuf>,
}
