//! Our requests: made from a call's data, sent in a new client transaction (ACK in none).

use std::time::Instant;

use super::clients::{ClientKey, Heard, Owner, Purpose};
use super::session_timer::{put_session_asked, put_session_refresh};
use super::write::{self, ALLOW, MAX_FORWARDS, SDP, SUPPORTED};
use super::{Endpoint, NotDialled};
use crate::sip::api::Path;
use crate::sip::call::outbound::Fork;
use crate::sip::call::{Acked, Call, Origin};
use crate::sip::dialog::Dialog;
use crate::sip::header::{CallId, Name, NameAddr, RAck, Reason, Value};
use crate::sip::message::{Head, Message};
use crate::sip::method::Method;
use crate::sip::uri::Uri;

use bytes::Bytes;

impl Endpoint {
    /// A branch that no transaction has.
    pub(super) fn new_key(&mut self) -> ClientKey {
        loop {
            let key = ClientKey {
                branch: self.random(),
                cancel: false,
            };
            if !self.clients.contains(key) {
                return key;
            }
        }
    }

    /// Sends a request in a transaction of its own.
    pub(super) fn start(
        &mut self,
        now: Instant,
        (key, owner): (ClientKey, Owner),
        path: Path,
        request: Message,
    ) {
        let outcome = self.clients.start((key, owner), path, request, now);
        self.client_outcome(now, key, outcome, None);
    }

    /// Sends a request that works for a call.
    pub(super) fn start_for(
        &mut self,
        now: Instant,
        call: &mut Call,
        (key, purpose): (ClientKey, Purpose),
        (path, mut request): (Path, Message),
    ) {
        if let Some(credentials) = &mut call.credentials {
            credentials.put(&mut request);
        }
        call.transactions += 1;
        self.start(
            now,
            (
                key,
                Owner::Call {
                    leg: call.leg,
                    purpose,
                },
            ),
            path,
            request,
        );
    }

    /// The INVITE of an order, without Via and CSeq of its own yet.
    pub(super) fn invite_of(
        &self,
        dial: &crate::sip::api::Dial,
        (call_id, tag): (&CallId, &str),
    ) -> Result<Message, NotDialled> {
        let uri = |text: &String| Uri::parse(text.clone()).map_err(|_| NotDialled::Malformed);
        let key = ClientKey {
            branch: 0,
            cancel: false,
        };
        let head = Head {
            via: write::via(&dial.path, self.config.advertised, key).ok_or(NotDialled::Malformed)?,
            from: NameAddr::new(&uri(&dial.from_uri)?).with_tag(tag),
            to: NameAddr::new(&uri(&dial.to_uri)?),
            call_id: call_id.clone(),
            cseq: 0,
        };
        let mut invite = Message::request(Method::Invite, uri(&dial.request_uri)?, head);
        invite.push(Name::MaxForwards, Value::from(MAX_FORWARDS));
        invite.push(Name::Contact, NameAddr::new(&uri(&dial.contact)?));
        invite.push(Name::Allow, Value::from(ALLOW));
        invite.push(Name::Supported, Value::from(SUPPORTED));
        invite.push(Name::UserAgent, self.product.clone());
        for (name, value) in &dial.headers {
            let name = Name::parse(name.clone()).ok_or(NotDialled::Malformed)?;
            invite.push(
                name,
                Value::new(value.clone()).map_err(|_| NotDialled::Malformed)?,
            );
        }
        invite.set_body(SDP, dial.sdp.clone());
        Ok(invite)
    }

    /// Sends the INVITE, for the first time or again with credentials: a new branch, the next CSeq (RFC 3261 22.2).
    pub(super) fn send_invite(&mut self, now: Instant, call: &mut Call) {
        let key = self.new_key();
        let path = call.path;
        let via = write::via(&path, self.config.advertised, key);
        let (Origin::Outbound(out), Some(via)) = (&mut call.origin, via) else {
            return;
        };
        out.cseq += 1;
        out.key = key;
        let mut invite = out.invite.clone();
        put_session_asked(&mut invite, (out.session, call.min_se));
        invite.set_via(via);
        invite.set_cseq(out.cseq);
        self.start_for(now, call, (key, Purpose::Invite), (path, invite));
    }

