//! Speech with the real programs where they are installed, and with small ones of our own for everything that goes wrong.

mod falls_back;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use super::run::run_within;
use super::*;
use crate::pcm::RATE;

fn installed(engine: &Engine) -> bool {
    let there = engine.report().path.is_some();
    if !there {
        eprintln!("skipped: {} is not installed", engine.name());
    }
    there
}

fn engine(words: &[&str]) -> Engine {
    Engine::Command(words.iter().map(|w| (*w).to_owned()).collect())
}

fn command(words: &[&str]) -> Speech {
    speaks_by(Some(engine(words)), None)
}

fn speaks_by(engine: Option<Engine>, cache: Option<PathBuf>) -> Speech {
    Speech::new(SpeechConfig {
        engine,
        cache,
        ..SpeechConfig::default()
    })
}

fn say(speech: &Speech, text: &str, language: &str) -> Result<Pcm, TtsError> {
    let saying = Saying {
        text,
        language,
        voice: "",
    };
    speech.speak(saying).map(|spoken| spoken.pcm)
}

/// This engine alone, with nobody who stands in.
fn ask(engine: &Engine, text: &str, language: &str) -> Result<Pcm, TtsError> {
    let attempt = Attempt {
        engine,
        language,
        voice: engine.voice(language, ""),
    };
    speaks_by(None, None).ask(&attempt, text).map(|(_, pcm)| pcm)
}

/// The beginning of a test's time.
#[expect(
    clippy::disallowed_methods,
    reason = "any moment will do: tests count from it"
)]
pub(super) fn start() -> std::time::Instant {
    std::time::Instant::now()
}

/// Speech is neither silence nor a click.
fn check_speech(pcm: &Pcm, seconds: std::ops::Range<f64>) {
    assert!(
        seconds.contains(&pcm.duration().as_secs_f64()),
        "{:?}",
        pcm.duration()
    );
    let loud = pcm.samples.iter().filter(|s| s.unsigned_abs() > 1_000).count();
    assert!(
        loud * 10 > pcm.samples.len(),
        "{loud} of {} samples are loud",
        pcm.samples.len()
    );
}

#[test]
fn flite_speaks_english() {
    if installed(&Engine::Flite) {
        let speech = speaks_by(Some(Engine::Flite), None);
        let pcm = say(&speech, "Thank you for calling. Please press star.", "en-US").unwrap();
        check_speech(&pcm, 1.5..5.0);
    }
}

#[test]
fn espeak_speaks_other_languages() {
    if installed(&Engine::EspeakNg) {
        let speech = Speech::new(SpeechConfig::default());
        for (language, text) in [
            ("es-MX", "Gracias por llamar. Por favor, pulse asterisco."),
            ("fr", "Merci de votre appel. Appuyez sur étoile."),
            ("de", "Danke für Ihren Anruf. Bitte drücken Sie die Sterntaste."),
        ] {
            check_speech(&say(&speech, text, language).unwrap(), 1.5..6.0);
        }
        let unknown = ask(&Engine::EspeakNg, "hello", "xx").unwrap_err().to_string();
        assert!(
            unknown.starts_with("the speech program espeak-ng failed"),
            "{unknown}"
        );
    }
}

#[test]
fn text_is_never_a_command() {
    if installed(&Engine::Flite) {
        let folder = tempfile::tempdir().unwrap();
        let trap = folder.path().join("trap");
        let text = format!("\"; touch {0}; $(touch {0}) `touch {0}` -o {0}", trap.display());
        let speech = speaks_by(Some(Engine::Flite), None);
        say(&speech, &text, "en").unwrap();
        assert!(!trap.exists());
    }
}

#[test]
fn a_text_is_spoken_once() {
    let folder = tempfile::tempdir().unwrap();
    let program = script(
        folder.path(),
        "echo x >> \"$(dirname \"$0\")/count\"; cat \"$(dirname \"$0\")/tone.wav\"",
    );
    write_tone(&folder.path().join("tone.wav"));
    let speech = speaks_by(Some(engine(&[&program])), Some(folder.path().join("cache")));
    let first = say(&speech, "hello", "en").unwrap();
    assert_eq!(say(&speech, " hello\n", "en").unwrap(), first);
    say(&speech, "hello", "fr").unwrap();
    say(&speech, "goodbye", "en").unwrap();
    let count = std::fs::read_to_string(folder.path().join("count"))
        .unwrap()
        .lines()
        .count();
    assert_eq!(count, 3);
}

#[test]
fn many_who_want_the_same_text_at_once_have_it_spoken_once() {
    let folder = tempfile::tempdir().unwrap();
    let program = script(
        folder.path(),
        "echo x >> \"$(dirname \"$0\")/count\"; cat \"$(dirname \"$0\")/tone.wav\"",
    );
    write_tone(&folder.path().join("tone.wav"));
    let speech = speaks_by(Some(engine(&[&program])), Some(folder.path().join("cache")));
    std::thread::scope(|threads| {
        for n in 0..30 {
            let speech = &speech;
            threads.spawn(move || say(speech, &format!("text {}", n % 3), "en").unwrap());
        }
    });
    let count = std::fs::read_to_string(folder.path().join("count")).unwrap();
    assert_eq!(count.lines().count(), 3);
}

