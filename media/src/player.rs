//! Plays clips one after the other without a gap, out of the bytes that all streams share.

use crate::clip::Clip;
use crate::codec::Codec;
use crate::command::PlayId;

/// One playing: where it is in its list of clips.
#[derive(Clone, Debug)]
pub struct Player {
    /// Echoed when it is done.
    pub play: PlayId,
    clips: Vec<Clip>,
    repeat: bool,
    clip: usize,
    /// Within the clip.
    sample: usize,
}

impl Player {
    /// From the first sample of the first clip.
    pub fn new(play: PlayId, mut clips: Vec<Clip>, repeat: bool) -> Player {
        clips.retain(|clip| clip.samples > 0);
        Player {
            play,
            clips,
            repeat,
            clip: 0,
            sample: 0,
        }
    }

    /// Nothing is left.
    pub fn is_done(&self) -> bool {
        self.clip >= self.clips.len()
    }

    /// Appends the next `samples` of audio to `out`, with silence behind the end.
    pub fn fill(&mut self, codec: Codec, samples: usize, out: &mut Vec<u8>) {
        let end = out.len() + samples;
        while out.len() < end {
            let Some(clip) = self.clips.get(self.clip) else {
                out.resize(end, codec.silence());
                return;
            };
            let encoded = clip.encoded(codec);
            let take = (end - out.len()).min(encoded.len().saturating_sub(self.sample));
            out.extend_from_slice(&encoded[self.sample..self.sample + take]);
            self.advance(take, encoded.len());
        }
    }

    /// Lets the time of `samples` pass unheard: the far end does not listen.
    pub fn skip(&mut self, mut samples: usize) {
        while samples > 0 && !self.is_done() {
            let length = self.clips.get(self.clip).map_or(0, |clip| clip.samples);
            let take = samples.min(length.saturating_sub(self.sample));
            self.advance(take, length);
            samples -= take;
        }
    }

    fn advance(&mut self, samples: usize, length: usize) {
        self.sample += samples;
        if self.sample >= length {
            self.sample = 0;
            self.clip += 1;
            if self.repeat && self.clip == self.clips.len() {
                self.clip = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clip(samples: usize, level: i16) -> Clip {
        Clip::from_pcm(&vec![level; samples])
    }

    fn played(player: &mut Player, samples: usize) -> Vec<u8> {
        let mut out = Vec::new();
        player.fill(Codec::Pcmu, samples, &mut out);
        out
    }

    #[test]
    fn clips_follow_without_a_gap_and_silence_fills_the_last_packet() {
        let (one, two) = (clip(100, 1_000), clip(90, -1_000));
        let mut player = Player::new(PlayId(1), vec![one.clone(), clip(0, 0), two.clone()], false);
        let first = played(&mut player, 160);
        assert_eq!(first, [&one.pcmu[..], &two.pcmu[..60]].concat());
        assert!(!player.is_done());
        let second = played(&mut player, 160);
        assert_eq!(second, [&two.pcmu[60..], &[0xFF; 130]].concat());
        assert!(player.is_done());
    }

    #[test]
    fn a_repeated_list_never_ends_and_nothing_is_done_at_once() {
        let mut player = Player::new(PlayId(1), vec![clip(7, 500)], true);
        assert_eq!(played(&mut player, 1_000), vec![clip(1, 500).pcmu[0]; 1_000]);
        assert!(!player.is_done());
        assert!(Player::new(PlayId(1), vec![], true).is_done());
        assert!(Player::new(PlayId(1), vec![clip(0, 0)], true).is_done());
    }

    #[test]
    fn skipping_is_playing_unheard() {
        let clips = vec![clip(100, 1), clip(50, 2)];
        let mut player = Player::new(PlayId(1), clips, false);
        player.skip(120);
        assert_eq!(played(&mut player, 40)[..30], clip(30, 2).pcmu[..]);
        player.skip(10_000);
        assert!(player.is_done());
    }
}
