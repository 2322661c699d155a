//! OPTIONS to the servers of our trunks: who is asked and when, and what the answers say of the trunk.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;

use super::exchange::Exchange;
use super::timers::TimerKey;
use crate::ids::TrunkId;
use crate::leg::address;
use crate::trunk::health::HealthEvent;
use crate::trunk::probe::{Action, Event, Probe};
use crate::trunk::snapshot::{Snapshot, Trunk};

/// One server of one trunk.
type Key = (TrunkId, SocketAddr);

#[derive(Debug)]
struct Entry {
    trunk: Arc<Trunk>,
    probe: Probe,
    /// The endpoint's name for the last OPTIONS.
    token: u64,
}

/// All servers that are asked.
#[derive(Debug, Default)]
pub struct Pings {
    table: HashMap<Key, Entry>,
    next_token: u64,
}

impl Exchange {
    /// The trunks are others now: new servers are asked in turn, and those that are gone no more.
    pub fn swap_pings(&mut self, snapshot: &Snapshot) {
        let mut before = std::mem::take(&mut self.pings.table);
        for trunk in snapshot.trunks.iter().filter(|t| t.enabled) {
            for server in trunk.addresses() {
                let key = (trunk.id, server);
                let known = before.remove(&key);
                let same = known
                    .as_ref()
                    .is_some_and(|e| e.trunk.ping_every == trunk.ping_every);
                let entry = Entry {
                    trunk: Arc::clone(trunk),
                    probe: known.as_ref().map_or_else(Probe::default, |e| e.probe),
                    token: known.map_or(0, |e| e.token),
                };
                self.pings.table.insert(key, entry);
                if !same {
                    self.rest(key);
                }
            }
        }
        for (trunk, server) in before.into_keys() {
            self.timers.cancel(TimerKey::Ping(trunk, server));
        }
    }

    /// A call got nothing from this server.
    pub fn silent(&mut self, trunk: TrunkId, server: SocketAddr) {
        self.health(trunk, HealthEvent::Silence { at: server });
        let now = self.now();
        if let Some(entry) = self.pings.table.get_mut(&(trunk, server)) {
            entry.probe.worry(now);
        }
        self.watch_ping((trunk, server));
    }

    /// A ping's timer has fired.
    pub fn ping_due(&mut self, trunk: TrunkId, server: SocketAddr) {
        self.pinged((trunk, server), Event::Due, None);
    }

    /// The answer to an OPTIONS of ours, with its round trip; `None` when there is no way there, or nobody.
    pub fn ponged(&mut self, token: u64, round_trip: Option<Duration>) {
        let mut table = self.pings.table.iter();
        let Some(key) = table.find(|(_, e)| e.token == token).map(|(key, _)| *key) else {
            return;
        };
        let event = match round_trip {
            Some(_) => Event::Answered,
            None => Event::Failed,
        };
        self.pinged(key, event, round_trip);
    }

    fn pinged(&mut self, key: Key, event: Event, round_trip: Option<Duration>) {
        let now = self.now();
        let Some(entry) = self.pings.table.get_mut(&key) else {
            return;
        };
        let (trunk, server) = key;
        match entry.probe.on(event, now) {
            Some(Action::Ask) => self.ask(key),
            Some(Action::Answered) => {
                let round_trip = round_trip.unwrap_or_default();
                self.health(
                    trunk,
                    HealthEvent::Pong {
                        from: server,
                        round_trip,
                    },
                );
                self.rest(key);
            }
            Some(Action::Missed) => {
                self.health(trunk, HealthEvent::Missed { at: server });
                self.rest(key);
            }
            None => self.watch_ping(key),
        }
    }

    fn ask(&mut self, key: Key) {
        self.pings.next_token += 1;
        let token = self.pings.next_token;
        let Some(entry) = self.pings.table.get_mut(&key) else {
            return;
        };
        entry.token = token;
        let trunk = Arc::clone(&entry.trunk);
        self.watch_ping(key);
        match self.path(trunk.transport, key.1) {
            Some(path) => {
                let uri = address::trunk_uri(&trunk, "ping");
                self.endpoint.options(self.now(), token, path, &uri);
            }
            None => self.ponged(token, None),
        }
    }

    /// The next OPTIONS of a server whose last one is answered or missed.
    fn rest(&mut self, key: Key) {
        let now = self.now();
        let worried = self.lines.silence(key.0, key.1) > 0;
        if let Some(entry) = self.pings.table.get_mut(&key) {
            let jitter = if entry.trunk.ping_every.is_zero() {
                0
            } else {
                self.rng.random()
            };
            entry.probe.rest(now, entry.trunk.ping_every, worried, jitter);
        }
        self.watch_ping(key);
    }

    fn watch_ping(&mut self, key: Key) {
        let due = self.pings.table.get(&key).and_then(|entry| entry.probe.due());
        let timer = TimerKey::Ping(key.0, key.1);
        match due {
            Some(at) => self.timers.start(timer, at),
            None => self.timers.cancel(timer),
        }
    }
}
