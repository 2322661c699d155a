//! Digest authentication, the server's side (RFC 3261 22.4, RFC 7616 3.3): challenges, and judges what comes back.
//!
//! ```text
//! INVITE ──►            401 SHA-256 nonce, 401 MD5 nonce      (nothing is kept: the nonce carries its time and our seal)
//! INVITE + proof ──►    Proved, once for each count of a nonce
//! the same proof ──►    401 stale=true
//! ```

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use rand::Rng;
use sha2::Sha256;

use super::Proof;
use crate::sip::header::Authorization;
use crate::sip::header::authorization::Counted;
use crate::sip::header::challenge::Hash;
use crate::trunk::snapshot::{Challenge, Credentials};

/// What the far end is asked to prove itself for.
pub const REALM: &str = "trunkline";
/// A nonce is good for so long: for the INVITE that answers it, and for calls that follow at once.
pub const NONCE_LIFE: Duration = Duration::from_secs(60);
/// So many nonces are remembered with their counts; when more are in use the oldest are too old.
const MAX_NONCES: usize = 10_000;
/// Characters of our seal: 128 bits.
const SEAL: usize = 32;

/// What a proof comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Name and password are right, and this proof is new.
    Proved,
    /// Name and password are right, but the nonce is too old, not ours, or was used with this count: ask again.
    Stale,
    /// Wrong, or there is none.
    Refused,
}

/// The challenger of one node.
#[derive(Debug)]
pub struct Server {
    secret: [u8; 32],
    since: Instant,
    next: u64,
    /// Nonces in use, oldest first: the highest count of each.
    counts: BTreeMap<u64, u32>,
    /// Nonces up to this one have been forgotten.
    forgotten: u64,
}

impl Server {
    /// The secret seals nonces: those of another start are not ours.
    pub fn new(rng: &mut impl Rng, now: Instant) -> Server {
        let mut secret = [0; 32];
        rng.fill_bytes(&mut secret);
        Server {
            secret,
            since: now,
            next: 1,
            counts: BTreeMap::new(),
            forgotten: 0,
        }
    }

    /// Values of WWW-Authenticate, the better algorithm first (RFC 8760 2.4).
    pub fn challenges(&mut self, wanted: Challenge, verdict: Verdict, now: Instant) -> Vec<String> {
        let stale = match verdict {
            Verdict::Stale => ", stale=true",
            Verdict::Proved | Verdict::Refused => "",
        };
        let nonce = self.nonce(now);
        let challenge = |hash: &Hash| {
            let algorithm = match hash {
                Hash::Md5 => "MD5",
                Hash::Sha256 => "SHA-256",
            };
            format!("Digest realm=\"{REALM}\", nonce=\"{nonce}\", algorithm={algorithm}, qop=\"auth\"{stale}")
        };
        hashes(wanted).iter().map(challenge).collect()
    }

    /// Judges the proofs of a request by the account that it should come from.
    pub fn judge(
        &mut self,
        now: Instant,
        proofs: &[Authorization],
        method: &[u8],
        (wanted, account): (Challenge, &Credentials),
    ) -> Verdict {
        let asked = hashes(wanted);
        let right = |proof: &&Authorization| {
            asked.contains(&proof.algorithm.hash) && is_right(proof, method, account)
        };
        let Some(proof) = proofs.iter().find(right) else {
            return Verdict::Refused;
        };
        if self.is_new(proof, now) {
            Verdict::Proved
        } else {
            Verdict::Stale
        }
    }

    fn nonce(&mut self, now: Instant) -> String {
        let number = self.next;
        self.next += 1;
        let ms = now.saturating_duration_since(self.since).as_millis();
        let head = format!("{number:016x}{ms:016x}");
        let seal = self.seal(&head);
        head + &seal
    }

