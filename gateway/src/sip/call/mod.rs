//! The INVITE usages: what a call is from its INVITE to the end of its last transaction. The leaf machines `outbound`, `inbound` and
//! `established` decide; `endpoint` carries out what they decide.

pub(crate) mod established;
pub(crate) mod inbound;
pub(crate) mod outbound;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

use self::established::{Established, Refresher};
use self::inbound::Inbound;
use self::outbound::{Fork, Outbound};
use crate::ids::LegId;
use crate::sip::api::{Manners, Path};
use crate::sip::dialog::Dialog;
use crate::sip::digest;
use crate::sip::endpoint::{ClientKey, ServerId, Slot};
use crate::sip::header::{CallId, NameAddr};
use crate::sip::message::Message;

/// Most dialogs that one INVITE of ours may fork into and that we remember; older ones that were not taken are forgotten.
pub(crate) const MAX_FORKS: usize = 8;

/// One call.
pub(crate) struct Call {
    /// Its name.
    pub(crate) leg: LegId,
    /// How it began.
    pub(crate) origin: Origin,
    /// Its Call-ID.
    pub(crate) call_id: CallId,
    /// Our tag in all of its dialogs.
    pub(crate) local_tag: String,
    /// Our Contact.
    pub(crate) contact: NameAddr,
    /// The path of its INVITE.
    pub(crate) path: Path,
    /// Its dialogs: one for each tag of the far end. An inbound call has one.
    pub(crate) forks: Vec<Forked>,
    /// The dialog that was taken.
    pub(crate) chosen: Fork,
    /// The dialog after its ACK.
    pub(crate) established: Option<Established>,
    /// What the far ends may ask for, and what it was answered.
    pub(crate) credentials: Option<digest::Client>,
    /// Our latest description.
    pub(crate) description: Bytes,
    /// The far end's latest description.
    pub(crate) heard: Option<Bytes>,
    /// Our offer under way.
    pub(crate) ours: Option<Bytes>,
    /// The far end's offer that waits for the user.
    pub(crate) theirs: Option<Theirs>,
    /// Our 2xx to the last re-INVITE, to be repeated, and the ACK that is due.
    pub(crate) answer: Option<Repeated>,
    /// Bodies of INFO; the first is under way.
    pub(crate) infos: VecDeque<Bytes>,
    /// The agreed session interval.
    pub(crate) session: Option<(Duration, Refresher)>,
    /// The shortest that a 422 has allowed.
    pub(crate) min_se: Option<Duration>,
    /// What the far end is asked for and told.
    pub(crate) manners: Manners,
    /// The user was told of its end, or ended it.
    pub(crate) gone: bool,
    /// Q.850 cause for the Reason header of the BYE or CANCEL under way.
    pub(crate) cause: Option<u16>,
    /// How often challenges to requests within the dialog were answered since the last success.
    pub(crate) tries: u8,
    /// Client transactions that work for it.
    pub(crate) transactions: usize,
    /// Its place among the timeouts.
    pub(crate) slot: Slot,
}

/// How a call began.
pub(crate) enum Origin {
    /// By our INVITE.
    Outbound(Box<Outgoing>),
    /// By theirs.
    Inbound(Box<Ingoing>),
}

/// An outbound call's own.
pub(crate) struct Outgoing {
    /// Decides.
    pub(crate) machine: Outbound,
    /// Its INVITE, for another try with credentials: Via and CSeq are put in for each.
    pub(crate) invite: Message,
    /// The transaction of its INVITE.
    pub(crate) key: ClientKey,
    /// CSeq number of its INVITE.
    pub(crate) cseq: u32,
    /// How often a challenge was answered.
    pub(crate) tries: u8,
    /// The session interval that it asks for.
    pub(crate) session: Option<Duration>,
    /// How often that was found too short.
    pub(crate) longer: u8,
    /// A reliable 18x carried an answer to our offer: the far end may offer anew by UPDATE (RFC 3262 5, RFC 3311 5.1).
    pub(crate) early: Option<Early>,
}

/// What was agreed on before the 2xx.
pub(crate) struct Early {
    /// With whom.
    pub(crate) fork: Fork,
    /// The answer, which stands for that of a 2xx that has none; nothing more since an offer of theirs was accepted.
    pub(crate) answer: Option<Bytes>,
}

