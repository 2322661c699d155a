//! Which sound each name of a session stands for, read as text; and the library with something that only pretends to speak.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use serde_json::Value;
use trunkline_gateway::flow::FlowOffice;
use trunkline_gateway::phone::Phone;
use trunkline_prompts::key::PromptKey;
use trunkline_prompts::pcm::Pcm;
use trunkline_prompts::tts::{Spoken, TtsError};

use super::*;
use crate::store::campaigns::{CampaignStatus, LocateBy, SegmentBy, Settings};
use crate::store::prompts::{INSTALLATION, Prompt, Selection};
use crate::store::sessions::{Direction, SessionState, SessionTarget};

pub(super) fn campaign(language: &str) -> Campaign {
    Campaign {
        id: "c".into(),
        name: "c".into(),
        status: CampaignStatus::Live,
        country: "us".into(),
        kind: "custom".into(),
        segment_by: SegmentBy::Custom,
        locate_by: LocateBy::None,
        language: language.into(),
        settings: Settings::default(),
        created_at: 0,
        updated_at: 0,
        launched_at: None,
        archived_at: None,
    }
}

pub(super) fn session(names: &str) -> Session {
    let target = |name: &str| SessionTarget {
        key: format!("custom:{name}"),
        title: "Senator".into(),
        name: name.trim_start_matches('-').into(),
        pronunciation: String::new(),
        district: String::new(),
        location: "Albany".into(),
        offices: if name.starts_with('-') {
            vec![]
        } else {
            vec![FlowOffice {
                uid: String::new(),
                phone: Phone::new("+12025550123").expect("a number"),
                extension: String::new(),
            }]
        },
    };
    Session {
        id: "s".into(),
        campaign_id: "c".into(),
        direction: Direction::Outbound,
        state: SessionState::Claimed,
        status: "queued".into(),
        step: String::new(),
        phone_hash: String::new(),
        phone_enc: None,
        phone_last2: String::new(),
        country: "us".into(),
        reference: String::new(),
        location: String::new(),
        caller_id: None,
        record: false,
        targets: names.split_whitespace().map(target).collect(),
        target_keys: Vec::new(),
        node: None,
        lease_until: 0,
        not_before_at: 0,
        attempts: 0,
        queued_at: 0,
        started_at: None,
        answered_at: None,
        ended_at: None,
        queue_delay_ms: None,
        duration_ms: None,
    }
}

/// A selection `scope language key = text` (`-` is the installation), or `= #hash` for a recording.
pub(super) fn selection(line: &str) -> (Selection, Prompt) {
    let (head, content) = line.split_once(" = ").expect("head = content");
    let words: Vec<&str> = head.split(' ').collect();
    let scope = if words[0] == "-" { INSTALLATION } else { words[0] };
    let hash = content.strip_prefix('#').map(str::to_owned);
    let prompt = Prompt {
        id: line.into(),
        campaign_id: scope.into(),
        key: words[2].into(),
        language: words[1].into(),
        version: 1,
        text: hash.is_none().then(|| content.to_owned()),
        voice: String::new(),
        audio_hash: hash,
        duration_ms: None,
        description: String::new(),
        hidden: false,
        created_at: 0,
    };
    let selection = Selection {
        campaign_id: scope.into(),
        key: words[2].into(),
        language: words[1].into(),
        prompt_id: line.into(),
    };
    (selection, prompt)
}

fn daily() -> DailyCalls {
    DailyCalls { day: Value::Null }
}

pub(super) fn shown(sound: &Sound) -> String {
    match sound {
        Sound::Recording { hash } => format!("#{hash}"),
        Sound::Spoken {
            text,
            language,
            voice,
        } if voice.is_empty() => format!("{language}: {text}"),
        Sound::Spoken {
            text,
            language,
            voice,
        } => format!("{language} by {voice}: {text}"),
        Sound::Joined { parts } => parts.iter().map(shown).collect::<Vec<_>>().join(" + "),
        Sound::Unusable { why } => format!("unusable: {why}"),
    }
}

/// What `key` is in a campaign of `language` with these selections.
fn check(selections: &[&str], language: &str, key: PromptKey, expect: &str) {
    let selected: Vec<_> = selections.iter().map(|line| selection(line)).collect();
    let line = lines(&campaign(language), &session("O'Rourke Smith"), Some(&daily()))
        .into_iter()
        .find(|line| line.key == key)
        .expect("a line of the session");
    let text = shown(&choose(&selected, &campaign(language), &line).0);
    let fits = match expect.strip_suffix('…') {
        Some(start) => text.starts_with(start),
        None => text == expect,
    };
    assert!(fits, "expected {expect}, got {text}");
}

