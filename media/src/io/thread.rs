//! One media thread: on each tick of 1 ms it takes commands, reads its sockets, gives the streams their turn, and sends.
//! Without a stream it sleeps until somebody rings.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event as Ready, EventData, EventFlags};

use super::disk::DiskQueue;
use super::queue::{Events, Mailbox};
use super::socket::{Sockets, Token};
use crate::engine::{Input, Output, Slot, Table};

/// Larger than any datagram that we want; a longer one is cut, and is no RTP that we know.
const DATAGRAM: usize = 2_048;
/// Sockets asked for at a time.
const READY: usize = 1_024;
/// Milliseconds that are caught up with at a time.
const ROUNDS: u128 = 20;
/// Commands taken in one tick: binding sockets for as many new streams must not delay those that are up.
const COMMANDS: usize = 32;
/// How long a thread with nothing but a backlog sleeps.
const BACKLOG_WAIT: Duration = Duration::from_millis(10);
/// Lateness is the worst of this long.
const GAUGE: Duration = Duration::from_secs(1);
/// The bell's token: no slot is that high.
const BELL: u64 = u64::MAX;

/// What a media thread owns.
pub(super) struct MediaThread {
    table: Table,
    sockets: Vec<Option<Sockets>>,
    epoll: OwnedFd,
    buffer: [u8; DATAGRAM],
    mailbox: Arc<Mailbox>,
    events: Events,
    disk: DiskQueue,
    gauge: Gauge,
    /// When the sockets were read last.
    read_at: Instant,
    /// When the engine started.
    epoch: Instant,
}

/// The worst lateness of this second.
struct Gauge {
    since: Instant,
    worst: Duration,
}

impl Gauge {
    fn note(&mut self, now: Instant, late: Duration) -> Duration {
        if now.saturating_duration_since(self.since) >= GAUGE {
            *self = Gauge {
                since: now,
                worst: late,
            };
        }
        self.worst = self.worst.max(late);
        self.worst
    }
}

