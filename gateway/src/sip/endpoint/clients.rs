//! The table of our client transactions: found by branch and method (RFC 3261 17.1.3), each with the call that it works for.

use std::collections::HashMap;
use std::time::Instant;

use bytes::Bytes;

use super::timeouts::Slot;
use crate::ids::LegId;
use crate::sip::api::Path;
use crate::sip::header::via::MAGIC_COOKIE;
use crate::sip::message::Message;
use crate::sip::method::Method;
use crate::sip::transaction::client::{self, Client};
use crate::sip::transaction::invite_client::{self, InviteClient};
use crate::sip::transaction::{Action, Reliability};

/// Names a client transaction. A CANCEL has the branch of its INVITE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClientKey {
    /// The branch, as a number.
    pub(crate) branch: u64,
    /// Which of the two.
    pub(crate) cancel: bool,
}

impl ClientKey {
    /// What stands behind the magic cookie in our Via.
    pub(super) fn after_cookie(self) -> String {
        format!("{:016x}", self.branch)
    }

    /// Reads a branch of ours; anybody else's is `None`.
    pub(crate) fn read(branch: &[u8], cancel: bool) -> Option<ClientKey> {
        let digits = std::str::from_utf8(branch).ok()?.strip_prefix(MAGIC_COOKIE)?;
        let ours = digits.len() == 16 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let branch = ours.then(|| u64::from_str_radix(digits, 16).ok()).flatten()?;
        Some(ClientKey { branch, cancel })
    }
}

/// Whom a transaction works for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// Nobody waits for the answer.
    Nobody,
    /// An OPTIONS ping.
    Ping {
        /// The user's name for it.
        token: u64,
        /// When it was sent.
        sent: Instant,
    },
    /// A REGISTER.
    Register {
        /// The user's name for the registration.
        token: u64,
        /// Its CSeq number: only the answer to the last one counts.
        cseq: u32,
    },
    /// A call.
    Call {
        /// Its leg.
        leg: LegId,
        /// What for.
        purpose: Purpose,
    },
}

/// What a call's transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The INVITE that makes the call.
    Invite,
    /// The CANCEL of it.
    Cancel,
    /// A re-INVITE: the user's offer, or a refresh of the session timer.
    ReInvite,
    /// An UPDATE that refreshes the session timer.
    Update,
    /// PRACK of a reliable 18x.
    Prack,
    /// Keys in an INFO.
    Info,
    /// The end.
    Bye,
}

/// What the two kinds of machine tell, in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tell {
    /// 1xx.
    Provisional,
    /// 2xx to INVITE.
    Success,
    /// Any other final.
    Final,
    /// Silence.
    Timeout,
    /// No transport.
    TransportFailed,
}

/// What a response is to a transaction.
#[derive(Clone, Debug)]
pub(super) enum Heard {
    /// 1xx.
    Provisional,
    /// 2xx.
    Success,
    /// 300 to 699, with the ACK to an INVITE's.
    Failure(Bytes),
    /// The transport failed.
    TransportFailed,
    /// The call has lost interest.
    Abandon,
}

#[derive(Debug)]
enum Machine {
    Invite(InviteClient),
    Other(Client),
}

/// A transaction in the table.
#[derive(Debug)]
pub(super) struct ClientEntry {
    machine: Machine,
    /// What its ACK and CANCEL copy from.
    pub(super) request: Message,
    /// Where it goes.
    pub(super) path: Path,
    /// Whom it works for.
    pub(super) owner: Owner,
    /// Its place among the timeouts.
    pub(super) slot: Slot,
}

/// What came of an event: bytes to send, something to tell the owner, the end.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Where, and what.
    pub(super) transmit: Vec<(Path, Bytes)>,
    /// For the owner.
    pub(super) tell: Vec<Tell>,
    /// It has left the table.
    pub(super) done: bool,
}

/// All client transactions.
#[derive(Default)]
pub(super) struct Clients {
    table: HashMap<ClientKey, ClientEntry>,
}

impl Clients {
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    pub(super) fn contains(&self, key: ClientKey) -> bool {
        self.table.contains_key(&key)
    }

    pub(super) fn get_mut(&mut self, key: ClientKey) -> Option<&mut ClientEntry> {
        self.table.get_mut(&key)
    }

    /// Sends `request` in a new transaction.
    pub(super) fn start(
        &mut self,
        (key, owner): (ClientKey, Owner),
        path: Path,
        request: Message,
        now: Instant,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        let bytes = request.to_bytes();
        let machine = if *request.method() == Method::Invite {
            let (machine, actions) = InviteClient::start(bytes, Reliability::of(&path), now);
            outcome.take(&path, actions, from_invite);
            Machine::Invite(machine)
        } else {
            let (machine, actions) = Client::start(bytes, Reliability::of(&path), now);
            outcome.take(&path, actions, from_other);
            Machine::Other(machine)
        };
        self.table.insert(
            key,
            ClientEntry {
                machine,
                request,
                path,
                owner,
                slot: None,
            },
        );
        outcome
    }