#[test]
fn the_campaigns_version_then_the_installations_then_our_own() {
    let intro = PromptKey::Intro;
    check(
        &["c en msg_intro = #abc", "- en msg_intro = Hi"],
        "en",
        intro,
        "#abc",
    );
    check(
        &["- en msg_intro = Hi", "c en msg_goodbye = Bye"],
        "en",
        intro,
        "en: Hi",
    );
    check(&[], "en", intro, "en: Hello…");
    check(&["other en msg_intro = Hi"], "en", intro, "en: Hello…");
}

#[test]
fn the_language_then_its_base_then_english() {
    let intro = PromptKey::Intro;
    check(
        &["c es-MX msg_intro = Qué onda", "c es msg_intro = Hola"],
        "es-MX",
        intro,
        "es-MX: Qué onda",
    );
    check(
        &["c es msg_intro = Hola", "- es-MX msg_intro = Bienvenido"],
        "es-MX",
        intro,
        "es-MX: Bienvenido",
    );
    check(
        &["c es msg_intro = Hola", "c en msg_intro = Hi"],
        "es-MX",
        intro,
        "es: Hola",
    );
    check(&["c en msg_intro = Hi"], "sw", intro, "en: Hi");
    check(&[], "sw", intro, "en: Hello…");
}

#[test]
fn names_are_spoken_as_they_are_written() {
    let text = "c en msg_target_intro = Now {{title}} {{name}} of {{location}}";
    check(
        &[text],
        "en",
        PromptKey::TargetIntro,
        "en: Now Senator O'Rourke of Albany",
    );
    let broken = "c en msg_target_intro = Now {{nobody}}";
    check(
        &[broken],
        "en",
        PromptKey::TargetIntro,
        "unusable: msg_target_intro: …",
    );
}

#[test]
fn a_session_has_a_sound_for_every_name_its_flow_can_ask_for() {
    let names = |campaign: &Campaign, session: &Session| {
        let mut names: Vec<String> = lines(campaign, session, None)
            .iter()
            .map(|l| l.clip.to_string())
            .collect();
        names.sort();
        names.join(" ")
    };
    assert_eq!(
        names(&campaign("en"), &session("A -B C")),
        "msg_between_calls#1 msg_call_block_intro msg_final_thanks msg_goodbye msg_intro msg_intro_confirm \
         msg_target_busy#1 msg_target_busy#3 msg_target_intro#1 msg_target_intro#3"
    );
    assert_eq!(
        names(&campaign("en"), &session("")),
        "msg_final_thanks msg_goodbye msg_intro msg_intro_confirm msg_invalid_location"
    );
    let mut inbound = session("A");
    inbound.direction = Direction::Inbound;
    let mut over = campaign("en");
    over.status = CampaignStatus::Archived;
    assert_eq!(names(&over, &inbound), "msg_campaign_complete");
    over.status = CampaignStatus::Paused;
    assert_eq!(names(&over, &inbound), "msg_campaign_paused");
}

/// Callers are asked for the code that their country has.
#[test]
fn a_code_with_letters_is_asked_for_as_one() {
    for (country, language, expect) in [
        ("us", "en", "five digit zip code"),
        ("ca", "en", "For a letter, press the key"),
        ("us", "fr", "cinq chiffres"),
        ("ca", "fr-CA", "Pour une lettre"),
        ("ca", "es", "Para cada letra"),
    ] {
        let keyed = Campaign {
            country: country.into(),
            segment_by: SegmentBy::Location,
            locate_by: LocateBy::Postal,
            ..campaign(language)
        };
        let asks = lines(&keyed, &session(""), None);
        let line = asks.iter().find(|line| line.key == PromptKey::Location);
        let (sound, _) = choose(&[], &campaign(language), line.expect("it asks"));
        let Sound::Spoken { text, .. } = sound else {
            panic!("{sound:?}")
        };
        assert!(text.contains(expect), "{country} {language}: {text}");
        let other = if country == "ca" { "five digit" } else { "letter" };
        assert!(!text.contains(other), "{country} {language}: {text}");
    }
}

