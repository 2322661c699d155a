//! A live campaign on a fresh database, and a clock that begins where the test says.

use std::path::Path;
use std::sync::Arc;

use trunkline_gateway::phone::Phone;
use trunkline_prompts::files::Files;
use trunkline_prompts::pcm::Pcm;
use trunkline_prompts::tts::{Saying, Spoken, Tts, TtsError};

use super::job::Job;
use super::{Wish, subscribe};
use crate::campaign::{Request, Script, draft};
use crate::clock::Clock;
use crate::config::Config;
use crate::privacy::Keys;
use crate::runtime::{App, NoGateway, Parts};
use crate::store::campaigns::{self, Campaign, CampaignStatus, LocateBy, SegmentBy, Settings};
use crate::store::schedules::How;
use crate::store::sessions::{self, Direction, Session, SessionState};
use crate::store::{Db, Page, numbers, targets, trunks};

const ID: &str = "00000000-0000-0000-0000-00000000000a";

struct Beep;

impl Tts for Beep {
    fn speak(&self, _: Saying<'_>) -> Result<Spoken, TtsError> {
        Ok(Pcm { samples: vec![0; 8] }.into())
    }
}

/// Milliseconds since 1970.
pub(crate) fn at(utc: &str) -> i64 {
    utc.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

pub(crate) struct Stage {
    pub(crate) app: App,
    pub(crate) campaign: Campaign,
    clock: Clock,
    folder: tempfile::TempDir,
}

impl Stage {
    pub(crate) async fn new(db: Db, now: &str) -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::moving(at(now), 1);
        let app = app(db, clock.clone(), folder.path(), "gw1");
        let campaign = rows(&app).await;
        Stage {
            app,
            campaign,
            clock,
            folder,
        }
    }

    /// Another node on the same database, with the same clock.
    pub(crate) fn node(&self, name: &str) -> App {
        app(
            self.app.db().clone(),
            self.clock.clone(),
            self.folder.path(),
            name,
        )
    }

    /// A job as it is after a start.
    pub(super) fn job(&self) -> Job {
        Job::new(self.app.clone())
    }

    pub(crate) fn now(&self) -> String {
        let now = jiff::Timestamp::from_millisecond(self.clock.now_ms()).unwrap();
        now.to_string()
    }

    pub(crate) fn wish(&self, phone: &str, zone: &str, minute_of_day: i64) -> Wish {
        Wish {
            phone: Phone::new(phone).unwrap(),
            country: "us".to_owned(),
            location: String::new(),
            reference: String::new(),
            time_zone: Some(zone.to_owned()),
            minute_of_day: Some(minute_of_day),
            end_on: None,
            not_today: false,
            how: How::Api,
            source: "test".to_owned(),
            version: "form 1".to_owned(),
            text: "Call me every weekday.".to_owned(),
        }
    }

    /// Answers the subscription's id.
    pub(crate) async fn subscribe(&self, phone: &str, zone: &str, minute_of_day: i64) -> String {
        let wish = self.wish(phone, zone, minute_of_day);
        subscribe(&self.app, &self.campaign, wish).await.unwrap().id
    }

    pub(crate) async fn draft(&self, phone: &str) -> Session {
        let request = Request {
            direction: Direction::Outbound,
            phone: Phone::new(phone).unwrap(),
            country: "us".to_owned(),
            location: String::new(),
            target_keys: Vec::new(),
            reference: String::new(),
            record: false,
            caller_id: None,
        };
        draft(&self.app, &self.campaign, request).await.unwrap()
    }

    /// A session that somebody asked for.
    pub(crate) async fn queue(&self, phone: &str) -> Session {
        let session = self.draft(phone).await;
        sessions::create(self.app.db(), &session).await.unwrap();
        session
    }

    pub(crate) async fn sessions(&self) -> usize {
        self.count(sessions::Filter::default()).await
    }

    pub(crate) async fn queued(&self) -> usize {
        let queued = sessions::Filter {
            state: Some(SessionState::Queued),
            ..sessions::Filter::default()
        };
        self.count(queued).await
    }

    async fn count(&self, filter: sessions::Filter) -> usize {
        let page = sessions::list(self.app.db(), &filter, &Page::first(1_000))
            .await
            .unwrap();
        page.items.len()
    }
}

fn app(db: Db, clock: Clock, folder: &Path, node: &str) -> App {
    let config = format!("[node]\nid = \"{node}\"\ndata_dir = \"{}\"\n", folder.display());
    let config = Config::parse(Some((Path::new("test.toml"), &config)), []).unwrap();
    App::new(Parts {
        db,
        keys: Keys::new([1; 32], [2; 32]),
        clock,
        gateway: Arc::new(NoGateway),
        script: Script::new(Files::open(folder.join("prompts")).unwrap(), Box::new(Beep)),
        config: Arc::new(config),
        seed: 1,
    })
}

async fn rows(app: &App) -> Campaign {
    let db = app.db();
    trunks::create(db, &trunk()).await.unwrap();
    let number = numbers::Number {
        id: ID.to_owned(),
        e164: "+12025550100".to_owned(),
        trunk_id: ID.to_owned(),
        campaign_id: None,
        created_at: 1,
    };
    numbers::create(db, &number).await.unwrap();
    let target = targets::Target {
        id: ID.to_owned(),
        key: "custom:one".to_owned(),
        title: "Senator".to_owned(),
        name: "Ada Lovelace".to_owned(),
        pronunciation: String::new(),
        district: String::new(),
        location: String::new(),
        phone: Some("+12025550111".to_owned()),
        extension: String::new(),
        data: serde_json::Value::Null,
        created_at: 1,
        updated_at: 1,
    };
    targets::create(db, &target).await.unwrap();
    let settings = Settings {
        prompt_schedule: true,
        ..Settings::default()
    };
    let campaign = Campaign {
        id: ID.to_owned(),
        name: "library".to_owned(),
        status: CampaignStatus::Paused,
        country: "us".to_owned(),
        kind: "custom".to_owned(),
        segment_by: SegmentBy::Custom,
        locate_by: LocateBy::None,
        language: "en".to_owned(),
        settings,
        created_at: 1,
        updated_at: 1,
        launched_at: None,
        archived_at: None,
    };
    campaigns::create(db, &campaign).await.unwrap();
    campaigns::set_targets(db, ID, &[ID.to_owned()]).await.unwrap();
    campaigns::set_status(db, ID, CampaignStatus::Live, 1)
        .await
        .unwrap()
}

fn trunk() -> trunks::Trunk {
    trunks::Trunk {
        id: ID.to_owned(),
        name: "carrier".to_owned(),
        host: "192.0.2.10".to_owned(),
        port: None,
        transport: "udp".to_owned(),
        allow: Vec::new(),
        username: String::new(),
        password_enc: None,
        register: false,
        challenge: "off".into(),
        codecs: vec!["PCMU".to_owned()],
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
