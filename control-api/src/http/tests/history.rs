//! Three days of calls, written as the gateway reports them, for everything that counts.

use trunkline_gateway::flow::{CallStatus, Outcome};

use super::api::{Api, START_MS};
use crate::store::calls::{self, Call};
use crate::store::cdrs;
use crate::store::sessions::{self, Direction, Session, SessionState};
use crate::store::tests::rows;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// A call as it ended: target, status, outcome, milliseconds talked.
type Ended = (&'static str, CallStatus, Outcome, i64);

/// Writes the history of a campaign.
pub(super) async fn write(api: &Api, campaign_id: &str) {
    let talked = |target| (target, CallStatus::Completed, Outcome::Talked, 60_000);
    let skipped = |target| (target, CallStatus::Completed, Outcome::Skipped, 5_000);
    let busy = |target| (target, CallStatus::Busy, Outcome::Busy, 0);
    let lost = |target| (target, CallStatus::NoAnswer, Outcome::NoAnswer, 0);
    let sessions: [(i64, &str, &str, &[Ended]); 5] = [
        (
            42 * HOUR_MS,
            "newsletter",
            "done 2",
            &[talked("custom:one"), busy("custom:two")],
        ),
        (
            26 * HOUR_MS,
            "newsletter",
            "done 2",
            &[skipped("custom:one"), talked("custom:two")],
        ),
        (26 * HOUR_MS, "poster", "talking 1", &[talked("custom:one")]),
        (HOUR_MS, "", "confirm", &[]),
        (MINUTE_MS, "", "target 1", &[lost("custom:gone")]),
    ];
    for (n, (ago, reference, step, ended)) in (1..).zip(sessions) {
        session(api, campaign_id, n, START_MS - ago, reference, step, ended).await;
    }
    let waits = row(campaign_id, 6, START_MS, "");
    sessions::create(api.app.db(), &waits).await.unwrap();
}

/// The id of the history's first session.
pub(super) fn first_session() -> String {
    id(16)
}

/// Writes a leg of the history's first session, with what was said on it.
pub(super) async fn trace(api: &Api) {
    let mut cdr = rows::cdr(7);
    cdr.session_id = trunkline_gateway::ids::SessionId(uuid::Uuid::parse_str(&first_session()).unwrap());
    let said = rows::trace(&cdr);
    cdrs::keep(api.app.db(), &[cdr], &[said]).await.unwrap();
}

async fn session(
    api: &Api,
    campaign_id: &str,
    n: u128,
    queued_at: i64,
    reference: &str,
    step: &str,
    ended: &[Ended],
) {
    let db = api.app.db();
    let session = Session {
        state: SessionState::Live,
        status: "in-progress".to_owned(),
        started_at: Some(queued_at + 1_500),
        answered_at: Some(queued_at + 9_000),
        queue_delay_ms: Some(1_500),
        ..row(campaign_id, n, queued_at, reference)
    };
    sessions::create(db, &session).await.unwrap();
    for (index, (target, status, outcome, talk_ms)) in (0_i64..).zip(ended.iter().copied()) {
        let started_at = queued_at + 20_000 + index * 90_000;
        let call = Call {
            id: id(n * 16 + 1 + u128::try_from(index).unwrap()),
            session_id: session.id.clone(),
            campaign_id: campaign_id.to_owned(),
            target_key: target.to_owned(),
            target_index: index,
            office_uid: String::new(),
            caller_id_reason: "campaign".to_owned(),
            status: "ringing".to_owned(),
            outcome: None,
            started_at,
            ended_at: None,
            duration_ms: None,
        };
        calls::start(db, &call).await.unwrap();
        calls::end(db, &call.id, status, outcome, talk_ms, started_at + talk_ms, None)
            .await
            .unwrap();
    }
    sessions::end(
        db,
        &session.id,
        CallStatus::Completed,
        step,
        queued_at + 300_000,
        None,
    )
    .await
    .unwrap();
}

/// Ids that none of the API's own collides with.
fn id(n: u128) -> String {
    uuid::Uuid::from_u128(0xca11_0000_0000_0000_0000_0000_0000_0000 + n).to_string()
}

fn row(campaign_id: &str, n: u128, queued_at: i64, reference: &str) -> Session {
    Session {
        id: id(n * 16),
        campaign_id: campaign_id.to_owned(),
        direction: Direction::Outbound,
        state: SessionState::Queued,
        status: "queued".to_owned(),
        step: String::new(),
        phone_hash: "ab".repeat(32),
        phone_enc: None,
        phone_last2: "23".to_owned(),
        country: "us".to_owned(),
        reference: reference.to_owned(),
        location: String::new(),
        caller_id: None,
        record: false,
        targets: Vec::new(),
        target_keys: Vec::new(),
        node: None,
        lease_until: 0,
        not_before_at: 0,
        attempts: 1,
        queued_at,
        started_at: None,
        answered_at: None,
        ended_at: None,
        queue_delay_ms: None,
        duration_ms: None,
    }
}
