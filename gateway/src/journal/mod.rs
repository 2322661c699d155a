//! The journal: what every leg is, written down before it lives and after it ends, so that a crash loses no CDR and
//! leaves nobody on the line (DESIGN.md 6).
//!
//! ```text
//! Begin ─► [Answered] ─► Ended ─► Stored          the INVITE leaves only after its Begin was written
//! Alive … Alive … Alive                           tells a later reader until when the node lived
//! ```
//!
//! Lines are sealed (`seal`): the disk shows no number. Pure: this module knows lines and what they add up to; `io::journal_file` owns
//! the file.

pub mod ledger;
pub mod line;
pub mod seal;

use serde::{Deserialize, Serialize};

use crate::cdr::{CallDirection, Cdr, Side, WallMs};
use crate::ids::{CallId, LegId, SessionId, TrunkId};
use crate::sip::api::DialogSnapshot;

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// A leg is about to send its INVITE, or has received one.
    Begin(Begin),
    /// A leg's dialog is confirmed: it can be ended by whoever reads this.
    Answered {
        /// The leg.
        leg: LegId,
        /// When.
        at: WallMs,
        /// All that a BYE needs.
        dialog: DialogSnapshot,
    },
    /// A leg is over.
    Ended(Box<Cdr>),
    /// The leg's CDR is in the database; its lines are of no more use.
    Stored {
        /// The leg.
        leg: LegId,
    },
    /// The node is alive.
    Alive {
        /// When.
        at: WallMs,
    },
}

/// What a CDR needs of a leg that nobody could end properly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begin {
    /// The leg.
    pub leg: LegId,
    /// Its session.
    pub session: SessionId,
    /// Its call, for a target leg.
    pub call: Option<CallId>,
    /// Caller or target.
    pub side: Side,
    /// Inbound or outbound.
    pub direction: CallDirection,
    /// Its trunk.
    pub trunk: TrunkId,
    /// The node that has it.
    pub node: String,
    /// Keyed reference of the calling number.
    pub from_ref: String,
    /// Keyed reference of the called number.
    pub to_ref: String,
    /// Call-ID.
    pub sip_call_id: String,
    /// When.
    pub at: WallMs,
}

/// A leg that a journal began and never ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    /// How it began.
    pub begin: Begin,
    /// Since when it was answered, and its dialog.
    pub answered: Option<(WallMs, DialogSnapshot)>,
    /// The last time at which its node is known to have lived.
    pub last_alive: WallMs,
}
