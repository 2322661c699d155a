//! The sounds of a session: which version of each prompt plays, templates spoken ahead of time, everything encoded once and shared.

mod cache;
mod choose;
mod lines;

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
use trunkline_prompts::tts::{Tts, TtsError};

use self::cache::Cache;
pub(crate) use self::choose::{Chosen, chosen};
use self::choose::{Sound, choose};
use self::lines::{Line, lines};
use crate::store::campaigns::Campaign;
use crate::store::sessions::Session;
use crate::store::{self, Db, prompts};

/// Sessions whose sounds are made at the same time; speech is a program for each sentence, and calls need the machine too.
const AT_ONCE: usize = 4;
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
    files: Files,
    tts: Box<dyn Tts>,
    cache: Mutex<Cache>,
    /// Sounds that are being made: whoever wants the same one waits for it instead of making it again.
    making: Mutex<HashMap<Sound, Arc<Mutex<()>>>>,
    /// Sounds that could not be made, so that the log says it once.
    failed: Mutex<HashSet<Sound>>,
    turns: Semaphore,
    tone: Clip,
}

impl Script {
    /// With the folder of recordings and something that speaks.
    pub fn new(files: Files, tts: Box<dyn Tts>) -> Script {
        Script(Arc::new(Inner {
            files,
            tts,
            cache: Mutex::default(),
            making: Mutex::default(),
            failed: Mutex::default(),
            turns: Semaphore::new(AT_ONCE),
            tone: Clip::from_pcm(&default_tone().samples),
        }))
    }

    /// The folder of recordings.
    pub fn files(&self) -> &Files {
        &self.0.files
    }

    /// Speaks a text, for somebody who wants to hear it before callers do.
    pub async fn say(&self, text: String, language: String) -> Result<Pcm, TtsError> {
        let inner = Arc::clone(&self.0);
        let spoken = tokio::task::spawn_blocking(move || inner.tts.speak(&text, &language)).await;
        spoken.unwrap_or(Err(TtsError::Text))
    }

    /// Every sound that the session can play, by name. What cannot be decoded or spoken is the default tone, and the log says so.
    /// `daily`: whether daily calls are spoken of.
    pub async fn book(
        &self,
        db: &Db,
        campaign: &Campaign,
        session: &Session,
        daily: bool,
    ) -> store::Result<ClipBook> {
        let selected = prompts::selected(db, &campaign.id).await?;
        let wanted: Vec<(Line, Sound)> = lines(campaign, session, daily)
            .into_iter()
            .map(|line| {
                let sound = choose(&selected, &campaign.id, &campaign.language, &line);
                (line, sound)
            })
            .collect();
        if let Some(book) = self.all_cached(&wanted) {
            return Ok(book);
        }
        let _turn = self.0.turns.acquire().await;
        let inner = Arc::clone(&self.0);
        let names: Vec<Line> = wanted.iter().map(|(line, _)| line.clone()).collect();
        let spoken = tokio::task::spawn_blocking(move || inner.make_all(&wanted)).await;
        Ok(spoken.unwrap_or_else(|_| {
            tracing::error!("the script could not be prepared; the session plays tones");
            names
                .into_iter()
                .map(|line| (line.clip, self.0.tone.clone()))
                .collect()
        }))
    }

    /// Which text callers of a campaign hear under a key now, for the record of what they agreed to.
    pub async fn heard(&self, db: &Db, campaign: &Campaign, key: PromptKey) -> store::Result<Heard> {
        let selected = prompts::selected(db, &campaign.id).await?;
        let (version, text) = choose::heard(&selected, &campaign.id, &campaign.language, key);
        Ok(Heard { version, text })
    }

    fn all_cached(&self, wanted: &[(Line, Sound)]) -> Option<ClipBook> {
        let mut cache = lock(&self.0.cache);
        wanted
            .iter()
            .map(|(line, sound)| Some((line.clip.clone(), cache.get(sound)?)))
            .collect()
    }
}

impl Inner {
    /// Blocks: decodes and speaks what is not cached.
    fn make_all(&self, wanted: &[(Line, Sound)]) -> ClipBook {
        wanted
            .iter()
            .map(|(line, sound)| (line.clip.clone(), self.clip(sound)))
            .collect()
    }

    fn clip(&self, sound: &Sound) -> Clip {
        if let Some(clip) = lock(&self.cache).get(sound) {
            return clip;
        }
        let turn = Arc::clone(lock(&self.making).entry(sound.clone()).or_default());
        let _mine = lock(&turn);
        // Somebody else may have made it while we waited, or between our look and our turn.
        if let Some(clip) = lock(&self.cache).get(sound) {
            lock(&self.making).remove(sound);
            return clip;
        }
        let clip = match self.make(sound) {
            Ok(clip) => {
                lock(&self.cache).put(sound.clone(), clip.clone());
                clip
            }
            Err(why) => {
                self.complain(sound, &why);
                self.tone.clone()
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
                "a prompt cannot be played; callers hear a tone instead"
            );
        }
    }

    fn make(&self, sound: &Sound) -> Result<Clip, String> {
        let pcm = match sound {
            Sound::Recording { hash } => {
                let bytes = self.files.get(hash).map_err(|e| e.to_string())?;
                decode::decode(&bytes).map_err(|e| e.to_string())?
            }
            Sound::Spoken { text, language } => self.tts.speak(text, language).map_err(|e| e.to_string())?,
            Sound::Unusable { why } => return Err(why.clone()),
        };
        Ok(Clip::from_pcm(&pcm.samples))
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