#[test]
fn the_text_comes_on_stdin_and_as_a_file() {
    let folder = tempfile::tempdir().unwrap();
    write_tone(&folder.path().join("tone.wav"));
    let program = script(
        folder.path(),
        "d=\"$(dirname \"$0\")\"; cat > \"$d/stdin\"; cp \"$1\" \"$d/file\"; echo \"$2\" > \"$d/language\"; cat \"$d/tone.wav\"",
    );
    ask(&engine(&[&program, "{file}", "{language}"]), "¿Qué tal?", "es-MX").unwrap();
    for (name, expected) in [
        ("stdin", "¿Qué tal?"),
        ("file", "¿Qué tal?"),
        ("language", "es-MX\n"),
    ] {
        assert_eq!(
            std::fs::read_to_string(folder.path().join(name)).unwrap(),
            expected
        );
    }
}

#[test]
fn audio_may_come_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    write_tone(&folder.path().join("tone.wav"));
    let program = script(
        folder.path(),
        "echo talk; cp \"$(dirname \"$0\")/tone.wav\" \"$1\"",
    );
    assert_eq!(
        ask(&engine(&[&program, "{out}"]), "hello", "en")
            .unwrap()
            .duration()
            .as_millis(),
        600,
        "the silence behind the tone is taken off"
    );
}

#[test]
fn what_goes_wrong_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let error = |engine: &Engine| ask(engine, "hello", "en").unwrap_err().to_string();
    assert_eq!(
        error(&engine(&["/nowhere/piper"])),
        "the speech program /nowhere/piper is not installed; install it (Debian: apt-get install the package that has it) or \
         choose another [tts] engine"
    );
    let program = script(folder.path(), "echo 'no such voice' >&2; exit 3");
    assert_eq!(
        error(&engine(&[&program])),
        format!("the speech program {program} failed: no such voice")
    );
    let program = script(folder.path(), "exit 3");
    assert_eq!(
        error(&engine(&[&program])),
        format!("the speech program {program} failed: exit status: 3")
    );
    let program = script(folder.path(), "exit 0");
    assert!(
        error(&engine(&[&program]))
            .ends_with("gave no usable audio: the file is empty; record it again or choose another file")
    );
}

#[test]
fn a_program_that_never_ends_is_ended_with_its_children() {
    let folder = tempfile::tempdir().unwrap();
    let program = script(folder.path(), "sleep 600 & sleep 600");
    let engine = Engine::Command(vec![program.clone()]);
    let got = run_within(&[program], &engine, "hello", Duration::from_millis(200));
    assert!(matches!(got, Err(TtsError::TimedOut { .. })), "{got:?}");
}

#[test]
fn a_program_that_writes_without_end_is_bounded() {
    let engine = Engine::Command(vec!["yes".to_owned()]);
    let got = run_within(&["yes".to_owned()], &engine, "hello", Duration::from_secs(10));
    assert!(matches!(got, Err(TtsError::Failed { .. })), "{got:?}");
}

#[test]
fn texts_and_languages_are_checked() {
    let speech = command(&["true"]);
    for text in ["", "  \n", &"a".repeat(MAX_CHARACTERS + 1)] {
        assert!(matches!(say(&speech, text, "en"), Err(TtsError::Text)));
    }
    for language in ["", "e", "-v", "en;ls", "en-", "../en", "en US", &"en-".repeat(20)] {
        assert!(
            matches!(say(&speech, "hello", language), Err(TtsError::Language)),
            "{language}"
        );
    }
    let saying = Saying {
        text: "hello",
        language: "en",
        voice: "-o",
    };
    assert!(matches!(speech.speak(saying), Err(TtsError::Voice)));
}

#[test]
fn an_absent_program_is_reported_with_what_to_do() {
    let report = Engine::Command(vec!["trunkline-no-such-program".to_owned()]).report();
    assert_eq!(report.path, None);
    assert!(
        report.note.contains("flite and espeak-ng speak instead"),
        "{}",
        report.note
    );
    assert_eq!(
        engines().iter().map(|r| r.program.as_str()).collect::<Vec<_>>(),
        ["flite", "espeak-ng"]
    );
}

fn script(folder: &Path, body: &str) -> String {
    let path = folder.join(format!("speak{}", std::fs::read_dir(folder).unwrap().count()));
    std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.to_string_lossy().into_owned()
}

fn write_tone(path: &Path) {
    std::fs::write(path, crate::pcm::wav(&crate::tone::default_tone().samples, RATE)).unwrap();
}
