//! The sounds of a session: which version of each prompt plays, templates spoken ahead of time, everything encoded once and shared.

mod bring;
mod cache;
mod choose;
mod joined;
mod lines;
mod playing;
mod prepare;
mod ready;
mod said;
mod spoken;
mod stand_in;
mod unused;
mod upload;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

use trunkline_gateway::flow::ClipBook;
use trunkline_media::clip::Clip;
use trunkline_prompts::decode;
use trunkline_prompts::files::Files;
use trunkline_prompts::key::PromptKey;
use trunkline_prompts::pcm::Pcm;
use trunkline_prompts::tone::default_tone;
use trunkline_prompts::tts::{Saying, Tts, TtsError, Watch};

use self::cache::Cache;
use self::choose::{Sound, ahead, choose};
pub(crate) use self::lines::DailyCalls;
use self::lines::{Line, lines};
pub(crate) use self::playing::{By, Chosen, chosen, playing};
use self::ready::Ready;
pub(crate) use self::ready::encode;
use self::stand_in::StandIns;
pub use self::upload::NotTaken;
use crate::audio_store::AudioStore;
use crate::store::campaigns::Campaign;
use crate::store::sessions::Session;
use crate::store::{self, Db, prompts};

/// Sessions whose sounds are made at the same time; speech is a program for each sentence, and calls need the machine too.
const AT_ONCE: usize = 4;
/// Languages with a voice that are spoken ahead of time.
const MAX_AHEAD: usize = 100;
/// Uploads that are worked on at the same time.
const UPLOADS_AT_ONCE: usize = 1;
/// Folder of prepared recordings, within that of uploads.
const READY: &str = "ready";
/// Failures that are remembered.
const MAX_FAILED: usize = 1_000;

/// Recordings and spoken texts, ready to be played. Cheap to clone; every clone is the same library.
#[derive(Clone)]
pub struct Script(Arc<Inner>);

/// A text as callers hear it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// A name for the version.
    pub version: String,
    /// The text; empty for a recording.
    pub text: String,
}

struct Inner {
    audio: AudioStore,
    on_disk: Ready,
    tts: Box<dyn Tts>,
    cache: Mutex<Cache>,
    stand_ins: Mutex<StandIns>,
    /// Sounds that are being made: whoever wants the same one waits for it instead of making it again.
    making: Mutex<HashMap<Sound, Arc<Mutex<()>>>>,
    /// Sounds that could not be made, so that the log says it once.
    failed: Mutex<HashSet<Sound>>,
    /// Languages and voices whose texts to fall back to were spoken.
    ahead: Mutex<HashSet<(String, String)>>,
    /// Sessions that are prepared before they are claimed.
    preparing: Arc<Semaphore>,
    turns: Semaphore,
    uploads: Semaphore,
    tone: Clip,
}

/// A line, its sound, and what plays instead when that cannot be made.
struct Wanted {
    line: Line,
    sound: Sound,
    instead: Vec<Sound>,
}

impl Script {
    /// With the recordings and something that speaks.
    pub fn new(audio: impl Into<AudioStore>, tts: Box<dyn Tts>) -> Script {
        let audio = audio.into();
        Script(Arc::new(Inner {
            on_disk: Ready::new(&audio.files().folder().join(READY)),
            audio,
            tts,
            cache: Mutex::default(),
            stand_ins: Mutex::default(),
            making: Mutex::default(),
            failed: Mutex::default(),
            ahead: Mutex::default(),
            preparing: Arc::new(Semaphore::new(prepare::MAX_WAITING)),
            turns: Semaphore::new(AT_ONCE),
            uploads: Semaphore::new(UPLOADS_AT_ONCE),
            tone: encode(&default_tone()),
        }))
    }

    /// The folder of recordings.
    pub fn files(&self) -> &Files {
        self.0.audio.files()
    }

    /// The recordings.
    pub fn audio(&self) -> &AudioStore {
        &self.0.audio
    }

    /// A recording as it is played, by the hash of its upload; the error says why there is none.
    pub async fn recording(&self, hash: String) -> Result<Clip, String> {
        let inner = Arc::clone(&self.0);
        let made = tokio::task::spawn_blocking(move || inner.recording(&hash)).await;
        made.unwrap_or_else(|_| Err("the recording could not be prepared".to_owned()))
    }

    /// Tells of every speech engine that is asked, and gives it a clock.
    pub(crate) fn watch(&self, watch: Arc<dyn Watch>) {
        self.0.tts.watch(watch);
    }

    /// Speaks a text, for somebody who wants to hear it before callers do. `voice` may be empty.
    pub async fn say(&self, text: String, language: String, voice: String) -> Result<Pcm, TtsError> {
        let inner = Arc::clone(&self.0);
        let spoken = tokio::task::spawn_blocking(move || {
            let saying = Saying {
                text: &text,
                language: &language,
                voice: &voice,
            };
            inner.tts.speak(saying).map(|spoken| spoken.pcm)
        });
        spoken.await.unwrap_or(Err(TtsError::Text))
    }

    /// Every sound that the session can play, by name. What cannot be decoded or spoken is the default tone, and the log says so.
    /// `daily`: what is said of daily calls, if anything.
    pub(crate) async fn book(
        &self,
        db: &Db,
        campaign: &Campaign,
        session: &Session,
        daily: Option<&DailyCalls>,
    ) -> store::Result<ClipBook> {
        let selected = prompts::selected(db, &campaign.id).await?;
        let wanted: Vec<Wanted> = lines(campaign, session, daily)
            .into_iter()
            .map(|line| {
                let (sound, instead) = choose(&selected, campaign, &line);
                Wanted { line, sound, instead }
            })
            .collect();
        if let Some(book) = self.all_cached(&wanted) {
            return Ok(book);
        }
        self.bring(&wanted).await;
        let _turn = self.0.turns.acquire().await;
        let inner = Arc::clone(&self.0);
        let names: Vec<Line> = wanted.iter().map(|wanted| wanted.line.clone()).collect();
        let spoken = tokio::task::spawn_blocking(move || inner.make_all(&wanted)).await;
        self.speak_ahead(campaign);
        Ok(spoken.unwrap_or_else(|_| {
            tracing::error!("the script could not be prepared; the session plays tones");
            names
                .into_iter()
                .map(|line| (line.clip, self.0.tone.clone()))
                .collect()
        }))
    }

