//! Our registrations at trunks that want them: which trunks, which of their servers, and what is said to the endpoint.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use rand::RngExt;

use super::exchange::Exchange;
use super::status::TrunkStatus;
use super::timers::TimerKey;
use crate::ids::TrunkId;
use crate::leg::address;
use crate::sip::api::{Register, Registered};
use crate::trunk::registration::{Ask, Event, Registration, Standing};
use crate::trunk::snapshot::{Snapshot, Trunk};

/// One trunk's registration, with the trunk as it was asked: a trunk that is gone is still told that we leave.
#[derive(Debug)]
struct Entry {
    trunk: Arc<Trunk>,
    machine: Registration,
    /// The trunk's servers in the order in which they are asked.
    servers: Vec<SocketAddr>,
    /// The endpoint's name for it.
    token: u64,
    /// Operators know that others are registered beside us.
    told_of_others: bool,
}

/// All registrations.
#[derive(Debug, Default)]
pub struct Registrations {
    table: HashMap<TrunkId, Entry>,
    next_token: u64,
}

impl Registrations {
    /// How a trunk's registration is.
    pub fn standing(&self, trunk: TrunkId, now: Instant) -> Standing {
        self.table
            .get(&trunk)
            .map_or(Standing::Off, |entry| entry.machine.standing(now))
    }

    fn token(&mut self) -> u64 {
        self.next_token += 1;
        self.next_token
    }

    fn by_token(&self, token: u64) -> Option<TrunkId> {
        let found = self.table.iter().find(|(_, entry)| entry.token == token);
        found.map(|(id, _)| *id)
    }
}

impl Exchange {
    /// Every trunk as it goes.
    pub fn trunk_status(&self) -> Vec<TrunkStatus> {
        let now = self.now();
        self.lines.status(now, |id| self.registrations.standing(id, now))
    }

    /// The trunks are others now: new ones are asked, changed ones anew, and those that are gone are told.
    pub fn swap_registrations(&mut self, snapshot: &Snapshot) {
        let gone: Vec<TrunkId> = self
            .registrations
            .table
            .keys()
            .copied()
            .filter(|id| !snapshot.trunks.iter().any(|t| t.id == *id && wants(t)))
            .collect();
        for id in gone {
            self.registration(id, Event::Stop);
        }
        for trunk in snapshot.trunks.iter().filter(|t| wants(t)) {
            let known = self.registrations.table.get(&trunk.id);
            let known_before = known.is_some();
            let same = known.is_some_and(|e| is_same(&e.trunk, trunk) && e.machine.is_wanted());
            if same || self.keeps_server(trunk) {
                continue;
            }
            let kept = self.kept_token(trunk);
            if known_before && kept.is_none() {
                // The old account's contact is taken back where it was bound.
                self.registration(trunk.id, Event::Stop);
            }
            let told_of_others = self
                .registrations
                .table
                .get(&trunk.id)
                .is_some_and(|e| e.told_of_others);
            let servers = self.servers_of(trunk);
            let entry = Entry {
                trunk: trunk.clone(),
                machine: Registration::new(servers.len(), self.rng.random()),
                servers,
                token: kept.unwrap_or_else(|| self.registrations.token()),
                told_of_others,
            };
            self.registrations.table.insert(trunk.id, entry);
            self.registration(trunk.id, Event::Start);
        }
    }

    /// Nothing has changed but other servers than the one that has us: a name with many addresses tells now these, now those.
    fn keeps_server(&mut self, trunk: &Arc<Trunk>) -> bool {
        let Some(entry) = self.registrations.table.get(&trunk.id) else {
            return false;
        };
        let old = Trunk {
            servers: trunk.servers.clone(),
            ..Trunk::clone(&entry.trunk)
        };
        let current = entry.servers.get(entry.machine.server()).copied();
        let Some(current) = current.filter(|current| trunk.addresses().any(|a| a == *current)) else {
            return false;
        };
        if !is_same(&old, trunk) || !entry.machine.is_wanted() {
            return false;
        }
        let mut servers = self.servers_of(trunk);
        servers.sort_by_key(|server| *server != current);
        if let Some(entry) = self.registrations.table.get_mut(&trunk.id) {
            entry.machine.keeps_server(servers.len());
            entry.trunk = trunk.clone();
            entry.servers = servers;
        }
        true
    }