/// Every default text can be spoken with the values that a session has for it.
#[test]
fn our_own_texts_fit_the_values() {
    let scheduled = campaign("en");
    for language in ["en", "es", "fr"] {
        for line in lines(&scheduled, &session("A B"), Some(&daily()))
            .into_iter()
            .chain(lines(&scheduled, &session(""), Some(&daily())))
        {
            let (sound, _) = choose(&[], &campaign(language), &line);
            assert!(
                matches!(&sound, Sound::Spoken { text, .. } if !text.is_empty()),
                "{language} {line:?}: {sound:?}"
            );
        }
    }
}

/// Says as many telephone samples as the text has letters; knows no Spanish.
#[derive(Default)]
struct Pretends(Arc<AtomicUsize>);

impl Tts for Pretends {
    fn speak(&self, saying: Saying<'_>) -> Result<Spoken, TtsError> {
        self.0.fetch_add(1, SeqCst);
        if saying.language == "es" {
            return Err(TtsError::Language);
        }
        Ok(Pcm {
            samples: vec![1; saying.text.len() * 6],
        }
        .into())
    }
}

fn library() -> (tempfile::TempDir, Script, Arc<AtomicUsize>) {
    let folder = tempfile::tempdir().expect("a folder");
    let spoken = Arc::new(AtomicUsize::new(0));
    let files = Files::open(folder.path()).expect("a folder");
    let script = Script::new(files, Box::new(Pretends(Arc::clone(&spoken))));
    (folder, script, spoken)
}

fn said(text: &str, language: &str) -> Sound {
    Sound::Spoken {
        text: text.into(),
        language: language.into(),
        voice: String::new(),
    }
}

#[test]
fn what_was_spoken_once_is_not_spoken_again() {
    let (_folder, script, spoken) = library();
    let samples = |text| script.0.ready(&said(text, "en")).expect("spoken").samples;
    assert_eq!(samples("four"), 4);
    assert_eq!(samples("four"), 4);
    assert_eq!(samples("fiver"), 5);
    assert_eq!(spoken.load(SeqCst), 2);
}

#[test]
fn who_wants_the_same_waits_for_it() {
    let (_folder, script, spoken) = library();
    let sound = said("all at once", "en");
    std::thread::scope(|threads| {
        for _ in 0..16 {
            threads.spawn(|| assert_eq!(script.0.ready(&sound).expect("spoken").samples, 11));
        }
    });
    assert_eq!(spoken.load(SeqCst), 1);
    assert!(lock(&script.0.making).is_empty());
}

#[test]
fn what_cannot_be_made_is_none_and_nothing_breaks() {
    let (_folder, script, _) = library();
    assert_eq!(script.0.ready(&said("hola", "es")), None);
    assert_eq!(script.0.ready(&Sound::Recording { hash: "0".repeat(64) }), None);
    let hash = script.files().put(b"no audio at all").expect("kept");
    assert_eq!(script.0.ready(&Sound::Recording { hash }), None);
}

/// The chain of what plays instead, as text.
fn check_instead(selections: &[&str], language: &str, key: PromptKey, expect: &[&str]) {
    let selected: Vec<_> = selections.iter().map(|line| selection(line)).collect();
    let line = lines(&campaign(language), &session("Ada"), Some(&daily()))
        .into_iter()
        .find(|line| line.key == key)
        .expect("a line of the session");
    let (_, instead) = choose(&selected, &campaign(language), &line);
    let shown: Vec<String> = instead.iter().map(shown).collect();
    assert_eq!(shown, expect);
}

#[test]
fn a_recording_then_our_own_text_then_the_same_without_variables() {
    let plain = "es: La línea está ocupada en este momento.";
    let own = "es: La línea de Senator Ada está ocupada en este momento.";
    let busy = PromptKey::TargetBusy;
    check_instead(&[], "es-MX", busy, &[plain]);
    check_instead(
        &["c es-MX msg_target_busy = {{nobody}}"],
        "es-MX",
        busy,
        &[own, plain],
    );
    check_instead(
        &[
            "c es-MX msg_target_busy = {{name}}",
            "- es msg_target_busy = #abc",
        ],
        "es-MX",
        busy,
        &["#abc", own, plain],
    );
    check_instead(&["c es msg_target_busy = #abc"], "es", busy, &[own, plain]);
}

/// Speech that fails is never silence: the chain goes on to what can be made, and a tone only when nothing can.
#[test]
fn what_cannot_be_made_has_something_in_its_place() {
    let (_folder, script, _) = library();
    let line = lines(&campaign("en"), &session("Ada"), None).remove(0);
    let play = |sound: Sound, instead: &[Sound]| {
        script.0.play(&Wanted {
            line: line.clone(),
            sound,
            instead: instead.to_vec(),
        })
    };
    let unusable = Sound::Unusable { why: "x".into() };
    assert_eq!(
        play(unusable.clone(), &[said("hola", "es"), said("four", "en")]).samples,
        4
    );
    let tone = encode(&default_tone());
    assert_eq!(play(unusable, &[said("hola", "es")]), tone);
}

