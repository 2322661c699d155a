//! The table of calls: taken out while something happens to one, put back with its next deadline, or forgotten.

use std::collections::HashMap;
use std::time::Instant;

use super::established::Hand;
use super::inbound::Word;
use super::{Endpoint, Key};
use crate::ids::LegId;
use crate::sip::call::{Call, Origin, established, inbound, outbound};

/// All calls.
pub(super) type Calls = HashMap<LegId, Box<Call>>;

/// A timer of one of a call's machines.
enum Due {
    Outbound(outbound::Timer),
    Inbound(inbound::Timer),
    Established(established::Timer),
}

impl Endpoint {
    /// Puts a new call into the table.
    pub(super) fn add_call(&mut self, call: Box<Call>) {
        self.dialogs.insert(call.local_tag.clone(), call.leg);
        self.insert_call(call);
    }

    /// Puts a call back; forgets one that is finished.
    fn insert_call(&mut self, mut call: Box<Call>) {
        if call.is_finished() {
            self.timeouts.schedule(&mut call.slot, Key::Call(call.leg), None);
            self.dialogs.remove(&call.local_tag);
            return;
        }
        let at = call.deadline();
        self.timeouts.schedule(&mut call.slot, Key::Call(call.leg), at);
        self.calls.insert(call.leg, call);
    }

    /// Does something to a call, if there is one of that name.
    pub(super) fn with_call(&mut self, leg: LegId, act: impl FnOnce(&mut Endpoint, &mut Call)) {
        if let Some(mut call) = self.calls.remove(&leg) {
            act(self, &mut call);
            self.insert_call(call);
        }
    }

    /// Fires what is due of a call's timers.
    pub(super) fn fire_call(&mut self, now: Instant, leg: LegId) {
        self.with_call(leg, |endpoint, call| {
            while let Some(due) = take_due(call, now) {
                match due {
                    Due::Outbound(timer) => {
                        endpoint.outbound_event(now, call, outbound::Event::Timer(timer), None);
                    }
                    Due::Inbound(timer) => {
                        let event = inbound::Event::Timer(timer);
                        endpoint.inbound_event(now, call, event, (Word::default(), None));
                    }
                    Due::Established(timer) => {
                        endpoint.established_event(
                            now,
                            call,
                            established::Event::Timer(timer),
                            Hand::default(),
                        );
                    }
                }
            }
        });
    }
}

fn take_due(call: &mut Call, now: Instant) -> Option<Due> {
    let origin = match &mut call.origin {
        Origin::Outbound(out) => out.machine.timers.take_due(now).map(Due::Outbound),
        Origin::Inbound(ingoing) => ingoing.machine.timers.take_due(now).map(Due::Inbound),
    };
    origin.or_else(|| {
        call.established
            .as_mut()?
            .timers
            .take_due(now)
            .map(Due::Established)
    })
}