    /// CANCEL copies Request-URI, Via, Call-ID, From, To, CSeq number and Route of its INVITE (RFC 3261 9.1).
    pub(super) fn send_cancel(&mut self, now: Instant, call: &mut Call, invite: ClientKey) {
        let Some(entry) = self.clients.get_mut(invite) else {
            return;
        };
        let path = entry.path;
        let mut cancel = entry.request.same_transaction(Method::Cancel, entry.request.to());
        cancel.push(Name::MaxForwards, Value::from(MAX_FORWARDS));
        put_reason(&mut cancel, call.cause);
        call.transactions += 1;
        let owner = Owner::Call {
            leg: call.leg,
            purpose: Purpose::Cancel,
        };
        self.start(
            now,
            (
                ClientKey {
                    cancel: true,
                    ..invite
                },
                owner,
            ),
            path,
            cancel,
        );
    }

    /// Tells the INVITE's transaction that nobody waits for it.
    pub(super) fn abandon(&mut self, now: Instant, invite: ClientKey) {
        let outcome = self.clients.heard(invite, Heard::Abandon, now);
        self.client_outcome(now, invite, outcome, None);
    }

    /// A request within a dialog; CSeq as given (ACK repeats that of its INVITE) or the next.
    fn within(
        &mut self,
        dialog: &mut Dialog,
        method: Method,
        cseq: Option<u32>,
    ) -> Option<(ClientKey, Path, Message)> {
        let key = self.new_key();
        let path = dialog.next_path();
        let via = write::via(&path, self.config.advertised, key)?;
        let cseq = cseq.unwrap_or_else(|| dialog.next_cseq());
        let mut request = dialog.request(method, via, cseq);
        request.push(Name::MaxForwards, Value::from(MAX_FORWARDS));
        request.push(Name::UserAgent, self.product.clone());
        Some((key, path, request))
    }

    pub(super) fn within_fork(
        &mut self,
        call: &mut Call,
        fork: Fork,
        (method, cseq): (Method, Option<u32>),
    ) -> Option<(ClientKey, Path, Message)> {
        let forked = call.forks.get_mut(fork)?;
        self.within(&mut forked.dialog, method, cseq)
    }

    /// Acknowledges the 2xx with this CSeq number in this dialog, or does so again (RFC 3261 13.2.2.4).
    pub(super) fn send_ack(&mut self, call: &mut Call, fork: Fork, cseq: u32) {
        let known = call.forks.get(fork).and_then(|forked| forked.ack.as_ref());
        if let Some(acked) = known.filter(|acked| acked.cseq == cseq) {
            self.transmit(acked.path, acked.bytes.clone());
            return;
        }
        let Some((_, path, mut ack)) = self.within_fork(call, fork, (Method::Ack, Some(cseq))) else {
            return;
        };
        if let Some(credentials) = &mut call.credentials {
            credentials.put(&mut ack);
        }
        let bytes = ack.to_bytes();
        self.transmit(path, bytes.clone());
        if let Some(forked) = call.forks.get_mut(fork) {
            forked.ack = Some(Acked { cseq, path, bytes });
        }
    }

    /// Ends the dialog that was taken; its answer goes to the call.
    pub(super) fn send_bye(&mut self, now: Instant, call: &mut Call) {
        let Some((key, path, mut bye)) = self.within_fork(call, call.chosen, (Method::Bye, None)) else {
            return;
        };
        put_reason(&mut bye, call.cause);
        self.start_for(now, call, (key, Purpose::Bye), (path, bye));
    }

