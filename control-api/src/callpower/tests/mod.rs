//! A database in CallPower's schema, made by the test, brought in on both of ours.

use std::path::Path;

use trunkline_prompts::files::Files;

use super::{ImportError, Options, Report, Tools, import, row};
use crate::audio_store::AudioStore;
use crate::clock::Clock;
use crate::daily::phone_context;
use crate::privacy::Keys;
use crate::privacy::campaign::keys_in;
use crate::store::callpower::testing::CallPower;
use crate::store::callpower::{Source, SourceError};
use crate::store::campaigns::{self, CampaignStatus, LocateBy, Ordering, SegmentBy, TargetOffices};
use crate::store::grants::Reach;
use crate::store::schedules::{How, ScheduleStatus, consents};
use crate::store::stats::DAY_MS;
use crate::store::testing::{POSTGRES_URL, check};
use crate::store::tests::rows::{campaign, trunk};
use crate::store::users::Role;
use crate::store::{Db, Page, blocklist, numbers, prompts, schedules, sessions, targets, trunks, users};

mod counts;

/// Wednesday, 11 March 2026, 15:00 UTC.
const NOW: i64 = 1_773_241_200_000;

/// Where a test keeps keys and files.
struct Place {
    folder: tempfile::TempDir,
    keys: Keys,
    clock: Clock,
    files: AudioStore,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path().join("prompts")).unwrap().into();
        Place {
            keys: Keys::new([1; 32], [2; 32]),
            clock: Clock::moving(NOW, 7),
            files,
            folder,
        }
    }

    fn media(&self) -> std::path::PathBuf {
        let media = self.folder.path().join("media");
        std::fs::create_dir_all(media.join("audio")).unwrap();
        beep(&media.join("audio/intro.wav"));
        media
    }

    async fn run(&self, url: &str, db: &Db, options: &Options) -> Result<Report, ImportError> {
        let mut source = Source::open(url).await.unwrap();
        let tools = Tools {
            db,
            keys: &self.keys,
            clock: &self.clock,
            files: (!options.dry_run).then_some(&self.files),
        };
        let report = import(&mut source, &tools, options).await;
        source.close().await;
        report
    }

    fn options(&self) -> Options {
        Options {
            source: "callpower".to_owned(),
            media: Some(self.media()),
            ..Options::default()
        }
    }
}

fn beep(path: &Path) {
    let samples: Vec<i16> = (0..8_000_i16).map(|n| (n % 20 - 10) * 900).collect();
    std::fs::write(path, trunkline_prompts::pcm::wav(&samples, 8_000)).unwrap();
}

/// The server; without one there is no CallPower to bring in.
fn server() -> Option<String> {
    std::env::var(POSTGRES_URL).ok()
}

fn campaign_id(old: i64) -> String {
    let at = match old {
        1 => 1_577_872_800_000,
        2 => 1_580_551_200_000,
        3 => 1_583_056_800_000,
        6 => 1_591_005_600_000,
        other => other,
    };
    row::id("callpower", "campaign", old, at)
}

#[test]
fn everything_comes_once() {
    let Some(server) = server() else { return };
    check(|db| {
        let server = server.clone();
        async move {
            let old = CallPower::make(&server).await;
            let place = Place::new();
            campaigns::create(&db, &campaign(1, "Taken")).await.unwrap();
            trunks::create(&db, &trunk(2, "carrier")).await.unwrap();
            let dry = Options {
                dry_run: true,
                ..place.options()
            };
            let planned = place.run(&old.url, &db, &dry).await.unwrap();
            let all = campaigns::list(&db, None, &Reach::Everything, &Page::first(100))
                .await
                .unwrap();
            assert_eq!(all.items.len(), 1, "a dry run writes nothing");
            assert!(numbers::all(&db).await.unwrap().is_empty());

            let report = place.run(&old.url, &db, &place.options()).await.unwrap();
            assert_eq!(
                report.counts(),
                [
                    "campaigns 6+0 of 6",
                    "offices 2+1 of 4",
                    "targets 4+1 of 5",
                    "lists 4+0 of 6",
                    "numbers 2+1 of 4",
                    "prompts 3+0 of 8",
                    "schedules 2+0 of 6",
                    "blocklist 2+0 of 5",
                    "users 3+0 of 3",
                    "sessions 4+0 of 6",
                    "calls 8+0 of 10",
                ]
            );
            // A dry run cannot know that two subscriptions are of one number.
            let but_schedules = |report: &Report| {
                let mut counts = report.counts();
                counts.retain(|line| !line.starts_with("schedules"));
                counts
            };
            assert_eq!(but_schedules(&planned), but_schedules(&report));
            campaigns_came(&db, &report).await;
            targets_came(&db, &report).await;
            prompts_came(&db, &place, &report).await;
            people_came(&db, &place, &report).await;
            schedules_came(&db, &place, &report).await;

            let again = place.run(&old.url, &db, &place.options()).await.unwrap();
            assert!(
                again.counts().iter().all(|line| line.contains(" 0+")),
                "{:#?}",
                again.counts()
            );
            assert!(
                again
                    .text()
                    .contains("campaigns    0 new, 6 here before, 0 left, of 6"),
                "{}",
                again.text()
            );
            old.drop().await;
        }
    });
}

