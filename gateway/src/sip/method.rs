//! Methods. They are compared with regard to case (RFC 3261 7.1).

use std::fmt;

use bytes::Bytes;

use super::lexer;

macro_rules! methods {
    ($($variant:ident $text:literal $rfc:literal,)*) => {
        /// A method.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Method {
            $(#[doc = $rfc] $variant,)*
            /// A method that we do not know; a token.
            Other(Extension),
        }

        impl Method {
            /// A token; `None` for anything else.
            pub fn parse(token: impl Into<Bytes>) -> Option<Method> {
                let token = token.into();
                match &token[..] {
                    $($text => Some(Method::$variant),)*
                    other => lexer::all_token(other).then(|| Method::Other(Extension(token))),
                }
            }

            /// As it stands in a message.
            pub fn as_bytes(&self) -> &[u8] {
                match self {
                    $(Method::$variant => $text,)*
                    Method::Other(Extension(token)) => token,
                }
            }
        }
    };
}

methods! {
    Invite b"INVITE" "RFC 3261 13.",
    Ack b"ACK" "RFC 3261 13, 17.",
    Bye b"BYE" "RFC 3261 15.",
    Cancel b"CANCEL" "RFC 3261 9.",
    Options b"OPTIONS" "RFC 3261 11.",
    Register b"REGISTER" "RFC 3261 10.",
    Prack b"PRACK" "RFC 3262.",
    Update b"UPDATE" "RFC 3311.",
    Info b"INFO" "RFC 6086.",
    Subscribe b"SUBSCRIBE" "RFC 6665.",
    Notify b"NOTIFY" "RFC 6665.",
    Refer b"REFER" "RFC 3515.",
    Message b"MESSAGE" "RFC 3428.",
    Publish b"PUBLISH" "RFC 3903.",
}

/// A method that we do not know, made by [`Method::parse`] alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Extension(Bytes);

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&lexer::text(self.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_counts_and_only_tokens_are_methods() {
        assert_eq!(Method::parse("INVITE"), Some(Method::Invite));
        let other = Method::parse("invite").expect("a token");
        assert!(matches!(&other, Method::Other(_)));
        assert_eq!(other.to_string(), "invite");
        for bad in ["", "IN VITE", "INVITE\r\n", "<INVITE>"] {
            assert_eq!(Method::parse(bad), None, "{bad}");
        }
    }
}
