//! The table of one thread's streams: commands find their stream, packets their bridge, and time its turn.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::outbox::{Channel, Disk, Outbox, Output, Slot};
use super::rest::Rest;
use super::wheel::{SPOKES, Wheel};
use crate::command::{Command, Event, Open, StreamId, Swallow};
use crate::player::Player;
use crate::recorder::RecordingId;
use crate::stream::{Context, Stream};

/// Streams of one thread: more than a core can carry.
pub const STREAMS_MAX: usize = 16_384;

/// What the driver tells.
#[derive(Debug)]
pub enum Input<'d> {
    /// An order from outside.
    Command(Command),
    /// [`Output::Bind`] could not be done.
    BindFailed {
        /// Of the `Bind`.
        slot: Slot,
        /// What the operating system said.
        reason: String,
    },
    /// A datagram came. Its bytes may be changed: a packet is passed on from where it lies.
    Datagram {
        /// Of the `Bind`.
        slot: Slot,
        /// On which socket.
        channel: Channel,
        /// From whom.
        from: SocketAddr,
        /// The bytes.
        datagram: &'d mut [u8],
    },
    /// Time has passed.
    Tick,
}

/// What lies in a slot.
#[derive(Debug)]
enum Entry {
    /// A stream of a call.
    Open(Box<Stream>),
    /// The port of a closed one, not to be used again yet.
    Resting(Rest),
}

#[derive(Debug)]
struct Place {
    entry: Entry,
    spoke: usize,
}

/// All streams of one thread.
#[derive(Debug)]
pub struct Table {
    epoch: Instant,
    /// Milliseconds since the epoch whose turns were given.
    turned: u64,
    rng: ChaCha8Rng,
    places: Vec<Option<Place>>,
    vacant: Vec<Slot>,
    slots: HashMap<StreamId, Slot>,
    wheel: Wheel,
    recordings: u64,
    out: Outbox,
}

impl Table {
    /// An empty table that counts time from `now`.
    pub fn new(seed: u64, now: Instant) -> Table {
        Table {
            epoch: now,
            turned: 0,
            rng: ChaCha8Rng::seed_from_u64(seed),
            places: Vec::new(),
            vacant: Vec::new(),
            slots: HashMap::new(),
            wheel: Wheel::default(),
            recordings: 0,
            out: Outbox::default(),
        }
    }

    /// Streams that are open.
    pub fn streams(&self) -> usize {
        self.slots.len()
    }