async fn campaigns_came(db: &Db, report: &Report) {
    let library = campaigns::find(db, "1").await.unwrap();
    assert_eq!(
        (library.id.as_str(), library.name.as_str()),
        (campaign_id(1).as_str(), "Save the library")
    );
    assert_eq!(library.status, CampaignStatus::Live);
    assert_eq!(library.created_at, 1_577_872_800_000);
    assert_eq!(library.settings.call_maximum, Some(3));
    assert!(library.settings.prompt_schedule);
    assert_eq!(library.settings.script, "<p>Please</p>");
    assert_eq!(library.settings.redirect, "https://example.org/thanks");
    assert_eq!(library.settings.embed.form, "#form");

    let congress = campaigns::find(db, "2").await.unwrap();
    assert_eq!(
        (congress.kind.as_str(), congress.segment_by, congress.locate_by),
        ("congress", SegmentBy::Location, LocateBy::Postal)
    );
    assert_eq!(congress.settings.target_ordering, Ordering::UpperFirst);
    assert_eq!(congress.settings.target_offices, TargetOffices::District);
    assert_eq!(congress.settings.call_maximum, None, "0 is no limit");
    assert_eq!(
        congress.status,
        CampaignStatus::Paused,
        "nobody of Congress is known yet"
    );
    assert!(report.says("campaigns", "nobody of type congress"));

    let archived = campaigns::find(db, "3").await.unwrap();
    assert_eq!(
        (archived.status, archived.language.as_str()),
        (CampaignStatus::Archived, "es")
    );
    let odd = campaigns::find(db, "4").await.unwrap();
    assert_eq!(
        (odd.country.as_str(), odd.kind.as_str(), odd.status),
        ("us", "custom", CampaignStatus::Paused)
    );
    let europe = campaigns::find(db, "5").await.unwrap();
    assert_eq!(europe.segment_by, SegmentBy::Custom);
    assert!(
        report.says("campaigns", "none of ISO 3166") && report.says("campaigns", "no type \"parliament\"")
    );
    let taken = campaigns::find(db, "6").await.unwrap();
    assert_eq!(
        (taken.name.as_str(), taken.country.as_str()),
        ("Taken (CallPower 6)", "gb")
    );

    let all = numbers::all(db).await.unwrap();
    let all: Vec<(&str, Option<&str>)> = all
        .iter()
        .map(|n| (n.e164.as_str(), n.campaign_id.as_deref()))
        .collect();
    assert_eq!(
        all,
        [
            ("+12025550100", Some(library.id.as_str())),
            ("+12025550101", None)
        ]
    );
    assert!(report.says("numbers", "no telephone number") && report.says("numbers", "may show it"));
}

async fn targets_came(db: &Db, report: &Report) {
    let list = targets::of_campaign(db, &campaign_id(1)).await.unwrap();
    let list: Vec<String> = list
        .iter()
        .map(|t| {
            format!(
                "{} {} {} {}",
                t.key,
                t.name,
                t.phone.as_deref().unwrap_or("-"),
                t.extension
            )
        })
        .collect();
    assert_eq!(
        list,
        [
            "custom:callpower-12 Nobody's key +12025550112 34",
            "custom:mayor The Mayor - ",
            "us:bioguide:S000148 Ada O'Rourke +12025550111 ",
        ]
    );
    let senator = targets::get_by_key(db, "us:bioguide:S000148").await.unwrap();
    let offices = targets::offices(db, &senator.id).await.unwrap();
    let offices: Vec<String> = offices
        .iter()
        .map(|o| {
            format!(
                "{} {:?} {:?} {}",
                o.uid,
                o.lat,
                o.lon,
                o.phone.as_deref().unwrap_or("-")
            )
        })
        .collect();
    assert_eq!(
        offices,
        [
            "S000148-albany Some(42.6) Some(-73.7) +15185550111",
            "callpower-2 None None -"
        ]
    );
    for why in ["it belongs to no target", "it has no telephone number"] {
        assert!(report.says("offices", why), "{why}");
    }
    assert!(report.says("targets", "telephone number is none"));
    assert!(report.says("lists", "called once") && report.says("lists", "names no campaign"));
}

