//! Why a request did not leave, or was not answered; never with the address in it, so that nobody maps our network by our errors.

/// A URL that we do not go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not a URL with a host.
    #[error("expected a URL like https://www.example.org/path")]
    NoUrl,
    /// Too long.
    #[error("the URL is longer than 2048 characters")]
    TooLong,
    /// Neither https, nor http to a network that the operator allows.
    #[error("expected https; http is only for networks that [outbound] allow names")]
    Scheme,
    /// A name or password stands before the host.
    #[error("the URL must not hold a user name or password")]
    User,
    /// An address that is not on the public internet.
    #[error("the address is not a public one; [outbound] allow can name networks of your own")]
    Address,
}

/// A request without an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// We do not go there.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It is not known, or cannot be looked up now.
    #[error("the host name is not known")]
    Unknown,
    /// Nobody answers, or TLS fails.
    #[error("no connection")]
    Connect,
    /// Not in time.
    #[error("no answer within 5 s")]
    Late,
    /// The answer is no HTTP, or broke off.
    #[error("the answer broke off")]
    Broken,
    /// The client could not be made: most often no certificates are installed.
    #[error("TLS cannot be used: {0}; install the package ca-certificates")]
    NoTls(String),
}

impl OutboundError {
    /// Reads what reqwest says; our resolver's word is somewhere among the causes.
    pub(super) fn from_reqwest(error: &reqwest::Error) -> OutboundError {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(error) = cause {
            if let Some(ours) = error.downcast_ref::<OutboundError>() {
                return ours.clone();
            }
            cause = error.source();
        }
        if error.is_timeout() {
            OutboundError::Late
        } else if error.is_connect() {
            OutboundError::Connect
        } else {
            OutboundError::Broken
        }
    }
}
