//! Digest authentication, the client's side (RFC 3261 22, RFC 7616, RFC 8760): remembers the challenge of a 401 or 407 and proves
//! the password in every further request. The other side is in [`server`].
//!
//! ```text
//! INVITE ──►            401 realm, nonce, qop ──► take
//! put ──► INVITE + Authorization, nc=00000001 ──► 200
//! put ──► BYE    + Authorization, nc=00000002
//! ```

pub mod server;

use md5::Md5;
use rand::Rng;
use sha2::{Digest, Sha256};

use super::header::challenge::{Algorithm, Challenge, Hash, Qop};
use super::header::{CSeq, Name, Value};
use super::lexer;
use super::message::Message;
use super::method::Method;
use super::uri::Uri;
use crate::trunk::snapshot::Credentials;

/// So many times one request is sent with a proof, then its refusal is final.
pub const MAX_TRIES: u8 = 2;

/// Why a challenge is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GiveUp {
    /// There is no challenge that we know how to answer.
    #[error("no digest challenge that can be answered")]
    Unanswerable,
    /// It is for another realm than that of the trunk.
    #[error("challenge for another realm")]
    ForeignRealm,
    /// The proof was refused: name or password are wrong, or it has been tried often enough.
    #[error("credentials refused")]
    Refused,
}

/// The credentials of one leg with the challenges they answer.
#[derive(Clone, Debug)]
pub struct Client {
    credentials: Credentials,
    /// Of the first challenge: a later one for another realm is somebody else asking.
    realm: Option<Vec<u8>>,
    user: Option<Held>,
    proxy: Option<Held>,
    /// What the last INVITE bore.
    invite: Vec<(Name, Value)>,
}

/// A challenge with what its answers count.
#[derive(Clone, Debug)]
struct Held {
    challenge: Challenge,
    cnonce: String,
    /// Requests sent with this nonce.
    count: u32,
    /// CSeq of the request it was an answer to.
    asked: CSeq,
    tries: u8,
}

impl Client {
    /// Not challenged yet. `realm`: answer for this one only; `None` takes that of the first challenge.
    pub fn new(credentials: Credentials, realm: Option<&str>) -> Client {
        let realm = realm.map(|realm| realm.as_bytes().to_vec());
        Client {
            credentials,
            realm,
            user: None,
            proxy: None,
            invite: Vec::new(),
        }
    }

    /// Remembers the best challenge of a 401 or 407: SHA-256 before MD5, else the first. An error means that the response is
    /// final. The request that was challenged goes out again with the next CSeq number (RFC 3261 8.1.3.5).
    pub fn take(&mut self, response: &Message, rng: &mut impl Rng) -> Result<(), GiveUp> {
        let (name, held) = match response.status() {
            Some(407) => (Name::ProxyAuthenticate, &mut self.proxy),
            _ => (Name::WwwAuthenticate, &mut self.user),
        };
        let known: Vec<Challenge> = response
            .headers(&name)
            .flat_map(|value| Challenge::read_all(value.as_bytes()))
            .collect();
        if known.is_empty() {
            return Err(GiveUp::Unanswerable);
        }
        let best = known
            .into_iter()
            .filter(|challenge| {
                self.realm
                    .as_ref()
                    .is_none_or(|realm| *realm == lexer::unquote(&challenge.realm))
            })
            .reduce(|best, next| {
                if next.algorithm.hash > best.algorithm.hash {
                    next
                } else {
                    best
                }
            })
            .ok_or(GiveUp::ForeignRealm)?;
        let asked = response.cseq().clone();
        // The request before this one was challenged as well: this one bore the proof, and it did not do.
        let tries = match held {
            Some(before) if before.asked.precedes(&asked) => before.tries + 1,
            Some(_) | None => 1,
        };
        if tries > MAX_TRIES || (tries > 1 && !best.stale) {
            return Err(GiveUp::Refused);
        }
        // A nonce that is given again goes on counting, or its answer would look like a replay.
        let count = match held {
            Some(before) if before.challenge.nonce == best.nonce => before.count,
            Some(_) | None => 0,
        };
        self.realm.get_or_insert_with(|| lexer::unquote(&best.realm));
        let cnonce = hex::encode(rng.next_u64().to_be_bytes());
        *held = Some(Held {
            challenge: best,
            cnonce,
            count,
            asked,
            tries,
        });
        Ok(())
    }

