//! What a call's events leave in the database and on the hub; and what waits while the database is away.

use std::path::Path;
use std::sync::Mutex;

use trunkline_gateway::cdr::Side;
use trunkline_gateway::event::{CallerIdReason, EventKind, LegState};
use trunkline_gateway::flow::{CallStatus, Outcome};
use trunkline_gateway::ids::{CallId, LegId, SessionId, TrunkId};
use trunkline_prompts::files::Files;
use trunkline_prompts::tts::{Saying, Spoken, Tts, TtsError};
use uuid::Uuid;

use super::*;
use crate::campaign::Script;
use crate::clock::Clock;
use crate::config::Config;
use crate::privacy::Keys;
use crate::runtime::{Gateway, GatewayError, GatewayStatus, Parts};
use crate::store::{Db, calls, sessions, testing};

/// Counts confirmed records.
#[derive(Default)]
struct Confirmed(Mutex<usize>);

impl Gateway for Confirmed {
    fn send(&self, command: Command) -> Result<(), GatewayError> {
        if matches!(command, Command::CdrStored { .. }) {
            *self.0.lock().unwrap() += 1;
        }
        Ok(())
    }

    fn status(&self) -> GatewayStatus {
        GatewayStatus::default()
    }
}

struct Silent;

impl Tts for Silent {
    fn speak(&self, _: Saying<'_>) -> Result<Spoken, TtsError> {
        Err(TtsError::Text)
    }
}

fn app(db: Db, folder: &Path, gateway: Arc<Confirmed>) -> App {
    App::new(Parts {
        db,
        keys: Keys::new([1; 32], [2; 32]),
        clock: Clock::moving(1_795_233_900_000, 1),
        gateway,
        script: Script::new(Files::open(folder).unwrap(), Box::new(Silent)),
        config: Arc::new(Config::parse(None, []).unwrap()),
        seed: 1,
    })
}

fn session() -> SessionId {
    SessionId(Uuid::from_u128(1))
}

fn campaign() -> CampaignId {
    CampaignId(Uuid::from_u128(2))
}

/// The session's row as an inbound call leaves it.
async fn a_session(db: &Db) {
    let row = r#"{"id":"00000000-0000-0000-0000-000000000001","campaign_id":"00000000-0000-0000-0000-000000000002",
        "direction":"outbound","state":"dialling","status":"ringing","step":"","phone_hash":"","phone_enc":null,"phone_last2":"23",
        "country":"us","ref":"","location":"","caller_id":null,"record":false,"targets":[],"target_keys":[],"node":"gw1",
        "lease_until":0,"not_before_at":0,"attempts":1,"queued_at":0,"started_at":10,"answered_at":null,"ended_at":null,"queue_delay_ms":10,
        "duration_ms":null}"#;
    let campaign = r#"{"id":"00000000-0000-0000-0000-000000000002","name":"c","status":"live","country":"us","kind":"custom",
        "segment_by":"custom","locate_by":"none","language":"en","settings":{},"created_at":0,"updated_at":0,
        "launched_at":null,"archived_at":null}"#;
    crate::store::campaigns::create(db, &serde_json::from_str(campaign).unwrap())
        .await
        .unwrap();
    sessions::create(db, &serde_json::from_str(row).unwrap())
        .await
        .unwrap();
}

/// A call with one target, event by event.
fn whole_call() -> Vec<Event> {
    let call = CallId(Uuid::from_u128(3));
    let step = |status, step: &str| EventKind::SessionStep {
        session: session(),
        status,
        step: step.into(),
    };
    let leg = |state| EventKind::Leg {
        session: session(),
        call: Some(call),
        leg: LegId(Uuid::from_u128(4)),
        side: Side::Target,
        trunk: TrunkId(Uuid::from_u128(5)),
        state,
    };
    let kinds = vec![
        step(CallStatus::InProgress, "confirm"),
        step(CallStatus::InProgress, "target 1"),
        EventKind::CallStarted {
            session: session(),
            call,
            index: 0,
            key: "custom:d".into(),
            office: String::new(),
            caller_id_reason: CallerIdReason::CallerProved,
        },
        leg(LegState::Dialling {
            shown: Some(CallerIdReason::CallerProved),
        }),
        leg(LegState::Ringing {
            status: 180,
            early_media: false,
        }),
        leg(LegState::Answered),
        step(CallStatus::InProgress, "talking 1"),
        EventKind::CallEnded {
            session: session(),
            call,
            index: 0,
            status: CallStatus::Completed,
            outcome: Outcome::Talked,
            duration_ms: 700,
        },
        EventKind::SessionEnded {
            session: session(),
            status: CallStatus::Completed,
            step: "done 1".into(),
        },
    ];
    (1..)
        .zip(kinds)
        .map(|(n, kind)| Event { at: n * 100, kind })
        .collect()
}