#[test]
fn a_prompts_voice_goes_before_the_campaigns() {
    let mut spanish = campaign("es");
    spanish.settings.voice = "mls".into();
    let mut selected = vec![
        selection("c es msg_intro = Hola"),
        selection("c es msg_goodbye = Adiós"),
    ];
    selected[1].1.voice = "claude".into();
    let by = |key| {
        let line = lines(&spanish, &session("Ada"), None)
            .into_iter()
            .find(|line| line.key == key);
        shown(&choose(&selected, &spanish, &line.expect("a line")).0)
    };
    assert_eq!(by(PromptKey::Intro), "es by mls: Hola");
    assert_eq!(by(PromptKey::Goodbye), "es by claude: Adiós");
    assert!(by(PromptKey::FinalThanks).starts_with("es by mls: "));
}

/// Initials are letters; a day is a day; a pronunciation goes before the spelling.
#[test]
fn names_and_days_are_said_in_the_language_of_the_text() {
    let mut called = session("JD.Vance");
    called.targets[0].title = "Sen.".into();
    called.targets[0].name = "J. D. Vance III".into();
    let monday = DailyCalls {
        day: trunkline_prompts::words::date(0, 11, 23),
    };
    let said = |called: &Session, language: &str, key: PromptKey| {
        let line = lines(&campaign(language), called, Some(&monday))
            .into_iter()
            .find(|line| line.key == key);
        shown(&choose(&[], &campaign(language), &line.expect("a line")).0)
    };
    for (language, key, expect) in [
        (
            "en",
            PromptKey::TargetBusy,
            "en: The line of Senator J D Vance the third is busy at the moment.",
        ),
        (
            "es-MX",
            PromptKey::TargetBusy,
            "es: La línea de Senador J D Vance tercero está ocupada en este momento.",
        ),
        (
            "fr",
            PromptKey::ScheduleStart,
            "fr: Parfait. Nous vous rappellerons lundi vingt-trois novembre, à la même heure.",
        ),
    ] {
        assert_eq!(said(&called, language, key), expect);
    }
    called.targets[0].pronunciation = "Jay Dee Vans".into();
    assert_eq!(
        said(&called, "en", PromptKey::TargetBusy),
        "en: The line of Senator Jay Dee Vans is busy at the moment."
    );
}

/// Whoever is created now finds every sound made when it is claimed.
#[test]
fn a_session_is_prepared_when_it_is_created() {
    crate::store::testing::check(|db| async move {
        let (_folder, script, spoken) = library();
        let (campaign, session) = (campaign("en"), session("Ada Bea"));
        script.prepare(&db, &campaign, &session, None);
        // Whoever asks meanwhile waits for the same sounds, and makes none twice.
        let book = script.book(&db, &campaign, &session, None).await.expect("a book");
        let wanted: Vec<Wanted> = lines(&campaign, &session, None)
            .into_iter()
            .map(|line| {
                let (sound, instead) = choose(&[], &campaign, &line);
                Wanted { line, sound, instead }
            })
            .collect();
        assert_eq!(script.all_cached(&wanted), Some(book));
        let texts: HashSet<Sound> = wanted.into_iter().map(|wanted| wanted.sound).collect();
        let ahead: HashSet<Sound> = ahead(&campaign).chain(texts).collect();
        assert!(spoken.load(SeqCst) <= ahead.len());
    });
}

#[test]
fn a_recorded_number_that_is_gone_gives_way_to_the_whole_sentence() {
    let (_folder, script, _) = library();
    let selected = vec![selection(&format!("c en word_2 = #{}", "0".repeat(64)))];
    let line = lines(&campaign("en"), &session("A B C"), None)
        .into_iter()
        .rfind(|line| line.key == PromptKey::BetweenCalls);
    let (sound, instead) = choose(&selected, &campaign("en"), line.as_ref().expect("a line"));
    assert!(matches!(sound, Sound::Joined { .. }));
    let line = line.expect("a line");
    let clip = script.0.play(&Wanted { line, sound, instead });
    let whole = "Well done. There are two calls left. Now for the next one.";
    assert_eq!(clip, script.0.ready(&said(whole, "en")).expect("spoken"));
}