    fn seal(&self, head: &str) -> String {
        // Any key length is legal for HMAC. The answer to the impossible seals nothing: no nonce is ours.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.secret) else {
            return String::new();
        };
        mac.update(head.as_bytes());
        let mut seal = hex::encode(mac.finalize().into_bytes());
        seal.truncate(SEAL);
        seal
    }

    /// The nonce is ours and young, and was not used with this count or a higher one.
    fn is_new(&mut self, proof: &Authorization, now: Instant) -> bool {
        let Some((number, at)) = self.read(&proof.nonce) else {
            return false;
        };
        if number <= self.forgotten || now.saturating_duration_since(at) > NONCE_LIFE {
            return false;
        }
        // In the way of RFC 2069, without a count, a nonce is good once.
        let count = proof.qop.as_ref().map_or(1, |counted| counted.nc.1);
        let last = self.counts.entry(number).or_insert(0);
        if count <= *last {
            return false;
        }
        *last = count;
        while self.counts.len() > MAX_NONCES {
            let Some((oldest, _)) = self.counts.pop_first() else {
                break;
            };
            self.forgotten = oldest;
        }
        true
    }

    fn read(&self, nonce: &[u8]) -> Option<(u64, Instant)> {
        let text = std::str::from_utf8(nonce).ok()?;
        let (head, seal) = (text.get(..32)?, text.get(32..)?);
        if seal.is_empty() || !same(self.seal(head).as_bytes(), seal.as_bytes()) {
            return None;
        }
        let number = u64::from_str_radix(head.get(..16)?, 16).ok()?;
        let ms = u64::from_str_radix(head.get(16..)?, 16).ok()?;
        Some((number, self.since + Duration::from_millis(ms)))
    }
}

fn hashes(wanted: Challenge) -> &'static [Hash] {
    match wanted {
        Challenge::Off => &[],
        Challenge::Md5 => &[Hash::Md5],
        Challenge::Sha256 => &[Hash::Sha256],
        Challenge::Both => &[Hash::Sha256, Hash::Md5],
    }
}

/// The URI of the proof is not compared with the request's: far ends sign their domain alone, and a count is good for one request.
fn is_right(given: &Authorization, method: &[u8], account: &Credentials) -> bool {
    let counted = given.qop.as_ref();
    let proof = Proof {
        username: account.username.as_bytes(),
        password: account.password.as_bytes(),
        realm: REALM.as_bytes(),
        nonce: &given.nonce,
        cnonce: counted.map_or(b"", |c| &c.cnonce[..]),
        nc: counted.map_or(b"", |c| &c.nc.0[..]),
        method,
        uri: &given.uri,
        body: b"",
    };
    let expected = proof.response(given.algorithm, counted.map(|Counted { qop, .. }| *qop));
    given.realm == REALM.as_bytes()
        && given.username == account.username.as_bytes()
        && same(expected.as_bytes(), &given.response.to_ascii_lowercase())
}

