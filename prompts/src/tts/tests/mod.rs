//! Speech with the real programs where they are installed, and with small ones of our own for everything that goes wrong.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use super::run::run_within;
use super::*;

fn installed(engine: &Engine) -> bool {
    let there = engine.report().path.is_some();
    if !there {
        eprintln!("skipped: {} is not installed", engine.name());
    }
    there
}

fn command(words: &[&str]) -> Speech {
    let engine = Some(Engine::Command(words.iter().map(|w| (*w).to_owned()).collect()));
    Speech::new(SpeechConfig { engine, cache: None })
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
        let speech = Speech::new(SpeechConfig {
            engine: Some(Engine::Flite),
            cache: None,
        });
        let pcm = speech
            .speak("Thank you for calling. Please press star.", "en-US")
            .unwrap();
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
            check_speech(&speech.speak(text, language).unwrap(), 1.5..6.0);
        }
        let unknown = speech.speak("hello", "xx").unwrap_err().to_string();
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
        let speech = Speech::new(SpeechConfig {
            engine: Some(Engine::Flite),
            cache: None,
        });
        speech.speak(&text, "en").unwrap();
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
    let engine = Some(Engine::Command(vec![program]));
    let speech = Speech::new(SpeechConfig {
        engine,
        cache: Some(folder.path().join("cache")),
    });
    let first = speech.speak("hello", "en").unwrap();
    assert_eq!(speech.speak(" hello\n", "en").unwrap(), first);
    speech.speak("hello", "fr").unwrap();
    speech.speak("goodbye", "en").unwrap();
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
    let engine = Some(Engine::Command(vec![program]));
    let speech = Speech::new(SpeechConfig {
        engine,
        cache: Some(folder.path().join("cache")),
    });
    std::thread::scope(|threads| {
        for n in 0..30 {
            let speech = &speech;
            threads.spawn(move || speech.speak(&format!("text {}", n % 3), "en").unwrap());
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
    command(&[&program, "{file}", "{language}"])
        .speak("¿Qué tal?", "es-MX")
        .unwrap();
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
        command(&[&program, "{out}"])
            .speak("hello", "en")
            .unwrap()
            .duration()
            .as_millis(),
        750
    );
}

#[test]
fn what_goes_wrong_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let error = |speech: &Speech| speech.speak("hello", "en").unwrap_err().to_string();
    assert_eq!(
        error(&command(&["/nowhere/piper"])),
        "the speech program /nowhere/piper is not installed; install it (Debian: apt-get install the package that has it) or \
         choose another [tts] engine"
    );
    let program = script(folder.path(), "echo 'no such voice' >&2; exit 3");
    assert_eq!(
        error(&command(&[&program])),
        format!("the speech program {program} failed: no such voice")
    );
    let program = script(folder.path(), "exit 3");
    assert_eq!(
        error(&command(&[&program])),
        format!("the speech program {program} failed: exit status: 3")
    );
    let program = script(folder.path(), "exit 0");
    assert!(
        error(&command(&[&program]))
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
        assert!(matches!(speech.speak(text, "en"), Err(TtsError::Text)));
    }
    for language in ["", "e", "-v", "en;ls", "en-", "../en", "en US", &"en-".repeat(20)] {
        assert!(
            matches!(speech.speak("hello", language), Err(TtsError::Language)),
            "{language}"
        );
    }
    for (language, english) in [
        ("en", true),
        ("EN-gb", true),
        ("en_US", true),
        ("eng", false),
        ("es", false),
    ] {
        assert_eq!(is_english(language), english, "{language}");
    }
}

#[test]
fn an_absent_program_is_reported_with_what_to_do() {
    let report = Engine::Command(vec!["trunkline-no-such-program".to_owned()]).report();
    assert_eq!(report.path, None);
    assert!(
        report.note.contains("callers hear a tone instead"),
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
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for sample in crate::tone::default_tone().samples {
        writer.write_sample(sample).unwrap();
    }
    writer.finalize().unwrap();
}
