//! The bounded queues between the media threads and the rest of the process. Nobody waits at either end: what finds a
//! queue full goes to a side list and is counted, and only what may be missed is ever dropped.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_queue::ArrayQueue;
use rustix::event::{EventfdFlags, eventfd};

use crate::command::{Command, Event, Open};

/// Commands that may wait for one thread: some seconds of the busiest signalling.
const COMMANDS: usize = 16_384;
/// Events that may wait to be received.
const EVENTS: usize = 65_536;
/// Events that may wait in a thread for room in the queue, before those that may be missed are.
const BACKLOG: usize = 65_536;

/// What one thread is told, and what it says of itself.
#[derive(Debug)]
pub(super) struct Mailbox {
    commands: ArrayQueue<Command>,
    /// Commands that found the queue full, in order. While there are some, all others go here too.
    spilled: Mutex<VecDeque<Command>>,
    has_spilled: AtomicBool,
    /// The thread waits for `bell`.
    asleep: AtomicBool,
    bell: OwnedFd,
    stopping: AtomicBool,
    /// Of [`Load`](super::Load), like the three below.
    pub(super) streams: AtomicUsize,
    late_us: AtomicU64,
    /// The thread has no stream, and says nothing.
    idle: AtomicBool,
    /// When the thread last said how late it is, in microseconds of the engine's time.
    said_us: AtomicU64,
}

impl Mailbox {
    fn new() -> io::Result<Mailbox> {
        Ok(Mailbox {
            commands: ArrayQueue::new(COMMANDS),
            spilled: Mutex::default(),
            has_spilled: AtomicBool::new(false),
            asleep: AtomicBool::new(false),
            bell: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
            stopping: AtomicBool::new(false),
            streams: AtomicUsize::new(0),
            late_us: AtomicU64::new(0),
            idle: AtomicBool::new(true),
            said_us: AtomicU64::new(0),
        })
    }

    /// The next command.
    pub(super) fn take(&self) -> Option<Command> {
        self.commands.pop().or_else(|| self.take_spilled())
    }

    fn take_spilled(&self) -> Option<Command> {
        if !self.has_spilled.load(Ordering::Acquire) {
            return None;
        }
        let mut spilled = self.spilled.lock().unwrap_or_else(PoisonError::into_inner);
        let command = spilled.pop_front();
        self.has_spilled.store(!spilled.is_empty(), Ordering::Release);
        command
    }

    /// The thread says how late its worst tick of late came; to be called every tick.
    pub(super) fn say_late(&self, at: Duration, late: Duration) {
        self.late_us.store(late.as_micros() as u64, Ordering::Relaxed);
        self.said_us.store(at.as_micros() as u64, Ordering::Relaxed);
        self.idle.store(false, Ordering::Relaxed);
    }

    /// The thread says nothing from now on: it has no stream.
    pub(super) fn say_idle(&self) {
        self.idle.store(true, Ordering::Relaxed);
    }

    /// How late its ticks are. A thread that says nothing, though it has streams, is as late as it is silent.
    pub(super) fn late(&self, at: Duration) -> Duration {
        if self.idle.load(Ordering::Relaxed) {
            return Duration::ZERO;
        }
        let said = Duration::from_micros(self.said_us.load(Ordering::Relaxed));
        let worst = Duration::from_micros(self.late_us.load(Ordering::Relaxed));
        worst.max(at.saturating_sub(said))
    }

    /// To be called before the thread waits for the bell; false when there is something to do already.
    pub(super) fn may_sleep(&self) -> bool {
        self.asleep.store(true, Ordering::SeqCst);
        let busy = !self.commands.is_empty() || self.has_spilled.load(Ordering::SeqCst) || self.is_stopping();
        if busy {
            self.asleep.store(false, Ordering::SeqCst);
        }
        !busy
    }

    /// What rings when there are commands.
    pub(super) fn bell(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }

    /// The thread is awake.
    pub(super) fn awake(&self) {
        self.asleep.store(false, Ordering::SeqCst);
        // An error means that it did not ring.
        let _silent = rustix::io::read(&self.bell, &mut [0; 8]);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    fn ring(&self) {
        if self.asleep.swap(false, Ordering::SeqCst) {
            // It can fail only when it has rung 2^64 - 1 times.
            let _rung = rustix::io::write(&self.bell, &1u64.to_ne_bytes());
        }
    }
}

/// All queues of an engine.
#[derive(Debug)]
pub(super) struct Queues {
    pub(super) mailboxes: Vec<Arc<Mailbox>>,
    events: ArrayQueue<Event>,
    pub(super) overflows: AtomicU64,
}

impl Queues {
    pub(super) fn new(threads: usize) -> io::Result<Queues> {
        let mailboxes = (0..threads)
            .map(|_| Ok(Arc::new(Mailbox::new()?)))
            .collect::<io::Result<_>>()?;
        Ok(Queues {
            mailboxes,
            events: ArrayQueue::new(EVENTS),
            overflows: AtomicU64::new(0),
        })
    }

