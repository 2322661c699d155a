//! What happens when something is used up, or comes from elsewhere, or is bound to everything.

use crate::rig::{PERFECT, PORTS, Rig};
use crate::words::say;

/// The last ports are for the targets of those who are on the line.
#[test]
fn a_session_needs_two_ports_and_the_next_is_not_taken() {
    let mut rig = Rig::new(7, PERFECT);
    for _ in 1..PORTS {
        rig.dial();
    }
    assert_eq!(rig.gateway.status().sessions, usize::from(PORTS) - 1);
    assert!(rig.gateway.status().holding);
    rig.said();
    rig.dial();
    say(&mut rig, "caller calls");
    assert_eq!(
        rig.said(),
        ["session ended Failed at not started", "> caller 503"]
    );
    rig.finish();
    assert!(!rig.gateway.status().holding);
}

#[test]
fn an_address_that_no_trunk_allows_hears_nothing() {
    let mut rig = Rig::new(7, PERFECT);
    rig.fars[0].addr = "198.51.100.7:5060".parse().expect("address");
    say(&mut rig, "caller calls");
    say(&mut rig, "wait 60s");
    assert_eq!(rig.said(), [""; 0]);
    let status = rig.gateway.status();
    assert_eq!((status.transactions, status.sip_messages.1), (0, 0));
    assert!(status.rejected["unknown source"] > 0);
}

/// Via, Contact and SDP name the address that the carrier sees.
#[test]
fn a_gateway_that_listens_on_all_addresses_names_the_right_one() {
    let everywhere = "0.0.0.0:5060".parse().expect("address");
    for beginning in ["dial", "caller calls"] {
        let mut rig = Rig::bound_to(everywhere, 7, PERFECT);
        say(&mut rig, beginning);
        say(&mut rig, "caller answers");
        for words in [
            "caller presses 1",
            "target answers",
            "target holds",
            "caller hangs up",
        ] {
            assert!(say(&mut rig, words), "{beginning}: {words}");
        }
        rig.finish();
        let ends: Vec<_> = rig.cdrs.iter().map(|c| c.cause.as_str()).collect();
        assert_eq!(ends, ["normal clearing", "caller left"], "{beginning}");
    }
}
