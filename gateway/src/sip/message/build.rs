//! Makes messages and changes them. Every part is a type that has refused CR, LF and NUL, so nothing that is put in can
//! leave its place.

use std::net::SocketAddr;

use bytes::Bytes;

use super::{Message, Start};
use crate::sip::header::{CSeq, CallId, Name, NameAddr, Value, Via};
use crate::sip::method::Method;
use crate::sip::status;
use crate::sip::uri::Uri;

/// What every request has beside its first line.
#[derive(Clone, Debug)]
pub struct Head {
    /// Our hop.
    pub via: Via,
    /// With our tag.
    pub from: NameAddr,
    /// With the far end's tag, within a dialog.
    pub to: NameAddr,
    /// Call-ID.
    pub call_id: CallId,
    /// The number of CSeq, below 2^31.
    pub cseq: u32,
}

impl Message {
    /// A request without further headers and body.
    pub fn request(method: Method, uri: Uri, head: Head) -> Message {
        Message {
            start: Start::Request { uri },
            vias: vec![head.via],
            from: head.from,
            to: head.to,
            call_id: head.call_id,
            cseq: CSeq {
                number: head.cseq,
                method,
            },
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// The response to this request (RFC 3261 8.2.6.2): Via, From, To, Call-ID and CSeq are copied, `to_tag` is added when To
    /// has no tag and the status is not 100, Record-Route when the response can make a dialog (12.1.1), Timestamp for 100.
    pub fn response(&self, status: u16, to_tag: &str) -> Message {
        let kept: &[Name] = match status {
            100 => &[Name::Timestamp],
            101..=299 => &[Name::RecordRoute],
            _ => &[],
        };
        Message {
            start: Start::Response {
                status,
                reason: status::reason(status).into(),
            },
            vias: self.vias.clone(),
            from: self.from.clone(),
            to: if status == 100 {
                self.to.clone()
            } else {
                self.to.with_tag(to_tag)
            },
            call_id: self.call_id.clone(),
            cseq: self.cseq.clone(),
            headers: self
                .headers
                .iter()
                .filter(|(name, _)| kept.contains(name))
                .cloned()
                .collect(),
            body: Bytes::new(),
        }
    }

    /// CANCEL of this request, or the ACK of a final response to it other than 2xx (RFC 3261 9.1, 17.1.1.3): Request-URI, top Via,
    /// From, Call-ID, CSeq number and Route are this request's. `to` is the request's for CANCEL, the response's for ACK.
    pub fn same_transaction(&self, method: Method, to: &NameAddr) -> Message {
        Message {
            start: self.start.clone(),
            vias: self.vias[..1].to_vec(),
            from: self.from.clone(),
            to: to.clone(),
            call_id: self.call_id.clone(),
            cseq: CSeq {
                number: self.cseq.number,
                method,
            },
            headers: self
                .headers
                .iter()
                .filter(|(name, _)| *name == Name::Route)
                .cloned()
                .collect(),
            body: Bytes::new(),
        }
    }

    /// Adds a header behind the others.
    pub fn push(&mut self, name: Name, value: impl Into<Value>) {
        self.headers.push((name, value.into()));
    }

    /// Replaces all headers of that name by one, in the place of the first.
    pub fn set(&mut self, name: Name, value: impl Into<Value>) {
        let at = self
            .headers
            .iter()
            .position(|(n, _)| *n == name)
            .unwrap_or(self.headers.len());
        self.remove(&name);
        self.headers.insert(at, (name, value.into()));
    }

    /// Removes all headers of that name.
    pub fn remove(&mut self, name: &Name) {
        self.headers.retain(|(n, _)| n != name);
    }

    /// Another phrase than the status's own.
    pub fn set_reason(&mut self, phrase: impl Into<Value>) {
        if let Start::Response { reason, .. } = &mut self.start {
            *reason = phrase.into();
        }
    }

    /// Body and Content-Type.
    pub fn set_body(&mut self, content_type: impl Into<Value>, body: Bytes) {
        self.set(Name::ContentType, content_type);
        self.body = body;
    }

    /// Another hop on top, for a request that is sent again (RFC 3261 22.2: a new branch).
    pub fn set_via(&mut self, via: Via) {
        self.vias[0] = via;
    }

    /// Another CSeq number; the method stays.
    pub fn set_cseq(&mut self, number: u32) {
        self.cseq.number = number;
    }

    /// Another To.
    pub fn set_to(&mut self, to: NameAddr) {
        self.to = to;
    }

    /// Notes in the top Via where the message came from (RFC 3261 18.2.1, RFC 3581 4).
    pub fn note_source(&mut self, source: SocketAddr) {
        self.vias[0] = self.vias[0].with_source(source);
    }
}
