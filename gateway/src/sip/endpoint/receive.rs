//! What comes in: responses to their transactions; requests through the checks of RFC 3261 8.2 to `within` or `outside` of a
//! dialog. A bad request is answered, never dropped silently.

use std::time::Instant;

use bytes::Bytes;

use super::clients::{ClientKey, Heard, Owner, Purpose, Tell};
use super::servers::{self, ServerId};
use super::session_timer::too_short;
use super::write::SDP;
use super::{Endpoint, Key, read};
use crate::sip::api::{Event, Path};
use crate::sip::header::{MinSe, Name, RetryAfter, Value};
use crate::sip::message::Message;
use crate::sip::method::Method;

impl Endpoint {
    /// One message.
    pub(super) fn receive(&mut self, now: Instant, path: Path, bytes: Bytes) {
        match Message::parse(bytes) {
            Ok(mut message) if message.is_request() => {
                message.note_source(path.remote);
                self.receive_request(now, path, &message);
            }
            Ok(message) => self.receive_response(now, &message),
            Err(error) => {
                tracing::debug!(sip.fault = %error, "bad message");
                let tag = self.token();
                if let Some(answer) = error.answer(path.remote, &tag) {
                    self.transmit(path, answer);
                }
            }
        }
    }

    fn receive_response(&mut self, now: Instant, response: &Message) {
        let cancel = *response.method() == Method::Cancel;
        // A second Via: it is on its way to somebody else (RFC 3261 8.1.3.3).
        if response.vias().len() != 1 {
            return;
        }
        let Some(key) = response
            .via()
            .branch()
            .and_then(|branch| ClientKey::read(branch, cancel))
        else {
            return;
        };
        let Some(entry) = self.clients.get_mut(key) else {
            return;
        };
        if entry.request.method() != response.method() || entry.request.call_id() != response.call_id() {
            return;
        }
        let heard = match read::status(response) {
            ..200 => Heard::Provisional,
            200..300 => Heard::Success,
            300.. => Heard::Failure(ack_of_failure(&entry.request, response)),
        };
        let outcome = self.clients.heard(key, heard, now);
        self.client_outcome(now, key, outcome, Some(response));
    }

    fn receive_request(&mut self, now: Instant, path: Path, request: &Message) {
        let key = read::server_key(request);
        let ack = *request.method() == Method::Ack;
        if let Some(id) = self.servers.find(&key) {
            let heard = if ack {
                servers::Heard::Ack
            } else {
                servers::Heard::Repeated
            };
            let outcome = self.servers.heard(id, heard, now);
            if outcome.ack {
                self.ack_with_invites_branch(now, id, request);
            }
            return self.server_outcome(id, outcome);
        }
        if ack {
            return self.receive_ack(now, request);
        }
        if self.servers.len() >= self.config.max_transactions {
            return self.refuse_stateless(&path, request);
        }
        let to_tag = read::tag(request.to());
        let merge_key = to_tag.is_none().then(|| read::merge_key(request));
        // The same request by another way (RFC 3261 8.2.2.2).
        let merged = merge_key.as_ref().is_some_and(|key| self.servers.is_merged(key));
        let inside = to_tag.is_some() && *request.method() != Method::Cancel;
        let tag = to_tag.unwrap_or_else(|| self.token());
        let back = read::response_path(request, &path);
        let id = self
            .servers
            .begin((key, merge_key.filter(|_| !merged)), back, request.clone(), tag);
        if merged {
            self.respond(now, id, 482);
        } else if let Some(refusal) = self.refusal(id, request) {
            self.send_response(now, id, &refusal);
        } else if inside {
            self.within_dialog(now, id, request);
        } else {
            self.outside_dialog(now, (id, path), request);
        }
    }

