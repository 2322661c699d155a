//! The judge before trunks of all kinds, and the steps of a rate.

use std::sync::Arc;
use std::time::Duration;

use trunkline_gateway::cdr::{self, CallDirection, Cdr, EndedBy};
use trunkline_gateway::ids::{LegId, SessionId, TrunkId};
use trunkline_gateway::phone::Phone;
use trunkline_gateway::trunk::registration::Standing;
use trunkline_gateway::trunk::snapshot::{Server, Trunk};
use uuid::Uuid;

use super::facts::{Back, Facts, KEYS, Side, Step};
use super::judge::sheet;
use super::rate::steps;
use super::sheet::Verdict;

fn phone(number: &str) -> Phone {
    Phone::new(number).expect("a number")
}

fn trunk() -> Trunk {
    let mut trunk = Trunk::new(TrunkId(Uuid::nil()), "carrier", "192.0.2.10");
    trunk.servers = vec![Server::alone(vec![
        "192.0.2.10:5060".parse().expect("an address"),
    ])];
    trunk
}

/// A trunk that was asked, and nothing more.
fn asked() -> Facts {
    Facts {
        trunk: Arc::new(trunk()),
        listens: true,
        standing: Standing::Off,
        round_trip: Some(Duration::from_millis(12)),
        number: None,
        shown: Some(phone("+12025550100")),
        comes_back: false,
        call: Side::default(),
        back: None,
        steps: vec![],
    }
}

fn cdr() -> Cdr {
    Cdr {
        id: LegId(Uuid::nil()),
        session_id: SessionId(Uuid::nil()),
        call_id: None,
        side: cdr::Side::Caller,
        direction: CallDirection::Outbound,
        trunk: TrunkId(Uuid::nil()),
        node: String::new(),
        from_ref: String::new(),
        to_ref: String::new(),
        sip_call_id: String::new(),
        created_at: 0,
        ringing_at: Some(800),
        answered_at: Some(2_000),
        ended_at: 20_000,
        duration_ms: 20_000,
        billable_ms: 18_000,
        pdd_ms: Some(800),
        sip_status: Some(200),
        q850_cause: Some(16),
        cause: "normal clearing".to_owned(),
        ended_by: EndedBy::Us,
        codec: Some("PCMU".to_owned()),
        rtp_rx_packets: 900,
        rtp_tx_packets: 900,
        rtp_lost: 0,
        jitter_ms: 1.0,
        mos: Some(4.4),
        one_way: false,
        digits: KEYS.to_owned(),
    }
}

/// A call to a number of ours that came back, with nothing wrong about it.
fn whole() -> Facts {
    let number = phone("+12025550100");
    Facts {
        standing: Standing::Held,
        number: Some(number.clone()),
        comes_back: true,
        call: Side {
            ringing: Some((180, false)),
            held: Some(None),
            resumed: Some(None),
            cdr: Some(cdr()),
        },
        back: Some(Back {
            from: Some(number),
            side: Side {
                cdr: Some(Cdr {
                    ended_by: EndedBy::Caller,
                    ..cdr()
                }),
                ..Side::default()
            },
        }),
        steps: vec![Step {
            rate: 10,
            taken: 10,
            refusal: None,
        }],
        ..asked()
    }
}

/// `item: VERDICT found → to do` of those that did not pass.
fn check(facts: &Facts, expect: &[&str]) {
    let sheet = sheet(facts);
    let not_passed = sheet.items.iter().filter(|i| i.verdict != Verdict::Pass);
    let got: Vec<String> = not_passed
        .map(|i| format!("{} {}: {}", i.verdict, i.item, i.found))
        .collect();
    assert_eq!(got, expect);
    for item in &sheet.items {
        let told =
            item.verdict == Verdict::Pass || item.verdict == Verdict::Skipped || !item.to_do.is_empty();
        assert!(told, "{}: what is to be done", item.item);
    }
}

const NO_CALL: [&str; 9] = [
    "- post_dial_delay: no call was made",
    "- early_media: no call was made",
    "- codec: no call was made",
    "- audio: no call was made",
    "- keys_out: no call was made",
    "- keys_in: no call was made",
    "- caller_id: no call was made",
    "- hold: no call was made",
    "- hang_up: no call was made",
];