    /// Tells a transaction what was heard.
    pub(super) fn heard(&mut self, key: ClientKey, heard: Heard, now: Instant) -> Outcome {
        let Some(entry) = self.table.get_mut(&key) else {
            return Outcome::default();
        };
        let mut outcome = Outcome::default();
        let path = entry.path;
        match &mut entry.machine {
            Machine::Invite(machine) => {
                let event = match heard {
                    Heard::Provisional => invite_client::Event::Provisional,
                    Heard::Success => invite_client::Event::Success,
                    Heard::Failure(ack) => invite_client::Event::Failure { ack },
                    Heard::TransportFailed => invite_client::Event::TransportFailed,
                    Heard::Abandon => invite_client::Event::Abandon,
                };
                outcome.take(&path, machine.on(event, now), from_invite);
            }
            Machine::Other(machine) => {
                let event = match heard {
                    Heard::Provisional => client::Event::Provisional,
                    Heard::Success | Heard::Failure(_) => client::Event::Final,
                    Heard::TransportFailed => client::Event::TransportFailed,
                    Heard::Abandon => return outcome,
                };
                outcome.take(&path, machine.on(event, now), from_other);
            }
        }
        outcome
    }

    /// Fires the first timer of a transaction that is due.
    pub(super) fn fire(&mut self, key: ClientKey, now: Instant) -> Option<Outcome> {
        let entry = self.table.get_mut(&key)?;
        let mut outcome = Outcome::default();
        let path = entry.path;
        match &mut entry.machine {
            Machine::Invite(machine) => {
                let timer = machine.timers.take_due(now)?;
                outcome.take(
                    &path,
                    machine.on(invite_client::Event::Timer(timer), now),
                    from_invite,
                );
            }
            Machine::Other(machine) => {
                let timer = machine.timers.take_due(now)?;
                outcome.take(&path, machine.on(client::Event::Timer(timer), now), from_other);
            }
        }
        Some(outcome)
    }

    /// Takes a transaction that is done out of the table.
    pub(super) fn remove(&mut self, key: ClientKey) -> Option<ClientEntry> {
        self.table.remove(&key)
    }

    /// The transactions that send over `path`, in order of branch, so that each run is the same.
    pub(super) fn over(&self, path: &Path) -> Vec<ClientKey> {
        let same =
            |entry: &ClientEntry| entry.path.remote == path.remote && entry.path.transport == path.transport;
        let mut keys: Vec<ClientKey> = self
            .table
            .iter()
            .filter(|(_, entry)| same(entry))
            .map(|(key, _)| *key)
            .collect();
        keys.sort_by_key(|key| (key.branch, key.cancel));
        keys
    }
}

impl ClientEntry {
    /// Its next deadline.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match &self.machine {
            Machine::Invite(machine) => machine.timers.next(),
            Machine::Other(machine) => machine.timers.next(),
        }
    }
}

impl Outcome {
    fn take<T>(&mut self, path: &Path, actions: Vec<Action<T>>, tell: impl Fn(T) -> Tell) {
        for action in actions {
            match action {
                Action::Transmit(bytes) => self.transmit.push((*path, bytes)),
                Action::Tell(told) => self.tell.push(tell(told)),
                Action::Done => self.done = true,
            }
        }
    }
}

fn from_invite(tell: invite_client::Tell) -> Tell {
    match tell {
        invite_client::Tell::Provisional => Tell::Provisional,
        invite_client::Tell::Success => Tell::Success,
        invite_client::Tell::Failure => Tell::Final,
        invite_client::Tell::Timeout => Tell::Timeout,
        invite_client::Tell::TransportFailed => Tell::TransportFailed,
    }
}

fn from_other(tell: client::Tell) -> Tell {
    match tell {
        client::Tell::Final => Tell::Final,
        client::Tell::Timeout => Tell::Timeout,
        client::Tell::TransportFailed => Tell::TransportFailed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_branches_are_read() {
        let key = ClientKey {
            branch: 0xabc,
            cancel: false,
        };
        let branch = format!("{MAGIC_COOKIE}{}", key.after_cookie());
        assert_eq!(branch, "z9hG4bK0000000000000abc");
        assert_eq!(ClientKey::read(branch.as_bytes(), false), Some(key));
        for foreign in [
            "",
            "z9hG4bK",
            "z9hG4bK+000000000000abc",
            "z9hG4bK0000000000000ABC",
            "z9hG4bK0000000000000abc0",
        ] {
            assert_eq!(ClientKey::read(foreign.as_bytes(), false), None, "{foreign}");
        }
    }
}