    /// What every request is refused for, whatever its method and dialog (RFC 3261 8.2.2.3, 8.2.3). CANCEL is not.
    fn refusal(&self, id: ServerId, request: &Message) -> Option<Message> {
        if *request.method() == Method::Cancel {
            return None;
        }
        if let Some(unsupported) = request.unsupported(&["100rel", "timer"]) {
            let mut response = self.response(id, 420)?;
            response.push(Name::Unsupported, unsupported);
            return Some(response);
        }
        if read::has_foreign_encoding(request) {
            let mut response = self.response(id, 415)?;
            response.push(Name::AcceptEncoding, "identity");
            return Some(response);
        }
        let offers = matches!(request.method(), Method::Invite | Method::Update);
        if let Some(MinSe(seconds)) = too_short(request).filter(|_| offers) {
            let mut response = self.response(id, 422)?;
            response.push(Name::MinSe, Value::number(seconds));
            return Some(response);
        }
        if offers && read::has_foreign_body(request) {
            let mut response = self.response(id, 415)?;
            response.push(Name::Accept, SDP);
            return Some(response);
        }
        None
    }

    /// Answers 503 with Retry-After: we are full, or draining.
    pub(super) fn refuse_busy(&mut self, now: Instant, id: ServerId) {
        if let Some(mut response) = self.response(id, 503) {
            response.push(Name::RetryAfter, RetryAfter(self.config.retry_after));
            self.send_response(now, id, &response);
        }
    }

    /// Puts out what a client transaction wants, and tells its owner.
    pub(super) fn client_outcome(
        &mut self,
        now: Instant,
        key: ClientKey,
        outcome: super::clients::Outcome,
        response: Option<&Message>,
    ) {
        for (path, bytes) in outcome.transmit {
            self.transmit(path, bytes);
        }
        let Some(entry) = self.clients.get_mut(key) else {
            return;
        };
        let owner = entry.owner.clone();
        if outcome.done {
            if let Some(mut entry) = self.clients.remove(key) {
                self.timeouts.schedule(&mut entry.slot, Key::Client(key), None);
            }
        } else {
            let at = entry.deadline();
            self.timeouts.schedule(&mut entry.slot, Key::Client(key), at);
        }
        match owner {
            Owner::Nobody => {}
            Owner::Ping { token, sent } => {
                for tell in outcome.tell {
                    self.pong(now, (token, sent), tell, response);
                }
            }
            Owner::Register { token, cseq } => {
                for tell in outcome.tell {
                    self.register_heard(now, (token, cseq), tell, response);
                }
            }
            // While a call sends, it is out of the table and nothing is told: only what is heard or fires tells.
            Owner::Call { leg, purpose } if !outcome.tell.is_empty() || outcome.done => {
                self.with_call(leg, |endpoint, call| {
                    for tell in outcome.tell {
                        match purpose {
                            Purpose::Invite => endpoint.invite_heard(now, call, (key, tell), response),
                            Purpose::Cancel
                            | Purpose::ReInvite
                            | Purpose::Update
                            | Purpose::Prack
                            | Purpose::Info
                            | Purpose::Bye => {
                                endpoint.request_heard(now, call, (purpose, key, tell), response)
                            }
                        }
                    }
                    call.transactions -= usize::from(outcome.done);
                });
            }
            Owner::Call { .. } => {}
        }
    }

    fn pong(&mut self, now: Instant, (token, sent): (u64, Instant), tell: Tell, response: Option<&Message>) {
        let answer = match tell {
            Tell::Provisional => return,
            Tell::Success | Tell::Final => response.map(|r| (read::status(r), now.duration_since(sent))),
            Tell::Timeout | Tell::TransportFailed => None,
        };
        self.event(Event::Pong { token, answer });
    }
}

/// The ACK of a final failure: the transaction's own (RFC 3261 17.1.1.3).
fn ack_of_failure(request: &Message, response: &Message) -> Bytes {
    let mut ack = request.same_transaction(Method::Ack, response.to());
    ack.push(Name::MaxForwards, super::write::MAX_FORWARDS);
    ack.to_bytes()
}
