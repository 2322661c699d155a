//! Our responses: every one of them but 100 carries one and the same To-tag (RFC 3261 8.2.6.2), and goes back the way its
//! request came (18.2.2, RFC 3581).

use std::time::Instant;

use bytes::Bytes;

use super::servers::{Heard, Outcome, ServerId};
use super::write::{ALLOW, SDP};
use super::{Endpoint, Key, read};
use crate::sip::api::Path;
use crate::sip::header::{Name, NameAddr, RetryAfter, Value};
use crate::sip::message::Message;

impl Endpoint {
    /// Answers the request of a transaction with a status and nothing more.
    pub(super) fn respond(&mut self, now: Instant, id: ServerId, status: u16) {
        if let Some(response) = self.response(id, status) {
            self.send_response(now, id, &response);
        }
    }

    /// The response to the request of a transaction, for more to be put into it.
    pub(super) fn response(&self, id: ServerId, status: u16) -> Option<Message> {
        let entry = self.servers.get(id)?;
        Some(self.response_to(entry.request.as_ref()?, status, &entry.tag))
    }

    /// The response to a request with this To-tag.
    pub(super) fn response_to(&self, request: &Message, status: u16, tag: &str) -> Message {
        let mut response = request.response(status, tag);
        if status > 100 {
            response.push(Name::Server, self.product.clone());
        }
        response
    }

    /// Sends the response of a transaction. Returns what went where, for those who repeat it.
    pub(super) fn send_response(
        &mut self,
        now: Instant,
        id: ServerId,
        response: &Message,
    ) -> Option<(Path, Bytes)> {
        let path = self.servers.get(id)?.path;
        let bytes = response.to_bytes();
        let outcome = self
            .servers
            .heard(id, Heard::Respond(read::status(response), bytes.clone()), now);
        self.server_outcome(id, outcome);
        Some((path, bytes))
    }

    /// Answers a request that gets no transaction: the tables are full. The tag is the same for every copy (RFC 3261 8.2.7).
    pub(super) fn refuse_stateless(&mut self, source: &Path, request: &Message) {
        let tag = self.stateless_tag(request);
        let mut response = self.response_to(request, 503, &tag);
        response.push(Name::RetryAfter, RetryAfter(self.config.retry_after));
        self.transmit(read::response_path(request, source), response.to_bytes());
    }

    /// Puts out what a server transaction wants, and takes it out of the table at its end.
    pub(super) fn server_outcome(&mut self, id: ServerId, outcome: Outcome) {
        for (path, bytes) in outcome.transmit {
            self.transmit(path, bytes);
        }
        if outcome.done {
            if let Some(mut entry) = self.servers.remove(id) {
                self.timeouts.schedule(&mut entry.slot, Key::Server(id), None);
            }
        } else if let Some(entry) = self.servers.get_mut(id) {
            let at = entry.deadline();
            self.timeouts.schedule(&mut entry.slot, Key::Server(id), at);
        }
    }
}

/// Puts our Contact and what we can do into a response that makes or changes a dialog, and the description.
pub(super) fn put_session(response: &mut Message, contact: &NameAddr, sdp: Option<&Bytes>) {
    response.push(Name::Contact, contact.clone());
    response.push(Name::Allow, Value::from(ALLOW));
    if let Some(sdp) = sdp {
        response.set_body(SDP, sdp.clone());
    }
}
