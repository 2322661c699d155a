//! The names of headers, long and compact (RFC 3261 7.3.3), compared without regard to case.

use bytes::Bytes;

use crate::sip::lexer;

macro_rules! names {
    ($($variant:ident $text:literal $compact:literal,)*) => {
        /// The name of a header that is no part of [`crate::sip::message::Message`]'s own fields.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Name {
            $(#[doc = $text] $variant,)*
            /// Any other.
            Other(Extension),
        }

        const KNOWN: &[(&str, &str, Name)] = &[$(($text, $compact, Name::$variant),)*];

        impl Name {
            /// As we write it.
            pub fn as_bytes(&self) -> &[u8] {
                match self {
                    $(Name::$variant => $text.as_bytes(),)*
                    Name::Other(Extension(name)) => name,
                }
            }
        }
    };
}

names! {
    Accept "Accept" "",
    AcceptEncoding "Accept-Encoding" "",
    AcceptLanguage "Accept-Language" "",
    AlertInfo "Alert-Info" "",
    Allow "Allow" "",
    AllowEvents "Allow-Events" "u",
    AuthenticationInfo "Authentication-Info" "",
    Authorization "Authorization" "",
    CallInfo "Call-Info" "",
    Contact "Contact" "m",
    ContentDisposition "Content-Disposition" "",
    ContentEncoding "Content-Encoding" "e",
    ContentLanguage "Content-Language" "",
    ContentType "Content-Type" "c",
    Date "Date" "",
    Diversion "Diversion" "",
    ErrorInfo "Error-Info" "",
    Event "Event" "o",
    Expires "Expires" "",
    HistoryInfo "History-Info" "",
    Identity "Identity" "y",
    MaxForwards "Max-Forwards" "",
    MimeVersion "MIME-Version" "",
    MinExpires "Min-Expires" "",
    MinSe "Min-SE" "",
    Organization "Organization" "",
    PAssertedIdentity "P-Asserted-Identity" "",
    PPreferredIdentity "P-Preferred-Identity" "",
    Privacy "Privacy" "",
    ProxyAuthenticate "Proxy-Authenticate" "",
    ProxyAuthorization "Proxy-Authorization" "",
    ProxyRequire "Proxy-Require" "",
    RAck "RAck" "",
    RSeq "RSeq" "",
    Reason "Reason" "",
    RecordRoute "Record-Route" "",
    ReferTo "Refer-To" "r",
    ReferredBy "Referred-By" "b",
    RemotePartyId "Remote-Party-ID" "",
    Replaces "Replaces" "",
    Require "Require" "",
    RetryAfter "Retry-After" "",
    Route "Route" "",
    Server "Server" "",
    SessionExpires "Session-Expires" "x",
    Subject "Subject" "s",
    SubscriptionState "Subscription-State" "",
    Supported "Supported" "k",
    Timestamp "Timestamp" "",
    Unsupported "Unsupported" "",
    UserAgent "User-Agent" "",
    Warning "Warning" "",
    WwwAuthenticate "WWW-Authenticate" "",
}

/// A name that we do not know, made by [`Name::parse`] alone; equal without regard to case.
#[derive(Clone, Debug)]
pub struct Extension(Bytes);

impl PartialEq for Extension {
    fn eq(&self, other: &Extension) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Extension {}

impl std::hash::Hash for Extension {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.iter().for_each(|b| state.write_u8(b.to_ascii_lowercase()));
    }
}

/// The names that stand in every message; a message has fields for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Via,
    From,
    To,
    CallId,
    CSeq,
    ContentLength,
}

const FIELDS: [(&str, &str, Field); 6] = [
    ("Via", "v", Field::Via),
    ("From", "f", Field::From),
    ("To", "t", Field::To),
    ("Call-ID", "i", Field::CallId),
    ("CSeq", "", Field::CSeq),
    ("Content-Length", "l", Field::ContentLength),
];

impl Field {
    /// Finds a field's name, long or compact.
    pub(crate) fn find(name: &[u8]) -> Option<Field> {
        FIELDS
            .iter()
            .find(|(long, compact, _)| is(name, long, compact))
            .map(|&(.., field)| field)
    }
}

impl Name {
    /// Reads a name, long or compact. `None` for what is no token, and for Via, From, To, Call-ID, CSeq and
    /// Content-Length.
    pub fn parse(name: impl Into<Bytes>) -> Option<Name> {
        let name = name.into();
        if Field::find(&name).is_some() {
            return None;
        }
        let known = KNOWN.iter().find(|(long, compact, _)| is(&name, long, compact));
        match known {
            Some((.., known)) => Some(known.clone()),
            None => lexer::all_token(&name).then_some(Name::Other(Extension(name))),
        }
    }
}

fn is(name: &[u8], long: &str, compact: &str) -> bool {
    name.eq_ignore_ascii_case(long.as_bytes())
        || (name.len() == 1 && name.eq_ignore_ascii_case(compact.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_compact_names_in_any_case() {
        for (text, name) in [
            ("CONTACT", Name::Contact),
            ("m", Name::Contact),
            ("M", Name::Contact),
            ("x", Name::SessionExpires),
            ("k", Name::Supported),
        ] {
            assert_eq!(Name::parse(text), Some(name), "{text}");
        }
        assert_eq!(Name::parse("X-Own"), Name::parse("x-oWN"));
        assert_ne!(Name::parse("X-Own"), Name::parse("X-Other"));
    }

    #[test]
    fn what_a_message_has_by_type_is_no_name() {
        for taken in [
            "Via",
            "v",
            "From",
            "F",
            "to",
            "t",
            "Call-ID",
            "i",
            "CSEQ",
            "Content-Length",
            "l",
        ] {
            assert_eq!(Name::parse(taken), None, "{taken}");
        }
        for bad in ["", "a b", "a:", "a\r\n"] {
            assert_eq!(Name::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn every_known_name_reads_itself() {
        for (long, compact, name) in KNOWN {
            assert_eq!(Name::parse(*long).as_ref(), Some(name));
            assert_eq!(name.as_bytes(), long.as_bytes());
            if !compact.is_empty() {
                assert_eq!(Name::parse(*compact).as_ref(), Some(name));
            }
        }
    }
}
