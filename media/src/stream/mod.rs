//! One RTP stream pair: what it hears, what it sends, and when. A root machine: inputs go in with the time, and what it
//! wants done goes into the outbox that it shares with the other streams of its thread.

mod guard;
mod receiving;
mod reports;
mod sending;
mod source;
mod turn;

use std::net::SocketAddr;
use std::time::Instant;

use rand_chacha::ChaCha8Rng;

use crate::codec::Codec;
use crate::codec::wide::Wide;
use crate::command::{Event, Open, RecordSide, StreamId};
use crate::dtmf::Digit;
use crate::dtmf::event::{Receiver, Sender as Events};
use crate::dtmf::goertzel::Detector;
use crate::dtmf::tones::Tones;
use crate::engine::{Channel, Disk, Outbox, Slot};
use crate::player::Player;
use crate::recorder::{Recorder, RecordingId};
use crate::rtcp::{Bye, Reception};
use crate::rtp::Header;
use crate::sdp::{Direction, Negotiated};
use crate::stats::StreamStats;

/// Packets of audio, silence if need be, sent at first, so that the far end and the NATs between learn where we are.
const OPENING: u16 = 10;
/// Packets of silence, 30 s of them, sent when what was played is over, so that the line never sounds dead while a caller thinks, and that
/// the far end's clock for us goes on without a gap. Who waits for longer than that hears ringback or has left.
const COMFORT: u16 = 1_500;

/// What a stream needs from around it.
#[derive(Debug)]
pub struct Context<'a> {
    /// The time of this input.
    pub now: Instant,
    /// When the engine started.
    pub epoch: Instant,
    /// Randomness of the thread.
    pub rng: &'a mut ChaCha8Rng,
    /// Where outputs go.
    pub out: &'a mut Outbox,
}

/// A packet on its way to the other side of a bridge, still in the buffer it was received in.
#[derive(Debug)]
pub struct Relayed<'d> {
    /// The other side.
    pub peer: Slot,
    /// As it came.
    pub header: Header,
    /// What its payload is. Audio is G.711 here.
    pub kind: Kind,
    /// A key that is down in the audio as tones, and whether it begins here.
    pub tones: Option<(Digit, bool)>,
    /// May be changed in place.
    pub payload: Payload<'d>,
    /// The payload as it came, when it came in another codec: a far end that speaks the same gets it untouched.
    pub as_it_came: Option<(Codec, &'d [u8])>,
}

/// Where a payload is.
#[derive(Debug)]
pub enum Payload<'d> {
    /// In the buffer it was received in.
    Received(&'d mut [u8]),
    /// It was decoded. Only streams that transcode pay for this.
    Decoded(Vec<u8>),
}

impl std::ops::Deref for Payload<'_> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Payload::Received(bytes) => bytes,
            Payload::Decoded(bytes) => bytes,
        }
    }
}

impl std::ops::DerefMut for Payload<'_> {
    fn deref_mut(&mut self) -> &mut [u8] {
        match self {
            Payload::Received(bytes) => bytes,
            Payload::Decoded(bytes) => bytes,
        }
    }
}

/// What a payload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Audio of a codec.
    Audio(Codec),
    /// A telephone-event; the key when this packet begins it.
    Event(Option<Digit>),
    /// A key that the other side must not hear.
    Swallowed,
}

/// Where the audio that we send comes from.
#[derive(Debug)]
enum Audio {
    /// Nowhere: now and then a packet of silence.
    Idle,
    /// From clips.
    Playing(Player),
    /// From another stream, which sends what it hears.
    Bridged(Bridge),
}

/// This side of a bridge.
#[derive(Debug)]
struct Bridge {
    peer: Slot,
    /// Keys of this side that the other never hears.
    swallow: Vec<Digit>,
}

/// Keys on their way out.
#[derive(Debug)]
struct Keys {
    way: Way,
    /// Somebody waits for [`Event::DigitsSent`]: they were asked for, not relayed.
    asked: bool,
}

/// How keys are sent.
#[derive(Debug)]
enum Way {
    /// As events.
    Events(Events),
    /// As tones.
    Tones(Tones),
}

/// One stream.
#[derive(Debug)]
pub struct Stream {
    id: StreamId,
    slot: Slot,
    open: Open,
    media: Option<Negotiated>,
    guard: guard::Guard,
    wide: Option<Box<Wide>>,
    source: source::Source,
    reception: Reception,
    events: Receiver,
    detector: Option<Box<Detector>>,
    sending: sending::Sending,
    reports: reports::Reports,
    rtcp_from: Option<SocketAddr>,
    audio: Audio,
    keys: Option<Box<Keys>>,
    /// Milliseconds of clips that are due and not sent yet; `None` before the first packet.
    due_ms: Option<u16>,
    /// Packets still to be sent without a pause, silence if nothing else.
    quiet: u16,
    /// What is still to be heard of a playing that was stopped, in G.711.
    tail: Vec<u8>,
    recorders: [Option<Box<Recorder>>; 2],
    silence: Silence,
    stats: StreamStats,
    first_heard: bool,
}