async fn prompts_came(db: &Db, place: &Place, report: &Report) {
    let plays = |old: i64| async move {
        let selected = prompts::selected(db, &campaign_id(old)).await.unwrap();
        let line = |(selection, prompt): &(prompts::Selection, prompts::Prompt)| {
            let said = prompt.text.clone().unwrap_or_else(|| "a recording".to_owned());
            format!("{} {} {said}", selection.key, selection.language)
        };
        selected.iter().map(line).collect::<Vec<String>>()
    };
    assert_eq!(plays(1).await, ["msg_intro en The second words."]);
    assert_eq!(
        plays(3).await,
        ["msg_intro es The second words."],
        "a version of another campaign"
    );
    assert_eq!(plays(4).await, ["msg_intro en a recording"]);
    let third = campaign_id(3);
    let filter = prompts::Filter {
        campaign_id: Some(&third),
        ..prompts::Filter::default()
    };
    let own = prompts::list(db, filter, &Reach::Everything, &Page::first(10))
        .await
        .unwrap();
    let hash = own.items[0].audio_hash.clone().unwrap();
    assert_eq!(own.items[0].duration_ms, Some(1_000));
    assert!(place.files.get(&hash).await.is_ok());
    for why in [
        "its text cannot be spoken: {{nickname}}",
        "no prompt of this key",
        "the file is not in",
        "no campaign uses it",
        "neither a text nor a file",
    ] {
        assert!(report.says("prompts", why), "{why}: {}", report.text());
    }
}

async fn people_came(db: &Db, place: &Place, report: &Report) {
    let blocked = blocklist::list(db, &Page::first(10)).await.unwrap().items;
    let line = |b: &blocklist::Entry| (b.phone_hash.clone(), b.network.clone(), b.expires_at, b.hits);
    let blocked: Vec<_> = blocked.iter().map(line).collect();
    let phone = place.keys.phone_ref("+12025550166");
    let until = 1_773_187_200_000 + 30 * DAY_MS;
    assert_eq!(
        blocked,
        [
            (Some(phone), None, None, 4),
            (None, Some("192.0.2.7".to_owned()), Some(until), 0),
        ]
    );
    for why in ["plain hash", "has expired", "neither a number nor an address"] {
        assert!(report.says("blocklist", why), "{why}");
    }
    let all = users::list(db, &Page::first(10)).await.unwrap().items;
    let mut all: Vec<_> = all
        .iter()
        .map(|u| (u.name.as_str(), u.role, u.enabled, u.password_once))
        .collect();
    all.sort_by_key(|user| user.0);
    assert_eq!(
        all,
        [
            ("ada", Role::Admin, true, true),
            ("bob", Role::Staff, true, true),
            ("pat", Role::Partner, false, true),
        ]
    );
    assert!(report.says("users", "passwords cannot") && report.says("users", "a partner's own"));
    assert!(report.says("crm", "not known here"));
}

async fn schedules_came(db: &Db, place: &Place, report: &Report) {
    let filter = schedules::Filter {
        campaign_id: Some(campaign_id(1)),
        ..schedules::Filter::default()
    };
    let page = Page::first(10);
    let one = schedules::list(db, &filter, &page).await.unwrap().items;
    let [one] = one.as_slice() else { panic!("{one:#?}") };
    let keys = keys_in(db, &place.keys, &campaign_id(1), NOW).await.unwrap();
    let sealed = one.phone_enc.as_deref().unwrap();
    assert_eq!(
        keys.decrypt(sealed, &phone_context(&one.id)).unwrap(),
        "+13125550123"
    );
    assert_eq!(
        (one.phone_hash.clone(), one.phone_last2.as_str()),
        (keys.phone_ref("+13125550123"), "23")
    );
    // 15:30 UTC is 10:30 in Chicago since Sunday.
    assert_eq!(
        (one.time_zone.as_str(), one.minute_of_day),
        ("America/Chicago", 10 * 60 + 30)
    );
    assert_eq!(one.last_called_on.as_deref(), Some("2026-03-10"));
    assert_eq!(one.next_at, NOW + 30 * 60_000, "today");
    assert_eq!(
        one.status,
        ScheduleStatus::Paused,
        "CallPower may still be calling"
    );
    let given = consents(db, &one.id).await.unwrap();
    assert_eq!(
        (given.len(), given[0].how, given[0].given),
        (1, How::Import, true)
    );
    for why in [
        "unsubscribed there",
        "belongs to no campaign",
        "its number is none",
        "already",
        "job queue",
    ] {
        assert!(report.says("schedules", why), "{why}: {}", report.text());
    }
    assert!(
        !report.text().contains("3125550123"),
        "no caller's number is in the report"
    );
}

