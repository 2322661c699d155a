//! Who calls, in the headers of an INVITE of ours: From, P-Asserted-Identity or P-Preferred-Identity (RFC 3325), Privacy (RFC 3323),
//! Diversion (RFC 5806) and Identity (RFC 8224), as the trunk's policy says. Built from checked phones only.

use std::net::IpAddr;

use super::address;
use crate::event::CallerIdReason;
use crate::phone::Phone;
use crate::trunk::identity::{Asserted, From};
use crate::trunk::numbering::written;
use crate::trunk::snapshot::Trunk;

/// RFC 3323 section 4.1.1.3: what stands in From when nobody is to be known.
const ANONYMOUS: &str = "sip:anonymous@anonymous.invalid";

/// Whom a call may be shown as.
#[derive(Clone, Copy, Debug)]
pub struct Who<'a> {
    /// The caller's own number, where it is proved (CAMPAIGNS.md 2).
    pub proved: Option<&'a Phone>,
    /// The campaign's.
    pub campaign: &'a Phone,
    /// Identity headers that came with the caller's call.
    pub signed: &'a [String],
}

/// The number that is shown, and why it is.
pub fn shown<'a>(trunk: &'a Trunk, who: Who<'a>) -> (&'a Phone, CallerIdReason) {
    let own = || match who.proved {
        Some(caller) => (caller, CallerIdReason::CallerProved),
        None => (who.campaign, CallerIdReason::Campaign),
    };
    match trunk.identity.from {
        From::Caller => own(),
        From::Campaign => match who.proved {
            Some(_) => (who.campaign, CallerIdReason::TrunkPolicy),
            None => own(),
        },
        From::Trunk => match &trunk.caller_id {
            Some(number) => (number, CallerIdReason::TrunkPolicy),
            None => (who.campaign, CallerIdReason::Campaign),
        },
        From::Anonymous => (own().0, CallerIdReason::Withheld),
    }
}

/// The URI of From, and the further headers.
pub fn headers(trunk: &Trunk, who: Who<'_>, ours: IpAddr) -> (String, Vec<(String, String)>) {
    let (number, reason) = shown(trunk, who);
    let uri = |phone| address::our_uri(written(trunk.number_format, phone), ours);
    let policy = &trunk.identity;
    let mut headers = Vec::new();
    let mut add = |name: &str, value: String| headers.push((name.to_owned(), value));
    let asserted = format!("<{}>", uri(number));
    match policy.asserted {
        Asserted::Pai => add("P-Asserted-Identity", asserted),
        Asserted::Ppi => add("P-Preferred-Identity", asserted),
        Asserted::None => {}
    }
    let anonymous = policy.from == From::Anonymous;
    if policy.privacy || anonymous {
        add("Privacy", "id".to_owned());
    }
    let is_callers = who.proved == Some(number);
    if is_callers && policy.diversion {
        // The call reached the target by way of our number (RFC 5806 section 4).
        let by = uri(who.campaign);
        add("Diversion", format!("<{by}>;reason=unconditional;counter=1"));
    }
    if is_callers && reason == CallerIdReason::CallerProved && policy.pass_identity {
        for signed in who.signed {
            add("Identity", signed.clone());
        }
    }
    let from = if anonymous {
        ANONYMOUS.to_owned()
    } else {
        uri(number)
    };
    (from, headers)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::ids::TrunkId;
    use crate::trunk::identity::IdentityPolicy;

    fn check(policy: IdentityPolicy, proved: bool, expect: &str) {
        let phone = |text: &str| Phone::new(text).expect("a number");
        let (caller, campaign) = (phone("+12025550123"), phone("+12025550100"));
        let trunk = Trunk {
            identity: policy,
            caller_id: Some(phone("+12025550999")),
            ..Trunk::new(TrunkId(Uuid::nil()), "carrier", "carrier.example")
        };
        let who = Who {
            proved: proved.then_some(&caller),
            campaign: &campaign,
            signed: &["eyJ;info=<x>".to_owned()],
        };
        let (from, headers) = headers(&trunk, who, [192, 0, 2, 1].into());
        let lines = headers.iter().map(|(name, value)| format!("\n{name}: {value}"));
        let text = format!("{:?} {from}{}", shown(&trunk, who).1, lines.collect::<String>());
        assert_eq!(text.replace("@192.0.2.1", ""), expect);
    }

    #[test]
    fn the_callers_own_number_only_when_it_is_proved() {
        let policy = IdentityPolicy::default();
        check(
            policy,
            true,
            "CallerProved sip:+12025550123\nP-Asserted-Identity: <sip:+12025550123>\nIdentity: eyJ;info=<x>",
        );
        check(
            policy,
            false,
            "Campaign sip:+12025550100\nP-Asserted-Identity: <sip:+12025550100>",
        );
    }

    #[test]
    fn a_trunks_policy_goes_before() {
        let of = |from| IdentityPolicy {
            from,
            diversion: true,
            ..IdentityPolicy::default()
        };
        check(
            of(From::Campaign),
            true,
            "TrunkPolicy sip:+12025550100\nP-Asserted-Identity: <sip:+12025550100>",
        );
        check(
            of(From::Trunk),
            true,
            "TrunkPolicy sip:+12025550999\nP-Asserted-Identity: <sip:+12025550999>",
        );
        check(
            of(From::Anonymous),
            true,
            "Withheld sip:anonymous@anonymous.invalid\nP-Asserted-Identity: <sip:+12025550123>\nPrivacy: id\n\
             Diversion: <sip:+12025550100>;reason=unconditional;counter=1",
        );
    }

    #[test]
    fn every_header_is_a_choice() {
        let policy = IdentityPolicy {
            from: From::Caller,
            asserted: Asserted::Ppi,
            privacy: true,
            diversion: true,
            pass_identity: false,
        };
        check(
            policy,
            true,
            "CallerProved sip:+12025550123\nP-Preferred-Identity: <sip:+12025550123>\nPrivacy: id\n\
             Diversion: <sip:+12025550100>;reason=unconditional;counter=1",
        );
        let bare = IdentityPolicy {
            asserted: Asserted::None,
            privacy: false,
            diversion: false,
            ..policy
        };
        check(bare, true, "CallerProved sip:+12025550123");
    }
}
