//! What is counted is what is shown, and nothing personal is a label.

use trunkline_gateway::cdr::{CallDirection, EndedBy, Side};
use trunkline_gateway::ids::{LegId, SessionId, TrunkId};
use uuid::Uuid;

use super::*;

fn cdr() -> Cdr {
    Cdr {
        id: LegId(Uuid::from_u128(1)),
        session_id: SessionId(Uuid::from_u128(2)),
        call_id: None,
        side: Side::Target,
        direction: CallDirection::Outbound,
        trunk: TrunkId(Uuid::from_u128(3)),
        node: "gw1".to_owned(),
        from_ref: "ref-from".to_owned(),
        to_ref: "ref-to".to_owned(),
        sip_call_id: "abc@host".to_owned(),
        created_at: 1_000,
        ringing_at: Some(1_300),
        answered_at: Some(3_000),
        ended_at: 23_000,
        duration_ms: 22_000,
        billable_ms: 20_000,
        pdd_ms: Some(300),
        sip_status: Some(200),
        q850_cause: Some(16),
        cause: "hung up".to_owned(),
        ended_by: EndedBy::Target,
        codec: Some("PCMU".to_owned()),
        rtp_rx_packets: 1_000,
        rtp_tx_packets: 1_001,
        rtp_lost: 7,
        jitter_ms: 3.0,
        mos: Some(4.3),
        one_way: true,
        digits: "123".to_owned(),
    }
}

#[test]
fn a_leg_is_counted_by_its_trunk() {
    let metrics = Metrics::default();
    metrics.leg_ended("carrier", &cdr());
    metrics.call_ended(CallStatus::NoAnswer, Outcome::NoAnswer);
    metrics.session_ended(SessionStatus::Completed);
    metrics.request(
        "GET",
        "/v1/sessions/{id}",
        200,
        std::time::Duration::from_millis(3),
    );
    metrics.spoke(
        "http",
        speech::Outcome::TimedOut,
        std::time::Duration::from_secs(15),
    );
    metrics.spoke("flite", speech::Outcome::Kept, std::time::Duration::ZERO);
    let text = metrics.text(&Moment::default());
    for line in [
        r#"trunkline_legs_ended_total{trunk="carrier",side="target",direction="outbound",ended_by="target",sip_status="200"} 1"#,
        r#"trunkline_legs_answered_total{trunk="carrier",side="target"} 1"#,
        r#"trunkline_post_dial_delay_seconds_sum{trunk="carrier"} 0.3"#,
        r#"trunkline_setup_seconds_sum{trunk="carrier"} 2.0"#,
        r#"trunkline_leg_duration_seconds_sum{trunk="carrier"} 20.0"#,
        r#"trunkline_rtp_lost_packets_total{trunk="carrier"} 7"#,
        r#"trunkline_one_way_legs_total{trunk="carrier"} 1"#,
        r#"trunkline_calls_total{status="no-answer",outcome="no_answer"} 1"#,
        r#"trunkline_sessions_total{status="completed"} 1"#,
        r#"trunkline_http_requests_total{method="GET",route="/v1/sessions/{id}",status="200"} 1"#,
        r#"trunkline_speech_total{engine="http",outcome="timed_out"} 1"#,
        r#"trunkline_speech_total{engine="flite",outcome="cached"} 1"#,
        r#"trunkline_speech_seconds_sum{engine="http"} 15.0"#,
        "trunkline_database_up 0",
        "# EOF",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\nis not in\n{text}");
    }
    for never in ["ref-from", "ref-to", "abc@host", "00000000"] {
        assert!(!text.contains(never), "{never} stands in the metrics");
    }
}
