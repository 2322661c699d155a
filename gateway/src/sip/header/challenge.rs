//! WWW-Authenticate and Proxy-Authenticate with the Digest scheme (RFC 7616 3.3, RFC 8760 2.4).

use crate::sip::lexer;

/// What is hashed with, and whether per session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Algorithm {
    /// The hash.
    pub hash: Hash,
    /// The `-sess` variant.
    pub session: bool,
}

/// Weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hash {
    /// RFC 1321.
    Md5,
    /// RFC 8760.
    Sha256,
}

/// Quality of protection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qop {
    /// Method and URI are proved.
    Auth,
    /// The body, too.
    AuthInt,
}

impl Qop {
    /// One word.
    pub(super) fn read(word: &[u8]) -> Option<Qop> {
        [Qop::Auth, Qop::AuthInt]
            .into_iter()
            .find(|qop| word.eq_ignore_ascii_case(qop.as_str().as_bytes()))
    }

    /// As written.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Qop::Auth => "auth",
            Qop::AuthInt => "auth-int",
        }
    }
}

/// One challenge that we can answer. The values that are sent back are kept as they came, quotes and escapes included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    pub(crate) realm: Vec<u8>,
    pub(crate) nonce: Vec<u8>,
    pub(crate) opaque: Option<Vec<u8>>,
    /// As written, `None` when it is MD5 by default.
    pub(crate) algorithm_written: Option<Vec<u8>>,
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The best offered; `None` for the way of RFC 2069, which has none.
    pub qop: Option<Qop>,
    /// Only the nonce was too old.
    pub stale: bool,
}

/// One scheme with its parameters, names and values as written.
pub(super) struct Scheme<'a> {
    pub(super) is_digest: bool,
    pub(super) params: Vec<(&'a [u8], &'a [u8])>,
}

/// The schemes of one header, in order.
pub(super) fn schemes(value: &[u8]) -> Vec<Scheme<'_>> {
    let mut found: Vec<Scheme<'_>> = Vec::new();
    for element in lexer::elements(value).filter(|element| !element.is_empty()) {
        let equals = memchr::memchr(b'=', element).unwrap_or(element.len());
        let before = lexer::trim(&element[..equals]);
        // `Digest realm="…"` opens one, `nonce="…"` goes on with it.
        let name = match before.iter().position(|&b| lexer::is_space(b)) {
            Some(space) => {
                found.push(Scheme {
                    is_digest: before[..space].eq_ignore_ascii_case(b"Digest"),
                    params: Vec::new(),
                });
                lexer::trim(&before[space..])
            }
            None => before,
        };
        if let Some(scheme) = found.last_mut() {
            scheme
                .params
                .push((name, lexer::trim(&element[(equals + 1).min(element.len())..])));
        }
    }
    found
}

impl Challenge {
    /// The challenges of one header that we can answer, in order. RFC 3261 has one a header; several, separated by commas, are
    /// read as well. Other schemes, algorithms and qualities are left out.
    pub fn read_all(value: &[u8]) -> Vec<Challenge> {
        schemes(value)
            .iter()
            .filter(|scheme| scheme.is_digest)
            .filter_map(|scheme| Challenge::from_params(&scheme.params))
            .collect()
    }

    fn from_params(params: &[(&[u8], &[u8])]) -> Option<Challenge> {
        let get = |wanted: &str| {
            params
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(wanted.as_bytes()))
                .map(|&(_, value)| value)
        };
        let written = get("algorithm");
        Some(Challenge {
            realm: quoted(get("realm")?)?,
            nonce: quoted(get("nonce")?)?,
            opaque: get("opaque").and_then(quoted),
            algorithm_written: written.map(lexer::unquote),
            algorithm: Algorithm::read(written)?,
            qop: best_qop(get("qop"))?,
            stale: get("stale").is_some_and(|word| lexer::unquote(word).eq_ignore_ascii_case(b"true")),
        })
    }
}

/// As a quoted string. What was none is made one; half a one is refused.
fn quoted(value: &[u8]) -> Option<Vec<u8>> {
    match value.first() {
        Some(b'"') => (lexer::quoted_end(value) == Some(value.len())).then(|| value.to_vec()),
        _ => Some(lexer::quote(value)),
    }
}

impl Algorithm {
    pub(super) fn read(written: Option<&[u8]>) -> Option<Algorithm> {
        let name = written
            .map_or(b"MD5".to_vec(), lexer::unquote)
            .to_ascii_uppercase();
        let (hash, session) = match &name[..] {
            b"MD5" => (Hash::Md5, false),
            b"MD5-SESS" => (Hash::Md5, true),
            b"SHA-256" => (Hash::Sha256, false),
            b"SHA-256-SESS" => (Hash::Sha256, true),
            _ => return None,
        };
        Some(Algorithm { hash, session })
    }
}

/// The best of a list: `auth`, else `auth-int`. `Some(None)` when there is no list; `None` when nothing in it is known.
fn best_qop(list: Option<&[u8]>) -> Option<Option<Qop>> {
    let list = list.map(lexer::unquote).unwrap_or_default();
    let has = |wanted: &str| lexer::elements(&list).any(|word| word.eq_ignore_ascii_case(wanted.as_bytes()));
    if lexer::trim(&list).is_empty() {
        return Some(None);
    }
    let best = has("auth")
        .then_some(Qop::Auth)
        .or(has("auth-int").then_some(Qop::AuthInt));
    best.map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: &[&str]) {
        let found: Vec<String> = Challenge::read_all(value.as_bytes())
            .iter()
            .map(|c| {
                format!(
                    "{} {:?}{} {:?}{}",
                    lexer::text(&c.realm),
                    c.algorithm.hash,
                    if c.algorithm.session { "-sess" } else { "" },
                    c.qop,
                    if c.stale { " stale" } else { "" }
                )
            })
            .collect();
        assert_eq!(found, expected, "{value}");
    }

    #[test]
    fn challenges_are_read() {
        check("Digest realm=\"a, b\", nonce=\"1\"", &["\"a, b\" Md5 None"]);
        check(
            "digest  nonce=\"1\",realm=\"r\",algorithm=SHA-256,qop=\"auth-int, auth\", stale=TRUE",
            &["\"r\" Sha256 Some(Auth) stale"],
        );
        check(
            "Digest realm=\"r\",nonce=\"1\",algorithm=\"md5-sess\",qop=auth-int",
            &["\"r\" Md5-sess Some(AuthInt)"],
        );
        check("Digest realm=\"r\",nonce=\"1\",qop=\"\"", &["\"r\" Md5 None"]);
        check(
            "Digest realm=\"\\\"q\\\"\",nonce=plain",
            &["\"\\\"q\\\"\" Md5 None"],
        );
    }

    #[test]
    fn several_in_one_header() {
        check(
            "Basic realm=\"x\", Digest realm=\"a\",nonce=\"1\",algorithm=SHA-256, Digest realm=\"b\",nonce=\"2\"",
            &["\"a\" Sha256 None", "\"b\" Md5 None"],
        );
    }

    #[test]
    fn what_we_cannot_answer_is_left_out() {
        for bad in [
            "",
            "Digest",
            "Digest realm=\"r\"",
            "Digest nonce=\"n\"",
            "Basic realm=\"r\"",
            "Digest realm=\"r\",nonce=\"n\",algorithm=SHA-512-256",
            "Digest realm=\"r\",nonce=\"n\",qop=\"token\"",
            "Digest realm=\"r,nonce=\"n\"",
            "realm=\"r\",nonce=\"n\"",
        ] {
            check(bad, &[]);
        }
    }
}
