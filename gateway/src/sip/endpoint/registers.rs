//! Our REGISTERs (RFC 3261 10.2): one Call-ID a registration and a CSeq that goes on, credentials kept over refreshes. When to
//! ask, and what to make of the answer, is `trunk::registration`'s.

use std::time::{Duration, Instant};

use super::clients::{Owner, Tell};
use super::write::{self, ALLOW, MAX_FORWARDS};
use super::{Endpoint, read};
use crate::sip::api::{Event, Path, Register, Registered};
use crate::sip::digest;
use crate::sip::header::{CallId, Expires, MinExpires, Name, NameAddr, RetryAfter, Value, expires};
use crate::sip::message::{Head, Message};
use crate::sip::method::Method;
use crate::sip::uri::Uri;
use crate::trunk::snapshot::Credentials;

/// What an unanswered 423 without Min-Expires counts as (RFC 3261 21.4.17 wants one).
const MIN_EXPIRES: Duration = Duration::from_secs(3600);

/// One registration.
pub(super) struct Binding {
    call_id: CallId,
    tag: String,
    cseq: u32,
    known: Option<Credentials>,
    credentials: Option<digest::Client>,
    path: Path,
    uri: Uri,
    account: NameAddr,
    contact: NameAddr,
    expires: Duration,
}

impl Endpoint {
    /// False when the order breaks the grammar of SIP.
    pub(super) fn send_register(&mut self, now: Instant, order: Register) -> bool {
        let contact = write::contact_of(&order.contact_user, &order.path, self.config.advertised);
        let (Ok(uri), Ok(account), Some(contact)) =
            (Uri::parse(order.registrar), Uri::parse(order.account), contact)
        else {
            return false;
        };
        let account = NameAddr::new(&account);
        let before = self.bindings.remove(&order.token);
        // Another account is another registration.
        let before =
            before.filter(|b| b.account.as_bytes() == account.as_bytes() && b.known == order.credentials);
        let (call_id, tag, cseq, credentials) = match before {
            Some(before) => (before.call_id, before.tag, before.cseq, before.credentials),
            None => {
                let Ok(call_id) = CallId::parse(self.call_id()) else {
                    return false;
                };
                let credentials = order.credentials.clone();
                let credentials = credentials.map(|known| digest::Client::new(known, None));
                (call_id, self.token(), self.first_cseq(), credentials)
            }
        };
        let binding = Binding {
            call_id,
            tag,
            cseq,
            known: order.credentials,
            credentials,
            path: order.path,
            uri,
            account,
            contact,
            expires: order.expires,
        };
        self.put_register(now, order.token, binding)
    }

    /// The next REGISTER of a registration.
    fn put_register(&mut self, now: Instant, token: u64, mut binding: Binding) -> bool {
        let key = self.new_key();
        let Some(via) = write::via(&binding.path, self.config.advertised, key) else {
            return false;
        };
        binding.cseq += 1;
        let head = Head {
            via,
            from: binding.account.with_tag(&binding.tag),
            to: binding.account.clone(),
            call_id: binding.call_id.clone(),
            cseq: binding.cseq,
        };
        let mut request = Message::request(Method::Register, binding.uri.clone(), head);
        request.push(Name::MaxForwards, Value::from(MAX_FORWARDS));
        request.push(Name::Contact, binding.contact.clone());
        request.push(Name::Expires, Value::number(binding.expires.as_secs()));
        request.push(Name::Allow, Value::from(ALLOW));
        request.push(Name::UserAgent, self.product.clone());
        if let Some(credentials) = &mut binding.credentials {
            credentials.put(&mut request);
        }
        let (path, cseq) = (binding.path, binding.cseq);
        self.bindings.insert(token, binding);
        self.start(now, (key, Owner::Register { token, cseq }), path, request);
        true
    }

    pub(super) fn register_heard(
        &mut self,
        now: Instant,
        (token, cseq): (u64, u32),
        tell: Tell,
        response: Option<&Message>,
    ) {
        // An answer to an older one: the last one's is on its way.
        let Some(mut binding) = self.bindings.remove(&token) else {
            return;
        };
        if binding.cseq != cseq || tell == Tell::Provisional {
            self.bindings.insert(token, binding);
            return;
        }
        if let Some(response) = response.filter(|r| matches!(r.status(), Some(401 | 407)))
            && let Some(credentials) = &mut binding.credentials
            && credentials.take(response, &mut self.rng).is_ok()
        {
            self.put_register(now, token, binding);
            return;
        }
        let mut others = 0;
        let answer = match (tell, response) {
            (Tell::Success | Tell::Final, Some(response)) => {
                others = binding.others(response);
                binding.read(response)
            }
            (Tell::Success | Tell::Final, None)
            | (Tell::Provisional | Tell::Timeout | Tell::TransportFailed, _) => Registered::Silence,
        };
        // What was taken back is forgotten.
        if !binding.expires.is_zero() {
            self.bindings.insert(token, binding);
        }
        self.event(Event::Registered {
            token,
            answer,
            others,
        });
    }
}

impl Binding {
    fn read(&self, response: &Message) -> Registered {
        match read::status(response) {
            ..300 => Registered::Granted(self.granted(response)),
            423 => {
                let min = response.get::<MinExpires>();
                Registered::TooBrief(min.map_or(MIN_EXPIRES, |MinExpires(min)| min))
            }
            status => Registered::Refused {
                status,
                retry_after: response.get::<RetryAfter>().map(|RetryAfter(wait)| wait),
            },
        }
    }

    /// How many contacts besides ours the registrar lists; it lists all that are bound, and not only when it took ours.
    fn others(&self, response: &Message) -> usize {
        let listed = response.addresses(&Name::Contact).count();
        match read::status(response) {
            ..300 => listed.saturating_sub(usize::from(!self.expires.is_zero())),
            _ => 0,
        }
    }

    /// What our own contact was given among those of the account (RFC 3261 10.2.4, 10.3 step 8). A registrar behind a NAT may
    /// write it otherwise; with one contact alone it is ours.
    fn granted(&self, response: &Message) -> Duration {
        if self.expires.is_zero() {
            return Duration::ZERO;
        }
        let contacts: Vec<NameAddr> = response.addresses(&Name::Contact).collect();
        let ours = self.contact.uri();
        let is_ours = |c: &&NameAddr| {
            c.uri().user() == ours.user() && c.uri().host() == ours.host() && c.uri().port() == ours.port()
        };
        let mine = match contacts.as_slice() {
            [alone] => Some(alone),
            several => several.iter().find(is_ours),
        };
        mine.and_then(|contact| expires::seconds(contact.params().value("expires")?))
            .or_else(|| response.get::<Expires>().map(|Expires(granted)| granted))
            .unwrap_or(self.expires)
    }
}
