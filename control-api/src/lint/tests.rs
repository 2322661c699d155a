//! Each finding with a campaign that has it, and one that has not.

use serde_json::json;
use trunkline_prompts::key::PromptKey;

use super::*;
use crate::store::campaigns::{LocateBy, Settings, TargetOffices};
use crate::store::prompts::INSTALLATION;
use crate::store::routes::RouteTrunk;
use crate::store::targets::OfficeKind;

const ID: &str = "00000000-0000-7000-8000-000000000001";
const TRUNK: &str = "00000000-0000-7000-8000-000000000002";
const ROUTE: &str = "00000000-0000-7000-8000-000000000003";

/// A campaign that nothing is wrong with: two targets, a number, a route, an introduction of its own.
pub(super) fn sound() -> Loaded {
    let mut loaded = Loaded {
        campaign: Campaign {
            id: ID.to_owned(),
            name: "save the library".to_owned(),
            status: CampaignStatus::Live,
            country: "us".to_owned(),
            kind: "custom".to_owned(),
            segment_by: SegmentBy::Custom,
            locate_by: LocateBy::None,
            language: "en".to_owned(),
            settings: Settings::default(),
            created_at: 0,
            updated_at: 0,
            launched_at: None,
            archived_at: None,
        },
        targets: vec![target("custom:mayor"), target("custom:clerk")],
        selected: Vec::new(),
        gone: BTreeSet::new(),
        numbers: vec![Number {
            id: String::new(),
            e164: "+12025550100".to_owned(),
            trunk_id: TRUNK.to_owned(),
            campaign_id: None,
            created_at: 0,
        }],
        trunks: vec![trunk()],
        routes: vec![route("+1")],
        missing: None,
    };
    loaded.say(PromptKey::Intro, "en", "Save the library.");
    loaded
}

impl Loaded {
    pub(super) fn say(&mut self, key: PromptKey, language: &str, text: &str) {
        let prompt = Prompt {
            id: format!("{} {language} {}", key.as_str(), self.selected.len()),
            campaign_id: ID.to_owned(),
            key: key.as_str().to_owned(),
            language: language.to_owned(),
            version: 1,
            text: Some(text.to_owned()),
            voice: String::new(),
            audio_hash: None,
            duration_ms: None,
            description: String::new(),
            hidden: false,
            created_at: 0,
        };
        let selection = Selection {
            campaign_id: ID.to_owned(),
            key: prompt.key.clone(),
            language: prompt.language.clone(),
            prompt_id: prompt.id.clone(),
        };
        self.selected
            .retain(|(s, _)| (&s.key, &s.language) != (&selection.key, &selection.language));
        self.selected.push((selection, prompt));
    }

    fn by_location(&mut self) {
        self.campaign.segment_by = SegmentBy::Location;
        self.campaign.locate_by = LocateBy::Postal;
        self.campaign.kind = "congress".to_owned();
        self.targets.clear();
    }
}

fn target(key: &str) -> (Target, Vec<Office>) {
    let target = Target {
        id: key.to_owned(),
        key: key.to_owned(),
        title: "Mayor".to_owned(),
        name: "Ada Lovelace".to_owned(),
        pronunciation: String::new(),
        district: String::new(),
        location: "Albany".to_owned(),
        phone: Some("+12025550111".to_owned()),
        extension: String::new(),
        data: json!(null),
        created_at: 0,
        updated_at: 0,
    };
    (target, Vec::new())
}

fn office(hours: serde_json::Value, zone: &str) -> Office {
    Office {
        target_id: String::new(),
        uid: "albany".to_owned(),
        name: String::new(),
        kind: OfficeKind::District,
        address: String::new(),
        lat: None,
        lon: None,
        phone: Some("+15185550111".to_owned()),
        extension: String::new(),
        hours,
        time_zone: zone.to_owned(),
    }
}

fn trunk() -> Trunk {
    Trunk {
        id: TRUNK.to_owned(),
        name: "carrier".to_owned(),
        host: "sip.example.net".to_owned(),
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
        learn_source: false,
        max_channels: 0,
        max_cps: 0,
        number_format: "e164_plus".to_owned(),
        tech_prefix: String::new(),
        caller_id: None,
        dialling: Default::default(),
        enabled: true,
        created_at: 0,
        updated_at: 0,
    }
}

