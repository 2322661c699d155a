//! The media threads: where the pure engine meets sockets, files and the clock.
//!
//! One thread per core, each with its own streams. Commands go in and events come out through bounded
//! lock-free queues; nothing outside ever waits for a media thread, nor a media thread for anything outside.

mod disk;
mod queue;
mod socket;
mod thread;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use self::disk::DiskQueue;
use self::queue::{Events, Queues};
use self::thread::{MediaThread, now};
use crate::command::{Command, Event};

/// How the engine is started.
#[derive(Clone)]
pub struct EngineConfig {
    /// Number of media threads, at least one; one per core that media may use.
    pub threads: usize,
    /// Seeds SSRCs, first sequence numbers and the intervals of RTCP.
    pub seed: u64,
    /// Called by a media thread after it has queued events. Must return at once (`Notify::notify_one`).
    pub wake: Arc<dyn Fn() + Send + Sync>,
}

impl fmt::Debug for EngineConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineConfig")
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

/// How busy the media threads are; the busiest one counts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// Streams open on all threads.
    pub streams: usize,
    /// How late the latest tick of the last second came.
    pub late: Duration,
    /// Commands and events that had to wait outside their queue since the start.
    pub overflows: u64,
}

impl Load {
    /// Ticks later than this make packets late enough to be heard.
    pub const LATE: Duration = Duration::from_millis(10);

    /// False when a new call would harm those that are up.
    pub fn accepts_calls(&self) -> bool {
        self.late < Load::LATE
    }
}

/// The running media threads. Dropping it closes every stream and ends them.
#[derive(Debug)]
pub struct Engine {
    epoch: Instant,
    queues: Arc<Queues>,
    threads: Vec<JoinHandle<()>>,
}

impl Engine {
    /// Starts the media threads.
    pub fn start(config: EngineConfig) -> io::Result<(Engine, EventReceiver)> {
        let epoch = now();
        let queues = Arc::new(Queues::new(config.threads.max(1))?);
        let events = || Events::new(queues.clone(), config.wake.clone());
        let (jobs, disk) = disk::start(events())?;
        let mut engine = Engine {
            epoch,
            queues: queues.clone(),
            threads: Vec::new(),
        };
        for (at, mailbox) in queues.mailboxes.iter().enumerate() {
            let disk = DiskQueue::new(at, jobs.clone());
            let seed = config.seed.wrapping_add(at as u64);
            let media = MediaThread::new(seed, epoch, mailbox.clone(), events(), disk)?;
            let name = format!("media-{at}");
            let thread = Builder::new().name(name).spawn(move || media.run())?;
            engine.threads.push(thread);
        }
        // It ends when the last media thread has.
        engine.threads.push(disk);
        let receiver = EventReceiver { queues };
        Ok((engine, receiver))
    }

    /// Hands an order to the thread of `shard`. Never waits.
    pub fn send(&self, shard: u64, command: Command) {
        self.queues.send(shard, command);
    }

    /// How busy the media threads are.
    pub fn load(&self) -> Load {
        let at = now().saturating_duration_since(self.epoch);
        let mailboxes = &self.queues.mailboxes;
        Load {
            streams: mailboxes
                .iter()
                .map(|mailbox| mailbox.streams.load(Ordering::Relaxed))
                .sum(),
            late: mailboxes
                .iter()
                .map(|mailbox| mailbox.late(at))
                .max()
                .unwrap_or_default(),
            overflows: self.queues.overflows.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.queues.stop();
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so on stderr.
            let _ended = thread.join();
        }
    }
}

/// Where the events of all media threads arrive, in order for each stream.
#[derive(Debug)]
pub struct EventReceiver {
    queues: Arc<Queues>,
}

impl EventReceiver {
    /// The next event; `None` when there is none now (the `wake` of the configuration is called when there is).
    pub fn try_recv(&self) -> Option<Event> {
        self.queues.receive()
    }
}
