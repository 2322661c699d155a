//! Recordings that another node was sent, brought here before the sounds of a session are made.

use std::collections::BTreeSet;

use super::choose::Sound;
use super::{Script, Wanted};

impl Script {
    /// What may play and is not in this node's folder, as far as the bucket has it.
    pub(super) async fn bring(&self, wanted: &[Wanted]) {
        let mut hashes = BTreeSet::new();
        for wanted in wanted {
            note(&wanted.sound, &mut hashes);
            wanted.instead.iter().for_each(|sound| note(sound, &mut hashes));
        }
        self.audio().bring(hashes).await;
    }
}

fn note(sound: &Sound, hashes: &mut BTreeSet<String>) {
    match sound {
        Sound::Recording { hash } => {
            hashes.insert(hash.clone());
        }
        Sound::Joined { parts } => parts.iter().for_each(|part| note(part, hashes)),
        Sound::Spoken { .. } | Sound::Unusable { .. } => {}
    }
}
