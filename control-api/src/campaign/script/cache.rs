//! Encoded sounds kept in memory, the longest unused ones dropped first.

use std::collections::HashMap;

use trunkline_media::clip::Clip;

use super::choose::Sound;

/// Most samples kept: an hour of sound, 100 MB in all codecs.
const MAX_SAMPLES: usize = 3_600 * 8_000;

/// The cache.
#[derive(Debug, Default)]
pub(super) struct Cache {
    clips: HashMap<Sound, (Clip, u64)>,
    samples: usize,
    uses: u64,
}

impl Cache {
    pub(super) fn get(&mut self, sound: &Sound) -> Option<Clip> {
        self.uses += 1;
        let (clip, used) = self.clips.get_mut(sound)?;
        *used = self.uses;
        Some(clip.clone())
    }

    pub(super) fn put(&mut self, sound: Sound, clip: Clip) {
        self.uses += 1;
        self.samples += clip.samples;
        if let Some((old, _)) = self.clips.insert(sound, (clip, self.uses)) {
            self.samples -= old.samples;
        }
        while self.samples > MAX_SAMPLES && self.clips.len() > 1 {
            let oldest = self
                .clips
                .iter()
                .min_by_key(|(_, (_, used))| *used)
                .map(|(sound, _)| sound.clone());
            let Some((dropped, _)) = oldest.and_then(|sound| self.clips.remove(&sound)) else {
                break;
            };
            self.samples -= dropped.samples;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(n: usize) -> Sound {
        Sound::Recording { hash: n.to_string() }
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        // Shared bytes, so that the test itself needs no 100 MB.
        let clip = Clip {
            samples: MAX_SAMPLES / 3,
            ..Clip::from_pcm(&[])
        };
        let mut cache = Cache::default();
        (0..3).for_each(|n| cache.put(sound(n), clip.clone()));
        assert!(cache.get(&sound(0)).is_some());
        cache.put(sound(3), clip.clone());
        let kept: Vec<bool> = (0..4).map(|n| cache.get(&sound(n)).is_some()).collect();
        assert_eq!(kept, [true, false, true, true]);
        cache.put(sound(3), clip);
        assert_eq!(cache.samples, MAX_SAMPLES / 3 * 3);
    }
}
