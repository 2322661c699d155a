//! The bounded queues between the media threads and the rest of the process.

use crossbeam_queue::ArrayQueue;

use crate::command::{Command, Event};

/// Commands that may wait for one thread: some seconds of the busiest signalling.
const COMMANDS: usize = 16_384;
/// Events that may wait to be received.
const EVENTS: usize = 65_536;

/// All queues of an engine.
#[derive(Debug)]
pub(super) struct Queues {
    commands: Vec<ArrayQueue<Command>>,
    events: ArrayQueue<Event>,
}

impl Queues {
    pub(super) fn new(threads: usize) -> Queues {
        let commands = (0..threads).map(|_| ArrayQueue::new(COMMANDS)).collect();
        Queues {
            commands,
            events: ArrayQueue::new(EVENTS),
        }
    }

    pub(super) fn send(&self, shard: u64, command: Command) {
        let at = (shard % self.commands.len() as u64) as usize;
        if let Some(queue) = self.commands.get(at) {
            queue.force_push(command);
        }
    }

    pub(super) fn receive(&self) -> Option<Event> {
        self.events.pop()
    }
}