    /// The same account at the same place: the next REGISTER takes the place of the last one.
    fn kept_token(&self, trunk: &Trunk) -> Option<u64> {
        let user = |trunk: &Trunk| trunk.credentials.as_ref().map(|c| c.username.clone());
        let before = self.registrations.table.get(&trunk.id)?;
        (before.trunk.host == trunk.host && user(&before.trunk) == user(trunk)).then_some(before.token)
    }

    /// We end: every contact is taken back.
    pub fn end_registrations(&mut self) {
        let all: Vec<TrunkId> = self.registrations.table.keys().copied().collect();
        for id in all {
            self.registration(id, Event::Stop);
        }
    }

    /// A registrar's answer; `others` are bound to the account beside us.
    pub fn registered(&mut self, token: u64, answer: Registered, others: usize) {
        let Some(id) = self.registrations.by_token(token) else {
            return;
        };
        if others > 0
            && let Some(entry) = self.registrations.table.get_mut(&id)
            && !entry.told_of_others
        {
            entry.told_of_others = true;
            tracing::warn!(
                trunk = entry.trunk.name,
                others,
                "others are registered with this account too: its calls ring there as well"
            );
        }
        let event = match answer {
            Registered::Granted(granted) => Event::Granted(granted),
            Registered::TooBrief(min) => Event::TooBrief(min),
            Registered::Refused { status, retry_after } => Event::Refused { status, retry_after },
            Registered::Silence => Event::Silence,
        };
        self.registration(id, event);
    }

    /// A registration's timer has fired.
    pub fn registration_due(&mut self, id: TrunkId) {
        self.registration(id, Event::Due);
    }

    fn registration(&mut self, id: TrunkId, event: Event) {
        let now = self.now();
        let Some(entry) = self.registrations.table.get_mut(&id) else {
            return;
        };
        let before = entry.machine.standing(now);
        let ask = entry.machine.on(event, now);
        let (after, due) = (entry.machine.standing(now), entry.machine.due());
        if before != after {
            told(&entry.trunk, after);
        }
        let (trunk, token) = (entry.trunk.clone(), entry.token);
        let server = ask.and_then(|ask| entry.servers.get(ask.server).copied());
        let entry_is_over = entry.machine.is_over();
        let key = TimerKey::Registration(id);
        match due {
            Some(at) => self.timers.start(key, at),
            None => self.timers.cancel(key),
        }
        if entry_is_over {
            self.registrations.table.remove(&id);
        }
        if let Some(ask) = ask {
            self.ask_registrar(&trunk, (token, server), ask);
        }
    }

    fn ask_registrar(&mut self, trunk: &Trunk, (token, server): (u64, Option<SocketAddr>), ask: Ask) {
        let path = server.and_then(|server| self.path(trunk.transport, server));
        let (Some(path), Some(credentials)) = (path, &trunk.credentials) else {
            return self.registered(token, Registered::Silence, 0);
        };
        let order = Register {
            token,
            path,
            registrar: address::registrar_uri(trunk),
            account: address::account_uri(trunk, &credentials.username),
            contact_user: address::escaped_user(&credentials.username),
            expires: ask.expires,
            credentials: Some(credentials.clone()),
        };
        let now = self.now();
        self.endpoint.register(now, order);
    }
}

fn wants(trunk: &Trunk) -> bool {
    trunk.enabled && trunk.register && trunk.credentials.is_some() && !trunk.servers.is_empty()
}

/// Nothing has changed that a registrar would notice.
fn is_same(a: &Trunk, b: &Trunk) -> bool {
    a.host == b.host
        && a.port == b.port
        && a.servers == b.servers
        && a.transport == b.transport
        && a.credentials == b.credentials
}

/// A line for operators when it is bound, and when it no longer is.
fn told(trunk: &Trunk, standing: Standing) {
    match standing {
        Standing::Held => tracing::info!(trunk = trunk.name, "registered"),
        Standing::Failed(status) => {
            tracing::warn!(trunk = trunk.name, status, "not registered; it is tried again");
        }
        Standing::Off | Standing::Asking => {}
    }
}
