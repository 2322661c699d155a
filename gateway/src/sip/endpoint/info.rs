//! INFO within a dialog (RFC 6086): keys of ours, one after the other. The next leaves when the one before is answered, so that none
//! overtakes another.

use std::time::Instant;

use bytes::Bytes;

use super::Endpoint;
use super::clients::{Purpose, Tell};
use crate::ids::LegId;
use crate::sip::call::Call;
use crate::sip::message::Message;
use crate::sip::method::Method;

/// What the bodies are.
const RELAY: &str = "application/dtmf-relay";
/// Bodies of one call that wait; more are dropped.
const WAITING_MAX: usize = 64;

impl Endpoint {
    /// Sends keys to the far end of a confirmed dialog, as `application/dtmf-relay`. Nothing is reported.
    pub fn info(&mut self, now: Instant, leg: LegId, body: Bytes) {
        self.with_call(leg, |endpoint, call| {
            if call.established.is_none() || call.gone || call.infos.len() >= WAITING_MAX {
                return;
            }
            call.infos.push_back(body);
            if call.infos.len() == 1 {
                endpoint.send_info(now, call);
            }
        });
    }

    /// The first that waits.
    pub(super) fn send_info(&mut self, now: Instant, call: &mut Call) {
        let Some(body) = call.infos.front().cloned() else {
            return;
        };
        let made = self.within_fork(call, call.chosen, (Method::Info, None));
        let Some((key, path, mut info)) = made else { return };
        info.set_body(RELAY, body);
        self.start_for(now, call, (key, Purpose::Info), (path, info));
    }

    /// An INFO was answered, or was not. A refusal ends that key alone: a call goes on without keys.
    pub(super) fn info_heard(
        &mut self,
        now: Instant,
        call: &mut Call,
        tell: Tell,
        response: Option<&Message>,
    ) {
        match tell {
            Tell::Provisional => return,
            Tell::Final if self.again(now, call, (Purpose::Info, response)) => return,
            Tell::Success | Tell::Final => {
                call.infos.pop_front();
            }
            Tell::Timeout | Tell::TransportFailed => call.infos.clear(),
        }
        if call.gone {
            call.infos.clear();
        }
        self.send_info(now, call);
    }
}
