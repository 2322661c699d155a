//! Sounds that another engine spoke because the configured one failed: used for a while, then asked for anew, so that callers
//! hear the right voice again soon after it is back.

use std::collections::HashMap;

use super::choose::Sound;

/// Sessions that use a stand-in before the engine is asked again.
const USES: u32 = 100;
/// Most that are remembered.
const MAX_KNOWN: usize = 10_000;

/// The stand-ins in the cache, with the uses that each has left.
#[derive(Debug, Default)]
pub(super) struct StandIns(HashMap<Sound, u32>);

impl StandIns {
    /// A sound was made.
    pub(super) fn made(&mut self, sound: &Sound, stand_in: bool) {
        if !stand_in {
            self.0.remove(sound);
            return;
        }
        if self.0.len() >= MAX_KNOWN {
            self.0.clear();
        }
        self.0.insert(sound.clone(), USES);
    }

    /// Whether it has been used long enough; each question is a use.
    pub(super) fn is_worn(&mut self, sound: &Sound) -> bool {
        let Some(left) = self.0.get_mut(sound) else {
            return false;
        };
        *left = left.saturating_sub(1);
        *left == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stand_in_wears_out_and_the_right_voice_does_not() {
        let sound = Sound::Unusable { why: "x".into() };
        let mut known = StandIns::default();
        assert!(!known.is_worn(&sound));
        known.made(&sound, true);
        let uses = (0..).take_while(|_| !known.is_worn(&sound)).count();
        assert_eq!(uses, 99);
        assert!(known.is_worn(&sound));
        known.made(&sound, false);
        assert!((0..1_000).all(|_| !known.is_worn(&sound)));
    }
}
