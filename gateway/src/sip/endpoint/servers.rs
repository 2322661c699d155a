//! The table of the far ends' transactions: found by branch, sent-by and method, or as RFC 2543 did it (RFC 3261 17.2.3), and
//! the index that finds a request which came twice by different ways (8.2.2.2).

use std::collections::HashMap;
use std::time::Instant;

use bytes::Bytes;

use super::timeouts::Slot;
use crate::ids::LegId;
use crate::sip::api::Path;
use crate::sip::message::Message;
use crate::sip::method::Method;
use crate::sip::transaction::invite_server::{self, InviteServer};
use crate::sip::transaction::server::{self, Server};
use crate::sip::transaction::{Action, Reliability};

/// Names a transaction of a far end within this endpoint.
pub(crate) type ServerId = u64;

/// What identifies a transaction on the wire, as one string of bytes. See `read::server_key`.
pub(super) type ServerKey = Box<[u8]>;

#[derive(Debug)]
enum Machine {
    Invite(InviteServer),
    Other(Server),
}

/// A transaction in the table.
#[derive(Debug)]
pub(super) struct ServerEntry {
    machine: Machine,
    key: ServerKey,
    merge_key: Option<ServerKey>,
    /// Where its responses go.
    pub(super) path: Path,
    /// The request, until its final response.
    pub(super) request: Option<Message>,
    /// The tag that we put into To.
    pub(super) tag: String,
    /// The call of an INVITE.
    pub(super) leg: Option<LegId>,
    /// Its place among the timeouts.
    pub(super) slot: Slot,
}

/// What a transaction hears.
#[derive(Clone, Debug)]
pub(super) enum Heard {
    /// The request again.
    Repeated,
    /// ACK with the branch of an INVITE.
    Ack,
    /// Our response.
    Respond(u16, Bytes),
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Where, and what.
    pub(super) transmit: Vec<(Path, Bytes)>,
    /// An ACK for the call: this INVITE was answered 2xx.
    pub(super) ack: bool,
    /// It has left the table.
    pub(super) done: bool,
}

/// All server transactions.
#[derive(Default)]
pub(super) struct Servers {
    table: HashMap<ServerId, ServerEntry>,
    by_key: HashMap<ServerKey, ServerId>,
    by_merge: HashMap<ServerKey, ServerId>,
    count: ServerId,
}

impl Servers {
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    /// Finds the transaction with this key.
    pub(super) fn find(&self, key: &[u8]) -> Option<ServerId> {
        self.by_key.get(key).copied()
    }

    /// Whether a request with the same From tag, Call-ID and CSeq is being served.
    pub(super) fn is_merged(&self, merge_key: &[u8]) -> bool {
        self.by_merge.contains_key(merge_key)
    }

    pub(super) fn get(&self, id: ServerId) -> Option<&ServerEntry> {
        self.table.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: ServerId) -> Option<&mut ServerEntry> {
        self.table.get_mut(&id)
    }

    /// Begins a transaction for `request`.
    pub(super) fn begin(
        &mut self,
        (key, merge_key): (ServerKey, Option<ServerKey>),
        path: Path,
        request: Message,
        tag: String,
    ) -> ServerId {
        self.count += 1;
        let id = self.count;
        let reliability = Reliability::of(&path);
        let machine = if *request.method() == Method::Invite {
            Machine::Invite(InviteServer::new(reliability))
        } else {
            Machine::Other(Server::new(reliability))
        };
        self.by_key.insert(key.clone(), id);
        if let Some(key) = &merge_key {
            self.by_merge.insert(key.clone(), id);
        }
        let entry = ServerEntry {
            machine,
            key,
            merge_key,
            path,
            request: Some(request),
            tag,
            leg: None,
            slot: None,
        };
        self.table.insert(id, entry);
        id
    }

    /// Tells a transaction what was heard.
    pub(super) fn heard(&mut self, id: ServerId, heard: Heard, now: Instant) -> Outcome {
        let Some(entry) = self.table.get_mut(&id) else {
            return Outcome::default();
        };
        let mut outcome = Outcome::default();
        if matches!(heard, Heard::Respond(200.., _)) {
            entry.request = None;
        }
        let path = entry.path;
        match &mut entry.machine {
            Machine::Invite(machine) => {
                let event = match heard {
                    Heard::Repeated => invite_server::Event::Repeated,
                    Heard::Ack => invite_server::Event::Ack,
                    Heard::Respond(..200, bytes) => invite_server::Event::Provisional(bytes),
                    Heard::Respond(200..300, bytes) => invite_server::Event::Success(bytes),
                    Heard::Respond(300.., bytes) => invite_server::Event::Failure(bytes),
                };
                outcome.invite(&path, machine.on(event, now));
            }
            Machine::Other(machine) => {
                let event = match heard {
                    Heard::Repeated => server::Event::Repeated,
                    Heard::Respond(..200, bytes) => server::Event::Provisional(bytes),
                    Heard::Respond(200.., bytes) => server::Event::Final(bytes),
                    Heard::Ack => return outcome,
                };
                outcome.other(&path, machine.on(event, now));
            }
        }
        outcome
    }

    /// Fires the first timer of a transaction that is due.
    pub(super) fn fire(&mut self, id: ServerId, now: Instant) -> Option<Outcome> {
        let entry = self.table.get_mut(&id)?;
        let mut outcome = Outcome::default();
        match &mut entry.machine {
            Machine::Invite(machine) => {
                let timer = machine.timers.take_due(now)?;
                outcome.invite(&entry.path, machine.on(invite_server::Event::Timer(timer), now));
            }
            Machine::Other(machine) => {
                let timer = machine.timers.take_due(now)?;
                outcome.other(&entry.path, machine.on(server::Event::Timer(timer), now));
            }
        }
        Some(outcome)
    }

    /// Takes a transaction that is done out of the table.
    pub(super) fn remove(&mut self, id: ServerId) -> Option<ServerEntry> {
        let entry = self.table.remove(&id)?;
        if self.by_key.get(&entry.key) == Some(&id) {
            self.by_key.remove(&entry.key);
        }
        if let Some(key) = &entry.merge_key
            && self.by_merge.get(key) == Some(&id)
        {
            self.by_merge.remove(key);
        }
        Some(entry)
    }
}

impl ServerEntry {
    /// Its next deadline.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match &self.machine {
            Machine::Invite(machine) => machine.timers.next(),
            Machine::Other(machine) => machine.timers.next(),
        }
    }
}

impl Outcome {
    fn invite(&mut self, path: &Path, actions: Vec<Action<invite_server::Tell>>) {
        for action in actions {
            match action {
                Action::Transmit(bytes) => self.transmit.push((*path, bytes)),
                Action::Tell(invite_server::Tell::Ack) => self.ack = true,
                // The call was over before its refusal was acknowledged.
                Action::Tell(invite_server::Tell::Timeout) => {}
                Action::Done => self.done = true,
            }
        }
    }

    fn other(&mut self, path: &Path, actions: Vec<Action<server::Tell>>) {
        for action in actions {
            match action {
                Action::Transmit(bytes) => self.transmit.push((*path, bytes)),
                Action::Tell(never) => match never {},
                Action::Done => self.done = true,
            }
        }
    }
}
