//! The dispatcher over a real database and a gateway that only writes its orders down.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use trunkline_gateway::ids::{LegId, TrunkId};
use trunkline_gateway::phone::Phone;
use trunkline_prompts::files::Files;
use trunkline_prompts::pcm::Pcm;
use trunkline_prompts::tts::{Saying, Spoken, Tts, TtsError};

use super::*;
use crate::campaign::{Request, Script, draft};
use crate::clock::Clock;
use crate::config::Config;
use crate::privacy::Keys;
use crate::runtime::{Gateway, GatewayStatus, Parts, snapshot};
use crate::store::campaigns::{Campaign, CampaignStatus, LocateBy, SegmentBy, Settings, TargetOffices};
use crate::store::sessions::{Direction, SessionState};
use crate::store::{Db, blocklist, numbers, routes, targets, testing, trunks};

const START_MS: i64 = 1_795_233_900_000;
const OURS: &str = "+12025550100";
const TRUNK: &str = "00000000-0000-0000-0000-00000000000a";

/// Writes down what it is told.
#[derive(Default)]
struct Written {
    orders: Mutex<Vec<String>>,
    status: Mutex<GatewayStatus>,
    full: Mutex<bool>,
}

impl Gateway for Written {
    fn send(&self, command: Command) -> Result<(), GatewayError> {
        let order = match command {
            Command::Dial(order) => {
                if *self.full.lock().unwrap() {
                    return Err(GatewayError::Full);
                }
                format!(
                    "dial …{} with {} sounds",
                    &order.caller.as_str()[8..],
                    order.clips.len()
                )
            }
            Command::Ring { .. } => "ring".to_owned(),
            Command::Accept { order, .. } => format!(
                "accept …{} shows {}",
                &order.caller.as_str()[8..],
                order.caller_id.as_str()
            ),
            Command::Refuse {
                status, retry_after, ..
            } => format!("refuse {status} {:?}", retry_after.map(|r| r.as_secs())),
            Command::Swap(_) => return Ok(()),
            Command::AddClips { .. }
            | Command::Located { .. }
            | Command::HangUp { .. }
            | Command::CdrStored { .. }
            | Command::Rest { .. }
            | Command::Drain
            | Command::Stop => "something else".to_owned(),
        };
        self.orders.lock().unwrap().push(order);
        Ok(())
    }

    fn status(&self) -> GatewayStatus {
        self.status.lock().unwrap().clone()
    }
}

struct Beep;

impl Tts for Beep {
    fn speak(&self, _: Saying<'_>) -> Result<Spoken, TtsError> {
        Ok(Pcm { samples: vec![0; 8] }.into())
    }
}

/// A live campaign with one target, and a trunk of `channels`.
struct Stage {
    app: App,
    dispatch: Dispatch,
    gateway: Arc<Written>,
    campaign: Campaign,
    waiting: VecDeque<Waiting>,
    _folder: tempfile::TempDir,
}

impl Stage {
    async fn set(db: Db, channels: i64) -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let gateway = Arc::new(Written::default());
        let app = App::new(Parts {
            db,
            keys: Keys::new([1; 32], [2; 32]),
            clock: Clock::moving(START_MS, 1),
            gateway: Arc::clone(&gateway) as Arc<dyn Gateway>,
            script: Script::new(Files::open(folder.path()).unwrap(), Box::new(Beep)),
            config: Arc::new(Config::parse(None, []).unwrap()),
            seed: 1,
        });
        let campaign = rows(&app, channels).await;
        snapshot::reload(&app).await.unwrap();
        Stage {
            dispatch: Dispatch::new(app.clone()),
            app,
            gateway,
            campaign,
            waiting: VecDeque::new(),
            _folder: folder,
        }
    }

    async fn queue(&self, phone: &str) -> String {
        let request = Request {
            direction: Direction::Outbound,
            phone: Phone::new(phone).unwrap(),
            country: String::new(),
            location: String::new(),
            target_keys: vec![],
            reference: String::new(),
            record: false,
            caller_id: None,
        };
        let session = draft(&self.app, &self.campaign, request).await.unwrap();
        sessions::create(self.app.db(), &session).await.unwrap();
        self.app.clock().advance(Duration::from_millis(1));
        session.id
    }

    /// Looks until every order that is being prepared has had its turn.
    async fn look(&mut self) -> String {
        let mut rng = self.app.rng();
        loop {
            self.dispatch.look(&mut self.waiting, &mut rng).await.unwrap();
            if self.waiting.iter().all(|one| one.order.is_finished()) {
                self.dispatch.look(&mut self.waiting, &mut rng).await.unwrap();
                break;
            }
            tokio::task::yield_now().await;
        }
        std::mem::take(&mut *self.gateway.orders.lock().unwrap()).join("; ")
    }

    async fn state(&self, id: &str) -> (SessionState, String) {
        let session = sessions::get(self.app.db(), id).await.unwrap();
        (session.state, session.status)
    }

    fn over(&self, id: &str) {
        self.dispatch.ended(SessionId(id.parse().unwrap()));
    }
}

