//! Authorization with the Digest scheme (RFC 7616 3.4): the proof that a far end gives us.

use super::challenge::{self, Algorithm, Qop};
use crate::sip::lexer;

/// One proof, its values without their quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// Who it says it is.
    pub username: Vec<u8>,
    /// What it answers for.
    pub realm: Vec<u8>,
    /// The nonce that it answers.
    pub nonce: Vec<u8>,
    /// What it was made for.
    pub uri: Vec<u8>,
    /// The proof.
    pub response: Vec<u8>,
    /// How it was made.
    pub algorithm: Algorithm,
    /// With `nc` and `cnonce`; none in the way of RFC 2069.
    pub qop: Option<Counted>,
}

/// What comes with a quality of protection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The quality.
    pub qop: Qop,
    /// The count as written, and what it says.
    pub nc: (Vec<u8>, u32),
    /// The far end's own nonce.
    pub cnonce: Vec<u8>,
}

impl Authorization {
    /// The proofs of one header that we can judge. Another scheme, an unknown algorithm or a missing part leaves one out.
    pub fn read_all(value: &[u8]) -> Vec<Authorization> {
        challenge::schemes(value)
            .iter()
            .filter(|scheme| scheme.is_digest)
            .filter_map(|scheme| Authorization::from_params(&scheme.params))
            .collect()
    }

    fn from_params(params: &[(&[u8], &[u8])]) -> Option<Authorization> {
        let get = |wanted: &str| {
            let found = params
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(wanted.as_bytes()));
            found.map(|&(_, value)| lexer::unquote(value))
        };
        let qop = match get("qop") {
            None => None,
            Some(word) => {
                let nc = get("nc")?;
                let count = u32::from_str_radix(std::str::from_utf8(&nc).ok()?, 16).ok()?;
                Some(Counted {
                    qop: Qop::read(&word)?,
                    nc: (nc, count),
                    cnonce: get("cnonce")?,
                })
            }
        };
        let written = params
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(b"algorithm"))
            .map(|&(_, value)| value);
        Some(Authorization {
            username: get("username")?,
            realm: get("realm")?,
            nonce: get("nonce")?,
            uri: get("uri")?,
            response: get("response")?,
            algorithm: Algorithm::read(written)?,
            qop,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: &[&str]) {
        let found: Vec<String> = Authorization::read_all(value.as_bytes())
            .iter()
            .map(|a| {
                let counted = a.qop.as_ref().map(|c| format!("{:?} {}", c.qop, c.nc.1));
                format!(
                    "{} {} {counted:?}",
                    lexer::text(&a.username),
                    lexer::text(&a.response)
                )
            })
            .collect();
        assert_eq!(found, expected, "{value}");
    }

    #[test]
    fn proofs_are_read() {
        check(
            "Digest username=\"al\\\"ice\", realm=\"r\", nonce=\"n\", uri=\"sip:x\", response=\"ab\", qop=auth, nc=0000000a, cnonce=\"c\"",
            &["al\"ice ab Some(\"Auth 10\")"],
        );
        check(
            "digest username=a,realm=r,nonce=n,uri=u,response=ab",
            &["a ab None"],
        );
    }

    #[test]
    fn what_lacks_a_part_is_left_out() {
        for bad in [
            "",
            "Basic YTpi",
            "Digest username=a,realm=r,nonce=n,uri=u",
            "Digest username=a,realm=r,nonce=n,uri=u,response=ab,qop=auth",
            "Digest username=a,realm=r,nonce=n,uri=u,response=ab,qop=auth,nc=xyz,cnonce=c",
            "Digest username=a,realm=r,nonce=n,uri=u,response=ab,algorithm=ROT13",
        ] {
            check(bad, &[]);
        }
    }
}