#[test]
fn a_call_becomes_rows_and_is_told() {
    testing::check(|db| async move {
        let folder = tempfile::tempdir().unwrap();
        let app = app(db.clone(), folder.path(), Arc::default());
        a_session(&db).await;
        let recorder = Recorder::new();
        let mut live = app.hub().subscribe(None).live;
        for event in whole_call() {
            recorder.note(&app, &event, Some(campaign()));
        }
        assert_eq!(
            live.try_recv().unwrap().kind,
            "session.step",
            "told before it is written"
        );
        let writing = tokio::spawn(recorder.clone().run(app.clone()));
        recorder.flushed().await;
        writing.abort();
        let id = session().to_string();
        let row = sessions::get(&db, &id).await.unwrap();
        assert_eq!((row.status.as_str(), row.step.as_str()), ("completed", "done 1"));
        assert_eq!((row.answered_at, row.ended_at), (Some(100), Some(900)));
        let calls = calls::of_session(&db, &id).await.unwrap();
        assert_eq!(
            (calls[0].status.as_str(), calls[0].outcome.as_deref()),
            ("completed", Some("talked"))
        );
        assert_eq!(calls[0].caller_id_reason, "caller_proved");
        let timeline = events::of_session(&db, &id).await.unwrap();
        let kinds: Vec<&str> = timeline.iter().map(|e| e.kind.as_str()).collect();
        assert_eq!(
            kinds.join(" "),
            "session.step session.step call.started leg.dialling leg.ringing leg.answered session.step call.ended session.ended"
        );
    });
}

#[test]
fn a_session_that_never_began_is_back_in_the_queue() {
    testing::check(|db| async move {
        let folder = tempfile::tempdir().unwrap();
        let app = app(db.clone(), folder.path(), Arc::default());
        a_session(&db).await;
        let recorder = Recorder::new();
        let kind = EventKind::SessionEnded {
            session: session(),
            status: CallStatus::Failed,
            step: "not started".into(),
        };
        recorder.note(&app, &Event { at: 50, kind }, Some(campaign()));
        let writing = tokio::spawn(recorder.clone().run(app.clone()));
        recorder.flushed().await;
        writing.abort();
        let row = sessions::get(&db, &session().to_string()).await.unwrap();
        assert_eq!(
            (row.status.as_str(), row.started_at, row.not_before_at),
            ("queued", None, 2_050)
        );
    });
}

/// What the database does not take stays, in order, and nothing is confirmed to the gateway.
#[test]
fn what_the_database_does_not_take_waits() {
    testing::check(|db| async move {
        let folder = tempfile::tempdir().unwrap();
        let gateway = Arc::new(Confirmed::default());
        let app = app(db.clone(), folder.path(), Arc::clone(&gateway));
        a_session(&db).await;
        let recorder = Recorder::new();
        for event in whole_call() {
            recorder.note(&app, &event, Some(campaign()));
        }
        let batch = recorder.buffer.take(100).await;
        let count = batch.len();
        db.close().await;
        let left = recorder.write(&app, batch.clone()).await;
        assert_eq!(*gateway.0.lock().unwrap(), 0);
        let order = |writes: &[Write]| -> Vec<String> {
            let rows = writes
                .iter()
                .filter(|w| matches!(w, Write::CallStarted(_) | Write::SessionEnded { .. }));
            rows.map(|w| format!("{w:?}")).collect()
        };
        assert_eq!(order(&left), order(&batch));
        assert!(left.len() < count, "steps that nobody would see are left out");
        let told = |writes: &[Write]| writes.iter().filter(|w| matches!(w, Write::Told(_))).count();
        assert_eq!(told(&left), told(&batch));
    });
}