async fn rows(app: &App, channels: i64) -> Campaign {
    let db = app.db();
    let campaign = Campaign {
        id: "00000000-0000-0000-0000-00000000000c".into(),
        name: "c".into(),
        status: CampaignStatus::Live,
        country: "us".into(),
        kind: "custom".into(),
        segment_by: SegmentBy::Custom,
        locate_by: LocateBy::None,
        language: "en".into(),
        settings: Settings::default(),
        created_at: 0,
        updated_at: 0,
        launched_at: None,
        archived_at: None,
    };
    crate::store::campaigns::create(db, &campaign).await.unwrap();
    let target = targets::Target {
        id: "00000000-0000-0000-0000-00000000000d".into(),
        key: "custom:d".into(),
        title: "Senator".into(),
        name: "D".into(),
        pronunciation: String::new(),
        district: String::new(),
        location: String::new(),
        phone: Some("+13035550100".into()),
        extension: String::new(),
        data: serde_json::Value::Null,
        created_at: 0,
        updated_at: 0,
    };
    targets::create(db, &target).await.unwrap();
    crate::store::campaigns::set_targets(db, &campaign.id, &[target.id])
        .await
        .unwrap();
    trunks::create(db, &trunk(channels)).await.unwrap();
    let number = numbers::Number {
        id: "00000000-0000-0000-0000-00000000000e".into(),
        e164: OURS.into(),
        trunk_id: TRUNK.into(),
        campaign_id: Some(campaign.id.clone()),
        created_at: 0,
    };
    numbers::create(db, &number).await.unwrap();
    let route = routes::Route {
        id: "00000000-0000-0000-0000-00000000000f".into(),
        name: "all".into(),
        prefixes: vec!["+1".into()],
        campaign_id: None,
        conditions: Default::default(),
        stop_codes: vec![],
        created_at: 0,
        updated_at: 0,
        trunks: vec![routes::RouteTrunk {
            trunk_id: TRUNK.into(),
            priority: 1,
            cost: 0,
            weight: 1,
        }],
    };
    routes::create(db, &route).await.unwrap();
    campaign
}

fn trunk(max_channels: i64) -> trunks::Trunk {
    trunks::Trunk {
        id: TRUNK.into(),
        name: "carrier".into(),
        host: "127.0.0.1".into(),
        port: Some(5070),
        transport: "udp".into(),
        allow: vec![],
        username: String::new(),
        password_enc: None,
        register: false,
        challenge: "off".into(),
        codecs: vec![],
        dtmf: "rfc4733".into(),
        srtp: "off".into(),
        srtp_over_plain: false,
        learn_source: false,
        max_channels,
        max_cps: 0,
        number_format: "e164_plus".into(),
        tech_prefix: String::new(),
        caller_id: None,
        dialling: Default::default(),
        enabled: true,
        created_at: 0,
        updated_at: 0,
    }
}

#[test]
fn sessions_are_dialled_in_order_as_channels_allow() {
    testing::check(|db| async move {
        // Four channels: two sessions, each with its caller and its target.
        let mut stage = Stage::set(db, 4).await;
        let mut ids = Vec::new();
        for phone in ["+12025550201", "+12025550202", "+12025550203"] {
            ids.push(stage.queue(phone).await);
        }
        assert_eq!(
            stage.look().await,
            "dial …0201 with 7 sounds; dial …0202 with 7 sounds"
        );
        assert_eq!(
            stage.state(&ids[0]).await,
            (SessionState::Dialling, "ringing".into())
        );
        assert_eq!(stage.state(&ids[2]).await.0, SessionState::Claimed);
        assert_eq!(
            stage.look().await,
            "",
            "nobody is dialled twice, nobody without a channel"
        );
        stage.over(&ids[1]);
        assert_eq!(stage.look().await, "dial …0203 with 7 sounds");
    });
}

