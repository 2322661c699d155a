//! What an exported line looks like, character by character.

use std::fmt::Write;

use trunkline_gateway::cdr::{CallDirection, EndedBy, Side};
use trunkline_gateway::ids::{LegId, SessionId, TrunkId};
use uuid::Uuid;

use super::*;

fn cdr() -> Cdr {
    Cdr {
        id: LegId(Uuid::from_u128(1)),
        session_id: SessionId(Uuid::from_u128(2)),
        call_id: None,
        side: Side::Caller,
        direction: CallDirection::Outbound,
        trunk: TrunkId(Uuid::from_u128(3)),
        node: "gw1".to_owned(),
        from_ref: "+12025550100".to_owned(),
        to_ref: "ab".to_owned(),
        sip_call_id: "a,b@c".to_owned(),
        created_at: 1_795_234_567_089,
        ringing_at: None,
        answered_at: None,
        ended_at: 1_795_234_568_000,
        duration_ms: 911,
        billable_ms: 0,
        pdd_ms: Some(120),
        sip_status: Some(486),
        q850_cause: Some(17),
        cause: "=HYPERLINK(\"x\")".to_owned(),
        ended_by: EndedBy::Target,
        codec: None,
        rtp_rx_packets: 0,
        rtp_tx_packets: 0,
        rtp_lost: 0,
        jitter_ms: 0.0,
        mos: None,
        one_way: false,
        digits: String::new(),
    }
}

fn call() -> Call {
    Call {
        id: "c".to_owned(),
        session_id: "s".to_owned(),
        campaign_id: "k".to_owned(),
        target_key: "custom:1".to_owned(),
        target_index: 0,
        office_uid: String::new(),
        caller_id_reason: "campaign".to_owned(),
        status: "completed".to_owned(),
        outcome: Some("talked".to_owned()),
        started_at: 0,
        ended_at: Some(1),
        duration_ms: Some(1),
    }
}

#[test]
fn lines_are_what_spreadsheets_and_programs_read() {
    let mut said = String::new();
    write!(said, "{CDR_COLUMNS}\n{}", cdr_csv(&cdr()).unwrap()).unwrap();
    write!(said, "{CALL_COLUMNS}\n{}", call_csv(&call()).unwrap()).unwrap();
    let json = serde_json::to_string(&CdrLine::from(&cdr())).unwrap();
    assert_eq!(said.replace("\r\n", "\n"), include_str!("lines.txt"));
    assert_eq!(said.matches("\r\n").count(), 2, "every row ends with CRLF");
    assert!(
        json.contains("\"cause\":\"=HYPERLINK(\\\"x\\\")\",\"ended_by\":\"target\""),
        "{json}"
    );
}

#[test]
fn columns_are_the_fields_in_order() {
    let keys = |json: serde_json::Value| json.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    for (columns, line) in [
        (CDR_COLUMNS, serde_json::to_value(CdrLine::from(&cdr())).unwrap()),
        (
            CALL_COLUMNS,
            serde_json::to_value(CallLine::from(&call())).unwrap(),
        ),
    ] {
        let mut columns: Vec<&str> = columns.split(',').collect();
        let mut keys = keys(line);
        columns.sort_unstable();
        keys.sort();
        assert_eq!(columns, keys);
    }
}
