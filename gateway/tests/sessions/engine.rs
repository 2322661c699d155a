//! A media engine that plays and bridges on paper: it answers every order as the real one would, and rests closed ports.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use trunkline_media::clip::Clip;
use trunkline_media::command::{Command, Event, Open, PlayId, StreamId};
use trunkline_media::stats::StreamStats;

/// A closed stream's port comes back after so long.
const REST: Duration = Duration::from_secs(3);

#[derive(Debug)]
struct Stream {
    port: u16,
    connected: bool,
    play: Option<(PlayId, bool)>,
    peer: Option<StreamId>,
}

/// The engine's streams, and what it wants to say.
#[derive(Debug, Default)]
pub(crate) struct PaperEngine {
    streams: BTreeMap<StreamId, Stream>,
    resting: Vec<(Instant, u16)>,
    /// Streams that are not to be bound.
    pub(crate) refuse_next: bool,
    /// No far end is heard of after its answer.
    pub(crate) deaf: bool,
    /// Names of the clips, by their length.
    pub(crate) names: BTreeMap<usize, &'static str>,
    said: Vec<Event>,
}

impl PaperEngine {
    /// Carries out an order and says in words what it was; `None` for one that is of no interest.
    pub(crate) fn on(&mut self, now: Instant, command: Command) -> Option<String> {
        match command {
            Command::Open(open) => {
                self.open(&open);
                None
            }
            Command::Connect { stream, .. } => {
                if let Some(stream) = self.streams.get_mut(&stream) {
                    stream.connected = true;
                }
                None
            }
            Command::Listen { stream } => {
                if !self.deaf {
                    self.said.push(first_packet(stream));
                }
                None
            }
            Command::Play {
                stream,
                play,
                clips,
                repeat,
            } => {
                self.unbridge(stream);
                self.stop(stream);
                self.streams.get_mut(&stream)?.play = Some((play, repeat));
                Some(format!("play {}", self.names_of(&clips)))
            }
            Command::StopPlay { stream } => {
                self.stop(stream);
                Some("stop play".into())
            }
            Command::Bridge { a, b, swallow_from_a } => {
                assert_eq!(swallow_from_a.0.len(), 1, "the caller's * stays with us");
                for (one, other) in [(a, b), (b, a)] {
                    self.stop(one);
                    self.streams.get_mut(&one)?.peer = Some(other);
                }
                Some("bridge".into())
            }
            Command::Unbridge { stream } => self.unbridge(stream).then(|| "unbridge".into()),
            Command::SendDigits { stream, digits } => {
                self.said.push(Event::DigitsSent { stream });
                let keys: String = digits.iter().map(|d| d.as_char()).collect();
                Some(format!("send keys {keys}"))
            }
            Command::Record { .. } => Some("record".into()),
            Command::Close { stream } => {
                self.unbridge(stream);
                let closed = self.streams.remove(&stream)?;
                let packets = if closed.connected { 500 } else { 0 };
                let stats = StreamStats {
                    rx_packets: packets,
                    tx_packets: packets,
                    ..StreamStats::default()
                };
                self.said.push(Event::Closed { stream, stats });
                self.resting.push((now + REST, closed.port));
                None
            }
        }
    }

    fn open(&mut self, open: &Open) {
        let (stream, port) = (open.stream, open.port);
        if std::mem::take(&mut self.refuse_next) {
            let reason = "address in use".to_owned();
            return self.said.push(Event::OpenFailed { stream, port, reason });
        }
        let fresh = Stream {
            port,
            connected: false,
            play: None,
            peer: None,
        };
        assert!(
            self.streams.insert(stream, fresh).is_none(),
            "a stream's id is used twice"
        );
    }

    /// The next thing that the engine says by now.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<Event> {
        if !self.said.is_empty() {
            return Some(self.said.remove(0));
        }
        let due = self.resting.iter().position(|(at, _)| *at <= now)?;
        let (_, port) = self.resting.remove(due);
        Some(Event::Released { port })
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.resting.iter().map(|(at, _)| *at).min()
    }

    /// What plays to `stream` comes to its end.
    pub(crate) fn played(&mut self, stream: StreamId) -> Option<Event> {
        let entry = self.streams.get_mut(&stream)?;
        let (play, repeat) = entry.play?;
        if repeat {
            return None;
        }
        entry.play = None;
        Some(Event::PlayDone {
            stream,
            play,
            finished: true,
        })
    }

    pub(crate) fn open_streams(&self) -> usize {
        self.streams.len()
    }

    pub(crate) fn stream_of(&self, port: u16) -> Option<StreamId> {
        self.streams
            .iter()
            .find(|(_, s)| s.port == port)
            .map(|(id, _)| *id)
    }

    fn stop(&mut self, stream: StreamId) {
        if let Some((play, _)) = self.streams.get_mut(&stream).and_then(|s| s.play.take()) {
            self.said.push(Event::PlayDone {
                stream,
                play,
                finished: false,
            });
        }
    }

    fn unbridge(&mut self, stream: StreamId) -> bool {
        let Some(peer) = self.streams.get_mut(&stream).and_then(|s| s.peer.take()) else {
            return false;
        };
        if let Some(peer) = self.streams.get_mut(&peer) {
            peer.peer = None;
        }
        true
    }

    fn names_of(&self, clips: &[Clip]) -> String {
        let name = |clip: &Clip| self.names.get(&clip.samples).copied().unwrap_or("?");
        clips.iter().map(name).collect::<Vec<_>>().join(" ")
    }
}

/// The far end of this stream is heard.
pub(crate) fn first_packet(stream: StreamId) -> Event {
    let from = std::net::SocketAddr::from(([10, 0, 0, 2], 4_000));
    Event::FirstPacket { stream, from }
}
