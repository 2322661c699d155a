//! What a trunk is told of who calls: a policy a trunk, carried out by [`crate::leg::identity`].

use serde::{Deserialize, Serialize};

/// Who calls, as a trunk shall hear it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdentityPolicy {
    /// Whose number stands in From.
    pub from: From,
    /// The header in which we say whose call it is (RFC 3325).
    pub asserted: Asserted,
    /// Ask the trunk to withhold the number from the one who is called (`Privacy: id`, RFC 3325 section 9.3).
    pub privacy: bool,
    /// Where the caller's own number is shown, say whose number the call came through (Diversion, RFC 5806).
    pub diversion: bool,
    /// Where the caller's own number is shown, pass on the Identity headers (RFC 8224) that came with their call, unchanged.
    pub pass_identity: bool,
}

impl Default for IdentityPolicy {
    fn default() -> Self {
        IdentityPolicy {
            from: From::Caller,
            asserted: Asserted::Pai,
            privacy: false,
            diversion: false,
            pass_identity: true,
        }
    }
}

/// Whose number stands in From.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum From {
    /// The caller's own towards targets when it is proved (CAMPAIGNS.md 2), else the campaign's.
    #[default]
    Caller,
    /// The campaign's, always.
    Campaign,
    /// The trunk's own `caller_id`, always; the campaign's when it has none.
    Trunk,
    /// None (RFC 3323 section 4.1.1.3). Who calls stands in the asserted header, for the trunk alone.
    Anonymous,
}

/// The header in which we say whose call it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asserted {
    /// P-Asserted-Identity: the trunk trusts us (RFC 3325 section 9.1).
    #[default]
    Pai,
    /// P-Preferred-Identity: the trunk decides (RFC 3325 section 9.2).
    Ppi,
    /// None.
    None,
}