#[test]
fn what_is_cancelled_while_it_waits_is_not_dialled() {
    testing::check(|db| async move {
        let mut stage = Stage::set(db, 2).await;
        let first = stage.queue("+12025550201").await;
        let second = stage.queue("+12025550202").await;
        assert_eq!(stage.look().await, "dial …0201 with 7 sounds");
        let now = stage.app.clock().now_ms();
        assert!(
            sessions::cancel_queued(stage.app.db(), &second, now, None)
                .await
                .unwrap()
        );
        stage.over(&first);
        assert_eq!(stage.look().await, "", "the guard said no");
        let third = stage.queue("+12025550203").await;
        assert_eq!(
            stage.look().await,
            "dial …0203 with 7 sounds",
            "and its channels are free again"
        );
        assert_eq!(stage.state(&third).await.0, SessionState::Dialling);
        assert_eq!(stage.state(&second).await.1, "canceled");
    });
}

#[test]
fn a_gateway_that_takes_no_orders_loses_nobody() {
    testing::check(|db| async move {
        let mut stage = Stage::set(db, 0).await;
        let id = stage.queue("+12025550201").await;
        *stage.gateway.full.lock().unwrap() = true;
        assert_eq!(stage.look().await, "");
        assert_eq!(stage.state(&id).await, (SessionState::Queued, "queued".into()));
        *stage.gateway.full.lock().unwrap() = false;
        stage.app.clock().advance(Duration::from_millis(5_001));
        assert_eq!(stage.look().await, "dial …0201 with 7 sounds");
    });
}

#[test]
fn a_draining_node_claims_nothing_and_gives_back_what_it_has() {
    testing::check(|db| async move {
        let mut stage = Stage::set(db, 2).await;
        stage.queue("+12025550201").await;
        let waits = stage.queue("+12025550202").await;
        stage.look().await;
        assert_eq!(stage.state(&waits).await.0, SessionState::Claimed);
        stage.dispatch.give_back().await;
        assert_eq!(stage.state(&waits).await.0, SessionState::Queued);
        stage.gateway.status.lock().unwrap().draining = true;
        stage.waiting.clear();
        assert_eq!(stage.look().await, "");
        assert_eq!(stage.state(&waits).await.0, SessionState::Queued);
    });
}

#[test]
fn without_a_route_a_session_waits_and_others_go_on() {
    testing::check(|db| async move {
        let mut stage = Stage::set(db, 0).await;
        stage.campaign.settings.allow_intl_calls = true;
        let abroad = stage.queue("+4930901820").await;
        let home = stage.queue("+12025550202").await;
        assert_eq!(stage.look().await, "dial …0202 with 7 sounds");
        assert_eq!(stage.state(&abroad).await.0, SessionState::Queued);
        assert_eq!(stage.state(&home).await.0, SessionState::Dialling);
    });
}

fn caller(from: Option<&str>) -> Caller {
    Caller {
        leg: LegId(Uuid::from_u128(1)),
        trunk: TrunkId(TRUNK.parse().unwrap()),
        campaign: CampaignId("00000000-0000-0000-0000-00000000000c".parse().unwrap()),
        to: Phone::new(OURS).unwrap(),
        from: from.map(|text| Phone::new(text).unwrap()),
        vouched: true,
    }
}

/// What the gateway is told about an inbound call.
async fn answer_to(stage: &Stage, caller: Caller) -> String {
    stage.dispatch.incoming(caller);
    let mut orders: Vec<String> = Vec::new();
    // Whoever is to be taken hears it ring first.
    while orders.last().is_none_or(|last| last == "ring") {
        orders.append(&mut stage.gateway.orders.lock().unwrap());
        tokio::task::yield_now().await;
    }
    orders.join(", ")
}

