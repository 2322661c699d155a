//! What the endpoint and its user say to each other: the five verbs of a leg, and what comes back.
//!
//! ```text
//!            user ── dial / progress / answer / reject / modify / close ──►  endpoint
//!            user ◄── Incoming, Progress, Answered, Failed, Ended, …  ──────  endpoint  ──► Transmit, Timeout
//! ```

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::ids::LegId;
use crate::sip::header::Authorization;
use crate::trunk::snapshot::{Credentials, Refer, Transport};

/// Where a message came from or goes to. Responses go back over the path of their request (RFC 3261 18.2.2, RFC 3581).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    /// UDP or TCP.
    pub transport: Transport,
    /// The address we listen on.
    pub local: SocketAddr,
    /// The far end's address as we saw it.
    pub remote: SocketAddr,
    /// The connection it came over, for streams; `None` opens one or takes one that is open to `remote`.
    pub connection: Option<u64>,
}

/// What the endpoint is told by the outside.
#[derive(Clone, Debug)]
pub enum Input {
    /// One datagram, or one message cut from a stream by `framing`.
    Message {
        /// Where from.
        path: Path,
        /// The bytes.
        bytes: Bytes,
    },
    /// A message could not be sent, or a connection died (RFC 3261 17.1.4).
    TransportFailed {
        /// Where to.
        path: Path,
    },
    /// Time has come to what `Output::Timeout` said.
    Timeout,
}

/// What the endpoint wants. Drain until `Timeout`.
#[derive(Clone, Debug)]
pub enum Output {
    /// Send these bytes.
    Transmit {
        /// Where to.
        path: Path,
        /// One message.
        bytes: Bytes,
    },
    /// Something happened to a leg.
    Event(Event),
    /// Nothing more now; call again with `Input::Timeout` at this time, when there is one.
    Timeout(Option<Instant>),
}

/// An outbound call. All strings were built by type: no CR, LF or NUL can be in them.
#[derive(Clone, Debug)]
pub struct Dial {
    /// Names the leg from here on.
    pub leg: LegId,
    /// Where the INVITE goes.
    pub path: Path,
    /// Request-URI, for example `sip:+12025550123@carrier.example;user=phone`.
    pub request_uri: String,
    /// URI of From.
    pub from_uri: String,
    /// URI of To.
    pub to_uri: String,
    /// The Contact that the far end shall use for us.
    pub contact: String,
    /// Further headers, name and value (P-Asserted-Identity, Privacy, …).
    pub headers: Vec<(String, String)>,
    /// SDP offer.
    pub sdp: Bytes,
    /// For 401 and 407.
    pub credentials: Option<Credentials>,
    /// What is done about a far end that says nothing.
    pub patience: Patience,
    /// What the far end is asked for and told within the call.
    pub manners: Manners,
}

/// What a far end is asked for and told within a call, whoever made it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manners {
    /// The call is to be refreshed at least so often (RFC 4028); `None` asks for nothing.
    pub session_expires: Option<Duration>,
    /// How REFER is refused.
    pub refer: Refer,
}

/// A REGISTER to a trunk's registrar (RFC 3261 section 10.2). Orders with one token belong together: they have one Call-ID, and
/// the CSeq goes on.
#[derive(Clone, Debug)]
pub struct Register {
    /// Comes back in [`Event::Registered`].
    pub token: u64,
    /// Where it goes.
    pub path: Path,
    /// Request-URI: the domain, for example `sip:carrier.example`.
    pub registrar: String,
    /// Whose contact it is: To and From, for example `sip:account@carrier.example`.
    pub account: String,
    /// User part of our Contact.
    pub contact_user: String,
    /// How long; zero takes the contact back.
    pub expires: Duration,
    /// For 401 and 407.
    pub credentials: Option<Credentials>,
}

/// What a registrar said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registered {
    /// 2xx: our contact is bound for so long; not at all when it is zero.
    Granted(Duration),
    /// 423 with Min-Expires.
    TooBrief(Duration),
    /// Any other final answer; a challenge that our credentials cannot meet among them.
    Refused {
        /// The status.
        status: u16,
        /// Retry-After.
        retry_after: Option<Duration>,
    },
    /// Nothing, or there is no way to it.
    Silence,
}

/// How long an INVITE waits for the first word of the far end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// As long as [`crate::sip::endpoint::EndpointConfig::no_trying`] says: somebody else can be asked (DESIGN.md 3, rule 9).
    NextTrunk,
    /// As long as the transaction repeats it (timer B, RFC 3261 section 17.1.1.2): there is nobody else.
    Transaction,
}

/// Why and how a leg is closed by us. The endpoint picks CANCEL, BYE or a final response by the leg's state.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Close {
    /// Put into a Reason header (RFC 3326): `Q.850;cause=16`.
    pub q850_cause: Option<u16>,
}