    /// Speaks what a campaign falls back to, in the background and once for each language and voice.
    fn speak_ahead(&self, campaign: &Campaign) {
        let manner = (campaign.language.clone(), campaign.settings.voice.clone());
        let is_new = {
            let mut ahead = lock(&self.0.ahead);
            ahead.len() < MAX_AHEAD && ahead.insert(manner)
        };
        if is_new {
            let inner = Arc::clone(&self.0);
            let sounds: Vec<Sound> = ahead(campaign).collect();
            // Nobody waits for it: when it fails, there is nothing to fall back to but a tone.
            drop(tokio::task::spawn_blocking(move || {
                sounds.iter().for_each(|sound| drop(inner.ready(sound)));
            }));
        }
    }

    /// Which text callers of a campaign hear under a key now, for the record of what they agreed to.
    pub async fn heard(&self, db: &Db, campaign: &Campaign, key: PromptKey) -> store::Result<Heard> {
        let selected = prompts::selected(db, &campaign.id).await?;
        let (version, text) = choose::heard(&selected, &campaign.id, &campaign.language, key);
        Ok(Heard { version, text })
    }

    fn all_cached(&self, wanted: &[Wanted]) -> Option<ClipBook> {
        wanted
            .iter()
            .map(|wanted| Some((wanted.line.clip.clone(), self.0.cached(&wanted.sound)?)))
            .collect()
    }
}

impl Inner {
    /// Blocks: decodes and speaks what is not cached.
    fn make_all(&self, wanted: &[Wanted]) -> ClipBook {
        wanted
            .iter()
            .map(|wanted| (wanted.line.clip.clone(), self.play(wanted)))
            .collect()
    }

    /// The sound, or the first that can be made of what stands for it, or a tone.
    fn play(&self, wanted: &Wanted) -> Clip {
        let sounds = std::iter::once(&wanted.sound).chain(&wanted.instead);
        let made = sounds.into_iter().find_map(|sound| self.ready(sound));
        made.unwrap_or_else(|| self.tone.clone())
    }

    /// What is in memory. A stand-in is used for a while, and then the engine that it stands in for is asked again.
    fn cached(&self, sound: &Sound) -> Option<Clip> {
        if lock(&self.stand_ins).is_worn(sound) {
            return None;
        }
        lock(&self.cache).get(sound)
    }

    /// The sound made ready; `None` when it cannot be made, which the log says once.
    fn ready(&self, sound: &Sound) -> Option<Clip> {
        if let Some(clip) = self.cached(sound) {
            return Some(clip);
        }
        let turn = Arc::clone(lock(&self.making).entry(sound.clone()).or_default());
        let _mine = lock(&turn);
        // Somebody else may have made it while we waited, or between our look and our turn.
        if let Some(clip) = self.cached(sound) {
            lock(&self.making).remove(sound);
            return Some(clip);
        }
        let clip = match self.make(sound) {
            Ok((clip, stand_in)) => {
                lock(&self.cache).put(sound.clone(), clip.clone());
                lock(&self.stand_ins).made(sound, stand_in);
                Some(clip)
            }
            Err(why) => {
                self.complain(sound, &why);
                None
            }
        };
        lock(&self.making).remove(sound);
        clip
    }

    fn complain(&self, sound: &Sound, why: &str) {
        let mut failed = lock(&self.failed);
        if failed.len() >= MAX_FAILED {
            failed.clear();
        }
        if failed.insert(sound.clone()) {
            tracing::warn!(
                ?sound,
                why,
                "a prompt cannot be played; callers hear our own text instead, or a tone"
            );
        }
    }

    /// The clip, and whether another engine than the configured one spoke.
    fn make(&self, sound: &Sound) -> Result<(Clip, bool), String> {
        if let Sound::Recording { hash } = sound {
            return Ok((self.recording(hash)?, false));
        }
        let (pcm, stand_in) = self.pcm(sound)?;
        Ok((encode(&pcm), stand_in))
    }

    /// As it was prepared when it was uploaded, or prepared anew.
    fn recording(&self, hash: &str) -> Result<Clip, String> {
        if let Some(clip) = self.on_disk.get(hash) {
            return Ok(clip);
        }
        let clip = encode(&self.decoded(hash)?);
        self.on_disk.put(hash, &clip);
        Ok(clip)
    }

    fn decoded(&self, hash: &str) -> Result<Pcm, String> {
        let bytes = self.audio.files().get(hash).map_err(|e| e.to_string())?;
        decode::decode(&bytes).map_err(|e| e.to_string())
    }

    fn pcm(&self, sound: &Sound) -> Result<(Pcm, bool), String> {
        match sound {
            Sound::Recording { hash } => Ok((self.decoded(hash)?, false)),
            Sound::Joined { parts } => self.joined(parts),
            Sound::Spoken {
                text,
                language,
                voice,
            } => {
                let saying = Saying {
                    text,
                    language,
                    voice,
                };
                let spoken = self.tts.speak(saying).map_err(|e| e.to_string())?;
                Ok((spoken.pcm, spoken.stand_in))
            }
            Sound::Unusable { why } => Err(why.clone()),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Script(…)")
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod with_flow;
