//! What was seen of a trunk: kept as it comes, judged afterwards.

use std::sync::Arc;
use std::time::Duration;

use trunkline_gateway::cdr::Cdr;
use trunkline_gateway::phone::Phone;
use trunkline_gateway::trunk::registration::Standing;
use trunkline_gateway::trunk::snapshot::Trunk;

/// The keys that are pressed: all sixteen.
pub(super) const KEYS: &str = "1234567890*#ABCD";

/// Everything.
#[derive(Debug)]
pub(super) struct Facts {
    /// As it is set.
    pub(super) trunk: Arc<Trunk>,
    /// We listen where calls to us arrive; otherwise another program has the port, and what comes in goes to it.
    pub(super) listens: bool,
    /// How our REGISTER went.
    pub(super) standing: Standing,
    /// From OPTIONS to its answer.
    pub(super) round_trip: Option<Duration>,
    /// Number that was called, when one was to be.
    pub(super) number: Option<Phone>,
    /// Number that was shown.
    pub(super) shown: Option<Phone>,
    /// The number called is ours on this trunk: the call should come back.
    pub(super) comes_back: bool,
    /// The call.
    pub(super) call: Side,
    /// The same call, where it came back to us.
    pub(super) back: Option<Back>,
    /// Calls a second, step by step.
    pub(super) steps: Vec<Step>,
}

/// One leg.
#[derive(Debug, Default)]
pub(super) struct Side {
    /// The first 18x, and whether it carried media.
    pub(super) ringing: Option<(u16, bool)>,
    /// What became of our hold, and of taking it back: `None` while it is not answered, the status that refused it.
    pub(super) held: Option<Option<u16>>,
    /// The same for taking it back.
    pub(super) resumed: Option<Option<u16>>,
    /// Its record.
    pub(super) cdr: Option<Cdr>,
}

/// The call as it came back.
#[derive(Debug)]
pub(super) struct Back {
    /// Who calls, as the trunk says.
    pub(super) from: Option<Phone>,
    /// The leg.
    pub(super) side: Side,
}

/// One step of calls a second.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Step {
    /// Calls placed within one second.
    pub(super) rate: u32,
    /// Of these, taken.
    pub(super) taken: u32,
    /// Status of one that was not; `None` for silence.
    pub(super) refusal: Option<Option<u16>>,
}

impl Facts {
    /// The trunk said something of the call.
    pub(super) fn was_heard(&self) -> bool {
        let status = self.call.cdr.as_ref().and_then(|cdr| cdr.sip_status);
        self.call.ringing.is_some() || status.is_some()
    }

    /// Where the trunk is.
    pub(super) fn place(&self) -> String {
        let first = self.trunk.addresses().next();
        first.map_or_else(|| self.trunk.host.clone(), |address| address.to_string())
    }
}
