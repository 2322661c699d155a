//! Prompts: texts as they are, recordings out of the folder of audio files. A version there may be of many campaigns; here it belongs to
//! the first of them, and the others select it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use trunkline_prompts::decode::decode;
use trunkline_prompts::key::PromptKey;
use trunkline_prompts::template;

use super::row::line;
use super::{Import, ImportError, Moved};
use crate::audio_store::AudioStore;
use crate::store::StoreError;
use crate::store::callpower::{OldLink, OldRecording};
use crate::store::prompts::{self, Prompt, Selection};

const KIND: &str = "prompts";
/// The folder within CallPower's storage.
const AUDIO: &str = "audio";

/// What a recording says: a text, or a file's hash and length.
enum Sound {
    Text(String),
    File { hash: String, duration_ms: i64 },
}

/// A campaign and a prompt key of it.
type Place = (i64, String);

impl Import<'_> {
    pub(super) async fn bring_prompts(&mut self) -> Result<(), ImportError> {
        let old = self.source.recordings().await?;
        let links = self.source.selected().await?;
        self.report.found(KIND, old.len());
        let mut here: BTreeMap<i64, (String, String)> = BTreeMap::new();
        let mut touched: BTreeSet<Place> = BTreeSet::new();
        for old in old {
            let campaigns = campaigns_of(&links, old.id);
            let owner = campaigns.iter().find_map(|id| self.campaigns.get(id)).cloned();
            let Some(owner) = owner else {
                self.report.lost(
                    KIND,
                    title(&old),
                    "no campaign uses it",
                    "nothing, or upload it where it is wanted: POST /v1/prompts",
                );
                continue;
            };
            let id = self.id("prompt", old.id, old.id);
            match prompts::get(self.db, &id).await {
                Ok(prompt) => {
                    self.report.there(KIND, 1);
                    here.insert(old.id, (prompt.id, prompt.key));
                }
                Err(StoreError::NotFound) => {
                    if let Some(key) = self.bring_prompt(&old, id.clone(), &owner).await? {
                        for campaign in campaigns {
                            touched.insert((campaign, key.clone()));
                        }
                        here.insert(old.id, (id, key));
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        for link in &links {
            if let (Some(campaign), Some((_, key))) = (link.campaign, link.other.and_then(|id| here.get(&id)))
                && self.campaigns.get(&campaign).is_some_and(|moved| moved.is_new)
            {
                touched.insert((campaign, key.clone()));
            }
        }
        self.select(&links, &here, touched).await
    }

    /// Answers the key of what was brought.
    async fn bring_prompt(
        &mut self,
        old: &OldRecording,
        id: String,
        owner: &Moved,
    ) -> Result<Option<String>, ImportError> {
        let Ok(key) = PromptKey::parse(old.key.as_deref().unwrap_or_default()) else {
            self.report.lost(
                KIND,
                title(old),
                "there is no prompt of this key",
                "see the list of prompt keys",
            );
            return Ok(None);
        };
        let Some(sound) = self.sound(old, key).await else {
            return Ok(None);
        };
        let (text, audio_hash, duration_ms) = match sound {
            Sound::Text(text) => (Some(text), None, None),
            Sound::File { hash, duration_ms } => (None, Some(hash), Some(duration_ms)),
        };
        let row = Prompt {
            id,
            campaign_id: owner.id.clone(),
            key: key.as_str().to_owned(),
            language: owner.language.clone(),
            version: 0,
            text,
            voice: String::new(),
            audio_hash,
            duration_ms,
            description: line(old.description.as_deref()),
            hidden: old.hidden.unwrap_or(false),
            created_at: self.clock.now_ms(),
        };
        self.report.new_ones(KIND, 1);
        if self.writes() {
            prompts::create(self.db, &row).await?;
        }
        Ok(Some(row.key))
    }

    /// The text, which goes before the file as it does there; nothing when it cannot be used.
    async fn sound(&mut self, old: &OldRecording, key: PromptKey) -> Option<Sound> {
        if let Some(text) = old.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            match template::check(key, text) {
                Ok(()) => return Some(Sound::Text(text.to_owned())),
                Err(error) => self.report.lost(
                    KIND,
                    title(old),
                    format!("its text cannot be spoken: {error}"),
                    "write it anew: POST /v1/prompts; until then the default plays",
                ),
            }
            return None;
        }
        let name = old.file.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let Some(name) = name else {
            self.report.lost(
                KIND,
                title(old),
                "it has neither a text nor a file",
                "nothing: it was silent there too",
            );
            return None;
        };
        self.file(old, name).await
    }

    async fn file(&mut self, old: &OldRecording, name: &str) -> Option<Sound> {
        let which = format!("{} ({name})", title(old));
        let Some(media) = &self.options.media else {
            self.report.lost(
                KIND,
                which,
                "the folder of audio files was not given",
                "copy CallPower's files here (its storage folder, or the bucket) and run this again with --media DIR",
            );
            return None;
        };
        let Some(bytes) = candidates(media, name)
            .iter()
            .find_map(|path| std::fs::read(path).ok())
        else {
            self.report.lost(
                KIND,
                which,
                format!("the file is not in {}", media.display()),
                "put it there and run this again, or upload it: POST /v1/prompts",
            );
            return None;
        };
        match keep(self.files, bytes).await {
            Ok(sound) => Some(sound),
            Err(why) => {
                self.report
                    .lost(KIND, which, why, "upload another recording: POST /v1/prompts");
                None
            }
        }
    }

    /// What plays: the first selected version of each key, as there; the default where none is selected.
    async fn select(
        &mut self,
        links: &[OldLink],
        here: &BTreeMap<i64, (String, String)>,
        touched: BTreeSet<Place>,
    ) -> Result<(), ImportError> {
        if !self.writes() {
            return Ok(());
        }
        for (campaign, key) in touched {
            let Some(moved) = self.campaigns.get(&campaign) else {
                continue;
            };
            let chosen = links.iter().find_map(|link| {
                let (id, of) = here.get(&link.other?)?;
                (link.campaign == Some(campaign) && link.selected == Some(true) && *of == key).then_some(id)
            });
            match chosen {
                Some(id) => {
                    let selection = Selection {
                        campaign_id: moved.id.clone(),
                        key,
                        language: moved.language.clone(),
                        prompt_id: id.clone(),
                    };
                    prompts::select(self.db, &selection).await?;
                }
                None => {
                    prompts::deselect(self.db, &moved.id, &key, &moved.language, None).await?;
                }
            }
        }
        Ok(())
    }
}

/// Decodes a file, to know that callers will hear it, and keeps it; without a place to keep it, it is only decoded.
async fn keep(files: Option<&AudioStore>, bytes: Vec<u8>) -> Result<Sound, String> {
    let pcm = decode(&bytes).map_err(|error| error.to_string())?;
    let hash = match files {
        Some(files) => files.put(bytes.into()).await.map_err(|error| error.to_string())?,
        None => String::new(),
    };
    let duration_ms = i64::try_from(pcm.duration().as_millis()).unwrap_or(i64::MAX);
    Ok(Sound::File { hash, duration_ms })
}

/// Campaigns that have a recording, the first one first.
fn campaigns_of(links: &[OldLink], recording: i64) -> Vec<i64> {
    let mine = links.iter().filter(|link| link.other == Some(recording));
    mine.filter_map(|link| link.campaign).collect()
}

fn title(old: &OldRecording) -> String {
    format!("{} {:?}", old.id, old.key.as_deref().unwrap_or_default())
}

/// Where a file may lie: as it is named, within `audio`, or by its last name alone. Never outside of the folder.
fn candidates(media: &Path, name: &str) -> Vec<PathBuf> {
    let inner: PathBuf = Path::new(name)
        .components()
        .filter(|part| matches!(part, Component::Normal(_)))
        .collect();
    let mut all = vec![media.join(&inner), media.join(AUDIO).join(&inner)];
    if let Some(last) = inner.file_name() {
        all.push(media.join(last));
        all.push(media.join(AUDIO).join(last));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_never_looked_for_outside_of_the_folder() {
        for name in [
            "../../etc/passwd",
            "/etc/passwd",
            "audio/../../x.mp3",
            "https://host/audio/a.mp3",
        ] {
            for path in candidates(Path::new("/media"), name) {
                assert!(path.starts_with("/media"), "{name}: {}", path.display());
                assert!(!path.to_string_lossy().contains(".."), "{name}");
            }
        }
        let found = candidates(Path::new("/media"), "https://host/bucket/audio/a.mp3");
        assert!(found.contains(&PathBuf::from("/media/audio/a.mp3")), "{found:?}");
    }
}