    /// Queues a command for the thread of `shard`. When the queue is full, a new stream is refused and all else waits.
    pub(super) fn send(&self, shard: u64, command: Command) {
        let at = (shard % self.mailboxes.len() as u64) as usize;
        let Some(mailbox) = self.mailboxes.get(at) else {
            return;
        };
        let full = if mailbox.has_spilled.load(Ordering::Acquire) {
            Some(command)
        } else {
            mailbox.commands.push(command).err()
        };
        if let Some(command) = full {
            self.overflows.fetch_add(1, Ordering::Relaxed);
            if let Command::Open(Open { stream, port, .. }) = command {
                let reason = "the media thread does not keep up".into();
                // Its queue is full, too, only when nobody receives.
                let _refused = self.events.push(Event::OpenFailed { stream, port, reason });
            } else {
                let mut spilled = mailbox.spilled.lock().unwrap_or_else(PoisonError::into_inner);
                spilled.push_back(command);
                mailbox.has_spilled.store(true, Ordering::Release);
            }
        }
        mailbox.ring();
    }

    pub(super) fn receive(&self) -> Option<Event> {
        self.events.pop()
    }

    /// Tells every thread to end.
    pub(super) fn stop(&self) {
        for mailbox in &self.mailboxes {
            mailbox.stopping.store(true, Ordering::SeqCst);
            mailbox.ring();
        }
    }
}

/// A thread's end of the event queue.
pub(super) struct Events {
    queues: Arc<Queues>,
    wake: Arc<dyn Fn() + Send + Sync>,
    backlog: VecDeque<Event>,
    queued: bool,
}

impl Events {
    pub(super) fn new(queues: Arc<Queues>, wake: Arc<dyn Fn() + Send + Sync>) -> Events {
        Events {
            queues,
            wake,
            backlog: VecDeque::new(),
            queued: false,
        }
    }

    /// Queues an event; `flush` must follow.
    pub(super) fn push(&mut self, event: Event) {
        self.queued = true;
        let full = if self.backlog.is_empty() {
            self.queues.events.push(event).err()
        } else {
            Some(event)
        };
        let Some(event) = full else { return };
        self.queues.overflows.fetch_add(1, Ordering::Relaxed);
        if self.backlog.len() < BACKLOG || !may_be_missed(&event) {
            self.backlog.push_back(event);
        }
    }

    /// Moves what waits into the queue and wakes the receiver, if there is something new. True when all found room.
    pub(super) fn flush(&mut self) -> bool {
        while let Some(event) = self.backlog.pop_front() {
            if let Err(event) = self.queues.events.push(event) {
                self.backlog.push_front(event);
                break;
            }
            self.queued = true;
        }
        if std::mem::take(&mut self.queued) {
            (self.wake)();
        }
        self.backlog.is_empty()
    }
}

/// Events without which every stream still ends and every port comes back. The others are bounded by the streams.
fn may_be_missed(event: &Event) -> bool {
    match event {
        Event::FirstPacket { .. } | Event::Digit { .. } | Event::KeyToSignal { .. } => true,
        Event::OpenFailed { .. }
        | Event::PlayDone { .. }
        | Event::DigitsSent { .. }
        | Event::Timeout { .. }
        | Event::RecordFailed { .. }
        | Event::Closed { .. }
        | Event::Released { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::StreamId;

    #[test]
    fn a_thread_that_has_streams_and_says_nothing_is_late() {
        let queues = Queues::new(1).unwrap();
        let mailbox = &queues.mailboxes[0];
        let ms = Duration::from_millis;
        mailbox.say_late(ms(1_000), ms(3));
        assert_eq!(mailbox.late(ms(1_001)), ms(3));
        assert_eq!(mailbox.late(ms(1_500)), ms(500));
        mailbox.say_idle();
        assert_eq!(mailbox.late(ms(9_000)), ms(0));
    }

    fn play(stream: u64) -> Command {
        Command::StopPlay {
            stream: StreamId(stream),
        }
    }

    #[test]
    fn a_full_queue_keeps_the_order_and_refuses_new_streams_only() {
        let queues = Queues::new(1).unwrap();
        let count = COMMANDS as u64 + 100;
        (0..count).for_each(|stream| queues.send(7, play(stream)));
        let open = Open {
            stream: StreamId(9),
            shard: 0,
            local: [127, 0, 0, 1].into(),
            port: 10_000,
            timeout: None,
            learn_source: false,
            keys_in_signalling: false,
        };
        queues.send(7, Command::Open(open));
        assert!(matches!(
            queues.receive(),
            Some(Event::OpenFailed {
                stream: StreamId(9),
                port: 10_000,
                ..
            })
        ));
        let mailbox = &queues.mailboxes[0];
        assert!(!mailbox.may_sleep());
        for stream in 0..count {
            assert_eq!(mailbox.take(), Some(play(stream)));
        }
        assert_eq!(mailbox.take(), None);
        assert_eq!(queues.overflows.load(Ordering::Relaxed), 101);
        queues.send(7, play(1));
        assert_eq!(mailbox.take(), Some(play(1)));
        assert!(mailbox.may_sleep());
    }

    #[test]
    fn events_wait_for_room_in_order_and_only_keys_are_missed() {
        let queues = Arc::new(Queues::new(1).unwrap());
        let mut events = Events::new(queues.clone(), Arc::new(|| {}));
        let released = |port| Event::Released { port };
        (0..EVENTS + BACKLOG).for_each(|at| events.push(released(at as u16)));
        events.push(Event::Digit {
            stream: StreamId(1),
            digit: crate::dtmf::Digit::STAR,
        });
        events.push(released(7));
        assert!(!events.flush());
        for at in 0..EVENTS + BACKLOG {
            assert_eq!(queues.receive(), Some(released(at as u16)));
            events.flush();
        }
        assert_eq!(queues.receive(), Some(released(7)));
        assert!(events.flush());
    }
}
