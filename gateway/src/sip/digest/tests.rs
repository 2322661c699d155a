//! Vectors of RFC 7616 3.9.1, and the talk of client and server.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::*;

/// The proof of RFC 7616 3.9.1 with another algorithm and quality; the body is that of a call.
fn check(hash: Hash, session: bool, qop: Option<Qop>, expected: &str) {
    let proof = Proof {
        username: b"Mufasa",
        password: b"Circle of Life",
        realm: b"http-auth@example.org",
        nonce: b"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        cnonce: b"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        nc: b"00000001",
        method: b"GET",
        uri: b"/dir/index.html",
        body: b"v=0\r\n",
    };
    let algorithm = Algorithm { hash, session };
    assert_eq!(
        proof.response(algorithm, qop),
        expected,
        "{hash:?} {session} {qop:?}"
    );
}

#[test]
fn vectors_of_rfc_7616() {
    check(
        Hash::Md5,
        false,
        Some(Qop::Auth),
        "8ca523f5e9506fed4657c9700eebdbec",
    );
    check(
        Hash::Sha256,
        false,
        Some(Qop::Auth),
        "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
    );
}

/// Values of the RFC's formulas, worked out by Python's hashlib.
#[test]
fn sessions_bodies_and_the_old_way() {
    check(
        Hash::Md5,
        false,
        Some(Qop::AuthInt),
        "d1b8e2ac3f6782372de4bf3d8735b406",
    );
    check(Hash::Md5, false, None, "7b2cc3b30e75b4777ea31027084363fd");
    check(
        Hash::Md5,
        true,
        Some(Qop::Auth),
        "e783283f46242139c486a698fec7211d",
    );
    check(Hash::Md5, true, None, "37a7f42db2090a3fcac4e26e747d4fc8");
    check(
        Hash::Sha256,
        false,
        Some(Qop::AuthInt),
        "385d2de062660ced11876f42d9497c69cacf5caaf3d951dd424aee9f7157d563",
    );
    check(
        Hash::Sha256,
        true,
        Some(Qop::Auth),
        "2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7",
    );
}

/// A client and the requests it sends.
struct Talk {
    client: Client,
    rng: ChaCha8Rng,
    cseq: u32,
}

impl Talk {
    fn new(realm: Option<&str>) -> Talk {
        let credentials = Credentials {
            username: "al\"ice".into(),
            password: "secret".into(),
        };
        Talk {
            client: Client::new(credentials, realm),
            rng: ChaCha8Rng::seed_from_u64(1),
            cseq: 0,
        }
    }

    /// The next request, with what the client puts into it.
    fn request(&mut self, method: &str) -> Message {
        self.cseq += 1;
        let text = format!(
            "{method} sip:bob@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK{}\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:bob@h>\r\nCall-ID: 1\r\nCSeq: {} {method}\r\n\r\n",
            self.cseq, self.cseq
        );
        let mut request = Message::parse(text).expect("legal");
        self.client.put(&mut request);
        request
    }

    /// The request is challenged with these headers.
    fn challenged(&mut self, request: &Message, status: u16, values: &[&str]) -> Result<(), GiveUp> {
        let name = if status == 407 {
            Name::ProxyAuthenticate
        } else {
            Name::WwwAuthenticate
        };
        let mut response = request.response(status, "x");
        for value in values {
            response.push(name.clone(), Value::new(value.to_string()).expect("a value"));
        }
        self.client.take(&response, &mut self.rng)
    }
}

fn proof(request: &Message) -> String {
    request
        .header(&Name::Authorization)
        .map(Value::text)
        .unwrap_or_default()
}

#[test]
fn the_proof_is_written_as_the_challenge_was() {
    let mut talk = Talk::new(None);
    let invite = talk.request("INVITE");
    assert_eq!(proof(&invite), "");
    let challenge =
        "Digest realm=\"a \\\"b\\\"\", nonce=\"n1\", opaque=\"o,1\", algorithm=MD5, qop=\"auth,auth-int\"";
    assert_eq!(talk.challenged(&invite, 401, &[challenge]), Ok(()));
    let cnonce = talk.client.user.as_ref().expect("held").cnonce.clone();
    let again = talk.request("INVITE");
    let a1 = hash(Hash::Md5, b"al\"ice:a \"b\":secret");
    let a2 = hash(Hash::Md5, b"INVITE:sip:bob@h");
    let response = hash(
        Hash::Md5,
        format!("{a1}:n1:00000001:{cnonce}:auth:{a2}").as_bytes(),
    );
    assert_eq!(
        proof(&again),
        format!(
            "Digest username=\"al\\\"ice\", realm=\"a \\\"b\\\"\", nonce=\"n1\", uri=\"sip:bob@h\", response=\"{response}\", algorithm=MD5, opaque=\"o,1\", qop=auth, nc=00000001, cnonce=\"{cnonce}\""
        )
    );
}

#[test]
fn the_count_is_hexadecimal_and_grows_with_each_request() {
    let mut talk = Talk::new(None);
    let invite = talk.request("INVITE");
    assert_eq!(
        talk.challenged(&invite, 401, &["Digest realm=\"r\",nonce=\"n\",qop=\"auth\""]),
        Ok(())
    );
    let last = (0..17).map(|_| talk.request("UPDATE")).last().expect("seventeen");
    assert!(proof(&last).contains("nc=00000011"), "{}", proof(&last));
    talk.client.put(&mut last.clone());
    assert!(proof(&talk.request("BYE")).contains("nc=00000013"));
}