/// An inbound call's own.
pub(crate) struct Ingoing {
    /// Decides.
    pub(crate) machine: Inbound,
    /// The transaction of its INVITE.
    pub(crate) server: ServerId,
    /// It is sent no 18x: each would have to be reliable, and the first to carry our offer (RFC 3262 5).
    pub(crate) silent: bool,
    /// The 18x sent last.
    pub(crate) progress: Option<Bytes>,
    /// The reliable 18x sent last.
    pub(crate) reliable: Option<Reliable>,
    /// What waits for its PRACK.
    pub(crate) kept: Option<Kept>,
    /// The 2xx, to be repeated until its ACK.
    pub(crate) success: Option<Repeated>,
    /// Session-Expires to put into the 2xx.
    pub(crate) session: Option<(Duration, Refresher)>,
}

/// A reliable 18x of ours.
#[derive(Clone, Copy)]
pub(crate) struct Reliable {
    /// Its RSeq.
    pub(crate) rseq: u32,
    /// CSeq number of the INVITE.
    pub(crate) cseq: u32,
    /// Its PRACK has come.
    pub(crate) acknowledged: bool,
}

/// An 18x or 2xx of the user.
pub(crate) struct Kept {
    /// Its status.
    pub(crate) status: u16,
    /// Its description.
    pub(crate) sdp: Option<Bytes>,
}

/// One dialog of a call.
pub(crate) struct Forked {
    /// The dialog.
    pub(crate) dialog: Dialog,
    /// The ACK of its 2xx: the first, or that of the latest re-INVITE.
    pub(crate) ack: Option<Acked>,
}

/// An ACK that every copy of its 2xx gets again.
pub(crate) struct Acked {
    /// CSeq number of the INVITE.
    pub(crate) cseq: u32,
    /// Where to.
    pub(crate) path: Path,
    /// The ACK.
    pub(crate) bytes: Bytes,
}

/// A 2xx that is repeated until its ACK.
pub(crate) struct Repeated {
    /// CSeq number of the INVITE, and of the ACK.
    pub(crate) cseq: u32,
    /// Where to.
    pub(crate) path: Path,
    /// The 2xx.
    pub(crate) bytes: Bytes,
    /// It carried our offer: the ACK carries the answer.
    pub(crate) offered: bool,
}

/// An offer of theirs.
pub(crate) struct Theirs {
    /// The transaction of its request.
    pub(crate) server: ServerId,
    /// re-INVITE, not UPDATE.
    pub(crate) by_invite: bool,
    /// It had no description: we offer in the 2xx.
    pub(crate) empty: bool,
}

impl Call {
    /// A call with nothing in it but what each has from the start.
    pub(crate) fn new(
        leg: LegId,
        origin: Origin,
        (call_id, local_tag): (CallId, String),
        (contact, path): (NameAddr, Path),
    ) -> Box<Call> {
        Box::new(Call {
            leg,
            origin,
            call_id,
            local_tag,
            contact,
            path,
            forks: Vec::new(),
            chosen: 0,
            established: None,
            credentials: None,
            description: Bytes::new(),
            heard: None,
            ours: None,
            theirs: None,
            answer: None,
            infos: VecDeque::new(),
            session: None,
            min_se: None,
            manners: Manners::default(),
            gone: false,
            cause: None,
            tries: 0,
            transactions: 0,
            slot: None,
        })
    }

    /// The dialog that was taken, or the first.
    pub(crate) fn dialog(&mut self) -> Option<&mut Dialog> {
        self.forks.get_mut(self.chosen).map(|forked| &mut forked.dialog)
    }

    /// The next deadline of its machines.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let origin = match &self.origin {
            Origin::Outbound(out) => out.machine.timers.next(),
            Origin::Inbound(ingoing) => ingoing.machine.timers.next(),
        };
        let established = self
            .established
            .as_ref()
            .and_then(|established| established.timers.next());
        [origin, established].into_iter().flatten().min()
    }

    /// Remembers the far end's description, where there is one.
    pub(crate) fn hear(&mut self, sdp: Option<&Bytes>) {
        if let Some(sdp) = sdp {
            self.heard = Some(sdp.clone());
        }
    }

    /// It is sent no 18x.
    pub(crate) fn is_silent(&self) -> bool {
        matches!(&self.origin, Origin::Inbound(ingoing) if ingoing.silent)
    }

    /// Nothing more will happen to it: it can be forgotten.
    pub(crate) fn is_finished(&self) -> bool {
        self.gone && self.transactions == 0
    }
}
