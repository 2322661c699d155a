//! Which limits hold for whom, and that what counts them holds nothing personal.

use std::path::Path;
use std::sync::Arc;

use trunkline_prompts::files::Files;
use trunkline_prompts::tts::{Saying, Spoken, Tts, TtsError};

use super::*;
use crate::campaign::Script;
use crate::clock::Clock;
use crate::config::Config;
use crate::privacy::Keys;
use crate::runtime::{NoGateway, Parts};
use crate::store::campaigns::{CampaignStatus, LocateBy, SegmentBy, Settings};
use crate::store::{Db, testing};

struct Silent;

impl Tts for Silent {
    fn speak(&self, _: Saying<'_>) -> Result<Spoken, TtsError> {
        Err(TtsError::Text)
    }
}

fn app(db: Db, folder: &Path) -> App {
    app_of(db, folder, Config::parse(None, []).unwrap())
}

fn app_of(db: Db, folder: &Path, config: Config) -> App {
    App::new(Parts {
        db,
        keys: Keys::new([1; 32], [2; 32]),
        clock: Clock::moving(1_795_233_900_000, 1),
        gateway: Arc::new(NoGateway),
        script: Script::new(Files::open(folder).unwrap(), Box::new(Silent)),
        config: Arc::new(config),
        seed: 1,
    })
}

fn campaign(id: &str) -> Campaign {
    let mut settings = Settings::default();
    settings.limits.sessions_per_day = Some(100);
    Campaign {
        id: id.to_owned(),
        name: id.to_owned(),
        status: CampaignStatus::Live,
        country: "us".to_owned(),
        kind: "custom".to_owned(),
        segment_by: SegmentBy::Custom,
        locate_by: LocateBy::None,
        language: "en".to_owned(),
        settings,
        created_at: 0,
        updated_at: 0,
        launched_at: None,
        archived_at: None,
    }
}

#[test]
fn who_is_held_to_which_limits() {
    testing::check(|db| async move {
        let folder = tempfile::tempdir().unwrap();
        let app = app(db, folder.path());
        let phone = Phone::new("+12025550123").unwrap();
        let ip = Some("198.51.100.7".parse().unwrap());
        let texts = |asker| {
            let all = limits(&app, &campaign("c"), Some(&phone), ip, asker);
            for (limit, _) in &all {
                assert!(
                    !limit.key.contains("2025550123") && !limit.key.contains("198.51"),
                    "{}",
                    limit.key
                );
            }
            all.into_iter()
                .map(|(_, text)| text)
                .collect::<Vec<_>>()
                .join(", ")
        };
        assert_eq!(
            texts(Asker::Public),
            "2 per 1 hour, 5 per 1 day, 10 per 1 hour, 100 per 1 day"
        );
        assert_eq!(texts(Asker::Key), "100 per 1 day");
        assert_eq!(texts(Asker::Schedule), "5 per 1 day, 100 per 1 day");
    });
}

#[test]
fn the_organisations_own_telephones_are_not_limited() {
    testing::check(|db| async move {
        let folder = tempfile::tempdir().unwrap();
        let toml = "[calls]\nadmin_phones = [\"+12025550199\"]\n";
        let config = Config::parse(Some((Path::new("t.toml"), toml)), []).unwrap();
        let app = app_of(db, folder.path(), config);
        let campaign = campaign("c");
        for (phone, passes) in [("+12025550199", 20), ("+12025550123", 2)] {
            let phone = Phone::new(phone).unwrap();
            let mut passed = 0;
            for _ in 0..20 {
                let admitted = count(
                    &app,
                    &campaign,
                    Some(&phone),
                    None,
                    asker_of(&app, &phone, Asker::Public),
                )
                .await;
                passed += usize::from(admitted.is_ok());
            }
            assert_eq!(passed, passes);
        }
    });
}

#[test]
fn an_ipv6_subscriber_is_one_address() {
    let of = |ip: &str| subscriber(ip.parse().unwrap()).to_string();
    assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
    assert_eq!(of("192.0.2.1"), "192.0.2.1");
}

#[test]
fn a_telephone_has_two_an_hour_in_a_campaign_and_five_a_day_in_all() {
    testing::check(|db| async move {
        let folder = tempfile::tempdir().unwrap();
        let app = app(db, folder.path());
        let phone = Phone::new("+12025550123").unwrap();
        let mut told = Vec::new();
        for id in ["a", "a", "a", "b", "b", "b", "c", "c"] {
            let said = match count(&app, &campaign(id), Some(&phone), None, Asker::Public).await {
                Ok(()) => "yes".to_owned(),
                Err(Refused::Limited { per, .. }) => per,
                Err(other) => other.to_string(),
            };
            told.push(format!("{id}: {said}"));
        }
        assert_eq!(
            told,
            [
                "a: yes",
                "a: yes",
                "a: 2 per 1 hour",
                "b: yes",
                "b: yes",
                "b: 2 per 1 hour",
                "c: yes",
                "c: 5 per 1 day"
            ]
        );
    });
}

#[test]
fn who_withholds_the_number_is_held_to_the_campaigns_cap() {
    testing::check(|db| async move {
        let folder = tempfile::tempdir().unwrap();
        let app = app(db, folder.path());
        let mut campaign = campaign("c");
        campaign.settings.limits.sessions_per_day = Some(3);
        let mut passed = 0;
        for _ in 0..9 {
            let counted = count(&app, &campaign, None, None, Asker::Public).await;
            passed += usize::from(counted.is_ok());
        }
        assert_eq!(passed, 3);
    });
}

#[test]
fn a_page_may_have_thirty_places_looked_up_an_hour() {
    testing::check(|db| async move {
        let folder = tempfile::tempdir().unwrap();
        let app = app(db, folder.path());
        let mut told = Vec::new();
        for _ in 0..31 {
            told.push(look_up(&app, "192.0.2.1".parse().unwrap()).await.is_ok());
        }
        assert_eq!(told.iter().filter(|passed| **passed).count(), 30);
        assert!(look_up(&app, "192.0.2.2".parse().unwrap()).await.is_ok());
    });
}