/// How long the far end has been quiet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Silence {
    /// Last heard then.
    Since(Instant),
    /// It was told that the timeout has passed.
    Told,
}

impl Stream {
    /// A stream that waits for the outcome of offer and answer.
    pub fn new(slot: Slot, open: Open, cx: &mut Context<'_>) -> Stream {
        Stream {
            id: open.stream,
            slot,
            open,
            media: None,
            guard: guard::Guard::default(),
            wide: None,
            source: source::Source::Nobody,
            reception: Reception::default(),
            events: Receiver::default(),
            detector: None,
            sending: sending::Sending::new(cx.now, cx.rng),
            reports: reports::Reports::new(cx.now, cx.epoch, cx.rng),
            rtcp_from: None,
            audio: Audio::Idle,
            keys: None,
            due_ms: None,
            quiet: OPENING,
            tail: Vec::new(),
            recorders: [None, None],
            silence: Silence::Since(cx.now),
            stats: StreamStats::default(),
            first_heard: false,
        }
    }

    /// Its name outside.
    pub fn id(&self) -> StreamId {
        self.id
    }

    /// Its even port.
    pub fn port(&self) -> u16 {
        self.open.port
    }

    /// What both sides agreed on, for the first time or anew.
    pub fn connect(&mut self, media: Negotiated, cx: &mut Context<'_>) {
        let source = self.source.connect(media.remote_rtp, self.open.learn_source);
        if source != self.source {
            self.source = source;
            self.quiet = self.quiet.max(OPENING);
            self.rtcp_from = None;
            self.first_heard = false;
            self.reception.start_over();
            // An unspecified address holds the call; there is nobody to lock to.
            match source.locked().filter(is_reachable) {
                Some(to) => cx.out.lock(self.slot, to),
                None => cx.out.unlock(self.slot),
            }
        }
        // In-band keys are looked for only where there are no events to wait for.
        self.detector = match media.telephone_event {
            Some(_) => None,
            None if self.open.keys_in_signalling => None,
            None => Some(self.detector.take().unwrap_or_default()),
        };
        // Keys that were asked for before it was known how they can be sent.
        if let Some(keys) = &mut self.keys
            && let (Way::Events(sender), None) = (&mut keys.way, media.telephone_event)
        {
            let mut tones = Tones::default();
            tones.push(&sender.take_waiting());
            keys.way = Way::Tones(tones);
        }
        self.silence = Silence::Since(cx.now);
        if self.wide.as_ref().map(|wide| wide.codec()) != Some(media.codec) {
            self.wide = Wide::new(media.codec).map(Box::new);
        }
        self.guard = std::mem::take(&mut self.guard).agree(media.srtp);
        self.media = Some(media);
    }

    /// The next packet counts as the first one.
    pub fn listen(&mut self) {
        self.first_heard = false;
    }

    /// Plays clips in place of whatever is sent now.
    pub fn play(&mut self, player: Player, cx: &mut Context<'_>) {
        self.stop(cx);
        self.sending.start();
        self.due_ms = None;
        self.audio = Audio::Playing(player);
    }

    /// Ends playing, if it plays. A bridge is left by [`Stream::leave_bridge`].
    pub fn stop(&mut self, cx: &mut Context<'_>) {
        let audio = std::mem::replace(&mut self.audio, Audio::Idle);
        match audio {
            Audio::Playing(player) => {
                self.fall_silent();
                cx.out.event(Event::PlayDone {
                    stream: self.id,
                    play: player.play,
                    finished: false,
                });
                if let (Some((media, _)), Some(_)) = (self.outlet(), self.due_ms) {
                    self.tail = player.fade(media.codec);
                }
            }
            Audio::Idle | Audio::Bridged(_) => self.audio = audio,
        }
    }

    /// Nothing plays any more: silence is heard until something else is.
    fn fall_silent(&mut self) {
        self.audio = Audio::Idle;
        self.quiet = COMFORT;
    }

    /// What this stream hears goes to `peer` from now on, but for the keys of `swallow`.
    pub fn bridge(&mut self, peer: Slot, swallow: Vec<Digit>, cx: &mut Context<'_>) {
        self.stop(cx);
        self.tail.clear();
        self.sending.start();
        self.audio = Audio::Bridged(Bridge { peer, swallow });
    }

    /// The other side of the bridge, if there is one.
    pub fn peer(&self) -> Option<Slot> {
        match &self.audio {
            Audio::Bridged(bridge) => Some(bridge.peer),
            Audio::Idle | Audio::Playing(_) => None,
        }
    }

