//! What the caller hears from us: clips of the script, and ringback.

use trunkline_media::command::{Command as MediaCommand, PlayId, StreamId};

use super::{Caller, Session, Sound};
use crate::core::exchange::{Exchange, shard};
use crate::event::EventKind;
use crate::flow::{ClipName, FlowEvent};

impl Session {
    pub(super) fn play(&mut self, x: &mut Exchange, names: Vec<ClipName>) {
        let Some(stream) = self.caller_stream() else {
            // Nobody listens: done at once.
            self.inbox.push_back(FlowEvent::PlayDone);
            return;
        };
        let clip = |name: &ClipName| self.clips.get(name).unwrap_or(&x.default_tone).clone();
        let clips = names.iter().map(clip).collect();
        let play = x.play_id();
        self.sound = Sound::Clips(play);
        x.media(
            shard(self.id),
            MediaCommand::Play {
                stream,
                play,
                clips,
                repeat: false,
            },
        );
        x.report(EventKind::Playing {
            session: self.id,
            clips: names,
        });
    }

    /// Stops whatever plays; a bridge stays.
    pub(super) fn silence(&mut self, x: &mut Exchange) {
        match self.sound {
            Sound::Clips(_) | Sound::Ringback => {
                self.sound = Sound::Nothing;
                if let Some(stream) = self.caller_stream() {
                    x.media(shard(self.id), MediaCommand::StopPlay { stream });
                }
            }
            Sound::Nothing | Sound::Bridged(_) => {}
        }
    }

    /// The target's telephone rings and says nothing: the caller hears ours. A clip that still plays goes first.
    pub(super) fn ring_back(&mut self, x: &mut Exchange) {
        let (Some(stream), Sound::Nothing) = (self.caller_stream(), self.sound) else {
            return;
        };
        let play = x.play_id();
        self.sound = Sound::Ringback;
        let clips = vec![x.ringback.clone()];
        x.media(
            shard(self.id),
            MediaCommand::Play {
                stream,
                play,
                clips,
                repeat: true,
            },
        );
    }

    pub(super) fn silence_ringback(&mut self, x: &mut Exchange) {
        if self.sound == Sound::Ringback {
            self.silence(x);
        }
    }

    /// A playing has ended in the engine.
    pub(super) fn play_done(&mut self, play: PlayId, finished: bool) {
        if self.sound == Sound::Clips(play) {
            self.sound = Sound::Nothing;
            if finished {
                self.inbox.push_back(FlowEvent::PlayDone);
            }
        }
    }

    pub(super) fn caller_stream(&self) -> Option<StreamId> {
        match self.caller {
            Caller::Up(leg) => self.leg(leg).map(|l| l.stream),
            Caller::Idle | Caller::Ringing(_) | Caller::Gone(_) => None,
        }
    }
}
