//! What the streams of a thread want done. One outbox for all of them, with one buffer for all packets, so that a
//! packet costs no allocation.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Instant;

use crate::command::{Event, Open, StreamId};
use crate::recorder::RecordingId;

/// The place of a stream in the table, and of its sockets with the driver. Used again only after `Unbind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub u32);

/// Which socket of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The even port.
    Rtp,
    /// The odd port above.
    Rtcp,
}

/// Work for whoever writes files. Done in order, so a report after a recording's end finds the file complete.
#[derive(Clone, Debug, PartialEq)]
pub enum Disk {
    /// Begins a WAV file.
    Create {
        /// Its name from now on.
        recording: RecordingId,
        /// Told when it fails.
        stream: StreamId,
        /// Where.
        path: PathBuf,
    },
    /// Writes samples and flushes.
    Append {
        /// Of which file.
        recording: RecordingId,
        /// 8 kHz mono.
        samples: Vec<i16>,
    },
    /// Completes the file.
    Finish {
        /// Which.
        recording: RecordingId,
    },
    /// Tells an event once all before is written.
    Report(Event),
}

/// What the driver must do next.
#[derive(Debug, PartialEq)]
pub enum Output<'a> {
    /// Bind the two sockets of a stream; on failure say [`Input::BindFailed`](super::Input::BindFailed).
    Bind {
        /// Where they belong.
        slot: Slot,
        /// Address and port.
        open: Open,
    },
    /// From now on RTP comes from this address alone: `connect` the socket.
    Lock {
        /// The stream.
        slot: Slot,
        /// The far end.
        to: SocketAddr,
    },
    /// RTP may come from anywhere again.
    Unlock {
        /// The stream.
        slot: Slot,
    },
    /// Send a datagram.
    Transmit {
        /// The stream.
        slot: Slot,
        /// From which of its sockets.
        channel: Channel,
        /// The far end.
        to: SocketAddr,
        /// The bytes.
        datagram: &'a [u8],
    },
    /// Close the sockets; the slot may be used again.
    Unbind {
        /// The stream.
        slot: Slot,
    },
    /// Hand to whoever writes files.
    Disk(Disk),
    /// Tell the rest of the process.
    Event(Event),
    /// Nothing more now: call again with the next packet or command, and at this time, if any.
    Timeout(Option<Instant>),
}

#[derive(Debug)]
enum Item {
    Bind(Slot, Open),
    Lock(Slot, SocketAddr),
    Unlock(Slot),
    Transmit {
        slot: Slot,
        channel: Channel,
        to: SocketAddr,
        start: usize,
        end: usize,
    },
    Unbind(Slot),
    Disk(Disk),
    Event(Event),
}

/// Collects outputs until the driver fetches them.
#[derive(Debug, Default)]
pub struct Outbox {
    items: VecDeque<Item>,
    bytes: Vec<u8>,
}

impl Outbox {
    /// Adds a datagram that `write` appends to the buffer; gives back its bytes.
    pub fn transmit(
        &mut self,
        slot: Slot,
        channel: Channel,
        to: SocketAddr,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> &[u8] {
        let start = self.bytes.len();
        write(&mut self.bytes);
        let end = self.bytes.len();
        self.items.push_back(Item::Transmit {
            slot,
            channel,
            to,
            start,
            end,
        });
        &self.bytes[start..end]
    }

    /// Changes the datagram that was added last: `seal` gets the buffer and where the datagram begins in it. `false` takes the
    /// datagram back.
    pub fn amend(&mut self, seal: impl FnOnce(&mut Vec<u8>, usize) -> bool) {
        let Some(Item::Transmit { start, end, .. }) = self.items.back_mut() else {
            return;
        };
        let begins = *start;
        if seal(&mut self.bytes, begins) {
            *end = self.bytes.len();
        } else {
            self.bytes.truncate(begins);
            self.items.pop_back();
        }
    }

    /// Adds an event.
    pub fn event(&mut self, event: Event) {
        self.items.push_back(Item::Event(event));
    }

    /// Adds work for the disk.
    pub fn disk(&mut self, job: Disk) {
        self.items.push_back(Item::Disk(job));
    }

    /// Asks for sockets.
    pub fn bind(&mut self, slot: Slot, open: Open) {
        self.items.push_back(Item::Bind(slot, open));
    }

    /// Gives the sockets up.
    pub fn unbind(&mut self, slot: Slot) {
        self.items.push_back(Item::Unbind(slot));
    }

    /// Binds the stream to one far end.
    pub fn lock(&mut self, slot: Slot, to: SocketAddr) {
        self.items.push_back(Item::Lock(slot, to));
    }

    /// Frees the stream from its far end.
    pub fn unlock(&mut self, slot: Slot) {
        self.items.push_back(Item::Unlock(slot));
    }

    /// The next thing to do, oldest first; `None` when all is done.
    pub fn poll(&mut self) -> Option<Output<'_>> {
        let Some(item) = self.items.pop_front() else {
            self.bytes.clear();
            return None;
        };
        Some(match item {
            Item::Bind(slot, open) => Output::Bind { slot, open },
            Item::Lock(slot, to) => Output::Lock { slot, to },
            Item::Unlock(slot) => Output::Unlock { slot },
            Item::Transmit {
                slot,
                channel,
                to,
                start,
                end,
            } => Output::Transmit {
                slot,
                channel,
                to,
                datagram: &self.bytes[start..end],
            },
            Item::Unbind(slot) => Output::Unbind { slot },
            Item::Disk(job) => Output::Disk(job),
            Item::Event(event) => Output::Event(event),
        })
    }
}