/// Compares in a time that tells nothing of where they differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "any instant will do as the origin")]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::super::Client;
    use super::*;
    use crate::sip::header::{Name, Value};
    use crate::sip::message::Message;

    fn account(password: &str) -> Credentials {
        Credentials {
            username: "carrier".into(),
            password: password.into(),
        }
    }

    /// Our server and our client: what it says to each request, with the seconds between them.
    struct Talk {
        server: Server,
        client: Client,
        wanted: Challenge,
        rng: ChaCha8Rng,
        now: Instant,
        cseq: u32,
        last: Option<Message>,
    }

    impl Talk {
        fn new(password: &str) -> Talk {
            let mut rng = ChaCha8Rng::seed_from_u64(7);
            let now = Instant::now();
            Talk {
                server: Server::new(&mut rng, now),
                client: Client::new(account(password), None),
                wanted: Challenge::Both,
                rng,
                now,
                cseq: 0,
                last: None,
            }
        }

        fn judge(&mut self, request: &Message) -> Verdict {
            let proofs: Vec<Authorization> = request
                .headers(&Name::Authorization)
                .flat_map(|value| Authorization::read_all(value.as_bytes()))
                .collect();
            let verdict = self
                .server
                .judge(self.now, &proofs, b"INVITE", (self.wanted, &account("right")));
            if verdict != Verdict::Proved {
                let mut response = request.response(401, "Unauthorized");
                for value in self.server.challenges(self.wanted, verdict, self.now) {
                    response.push(Name::WwwAuthenticate, Value::new(value).expect("a value"));
                }
                let _given_up = self.client.take(&response, &mut self.rng);
            }
            verdict
        }

        fn invite(&mut self, seconds: u64) -> Verdict {
            self.now += Duration::from_secs(seconds);
            self.cseq += 1;
            let mut request = Message::parse(format!(
                "INVITE sip:bob@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK{0}\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:bob@h>\r\nCall-ID: 1\r\nCSeq: {0} INVITE\r\n\r\n",
                self.cseq
            ))
            .expect("legal");
            self.client.put(&mut request);
            let verdict = self.judge(&request);
            self.last = Some(request);
            verdict
        }
    }

    #[test]
    fn a_right_password_is_proved_and_goes_on_counting() {
        let mut talk = Talk::new("right");
        assert_eq!(talk.invite(0), Verdict::Refused, "no proof yet");
        assert_eq!(talk.invite(0), Verdict::Proved);
        assert_eq!(talk.invite(1), Verdict::Proved, "the same nonce, counted on");
        let sent = talk.last.clone().expect("a request");
        let value = sent.header(&Name::Authorization).expect("a proof").text();
        assert!(value.contains("algorithm=SHA-256"), "the better one: {value}");
    }

    #[test]
    fn a_proof_by_another_algorithm_than_asked_is_refused() {
        let mut talk = Talk::new("right");
        talk.wanted = Challenge::Md5;
        talk.invite(0);
        assert_eq!(talk.invite(0), Verdict::Proved);
        talk.wanted = Challenge::Sha256;
        assert_eq!(talk.invite(0), Verdict::Refused, "MD5, when SHA-256 is asked for");
        assert_eq!(talk.invite(0), Verdict::Proved);
    }

    #[test]
    fn a_proof_is_good_once() {
        let mut talk = Talk::new("right");
        talk.invite(0);
        assert_eq!(talk.invite(0), Verdict::Proved);
        let replayed = talk.last.clone().expect("a request");
        assert_eq!(talk.judge(&replayed), Verdict::Stale);
        assert_eq!(talk.invite(0), Verdict::Proved, "a new nonce was given");
    }

    #[test]
    fn a_nonce_grows_old() {
        let mut talk = Talk::new("right");
        talk.invite(0);
        assert_eq!(talk.invite(61), Verdict::Stale);
        assert_eq!(talk.invite(0), Verdict::Proved);
    }

    #[test]
    fn a_wrong_password_is_refused_however_often() {
        let mut talk = Talk::new("wrong");
        for _ in 0..5 {
            assert_eq!(talk.invite(0), Verdict::Refused);
        }
    }

    #[test]
    fn a_nonce_of_somebody_else_is_stale() {
        let mut talk = Talk::new("right");
        talk.invite(0);
        talk.server = Server::new(&mut talk.rng, talk.now);
        assert_eq!(talk.invite(0), Verdict::Stale);
        assert_eq!(talk.invite(0), Verdict::Proved);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_what_was_forgotten_is_old() {
        let mut talk = Talk::new("right");
        talk.invite(0);
        talk.invite(0);
        let early = talk.last.clone().expect("a request");
        for number in 2..(MAX_NONCES as u64 + 10) {
            talk.server.counts.insert(number + 1_000, 1);
        }
        talk.server.next = MAX_NONCES as u64 + 5_000;
        talk.judge(&early);
        assert_eq!(talk.invite(0), Verdict::Proved);
        assert!(talk.server.counts.len() <= MAX_NONCES);
        assert_eq!(talk.judge(&early), Verdict::Stale);
    }
}