#[test]
fn daily_callers_are_called_by_us_when_we_are_told() {
    let Some(server) = server() else { return };
    check(|db| {
        let server = server.clone();
        async move {
            let old = CallPower::make(&server).await;
            let place = Place::new();
            place.run(&old.url, &db, &place.options()).await.unwrap();
            let from_now_on = Options {
                daily_calls: true,
                ..place.options()
            };
            place.run(&old.url, &db, &from_now_on).await.unwrap();
            let all = schedules::list(&db, &schedules::Filter::default(), &Page::first(10))
                .await
                .unwrap();
            assert_eq!(all.items.len(), 2);
            assert!(all.items.iter().all(|s| s.status == ScheduleStatus::Active));
            // Whoever paused one here keeps it paused.
            place.clock.jump_ms(1_000);
            let paused = schedules::Schedule {
                status: ScheduleStatus::Paused,
                updated_at: place.clock.now_ms(),
                ..all.items[0].clone()
            };
            schedules::update(&db, &paused).await.unwrap();
            place.run(&old.url, &db, &from_now_on).await.unwrap();
            let now = schedules::get(&db, &paused.id).await.unwrap();
            assert_eq!(now.status, ScheduleStatus::Paused);
            old.drop().await;
        }
    });
}

#[test]
fn numbers_wait_for_their_trunk_and_recordings_for_their_folder() {
    let Some(server) = server() else { return };
    check(|db| {
        let server = server.clone();
        async move {
            let old = CallPower::make(&server).await;
            let place = Place::new();
            let bare = Options {
                media: None,
                ..place.options()
            };
            let report = place.run(&old.url, &db, &bare).await.unwrap();
            assert!(report.says("numbers", "not said on which"));
            assert!(report.says("prompts", "the folder of audio files was not given"));
            let named = Options {
                trunk: Some("carrier".to_owned()),
                ..place.options()
            };
            let unknown = place.run(&old.url, &db, &named).await;
            assert!(matches!(unknown, Err(ImportError::Trunk(_))), "{unknown:?}");
            trunks::create(&db, &trunk(2, "carrier")).await.unwrap();
            trunks::create(&db, &trunk(3, "other")).await.unwrap();
            let report = place.run(&old.url, &db, &named).await.unwrap();
            let counts = report.counts();
            assert!(counts.contains(&"numbers 2+1 of 4".to_owned()), "{counts:?}");
            assert!(counts.contains(&"prompts 1+2 of 8".to_owned()), "{counts:?}");
            let selected = prompts::selected(&db, &campaign_id(4)).await.unwrap();
            assert!(
                selected[0].1.audio_hash.is_some(),
                "the recording plays as soon as it is here"
            );
            old.drop().await;
        }
    });
}

#[test]
fn an_older_callpower_is_read_too() {
    let Some(server) = server() else { return };
    check(|db| {
        let server = server.clone();
        async move {
            let mut old = CallPower::make(&server).await;
            old.age().await;
            let place = Place::new();
            let report = place.run(&old.url, &db, &place.options()).await.unwrap();
            let counts = report.counts();
            for line in ["campaigns 6+0 of 6", "users 3+0 of 3", "calls 8+0 of 10"] {
                assert!(counts.contains(&line.to_owned()), "{line}: {counts:?}");
            }
            let library = campaigns::find(&db, "1").await.unwrap();
            assert!(library.settings.target_shuffle_chamber);
            let all = sessions::list(&db, &sessions::Filter::default(), &Page::first(100))
                .await
                .unwrap();
            assert_eq!(all.items.len(), 8, "a call without a session has one of its own");
            old.drop().await;
        }
    });
}

#[tokio::test]
async fn another_database_is_refused() {
    let not_ours = Source::open("sqlite:///tmp/x.db").await;
    assert!(matches!(not_ours, Err(SourceError::Url)));
    let Some(server) = server() else { return };
    let other = CallPower::empty(&server).await;
    let refused = Source::open(&other.url).await;
    let Err(SourceError::NotCallPower { table, .. }) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(table, "campaign_campaign");
    other.drop().await;
}