#[test]
fn a_nonce_given_again_goes_on_counting() {
    let mut talk = Talk::new(None);
    let challenge = ["Digest realm=\"r\",nonce=\"n\",qop=\"auth\""];
    let invite = talk.request("INVITE");
    assert_eq!(talk.challenged(&invite, 401, &challenge), Ok(()));
    talk.request("INVITE");
    let bye = talk.request("BYE");
    assert_eq!(talk.challenged(&bye, 401, &challenge), Ok(()));
    assert!(proof(&talk.request("BYE")).contains("nc=00000003"));
}

#[test]
fn without_a_quality_there_is_no_count() {
    let mut talk = Talk::new(None);
    let invite = talk.request("INVITE");
    assert_eq!(
        talk.challenged(&invite, 401, &["Digest realm=\"r\",nonce=\"n\""]),
        Ok(())
    );
    let again = proof(&talk.request("INVITE"));
    for absent in ["qop", "nc=", "cnonce", "algorithm", "opaque"] {
        assert!(!again.contains(absent), "{again}");
    }
}

#[test]
fn sha_256_comes_before_md5_wherever_it_stands() {
    for values in [
        [
            "Digest realm=\"r\",nonce=\"1\",algorithm=SHA-256",
            "Digest realm=\"r\",nonce=\"2\",algorithm=MD5",
        ],
        [
            "Digest realm=\"r\",nonce=\"2\"",
            "Digest realm=\"r\",nonce=\"1\",algorithm=SHA-256",
        ],
    ] {
        let mut talk = Talk::new(None);
        let invite = talk.request("INVITE");
        assert_eq!(talk.challenged(&invite, 401, &values), Ok(()));
        assert!(proof(&talk.request("INVITE")).contains("algorithm=SHA-256"));
    }
}

#[test]
fn user_and_proxy_are_answered_side_by_side() {
    let mut talk = Talk::new(None);
    let invite = talk.request("INVITE");
    assert_eq!(
        talk.challenged(&invite, 407, &["Digest realm=\"r\",nonce=\"p\""]),
        Ok(())
    );
    let invite = talk.request("INVITE");
    assert!(invite.header(&Name::ProxyAuthorization).is_some() && proof(&invite).is_empty());
    assert_eq!(
        talk.challenged(&invite, 401, &["Digest realm=\"r\",nonce=\"u\""]),
        Ok(())
    );
    let invite = talk.request("INVITE");
    assert!(invite.header(&Name::ProxyAuthorization).is_some() && proof(&invite).contains("nonce=\"u\""));
}

#[test]
fn other_realms_learn_nothing() {
    let foreign = ["Digest realm=\"other\",nonce=\"n\""];
    let mut told = Talk::new(Some("r"));
    let invite = told.request("INVITE");
    assert_eq!(told.challenged(&invite, 401, &foreign), Err(GiveUp::ForeignRealm));
    let mut learnt = Talk::new(None);
    let invite = learnt.request("INVITE");
    let both = [
        "Digest realm=\"other\",nonce=\"n\"",
        "Digest realm=\"r\",nonce=\"n\"",
    ];
    assert_eq!(told.challenged(&invite, 401, &both), Ok(()));
    assert_eq!(
        learnt.challenged(&invite, 401, &["Digest realm=\"r\",nonce=\"n\""]),
        Ok(())
    );
    let bye = learnt.request("BYE");
    assert_eq!(learnt.challenged(&bye, 407, &foreign), Err(GiveUp::ForeignRealm));
    assert_eq!(
        learnt.challenged(&bye, 401, &["Basic realm=\"r\""]),
        Err(GiveUp::Unanswerable)
    );
}

#[test]
fn a_refused_proof_is_not_sent_again() {
    let mut talk = Talk::new(None);
    let invite = talk.request("INVITE");
    assert_eq!(
        talk.challenged(&invite, 401, &["Digest realm=\"r\",nonce=\"1\""]),
        Ok(())
    );
    let invite = talk.request("INVITE");
    assert_eq!(
        talk.challenged(&invite, 401, &["Digest realm=\"r\",nonce=\"2\""]),
        Err(GiveUp::Refused)
    );
}

#[test]
fn a_stale_nonce_is_replaced_once() {
    let mut talk = Talk::new(None);
    let stale = ["Digest realm=\"r\",nonce=\"1\",stale=true"];
    let mut results = Vec::new();
    for _ in 0..3 {
        let invite = talk.request("INVITE");
        results.push(talk.challenged(&invite, 401, &stale));
    }
    assert_eq!(results, [Ok(()), Ok(()), Err(GiveUp::Refused)]);
}

#[test]
fn a_later_request_may_be_challenged_anew() {
    let mut talk = Talk::new(None);
    let invite = talk.request("INVITE");
    assert_eq!(
        talk.challenged(&invite, 401, &["Digest realm=\"r\",nonce=\"1\""]),
        Ok(())
    );
    talk.request("INVITE");
    let bye = talk.request("BYE");
    assert_eq!(
        talk.challenged(&bye, 401, &["Digest realm=\"r\",nonce=\"2\""]),
        Ok(()),
        "nonce used up"
    );
    assert!(proof(&talk.request("BYE")).contains("nonce=\"2\""));
}

#[test]
fn ack_bears_what_its_invite_bore_and_cancel_nothing() {
    let mut talk = Talk::new(None);
    let invite = talk.request("INVITE");
    assert_eq!(
        talk.challenged(&invite, 401, &["Digest realm=\"r\",nonce=\"n\",qop=\"auth\""]),
        Ok(())
    );
    let invite = talk.request("INVITE");
    talk.request("PRACK");
    assert_eq!(proof(&talk.request("ACK")), proof(&invite));
    assert_eq!(proof(&talk.request("CANCEL")), "");
}
