//! An engine that fails, hangs or is not there: who speaks in its place, who is told, and how long it is left alone.

use std::sync::Mutex;
use std::time::Instant;

use super::*;

/// A clock that is moved by hand, and a list of what was counted.
struct Notes {
    now: Mutex<Instant>,
    counted: Mutex<Vec<String>>,
}

impl Notes {
    fn new() -> Arc<Notes> {
        Arc::new(Notes {
            now: Mutex::new(start()),
            counted: Mutex::default(),
        })
    }

    fn advance(&self, by: Duration) {
        *self.now.lock().unwrap() += by;
    }

    fn take(&self) -> String {
        std::mem::take(&mut *self.counted.lock().unwrap()).join(", ")
    }
}

impl Watch for Notes {
    fn now(&self) -> Instant {
        *self.now.lock().unwrap()
    }

    fn asked(&self, engine: &'static str, outcome: Outcome, _: Duration) {
        self.counted
            .lock()
            .unwrap()
            .push(format!("{engine} {}", outcome.as_str()));
    }
}

/// A service that answers a tone, or nothing.
struct Service(Mutex<Option<AskError>>);

impl Ask for Service {
    fn ask(&self, request: &Request<'_>) -> Result<Vec<u8>, AskError> {
        assert!(request.limit <= Duration::from_secs(15) && request.max_bytes > 0);
        if let Some(error) = self.0.lock().unwrap().clone() {
            return Err(error);
        }
        let folder = tempfile::tempdir().unwrap();
        write_tone(&folder.path().join("tone.wav"));
        Ok(std::fs::read(folder.path().join("tone.wav")).unwrap())
    }
}

fn speech_of(service: &Arc<Service>, notes: &Arc<Notes>) -> Speech {
    let speech = Speech::new(SpeechConfig {
        engine: Engine::parse("http://127.0.0.1:5000/"),
        ask: Some(Arc::clone(service) as Arc<dyn Ask>),
        ..SpeechConfig::default()
    });
    speech.watch(Arc::clone(notes) as Arc<dyn Watch>);
    speech
}

fn spoken(speech: &Speech, language: &str) -> Spoken {
    let saying = Saying {
        text: "One more call.",
        language,
        voice: "",
    };
    speech.speak(saying).unwrap()
}

#[test]
fn a_failing_service_is_stood_in_for_left_alone_and_asked_again() {
    if !installed(&Engine::Flite) {
        return;
    }
    let service = Arc::new(Service(Mutex::new(None)));
    let notes = Notes::new();
    let speech = speech_of(&service, &notes);
    assert!(!spoken(&speech, "en").stand_in);
    assert_eq!(notes.take(), "http spoken");

    *service.0.lock().unwrap() = Some(AskError::Refused("it answers 500".to_owned()));
    for _ in 0..3 {
        let spoken = spoken(&speech, "en");
        assert!(spoken.stand_in);
        check_speech(&spoken.pcm, 0.5..3.0);
        assert_eq!(notes.take(), "http failed, flite spoken");
    }
    assert!(spoken(&speech, "en").stand_in);
    assert_eq!(notes.take(), "http left_alone, flite spoken");

    *service.0.lock().unwrap() = None;
    notes.advance(circuit::REST);
    assert!(!spoken(&speech, "en").stand_in);
    assert_eq!(notes.take(), "http spoken");
}

#[test]
fn a_service_that_hangs_is_not_asked_in_another_language() {
    if !installed(&Engine::EspeakNg) {
        return;
    }
    let service = Arc::new(Service(Mutex::new(Some(AskError::TimedOut))));
    let notes = Notes::new();
    assert!(spoken(&speech_of(&service, &notes), "es-MX").stand_in);
    assert_eq!(notes.take(), "http timed_out, espeak-ng spoken");
}

#[test]
fn a_failing_program_is_stood_in_for() {
    if !installed(&Engine::Flite) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let notes = Notes::new();
    for (program, outcome) in [
        (script(folder.path(), "exit 3"), "failed"),
        (script(folder.path(), "echo no audio"), "failed"),
        ("/nowhere/piper".to_owned(), "absent"),
    ] {
        let speech = command(&[&program]);
        speech.watch(Arc::clone(&notes) as Arc<dyn Watch>);
        assert!(spoken(&speech, "en").stand_in, "{program}");
        assert_eq!(notes.take(), format!("command {outcome}, flite spoken"));
    }
}

#[test]
fn a_voice_is_handed_to_the_program() {
    let folder = tempfile::tempdir().unwrap();
    write_tone(&folder.path().join("tone.wav"));
    let program = script(
        folder.path(),
        "echo \"$1 $2\" >> \"$(dirname \"$0\")/voices\"; cat \"$(dirname \"$0\")/tone.wav\"",
    );
    let speech = Speech::new(SpeechConfig {
        engine: Some(engine(&[&program, "{language}", "{voice}"])),
        voices: Voices::parse("en=amy,es=mls").unwrap(),
        ..SpeechConfig::default()
    });
    for (language, voice) in [("en", ""), ("es-MX", ""), ("fr", ""), ("en", "joe")] {
        let saying = Saying {
            text: "hello",
            language,
            voice,
        };
        assert!(!speech.speak(saying).unwrap().stand_in);
    }
    let voices = std::fs::read_to_string(folder.path().join("voices")).unwrap();
    assert_eq!(voices, "en amy\nes-MX mls\nfr \nen joe\n");
}