/// What the endpoint reports.
#[derive(Clone, Debug)]
pub enum Event {
    /// A new INVITE outside of any dialog, well formed. 100 has been sent; answer with progress, answer or reject.
    Incoming(Box<Incoming>),
    /// 18x to our INVITE. `sdp` when it carried a description that counts as early media.
    Progress {
        /// The leg.
        leg: LegId,
        /// 180 to 199.
        status: u16,
        /// An answer to our offer.
        sdp: Option<Bytes>,
    },
    /// 100 to our INVITE: the trunk is there.
    Trying {
        /// The leg.
        leg: LegId,
    },
    /// 2xx to our INVITE (already acknowledged).
    Answered {
        /// The leg.
        leg: LegId,
        /// The answer; the one of an earlier reliable 18x when the 2xx has none.
        sdp: Option<Bytes>,
        /// All that is needed to hang up this dialog after a crash.
        dialog: DialogSnapshot,
    },
    /// Its 2xx has come again, and was acknowledged again: our ACK was lost, and until now the far end did not know that it is heard
    /// (RFC 3261 section 13.3.1.4).
    AnsweredAgain {
        /// The leg.
        leg: LegId,
    },
    /// ACK to our 2xx has come: an inbound leg is fully up.
    Confirmed {
        /// The leg.
        leg: LegId,
        /// The body of the ACK: the answer, when our 2xx carried the offer (RFC 3264 via RFC 3261 13.2.1).
        sdp: Option<Bytes>,
        /// All that is needed to hang up this dialog after a crash.
        dialog: DialogSnapshot,
    },
    /// Our INVITE has failed; the leg is gone.
    Failed {
        /// The leg.
        leg: LegId,
        /// Why.
        failure: Failure,
    },
    /// The far end offers new media in the dialog (re-INVITE or UPDATE); answer with `accept_modify` or `refuse_modify`.
    Modify {
        /// The leg.
        leg: LegId,
        /// The offer; `None` asks for ours (re-INVITE without SDP).
        offer: Option<Bytes>,
    },
    /// Answer to our own `modify`, to a refresh of the session timer when it says something new, or to the offer that we made by
    /// `accept_modify` when theirs was `None`.
    Modified {
        /// The leg.
        leg: LegId,
        /// The answer, or the status that refused it (488, 491 after its retry, timeout 408).
        result: Result<Option<Bytes>, u16>,
    },
    /// Keys in an INFO body (`application/dtmf-relay`, `application/dtmf`), answered 200 already.
    Info {
        /// The leg.
        leg: LegId,
        /// Content-Type.
        content_type: String,
        /// The body.
        body: Bytes,
    },
    /// A confirmed dialog has ended by the far end's BYE, or is lost; the leg is gone. Also after our own close, when all is quiet.
    Ended {
        /// The leg.
        leg: LegId,
        /// Why.
        reason: EndReason,
    },
    /// OPTIONS outside of a dialog was answered by us.
    OptionsAnswered {
        /// From where.
        path: Path,
    },
    /// Answer to our own `register`.
    Registered {
        /// As given to `register`.
        token: u64,
        /// What was said.
        answer: Registered,
        /// Contacts that are bound to the account beside ours (RFC 3261 section 10.3 step 8): its calls ring there too.
        others: usize,
    },
    /// Answer to our own `options` ping.
    Pong {
        /// As given to `options`.
        token: u64,
        /// Status and round trip; `None` on timeout.
        answer: Option<(u16, Duration)>,
    },
}

/// A new inbound call.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// Chosen by the endpoint from its seeded generator.
    pub leg: LegId,
    /// Where from.
    pub path: Path,
    /// User part of the Request-URI, unescaped bytes as text.
    pub to_user: String,
    /// User part of To: the number that was dialled, where the Request-URI is the Contact that we registered.
    pub dialled_user: String,
    /// User part of From.
    pub from_user: String,
    /// User part of P-Asserted-Identity, when present.
    pub asserted_user: Option<String>,
    /// The caller withholds who calls (Privacy: `id`, `user` or `header`).
    pub withheld: bool,
    /// Values of its Identity headers (RFC 8224), as they came.
    pub signed: Vec<String>,
    /// What it proves by digest; judged by the user, who knows the account.
    pub proofs: Vec<Authorization>,
    /// Call-ID.
    pub sip_call_id: String,
    /// SDP offer; `None` when the INVITE had none (we offer in the 200).
    pub sdp: Option<Bytes>,
}

/// Why an INVITE of ours failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A final response of 300 to 699.
    Status {
        /// The status.
        status: u16,
        /// The reason phrase as received.
        reason: String,
        /// Q.850 cause of a Reason header.
        q850_cause: Option<u16>,
        /// Retry-After.
        retry_after: Option<Duration>,
    },
    /// Not even a 100 within the time ([`Patience`]): the trunk is silent. The INVITE is abandoned; a late answer is ended by
    /// ACK and BYE.
    NoTrying,
    /// 100 came but no final answer within timer B or the endpoint's limits.
    Timeout,
    /// The transport failed.
    Transport,
    /// We closed it: 487 came, or nothing more did.
    Canceled,
}

/// Why a dialog ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// BYE from the far end, with the Q.850 cause of its Reason header.
    Bye {
        /// The cause.
        q850_cause: Option<u16>,
    },
    /// CANCEL from the far end before we answered (487 sent).
    Canceled,
    /// Our `close` or `reject` has been carried out.
    Closed,
    /// No ACK for 32 s; BYE was sent.
    NoAck,
    /// No PRACK of a reliable 18x for 32 s (504 sent).
    NoPrack,
    /// 481 or 408 within the dialog; BYE was sent where it makes sense.
    Lost,
    /// Its session timer ran out without a refresh (RFC 4028 10); BYE was sent.
    Expired,
}

/// A confirmed dialog in plain data, so that it can be journalled and ended by somebody else (RFC 3261 section 12).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DialogSnapshot {
    /// Call-ID.
    pub call_id: String,
    /// From of our requests, with tag.
    pub local: String,
    /// To of our requests, with tag.
    pub remote: String,
    /// Remote target: the URI of the far end's Contact.
    pub remote_target: String,
    /// Route set, in the order in which we send it.
    pub route_set: Vec<String>,
    /// CSeq number of our last request.
    pub local_cseq: u32,
    /// Transport of the dialog.
    pub transport: Transport,
    /// Where its requests go.
    pub next_hop: SocketAddr,
}