    /// The bridge is over.
    pub fn leave_bridge(&mut self) {
        match self.audio {
            Audio::Bridged(_) => {
                self.sending.start();
                self.fall_silent();
            }
            Audio::Idle | Audio::Playing(_) => {}
        }
    }

    /// Sends keys, by the way that the far end agreed to.
    pub fn send_digits(&mut self, digits: &[Digit], cx: &mut Context<'_>) {
        if digits.is_empty() {
            return cx.out.event(Event::DigitsSent { stream: self.id });
        }
        self.push_keys(digits).asked = true;
    }

    /// Begins a recording in place of the one of that side, if any.
    pub fn record(&mut self, side: RecordSide, id: RecordingId, cx: &mut Context<'_>) {
        let place = &mut self.recorders[index(side)];
        let before = place.replace(Box::new(Recorder::new(id, cx.now)));
        if let Some(before) = before {
            finish(*before, cx);
        }
    }

    /// The end: BYE to the far end, the rest of the recordings, and what was measured.
    pub fn close(mut self, cx: &mut Context<'_>) {
        self.send_report(Bye::Yes, cx);
        let recorded = self.recorders.iter().any(Option::is_some);
        for recorder in self.recorders.iter_mut().filter_map(Option::take) {
            finish(*recorder, cx);
        }
        let closed = Event::Closed {
            stream: self.id,
            stats: self.stats(),
        };
        if recorded {
            cx.out.disk(Disk::Report(closed));
        } else {
            cx.out.event(closed);
        }
    }

    /// What was measured so far.
    pub fn stats(&self) -> StreamStats {
        StreamStats {
            tx_packets: self.sending.packets,
            lost: self.reception.lost(),
            jitter_ms: f64::from(self.reception.jitter()) / 8.0,
            round_trip_ms: self.reports.round_trip.map(|trip| trip.as_secs_f64() * 1e3),
            remote_loss: self.reports.remote_loss.map(|lost| f64::from(lost) / 256.0),
            ..self.stats
        }
    }

    fn push_keys(&mut self, digits: &[Digit]) -> &mut Keys {
        let events = self
            .media
            .as_ref()
            .is_none_or(|media| media.telephone_event.is_some());
        let keys = self.keys.get_or_insert_with(|| {
            let way = if events {
                Way::Events(Events::default())
            } else {
                Way::Tones(Tones::default())
            };
            Box::new(Keys { way, asked: false })
        });
        match &mut keys.way {
            Way::Events(sender) => sender.push(digits),
            Way::Tones(tones) => tones.push(digits),
        }
        keys
    }

    /// What to send with and where to, when we may send at all.
    fn outlet(&self) -> Option<(&Negotiated, SocketAddr)> {
        let media = self.media.as_ref()?;
        let may = match media.direction {
            Direction::SendRecv | Direction::SendOnly => true,
            Direction::RecvOnly | Direction::Inactive => false,
        };
        // An unspecified address holds a call the old way (RFC 3264 section 8.4).
        let to = self
            .source
            .destination()
            .filter(|to| !to.ip().is_unspecified() && to.port() != 0)?;
        may.then_some((media, to))
    }

    fn send_report(&mut self, bye: Bye, cx: &mut Context<'_>) {
        let Some(media) = &self.media else { return };
        let (channel, to) = if media.rtcp_mux {
            (
                Channel::Rtp,
                self.source.destination().unwrap_or(media.remote_rtp),
            )
        } else {
            (Channel::Rtcp, self.rtcp_from.unwrap_or(media.remote_rtcp))
        };
        if !is_reachable(&to) {
            return;
        }
        let ticks = media.codec.ticks();
        let Stream {
            reports,
            sending,
            reception,
            ..
        } = self;
        cx.out.transmit(self.slot, channel, to, |bytes| {
            reports.write(cx.now, cx.rng, sending, reception, (bye, ticks), bytes);
        });
        self.guard.seal_rtcp(cx.out);
    }

    fn record_audio(
        &mut self,
        side: RecordSide,
        codec: Codec,
        header: &Header,
        payload: &[u8],
        now: Instant,
    ) {
        if let Some(recorder) = &mut self.recorders[index(side)] {
            recorder.put(now, codec, header.timestamp, payload);
        }
    }
}

fn is_reachable(to: &SocketAddr) -> bool {
    !to.ip().is_unspecified() && to.port() != 0
}

fn index(side: RecordSide) -> usize {
    match side {
        RecordSide::Received => 0,
        RecordSide::Sent => 1,
    }
}

fn finish(recorder: Recorder, cx: &mut Context<'_>) {
    let recording = recorder.id;
    let samples = recorder.finish(cx.now);
    cx.out.disk(Disk::Append { recording, samples });
    cx.out.disk(Disk::Finish { recording });
}