    /// Puts the proofs into a request, in the place of those it has. Nothing happens before the first challenge. An ACK bears
    /// what its INVITE bore, and a CANCEL nothing: neither can be challenged (RFC 3261 22.1).
    pub fn put(&mut self, request: &mut Message) {
        let Some(uri) = request.request_uri().cloned() else {
            return;
        };
        let method = request.method().clone();
        if method == Method::Cancel {
            return;
        }
        let proofs = if method == Method::Ack {
            self.invite.clone()
        } else {
            self.prove(&method, &uri, &request.body().clone())
        };
        if method == Method::Invite {
            self.invite.clone_from(&proofs);
        }
        for (name, value) in proofs {
            request.set(name, value);
        }
    }

    fn prove(&mut self, method: &Method, uri: &Uri, body: &[u8]) -> Vec<(Name, Value)> {
        let credentials = &self.credentials;
        [
            (Name::Authorization, &mut self.user),
            (Name::ProxyAuthorization, &mut self.proxy),
        ]
        .into_iter()
        .filter_map(|(name, held)| Some((name, held.as_mut()?.prove(credentials, method, uri, body)?)))
        .collect()
    }
}

impl Held {
    fn prove(&mut self, credentials: &Credentials, method: &Method, uri: &Uri, body: &[u8]) -> Option<Value> {
        self.count = self.count.saturating_add(1);
        let Challenge {
            realm,
            nonce,
            opaque,
            algorithm_written,
            ..
        } = &self.challenge;
        // Eight hexadecimal digits (RFC 7616 3.4).
        let nc = format!("{:08x}", self.count);
        let proof = Proof {
            username: credentials.username.as_bytes(),
            password: credentials.password.as_bytes(),
            realm: &lexer::unquote(realm),
            nonce: &lexer::unquote(nonce),
            cnonce: self.cnonce.as_bytes(),
            nc: nc.as_bytes(),
            method: method.as_bytes(),
            uri: uri.as_bytes(),
            body,
        };
        let response = proof.response(self.challenge.algorithm, self.challenge.qop);
        let mut out = b"Digest username=".to_vec();
        out.extend(lexer::quote(proof.username));
        put(&mut out, "realm", realm);
        put(&mut out, "nonce", nonce);
        put(&mut out, "uri", &lexer::quote(proof.uri));
        put(&mut out, "response", &lexer::quote(response.as_bytes()));
        if let Some(written) = algorithm_written {
            put(&mut out, "algorithm", written);
        }
        if let Some(opaque) = opaque {
            put(&mut out, "opaque", opaque);
        }
        if let Some(qop) = self.challenge.qop {
            put(&mut out, "qop", qop.as_str().as_bytes());
            put(&mut out, "nc", proof.nc);
        }
        if self.challenge.qop.is_some() || self.challenge.algorithm.session {
            put(&mut out, "cnonce", &lexer::quote(proof.cnonce));
        }
        // Refused only when a user name with a line end came from our own configuration.
        Value::new(out).ok()
    }
}

fn put(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(format!(", {name}=").as_bytes());
    out.extend_from_slice(value);
}

/// Everything that is hashed, without quotes.
struct Proof<'a> {
    username: &'a [u8],
    password: &'a [u8],
    realm: &'a [u8],
    nonce: &'a [u8],
    cnonce: &'a [u8],
    nc: &'a [u8],
    method: &'a [u8],
    uri: &'a [u8],
    body: &'a [u8],
}

impl Proof<'_> {
    /// RFC 7616 3.4.1 to 3.4.3.
    fn response(&self, algorithm: Algorithm, qop: Option<Qop>) -> String {
        let hash = |parts: &[&[u8]]| hash(algorithm.hash, &parts.join(&b':'));
        let mut a1 = hash(&[self.username, self.realm, self.password]);
        if algorithm.session {
            a1 = hash(&[a1.as_bytes(), self.nonce, self.cnonce]);
        }
        let a2 = match qop {
            Some(Qop::AuthInt) => hash(&[self.method, self.uri, hash(&[self.body]).as_bytes()]),
            Some(Qop::Auth) | None => hash(&[self.method, self.uri]),
        };
        match qop {
            Some(qop) => hash(&[
                a1.as_bytes(),
                self.nonce,
                self.nc,
                self.cnonce,
                qop.as_str().as_bytes(),
                a2.as_bytes(),
            ]),
            None => hash(&[a1.as_bytes(), self.nonce, a2.as_bytes()]),
        }
    }
}

fn hash(kind: Hash, bytes: &[u8]) -> String {
    match kind {
        Hash::Md5 => hex::encode(Md5::digest(bytes)),
        Hash::Sha256 => hex::encode(Sha256::digest(bytes)),
    }
}

#[cfg(test)]
mod tests;
