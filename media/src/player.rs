//! Plays clips one after the other without a gap, out of the bytes that all streams share.

use std::ops::Range;

use crate::clip::{Clip, Packets};
use crate::codec::Codec;
use crate::command::PlayId;

/// Samples over which a playing that is stopped dies away, so that it does not click: 5 ms.
const FADE: usize = 40;

/// One playing: where it is in its list of clips.
#[derive(Clone, Debug)]
pub struct Player {
    /// Echoed when it is done.
    pub play: PlayId,
    list: List,
    place: Place,
}

#[derive(Clone, Debug)]
struct List {
    clips: Vec<Clip>,
    repeat: bool,
}

/// Where a playing is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
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
            list: List { clips, repeat },
            place: Place::default(),
        }
    }

    /// Nothing is left.
    pub fn is_done(&self) -> bool {
        self.place.clip >= self.list.clips.len()
    }

    /// Where it is now.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Appends the next `samples` of audio to `out`, as G.711, with silence behind the end.
    pub fn fill(&mut self, codec: Codec, samples: usize, out: &mut Vec<u8>) {
        let end = out.len() + samples;
        self.place = self.list.walk(self.place, codec, samples, |clip, part| {
            out.extend_from_slice(&clip.encoded(codec)[part]);
        });
        out.resize(end, codec.silence());
    }

    /// What [`Player::fill`] gave from `place` on, as it was encoded beforehand in `codec`, in place of `out` behind `start`. False when
    /// there is no such thing: it must be encoded now.
    pub fn ready(&self, place: Place, codec: Codec, samples: usize, out: &mut Vec<u8>, start: usize) -> bool {
        match codec {
            Codec::Pcmu | Codec::Pcma => false,
            Codec::G722 => {
                let mut at = start;
                let mut silent = true;
                self.list.walk(place, codec, samples, |clip, part| {
                    let length = part.len();
                    if let Some((place, bytes)) = out.get_mut(at..at + length).zip(clip.g722.get(part)) {
                        place.copy_from_slice(bytes);
                        silent = false;
                    }
                    at += length;
                });
                // What is behind the end of the last clip would have to be encoded: the clip's last sound is silence, too.
                let last = out.get(at.wrapping_sub(1)).copied().unwrap_or_default();
                out.iter_mut().skip(at).for_each(|byte| *byte = last);
                !silent
            }
            Codec::Opus => {
                let packet = self.list.clips.get(place.clip).and_then(|clip| {
                    let number = place.sample / Packets::SAMPLES;
                    clip.opus.get(number)
                });
                let Some(packet) = packet.filter(|_| samples == Packets::SAMPLES) else {
                    return false;
                };
                out.truncate(start);
                out.extend_from_slice(packet);
                true
            }
        }
    }

    /// The next 5 ms, dying away: what is still to be heard of a playing that is stopped.
    pub fn fade(mut self, codec: Codec) -> Vec<u8> {
        let (mut bytes, mut pcm) = (Vec::with_capacity(FADE), Vec::with_capacity(FADE));
        self.fill(codec, FADE, &mut bytes);
        codec.decode(&bytes, &mut pcm);
        for (at, sample) in pcm.iter_mut().enumerate() {
            *sample = (i32::from(*sample) * (FADE - at) as i32 / (FADE + 1) as i32) as i16;
        }
        bytes.clear();
        codec.encode(&pcm, &mut bytes);
        bytes
    }

    /// Lets the time of `samples` pass unheard: the far end does not listen.
    pub fn skip(&mut self, samples: usize) {
        self.place = self.list.walk(self.place, Codec::Pcmu, samples, |_, _| ());
    }
}

impl List {
    /// Shows every part of a clip that the next `samples` are made of, and says where that ends. A packet of Opus holds one clip alone.
    fn walk(
        &self,
        mut place: Place,
        codec: Codec,
        samples: usize,
        mut show: impl FnMut(&Clip, Range<usize>),
    ) -> Place {
        let mut left = samples;
        while let Some(clip) = self.clips.get(place.clip).filter(|_| left > 0) {
            let take = left.min(clip.samples - place.sample);
            show(clip, place.sample..place.sample + take);
            left -= take;
            place.sample += take;
            if place.sample >= clip.samples {
                place = self.behind(place.clip);
                if codec == Codec::Opus {
                    break;
                }
            }
        }
        place
    }

    /// The beginning of the clip behind this one.
    fn behind(&self, clip: usize) -> Place {
        let clip = clip + 1;
        let over = self.repeat && clip == self.clips.len();
        Place {
            clip: if over { 0 } else { clip },
            sample: 0,
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

    /// Two packets of each codec, over the end of a clip.
    #[test]
    fn what_was_encoded_beforehand_is_taken_from_there() {
        let clips = [clip(200, 3_000), clip(120, -3_000)];
        let mut player = Player::new(PlayId(1), clips.to_vec(), false);
        let mut taken = |codec, expected: [Option<&[u8]>; 2]| {
            for expected in expected {
                let (place, mut out) = (player.place(), vec![1, 2]);
                player.fill(codec, 160, &mut out);
                assert_eq!(out.len(), 162);
                let ready = player.ready(place, codec, 160, &mut out, 2);
                assert_eq!(ready.then_some(&out[2..]), expected, "{codec:?}");
            }
            player = Player::new(PlayId(1), clips.to_vec(), false);
        };
        let second = [&clips[0].g722[160..], &clips[1].g722[..120]].concat();
        taken(Codec::G722, [Some(&clips[0].g722[..160]), Some(&second)]);
        taken(Codec::Opus, [clips[0].opus.get(0), clips[0].opus.get(1)]);
        taken(Codec::Pcma, [None, None]);
    }

    #[test]
    fn what_is_stopped_dies_away() {
        let mut player = Player::new(PlayId(1), vec![clip(1_000, 8_000)], false);
        player.skip(500);
        let mut pcm = Vec::new();
        Codec::Pcmu.decode(&player.fade(Codec::Pcmu), &mut pcm);
        assert_eq!(pcm.len(), FADE);
        assert!(pcm[0] > 7_500 && pcm[FADE - 1] < 300, "{pcm:?}");
        assert!(
            pcm.windows(2)
                .all(|pair| (0..=520).contains(&(pair[0] - pair[1]))),
            "{pcm:?}"
        );
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