fn route(prefix: &str) -> Route {
    Route {
        id: ROUTE.to_owned(),
        name: format!("to {prefix}"),
        prefixes: vec![prefix.to_owned()],
        campaign_id: None,
        conditions: Default::default(),
        stop_codes: Vec::new(),
        created_at: 0,
        updated_at: 0,
        trunks: vec![RouteTrunk {
            trunk_id: TRUNK.to_owned(),
            priority: 0,
            cost: 0,
            weight: 1,
        }],
    }
}

/// What is found once a sound campaign was changed: a line each, code and sentence.
pub(super) fn check(change: impl FnOnce(&mut Loaded), expected: &[&str]) {
    let mut loaded = sound();
    change(&mut loaded);
    let found: Vec<String> = lint(&loaded)
        .iter()
        .map(|finding| format!("{} {finding}", finding.code))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn nothing_is_wrong_with_a_sound_campaign() {
    check(|_| {}, &[]);
    check(|l| l.by_location(), &[]);
    // Nobody is called by an archived one.
    check(
        |l| {
            l.campaign.status = CampaignStatus::Archived;
            l.targets.clear();
            l.numbers.clear();
        },
        &[],
    );
}

#[test]
fn a_prompt_that_never_plays() {
    check(
        |l| l.say(PromptKey::Location, "en", "Your ZIP, please."),
        &[
            "unreachable-prompt warning msg_location en: it never plays: callers are not asked to key a location: \
           set segment_by location and locate_by postal (country us or ca), or take the prompt away",
        ],
    );
    check(
        |l| {
            l.by_location();
            l.say(PromptKey::Location, "en", "Your ZIP, please.");
        },
        &[],
    );
    check(
        |l| l.say(PromptKey::PromptSchedule, "en", "Press 1."),
        &[
            "unreachable-prompt warning msg_prompt_schedule en: it never plays: daily calls are not offered: \
           set prompt_schedule, or take the prompt away",
        ],
    );
    check(
        |l| {
            l.campaign.settings.prompt_schedule = true;
            l.say(PromptKey::PromptSchedule, "en", "Press 1.");
        },
        &[],
    );
    check(
        |l| {
            l.campaign.settings.call_maximum = Some(1);
            l.say(PromptKey::BetweenCalls, "en", "Next.");
            l.say(PromptKey::CampaignPaused, "en", "Later.");
        },
        &[
            "unreachable-prompt warning msg_between_calls en: it never plays: a session has one call: \
             list more targets, raise call_maximum, or take the prompt away",
            "unreachable-prompt warning msg_campaign_paused en: it never plays: nobody can dial the campaign: \
             it has no number of its own: give it a number, or take the prompt away",
        ],
    );
    check(
        |l| {
            l.numbers[0].campaign_id = Some(ID.to_owned());
            l.say(PromptKey::BetweenCalls, "en", "Next.");
            l.say(PromptKey::CampaignPaused, "en", "Later.");
        },
        &[],
    );
}

#[test]
fn a_version_in_a_language_that_the_campaign_does_not_speak() {
    check(
        |l| l.say(PromptKey::Goodbye, "fr", "Au revoir."),
        &[
            "unreachable-prompt warning msg_goodbye fr: it never plays: the campaign speaks en, which has a nearer text: \
           select it for the campaign's language, or set language",
        ],
    );
    check(|l| l.say(PromptKey::Goodbye, "en", "Bye."), &[]);
}

#[test]
fn a_language_without_a_text() {
    let mut german = sound();
    german.campaign.language = "de".to_owned();
    german.say(PromptKey::Intro, "de", "Rettet die Bücherei.");
    let found = lint(&german);
    let of = |key: &str| {
        found
            .iter()
            .find(|f| f.code == "missing-language" && f.key == key)
    };
    assert!(of("msg_intro").is_none());
    assert!(of("msg_location").is_none(), "it never plays");
    assert_eq!(
        of("msg_goodbye").map(ToString::to_string).as_deref(),
        Some(
            "warning msg_goodbye: there is no text in de: callers hear it in en: give it a text or a recording in de"
        )
    );
    check(|l| l.campaign.language = "en-GB".to_owned(), &[]);
}

#[test]
fn variables_that_are_unknown_or_empty() {
    check(
        |l| l.say(PromptKey::Goodbye, "en", "Bye, {{name}}."),
        &[
            "unknown-variable error msg_goodbye en: callers hear a tone instead of it: {{name}} is no variable of msg_goodbye; \
           it has none: mend the text",
        ],
    );
    check(
        |l| l.say(PromptKey::TargetIntro, "en", "Now {{name}} of {{district}}."),
        &[
            "missing-variable warning msg_target_intro en: it says {{district}}, and custom:mayor, custom:clerk has none: \
           fill it in, or write {{#district}}…{{/district}} around the words that need it",
        ],
    );
    check(
        |l| {
            l.say(
                PromptKey::TargetIntro,
                "en",
                "Now {{name}}{{#district}} of {{district}}{{/district}}.",
            )
        },
        &[],
    );
    check(
        |l| {
            l.by_location();
            l.say(PromptKey::IntroLocation, "en", "This is {{organization}}.");
        },
        &[
            "missing-variable warning msg_intro_location en: it says {{organization}}, and the campaign has none: \
           fill it in, or write {{#organization}}…{{/organization}} around the words that need it",
        ],
    );
    check(
        |l| {
            l.by_location();
            l.campaign.settings.organization = "the Friends".to_owned();
            l.say(PromptKey::IntroLocation, "en", "This is {{organization}}.");
        },
        &[],
    );
    check(
        |l| {
            l.say(PromptKey::Goodbye, "en", "Bye.");
            l.selected[1].1.text = None;
        },
        &[
            "unusable-prompt error msg_goodbye en: the version has neither a text nor a recording: callers hear a tone: \
           select another version",
        ],
    );
}

#[test]
fn offices_that_never_open() {
    let closed = || json!({"monday": ["09:00-17:00"], "tue": [], "wed": ["17:00-09:00"]});
    check(
        |l| {
            l.campaign.settings.target_offices = TargetOffices::Closest;
            l.targets[0].1.push(office(closed(), "America/New_York"));
        },
        &[
            "closed-office warning custom:mayor office albany: its opening hours have no hour in the whole week, \
           so it is never called as an open office: mend its hours ({\"mon\": [\"09:00-17:00\"]}; days are mon tue wed thu fri sat sun), \
           or leave them out",
        ],
    );
    check(
        |l| {
            l.campaign.settings.target_offices = TargetOffices::Closest;
            l.targets[0].0.phone = None;
            l.targets[0].1.push(office(json!({}), "America/New_York"));
        },
        &[
            "closed-office error custom:mayor: every office of Ada Lovelace is always closed, and there is no main number: \
             mend the offices' hours, or give the target a phone",
            "closed-office warning custom:mayor office albany: its opening hours have no hour in the whole week, \
             so it is never called as an open office: mend its hours ({\"mon\": [\"09:00-17:00\"]}; days are mon tue wed thu fri sat sun), \
             or leave them out",
        ],
    );
    check(
        |l| {
            l.campaign.settings.target_offices = TargetOffices::Closest;
            l.targets[0].1.push(office(json!({"mon": ["09:00-17:00"]}), ""));
        },
        &[
            "hours-without-zone warning custom:mayor office albany: it has opening hours and no time zone, so they are not kept: \
           give it a time_zone, for example America/New_York",
        ],
    );
    check(
        |l| {
            l.campaign.settings.target_offices = TargetOffices::Closest;
            l.targets[0]
                .1
                .push(office(json!({"sat": ["9:00-24:00"]}), "America/New_York"));
            l.targets[1].1.push(office(json!(null), ""));
        },
        &[],
    );
    // The main number is called whatever the offices' hours.
    check(|l| l.targets[0].1.push(office(closed(), "America/New_York")), &[]);
}

#[test]
fn targets_that_cannot_be_called() {
    check(
        |l| l.targets[0].0.phone = None,
        &[
            "no-target-number warning custom:mayor: Ada Lovelace has no number, and is passed over: \
           give the target or one of its offices a phone, or take it off the list",
        ],
    );
    check(
        |l| l.targets.clear(),
        &["no-targets error targets: the campaign is live and has nobody to call: list targets, or pause it"],
    );
    check(
        |l| {
            l.targets.clear();
            l.campaign.status = CampaignStatus::Paused;
        },
        &["no-targets warning targets: the campaign has nobody to call: list targets before it is launched"],
    );
    check(
        |l| {
            l.targets.truncate(1);
            l.targets[0].0.phone = None;
        },
        &[
            "no-targets error targets: none of the targets can ever be called: give them numbers, or list others",
            "no-target-number warning custom:mayor: Ada Lovelace has no number, and is passed over: \
             give the target or one of its offices a phone, or take it off the list",
        ],
    );
    check(
        |l| {
            l.by_location();
            l.missing = Some(Missing::Officials);
        },
        &[
            "no-look-up error type: nobody of the campaign's type is known in its country: \
           bring the data in (trunkline import)",
        ],
    );
}

#[test]
fn numbers_of_the_callers_countries() {
    check(
        |l| l.numbers.clear(),
        &["no-number error numbers: there is no number of ours to call from: add a number of a trunk"],
    );
    check(
        |l| l.numbers[0].e164 = "+4930901820".to_owned(),
        &[
            "no-number error us: there is no number of ours for callers of country us, and they are refused: \
           add one, or set allow_intl_calls",
        ],
    );
    check(
        |l| {
            l.numbers[0].e164 = "+4930901820".to_owned();
            l.campaign.settings.allow_intl_calls = true;
        },
        &[],
    );
    // A test number is of its calling code's country.
    check(|l| l.numbers[0].e164 = "+19999999999".to_owned(), &[]);
}

#[test]
fn routes_and_trunks() {
    check(
        |l| l.routes = vec![route("+1202")],
        &[
            "no-route error callers of country us: no route takes the number: it can never be called: \
           add a route with its prefix, or with \"+\" for every number",
        ],
    );
    check(
        |l| l.targets[1].0.phone = Some("+4930901820".to_owned()),
        &[
            "no-route error custom:clerk: no route takes the number: it can never be called: \
           add a route with its prefix, or with \"+\" for every number",
        ],
    );
    check(
        |l| l.trunks[0].enabled = false,
        &[
            "no-trunk error route to +1: it takes callers of country us by its prefix +1, and none of its trunks is enabled: \
             enable one, or add another trunk to the route",
            "trunk-off warning +12025550100: it belongs to trunk \"carrier\", which is not enabled: \
             enable the trunk, or give the number to another one",
        ],
    );
    check(|l| l.routes = vec![route("+")], &[]);
}

#[test]
fn keys_with_two_meanings() {
    for (key, text, what) in [
        (
            PromptKey::IntroConfirm,
            "Press 1 to begin, or press 2 to end.",
            "it gives 1 and 2 different meanings, and every key but # means yes in this step: ask for one key",
        ),
        (
            PromptKey::IntroConfirm,
            "Press pound to begin.",
            "it asks for #, and # confirms nothing: ask for the star key or a digit",
        ),
        (
            PromptKey::AlterSchedule,
            "Press 2 to stop.",
            "it asks for 2, and only 1 (yes) and 9 (no) mean something in this step: ask for 1 or 9",
        ),
        (
            PromptKey::TargetIntro,
            "Now {{name}}. Press 3 to skip.",
            "it asks for 3, and only * means something during the calls: it ends one: ask for the star key, or for none",
        ),
        (
            PromptKey::Goodbye,
            "Press 1 to be called again.",
            "it asks for 1, and no key is listened to while it plays: leave the key out",
        ),
    ] {
        let line = format!("key-conflict warning {} en: {what}", key.as_str());
        check(|l| l.say(key, "en", text), &[&line]);
    }
    check(
        |l| {
            l.by_location();
            l.say(PromptKey::Location, "en", "Press 1 and your ZIP.");
        },
        &[
            "key-conflict warning msg_location en: it asks for 1, and that is taken for the beginning of the place: \
           ask for the place alone; # ends it early",
        ],
    );
    check(
        |l| l.say(PromptKey::IntroConfirm, "en", "Press star to begin."),
        &[],
    );
}

#[test]
fn a_live_campaign_without_words_of_its_own() {
    check(
        |l| l.selected.clear(),
        &[
            "no-own-intro warning msg_intro: the campaign is live, and greets its callers with our own text, \
           which does not say what it is about: give it a text or a recording",
        ],
    );
    check(
        |l| {
            l.selected[0].0.campaign_id = INSTALLATION.to_owned();
            l.selected[0].1.campaign_id = INSTALLATION.to_owned();
        },
        &[],
    );
    check(
        |l| {
            l.selected.clear();
            l.campaign.status = CampaignStatus::Paused;
        },
        &[],
    );
}

#[test]
fn routes_that_never_decide_are_told() {
    let again = |name: &str, countries: &[&str]| {
        let mut again = route("+1");
        again.name = name.to_owned();
        again.conditions.countries = countries.iter().map(|c| (*c).to_owned()).collect();
        again
    };
    check(
        |loaded| {
            loaded.routes.extend([
                again("again", &[]),
                again("canada", &["ca"]),
                again("france", &["fr"]),
            ])
        },
        &[
            "route-hidden warning route again: it never decides: route to +1 has the same prefixes and comes first: delete one of them, or \
             give them different prefixes, countries or windows",
            "route-never warning route france: it never decides: no number with its prefixes is of its countries: correct its prefixes or its \
             countries",
        ],
    );
}