fn without_call(first: &[&'static str]) -> Vec<&'static str> {
    let mut lines = first.to_vec();
    lines.push("- call: no call was made");
    lines.extend(NO_CALL);
    lines.push("- calls_per_second: not tried");
    lines
}

#[test]
fn a_trunk_that_does_everything_passes() {
    check(&whole(), &[]);
    assert_eq!(sheet(&whole()).verdict, Verdict::Pass);
}

#[test]
fn what_was_not_tried_is_said() {
    check(
        &asked(),
        &without_call(&["- registration: this trunk wants none (register is off)"]),
    );
}

#[test]
fn a_trunk_that_is_not_there_fails() {
    let dead = Facts {
        standing: Standing::Failed(None),
        round_trip: None,
        ..asked()
    };
    check(
        &dead,
        &without_call(&[
            "FAIL registration: nothing answers REGISTER at 192.0.2.10:5060",
            "FAIL options: nothing answers at 192.0.2.10:5060",
        ]),
    );
    let refused = Facts {
        standing: Standing::Failed(Some(403)),
        ..asked()
    };
    check(&refused, &without_call(&["FAIL registration: refused with 403"]));
}

#[test]
fn a_call_that_fails_says_what_the_carrier_said() {
    let said = |status: u16, reason: &str| {
        let mut facts = whole();
        facts.back = None;
        facts.call.cdr = Some(Cdr {
            answered_at: None,
            sip_status: Some(status),
            cause: reason.to_owned(),
            ..cdr()
        });
        let sheet = sheet(&facts);
        let call = sheet
            .items
            .iter()
            .find(|i| i.item == "call")
            .expect("a line")
            .clone();
        assert_eq!(sheet.count(Verdict::Skipped), 7, "what needs an answered call");
        (call.verdict, call.found)
    };
    assert_eq!(
        said(486, "Busy Here"),
        (Verdict::Warn, "+12025550100: 486 Busy Here".to_owned())
    );
    assert_eq!(
        said(403, "Forbidden"),
        (Verdict::Fail, "+12025550100: 403 Forbidden".to_owned())
    );
}

#[test]
fn every_fault_of_a_call_has_its_line() {
    let with = |change: &dyn Fn(&mut Facts, &mut Cdr)| {
        let mut facts = whole();
        let mut cdr = cdr();
        change(&mut facts, &mut cdr);
        facts.call.cdr = Some(cdr);
        facts
    };
    check(
        &with(&|_, cdr| cdr.rtp_rx_packets = 0),
        &["FAIL audio: 900 packets sent, 0 heard"],
    );
    check(
        &with(&|_, cdr| cdr.rtp_lost = 100),
        &["WARN audio: 10.0 % lost, jitter 1 ms, MOS 4.4"],
    );
    check(
        &with(&|_, cdr| cdr.pdd_ms = Some(13_000)),
        &["FAIL post_dial_delay: 13.0 s until it rang, and post_dial_limit_ms is 12000"],
    );
    check(
        &with(&|facts, cdr| {
            cdr.digits = String::new();
            if let Some(back) = facts.back.as_mut().and_then(|b| b.side.cdr.as_mut()) {
                back.digits = "1".to_owned();
            }
        }),
        &[
            "FAIL keys_out: of 1234567890*#ABCD by RFC 4733 events arrived \"1\"",
            "WARN keys_in: no key was heard",
        ],
    );
    check(
        &with(&|facts, _| {
            if let Some(back) = &mut facts.back {
                back.from = None;
            }
        }),
        &["FAIL caller_id: +12025550100 was shown, and none arrived"],
    );
    check(
        &with(&|facts, _| facts.call.held = Some(Some(488))),
        &["WARN hold: hold was refused with 488"],
    );
    check(
        &with(&|_, cdr| {
            cdr.ended_by = EndedBy::Timeout;
            cdr.cause = "media timeout".to_owned();
        }),
        &["FAIL hang_up: the call was lost: media timeout"],
    );
}

#[test]
fn calls_a_second_are_raised_until_it_is_too_fast() {
    assert_eq!(steps(1), [1]);
    assert_eq!(steps(10), [1, 2, 5, 10]);
    assert_eq!(steps(30), [1, 2, 5, 10, 20, 30]);
    let refused = |max_cps: u32| {
        let mut facts = whole();
        facts.trunk = Arc::new(Trunk { max_cps, ..trunk() });
        facts.steps = vec![
            Step {
                rate: 5,
                taken: 5,
                refusal: None,
            },
            Step {
                rate: 10,
                taken: 7,
                refusal: Some(Some(503)),
            },
        ];
        facts
    };
    check(
        &refused(0),
        &["WARN calls_per_second: 5 a second were taken; at 10 a second it answered 503"],
    );
    check(&refused(5), &[]);
}

#[test]
fn it_reads_well() {
    let mut facts = asked();
    facts.listens = false;
    let text = sheet(&facts).to_string();
    let start = "Acceptance sheet of trunk \"carrier\"\n\nnote: another program has our SIP port";
    assert!(text.starts_with(start), "{text}");
    assert!(
        text.contains("\npass  options           192.0.2.10:5060 answers after 12 ms\n-     call"),
        "{text}"
    );
    assert!(
        text.ends_with("\n1 passed, 0 to look at, 0 failed, 12 not tried"),
        "{text}"
    );
}