    /// Ends a dialog that nobody wants; nobody waits for the answer.
    pub(super) fn send_stray_bye(&mut self, now: Instant, call: &mut Call, fork: Fork) {
        let Some((key, path, mut bye)) = self.within_fork(call, fork, (Method::Bye, None)) else {
            return;
        };
        if let Some(credentials) = &mut call.credentials {
            credentials.put(&mut bye);
        }
        self.start(now, (key, Owner::Nobody), path, bye);
    }

    /// re-INVITE with `sdp`.
    pub(super) fn send_re_invite(&mut self, now: Instant, call: &mut Call, sdp: &Bytes) {
        let made = self.within_fork(call, call.chosen, (Method::Invite, None));
        let Some((key, path, mut invite)) = made else {
            return;
        };
        invite.push(Name::Contact, call.contact.clone());
        invite.push(Name::Allow, Value::from(ALLOW));
        invite.push(Name::Supported, Value::from("timer"));
        put_session_refresh(&mut invite, call);
        invite.set_body(SDP, sdp.clone());
        self.start_for(now, call, (key, Purpose::ReInvite), (path, invite));
    }

    /// UPDATE without description, to refresh the session timer (RFC 4028 7.4, RFC 3311).
    pub(super) fn send_update(&mut self, now: Instant, call: &mut Call) {
        let made = self.within_fork(call, call.chosen, (Method::Update, None));
        let Some((key, path, mut update)) = made else {
            return;
        };
        update.push(Name::Contact, call.contact.clone());
        update.push(Name::Supported, Value::from("timer"));
        put_session_refresh(&mut update, call);
        self.start_for(now, call, (key, Purpose::Update), (path, update));
    }

    /// PRACK of a reliable 18x (RFC 3262 7.1).
    pub(super) fn send_prack(&mut self, now: Instant, call: &mut Call, fork: Fork, (rseq, cseq): (u32, u32)) {
        let Some((key, path, mut prack)) = self.within_fork(call, fork, (Method::Prack, None)) else {
            return;
        };
        prack.push(
            Name::RAck,
            RAck {
                rseq,
                cseq,
                method: Method::Invite,
            },
        );
        self.start_for(now, call, (key, Purpose::Prack), (path, prack));
    }

    /// OPTIONS outside of any dialog (RFC 3261 11.1). False when `uri` is none.
    pub(super) fn send_options(&mut self, now: Instant, token: u64, path: Path, uri: &str) -> bool {
        let key = self.new_key();
        let (tag, call_id) = (self.token(), self.call_id());
        let via = write::via(&path, self.config.advertised, key);
        let contact = write::contact(&path, self.config.advertised);
        let (Ok(uri), Some(via), Some(contact), Ok(call_id)) =
            (Uri::parse(uri.to_owned()), via, contact, CallId::parse(call_id))
        else {
            return false;
        };
        let head = Head {
            via,
            from: contact.with_tag(&tag),
            to: NameAddr::new(&uri),
            call_id,
            cseq: 1,
        };
        let mut options = Message::request(Method::Options, uri, head);
        options.push(Name::MaxForwards, Value::from(MAX_FORWARDS));
        options.push(Name::Contact, contact);
        options.push(Name::Accept, Value::from(SDP));
        options.push(Name::UserAgent, self.product.clone());
        self.start(now, (key, Owner::Ping { token, sent: now }), path, options);
        true
    }

    /// BYE in a dialog that has no call here.
    pub(super) fn send_orphan_bye(&mut self, now: Instant, mut dialog: Dialog) {
        if let Some((key, path, bye)) = self.within(&mut dialog, Method::Bye, None) {
            self.start(now, (key, Owner::Nobody), path, bye);
        }
    }
}

/// RFC 3326.
fn put_reason(request: &mut Message, q850_cause: Option<u16>) {
    if let Some(cause) = q850_cause {
        request.push(Name::Reason, Reason::q850(cause));
    }
}
