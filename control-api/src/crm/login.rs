//! How we say who we are: HTTP Basic (RFC 7617) with name and password, or a bearer token (RFC 6750) when there is no name.

use crate::outbound::Request;

/// A login. Never printed.
#[derive(Clone)]
pub(crate) struct Login(String);

impl Login {
    /// With a name: name and password. Without one the secret is a token.
    pub(crate) fn new(username: &str, secret: &str) -> Login {
        Login(match username {
            "" => format!("Bearer {secret}"),
            name => format!("Basic {}", base64(format!("{name}:{secret}").as_bytes())),
        })
    }

    /// The request with the login.
    pub(crate) fn sign(&self, request: Request) -> Request {
        request.header("authorization", &self.0)
    }
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Login(…)")
    }
}

/// RFC 4648 section 4, with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |n: usize| u32::from(three.get(n).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for n in 0..4 {
            // One byte makes two characters, two make three.
            match n <= three.len() {
                true => out.push(char::from(ALPHABET[(bits >> (18 - 6 * n) & 63) as usize])),
                false => out.push('='),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4648 section 10.
    #[test]
    fn base64_as_in_the_rfc() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
    }

    /// RFC 7617 section 2.
    #[test]
    fn a_name_makes_it_basic() {
        assert_eq!(
            Login::new("Aladdin", "open sesame").0,
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        );
        assert_eq!(Login::new("", "t0k").0, "Bearer t0k");
        assert_eq!(format!("{:?}", Login::new("a", "b")), "Login(…)");
    }
}