    /// Takes an input. All of its outputs must be fetched before the next one.
    pub fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Command(command) => self.on_command(now, command),
            Input::BindFailed { slot, reason } => self.on_bind_failed(slot, reason),
            Input::Datagram {
                slot,
                channel,
                from,
                datagram,
            } => self.on_datagram(now, slot, channel, from, datagram),
            Input::Tick => self.on_tick(now),
        }
    }

    /// The next thing to do; [`Output::Timeout`] when that was all.
    pub fn poll_output(&mut self) -> Output<'_> {
        let next_turn = self.epoch + Duration::from_millis(self.turned + 1);
        let idle = self.vacant.len() == self.places.len();
        match self.out.poll() {
            Some(output) => output,
            None => Output::Timeout((!idle).then_some(next_turn)),
        }
    }

    fn on_command(&mut self, now: Instant, command: Command) {
        match command {
            Command::Open(open) => self.open(now, open),
            Command::Connect { stream, media } => {
                self.with(now, stream, |stream, cx| stream.connect(media, cx))
            }
            Command::Listen { stream } => self.with(now, stream, |stream, _| stream.listen()),
            Command::Play {
                stream,
                play,
                clips,
                repeat,
            } => {
                self.unbridge(stream);
                self.with(now, stream, |stream, cx| {
                    stream.play(Player::new(play, clips, repeat), cx)
                });
            }
            Command::StopPlay { stream } => self.with(now, stream, Stream::stop),
            Command::Bridge { a, b, swallow_from_a } => self.bridge(now, a, b, swallow_from_a),
            Command::Unbridge { stream } => self.unbridge(stream),
            Command::SendDigits { stream, digits } => {
                self.with(now, stream, |stream, cx| stream.send_digits(&digits, cx))
            }
            Command::Record { stream, side, path } => {
                self.recordings += 1;
                let recording = RecordingId(self.recordings);
                self.with(now, stream, |stream, cx| {
                    cx.out.disk(Disk::Create {
                        recording,
                        stream: stream.id(),
                        path,
                    });
                    stream.record(side, recording, cx);
                });
            }
            Command::Close { stream } => self.close(now, stream),
        }
    }

    fn open(&mut self, now: Instant, open: Open) {
        let refused = if self.slots.contains_key(&open.stream) {
            Some("a stream of this id is open")
        } else if self.slots.len() >= STREAMS_MAX {
            Some("this media thread has all the streams it can carry")
        } else {
            None
        };
        if let Some(reason) = refused {
            let Open { stream, port, .. } = open;
            return self.out.event(Event::OpenFailed {
                stream,
                port,
                reason: reason.into(),
            });
        }
        let slot = self.vacant.pop().unwrap_or_else(|| {
            self.places.push(None);
            Slot(self.places.len() as u32 - 1)
        });
        self.slots.insert(open.stream, slot);
        self.out.bind(slot, open.clone());
        let spoke = self.wheel.add(slot);
        let mut cx = Context {
            now,
            epoch: self.epoch,
            rng: &mut self.rng,
            out: &mut self.out,
        };
        let entry = Entry::Open(Box::new(Stream::new(slot, open, &mut cx)));
        self.places[slot.0 as usize] = Some(Place { entry, spoke });
    }

    fn on_bind_failed(&mut self, slot: Slot, reason: String) {
        if let Some(Place {
            entry: Entry::Open(stream),
            ..
        }) = self.vacate(slot)
        {
            self.slots.remove(&stream.id());
            self.out.event(Event::OpenFailed {
                stream: stream.id(),
                port: stream.port(),
                reason,
            });
        }
    }

    fn close(&mut self, now: Instant, stream: StreamId) {
        self.unbridge(stream);
        let Some(slot) = self.slots.remove(&stream) else {
            return;
        };
        let Some(Some(place)) = self.places.get_mut(slot.0 as usize) else {
            return;
        };
        let Entry::Open(stream) = &place.entry else { return };
        let rest = Entry::Resting(Rest::new(stream.port(), now));
        let Entry::Open(stream) = std::mem::replace(&mut place.entry, rest) else {
            return;
        };
        // Whoever it was locked to: now every late packet counts.
        self.out.unlock(slot);
        let mut cx = Context {
            now,
            epoch: self.epoch,
            rng: &mut self.rng,
            out: &mut self.out,
        };
        stream.close(&mut cx);
    }

    /// Closes every stream: the thread ends.
    pub fn close_all(&mut self, now: Instant) {
        let streams: Vec<StreamId> = self.slots.keys().copied().collect();
        for stream in streams {
            self.close(now, stream);
        }
    }

    fn bridge(&mut self, now: Instant, a: StreamId, b: StreamId, swallow_from_a: Swallow) {
        self.unbridge(a);
        self.unbridge(b);
        let (Some(&slot_a), Some(&slot_b)) = (self.slots.get(&a), self.slots.get(&b)) else {
            return;
        };
        if slot_a == slot_b {
            return;
        }
        self.with(now, a, |stream, cx| stream.bridge(slot_b, swallow_from_a.0, cx));
        self.with(now, b, |stream, cx| stream.bridge(slot_a, Vec::new(), cx));
    }

    fn unbridge(&mut self, stream: StreamId) {
        let Some(&slot) = self.slots.get(&stream) else {
            return;
        };
        let peer = self.stream(slot).and_then(|stream| stream.peer());
        for slot in [Some(slot), peer].into_iter().flatten() {
            if let Some(stream) = self.stream(slot) {
                stream.leave_bridge();
            }
        }
    }

    fn on_datagram(
        &mut self,
        now: Instant,
        slot: Slot,
        channel: Channel,
        from: SocketAddr,
        datagram: &mut [u8],
    ) {
        let Table {
            epoch,
            rng,
            out,
            places,
            ..
        } = self;
        let mut cx = Context {
            now,
            epoch: *epoch,
            rng,
            out,
        };
        let Some(Some(place)) = places.get_mut(slot.0 as usize) else {
            return;
        };
        let relayed = match &mut place.entry {
            Entry::Open(stream) => stream.receive(channel, from, datagram, &mut cx),
            Entry::Resting(rest) => return rest.on_packet(now),
        };
        let Some(relayed) = relayed else { return };
        if let Some(Some(Place {
            entry: Entry::Open(peer),
            ..
        })) = places.get_mut(relayed.peer.0 as usize)
        {
            peer.relay(relayed, &mut cx);
        }
    }

    /// Gives the turns of the milliseconds that have passed: all that were missed, but no stream more than one.
    fn on_tick(&mut self, now: Instant) {
        let until = now.saturating_duration_since(self.epoch).as_millis() as u64;
        let from = (self.turned + 1).max((until + 1).saturating_sub(SPOKES as u64));
        for millisecond in from..=until {
            self.turn(now, millisecond);
        }
        self.turned = self.turned.max(until);
    }

    fn turn(&mut self, now: Instant, millisecond: u64) {
        let Table {
            epoch,
            rng,
            out,
            places,
            wheel,
            ..
        } = self;
        let mut rested = None;
        for &slot in wheel.turn(millisecond) {
            let mut cx = Context {
                now,
                epoch: *epoch,
                rng,
                out,
            };
            let Some(Some(place)) = places.get_mut(slot.0 as usize) else {
                continue;
            };
            match &mut place.entry {
                Entry::Open(stream) => stream.turn(&mut cx),
                Entry::Resting(rest) if rest.is_over(now) => rested = Some((slot, rest.port)),
                Entry::Resting(_) => {}
            }
        }
        // One port a turn: the others wait 20 ms more.
        if let Some((slot, port)) = rested {
            self.vacate(slot);
            self.out.unbind(slot);
            self.out.event(Event::Released { port });
        }
    }

    fn vacate(&mut self, slot: Slot) -> Option<Place> {
        let place = self.places.get_mut(slot.0 as usize)?.take()?;
        self.wheel.remove(place.spoke, slot);
        self.vacant.push(slot);
        Some(place)
    }

    fn stream(&mut self, slot: Slot) -> Option<&mut Stream> {
        match &mut self.places.get_mut(slot.0 as usize)?.as_mut()?.entry {
            Entry::Open(stream) => Some(stream),
            Entry::Resting(_) => None,
        }
    }

    fn with(&mut self, now: Instant, stream: StreamId, act: impl FnOnce(&mut Stream, &mut Context<'_>)) {
        let Some(&slot) = self.slots.get(&stream) else {
            return;
        };
        let Table {
            epoch,
            rng,
            out,
            places,
            ..
        } = self;
        let mut cx = Context {
            now,
            epoch: *epoch,
            rng,
            out,
        };
        if let Some(Some(Place {
            entry: Entry::Open(stream),
            ..
        })) = places.get_mut(slot.0 as usize)
        {
            act(stream, &mut cx);
        }
    }
}
