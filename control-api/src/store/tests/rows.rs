//! Rows that tests begin with.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;
use trunkline_gateway::cdr::{CallDirection, Cdr, EndedBy, Side};
use trunkline_gateway::ids::{CallId, LegId, SessionId, TrunkId};
use trunkline_gateway::leg::trace::{Line, Trace, Way};
use trunkline_gateway::trunk::snapshot::Transport;
use uuid::Uuid;

use super::super::campaigns::{self, Campaign, CampaignStatus, LocateBy, SegmentBy, Settings};
use super::super::nodes::Beat;
use super::super::sessions::{self, Direction, Session, SessionState};
use super::super::targets::Target;
use super::super::trunks::Trunk;
use super::super::{Db, calls::Call};

/// The `n`th id: sorts by `n`.
pub(super) fn id(n: u128) -> String {
    Uuid::from_u128(n).to_string()
}

/// Ids of events, which sort in the order they were made.
pub(crate) fn new_event_id() -> String {
    static MADE: AtomicU64 = AtomicU64::new(1);
    id(u128::from(MADE.fetch_add(1, Ordering::SeqCst)) << 32)
}

pub(crate) fn campaign(n: u128, name: &str) -> Campaign {
    Campaign {
        id: id(n),
        name: name.to_owned(),
        status: CampaignStatus::Paused,
        country: "us".to_owned(),
        kind: "custom".to_owned(),
        segment_by: SegmentBy::Custom,
        locate_by: LocateBy::None,
        language: "en".to_owned(),
        settings: Settings::default(),
        created_at: 1,
        updated_at: 1,
        launched_at: None,
        archived_at: None,
    }
}

pub(super) async fn live_campaign(db: &Db, n: u128) -> Campaign {
    let row = campaign(n, &format!("campaign {n}"));
    campaigns::create(db, &row).await.unwrap();
    campaigns::set_status(db, &row.id, CampaignStatus::Live, 2)
        .await
        .unwrap()
}

pub(super) fn target(n: u128, key: &str) -> Target {
    Target {
        id: id(n),
        key: key.to_owned(),
        title: "Senator".to_owned(),
        name: "Ada O'Rourke".to_owned(),
        pronunciation: String::new(),
        district: "NY".to_owned(),
        location: "Albany".to_owned(),
        phone: Some("+12025550100".to_owned()),
        extension: String::new(),
        data: json!({"party": "I"}),
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn trunk(n: u128, name: &str) -> Trunk {
    Trunk {
        id: id(n),
        name: name.to_owned(),
        host: "sip.example.net".to_owned(),
        port: Some(5062),
        transport: "udp".to_owned(),
        allow: vec!["192.0.2.0/24".to_owned()],
        username: "us".to_owned(),
        password_enc: Some("01ab".to_owned()),
        register: false,
        challenge: "off".into(),
        codecs: vec!["PCMU".to_owned(), "PCMA".to_owned()],
        dtmf: "rfc4733".to_owned(),
        srtp: "off".to_owned(),
        srtp_over_plain: false,
        learn_source: true,
        max_channels: 30,
        max_cps: 5,
        number_format: "e164_plus".to_owned(),
        tech_prefix: String::new(),
        caller_id: None,
        dialling: Default::default(),
        enabled: true,
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn session(n: u128, campaign: &Campaign, queued_at: i64) -> Session {
    Session {
        id: id(n),
        campaign_id: campaign.id.clone(),
        direction: Direction::Outbound,
        state: SessionState::Queued,
        status: "queued".to_owned(),
        step: String::new(),
        phone_hash: "ab".repeat(32),
        phone_enc: Some("01cd".to_owned()),
        phone_last2: "23".to_owned(),
        country: "us".to_owned(),
        reference: "mail-7".to_owned(),
        location: "10001".to_owned(),
        caller_id: Some("+12025550199".to_owned()),
        record: false,
        targets: Vec::new(),
        target_keys: Vec::new(),
        node: None,
        lease_until: 0,
        not_before_at: 0,
        attempts: 0,
        queued_at,
        started_at: None,
        answered_at: None,
        ended_at: None,
        queue_delay_ms: None,
        duration_ms: None,
    }
}

/// A session that `node` dials since `now`.
pub(super) async fn dialling(db: &Db, n: u128, campaign: &Campaign, node: &str, now: i64) -> Session {
    sessions::create(db, &session(n, campaign, now - 10))
        .await
        .unwrap();
    let claimed = sessions::claim(db, node, 1, now + 100, now).await.unwrap();
    assert_eq!(claimed.len(), 1);
    sessions::start_dialling(db, &id(n), node, now).await.unwrap()
}

pub(crate) fn call(n: u128, session: &Session) -> Call {
    Call {
        id: id(n),
        session_id: session.id.clone(),
        campaign_id: session.campaign_id.clone(),
        target_key: "custom:1".to_owned(),
        target_index: 0,
        office_uid: String::new(),
        caller_id_reason: "caller_proved".to_owned(),
        status: "ringing".to_owned(),
        outcome: None,
        started_at: 100,
        ended_at: None,
        duration_ms: None,
    }
}

pub(crate) fn cdr(n: u128) -> Cdr {
    Cdr {
        id: LegId(Uuid::from_u128(n)),
        session_id: SessionId(Uuid::from_u128(1)),
        call_id: Some(CallId(Uuid::from_u128(2))),
        side: Side::Target,
        direction: CallDirection::Outbound,
        trunk: TrunkId(Uuid::from_u128(3)),
        node: "gw1".to_owned(),
        from_ref: "ab".to_owned(),
        to_ref: "+12025550100".to_owned(),
        sip_call_id: "x@y".to_owned(),
        created_at: 1_000,
        ringing_at: Some(1_200),
        answered_at: Some(2_000),
        ended_at: 5_500,
        duration_ms: 4_500,
        billable_ms: 3_500,
        pdd_ms: Some(200),
        sip_status: Some(200),
        q850_cause: Some(16),
        cause: "Normal, \"quoted\"\nclearing".to_owned(),
        ended_by: EndedBy::Target,
        codec: Some("PCMU".to_owned()),
        rtp_rx_packets: 175,
        rtp_tx_packets: 176,
        rtp_lost: 1,
        jitter_ms: 0.75,
        mos: Some(4.4),
        one_way: false,
        digits: "*".to_owned(),
    }
}

/// What was said on the leg of a record: an INVITE that went twice, and its answer.
pub(crate) fn trace(cdr: &Cdr) -> Trace {
    let line = |at_ms, way, status: Option<u16>| Line {
        at_ms,
        way,
        method: "INVITE".into(),
        status,
        reason: status.map_or(String::new(), |_| "OK".to_owned()),
        cseq: 7,
        transport: Transport::Udp,
        fork: status.map(|_| 0),
        sdp: status.map(|_| "PCMU sendrecv".to_owned()),
        repeats: u32::from(status.is_none()),
    };
    Trace {
        leg: cdr.id,
        session: cdr.session_id,
        side: cdr.side,
        at: cdr.created_at,
        server: ([192, 0, 2, 10], 5060).into(),
        messages: vec![line(0, Way::Sent, None), line(900, Way::Received, Some(200))],
        beyond: 0,
    }
}

/// What a node says that takes calls.
pub(crate) fn beat(id: &str) -> Beat<'_> {
    Beat {
        id,
        started_at: 1,
        version: "1.0.0",
        draining: false,
        sessions: 2,
    }
}
