//! The media engine on paper: sounds last as long as they are, keys and silence come from the people, a closed port rests.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use trunkline_media::command::{Command, Event, Open, PlayId, StreamId};
use trunkline_media::dtmf::Digit;
use trunkline_media::stats::StreamStats;

/// A closed port comes back after its last packet (OPERATIONS.md).
const REST: Duration = Duration::from_secs(3);
/// The first packet comes so soon after both sides have agreed.
const FIRST_PACKET: Duration = Duration::from_millis(20);
/// Clips are sampled so often a second.
const RATE: usize = 8000;

/// One stream.
struct Stream {
    open: Open,
    connected: bool,
    silent: bool,
    play: Option<PlayId>,
    peer: Option<StreamId>,
}

/// All streams, and what the engine will say.
#[derive(Default)]
pub(super) struct Engine {
    streams: BTreeMap<StreamId, Stream>,
    says: BTreeMap<(Instant, u64), Event>,
    count: u64,
    /// Orders to open a stream, for the report.
    pub(super) opened: usize,
}

impl Engine {
    /// The engine of the next life: without streams, but with the count of this one.
    pub(crate) fn reborn(self) -> Engine {
        Engine {
            opened: self.opened,
            ..Engine::default()
        }
    }

    fn say(&mut self, at: Instant, event: Event) {
        self.count += 1;
        self.says.insert((at, self.count), event);
    }

    fn bind(&mut self, open: Open) {
        self.opened += 1;
        let twice = self.streams.values().any(|stream| stream.open.port == open.port);
        assert!(!twice, "port {} is open twice", open.port);
        let name = open.stream;
        let stream = Stream {
            open,
            connected: false,
            silent: false,
            play: None,
            peer: None,
        };
        assert!(
            self.streams.insert(name, stream).is_none(),
            "a stream's id is used twice"
        );
    }

    /// Carries out an order.
    pub(super) fn on(&mut self, now: Instant, command: Command) {
        match command {
            Command::Open(open) => self.bind(open),
            Command::Connect { stream, media } => {
                let Some(entry) = self.streams.get_mut(&stream) else {
                    return;
                };
                entry.connected = true;
                if !entry.silent {
                    self.say(
                        now + FIRST_PACKET,
                        Event::FirstPacket {
                            stream,
                            from: media.remote_rtp,
                        },
                    );
                }
            }
            Command::Listen { stream } => {
                if let Some(entry) = self.streams.get(&stream).filter(|entry| !entry.silent) {
                    let from = std::net::SocketAddr::new(entry.open.local, entry.open.port);
                    self.say(now + FIRST_PACKET, Event::FirstPacket { stream, from });
                }
            }
            Command::Play {
                stream,
                play,
                clips,
                repeat,
            } => {
                self.stop(now, stream);
                let samples: usize = clips.iter().map(|clip| clip.samples).sum();
                let Some(entry) = self.streams.get_mut(&stream) else {
                    return;
                };
                entry.play = Some(play);
                if !repeat {
                    let lasts = Duration::from_millis((samples * 1000 / RATE) as u64);
                    self.say(
                        now + lasts,
                        Event::PlayDone {
                            stream,
                            play,
                            finished: true,
                        },
                    );
                }
            }
            Command::StopPlay { stream } => self.stop(now, stream),
            Command::Bridge { a, b, .. } => {
                for (one, other) in [(a, b), (b, a)] {
                    self.stop(now, one);
                    let entry = self
                        .streams
                        .get_mut(&one)
                        .expect("a bridge joins two streams that are open");
                    entry.peer = Some(other);
                }
            }
            Command::Unbridge { stream } => self.unbridge(stream),
            Command::SendDigits { stream, .. } => self.say(now, Event::DigitsSent { stream }),
            Command::Record { .. } => {}
            Command::Close { stream } => self.close(now, stream),
        }
    }

    fn close(&mut self, now: Instant, stream: StreamId) {
        self.unbridge(stream);
        if let Some(closed) = self.streams.remove(&stream) {
            self.say(
                now,
                Event::Closed {
                    stream,
                    stats: StreamStats::default(),
                },
            );
            self.say(
                now + REST,
                Event::Released {
                    port: closed.open.port,
                },
            );
        }
    }

    fn stop(&mut self, now: Instant, stream: StreamId) {
        if let Some(play) = self.streams.get_mut(&stream).and_then(|entry| entry.play.take()) {
            self.say(
                now,
                Event::PlayDone {
                    stream,
                    play,
                    finished: false,
                },
            );
        }
    }

    fn unbridge(&mut self, stream: StreamId) {
        let peer = self.streams.get_mut(&stream).and_then(|entry| entry.peer.take());
        if let Some(entry) = peer.and_then(|peer| self.streams.get_mut(&peer)) {
            entry.peer = None;
        }
    }

    fn by_port(&self, port: u16) -> Option<StreamId> {
        self.streams
            .iter()
            .find(|(_, stream)| stream.open.port == port)
            .map(|(id, _)| *id)
    }

    /// Somebody at the other end of `port` presses a key.
    pub(super) fn press(&mut self, now: Instant, port: u16, digit: Digit) {
        if let Some(stream) = self.by_port(port).filter(|stream| self.streams[stream].connected) {
            self.say(now, Event::Digit { stream, digit });
        }
    }

    /// Nothing comes from the other end of `port` any more.
    pub(super) fn fall_silent(&mut self, now: Instant, port: u16) {
        let Some(stream) = self.by_port(port) else { return };
        let entry = self.streams.get_mut(&stream).expect("found just now");
        entry.silent = true;
        if let Some(timeout) = entry.open.timeout {
            self.say(now + timeout, Event::Timeout { stream });
        }
    }

    /// When it next says something.
    pub(super) fn next(&self) -> Option<Instant> {
        self.says.first_key_value().map(|((at, _), _)| *at)
    }

    /// What it says by now. What is no longer so is not said.
    pub(super) fn poll(&mut self, now: Instant) -> Option<Event> {
        loop {
            let first = self.says.first_entry().filter(|first| first.key().0 <= now)?;
            let event = first.remove();
            match &event {
                Event::PlayDone {
                    stream,
                    play,
                    finished: true,
                } => {
                    let playing = self
                        .streams
                        .get_mut(stream)
                        .filter(|entry| entry.play == Some(*play));
                    let Some(entry) = playing else { continue };
                    entry.play = None;
                }
                Event::FirstPacket { stream, .. }
                | Event::Digit { stream, .. }
                | Event::KeyToSignal { stream, .. }
                | Event::Timeout { stream }
                | Event::DigitsSent { stream } => {
                    if !self.streams.contains_key(stream) {
                        continue;
                    }
                }
                Event::PlayDone { .. }
                | Event::OpenFailed { .. }
                | Event::RecordFailed { .. }
                | Event::Closed { .. }
                | Event::Released { .. } => {}
            }
            return Some(event);
        }
    }

    /// Streams that are open.
    pub(super) fn open(&self) -> usize {
        self.streams.len()
    }
}