impl MediaThread {
    pub(super) fn new(
        seed: u64,
        epoch: Instant,
        mailbox: Arc<Mailbox>,
        events: Events,
        disk: DiskQueue,
    ) -> io::Result<MediaThread> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, mailbox.bell(), EventData::new_u64(BELL), EventFlags::IN)?;
        Ok(MediaThread {
            table: Table::new(seed, epoch),
            sockets: Vec::new(),
            epoll,
            buffer: [0; DATAGRAM],
            mailbox,
            events,
            disk,
            gauge: Gauge {
                since: epoch,
                worst: Duration::ZERO,
            },
            read_at: epoch,
            epoch,
        })
    }

    /// Runs until the engine is dropped.
    pub(super) fn run(mut self) {
        let mut ready = Vec::with_capacity(READY);
        while !self.mailbox.is_stopping() {
            let now = now();
            self.take_commands(now);
            self.read_sockets(now, &mut ready);
            self.table.handle_input(now, Input::Tick);
            let next = self.carry_out(now);
            let flushed = self.events.flush() & self.disk.flush();
            self.mailbox
                .streams
                .store(self.table.streams(), Ordering::Relaxed);
            match next {
                Some(tick) => self.wait_for(tick),
                None => self.sleep(&mut ready, if flushed { None } else { Some(BACKLOG_WAIT) }),
            }
        }
        let now = now();
        self.table.close_all(now);
        self.carry_out(now);
        self.disk.finish();
        self.events.flush();
    }

    fn take_commands(&mut self, now: Instant) {
        for _ in 0..COMMANDS {
            let Some(command) = self.mailbox.take() else {
                return;
            };
            self.table.handle_input(now, Input::Command(command));
            self.carry_out(now);
        }
    }

    /// Reads one datagram of every socket that has one, for each millisecond since the last time: a flood on one takes no
    /// more than its share, and a thread that was not run for a while catches up.
    fn read_sockets(&mut self, now: Instant, ready: &mut Vec<Ready>) {
        let since = now.saturating_duration_since(self.read_at).as_millis();
        self.read_at = now;
        // Three sockets a stream, so this many looks see them all.
        let looks = self.sockets.len() * 3 / READY + 1;
        for _ in 0..since.clamp(1, ROUNDS) {
            for _ in 0..looks {
                match self.read_ready(now, ready) {
                    0 => return,
                    READY.. => {}
                    _ => break,
                }
            }
        }
    }

    /// Reads one datagram each of as many sockets as are told of at a time.
    fn read_ready(&mut self, now: Instant, ready: &mut Vec<Ready>) -> usize {
        ready.clear();
        // An error is an interruption: the next tick looks again.
        let _waited = epoll::wait(&self.epoll, spare_capacity(ready), Some(&Timespec::default()));
        for event in ready.iter() {
            let data = event.data;
            if data.u64() != BELL {
                self.read_socket(now, Token::from_data(data));
            }
        }
        ready.len()
    }

    fn read_socket(&mut self, now: Instant, token: Token) {
        let Some(Some(sockets)) = self.sockets.get(token.slot.0 as usize) else {
            return;
        };
        let Some((length, from)) = sockets.receive(token.which, &mut self.buffer) else {
            return;
        };
        let Some(datagram) = self.buffer.get_mut(..length) else {
            return;
        };
        let (slot, channel) = (token.slot, token.channel());
        self.table.handle_input(
            now,
            Input::Datagram {
                slot,
                channel,
                from,
                datagram,
            },
        );
        self.carry_out(now);
    }

    /// Does all that the table wants done; the time of its next turn.
    fn carry_out(&mut self, now: Instant) -> Option<Instant> {
        loop {
            let failed = match self.table.poll_output() {
                Output::Transmit {
                    slot,
                    channel,
                    to,
                    datagram,
                } => {
                    if let Some(Some(sockets)) = self.sockets.get(slot.0 as usize) {
                        sockets.send(channel, to, datagram);
                    }
                    None
                }
                Output::Event(event) => {
                    self.events.push(event);
                    None
                }
                Output::Disk(job) => {
                    self.disk.push(job, &mut self.events);
                    None
                }
                Output::Bind { slot, open } => {
                    let bound = Sockets::bind(open.local, open.port, slot, &self.epoll);
                    keep(&mut self.sockets, slot, bound)
                        .err()
                        .map(|error| (slot, error.to_string()))
                }
                Output::Lock { slot, to } => {
                    if let Some(Some(sockets)) = self.sockets.get_mut(slot.0 as usize)
                        && let Err(error) = sockets.lock(to, slot, &self.epoll)
                    {
                        // It works without, only slower.
                        tracing::debug!(%error, "media socket stays unconnected");
                    }
                    None
                }
                Output::Unlock { slot } => {
                    if let Some(Some(sockets)) = self.sockets.get_mut(slot.0 as usize) {
                        sockets.unlock();
                    }
                    None
                }
                Output::Unbind { slot } => {
                    if let Some(place) = self.sockets.get_mut(slot.0 as usize) {
                        *place = None;
                    }
                    None
                }
                Output::Timeout(next) => return next,
            };
            if let Some((slot, reason)) = failed {
                self.table.handle_input(now, Input::BindFailed { slot, reason });
            }
        }
    }

    /// Waits for the next tick and notes how late it came.
    #[expect(clippy::disallowed_methods, reason = "a media thread waits for its tick")]
    fn wait_for(&mut self, tick: Instant) {
        let early = tick.saturating_duration_since(now());
        if !early.is_zero() {
            std::thread::sleep(early);
        }
        let after = now();
        let worst = self.gauge.note(after, after.saturating_duration_since(tick));
        self.mailbox
            .say_late(after.saturating_duration_since(self.epoch), worst);
    }

    /// Sleeps until there are commands, or for so long.
    fn sleep(&mut self, ready: &mut Vec<Ready>, at_most: Option<Duration>) {
        self.mailbox.say_idle();
        if self.mailbox.may_sleep() {
            let at_most = at_most.and_then(|duration| Timespec::try_from(duration).ok());
            ready.clear();
            // Whatever wakes it, the loop looks at everything.
            let _woken = epoll::wait(&self.epoll, spare_capacity(ready), at_most.as_ref());
        }
        self.mailbox.awake();
    }
}

fn keep(all: &mut Vec<Option<Sockets>>, slot: Slot, bound: io::Result<Sockets>) -> io::Result<()> {
    let at = slot.0 as usize;
    if all.len() <= at {
        all.resize_with(at + 1, || None);
    }
    all[at] = Some(bound?);
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the one clock of the media threads")]
pub(super) fn now() -> Instant {
    Instant::now()
}