#[test]
fn an_inbound_caller_is_taken_counted_and_refused() {
    testing::check(|db| async move {
        let stage = Stage::set(db, 0).await;
        let taken = "ring, accept …0201 shows +12025550100";
        assert_eq!(answer_to(&stage, caller(Some("+12025550201"))).await, taken);
        assert_eq!(answer_to(&stage, caller(Some("+12025550201"))).await, taken);
        let third = answer_to(&stage, caller(Some("+12025550201"))).await;
        assert_eq!(third, "refuse 603 None", "two an hour");
        let hidden = answer_to(&stage, caller(None)).await;
        assert_eq!(hidden, "ring, accept …0100 shows +12025550100");
        let live = sessions::Filter {
            state: Some(SessionState::Live),
            ..sessions::Filter::default()
        };
        let rows = sessions::list(stage.app.db(), &live, &store::Page::first(10))
            .await
            .unwrap();
        assert_eq!(rows.items.len(), 3);
    });
}

#[test]
fn an_inbound_caller_without_room_or_campaign_is_refused() {
    testing::check(|db| async move {
        let stage = Stage::set(db, 1).await;
        let refused = answer_to(&stage, caller(Some("+12025550201"))).await;
        assert_eq!(
            refused, "refuse 503 Some(5)",
            "the only channel is the caller's own"
        );
        for _ in 0..4 {
            let again = answer_to(&stage, caller(Some("+12025550201"))).await;
            assert_eq!(
                again, "refuse 503 Some(5)",
                "tries while we are full are not counted"
            );
        }
        let gone = Caller {
            campaign: CampaignId(Uuid::from_u128(9)),
            ..caller(None)
        };
        assert_eq!(answer_to(&stage, gone).await, "refuse 404 None");
        let now = stage.app.clock().now_ms();
        crate::store::campaigns::set_status(stage.app.db(), &stage.campaign.id, CampaignStatus::Paused, now)
            .await
            .unwrap();
        let entry = blocklist::Entry {
            id: "00000000-0000-0000-0000-0000000000b1".into(),
            phone_hash: Some(stage.app.keys().phone_ref("+12025550209")),
            network: None,
            prefix: None,
            reason: String::new(),
            expires_at: None,
            hits: 0,
            created_at: 0,
        };
        blocklist::create(stage.app.db(), &entry).await.unwrap();
        let blocked = answer_to(&stage, caller(Some("+12025550209"))).await;
        assert_eq!(blocked, "refuse 603 None", "whatever the campaign's status");
        let paused = answer_to(&stage, caller(Some("+12025550201"))).await;
        assert_eq!(
            paused, "ring, accept …0201 shows +12025550100",
            "to hear that the campaign is paused"
        );
    });
}

/// Friday night in New York: one office is about to close, another opens on Saturday.
#[test]
fn hours_of_offices_are_judged_when_a_session_has_its_turn() {
    testing::check(|db| async move {
        let mut stage = Stage::set(db, 0).await;
        stage.campaign.settings.target_offices = TargetOffices::Busy;
        let office = |uid: &str, n: u8, hours| targets::Office {
            target_id: String::new(),
            uid: uid.into(),
            name: String::new(),
            kind: targets::OfficeKind::District,
            address: String::new(),
            lat: None,
            lon: None,
            phone: Some(format!("+13035550{n}")),
            extension: String::new(),
            hours,
            time_zone: "America/New_York".into(),
        };
        let offices = [
            office("late", 110, serde_json::json!({"fri": ["09:00-23:30"]})),
            office("early", 111, serde_json::json!({"sat": ["00:00-12:00"]})),
        ];
        let target = targets::get_by_key(stage.app.db(), "custom:d").await.unwrap();
        targets::set_offices(stage.app.db(), &target.id, &offices)
            .await
            .unwrap();
        let id = stage.queue("+12025550201").await;
        let session = sessions::get(stage.app.db(), &id).await.unwrap();
        for (minutes, expect) in [(0, " late"), (90, " early")] {
            stage.app.clock().advance(Duration::from_secs(minutes * 60));
            let now = crate::campaign::targets_now(&stage.app, &stage.campaign, &session);
            let now = now.await.unwrap();
            let uids: Vec<&str> = now[0].offices.iter().map(|o| o.uid.as_str()).collect();
            assert_eq!(uids.join(" "), expect, "after {minutes} minutes");
        }
    });
}
